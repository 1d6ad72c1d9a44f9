"""Session files: appended to, cut anywhere, written by another version, or no session at all."""

from __future__ import annotations

from codecs import BOM_UTF8
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.trace import session as session_module
from llada_tui.trace.events import FORMAT, INTERRUPTED, VERSION, Event, PiecesEvent, SessionEvent, SummaryEvent, encode
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session, SessionError, read_session, title_of
from llada_tui.trace.session_folder import list_sessions, peek
from llada_tui.trace.session_writer import SessionWriter
from tests.conftest import first_quick
from tests.trace.support import Recorded, end, events, recorded_runs, start, step

HEADER = encode(SessionEvent(FORMAT, VERSION, "0.1.0", 1.0)) + b"\n"


def write(path: Path, *written: Event) -> Path:
    writer = SessionWriter(path, "0.1.0")
    for event in written:
        writer.write(event)
    writer.close()
    return path


def small(path: Path) -> Path:
    """A session of two runs with text that takes several bytes a character."""
    return write(
        path,
        start(3),
        PiecesEvent({7: "€".encode(), 8: b"\xe2"}),
        step(0, {0: 7}),
        step(1, {1: 8}),
        end("€", steps=2),
        SummaryEvent("a € question", 1, 2),
        start(2, run="r2"),
        step(0, {0: 7}, run="r2"),
    )


def events_in(session: Session) -> int:
    """Lines that a reading kept, the header and the session's own lines aside."""
    return sum(1 + len(run.steps) + len(run.retunes) + ended(run) for run in session.runs.values())


def ended(run: Run) -> bool:
    """Whether the file holds the run's end: one that stops in its middle is told to be interrupted."""
    assert run.end is not None
    return run.end.reason != INTERRUPTED


@given(st.lists(recorded_runs(most_steps=4), min_size=1, max_size=3))
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, runs: list[Recorded]) -> None:
    path = tmp_path_factory.mktemp("session") / "s.jsonl"
    written: list[Event] = []
    for number, made in enumerate(runs):
        written += [msgspec.structs.replace(event, run=f"run {number}") for event in (made.start, *made.events)]
    session = read_session(write(path, *written))
    assert session.problems == []
    assert list(session.runs) == [f"run {number}" for number in range(len(runs))]
    for run, made in zip(session.runs.values(), runs, strict=True):
        assert [run.ids(frame) for frame in range(run.last + 1)] == made.frames


@pytest.mark.parametrize("stride", first_quick([7, 1]))
def test_a_cut_at_any_byte_loses_the_last_line_alone_and_says_so(tmp_path: Path, stride: int) -> None:
    data = small(tmp_path / "whole.jsonl").read_bytes()
    header = data.index(b"\n")
    path = tmp_path / "cut.jsonl"
    for cut in range(0, len(data), stride):
        path.write_bytes(data[:cut])
        if cut < header:
            with pytest.raises(SessionError):
                read_session(path)
            continue
        whole = data[:cut].split(b"\n")
        torn = whole.pop()
        if data[cut : cut + 1] == b"\n":
            whole, torn = [*whole, torn], b""
        session = read_session(path)
        kept = [line for line in whole if not line.startswith((b'{"event":"s', b'{"event":"p'))]
        steps = [line for line in whole if line.startswith(b'{"event":"step"')]
        assert events_in(session) == len(kept) + len(steps)
        assert len(session.problems) == (torn != b""), cut
        assert all("last step was lost" in problem for problem in session.problems)


def test_a_byte_order_mark_is_passed_over_and_kept(tmp_path: Path) -> None:
    path = small(tmp_path / "marked.jsonl")
    path.write_bytes(BOM_UTF8 + path.read_bytes())
    assert (peek(path).title, peek(path).runs) == ("a € question", 1)
    assert [entry.path for entry in list_sessions(tmp_path)] == [path]
    write(path, step(1, {1: 7}, run="r2"), end(run="r2", steps=2))
    session = read_session(path)
    assert session.problems == []
    assert [run.last for run in session.runs.values()] == [2, 2]
    assert path.read_bytes().startswith(BOM_UTF8 + HEADER[:20])


@pytest.mark.parametrize("stride", first_quick([7, 1]))
def test_a_cut_file_can_be_gone_on_with_from_any_byte(tmp_path: Path, stride: int) -> None:
    data = small(tmp_path / "whole.jsonl").read_bytes()
    path = tmp_path / "cut.jsonl"
    for cut in range(0, len(data) + 1, stride):
        path.write_bytes(data[:cut])
        write(path, start(2, run="later"), step(0, {0: 7}, run="later"))
        session = read_session(path)
        assert session.problems == [], cut
        assert session.runs["later"].last == 1
        lines = path.read_bytes().splitlines()
        assert all(msgspec.json.decode(line) for line in lines)
        assert data.startswith(b"\n".join(lines[:-2]) if cut > data.index(b"\n") else b"")


