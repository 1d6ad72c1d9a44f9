"""Right answers against tokens a forward pass: sums, asked with a threshold that commits ever more at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from llada_tui.analysis.parallelism import CurvePoint
from llada_tui.models.generation import generate
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.settings.sampler_settings import SamplerSettings

THRESHOLDS = (1.0, 0.95, 0.9, 0.8, 0.6)
"""With 1.0 little more than one token is written a pass: only what has all of the probability comes beside it."""
_ROWS = 16
"""Sums in one batch."""
_NUMBER = re.compile(r"\d[\d,]*")


def sums(number: int) -> list[tuple[str, int]]:
    """The first ``number`` questions, always the same ones, and their answers."""
    draw = Random(0)
    pairs = [(draw.randrange(1, 100), draw.randrange(1, 100)) for _ in range(number)]
    return [(f"What is {left} + {right}?", left + right) for left, right in pairs]


def is_right(text: str, answer: int) -> bool:
    """Whether the last number of a text is the answer."""
    numbers = _NUMBER.findall(text)
    return bool(numbers) and numbers[-1].replace(",", "") == str(answer)


def measure(
    model: LoadedModel, settings: SamplerSettings, number: int, progress: Callable[[str], None]
) -> list[CurvePoint]:
    """The curve of a model that is asked ``number`` sums at each of `THRESHOLDS`, on the canvas of ``settings``, which
    ends early where the answer does. Raises `ModelError` and `SettingsError`."""
    questions = sums(number)
    prompts = [model.encode_prompt(question) for question, _ in questions]
    points = []
    for threshold in THRESHOLDS:
        progress(f"sums with a threshold of {threshold}")
        chosen = settings.replace(
            remasking="threshold", remasking_params={"threshold": threshold}, temperature=0.0, early_stop=True
        )
        points.append(_point(model, prompts, [answer for _, answer in questions], chosen))
    return points


def _point(
    model: LoadedModel, prompts: Sequence[list[int]], answers: Sequence[int], settings: SamplerSettings
) -> CurvePoint:
    right = tokens = passes = 0
    for start in range(0, len(prompts), _ROWS):
        part = prompts[start : start + _ROWS]
        rows = generate(model, part, [settings] * len(part))
        texts = [model.decode(row.canvas) for row in rows]
        right += sum(map(is_right, texts, answers[start : start + _ROWS]))
        tokens += sum(row.tokens for row in rows)
        passes += sum(row.passes for row in rows)
    return CurvePoint(tokens / passes, 100 * right / len(prompts))
