"""The embedded model before the present one, with which golden data was made."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from llada_tui import load_model
from llada_tui.api import Model

DEMO = Path(__file__).parents[1] / "llada_tui" / "models" / "demo"
_FORMER_WEIGHTS = "044f479e7188772061a86f5bf510d9dd9f187ef1"
"""The git object of the embedded weights with which the golden data was made."""


def former_demo(folder: Path) -> Model:
    """The embedded model that the golden data was made with. Skips the test where the repository's history is not
    there, as in a source distribution."""
    answer = subprocess.run(["git", "cat-file", "blob", _FORMER_WEIGHTS], cwd=DEMO, capture_output=True, check=False)
    if answer.returncode:
        pytest.skip("the repository's history is not here")
    shutil.copytree(DEMO, folder, dirs_exist_ok=True)
    (folder / "model.safetensors").write_bytes(answer.stdout)
    return load_model(folder, device="cpu", mask_id=2, eos_id=1, eot_id=5)
