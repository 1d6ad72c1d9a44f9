"""``llada-tui compare``: one prompt under several settings, side by side as a table and as texts."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from llada_tui.cli import options
from llada_tui.cli.model_source import configured, load_here
from llada_tui.cli.output import DONE, FAILED, USAGE, CommandError, StatusLine, need_terminal, say, warn
from llada_tui.cli.prompts import as_typed, asked, read_prompt
from llada_tui.cli.recorded_sessions import recorder_into, recording_problem
from llada_tui.diffusion import caches, strategies
from llada_tui.diffusion.parts import parts_of
from llada_tui.models.catalog import name_of
from llada_tui.settings.presets import Preset, choose, first_settings
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from llada_tui.settings.vary import LANES_ON_SCREEN, Lane, lanes, parse, settled
from llada_tui.trace.comparison_groups import free_group
from llada_tui.trace.events import FAILED as RUN_FAILED
from llada_tui.trace.events import NameEvent, RunEvent, StepEvent
from llada_tui.trace.run import Run
from llada_tui.worker.protocol import Load

if TYPE_CHECKING:
    from llada_tui.api import Model
    from llada_tui.cli.comparison_output import Result
    from llada_tui.diffusion.likelihood import Likelihood
    from llada_tui.trace.recorder import SessionRecorder


app = typer.Typer()


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be compared. ``vary`` are texts like ``steps=16,32``; ``load.source`` may be left to the
    configuration; ``mc_num`` is 0 where the likelihood is not wanted."""

    prompt: str
    load: Load
    system: str | None
    settings: dict[str, Any]
    preset: Preset | None
    vary: list[str]
    apart: bool
    mc_num: int
    as_json: bool
    record: Path | None


@app.command(short_help="Answer one prompt under several settings; tell what differs.")
@options.with_settings
def compare(
    prompt: Annotated[
        str,
        typer.Argument(
            help="What to ask in every lane, in quotes; - reads it from the standard input.", metavar="PROMPT"
        ),
    ],
    vary: Annotated[
        list[str] | None,
        typer.Option(
            help="A setting, or a parameter of a strategy, and its values: steps=16,32. Given again, every combination "
            "of the values is a lane. On the screen model=A,B too.",
            metavar="NAME=A,B",
        ),
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="The same as --vary seed=: as in 1,2,3.", metavar="A,B")] = None,
    model: options.Model = None,
    dtype: options.DType = "auto",
    device: options.Device = "auto",
    quantization: options.Quantization = None,
    force: options.Force = False,
    system: Annotated[str | None, typer.Option(help="A system prompt.", metavar="TEXT")] = None,
    apart: Annotated[
        bool,
        typer.Option("--apart", help="Run the lanes one after another: each has its own time, and less memory does."),
    ] = False,
    likelihood: Annotated[
        bool,
        typer.Option(
            "--likelihood/--no-likelihood", help="Tell how likely the model finds each answer, which costs passes."
        ),
    ] = True,
    mc_num: Annotated[int, options.number("--mc-num", "Passes for a likelihood.", 1, 1_000_000)] = 128,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object with everything.")] = False,
    record: Annotated[
        Path | None, typer.Option(help="Record the lanes into this session file, new or not.", metavar="FILE")
    ] = None,
    screen: Annotated[
        bool, typer.Option("--screen", help="Watch up to four lanes side by side, and go on from there.")
    ] = False,
    settings: dict[str, Any] | None = None,
    preset: Preset | None = None,
) -> int:
    """Answer one prompt under several settings and tell what differs: steps, time, likelihood and words."""
    request = Request(
        prompt=prompt,
        load=Load(model or "", dtype, device, quantization, force=force),
        system=system,
        settings=settings or {},
        preset=preset,
        vary=[*(vary or []), *([f"seed={seeds}"] if seeds is not None else [])],
        apart=apart,
        mc_num=mc_num if likelihood else 0,
        as_json=as_json,
        record=record,
    )
    return show(request) if screen else run(request)


def run(request: Request) -> int:
    """Run every lane and print them; returns the exit code. Raises `CommandError` and `SettingsError`."""
    from llada_tui.cli.comparison_output import lines, objects, print_texts

    load = msgspec.structs.replace(request.load, source=request.load.source or configured().model)
    prompt = read_prompt(request.prompt)
    system = None if request.system is None else as_typed(request.system)
    found = _lanes(request, load.source)
    if any(lane.model for lane in found):
        raise CommandError("Several models are compared on the screen: add --screen.", USAGE)
    recorder = recorder_into(request.record)
    names = recorder.free_names(len(found))

    from llada_tui.worker.batched_lanes import batches

    settings = [lane.settings for lane in found]
    parts = [[number] for number in range(len(found))] if request.apart else batches(settings)
    widest = max(sum(settings[number].gen_length for number in part) for part in parts)
    model = load_here(msgspec.structs.replace(load, canvas=widest))

    from llada_tui.models.errors import ModelError, OutOfMemory

    status = StatusLine()
    try:
        starts = _starts(model, found, names, free_group(recorder.session), prompt, system)
        for part in parts:
            _denoise(model, [starts[number] for number in part], [found[number] for number in part], recorder, status)
        results = _scored(model, found, [recorder.session.runs[name] for name in names], request.mc_num, status)
    except OutOfMemory as error:
        raise CommandError(f"{error}{'' if request.apart else ' Lanes that run --apart take less.'}") from None
    except ModelError as error:
        raise CommandError(str(error)) from None
    finally:
        status.clear()
        recorder.finish()
    if request.as_json:
        print(json.dumps({"prompt": prompt, **objects(results)}), flush=True)
    else:
        say("\n".join(lines(results, together=max(map(len, parts)) > 1)))
        print_texts(results)
    failed = next((one.run.end.message for one in results if one.run.end and one.run.end.reason == RUN_FAILED), "")
    for problem in filter(None, (failed, recording_problem(recorder))):
        warn(problem)
    return FAILED if failed or recorder.failure else DONE


