"""Steps with a dual cache as compiled programs: the same tokens, one program for all runs of a kind."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import torch
from torch._dynamo.testing import CompileCounter

from llada_tui.diffusion.sampler import Step
from llada_tui.models.compiled_steps import ROOM, Compiled, _Program, check
from llada_tui.models.errors import ModelError
from llada_tui.models.loaded_model import LoadedModel
from llada_tui.settings.sampler_settings import SamplerSettings
from tests.benchmarks.golden import ROOT, golden
from tests.conftest import first_quick

DENSE = ("llada-tiny-gqa-sharded", "llada-tiny-mha", "dream-tiny")
SETTINGS = SamplerSettings(steps=32, gen_length=32, block_length=8, cache="dual")


def as_it_is(step: Any, device: torch.device) -> Any:
    """Compiles nothing: what is left is the fixed shapes and addresses."""
    return step


def model_of(name: str, progress: list[tuple[str, int, int]] | None = None, compiler: Any = as_it_is) -> LoadedModel:
    """A golden checkpoint with programs for its steps."""
    model = golden(ROOT / name)[0]
    hear = None if progress is None else lambda *what: progress.append(what)
    return LoadedModel(model.network, None, model.info, Compiled(model.network, hear, compiler))


def canvas_of(model: LoadedModel, prompt: int) -> torch.Tensor:
    tokens = torch.randint(3, 400, (1, prompt), generator=torch.Generator().manual_seed(prompt))
    return torch.cat([tokens, torch.full((1, 32), model.mask_id)], 1)


def run(model: LoadedModel, prompt: int, run_settings: Any = SETTINGS, **more: Any) -> list[Step]:
    return list(model.denoise(canvas_of(model, prompt), run_settings, prompt_length=prompt, **more))


def tokens(steps: list[Step]) -> list[Any]:
    return [step.canvas.tolist() for step in steps]


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The shape of the ids of every call of a program."""
    shapes: list[tuple[int, ...]] = []
    real = _Program.__call__

    def counted(self: _Program, *values: torch.Tensor) -> torch.Tensor:
        shapes.append(tuple(values[0].shape))
        return real(self, *values)

    monkeypatch.setattr(_Program, "__call__", counted)
    return shapes


@pytest.mark.parametrize("guidance", first_quick([0.7, 0.0]))
@pytest.mark.parametrize("name", DENSE)
def test_tokens_are_those_of_the_plain_cache(name: str, guidance: float, programs: list[tuple[int, ...]]) -> None:
    progress: list[tuple[str, int, int]] = []
    model, plain = model_of(name, progress), golden(ROOT / name)[0]
    run_settings = SETTINGS.replace(cfg_scale=guidance, look_ahead=True)
    for prompt in (11, 5, 20):
        assert tokens(run(model, prompt, run_settings)) == tokens(run(plain, prompt, run_settings))
    assert progress == [("compile", done, 3) for done in range(4)]
    # Three calls to warm up, and in each run all but the first step of each of four blocks.
    assert len(programs) == 3 + 3 * (32 - 4)
    assert set(programs) == {(2 if guidance else 1, 8 + model.network.lead)}


def test_rows_padded_on_the_left_are_as_if_alone() -> None:
    model, prompts = model_of("llada-tiny-gqa-sharded"), (13, 5)
    rows = [canvas_of(model, prompt) for prompt in prompts]
    mask = torch.cat([(torch.arange(45) >= 45 - row.shape[1])[None].long() for row in rows])
    padded = torch.cat([torch.nn.functional.pad(row, (45 - row.shape[1], 0), value=1) for row in rows])
    together = list(model.denoise(padded, SETTINGS, prompt_length=13, attention_mask=mask))
    for row, prompt in enumerate(prompts):
        assert torch.equal(together[-1].canvas[row, 13:], run(model, prompt)[-1].canvas[0, prompt:])


def test_a_longer_prompt_makes_another_program_only_where_the_room_ends() -> None:
    progress: list[tuple[str, int, int]] = []
    model = model_of("llada-tiny-mha", progress)
    model.info = msgspec.structs.replace(model.info, context=2 * ROOM)
    for prompt in (4, ROOM - 32, ROOM - 31, ROOM + 9):
        assert len(run(model, prompt, SETTINGS.replace(steps=4))) == 4
    assert len(progress) == 2 * 4


