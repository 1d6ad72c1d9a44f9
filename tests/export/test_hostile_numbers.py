"""Numbers that cannot be, anywhere in a session file: every view and every export is drawn all the same."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llada_tui.analysis.colour_scale import ColourBy
from llada_tui.analysis.metrics import METRICS, RunMetrics
from llada_tui.analysis.spacetime import Spacetime
from llada_tui.analysis.token_history import TokenHistory
from llada_tui.drawing.palette import DARK
from llada_tui.export import formats
from llada_tui.export.render import render
from llada_tui.export.render_options import RenderOptions
from llada_tui.export.run_timeline import RunTimeline
from llada_tui.trace.events import RunEvent, decode, encode
from llada_tui.trace.run import Run
from llada_tui.trace.session import Session, read_session
from llada_tui.trace.session_folder import peek
from tests.conftest import Home
from tests.export.support import PALETTES, branched, long_run, written
from tests.tui.support import replaying

HUGE = ["1e308", "-1e308", "1e400", "-1", "0.5", "null", "9" * 400, "-" + "9" * 400, "NaN", "Infinity", "5e-324"]
HUGE += [str(power) for power in (2**31, 2**53 + 1, 2**63, 2**64, -(2**63) - 1)]
PLACEHOLDER = "\ue000"


def lines_of(folder: Path) -> list[str]:
    path = written(folder / "base.jsonl", *long_run(steps=3, size=6), *branched_as("b"))
    lines = path.read_text().splitlines()
    path.unlink()
    return lines


def branched_as(prefix: str) -> Iterator[Any]:
    """The branched runs under other names, so that both are in one session."""
    for event in branched():
        fields = json.loads(encode(event))
        for name in ("run", "parent"):
            if name in fields:
                fields[name] = prefix + fields[name]
        changed = decode(json.dumps(fields).encode())
        assert changed is not None
        yield changed


def numbers_in(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of the numbers in a line."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from numbers_in(item, (*path, key))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def with_number(line: str, path: tuple[Any, ...], number: str) -> str:
    """A line with another number, as it is written, at a place."""
    fields = json.loads(line)
    inner = fields
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = PLACEHOLDER
    return json.dumps(fields, ensure_ascii=False).replace(f'"{PLACEHOLDER}"', number)


def look_at_everything(session: Session, run: Run) -> None:
    metrics = RunMetrics(run)
    for metric in METRICS:
        assert math.isfinite(metrics.top(metric))
        words = [metric.words(value) for value in metrics.values[metric.name]]
        assert all(len(word) < 40 for word in words)
    for by in ColourBy:
        picture = Spacetime(run, by, run.last + 1)
        for each in (1, 3):
            for frame in range(run.last + 1):
                picture.row(frame, min(frame + each, run.last), each)
    for position in range(run.length_at(0)):
        history = TokenHistory(run, position)
        for guess in history.guesses:
            assert 0 <= guess.confidence <= 1
            assert all(0 <= chance <= 1 for chance in history.probabilities(guess.token).values())
    for frame in range(run.last + 1):
        assert all(0 <= cell.confidence <= 1 for cell in run.cells(frame))
        assert math.isfinite(run.seconds(frame))
        assert math.isfinite(run.rate(frame))
        run.text(frame)
    run.blocks()
    timeline = RunTimeline(session, run)
    for format in formats.by_name().values():
        done = render(format, timeline, timeline.frames, RenderOptions(PALETTES[DARK], PALETTES, width=50))
        assert done.data


def test_every_number_of_a_file_may_be_1e308(tmp_path: Path) -> None:
    """Each number by itself, so that nothing hides behind another."""
    path = tmp_path / "s.jsonl"
    lines = lines_of(tmp_path)
    for at, line in enumerate(lines[1:], 1):
        for place in numbers_in(json.loads(line)):
            path.write_text("\n".join([*lines[:at], with_number(line, place, "1e308"), *lines[at + 1 :]]) + "\n")
            session = read_session(path)
            for run in session.runs.values():
                RunMetrics(run)
                assert math.isfinite(run.rate(run.last))
            peek(path)


@settings(max_examples=25)
@given(st.data())
def test_no_number_breaks_a_view_or_an_export(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("numbers")
    lines = lines_of(folder)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(1, len(lines) - 1))
        try:
            places = list(numbers_in(json.loads(lines[at])))
        except (ValueError, OverflowError):
            continue
        if places:
            lines[at] = with_number(lines[at], data.draw(st.sampled_from(places)), data.draw(st.sampled_from(HUGE)))
    path = folder / "s.jsonl"
    path.write_text("\n".join(lines) + "\n")
    session = read_session(path)
    for run in session.runs.values():
        look_at_everything(session, run)
    peek(path)


@pytest.mark.parametrize("number", ["1e308", "-1e308", "null"])
def test_a_measured_number_is_taken_as_the_nearest_that_can_be(number: str) -> None:
    line = '{"event":"step","run":"r","index":0,"block":0,"block_step":0,"seconds":N,"commits":[[0,7,N]],"entropy":N}'
    event = decode(line.replace("N", number).encode())
    assert event is not None
    top = number == "1e308"
    assert event.commits[0].confidence == float(top)  # type: ignore[union-attr]
    assert event.seconds == (1e9 if top else 0)  # type: ignore[union-attr]


def test_a_run_keeps_its_branch_place_in_bounds() -> None:
    fields = json.loads(encode(long_run(steps=1, size=2)[0])) | {"confidences": [5, -1e300], "time": -1e300}
    event = decode(json.dumps(fields).encode())
    assert isinstance(event, RunEvent)
    assert (event.time, event.resume.commit_confidence) == (0, [1, 0])


async def test_the_pages_of_the_screen_draw_hostile_numbers(tmp_path: Path, home: Home) -> None:
    for number in ("1e308", "-1e308"):
        lines = lines_of(tmp_path)
        for at, line in enumerate(lines):
            for place in numbers_in(json.loads(line)):
                if place[-1] in ("seconds", "time", "entropy", "tokens_per_second") or (
                    isinstance(place[0], str) and place[0] in ("commits", "predictions", "ahead") and place[-1] == 2
                ):
                    lines[at] = with_number(lines[at], place, number)
        path = tmp_path / "s.jsonl"
        path.write_text("\n".join(lines) + "\n")
        async with replaying(path) as place_:
            assert place_.replay.session.problems == []
            for key in ("ctrl+g", "ctrl+o", "f3", "right", "left", "f2", "end"):
                await place_.press(key)
                await place_.answers()
