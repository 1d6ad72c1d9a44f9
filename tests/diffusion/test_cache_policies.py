"""Cache policies are files that are found: what each states is so, and one from elsewhere serves everywhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from llada_tui import cli
from llada_tui.cli import generate as generating
from llada_tui.cli.generate import GenerateRequest
from llada_tui.diffusion import caches, strategies
from llada_tui.diffusion.chosen_parts import chosen_parts
from llada_tui.diffusion.sampler import denoise
from llada_tui.settings.sampler_settings import NO_CACHE, SamplerSettings, SettingsError
from llada_tui.worker.sampler_parts import FIRST_CACHES, CacheInfo, ParameterInfo
from llada_tui.worker.server import hello
from tests.diffusion.fakes import KeepingPredictor, masked

FRESH = '''
from llada_tui.diffusion.block_cache_policy import BlockCachePolicy
from llada_tui.diffusion.sampler_part import Parameter

class Fresh(BlockCachePolicy):
    """Runs some columns before the block anew as well."""

    name = "fresh"
    summary = "Runs a few columns more."
    parameters = (Parameter("margin_before", 1, 0, 8, 1, "Columns before the block that are run anew."),)

    def window(self, begin, end, length):
        return slice(max(begin - int(self.values["margin_before"]), 0), end)
'''


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A cache policy in a module that the package does not ship."""
    (tmp_path / "fresh_cache.py").write_text(FRESH)
    monkeypatch.setattr(caches, "__path__", [*caches.__path__, str(tmp_path)])
    caches.by_name.cache_clear()
    yield
    caches.by_name.cache_clear()
    sys.modules.pop("llada_tui.diffusion.caches.fresh_cache", None)


def test_the_policies_there_are_come_in_order() -> None:
    assert list(caches.by_name()) == ["none", "dllm_cache", "prefix", "dual", "sub_block"]
    assert next(iter(caches.by_name())) == NO_CACHE == SamplerSettings().cache
    kept = [name for name in caches.by_name() if SamplerSettings(cache=name).has_cache]
    assert kept == [name for name, kind in caches.by_name().items() if not kind.exact]


def test_a_policy_that_there_is_not_is_refused() -> None:
    with pytest.raises(SettingsError, match="cache must be none, dllm_cache, prefix, dual or sub_block, not 'all'"):
        caches.get("all")
    with pytest.raises(SettingsError, match="x is no parameter of the cache policy dual, which takes no parameters"):
        caches.get("dual", {"x": 1})


@pytest.mark.parametrize("name", caches.by_name())
@pytest.mark.parametrize(("begin", "end", "length"), [(0, 4, 4), (3, 8, 8), (0, 4, 12), (5, 9, 12)])
def test_what_a_policy_states_is_what_its_window_shows(name: str, begin: int, end: int, length: int) -> None:
    policy = caches.get(name)
    window = policy.window(begin, end, length)
    assert window.start <= begin < end <= window.stop <= length
    if policy.runs_whole_canvas:
        assert window == slice(0, length)
    if policy.runs_block_alone:
        assert window == slice(begin, end)


def test_no_parameter_of_a_policy_is_called_as_one_of_a_strategy() -> None:
    """A comparison names parameters without saying whose they are."""
    of_caches, of_strategies = (
        {parameter.name for kind in registry.values() for parameter in kind.parameters}
        for registry in (caches.by_name(), strategies.by_name())
    )
    assert of_strategies
    assert not of_caches & of_strategies


def test_a_worker_that_names_no_policies_has_those_of_the_first_version() -> None:
    assert [*FIRST_CACHES] == [info for info in hello().caches if info.name in ("none", "prefix", "dual")]


def test_a_worker_tells_which_of_them_look_back() -> None:
    assert [info.name for info in hello().caches if info.looks_back] == ["dllm_cache", "sub_block"]
    looking = {info.name for info in hello().strategies if info.looks_back}
    assert {"klass", "saber", "credit"} <= looking
    assert not looking & {"low_confidence", "threshold", "wino"}


def test_the_policies_load_no_torch() -> None:
    code = "import sys; from llada_tui.diffusion import caches; caches.by_name(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.usefixtures("fresh")
def test_a_policy_of_its_own_file_denoises() -> None:
    assert list(caches.by_name()) == ["none", "dllm_cache", "prefix", "fresh", "dual", "sub_block"]
    predictor = KeepingPredictor()
    settings = SamplerSettings(8, 8, 4, cache="fresh", cache_params={"margin_before": 2}, look_ahead=True)
    steps = list(denoise(predictor, masked(predictor, [1, 2, 3], 8), settings, prompt_length=3))
    assert predictor.mask_id not in steps[-1].canvas
    assert predictor.windows == [None, *[slice(1, 7)] * 3, None, *[slice(5, 11)] * 3]
    assert [len(step.rows[0].ahead) for step in steps] == [4, *[0] * 7]


@pytest.mark.usefixtures("fresh")
def test_a_policy_of_its_own_file_is_refused_what_it_cannot() -> None:
    with pytest.raises(SettingsError, match="margin_before must be from 0 to 8, not 9"):
        chosen_parts(SamplerSettings(cache="fresh", cache_params={"margin_before": 9}))
    with pytest.raises(SettingsError, match="wino verifies tokens in passes over the whole canvas"):
        chosen_parts(SamplerSettings(cache="fresh", remasking="wino"))


@pytest.mark.usefixtures("fresh")
def test_a_worker_tells_of_a_policy_of_its_own_file() -> None:
    info = next(info for info in hello().caches if info.name == "fresh")
    parameter = ParameterInfo("margin_before", 1, 0, 8, "Columns before the block that are run anew.", 1)
    assert info == CacheInfo("fresh", "Runs a few columns more.", [parameter])


@pytest.mark.usefixtures("fresh")
def test_the_command_line_takes_a_policy_of_its_own_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    requests: list[GenerateRequest] = []
    monkeypatch.setattr(generating, "run", lambda request: requests.append(request) or 0)
    assert cli.run(["generate", "x", "--cache", "fresh", "--cache-param", "margin_before=3"]) == 0
    assert requests[0].settings == {"cache": "fresh", "cache_params": {"margin_before": 3.0}}
    assert cli.run(["generate", "x", "--cache-param", "margin_before"]) == 2
    assert "'margin_before' is not of the form name=number" in capsys.readouterr().err
