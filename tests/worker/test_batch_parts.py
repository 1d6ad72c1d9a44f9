"""A batch whose parts go through the model at the same time is the batch that goes through it whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from threading import Event
from threading import enumerate as enumerate_threads

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.models import devices
from llada_tui.models.loading import load
from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.trace.events import StepData
from llada_tui.worker.batch_parts import FEWEST_ROWS, Rows, RowsOfPart, SideBySide, rows_of_parts
from llada_tui.worker.torch_backend import TorchBackend


@given(st.lists(st.integers(1, 64), min_size=1, max_size=100), st.integers(1, 64))
def test_parts_have_each_row_once_and_end_together(steps: list[int], cores: int) -> None:
    parts = rows_of_parts(steps, cores)
    assert sorted(row for part in parts for row in part) == list(range(len(steps)))
    sizes = [len(part) for part in parts]
    assert len(parts) <= cores
    assert max(sizes) - min(sizes) <= 1
    assert len(parts) == 1 or min(sizes) >= FEWEST_ROWS
    assert len(parts) == cores or min(sizes) < 2 * FEWEST_ROWS
    totals = [sum(steps[row] for row in part) for part in parts]
    assert max(totals) - min(totals) <= max(steps), "by a row at most"


@given(st.sets(st.integers(0, 20)), st.lists(st.integers(0, 20), unique=True))
def test_a_part_has_its_own_places_for_its_rows(rows: set[int], part: list[int]) -> None:
    places = RowsOfPart(rows, part)
    for _ in range(2):
        assert {part[place] for place in places} == rows & set(part)
        assert [place in places for place in range(-2, 23)] == [place in set(places) for place in range(-2, 23)]
        assert len(places) == len(rows & set(part))
        rows ^= {3}  # the set changes while the batch is at work


def step() -> StepData:
    return StepData(block=0, block_step=0, commits=[])


def passes(count: int, size: int, error: Exception | None = None) -> Iterator[Rows]:
    for _ in range(count):
        yield [step()] * size
    if error is not None:
        raise error


def test_each_pass_is_one_of_a_part_with_its_rows_where_they_are_in_the_batch() -> None:
    made = list(SideBySide([passes(1, 2), passes(3, 1)], [[0, 2], [1]]))
    assert all(len(rows) == 3 for rows in made)
    assert Counter(tuple(row is not None for row in rows) for rows in made) == {
        (True, False, True): 1,
        (False, True, False): 3,
    }


def test_an_error_of_a_part_is_raised() -> None:
    with pytest.raises(MemoryError, match="no room"):
        list(SideBySide([passes(2, 1), passes(1, 1, MemoryError("no room"))], [[0], [1]]))


def test_no_part_waits_for_another() -> None:
    goes_on = Event()

    def waits() -> Iterator[Rows]:
        assert goes_on.wait(60)
        yield [step()]

    made = SideBySide([waits(), passes(3, 1)], [[0], [1]])
    assert [row is not None for row in next(made)] == [False, True]
    assert [row is not None for row in next(made)] == [False, True]
    goes_on.set()
    assert len(list(made)) == 2


def test_parts_of_a_batch_that_is_let_go_end() -> None:
    made = SideBySide([passes(10**9, 1), passes(10**9, 1)], [[0], [1]])
    next(made)
    made.close()
    assert not [thread for thread in enumerate_threads() if thread.name.startswith("part of a batch")]


def test_a_small_model_on_the_processor_uses_all_cores_unless_they_are_shared_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("psutil.cpu_count", lambda logical: 6)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    small, large = 4_000_000, 50_000_000
    assert devices.cores_for_rows(small, torch.device("cpu")) == 6
    assert (
        devices.cores_for_rows(large, torch.device("cpu")) == devices.cores_for_rows(small, torch.device("cuda")) == 1
    )
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert devices.cores_for_rows(small, torch.device("cpu")) == 1


@pytest.mark.parametrize("cache", ["none", "dual"])
def test_two_parts_write_what_the_whole_batch_writes(cache: str, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = TorchBackend(load("demo", device="cpu"))
    strategies = ["low_confidence", "random", "entropy", "margin", "wino"]
    settings = [
        SamplerSettings(steps=8, gen_length=16, block_length=16, seed=row, temperature=row % 3 / 4, cache=cache)
        for row in range(9)
    ]
    if cache == "none":
        settings = [row.replace(remasking=strategies[number % 5]) for number, row in enumerate(settings)]
    prompt = backend.encode(Prompt(text="What is 2 + 3?"))

    def written(cores: int) -> list[list[list[tuple[int, int]]]]:
        monkeypatch.setattr(devices, "cores_for_rows", lambda *_: cores)
        cancelled = set[int]()
        rows: list[list[list[tuple[int, int]]]] = [[] for _ in settings]
        for step in backend.batch_steps([prompt] * 9, settings, cancelled_rows=cancelled):
            for row, data in zip(rows, step, strict=True):
                if data is not None:
                    row.append([(choice.position, choice.token) for choice in data.commits])
            if len(rows[3]) == 3:
                cancelled.add(3)
        return rows

    whole, apart = written(1), written(2)
    assert len(whole[3]) == 3
    assert 3 <= len(apart[3]) <= 4, "its next step may have been on the way"
    del apart[3][3:]
    assert apart == whole
    assert len(whole[0]) == 8
