"""Any run in a batch with fifteen others of mixed settings is the local run, token for token."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from llada_tui.diffusion import strategies
from llada_tui.diffusion.chosen_parts import chosen_parts
from llada_tui.models.catalog import DEMO
from llada_tui.settings.prompt import Prompt
from llada_tui.settings.sampler_settings import SamplerSettings, SettingsError
from llada_tui.trace.events import EndEvent, PiecesEvent
from llada_tui.worker.protocol import Failure
from tests.conftest import first_quick

from .local_runs import LocalRuns, timeless, tokens_of
from .support import TestServer, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")
GOLDEN = Path(__file__).parents[1] / "golden"
MODELS = (
    DEMO,
    *(
        str(GOLDEN / name)
        for name in ("llada-tiny-mha", "dream-tiny", "sdar-tiny", "llada-tiny-gqa-sharded", "smdm-tiny")
    ),
)


@dataclass
class Pair:
    """A server, and the same model in this process."""

    server: TestServer
    local: LocalRuns


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=first_quick(MODELS), ids=lambda model: Path(model).name
)
async def pair(request: Any) -> AsyncIterator[Pair]:
    async with serving(request.param, None) as server:
        yield Pair(server, LocalRuns(request.param))


def _strategies_with(cache: str) -> list[str]:
    """The strategies that a cache can be used with."""
    names = []
    for name in strategies.by_name():
        with suppress(SettingsError):
            chosen_parts(SamplerSettings(remasking=name, cache=cache))
            names.append(name)
    return names


@st.composite
def batches(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Sixteen requests that share their passes; the prompts are ids, since the golden checkpoints have no tokenizer."""
    cache = draw(st.sampled_from(("none", "none", "prefix", "dual")))
    length, block = draw(st.sampled_from(((16, 8), (16, 16), (8, 4))))
    prompt_lengths = st.integers(1, 9) if cache == "none" else st.just(draw(st.integers(1, 9)))
    one_length = draw(prompt_lengths)

    def request() -> dict[str, Any]:
        size = one_length if cache != "none" else draw(prompt_lengths)
        return {
            "prompt": draw(st.lists(st.integers(3, 400), min_size=size, max_size=size)),
            "gen_length": length,
            "block_length": block,
            "cache": cache,
            "steps": draw(st.integers(length // block, length)),
            "temperature": draw(st.sampled_from((0.0, 0.7, 1.5))),
            "remasking": draw(st.sampled_from(_strategies_with(cache))),
            "remasking_params": {},
            "cfg_scale": draw(st.sampled_from((0.0, 0.0, 1.0))),
            "early_stop": draw(st.booleans()),
            "look_ahead": draw(st.booleans()),
            "top_k": draw(st.integers(0, 2)),
            "seed": draw(st.integers(0, 1000)),
        }

    return [request() for _ in range(16)]


@settings(
    max_examples=max(1, settings.default.max_examples // 15), phases=[Phase.explicit, Phase.reuse, Phase.generate]
)
@given(requests=batches())
async def test_a_run_in_a_batch_is_the_local_run(pair: Pair, requests: list[dict[str, Any]]) -> None:
    local = [_local(pair, fields) for fields in requests]
    for fields, events in zip(requests, local, strict=True):
        if isinstance(events[-1], Failure):  # a strategy that this model refuses
            fields["remasking"] = "low_confidence"
            events[:] = _local(pair, fields)
    assert all(isinstance(events[-1], EndEvent) for events in local)
    blocker = asyncio.ensure_future(pair.server.events(**{**requests[0], "steps": requests[0]["gen_length"]}))
    await pair.server.until(lambda host: host.at_work == 1)
    tasks = [asyncio.ensure_future(pair.server.events(**fields)) for fields in requests]
    served = [(await task)[1:] for task in tasks]
    assert [tokens_of(events) for events in served] == [tokens_of(events) for events in local]
    await blocker
    _, *alone = await pair.server.events(**requests[0])
    assert _without_bytes(alone) == _without_bytes(local[0])


def _local(pair: Pair, fields: dict[str, Any]) -> list[Any]:
    return pair.local.events(
        Prompt(ids=fields["prompt"]), **{name: fields[name] for name in fields.keys() - {"prompt"}}
    )


def _without_bytes(events: list[Any]) -> list[Any]:
    return [event for event in timeless(events) if not isinstance(event, PiecesEvent)]
