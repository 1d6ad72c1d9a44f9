"""Each strategy against its plain definition, and the registry that finds them."""

from __future__ import annotations

import math
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from llada_tui.diffusion import strategies
from llada_tui.diffusion.noise import Noise
from llada_tui.diffusion.predictions import Predictions
from llada_tui.diffusion.sampler import denoise
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from tests.diffusion.fakes import TablePredictor, masked

LOGITS = torch.randn(7, 12, generator=torch.Generator().manual_seed(5)) * 3


def predictions(**changes: object) -> Predictions:
    draws, ranks = Noise(0, 0).uniform("token", 7), Noise(0, 0).uniform("rank", 7)
    return Predictions(LOGITS.clone(), SamplerSettings().replace(**changes), TablePredictor(), draws, ranks)


def plain() -> list[list[float]]:
    """Softmax by its definition."""
    rows = [[math.exp(value) for value in row] for row in LOGITS.double().tolist()]
    return [[value / sum(row) for value in row] for row in rows]


def test_scores_are_their_definitions() -> None:
    names = ("low_confidence", "entropy", "margin", "random")
    results = {name: strategies.get(name).score(predictions()).tolist() for name in names}
    assert results["low_confidence"] == pytest.approx([max(row) for row in plain()], rel=1e-5)
    assert results["entropy"] == pytest.approx([sum(p * math.log(p) for p in row) for row in plain()], rel=1e-4)
    assert results["margin"] == pytest.approx([sorted(row)[-1] - sorted(row)[-2] for row in plain()], rel=1e-4)
    assert all(0 <= value < 1 for value in results["random"])
    assert len(set(results["random"])) == 7


def test_entropy_and_confidence_ignore_banned_tokens() -> None:
    results = predictions(confidence_eos_eot_inf=True)
    kept = [row[:9] + row[11:] for row in plain()]
    expected = [-sum(p / sum(row) * math.log(p / sum(row)) for p in row) for row in kept]
    assert results.entropy.tolist() == pytest.approx(expected, rel=1e-4)
    assert bool(results.entropy.isfinite().all())


def test_low_confidence_at_a_temperature_is_the_probability_of_the_drawn_token() -> None:
    results = predictions(temperature=2.0)
    expected = [row[token] for row, token in zip(plain(), results.tokens.tolist(), strict=True)]
    assert results.tokens.tolist() != LOGITS.argmax(-1).tolist()
    assert results.confidence.tolist() == pytest.approx(expected, rel=1e-5)


def test_the_registry_finds_a_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fresh_idea.py").write_text(
        "from llada_tui.diffusion.strategy import Parameter, Strategy\n"
        "class Fresh(Strategy):\n"
        "    name, summary = 'fresh', 'A new one.'\n"
        "    parameters = (Parameter('gamma', 0.1, 0, 1, 0.05, 'How much.'),)\n"
        "    def score(self, predictions): return predictions.confidence\n"
    )
    monkeypatch.setattr(strategies, "__path__", [*strategies.__path__, str(tmp_path)])
    strategies.by_name.cache_clear()
    try:
        names = list(strategies.by_name())
        assert names[0] == "low_confidence"
        assert names[1:] == sorted(names[1:])
        assert "fresh" in names
        assert strategies.get("fresh", {"gamma": 0.5}).values == {"gamma": 0.5, "start_stride": 0}
        assert strategies.get("fresh").values == {"gamma": 0.1, "start_stride": 0}
        with pytest.raises(SettingsError, match="gamma must be from 0 to 1, not 2"):
            strategies.get("fresh", {"gamma": 2})
    finally:
        strategies.by_name.cache_clear()
        sys.modules.pop("llada_tui.diffusion.strategies.fresh_idea", None)


def test_a_parameter_that_a_strategy_does_not_have_is_refused() -> None:
    with pytest.raises(SettingsError, match="tau is no parameter of the strategy margin, which takes start_stride"):
        strategies.get("margin", {"tau": 1})


def test_a_stride_below_one_keeps_tokens_apart_as_any_other() -> None:
    predictor = TablePredictor()
    settings = SamplerSettings(2, 8, 8, remasking_params={"start_stride": 0.5})
    first = next(denoise(predictor, masked(predictor, [1], 8), settings, prompt_length=1))
    committed = sorted(choice.position for choice in first.rows[0].commits)
    assert len(committed) > 1
    assert all(right - left >= 2 for left, right in pairwise(committed))
    plain = next(denoise(predictor, masked(predictor, [1], 8), SamplerSettings(2, 8, 8), prompt_length=1))
    assert len(plain.rows[0].commits) == 4


@pytest.mark.parametrize(
    "module", ["llada_tui", "llada_tui.api", "llada_tui.diffusion.strategies", "llada_tui.models.catalog"]
)
def test_no_torch_is_imported(module: str) -> None:
    code = (
        f"import sys, {module}\n"
        "from llada_tui import load_model\n"
        "from llada_tui.diffusion import strategies\n"
        "assert [kind.summary for kind in strategies.by_name().values()]\n"
        "assert not {'torch', 'transformers'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_which_strategies_commit_as_the_schedule_says() -> None:
    """Those that leave `Strategy.count` and `Strategy.decide` as they are, and two that say so."""
    names = {name for name, kind in strategies.by_name().items() if kind.by_schedule}
    plain = {"low_confidence", "least_confident", "entropy", "margin", "random"}
    assert names == plain | {"leftmost", "origin"}
