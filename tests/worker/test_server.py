"""The worker's process, with a made-up model: what it answers, and that nothing ends it but its end."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llada_tui.trace.events import (
    CANCELLED,
    FAILED,
    FINISHED,
    EndEvent,
    Message,
    PiecesEvent,
    RetuneEvent,
    RunEvent,
    StepEvent,
)
from llada_tui.worker import protocol
from llada_tui.worker.inbox import MAX_WAITING
from llada_tui.worker.protocol import (
    Advance,
    Cancel,
    Count,
    Counted,
    Failure,
    Generate,
    Held,
    Hold,
    Load,
    Loaded,
    Progress,
    Quit,
    Resume,
    Retune,
)

from .driver import FAKE, ROOT, RawWorker, ask, short
from .fakes import MASK


@pytest.fixture
def worker() -> Iterator[RawWorker]:
    with RawWorker() as found:
        yield found


@pytest.fixture(scope="module")
def tough() -> Iterator[RawWorker]:
    """One process that takes everything the fuzzing has."""
    with RawWorker() as found:
        yield found


def still_answers(worker: RawWorker) -> None:
    worker.send(Load("fake"))
    assert worker.until(Loaded).model.id == "fake"
    worker.send(ask("check", 2))
    assert worker.until(EndEvent, run="check").reason == FINISHED


# -- in order ---------------------------------------------------------------------------------------------------------


def test_hello_names_protocol_version_and_strategies() -> None:
    worker = RawWorker()
    with worker:
        pass
    hello = worker.items[0]
    assert hello.protocol == protocol.PROTOCOL
    assert hello.pid == worker.process.pid
    assert hello.strategies[0].name == "low_confidence"


def test_a_load_tells_its_progress(worker: RawWorker) -> None:
    worker.send(Load("fake"))
    loaded = worker.until(Loaded)
    stages = [item.stage for item in worker.items if isinstance(item, Progress)]
    assert stages[0] == "import"
    assert stages[-1] == "load"
    assert loaded.memory == 1000


def test_a_run_is_its_events_in_order_and_pieces_come_before_their_use(worker: RawWorker) -> None:
    worker.send(Load("fake"), Generate("a", short(), messages=[Message("user", "hé")]))
    end = worker.until(EndEvent, run="a")
    events = worker.items[worker.items.index(next(i for i in worker.items if isinstance(i, RunEvent))) :]
    run = events[0]
    assert run.prompt_ids == list("hé".encode())
    assert run.canvas == [MASK] * 12
    assert run.messages == [Message("user", "hé")]
    known: dict[int, bytes] = {}
    for event in events[1:]:
        if isinstance(event, PiecesEvent):
            assert not known.keys() & event.pieces.keys(), "sent before"
            known |= event.pieces
        elif isinstance(event, StepEvent):
            assert {choice.token for choice in (*event.commits, *event.predictions)} <= known.keys()
            assert all(len(str(choice.confidence)) <= 7 for choice in event.predictions)
    assert [step.index for step in worker.steps("a")] == list(range(12))
    assert (end.reason, end.text, end.steps, end.forward_passes, end.peak_memory) == (FINISHED, "a" * 12, 12, 12, 2000)
    assert end.tokens_per_second == pytest.approx(12 / end.seconds)


def test_two_runs_back_to_back_are_equal_and_pieces_are_sent_once(worker: RawWorker) -> None:
    worker.send(Load("fake"), ask("a"), ask("b"))
    worker.until(EndEvent, run="b")
    strip = [[(s.commits, s.predictions) for s in worker.steps(run)] for run in "ab"]
    assert strip[0] == strip[1]
    after = worker.items[[isinstance(i, EndEvent) for i in worker.items].index(True) :]
    assert not any(isinstance(item, PiecesEvent) for item in after)


def test_pieces_are_sent_again_for_another_model(worker: RawWorker) -> None:
    worker.send(Load("fake"), ask("a", 2), Load("other"), ask("b", 2))
    worker.until(EndEvent, run="b")
    pieces = [item.pieces for item in worker.items if isinstance(item, PiecesEvent)]
    assert [MASK in found for found in pieces].count(True) == 2


def test_continuing_from_any_step_gives_the_identical_tail(worker: RawWorker) -> None:
    worker.send(Load("fake"), ask("a"))
    worker.until(EndEvent, run="a")
    whole = worker.steps("a")
    canvas = [MASK] * 12
    for cut, step in enumerate(whole):
        name = f"from {cut}"
        worker.send(
            ask(name, canvas=list(canvas), origin=[MASK] * 12, step=cut, block_step=step.block_step, parent="a")
        )
        worker.until(EndEvent, run=name)
        tail = [(s.index, s.block, s.block_step, s.commits, s.predictions) for s in worker.steps(name)]
        assert tail == [(s.index, s.block, s.block_step, s.commits, s.predictions) for s in whole[cut:]]
        for choice in step.commits:
            canvas[choice.position] = choice.token
    begun = [item for item in worker.items if isinstance(item, RunEvent)][-1]
    assert (begun.parent, begun.step, begun.origin) == ("a", 11, [MASK] * 12)


def test_counting_waits_for_no_run(worker: RawWorker) -> None:
    worker.send(Load("fake"), Count(text="four"))
    assert worker.until(Counted).tokens == 4
    worker.send(ask("a", hold=True), Count(text="seven!!"), Count(messages=[Message("user", "ab")]))
    assert worker.until(Counted).tokens == 7
    assert worker.until(Counted).tokens == 2
    worker.send(Count())
    assert worker.until(Failure).command == "count"


# -- while a run is at work -------------------------------------------------------------------------------------------


def test_cancel_is_seen_within_one_step(worker: RawWorker) -> None:
    worker.send(Load("paced"), ask("a", 1000))
    worker.until_step(3)
    worker.send(Cancel("a"))
    sent = time.monotonic()
    end = worker.until(EndEvent)
    assert end.reason == CANCELLED
    assert time.monotonic() - sent < 1
    assert end.text == "a" * end.steps
    assert 4 <= end.steps < 1000
    assert len(worker.steps("a")) == end.steps
    still_answers(worker)


def test_a_waiting_run_can_be_cancelled_before_it_begins(worker: RawWorker) -> None:
    worker.send(Load("fake"), ask("a", hold=True), ask("b"), Cancel("b"), Cancel("a"))
    assert worker.until(EndEvent, run="a").steps == 0
    assert worker.until(EndEvent, run="b").reason == CANCELLED
    assert worker.steps("b") == []


def test_hold_advance_and_resume(worker: RawWorker) -> None:
    worker.send(Load("fake"), ask("a", hold=True))
    assert worker.until(Held).held
    assert worker.steps("a") == []
    for index in range(3):
        worker.send(Advance("a"))
        worker.until_step(index)
        worker.send(Count(text="x"))
        worker.until(Counted)
    worker.send(Advance("a"), Advance("a"))
    worker.until_step(4)
    worker.send(Count(text="x"))
    worker.until(Counted)
    assert len(worker.steps("a")) == 5
    worker.send(Resume("a"))
    assert not worker.until(Held).held
    assert worker.until(EndEvent).steps == 12


def test_hold_stops_a_running_run_without_using_the_processor(worker: RawWorker) -> None:
    worker.send(Load("paced"), ask("a", 1000))
    worker.until_step(2)
    worker.send(Hold("a"))
    assert worker.until(Held).held
    made = len(worker.steps("a"))

    def spent() -> int:
        with open(f"/proc/{worker.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    if sys.platform == "linux":
        before = spent()
        ready, _, _ = select.select([], [], [], 0.3)
        assert not ready
        assert spent() - before <= 2
    worker.send(Cancel("a"))
    end = worker.until(EndEvent)
    assert end.steps == made == len(worker.steps("a"))
    assert end.seconds < 5


def test_advancing_a_running_run_holds_it(worker: RawWorker) -> None:
    worker.send(Load("paced"), ask("a", 1000))
    worker.until_step(2)
    worker.send(Advance("a"))
    assert worker.until(Held).held
    made = len(worker.steps("a"))
    worker.send(Advance("a"))
    assert worker.until(StepEvent).index == made


def test_retuning_is_recorded_and_takes_effect(worker: RawWorker) -> None:
    new = short(temperature=3.0, top_k=2)
    worker.send(Load("fake"), ask("a", hold=True), Advance("a"))
    worker.until_step(0)
    worker.send(Retune("a", new))
    assert worker.until(RetuneEvent) == RetuneEvent("a", 1, new)
    worker.send(Resume("a"))
    assert worker.until(EndEvent).text.count("d") == 11
    assert {choice.token for choice in worker.steps("a")[1].commits} == {ord("d")}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"gen_length": 6, "steps": 6}, "steps"),
        ({"seed": 1}, "seed"),
        ({"remasking": "nonsense"}, "remasking"),
        ({"remasking_params": {"x": 1.0}}, "remasking_params"),
    ],
)
def test_what_cannot_change_during_a_run_is_refused(worker: RawWorker, changes: dict[str, object], field: str) -> None:
    worker.send(Load("fake"), ask("a", hold=True), Retune("a", short(**changes)))
    failure = worker.until(Failure)
    assert (failure.code, failure.run, failure.field, failure.command) == ("request", "a", field, "retune")
    worker.send(Resume("a"))
    assert worker.until(EndEvent).reason == FINISHED
    assert not any(isinstance(item, RetuneEvent) for item in worker.items)


# -- what cannot be ---------------------------------------------------------------------------------------------------


def test_generating_needs_a_model(worker: RawWorker) -> None:
    worker.send(ask("a"))
    failure = worker.until(Failure)
    assert (failure.code, failure.run, failure.details) == ("request", "a", "")
    still_answers(worker)


REFUSED: list[tuple[Generate, str | None]] = [
    (ask(settings=short(remasking="nonsense")), "remasking"),
    (ask(settings=short(remasking_params={"x": 1.0})), "remasking_params"),
    (ask(text="x" * 4090), "gen_length"),
    (ask(text=None, ids=[300]), None),
    (ask(text=None, ids=[-1]), None),
    (ask(text=None, ids=[10**30]), None),
    (ask(messages=[Message("user", "x")]), None),
    (ask(changes=[(12, 97)]), None),
    (ask(changes=[(0, 300)]), None),
    (ask(template="{mask:99999}"), None),
    (ask(template=""), None),
    (ask(canvas=[MASK] * 5), "gen_length"),
    (ask(canvas=[]), None),
    (ask(canvas=[MASK] * 12, origin=[MASK]), None),
    (ask(step=-1), None),
]


@pytest.mark.parametrize(("command", "field"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_generated_is_refused_with_a_sentence(
    tough: RawWorker, command: Generate, field: str | None
) -> None:
    tough.send(Load("fake"), command)
    failure = tough.until(Failure)
    assert (failure.code, failure.run, failure.field, failure.details) == ("request", "a", field, "")
    assert failure.message.endswith(".")
    still_answers(tough)


def test_settings_that_cannot_be_are_the_requests_fault(tough: RawWorker) -> None:
    tough.send(b'{"command":"generate","run":"a","text":"x","settings":{"steps":0}}\n')
    failure = tough.until(Failure)
    assert (failure.code, failure.run, failure.field) == ("request", "a", "steps")
    assert failure.message == "steps must be a whole number from 1 to 32768, not 0."


def test_a_run_needs_a_name_of_its_own(worker: RawWorker) -> None:
    worker.send(Load("fake"), ask("a", hold=True), ask("a"), ask(""), ask("x" * 300), Hold("b"))
    assert [worker.until(Failure).code for _ in range(4)] == ["request", "protocol", "protocol", "request"]


def test_waiting_commands_are_bounded(worker: RawWorker) -> None:
    worker.send(Load("fake"), ask("a", hold=True))
    worker.until(Held)
    worker.send(*[ask(f"b{number}", 1) for number in range(MAX_WAITING + 3)])
    for _ in range(3):
        assert "Too many" in worker.until(Failure).message
    worker.send(Cancel("a"))
    worker.until(EndEvent, run=f"b{MAX_WAITING - 1}")


@pytest.mark.parametrize(
    ("source", "code"), [("missing", "model"), ("broken", "internal"), ("too big", "memory"), ("unfit", "fit")]
)
def test_a_failed_load_keeps_the_earlier_model(worker: RawWorker, source: str, code: str) -> None:
    worker.send(Load("fake"))
    worker.until(Loaded)
    worker.send(Load(source), ask("a", 2))
    failure = worker.until(Failure)
    assert (failure.code, failure.command) == (code, "load")
    assert "Traceback" not in failure.message
    assert worker.until(RunEvent).model.id == "fake"
    again = [item.again for item in worker.items if isinstance(item, Loaded)]
    assert again == ([False, True] if source in ("too big", "unfit") else [False])


def test_a_later_load_ends_one_that_takes_long(worker: RawWorker) -> None:
    worker.send(Load("endless"))
    worker.until(Progress, stage="download")
    worker.send(Load("fake"))
    assert worker.until(Failure).code == "request"
    assert worker.until(Loaded).model.id == "fake"


def test_running_out_of_memory_ends_the_run_alone(worker: RawWorker) -> None:
    worker.send(Load("oom"), ask("a"))
    end = worker.until(EndEvent)
    assert (end.reason, end.steps, end.text) == (FAILED, 2, "aa")
    assert "4-bit" in end.message
    assert "shorter canvas" in end.message
    still_answers(worker)


def test_a_defect_ends_the_run_alone_and_its_trace_stays_in_the_details(worker: RawWorker) -> None:
    worker.send(Load("defect"), ask("a"))
    failure = worker.until(Failure)
    assert (failure.code, failure.run) == ("internal", "a")
    assert "Traceback" in failure.details
    assert "Traceback" not in failure.message
    end = worker.until(EndEvent)
    assert (end.reason, end.steps, end.message) == (FAILED, 2, "The worker failed unexpectedly: ValueError: made up")
    still_answers(worker)


# -- what is no command -----------------------------------------------------------------------------------------------

MALFORMED = [
    b"hello",
    b"{",
    b"[]",
    b"null",
    b"1e999",
    b"\0\0\0",
    b'{"command":"cancel","run":"\xff\xfe"}',
    b'{"command":"cancel","run":"\\ud800"}',
    b'{"command":"cancel"}',
    b'{"command":"cancel","run":null}',
    b'{"command":"explode"}',
    b'{"command":["load"]}',
    b'{"command":"load","source":7}',
    b'{"command":"generate","run":"a","settings":[]}',
    b'{"command":"generate","run":"a","settings":{},"ids":"abc"}',
    b'{"command":"generate","run":"a","settings":{},"ids":[1.5]}',
    b'{"command":"generate","run":"a","settings":{},"messages":[{"role":"user"}]}',
    b'{"command":"load","source":' + b"[" * 100_000,
    b'{"x":' * 50_000,
    b"\xef\xbb\xbf{}",
]


@pytest.mark.parametrize("line", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_lines_are_answered(tough: RawWorker, line: bytes) -> None:
    tough.send(line + b"\n")
    failure = tough.until(Failure)
    assert failure.code in ("protocol", "request")
    assert "\n" not in failure.message
    still_answers(tough)


def test_a_line_too_long_is_answered_and_not_kept(tough: RawWorker) -> None:
    tough.send(b'{"command":"load","source":"' + b"x" * (protocol.MAX_LINE + 10) + b'"}\n')
    assert tough.until(Failure).code == "protocol"
    still_answers(tough)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
fields = ["run", "settings", "messages", "text", "ids", "canvas", "origin", "step", "block_step", "hold", "source"]
names = ["load", "generate", "count", "retune", "hold", "resume", "advance", "cancel", "nonsense"]
nearly = st.builds(
    lambda name, rest: msgspec.json.encode({"command": name, **rest}),
    st.sampled_from(names),
    st.dictionaries(st.sampled_from(fields), json_values | st.just({"steps": 2, "gen_length": 2}), max_size=8),
)


@settings(max_examples=150)
@given(st.lists(nearly | st.binary(max_size=60).map(lambda line: line.replace(b"\n", b" ")), max_size=10))
def test_no_input_ends_the_worker(tough: RawWorker, lines: list[bytes]) -> None:
    tough.send(*[line + b"\n" for line in lines], b'{"command":"count","text":"and"}\n')
    answer: object = None
    while not isinstance(answer, Counted):
        answer = tough.next()
        assert answer is not None
        if isinstance(answer, Held) and answer.held:
            tough.send(Cancel(answer.run))
        if isinstance(answer, Failure) and answer.command == "count":
            break
    assert tough.process.poll() is None


# -- streams and ends -------------------------------------------------------------------------------------------------


def test_nothing_printed_enters_the_protocol(worker: RawWorker) -> None:
    worker.send(Load("noisy"), ask("a", 3))
    worker.until(EndEvent)
    worker.close()
    worker.__exit__()
    assert None not in worker.items
    assert all(line.startswith((b'{"reply"', b'{"event"')) for line in worker.lines)
    for noise in (b"from print", b"from C", b"from the first stdout", b"from a child"):
        assert b"noise " + noise in worker.log


def test_a_library_that_asks_on_stdin_gets_nothing(worker: RawWorker) -> None:
    worker.send(Load("asking"))
    assert "EOFError" in worker.until(Failure).details
    still_answers(worker)


@pytest.mark.parametrize("how", ["close", "quit"])
@pytest.mark.parametrize("when", ["idle", "load", "run", "held", "stuck"])
def test_the_end_of_the_input_ends_it_promptly(worker: RawWorker, how: str, when: str) -> None:
    if when == "load":
        worker.send(Load("endless"))
        worker.until(Progress, stage="download")
    elif when != "idle":
        source = {"run": "paced", "held": "fake", "stuck": "stuck"}[when]
        worker.send(Load(source), ask("a", 1000, hold=when == "held"))
        if when == "held":
            worker.until(Held)
        else:
            worker.until_step(1)
    began = time.monotonic()
    if how == "quit":
        worker.send(Quit())
        assert worker.process.wait(20) == 0
    else:
        assert worker.close() == 0
    assert time.monotonic() - began < 5
    if when in ("run", "held"):
        assert worker.until(EndEvent).reason == CANCELLED


def test_it_ends_quietly_when_nobody_listens() -> None:
    process = subprocess.Popen(
        FAKE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdout.readline()
    process.stdout.close()
    process.stdin.write(protocol.encode(Load("fake")) + protocol.encode(ask("a", 1000)))
    process.stdin.flush()
    assert process.wait(20) == 0
    assert process.stderr.read() == b""
    process.stdin.close()
    process.stderr.close()


def test_it_ends_when_the_process_that_started_it_is_killed() -> None:
    code = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen({FAKE!r}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)\n"
        "print(p.pid, flush=True)\n"
        "time.sleep(3600)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert parent.stdout
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while is_alive(child):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