def test_runs_in_turns_do_not_share_keys_and_values() -> None:
    model, plain = model_of("llada-tiny-mha"), golden(ROOT / "llada-tiny-mha")[0]
    lanes = [model.denoise(canvas_of(model, prompt), SETTINGS, prompt_length=prompt) for prompt in (9, 17)]
    runs: list[list[Step]] = [[], []]
    for pair in zip(*lanes, strict=True):
        for kept, step in zip(runs, pair, strict=True):
            kept.append(step)
    assert [tokens(loaded) for loaded in runs] == [tokens(run(plain, prompt)) for prompt in (9, 17)]


def test_what_has_no_program_runs_as_it_comes(programs: list[tuple[int, ...]]) -> None:
    """Guidance that is switched on in the middle, a last block that is shorter, other caches."""
    model, plain = model_of("llada-tiny-mha"), golden(ROOT / "llada-tiny-mha")[0]
    odd = SETTINGS.replace(block_length=12, steps=30)

    def live(loaded: LoadedModel) -> list[Step]:
        made: list[Step] = []
        for step in loaded.denoise(
            canvas_of(loaded, 9), lambda: odd.replace(cfg_scale=0.5 if 4 <= len(made) < 8 else 0.0), prompt_length=9
        ):
            made.append(step)
        return made

    assert tokens(live(model)) == tokens(live(plain))
    assert set(programs) == {(1, 12)}
    for cache in ("none", "prefix"):
        made = len(programs)
        assert tokens(run(model, 9, SETTINGS.replace(cache=cache))) == tokens(
            run(plain, 9, SETTINGS.replace(cache=cache))
        )
        assert len(programs) == made


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((True, None, 0), "experts"), ((False, "nf4", 0), "quantized to nf4"), ((False, None, 32), "blocks")],
)
def test_models_that_cannot_say_why(arguments: tuple[bool, str | None, int], words: str) -> None:
    check(False, None, 0)
    with pytest.raises(ModelError, match=f"{words}.*leave --compile out"):
        check(*arguments)


def test_a_compiler_that_fails_is_a_sentence() -> None:
    def broken(step: Any, device: torch.device) -> Any:
        raise RuntimeError("no compiler\nis here")

    with pytest.raises(ModelError, match=r"does not work here \(no compiler is here\): leave --compile out"):
        run(model_of("llada-tiny-mha", None, broken), 4)


@pytest.mark.parametrize("name", first_quick(["llada-tiny-mha", "dream-tiny"]))
def test_a_step_is_one_graph_without_a_break(name: str) -> None:
    counter = CompileCounter()
    model, plain = model_of(name, None, traced(counter)), golden(ROOT / name)[0]
    for prompt in (11, 20):
        assert tokens(run(model, prompt)) == tokens(run(plain, prompt))
    assert counter.frame_count == 1


def traced(backend: Any) -> Any:
    return lambda step, device: torch.compile(step, backend=backend, dynamic=False, fullgraph=True)


@pytest.mark.slow
def test_the_real_compiler_gives_the_same_tokens() -> None:
    model, plain = model_of("llada-tiny-gqa-sharded", None, None), golden(ROOT / "llada-tiny-gqa-sharded")[0]
    assert tokens(run(model, 11)) == tokens(run(plain, 11))


def test_buffers_that_were_not_used_for_longest_are_given_back() -> None:
    model = model_of("llada-tiny-mha")
    compiled = model.compiled
    assert compiled is not None

    def make(rows: int) -> None:
        compiled.prepare(rows, 40, [SETTINGS] * rows)

    for rows in (1, 2, 3, 4):
        make(rows)
    owner = canvas_of(model, 1)  # anything that lives
    assert compiled.borrow(1, 40, owner) is not None
    make(5)
    make(6)
    kept = [rows for rows in range(1, 7) if compiled.borrow(rows, 40, owner) is not None]
    assert kept == [1, 4, 5, 6]
    assert {rows for rows, *_ in compiled._programs} == set(kept)
    make(7)  # all others are at work: what was just made is kept all the same
    assert compiled.borrow(7, 40, owner) is not None
