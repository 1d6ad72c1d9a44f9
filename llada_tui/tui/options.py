"""What the program was asked to open."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llada_tui.trace.run import Run
    from llada_tui.trace.session import Session


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """What ``llada-tui chat`` was asked for. ``settings`` holds only the settings that were named."""

    model: str | None = None
    dtype: str = "auto"
    device: str = "auto"
    quantization: str | None = None
    force: bool = False
    worker: str | None = None
    resume: Path | None = None
    theme: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    preset: str | None = None


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """Which session file to open, read already or not, and at which run and frame."""

    path: Path
    session: Session | None = None
    run: Run | None = None
    frame: int | None = None
