"""``llada-tui doctor``: looks at everything that the program stands on, and says how to mend what is broken."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

from llada_tui.cli.output import DONE, FAILED, hung, say
from llada_tui.models.catalog import DEMO_FOLDER
from llada_tui.models.machine import gpus, main_memory
from llada_tui.models.machine_speed import measured
from llada_tui.paths import config_folder, pictures_folder, sessions_folder, themes_folders
from llada_tui.trace.session import reason
from llada_tui.units import size_words
from llada_tui.version import __version__

OK, NOTE, BAD = "ok", "note", "BAD"
_PATIENCE = 180
"""Seconds that importing torch may take: on a cold network disk it does take minutes."""
_TORCH = """
import json, torch
gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
mps = torch.backends.mps.is_available()
torch.nn.functional.scaled_dot_product_attention(*[torch.ones(1, 1, 2, 2)] * 3)
print(json.dumps([torch.__version__, torch.version.cuda, gpus, mps, torch.get_num_threads()]))
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``advice`` says how to mend it."""

    verdict: str
    what: str
    advice: str = ""


app = typer.Typer()


@app.command()
def doctor() -> int:
    """Look at this machine and say what is wrong and how to mend it."""
    broken = False
    for finding in _findings():
        say(hung(finding.what, f"{finding.verdict:<4}  "))
        if finding.advice:
            say(hung(finding.advice, " " * 6))
        broken |= finding.verdict == BAD
    say("\nSomething essential is broken; the lines marked BAD say what to do." if broken else "\nAll is well.")
    return FAILED if broken else DONE


def _findings() -> Iterator[Finding]:
    yield Finding(OK, f"llada-tui {__version__} on {platform.platform(terse=True)}")
    yield Finding(OK, f"Python {platform.python_version()} ({sys.executable})")
    yield from libraries()
    yield from torch(sys.executable)
    yield demo(DEMO_FOLDER)
    yield from _memory()
    yield from terminal()
    yield from _paths()


def libraries() -> Iterator[Finding]:
    """The libraries that the package asks for, with their versions."""
    from importlib import metadata

    try:
        requirements = metadata.requires("llada-tui") or []
    except metadata.PackageNotFoundError:
        yield Finding(NOTE, "llada-tui is not installed as a package: its libraries were not looked at")
        return
    present, missing = [], []
    for line in requirements:
        name, _, marker = line.partition(";")
        name = re.split(r"[^\w.-]", name.strip(), maxsplit=1)[0]
        if "extra ==" in marker:
            continue
        try:
            present.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            if not marker:
                missing.append(name)
    yield Finding(OK, f"libraries: {', '.join(present)}")
    for name in missing:
        yield Finding(BAD, f"the library {name} is missing", f"Install it: pip install {name}")


def torch(python: str) -> Iterator[Finding]:
    """Whether torch works. It is tried in a process of its own, which a broken one may take down."""
    try:
        tried = subprocess.run([python, "-P", "-c", _TORCH], capture_output=True, text=True, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        yield Finding(BAD, f"torch did not start within {_PATIENCE} seconds", "Try again, and see what the disk does.")
        return
    except OSError as error:
        yield Finding(BAD, f"torch cannot be tried: {python} does not start, {reason(error)}", "Install Python again.")
        return
    try:
        version, cuda, names, mps, threads = json.loads(tried.stdout)
    except ValueError:
        lines = tried.stderr.strip().splitlines()
        why = lines[-1][:200] if lines else f"it ended with exit code {tried.returncode}"
        yield Finding(BAD, f"torch does not work: {why}", "Install it again: pip install --force-reinstall torch")
    else:
        yield Finding(OK, f"torch {version}, {threads} CPU thread{'s' * (threads != 1)}")
        if names:
            yield Finding(OK, f"CUDA {cuda}: {', '.join(names)}")
        elif mps:
            yield Finding(OK, "Metal (mps) can be used")
        else:
            yield _no_gpu(cuda)


def _no_gpu(cuda: str | None) -> Finding:
    if not gpus():
        return Finding(NOTE, "no GPU: the embedded model is quick without one, the 8B models are not")
    if cuda is None:
        advice = "Install a torch built for CUDA: see https://pytorch.org/get-started."
        return Finding(NOTE, "there is a GPU, but this torch is built without CUDA", advice)
    return Finding(NOTE, f"there is a GPU, but torch (CUDA {cuda}) cannot use it", "Update the NVIDIA driver.")


def demo(folder: Path) -> Finding:
    """Whether the embedded checkpoint is whole."""
    if (folder / "config.json").is_file() and any(folder.glob("*.safetensors")):
        return Finding(OK, "the embedded model is here")
    return Finding(BAD, "the embedded model is missing from this installation", "Install llada-tui again.")


def _memory() -> Iterator[Finding]:
    memory = main_memory()
    yield Finding(OK, f"memory: {size_words(memory.free)} free of {size_words(memory.total)}")
    yield Finding(OK, f"processor: {measured()}: what `llada-tui models` reckons with")
    for gpu in gpus():
        yield Finding(OK, f"GPU memory: {gpu.name}, {size_words(gpu.free)} free of {size_words(gpu.total)}")


def terminal() -> Iterator[Finding]:
    """The findings about the terminal: its colours and characters."""
    from rich.console import Console

    if not sys.stdout.isatty():
        yield Finding(NOTE, "no terminal here: chat and replay need one, generate and replay --text do not")
        return
    window = shutil.get_terminal_size()
    names = " ".join(f"{name}={os.environ[name]}" for name in ("TERM", "COLORTERM", "NO_COLOR") if name in os.environ)
    yield Finding(OK, f"terminal: {window.columns} x {window.lines}, {names}")
    if window.columns < 80 or window.lines < 24:
        yield Finding(NOTE, "the terminal is smaller than 80 x 24", "Make the window larger to see everything.")
    colours = Console().color_system
    if colours in ("truecolor", "windows", "256"):
        yield Finding(OK, f"colours: {colours}")
    elif os.environ.get("NO_COLOR"):
        yield Finding(OK, "colours: none, as NO_COLOR asks; shapes and weights tell the states apart")
    else:
        advice = "If it can show more, set COLORTERM=truecolor."
        yield Finding(NOTE, f"colours: {colours or 'none'}", advice)
    if "utf" not in (sys.stdout.encoding or "").lower():
        advice = "Set a UTF-8 locale, for example LANG=C.UTF-8."
        yield Finding(NOTE, f"the terminal's encoding is {sys.stdout.encoding}, not UTF-8", advice)


def _paths() -> Iterator[Finding]:
    yield folder("sessions", sessions_folder(), "LLADA_TUI_SESSIONS")
    yield folder("pictures", pictures_folder(), "LLADA_TUI_PICTURES")
    yield folder("configuration", config_folder(), "LLADA_TUI_CONFIG")
    yield from configuration()
    if not any(themes_folders()[0].glob("*.toml")):
        yield Finding(NOTE, "the themes are missing from this installation", "Install llada-tui again.")


def configuration() -> Iterator[Finding]:
    """Whether the program can use every value in ``config.toml``, and every theme."""
    from textual.theme import BUILTIN_THEMES

    from llada_tui.drawing.palette import load_palettes
    from llada_tui.tui.shell.key_problems import key_problems
    from llada_tui.tui.stage.pages import all_actions
    from llada_tui.user_config import load_config, value_problems

    path = config_folder() / "config.toml"
    config, problems = load_config(path)
    palettes, theme_problems = load_palettes(themes_folders())
    problems += key_problems(path, config, all_actions()) + value_problems(path, config, {*palettes, *BUILTIN_THEMES})
    for problem in problems + theme_problems:
        yield Finding(NOTE, problem, "Mend it, or take it out: what cannot be used is passed over.")
    if path.exists() and not problems:
        yield Finding(OK, f"{path}: every value in it can be used")


def folder(name: str, path: Path, variable: str) -> Finding:
    """Whether a folder, which need not exist yet, can be written to."""
    existing = next(place for place in (path, *path.parents) if place.exists())
    if existing.is_dir() and os.access(existing, os.W_OK | os.X_OK):
        return Finding(OK, f"{name}: {path}{'' if existing == path else ' (made when first needed)'}")
    return Finding(NOTE, f"{name}: {path} cannot be written to", f"Change its permissions, or set {variable}.")
