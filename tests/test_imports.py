"""Importing is free: no torch where none is needed, and nothing is written."""

from __future__ import annotations

import ast
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import first_quick
from tests.tui.sessions import fox

ROOT = Path(__file__).parents[1]
HEAVY = {
    "torch", "transformers", "accelerate", "bitsandbytes", "huggingface_hub", "lm_eval", "datasets",
    "starlette", "uvicorn", "websockets", "textual_serve", "aiohttp",
}  # fmt: skip
LIGHT = {
    "llada_tui": {*HEAVY, "textual", "rich", "typer"},
    "llada_tui.cli": {*HEAVY, "textual", "tokenizers", "asyncio"},
    "llada_tui.cli.generate": {*HEAVY, "textual"},
    "llada_tui.cli.compare": {*HEAVY, "textual"},
    "llada_tui.cli.chat": {*HEAVY, "textual"},
    "llada_tui.cli.bench": {*HEAVY, "textual", "asyncio"},
    "llada_tui.cli.eval": {*HEAVY, "textual", "asyncio"},
    "llada_tui.cli.serve": {*HEAVY, "textual", "asyncio"},
    "llada_tui.cli.web": {*HEAVY, "textual", "asyncio"},
    "llada_tui.cli.follow": {*HEAVY, "textual", "asyncio"},
    "llada_tui.serving": {*HEAVY, "textual"},
    "llada_tui.serving.follow_process": {*HEAVY, "textual"},
    "llada_tui.serving.share_process": {*HEAVY, "textual"},
    "llada_tui.cli.quantize": {*HEAVY, "textual", "asyncio"},
    "llada_tui.cli.worker_for_command": {*HEAVY, "textual"},
    "llada_tui.cli.replay": {*HEAVY, "textual"},
    "llada_tui.cli.models": {*HEAVY, "textual"},
    "llada_tui.cli.score": {*HEAVY, "textual"},
    "llada_tui.cli.doctor": {*HEAVY, "textual"},
    "llada_tui.cli.lesson": {*HEAVY, "textual"},
    "llada_tui.cli.presenter_notes": {*HEAVY, "textual"},
    "llada_tui.cli.export": {*HEAVY, "PIL"},
    "llada_tui.export.render": {*HEAVY, "PIL"},
    "llada_tui.drawing.frame_rows": HEAVY,
    "llada_tui.trace.session_folder": {*HEAVY, "textual"},
    "llada_tui.diffusion.strategies": {*HEAVY, "textual"},
    "llada_tui.models.catalog": {*HEAVY, "textual"},
    "llada_tui.evaluation": {*HEAVY, "textual"},
    "llada_tui.worker.client": {*HEAVY, "textual"},
    "llada_tui.worker.server": {*HEAVY, "textual"},
    "llada_tui.tui.app": HEAVY,
    "llada_tui.tui.chat.chat": HEAVY,
    "llada_tui.tui.replay.replay": HEAVY,
    "llada_tui.tui.navigation": HEAVY,
}


