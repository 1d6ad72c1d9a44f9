"""Statistics over recorded runs: what a row says, sorting, grouping, and what is not read."""

from __future__ import annotations

import math
import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.analysis import statistics
from llada_tui.analysis.statistics import (
    GROUPINGS,
    MEASURES,
    RunRow,
    column_named,
    columns_of,
    grouped,
    in_order,
    read_statistics,
)
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import Choice, DeleteEvent, PiecesEvent
from llada_tui.trace.session_writer import SessionWriter
from tests.export.support import written
from tests.trace.support import end, start, step

rows = st.lists(
    st.builds(
        RunRow,
        path=st.just("s.jsonl"),
        session=st.sampled_from(["a", "B", "c"]),
        run=st.just("run 1"),
        id=st.text(max_size=3),
        time=st.just(0.0),
        model=st.sampled_from(["demo", "acme/llada"]),
        settings=st.builds(
            SamplerSettings, steps=st.sampled_from([128, 64]), remasking=st.sampled_from(["random", "entropy"])
        ),
        steps=st.integers(0, 99),
        passes=st.integers(0, 99),
        tokens=st.integers(0, 99),
        tokens_per_pass=st.none() | st.floats(0, 99),
        seconds=st.floats(0, 99),
        tokens_per_second=st.floats(0, 999),
        confidence=st.none() | st.floats(0, 1),
        peak_memory=st.integers(0, 2**40),
        reason=st.sampled_from(["finished", "cancelled"]),
        question=st.just("q"),
        answer=st.just("a"),
    ),
    max_size=12,
)


@given(rows, st.sampled_from([*GROUPINGS.values(), *MEASURES]), st.booleans())
def test_sorted_rows_are_the_same_rows_and_those_without_a_value_come_last(
    rows: list[RunRow], column: statistics.RunColumn, largest_first: bool
) -> None:
    ordered = in_order(rows, column, largest_first=largest_first)
    assert sorted(map(id, ordered)) == sorted(map(id, rows))
    values = [column.value(row) for row in ordered]
    keys = [value.lower() if isinstance(value, str) else value for value in values if value is not None]
    assert keys == sorted(keys, reverse=largest_first)  # type: ignore[type-var]
    assert values[len(keys) :] == [None] * (len(values) - len(keys))


@given(rows, st.sampled_from([*GROUPINGS.values()]), st.none() | st.sampled_from(MEASURES))
def test_groups_hold_every_run_once_and_their_means_make_the_mean_of_all(
    rows: list[RunRow], by: statistics.RunColumn, sort: statistics.RunColumn | None
) -> None:
    groups = grouped(rows, by, sort)
    assert sorted(id(row) for group in groups for row in group.rows) == sorted(map(id, rows))
    assert len({group.value for group in groups}) == len(groups)
    for column in MEASURES:
        values = [value for row in rows if (value := column.value(row)) is not None]
        total = 0.0
        for group in groups:
            assert all(by.value(row) == group.value for row in group.rows)
            count = sum(column.value(row) is not None for row in group.rows)
            mean = group.means[column.name]
            assert (mean is None) == (count == 0)
            total += (mean or 0.0) * count
        assert math.isclose(total, math.fsum(values), rel_tol=1e-9, abs_tol=1e-9)  # type: ignore[arg-type]
    if sort is not None:
        means = [mean for group in groups if (mean := group.means[sort.name]) is not None]
        assert means == sorted(means)


def write(path: Path, *runs: str) -> Path:
    """A session of runs of three steps: the first fills one mask, the second two, the third none."""
    pieces = PiecesEvent({7: b"one ", 8: b"two ", 9: b"three"})
    events = [
        event
        for run in runs
        for event in (
            start(3, run=run),
            step(0, {0: 7}, run=run),
            msgspec.structs.replace(step(1, {}, run=run), commits=[Choice(1, 8, 0.8), Choice(2, 9, 0.8)]),
            step(2, {}, run=run),
            end(run=run, steps=3),
        )
    ]
    return written(path, pieces, *events)


def test_a_row_says_what_a_run_did(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", "r1", "r2", "r3")
    writer = SessionWriter(path, "test")
    writer.write(DeleteEvent(["r2"]))
    writer.close()
    summary = read_statistics(tmp_path)
    assert (summary.problems, summary.too_large, summary.left_out) == ([], 0, 0)
    first, second = summary.rows
    assert (first.id, second.id, second.run) == ("r1", "r3", "run 3")
    assert (first.path, first.session, first.question) == (str(path), "a question", "a question")
    assert (first.steps, first.passes, first.tokens, first.tokens_per_pass) == (3, 3, 3, 1.0)
    assert first.confidence == pytest.approx((0.5 + 0.8 + 0.8) / 3)
    assert (first.reason, first.settings.steps) == ("finished", 3)
    assert msgspec.json.encode(summary.rows)


def test_what_is_not_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = max(write(tmp_path / f"{age}.jsonl", "r1").stat().st_size for age in range(3))
    (tmp_path / "diary.jsonl").write_text("dear diary\n")
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "long.jsonl").write_bytes(b"x" * (size + 1))
    for age in range(3):
        os.utime(tmp_path / f"{age}.jsonl", (1000 - age, 1000 - age))
    monkeypatch.setattr(statistics, "MAX_FILE", size)
    monkeypatch.setattr(statistics, "MAX_BYTES", 2 * size + 20)
    summary = read_statistics(tmp_path)
    assert [Path(row.path).name for row in summary.rows] == ["0.jsonl", "1.jsonl"]
    assert (len(summary.problems), summary.too_large, summary.left_out) == (2, 1, 1)
    assert any("diary.jsonl is not a session that llada-tui recorded." in words for words in summary.omissions())
    assert any("1 file of more than" in words for words in summary.omissions())
    assert any("oldest 1 file was not read" in words for words in summary.omissions())


def test_reading_stops_when_it_is_told_to(tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path / f"{number}.jsonl", "r1")
    calls: list[tuple[int, int]] = []

    def go_on(done: int, total: int) -> bool:
        calls.append((done, total))
        return done < 2

    assert len(read_statistics(tmp_path, go_on).rows) == 2
    assert calls == [(0, 3), (1, 3), (2, 3)]
    assert read_statistics(tmp_path / "nowhere").rows == []


def test_settings_are_shown_that_differ(tmp_path: Path) -> None:
    write(tmp_path / "s.jsonl", "r1")
    (row,) = read_statistics(tmp_path).rows
    names = {column.name for column in columns_of([row])}
    assert {"steps", "gen_length", "block_length", "temperature", "remasking"} <= names
    assert not names & {"seed", "model", "cache"}
    other = msgspec.structs.replace(row, settings=row.settings.replace(seed=7, remasking_params={"gamma": 0.5}))
    names = {column.name for column in columns_of([row, other])}
    assert {"seed", "remasking_params"} <= names
    assert GROUPINGS["remasking_params"].cell(other) == "gamma=0.5"


def test_columns_are_found_as_they_are_typed() -> None:
    for typed, name in (("gen-length", "gen_length"), ("canvas", "gen_length"), ("tokens/s", "tokens_per_second")):
        column = column_named(typed)
        assert column is not None
        assert column.name == name
    assert column_named("nothing") is None
