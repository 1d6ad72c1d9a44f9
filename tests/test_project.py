"""What the README promises is there, and versions are written down once."""

from __future__ import annotations

import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from llada_tui import __version__, cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CONSTRAINTS = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
PINNED = {canonicalize_name(line.partition("==")[0]): line.partition("==")[2] for line in CONSTRAINTS}
REQUIREMENTS = [
    Requirement(line)
    for lines in (PYPROJECT["project"]["dependencies"], *PYPROJECT["project"]["optional-dependencies"].values())
    for line in lines
]


def _commands_in_readme() -> list[str]:
    fenced = re.findall(r"^\$ (?:\.venv/bin/)?llada-tui ([a-z]+)", README, re.MULTILINE)
    inline = re.findall(r"`llada-tui ([a-z]+)", README)
    return sorted({*fenced, *inline})


def test_commands_of_the_readme_exist(capsys: pytest.CaptureFixture[str]) -> None:
    commands = _commands_in_readme()
    assert {"chat", "replay", "export", "generate", "sessions", "models", "worker", "doctor"} <= set(commands)
    for command in commands:
        assert cli.run([command, "--help"]) == 0, command


def test_options_of_the_readme_exist(capsys: pytest.CaptureFixture[str]) -> None:
    for line in re.findall(r"^\$ (?:\.venv/bin/)?llada-tui (.+)$", README, re.MULTILINE):
        command, *words = line.split()
        capsys.readouterr()
        cli.run([command, "--help"])
        help = capsys.readouterr().out
        for word in words:
            if word.startswith("--"):
                assert word in help, line


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"make ([a-z]+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_code_of_the_readme_names_what_there_is() -> None:
    for code in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        compile(code, "README.md", "exec")
        for names in re.findall(r"^from llada_tui import (.+)$", code, re.MULTILINE):
            package = __import__("llada_tui")
            for name in names.split(", "):
                assert name in package.__all__


def test_constraints_are_exact_and_sorted() -> None:
    for line in CONSTRAINTS:
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", line), line
    names = [line.partition("==")[0].lower() for line in CONSTRAINTS]
    assert names == sorted(names)


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_what_is_asked_for_is_pinned_within_its_range(requirement: Requirement) -> None:
    assert requirement.specifier
    assert requirement.specifier.contains(PINNED[canonicalize_name(requirement.name)])


def test_what_is_pinned_is_what_is_tested() -> None:
    for name, version in PINNED.items():
        try:
            assert metadata.version(name).partition("+")[0] == version, name
        except metadata.PackageNotFoundError:
            continue


def test_the_version_is_written_once() -> None:
    assert PYPROJECT["project"]["dynamic"] == ["version"]
    assert PYPROJECT["tool"]["hatch"]["version"]["path"] == "llada_tui/version.py"
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)


def test_scripts_are_sound() -> None:
    subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=True)
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    for target in ("run", "test", "check"):
        done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_golden_data_stays_small() -> None:
    golden = ROOT / "tests" / "golden"
    assert sum(path.stat().st_size for path in golden.rglob("*") if path.is_file()) < 12_000_000
