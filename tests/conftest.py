"""The ground of every test: few threads, reproducible properties, and a home of its own."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Before torch is imported anywhere, and for the processes that tests start: several tests run at once.
for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("COLORTERM", "truecolor")  # screens are drawn in the same theme whatever terminal runs the tests

# A shell that runs the tests in the background has ctrl+c and ctrl+\ ignored, and nohup the end of a terminal: by the
# programs that tests start as well.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGQUIT) is signal.SIG_IGN:
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

settings.register_profile(
    "quick",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=bool(os.environ.get("CI")),
    print_blob=True,
    max_examples=20,
)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=100)
settings.load_profile("quick")

_LOOKS = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES", "UNICODE_VERSION")


_unfreeze = gc.unfreeze


def _leave_frozen() -> None:
    """Include nothing again in garbage collection."""


def pytest_collection_finish() -> None:
    """Exclude what was imported from garbage collection: searching torch for garbage costs a fifth of a second each
    time. It stays excluded when the program, under test in this process, includes everything again, as a screen does
    that leaves a session: the tests of that use `unfreezing`."""
    gc.collect()
    gc.freeze()
    gc.unfreeze = _leave_frozen


@pytest.fixture
def unfreezing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The program includes again in garbage collection what was excluded."""
    monkeypatch.setattr(gc, "unfreeze", _unfreeze)
    yield
    gc.collect()
    gc.freeze()


def first_quick(variants: Iterable[Any], quick: int = 1) -> list[Any]:
    """Variants of a test that takes long: the first ones, and the others for ``make test-slow`` alone."""
    first, others = list(variants)[:quick], list(variants)[quick:]
    return [*first, *(pytest.param(variant, marks=pytest.mark.slow) for variant in others)]


@dataclass(frozen=True)
class Home:
    """The folders of one test: nothing is in them, nor do ``sessions`` and ``config`` exist yet."""

    path: Path

    @property
    def sessions(self) -> Path:
        return self.path / "sessions"

    @property
    def config(self) -> Path:
        return self.path / "config"


def _move_in(patch: pytest.MonkeyPatch, home: Home) -> None:
    patch.setenv("HOME", str(home.path))
    patch.setenv("XDG_DATA_HOME", str(home.path / "data"))
    patch.setenv("XDG_CONFIG_HOME", str(home.path / "configuration"))
    patch.setenv("XDG_CACHE_HOME", str(home.path / "cache"))
    patch.setenv("HF_HOME", str(home.path / "huggingface"))
    patch.setenv("LLADA_TUI_SESSIONS", str(home.sessions))
    patch.setenv("LLADA_TUI_CONFIG", str(home.config))
    for variable in _LOOKS:
        patch.delenv(variable, raising=False)


@pytest.fixture(scope="session", autouse=True)
def _away_from_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes what belongs to the person who runs it."""
    with pytest.MonkeyPatch.context() as patch:
        _move_in(patch, Home(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty home for this test alone."""
    place = Home(tmp_path / "home")
    place.path.mkdir()
    _move_in(monkeypatch, place)
    return place
