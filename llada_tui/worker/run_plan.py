"""From a Generate to what is denoised: the prompt, the canvas with what was changed in it, and where a run goes on."""

from __future__ import annotations

from bisect import bisect
from typing import NamedTuple

import msgspec

from llada_tui.diffusion.parts import parts_of
from llada_tui.settings.prompt_template import HOLE
from llada_tui.settings.sampler_settings import MAX_CANVAS, SamplerSettings, SettingsError
from llada_tui.worker.backend import Backend, Task
from llada_tui.worker.protocol import MAX_NEIGHBOURS, Generate, Influence


class RequestError(ValueError):
    """Something was asked for that cannot be; the message is one sentence."""


class Plan(NamedTuple):
    """What a run begins with. ``canvas`` is told in its RunEvent; ``task``'s holds what was changed by hand, too."""

    settings: SamplerSettings
    canvas: list[int]
    task: Task


def make_plan(backend: Backend, command: Generate) -> Plan:
    """What is to be denoised. Raises `SettingsError`, `RequestError` or `ModelError` for what cannot be."""
    settings, info = command.settings, backend.info
    parts_of(settings)
    if command.messages is not None and command.text is not None:
        raise RequestError("A prompt is messages, a text or ids, not several of them.")
    if min(command.step, command.block_step, command.read_over, command.block or 0) < 0:
        raise RequestError("A run continues from a step that is not negative.")
    prompt = _prompt(backend, command)
    if command.template is not None:
        canvas = fill(backend, command.template)
        settings = _for_length(settings, len(canvas))
    else:
        canvas = command.canvas if command.canvas is not None else [info.mask_id] * settings.gen_length
    _check_length(canvas, settings)
    for other, which in ((command.origin, "the run"), (command.opening, "the block")):
        if other is not None and len(other) != len(canvas):
            raise RequestError(f"The canvas that {which} began with has another length than this one.")
    if len(command.confidences) not in (0, len(canvas)):
        raise RequestError("The confidences are not those of the canvas.")
    changed = [token for _, token in command.changes]
    named = (*prompt, *canvas, *(command.origin or ()), *(command.opening or ()), *changed)
    if not all(0 <= token < (info.vocab_size or 2**31) for token in named):
        raise RequestError("The prompt or the canvas holds a token id that this model does not have.")
    if not all(0 <= position < len(canvas) for position, _ in command.changes):
        raise RequestError("A token was set by hand outside the canvas.")
    if info.context and len(prompt) + len(canvas) > info.context:
        raise SettingsError(
            "gen_length",
            f"The prompt ({len(prompt)} tokens) and the canvas ({len(canvas)}) are longer than the "
            f"{info.context} tokens that this model takes: shorten the conversation or the canvas.",
        )
    now, origin = list(canvas), list(command.origin or canvas)
    for position, token in command.changes:
        # what is set by hand is given from here on: no strategy takes it back
        now[position] = origin[position] = token
    block = command.block
    if block is None:
        masked = (place for place, token in enumerate(now) if token == info.mask_id)
        block = bisect(settings.edges(len(prompt), info.block_size), next(masked, 0)) - 1
    first = origin if command.origin is not None or command.changes else None
    sure = list(command.confidences)
    for position, _ in command.changes if sure else ():
        sure[position] = 1.0
    at = (command.step, block, command.block_step)
    task = Task(prompt, now, *at, first, sure, command.kept, command.read_over, command.opening)
    return Plan(settings, canvas, task)


def _prompt(backend: Backend, command: Generate) -> list[int]:
    if command.ids is not None:
        return command.ids
    if command.messages is not None or command.text is not None:
        return backend.encode(command.messages, command.text)
    return []


def _check_length(canvas: list[int], settings: SamplerSettings) -> None:
    if not 0 < len(canvas) <= MAX_CANVAS:
        raise RequestError(f"A canvas has 1 to {MAX_CANVAS} tokens, not {len(canvas)}.")
    if len(canvas) != settings.gen_length:
        raise SettingsError("gen_length", f"canvas must be {len(canvas)}, the length of the canvas given.")


def _for_length(settings: SamplerSettings, length: int) -> SamplerSettings:
    """The settings for a canvas of another length, with a step for each block at least."""
    if not 0 < length <= MAX_CANVAS:
        raise RequestError(f"A canvas has 1 to {MAX_CANVAS} tokens, not {length}.")
    return settings.replace(gen_length=length, steps=max(settings.steps, -(-length // settings.block_length)))


def fill(backend: Backend, template: str) -> list[int]:
    """The ids of a text in which ``{mask:12}`` stands for 12 masks. Raises `RequestError` and `ModelError`."""
    ids: list[int] = []
    at = 0
    for hole in HOLE.finditer(template):
        if words := template[at : hole.start()]:
            ids += backend.tokens(words)
        ids += [backend.info.mask_id] * min(int(hole[1]), MAX_CANVAS + 1)
        if len(ids) > MAX_CANVAS:
            raise RequestError(f"A canvas has 1 to {MAX_CANVAS} tokens, not more.")
        at = hole.end()
    return ids + backend.tokens(template[at:]) if template[at:] else ids


def nearest(backend: Backend, command: Influence) -> list[int]:
    """The places whose influence is asked about, in the order of the sequence. Raises `RequestError`."""
    sequence, info = [*command.prompt, *command.canvas], backend.info
    if not all(0 <= token < (info.vocab_size or 2**31) for token in (*sequence, command.token)):
        raise RequestError("The prompt or the canvas holds a token id that this model does not have.")
    if not 0 <= command.position < len(command.canvas):
        raise RequestError("What leans on other tokens must stand in the canvas.")
    if not 1 <= command.nearest <= MAX_NEIGHBOURS:
        raise RequestError(f"There can be 1 to {MAX_NEIGHBOURS} tokens to leave out, not {command.nearest}.")
    at = len(command.prompt) + command.position
    _, special = backend.pieces(set(sequence))
    aside = {info.mask_id, *special}
    places = [place for place, token in enumerate(sequence) if place != at and token not in aside]
    if not places:
        raise RequestError("No word stands in the prompt or the canvas that this could lean on.")
    return sorted(sorted(places, key=lambda place: abs(place - at))[: command.nearest])


def settled(command: Generate, plan: Plan) -> Generate:
    """The command with the settings that hold for its run."""
    return msgspec.structs.replace(command, settings=plan.settings)
