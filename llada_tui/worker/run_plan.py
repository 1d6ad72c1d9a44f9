"""From a Generate to what is denoised: the prompt, the canvas with what was changed in it, and where a run goes on."""

from __future__ import annotations

import time
from bisect import bisect
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from llada_tui.diffusion.chosen_parts import chosen_parts
from llada_tui.pictures import name_of, unseen
from llada_tui.settings.prompt import HOLE, PICTURE, Prompt
from llada_tui.settings.sampler_settings import MAX_CANVAS, SamplerSettings, SettingsError
from llada_tui.trace.events import RunEvent
from llada_tui.trace.resume import Resume
from llada_tui.worker.backend import Backend
from llada_tui.worker.earlier_steps import check_earlier, needed_earlier
from llada_tui.worker.protocol import Generate
from llada_tui.worker.replies import RequestError

MAX_STOPS = 64
"""Most stop sequences of a run."""


class RunPlan(NamedTuple):
    """The beginning of a run. ``prompt`` are the prompt's ids; ``canvas`` is told in the RunEvent. ``resume``'s canvas
    holds what was changed by hand, too."""

    settings: SamplerSettings
    prompt: list[int]
    canvas: list[int]
    resume: Resume
    stop: list[list[int] | str]
    suffix: list[int]


def make_plan(backend: Backend, command: Generate) -> RunPlan:
    """The plan of a run. Raises `SettingsError`, `RequestError` or `ModelError` for what cannot be."""
    settings, resume, info = command.settings, command.resume, backend.info
    chosen_parts(settings)
    prompt = prompt_ids(backend, command.prompt)
    if command.prompt.template is not None:
        canvas = fill(backend, command.prompt.template, raw=command.prompt.raw_tokens)
        if len(canvas) > (command.longest or MAX_CANVAS):
            words = f"A canvas of {command.longest} tokens at most is allowed here, not {len(canvas)}."
            raise SettingsError("gen_length", words)
        settings = _for_length(settings, len(canvas))
    else:
        canvas = resume.canvas if resume.canvas is not None else [info.mask_id] * settings.gen_length
    _check_length(canvas, settings)
    _check_resume(resume, canvas, info.mask_id)
    changed = [token for _, token in resume.changes]
    check_ids(backend, (*canvas, *(resume.initial_canvas or ()), *(resume.block_start_canvas or ()), *changed))
    check_ids(backend, resume.earlier.token_ids() if resume.earlier is not None else ())
    if info.context and len(prompt) + len(canvas) > info.context:
        raise SettingsError(
            "gen_length",
            f"The prompt ({len(prompt)} tokens) and the canvas ({len(canvas)}) are longer than the "
            f"{info.context} tokens that this model takes: shorten the conversation or the canvas.",
        )
    edges = info.edges(settings, len(prompt))
    stop, suffix = around(backend, command.prompt)
    resume = msgspec.structs.replace(resume, earlier=needed_earlier(resume, canvas, settings))
    return RunPlan(settings, prompt, canvas, _with_changes(resume, canvas, info.mask_id, edges), stop, suffix)


def around(backend: Backend, prompt: Prompt) -> tuple[list[list[int] | str], list[int]]:
    """A prompt's stop sequences and the ids of its suffix. Raises `ModelError` and `RequestError`."""
    if len(prompt.stop) > MAX_STOPS:
        raise RequestError(f"There can be {MAX_STOPS} stop sequences at most, not {len(prompt.stop)}.")
    stop = backend.stops(prompt.stop) if prompt.stop else []
    return stop, backend.suffix(prompt.suffix) if prompt.suffix else []


def seeing(backend: Backend, prompt: Prompt, ids: list[int]) -> tuple[Backend, list[int]]:
    """The checkpoint with a prompt's pictures before it, and the prompt's ``ids`` with theirs; both as they are where
    there are none. Raises `ModelError` and `RequestError`."""
    names = prompt.picture_names
    if not names and PICTURE not in ids:
        return backend, ids
    if any(name not in prompt.pictures or name_of(prompt.pictures[name]) != name for name in names):
        raise RequestError("A picture that this is about is not there any more: attach it again.")
    return backend.see(ids, [prompt.pictures[name] for name in names])


def _check_resume(resume: Resume, canvas: list[int], mask: int) -> None:
    """Raises `RequestError` where what a run goes on from does not fit the canvas."""
    check_earlier(resume, canvas, mask)
    for other, which in ((resume.initial_canvas, "the run"), (resume.block_start_canvas, "the block")):
        if other is not None and len(other) != len(canvas):
            raise RequestError(f"The canvas that {which} began with has another length than this one.")
    if len(resume.commit_confidence) not in (0, len(canvas)):
        raise RequestError("The confidences are not those of the canvas.")
    if not all(0 <= position < len(canvas) for position, _ in resume.changes):
        raise RequestError("A token was set by hand outside the canvas.")


