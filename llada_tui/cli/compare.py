"""``llada-tui compare``: one prompt under several settings, side by side as a table and as texts."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from llada_tui.cli import options
from llada_tui.cli.model_source import with_configured
from llada_tui.cli.output import DONE, FAILED, USAGE, CommandError, need_terminal, say, warn
from llada_tui.cli.prompts import NOTHING_AROUND, Around, as_typed, asked, picture_files, read_prompt
from llada_tui.diffusion import caches, lengths, strategies
from llada_tui.diffusion.batches import batches
from llada_tui.diffusion.chosen_parts import chosen_parts
from llada_tui.models.catalog import name_of
from llada_tui.settings.presets import Preset, choose, first_settings
from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import PARAMETERS_OF, SamplerSettings, SettingsError

if TYPE_CHECKING:
    from llada_tui.cli.comparison_output import LaneLikelihood
    from llada_tui.cli.worker_for_command import CommandWorker
    from llada_tui.settings.vary import Lane
    from llada_tui.trace.run import Run
    from llada_tui.trace.session import Session
    from llada_tui.worker.protocol import Load, Progress, Score, Scored

app = typer.Typer()


@dataclass(frozen=True, slots=True)
class CompareRequest:
    """The question and the lanes to compare. ``vary`` are texts like ``steps=16,32``; ``load.source`` may be left to
    the configuration; ``mc_num`` is 0 where the likelihood is not wanted."""

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
    worker: str | None = None
    raw_tokens: bool = False
    around: Around = NOTHING_AROUND


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
    worker: options.Worker = None,
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
    raw_tokens: options.RawTokens = False,
    image: options.Images = None,
    link_images: options.LinkImages = False,
    stop: options.Stop = None,
    suffix: options.Suffix = None,
    settings: dict[str, Any] | None = None,
    preset: Preset | None = None,
) -> int:
    """Answer one prompt under several settings and tell what differs: steps, time, likelihood and words."""
    from llada_tui.worker.protocol import Load

    request = CompareRequest(
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
        worker=worker,
        raw_tokens=raw_tokens,
        around=Around(image or (), stop or (), suffix, link_images),
    )
    return show(request) if screen else run(request)


def run(request: CompareRequest) -> int:
    """Run every lane and print them; returns the exit code. Raises `CommandError` and `SettingsError`."""
    from llada_tui.cli.comparison_output import LaneResult, lines, objects, print_texts
    from llada_tui.cli.recorded_sessions import recorder_into, recording_problem
    from llada_tui.cli.worker_for_command import WorkerFailure, use_worker
    from llada_tui.trace.comparison_groups import free_group
    from llada_tui.trace.events import FAILED as RUN_FAILED
    from llada_tui.trace.events import NameEvent, RunEvent, StepEvent
    from llada_tui.trace.model_blocks import block_warning, in_blocks_of
    from llada_tui.worker.protocol import Compare, Generate, LaneOrder

    load, worker_command = with_configured(request.load, request.worker)
    prompt, files = read_prompt(request.prompt), picture_files(request.around)
    system = None if request.system is None else as_typed(request.system)
    lanes = _lanes(request, load.source, worker_command)
    if any(lane.model for lane in lanes):
        raise CommandError("Several models are compared on the screen: add --screen.", USAGE)
    recorder = recorder_into(request.record)
    names = recorder.free_names(len(lanes))
    labels = {name: lane.label for name, lane in zip(names, lanes, strict=True)}
    parts = _parts([lane.settings for lane in lanes], request.apart)
    room = max(sum(lanes[number].settings.gen_length for number in part) for part in parts)

    async def talk(worker: CommandWorker) -> tuple[list[LaneResult], str]:
        model = await worker.load(msgspec.structs.replace(load, canvas=room))
        question = asked(model, prompt, system, raw_tokens=request.raw_tokens, around=request.around, files=files)
        for file in files:
            recorder.attach(file)
        group = free_group(recorder.session)
        for number, lane in enumerate(lanes):
            named = {*request.settings, *lane.varied}
            lanes[number] = replace(lane, settings=in_blocks_of(model, lane.settings, named))
        for words in dict.fromkeys(block_warning(model, lane.settings) for lane in lanes):
            if words:
                warn(words)
        runs = [Generate(name, lane.settings, question, group=group) for name, lane in zip(names, lanes, strict=True)]
        order: LaneOrder = "apart" if request.apart else "batched"
        if question.template is not None:
            order = "turns"  # the others begin with a canvas of masks
        async for event in worker.run(Compare(runs, order)):
            recorder.add(event)
            if isinstance(event, RunEvent):
                if recorder.failure is not None and event.run == names[0]:
                    raise CommandError(recording_problem(recorder))
                recorder.add(NameEvent(event.run, labels[event.run]))
            elif isinstance(event, StepEvent):
                run = recorder.session.runs[event.run]
                worker.status.show(f"{labels[run.id]}: step {run.last} of {run.expected_steps}")
        made = [recorder.session.runs[name] for name in names]
        # an answer between words that were there already has no likelihood of its own
        mc_num = 0 if question.template is not None else request.mc_num
        likelihoods: dict[tuple[int, ...], LaneLikelihood] = {}
        problem = ""
        try:
            await _likelihoods(worker, recorder.session, made, mc_num, likelihoods)
        except CommandError as error:  # what was written is told all the same
            problem = str(error)
        results = [LaneResult(lane, run, likelihoods.get(_answer(run))) for lane, run in zip(lanes, made, strict=True)]
        return results, problem

    try:
        results, unscored = use_worker(worker_command, talk)
    except WorkerFailure as error:
        advice = " Lanes that run --apart take less." if error.failure.code == "memory" and not request.apart else ""
        raise CommandError(f"{error}{advice}", error.code) from None
    finally:
        recorder.finish()
    if request.as_json:
        print(json.dumps({"prompt": prompt, **objects(results)}), flush=True)
    else:
        say("\n".join(lines(results, together=max(map(len, parts)) > 1)))
        print_texts(results)
    ends = [result.run.end for result in results]
    failed = next((end.message for end in ends if end is not None and end.reason == RUN_FAILED), "")
    for problem in filter(None, (failed, unscored, recording_problem(recorder))):
        warn(problem)
    return FAILED if failed or unscored or recorder.failure else DONE


def show(request: CompareRequest) -> int:
    """Open the lanes on the screen; returns the exit code. Raises `CommandError` and `SettingsError`."""

    need_terminal("leave --screen out to print the lanes")
    around = request.around
    for option, named in (
        ("--json", request.as_json),
        ("--record", request.record is not None),
        ("--stop", bool(around.stop)),
        ("--suffix", around.suffix is not None),
    ):
        if named:
            raise CommandError(f"{option} is for lanes that are printed; the screen records each session.", USAGE)
    load, worker = with_configured(request.load, request.worker)
    prompt = read_prompt(request.prompt)
    picture_files(around)  # which says what cannot be shown to a model
    lanes = _lanes(request, load.source, worker)
    from llada_tui.settings.vary import check_room

    try:
        check_room(lanes)
    except SettingsError as error:
        raise CommandError(str(error), USAGE) from None
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
        worker=request.worker,
        link_images=around.link_images,
        lanes=LanesOptions(prompt, lanes, system, [*request.settings], [path.absolute() for path in around.images]),
        raw_tokens=request.raw_tokens,
    )
    return run_chat(options)


def _lanes(request: CompareRequest, source: str, worker: str | None) -> list[Lane]:
    """The lanes that were asked for, each with a strategy and a cache policy that there is.

    A worker of another version may know others: only it can tell whether it has one.
    """
    from llada_tui.settings import vary

    parameters, of_caches, of_lengths = (
        {name: [parameter.name for parameter in kind.parameters] for name, kind in parts.items()}
        for parts in (strategies.by_name(), caches.by_name(), lengths.by_name())
    )
    varied = vary.parse(request.vary, parameters, of_caches, of_lengths)
    named = request.settings
    twice = varied.keys() & {*named, *(name for holder in PARAMETERS_OF.values() for name in named.get(holder, ()))}
    if twice:
        raise SettingsError(min(twice), f"{min(twice)} is both set and varied: name it once.")
    model = name_of(source)
    first = choose(first_settings(model), request.preset, {}, model)

    def settle(changes: dict[str, Any]) -> SamplerSettings:
        return choose(first_settings(model), request.preset, vary.settled(first, {**named, **changes}), model)

    lanes = vary.lanes(varied, settle, parameters, of_caches, of_lengths)
    if worker is None:
        for lane in lanes:
            chosen_parts(lane.settings)
    return lanes


def _parts(settings: list[SamplerSettings], apart: bool) -> list[list[int]]:
    """The lanes, by their numbers from 0, in the groups that go through the model together."""
    try:
        return [[number] for number in range(len(settings))] if apart else batches(settings)
    except SettingsError:  # a strategy that the worker alone may know
        return [[number] for number in range(len(settings))]


async def _likelihoods(
    worker: CommandWorker, session: Session, runs: list[Run], mc_num: int, into: dict[tuple[int, ...], LaneLikelihood]
) -> None:
    """Put how likely the model finds each answer ``into`` a dictionary; equal answers are scored once. Raises
    `CommandError`."""
    from llada_tui.cli.comparison_output import LaneLikelihood
    from llada_tui.cli.worker_for_command import OlderWorker
    from llada_tui.worker.job_messages import ScoreTokens, TokensScored

    for number, run in enumerate(runs, 1):
        answer = _answer(run)
        if mc_num and answer and run.start.model.mask_id not in answer and answer not in into:

            def words(at: Progress, number: int = number) -> str:
                return f"scoring lane {number}: {at.done} of {at.total} samples"

            name = f"score-{number}"
            asked_ids = Prompt(ids=run.start.prompt_ids, images=run.start.prompt.picture_names)
            command = ScoreTokens(name, session.with_pictures(asked_ids), answer_ids=list(answer), samples=mc_num)
            try:
                score: TokensScored | Scored = await worker.do(command, TokensScored, words)
            except OlderWorker:
                worker.status.show(f"scoring lane {number}")
                score = await worker.score(_first_score(run, mc_num))
            into[answer] = LaneLikelihood(score.total, score.standard_error, len(answer))


def _first_score(run: Run, mc_num: int) -> Score:
    """The command for a worker of version 1, which scores texts: their tokens may be others than the run's."""
    from llada_tui.worker.protocol import MAX_SAMPLES, Score

    return Score(run.answer(), run.start.prompt, min(max(mc_num, 2), MAX_SAMPLES))


def _answer(run: Run) -> tuple[int, ...]:
    """The tokens before the first end of text."""
    ids = run.ids(run.last)
    return tuple(ids[: run.text_end(ids).at])