def show(request: Request) -> int:
    """Open the lanes on the screen; returns the exit code. Raises `CommandError` and `SettingsError`."""
    need_terminal("leave --screen out to print the lanes")
    for option, given in (("--json", request.as_json), ("--record", request.record is not None)):
        if given:
            raise CommandError(f"{option} is for lanes that are printed; the screen records each session.", USAGE)
    load = msgspec.structs.replace(request.load, source=request.load.source or configured().model)
    prompt = read_prompt(request.prompt)
    found = _lanes(request, load.source)
    if len(found) > LANES_ON_SCREEN:
        message = f"These are {len(found)} lanes, and {LANES_ON_SCREEN} have room side by side: name fewer values."
        raise CommandError(message, USAGE)
    from llada_tui.tui.app import run_chat
    from llada_tui.tui.shell.options import ChatOptions, LanesOptions

    system = None if request.system is None else as_typed(request.system)
    preset = request.preset.name if request.preset else None
    options = ChatOptions(
        load.source,
        load.dtype,
        load.device,
        load.quantization,
        load.force,
        settings=request.settings,
        preset=preset,
        lanes=LanesOptions(prompt, found, system),
    )
    return run_chat(options)


def _lanes(request: Request, source: str) -> list[Lane]:
    """The lanes that were asked for, each with a strategy that there is."""
    parameters = {name: [one.name for one in kind.parameters] for name, kind in strategies.known().items()}
    of_caches = {name: [one.name for one in kind.parameters] for name, kind in caches.known().items()}
    varied = parse(request.vary, parameters, of_caches)
    named = request.settings
    twice = varied.keys() & {*named, *named.get("remasking_params", ()), *named.get("cache_params", ())}
    if twice:
        raise SettingsError(min(twice), f"{min(twice)} is both set and varied: name it once.")
    model = name_of(source)
    first = choose(first_settings(model), request.preset, {}, model)

    def settle(changes: dict[str, Any]) -> SamplerSettings:
        return choose(first_settings(model), request.preset, settled(first, {**named, **changes}), model)

    found = lanes(varied, settle, parameters, of_caches)
    for lane in found:
        parts_of(lane.settings)
    return found


def _starts(
    model: Model, found: list[Lane], names: list[str], group: str, prompt: str, system: str | None
) -> list[RunEvent]:
    """How each lane's run begins. Raises for what the model cannot denoise, before any is begun."""
    from llada_tui.diffusion.sequence_decoder import strategy_for

    loaded = model.loaded
    question = asked(loaded.info, prompt, system)
    ids = loaded.encode_prompt(question.messages or question.text or "")
    for lane in found:
        strategy_for(lane.settings, loaded)
        loaded.check_length(len(ids) + lane.settings.gen_length, lane.settings.gen_length)
    return [
        RunEvent(
            name,
            loaded.info,
            lane.settings,
            ids,
            [loaded.mask_id] * lane.settings.gen_length,
            time=time.time(),
            messages=question.messages or [],
            text=question.text,
            group=group,
        )
        for name, lane in zip(names, found, strict=True)
    ]


def _denoise(
    model: Model, starts: list[RunEvent], found: list[Lane], recorder: SessionRecorder, status: StatusLine
) -> None:
    """Denoise lanes together, and record them under the words that tell them apart."""
    from llada_tui.worker.batched_lanes import denoise

    labels = {start.run: lane.label for start, lane in zip(starts, found, strict=True)}
    for event in denoise(model.loaded, starts):
        recorder.add(event)
        if isinstance(event, RunEvent):
            if recorder.failure is not None and len(recorder.session.runs) == 1:
                raise CommandError(recording_problem(recorder))
            recorder.add(NameEvent(event.run, labels[event.run]))
        elif isinstance(event, StepEvent):
            run = recorder.session.runs[event.run]
            status.show(f"{labels[run.id]}: step {run.last} of {run.start.settings.steps}")


def _scored(model: Model, found: list[Lane], runs: list[Run], mc_num: int, status: StatusLine) -> list[Result]:
    """The lanes with their likelihoods; equal answers are scored once."""
    from llada_tui.cli.comparison_output import Result

    known: dict[tuple[int, ...], Likelihood] = {}
    results = []
    for number, (lane, run) in enumerate(zip(found, runs, strict=True), 1):
        answer = tuple(_answer(run))
        if mc_num and answer and run.start.model.mask_id not in answer and answer not in known:

            def told(done: int, total: int, number: int = number) -> None:
                status.show(f"scoring lane {number}: {done} of {total} samples")

            known[answer] = model.log_likelihood(run.start.prompt_ids, answer, mc_num, progress=told)
        results.append(Result(lane, run, known.get(answer)))
    return results


def _answer(run: Run) -> list[int]:
    """The tokens before the first end of text."""
    ids, ends = run.ids(run.last), (run.start.model.eos_id, run.start.model.eot_id)
    return ids[: next((place for place, token in enumerate(ids) if token in ends), len(ids))]