def _with_changes(resume: Resume, canvas: list[int], mask_id: int, edges: list[int]) -> Resume:
    """The point where a run goes on, with the changes made to its canvas, and with the block at work known."""
    canvas, initial = list(canvas), list(resume.initial_canvas or canvas)
    confidence = list(resume.commit_confidence)
    for position, token in resume.changes:
        # what is set by hand is given from here on: no strategy takes it back
        canvas[position] = initial[position] = token
        if confidence:
            confidence[position] = 1.0
    block = resume.block
    if block is None:
        masked = (position for position, token in enumerate(canvas) if token == mask_id)
        block = bisect(edges, next(masked, 0)) - 1
    return msgspec.structs.replace(
        resume,
        canvas=canvas,
        initial_canvas=initial if resume.initial_canvas is not None or resume.changes else None,
        block=block,
        commit_confidence=confidence,
    )


def run_event(command: Generate, backend: Backend, plan: RunPlan) -> RunEvent:
    """The event of a run's beginning, as it is sent and recorded. An InterveneEvent tells what is set by hand in its
    canvas."""
    return RunEvent(
        command.run,
        backend.info,
        plan.settings,
        plan.prompt,
        msgspec.structs.replace(command.resume, canvas=plan.canvas, changes=[], earlier=plan.resume.earlier),
        time=time.time(),
        messages=command.prompt.messages or [],
        text=command.prompt.text,
        parent=command.parent,
        group=command.group,
        raw_tokens=command.prompt.raw_tokens,
        images=command.prompt.images,
        stop=[stop for stop in plan.stop if not isinstance(stop, str)],
        stop_texts=[stop for stop in plan.stop if isinstance(stop, str)],
        suffix=plan.suffix,
        noise=backend.noise(plan.settings, plan.resume.canvas or plan.canvas, plan.resume.step),
    )


def check_prompt(prompt: Prompt, *, needed: bool = False) -> None:
    """Raises `RequestError` for messages and a text at once, and for a ``needed`` prompt that is empty."""
    texts = (prompt.messages is not None) + (prompt.text is not None)
    if texts > 1 or (needed and not texts and prompt.ids is None):
        raise RequestError("A prompt is messages, a text or ids: one of them.")


def check_ids(backend: Backend, ids: Iterable[int]) -> None:
    """Raises `RequestError` for token ids that the model does not have."""
    size = backend.info.vocab_size or 2**31
    if not all(0 <= token < size for token in ids):
        raise RequestError("The prompt or what follows it holds a token id that this model does not have.")


def prompt_ids(backend: Backend, prompt: Prompt, *, needed: bool = False) -> list[int]:
    """The ids of a prompt; none for an empty one, unless it is ``needed``. Raises `RequestError` and `ModelError`."""
    check_prompt(prompt, needed=needed)
    if prompt.picture_names and not backend.info.sees:
        raise RequestError(unseen(backend.info.id))
    ids = prompt.ids or []
    if prompt.ids is None and (prompt.messages is not None or prompt.text is not None):
        ids = backend.encode(prompt)
    check_ids(backend, [token for token in ids if token != PICTURE or not backend.info.sees])
    return ids


def _check_length(canvas: list[int], settings: SamplerSettings) -> None:
    if not 0 < len(canvas) <= MAX_CANVAS:
        raise RequestError(f"A canvas has 1 to {MAX_CANVAS} tokens, not {len(canvas)}.")
    if len(canvas) != settings.gen_length and settings.has_fixed_length:
        raise SettingsError("gen_length", f"canvas must be {len(canvas)}, the length of the canvas given.")


def _for_length(settings: SamplerSettings, length: int) -> SamplerSettings:
    """The settings for a canvas of another length, with a step for each block at least."""
    if not 0 < length <= MAX_CANVAS:
        raise RequestError(f"A canvas has 1 to {MAX_CANVAS} tokens, not {length}.")
    return settings.replace(gen_length=length, steps=max(settings.steps, -(-length // settings.block_length)))


def fill(backend: Backend, template: str, *, raw: bool = False) -> list[int]:
    """The ids of a text in which ``{mask:12}`` stands for 12 masks. Raises `RequestError` and `ModelError`."""
    ids: list[int] = []
    at = 0
    for hole in HOLE.finditer(template):
        if words := template[at : hole.start()]:
            ids += backend.tokens(words, raw=raw)
        ids += [backend.info.mask_id] * min(int(hole[1]), MAX_CANVAS + 1)
        if len(ids) > MAX_CANVAS:
            raise RequestError(f"A canvas has 1 to {MAX_CANVAS} tokens, not more.")
        at = hole.end()
    return ids + backend.tokens(template[at:], raw=raw) if template[at:] else ids
