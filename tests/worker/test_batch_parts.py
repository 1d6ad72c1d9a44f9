"""A batch whose parts go through the model at the same time is the batch that goes through it whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from llada_tui.models import devices
from llada_tui.models.loading import load
from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings
from llada_tui.worker.batch_parts import FEWEST_ROWS, Rows, RowsOfPart, part_edges, side_by_side
from llada_tui.worker.torch_backend import TorchBackend


@given(st.integers(1, 100), st.integers(1, 64))
def test_parts_have_all_rows_in_order_and_are_alike(rows: int, cores: int) -> None:
    edges = part_edges(rows, cores)
    assert [row for begin, end in edges for row in range(begin, end)] == list(range(rows))
    sizes = [end - begin for begin, end in edges]
    assert len(edges) <= cores
    assert max(sizes) - min(sizes) <= 1
    assert len(edges) == 1 or min(sizes) >= FEWEST_ROWS
    assert len(edges) == cores or min(sizes) < 2 * FEWEST_ROWS


@given(st.sets(st.integers(0, 20)), st.integers(0, 20), st.integers(0, 20))
def test_a_part_counts_its_rows_from_its_own_beginning(rows: set[int], begin: int, length: int) -> None:
    part = RowsOfPart(rows, begin, begin + length)
    assert set(part) == {row for row in range(length) if begin + row in rows}
    assert [row in part for row in range(-2, 23)] == [row in set(part) for row in range(-2, 23)]
    rows ^= {begin}  # the set changes while the batch is at work
    assert set(part) == {row for row in range(length) if begin + row in rows}


def test_a_part_that_is_over_has_no_steps_and_an_error_is_raised() -> None:
    def passes(count: int, size: int, error: Exception | None = None) -> Iterator[Rows]:
        for _ in range(count):
            yield [None] * size
        if error is not None:
            raise error

    assert list(side_by_side([passes(1, 2), passes(3, 1)], [2, 1])) == [[None] * 3] * 3
    with pytest.raises(MemoryError, match="no room"):
        list(side_by_side([passes(2, 1), passes(1, 1, MemoryError("no room"))], [1, 1]))


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
        for number, step in enumerate(backend.batch_steps([prompt] * 9, settings, cancelled_rows=cancelled)):
            for row, data in zip(rows, step, strict=True):
                if data is not None:
                    row.append([(choice.position, choice.token) for choice in data.commits])
            if number == 2:
                cancelled.add(3)
        return rows

    whole, apart = written(1), written(2)
    assert apart == whole
    assert len(whole[3]) == 3
    assert len(whole[0]) == 8