def _python(code: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a Python whose every folder for writing lies in ``home``."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "SYSTEMROOT")}
    folders = {name: str(home) for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TMPDIR", "TEMP", "TMP")}
    return subprocess.run(
        [sys.executable, "-B", "-c", code],
        env={**kept, **folders, "PYTHONPATH": str(ROOT)},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=100,
    )


_IMPORTS = """
import importlib, sys
for module in {modules}:
    importlib.import_module(module)
    print(module, *{{name.partition(".")[0] for name in sys.modules}})
"""


@pytest.mark.parametrize("heavy", {tuple(sorted(heavy)): heavy for heavy in LIGHT.values()}.values(), ids=len)
def test_an_import_loads_nothing_heavy_and_writes_nothing(heavy: set[str], tmp_path: Path) -> None:
    """One program imports the modules that must not load the same, one after the other: all that is loaded by then
    is light, so what the last one loads is, too."""
    modules = [module for module in LIGHT if LIGHT[module] == heavy]
    done = _python(_IMPORTS.format(modules=modules), tmp_path)
    assert done.returncode == 0, done.stderr
    loaded = {module: set(names) & heavy for module, *names in map(str.split, done.stdout.splitlines())}
    assert loaded == {module: set() for module in modules}
    assert done.stderr == ""
    assert list(tmp_path.rglob("*")) == []


def test_known_strategies_load_no_torch(tmp_path: Path) -> None:
    code = "from llada_tui.diffusion.strategies import by_name; import sys; by_name(); print('torch' in sys.modules)"
    assert _python(code, tmp_path).stdout == "False\n"


def test_the_library_loads_torch_only_when_it_is_used(tmp_path: Path) -> None:
    code = (
        "import sys, llada_tui; llada_tui.SamplerSettings(); print('torch' in sys.modules);"
        "load = llada_tui.load_model; print(callable(load))"
    )
    assert _python(code, tmp_path).stdout == "False\nTrue\n"


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["generate", "--help"], ["sessions"]])
def test_commands_that_need_no_model_write_nothing(arguments: list[str], tmp_path: Path) -> None:
    code = f"import sys; from llada_tui.cli import run; sys.exit(run({arguments!r}))"
    done = _python(code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.rglob("*")) == []


def imports_of(path: Path, names: set[str]) -> set[str]:
    """The modules of the package that a file imports, for types too; not those that a function imports when it runs."""
    tree, imports = ast.parse(path.read_text("utf-8")), set[str]()
    inside = {
        id(node)
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(outer)
    }
    for node in ast.walk(tree):
        if id(node) in inside:
            continue
        if isinstance(node, ast.Import):
            imports |= {alias.name for alias in node.names} & names
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names} & names
            imports |= submodules or ({node.module} & names)
    return imports


def test_no_modules_import_each_other_in_a_circle() -> None:
    paths = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in (ROOT / "llada_tui").rglob("*.py")
    }
    graph = {name: imports_of(path, set(paths)) - {name} for name, path in paths.items()}
    circles = []
    for name in graph:
        reached, waiting = set[str](), list(graph[name])
        while waiting:
            module = waiting.pop()
            if module not in reached:
                reached.add(module)
                waiting += graph[module]
        if name in reached:
            circles.append(name)
    assert circles == []


@pytest.mark.parametrize(
    "arguments",
    first_quick(
        [
            ["generate", "hi", "--steps", "4", "--gen-length", "4", "--model", "fake"],
            ["compare", "hi", "--vary", "steps=2,4", "--gen-length", "4", "--model", "fake", "--no-likelihood"],
            ["score", "hi", "a", "--model", "fake"],
            ["replay", "--text", "session.jsonl"],
            ["sessions"],
            ["models"],
        ],
        2,
    ),
    ids=lambda arguments: arguments[0],
)
def test_a_command_without_a_screen_loads_none(arguments: list[str], tmp_path: Path) -> None:
    """Also where the configuration has keys, which are the screen's alone."""
    configuration = tmp_path / "config"
    configuration.mkdir()
    worker = shlex.join([sys.executable, str(ROOT / "tests" / "worker" / "fakes.py")])
    (configuration / "config.toml").write_text(f'worker = "{worker}"\n[keys]\nhold = "f7,x"\n')
    fox(tmp_path / "session.jsonl")
    code = (
        f"import os, sys; os.environ['LLADA_TUI_CONFIG'] = {str(configuration)!r}; from llada_tui.cli import run;"
        f"code = run({arguments!r}); print('textual' in sys.modules, 'torch' in sys.modules); sys.exit(code)"
    )
    done = _python(code, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "False False"


def test_the_command_begins_with_what_python_has_imported(tmp_path: Path) -> None:
    """An interrupt in an import before `main` is told by Python, with a trace: `typing` took most of that time."""
    code = "import sys; before = {*sys.modules}; import llada_tui.start; print(*sorted({*sys.modules} - before))"
    done = _python(code, tmp_path)
    assert done.stdout.split() == ["__future__", "llada_tui", "llada_tui.start", "llada_tui.version"], done.stderr
