"""The answer to an Influence: what a prediction leans on, words or parts of pictures."""

from __future__ import annotations

from collections.abc import Callable
from math import exp

from llada_tui.settings.prompt import PICTURE, Prompt
from llada_tui.trace.events import DIGITS, ModelInfo
from llada_tui.worker.backend import Backend
from llada_tui.worker.protocol import MAX_NEIGHBOURS, Influence, Influences, Lean, PicturePart
from llada_tui.worker.replies import RequestError
from llada_tui.worker.run_plan import check_ids, seeing


def influences(backend: Backend, command: Influence, go_on: Callable[[], None]) -> Influences:
    """The influences that are asked about, without the seconds that they took. ``go_on`` is called before each pass,
    and may raise. Raises `RequestError` and `ModelError`."""
    _check(backend, command)
    about = Prompt(images=command.images, pictures=command.pictures)
    if command.parts:
        if not command.images:
            raise RequestError("The question is about no picture that this could lean on.")
        asked, prompt = seeing(backend, about, command.prompt)
        parts = asked.picture_parts(prompt, command.parts)
        chance, nats = _asked(asked, prompt, command, [part.places for part in parts], go_on)
        weighed = [PicturePart(*part[:5], round(gain, DIGITS)) for part, gain in zip(parts, nats, strict=True)]
        return Influences(command.asked, command.position, command.token, exp(chance), [], 0.0, weighed)
    others, sequence = nearest(backend, command), [*command.prompt, *command.canvas]
    asked, prompt = seeing(backend, about, command.prompt)
    places = text_places(backend.info, command.prompt, prompt)
    later = len(prompt) - len(command.prompt)
    groups = [[places.get(other, other + later)] for other in others]
    chance, nats = _asked(asked, prompt, command, groups, go_on)
    leans = [
        Lean(other - len(command.prompt), sequence[other], round(gain, DIGITS))
        for other, gain in zip(others, nats, strict=True)
    ]
    return Influences(command.asked, command.position, command.token, exp(chance), leans, 0.0)


def _asked(
    backend: Backend, prompt: list[int], command: Influence, groups: list[list[int]], go_on: Callable[[], None]
) -> tuple[float, list[float]]:
    """The log-probability of the prediction after a prompt with its pictures, and the part that each group has."""
    place = len(prompt) + command.position
    return backend.influence([*prompt, *command.canvas], place, command.token, groups, go_on)


def _check(backend: Backend, command: Influence) -> None:
    sequence, info = [*command.prompt, *command.canvas], backend.info
    check_ids(backend, [token for token in (*sequence, command.token) if token != PICTURE or not info.sees])
    if not 0 <= command.position < len(command.canvas):
        raise RequestError("What leans on other tokens must stand in the canvas.")
    if not 0 <= command.parts <= MAX_NEIGHBOURS:
        raise RequestError(f"There can be 1 to {MAX_NEIGHBOURS} parts of pictures to leave out, not {command.parts}.")
    if not 1 <= command.nearest <= MAX_NEIGHBOURS:
        raise RequestError(f"There can be 1 to {MAX_NEIGHBOURS} tokens to leave out, not {command.nearest}.")


def text_places(info: ModelInfo, prompt: list[int], expanded: list[int]) -> dict[int, int]:
    """The places of a prompt's texts once its pictures have their positions: index in ``prompt`` to index in
    ``expanded``."""
    before = (at for at, token in enumerate(prompt) if token != PICTURE)
    after = (at for at, token in enumerate(expanded) if not info.sees or token < info.vocab_size)
    return dict(zip(before, after, strict=True))


def nearest(backend: Backend, command: Influence) -> list[int]:
    """The places whose influence is asked about, in the order of the sequence. Raises `RequestError`."""
    sequence, info = [*command.prompt, *command.canvas], backend.info
    at = len(command.prompt) + command.position
    _, special = backend.token_bytes(set(sequence))
    aside = {info.mask_id, *special}
    places = [place for place, token in enumerate(sequence) if place != at and token not in aside]
    if not places:
        raise RequestError("No word stands in the prompt or the canvas that this could lean on.")
    return sorted(sorted(places, key=lambda place: abs(place - at))[: command.nearest])