def test_every_event_is_on_the_disk_as_soon_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "folder" / "s.jsonl"
    writer = SessionWriter(path, "0.1.0")
    assert not path.parent.exists()
    for number, event in enumerate((start(3), step(0, {0: 7}), step(1, {1: 7})), 2):
        writer.write(event)
        assert len(path.read_bytes().splitlines()) == number
    assert read_session(path).runs["r1"].last == 2
    writer.close()
    writer.close()


@given(st.lists(events, max_size=4), st.lists(st.dictionaries(st.text("abc", min_size=1), st.integers()), max_size=3))
def test_nothing_in_a_file_is_rewritten(
    tmp_path_factory: pytest.TempPathFactory, recorded: list[Event], newer: list[dict[str, int]]
) -> None:
    path = tmp_path_factory.mktemp("session") / "s.jsonl"
    lines = [encode(event) for event in recorded]
    lines += [msgspec.json.encode({"event": "from the future", **fields}) for fields in newer]
    before = HEADER + b"".join(line + b" \n" for line in lines)
    path.write_bytes(before)
    write(path, start(1, run="appended"))
    assert path.read_bytes() == before + encode(start(1, run="appended")) + b"\n"
    assert "appended" in read_session(path).runs


def test_unknown_events_and_fields_are_no_problem(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    new_step = encode(step(0, {0: 7})).replace(b'"block"', b'"heat":[1],"block"')
    path.write_bytes(HEADER + encode(start(2)) + b'\n{"event":"weather","run":"r1"}\n' + new_step + b"\n")
    session = read_session(path)
    assert session.problems == []
    assert session.runs["r1"].last == 1


def test_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    data = encode(SessionEvent(FORMAT, VERSION + 1, "9.0\x1b[31m", 1.0)) + b"\n"
    path.write_bytes(data)
    with pytest.raises(SessionError, match=r"newer llada-tui \(9.0.*update") as caught:
        read_session(path)
    assert "\x1b" not in str(caught.value)
    with pytest.raises(SessionError, match="newer"):
        write(path, start(1))
    assert path.read_bytes() == data


NO_SESSIONS = {
    "text": b"Dear diary,\nnothing happened",
    "one line without an end": b"nothing",
    "other JSON lines": b'{"a":1}\n{"a":2}\n',
    "another recorder": b'{"event":"session","format":"asciinema","version":1,"tool":"x","time":1}\n',
    "an event": encode(step(0, {})) + b"\n",
    "an unknown event": b'{"event":"later"}\n',
    "an empty first line": b"\n" + HEADER,
    "zeros": bytes(1000),
    "brackets": b"[" * 100_000,
    "not UTF-8": b"\xff\xfe\n",
    "a picture": b"\x89PNG\r\n\x1a\n\0\0\0",
}


@pytest.mark.parametrize("data", NO_SESSIONS.values(), ids=NO_SESSIONS.keys())
def test_what_is_no_session_is_refused_and_left_alone(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(data)
    with pytest.raises(SessionError, match="is not a session that llada-tui recorded"):
        read_session(path)
    with pytest.raises(SessionError, match="is not a session that llada-tui recorded"):
        write(path, start(1))
    assert path.read_bytes() == data


def test_no_file_no_folder_nothing_in_it(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="cannot be read: no such file"):
        read_session(tmp_path / "none.jsonl")
    with pytest.raises(SessionError, match="cannot be read: is a directory"):
        read_session(tmp_path)
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(SessionError, match="is empty"):
        read_session(tmp_path / "empty.jsonl")


@given(st.binary(max_size=400))
def test_random_bytes_raise_nothing_but_session_errors(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "random.jsonl"
    path.write_bytes(data)
    with pytest.raises(SessionError):
        read_session(path)


@given(st.binary(max_size=400) | st.lists(events.map(encode)).map(b"\n".join))
def test_random_lines_after_a_header_raise_nothing(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "random lines.jsonl"
    path.write_bytes(HEADER + data)
    session = read_session(path)
    assert all(problem.endswith(".") for problem in session.problems)
    for run in session.runs.values():
        run.cells(run.last)
        run.text(run.last)


@given(st.data())
def test_a_damaged_byte_loses_a_line_or_changes_it_and_raises_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp()
    path = folder / "damaged.jsonl"
    path.unlink(missing_ok=True)
    whole = HEADER + small(path).read_bytes().partition(b"\n")[2]
    at = data.draw(st.integers(len(HEADER), len(whole) - 1))
    path.write_bytes(whole[:at] + data.draw(st.binary(min_size=1, max_size=1)) + whole[at + 1 :])
    read_session(path)


def test_events_that_do_not_fit_are_left_out_and_said(tmp_path: Path) -> None:
    path = write(
        tmp_path / "s.jsonl",
        step(0, {0: 7}),
        start(2),
        start(2),
        step(1, {0: 7}),
        step(0, {5: 7}),
        step(0, {0: 7}),
        end(),
        step(1, {1: 7}),
        start(2, run="r2"),
    )
    session = read_session(path)
    assert session.runs["r1"].ids(9) == [7, 999]
    assert "r2" in session.runs
    assert len(session.problems) == 5
    assert all(problem.endswith(".") for problem in session.problems)


def test_problems_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(HEADER + b"nonsense\n" * 1000 + encode(start(1)) + b"\n")
    session = read_session(path)
    assert len(session.problems) == 20
    assert "r1" in session.runs


def test_a_line_too_long_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "MAX_LINE", 4096)
    path = tmp_path / "s.jsonl"
    path.write_bytes(HEADER + b'{"event":"summary","title":"' + b"x" * 10_000 + b'","runs":1,"tokens":1}\n')
    write(path, start(1))
    session = read_session(path)
    assert "r1" in session.runs
    assert session.problems
    path.write_bytes(HEADER + b'{"event":"summary","title":"' + b"x" * 10_000)
    write(path, start(1), step(0, {0: 7}))
    assert read_session(path).runs["r1"].last == 1


def test_title_and_counts(tmp_path: Path) -> None:
    session = read_session(small(tmp_path / "s.jsonl"))
    assert session.title == "a € question"
    assert session.tokens == 3
    assert session.summary() == SummaryEvent("a € question", 2, 3)
    last = session.last_run()
    assert last is not None
    assert last.id == "r2"
    assert Session().last_run() is None
    assert session.token_bytes_of("demo").texts([7]) == ["€"]


def test_each_model_of_a_session_has_its_own_tokens(tmp_path: Path) -> None:
    """A model changed in the chat: what the runs before it wrote stays as it was."""
    first, other = start(1), start(1, run="r2")
    other = msgspec.structs.replace(other, model=msgspec.structs.replace(other.model, id="other"))
    path = write(
        tmp_path / "s.jsonl",
        *(PiecesEvent({7: b"one"}), first, step(0, {0: 7}), end()),
        *(other, PiecesEvent({7: b"two"}, model="other"), step(0, {0: 7}, run="r2"), end(run="r2")),
        PiecesEvent({8: b"three"}, model="demo"),
    )
    session = read_session(path)
    assert [run.text(1) for run in session.runs.values()] == ["one", "two"]
    assert session.runs["r1"].token_bytes.label(8) == "three"
    assert 8 not in session.runs["r2"].token_bytes


@given(st.text())
def test_a_title_is_one_short_clean_line(text: str) -> None:
    title = title_of(text)
    assert len(title) <= session_module.TITLE_LENGTH
    assert title == " ".join(title.split())
    assert title.isprintable()


def test_what_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError):
        write(tmp_path / "file" / "s.jsonl", start(1))
    with pytest.raises(OSError):
        write(tmp_path, start(1))


@given(st.lists(recorded_runs(most_steps=6), min_size=1, max_size=3))
def test_a_sessions_events_make_the_same_session_again(made: list[Recorded]) -> None:
    session = Session()
    session.add(PiecesEvent({token: b"%d" % token for token in range(31)}, [0], "demo"))
    for number, run in enumerate(made):
        name = f"run-{number}"
        session.add(msgspec.structs.replace(run.start, run=name))
        for event in run.events:
            session.add(msgspec.structs.replace(event, run=name))
    session.names["run-0"] = "first"
    session.deleted.add("run-0")
    session.title = "own title"

    again = Session()
    for event in session.events():
        again.add(event)  # type: ignore[arg-type]

    assert (again.title, again.names, again.deleted) == (session.title, session.names, session.deleted)
    assert list(again.runs) == list(session.runs)
    for run_before, run_again in zip(session.runs.values(), again.runs.values(), strict=True):
        assert [run_before.text(frame) for frame in range(run_before.last + 1)] == [
            run_again.text(frame) for frame in range(run_before.last + 1)
        ]
        assert (run_before.start, run_before.end, run_before.steps) == (run_again.start, run_again.end, run_again.steps)
        assert (run_before.retunes, run_before.interventions) == (run_again.retunes, run_again.interventions)
