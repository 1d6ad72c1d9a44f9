"""A lesson as it was read: pages of text, and what each shows on the canvas. All text is cleaned for a terminal."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from llada_tui.lessons.claims import Claim
from llada_tui.lessons.stops import Point, Stop
from llada_tui.settings.sampler_settings import SamplerSettings


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of plain text, to be wrapped; ``item``: it is one of a list."""

    text: str
    item: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """What a page shows: the run of ``prompt`` with ``settings``, held at ``stop``, with ``points`` marked.

    A scene with the prompt and settings of the scene before shows the same run (``same``). ``template``: the canvas it
    begins with, in which ``{mask:12}`` stands for 12 masks, and which then is as long as that; none for masks alone.
    ``scores``: answers of which the page tells how likely the model finds them. ``ask`` is a question to the reader,
    ``show`` its answer, ``note`` for who presents. ``line`` is where it begins in the file, from 1.
    """

    prompt: str
    settings: SamplerSettings
    stop: Stop
    line: int
    same: bool = False
    points: tuple[Point, ...] = ()
    ask: str = ""
    show: str = ""
    note: str = ""
    claims: tuple[Claim, ...] = ()
    template: str = ""
    scores: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What the run is asked with: scenes with the same show the same run."""
        return f"{self.settings!r}\n{self.prompt}\n{self.template}"


@dataclass(frozen=True, slots=True)
class Page:
    """One thought: a heading (it may be empty), text, and a scene or none. ``line`` is its first in the file."""

    heading: str
    paragraphs: tuple[Paragraph, ...]
    scene: Scene | None
    line: int


@dataclass(frozen=True, slots=True)
class Lesson:
    """``name`` is what a person types: the file's, without its ending. ``minutes`` is how long it takes."""

    name: str
    title: str
    summary: str
    order: int
    minutes: int
    pages: tuple[Page, ...]
    path: Path | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in a line of a file, counted from 1."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


class LessonError(ValueError):
    """A file that is no lesson, with all that is wrong in it."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line)
        super().__init__("; ".join(map(str, self.problems)))
