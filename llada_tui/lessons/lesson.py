"""A lesson: pages of text, and what each shows on the canvas. What the model is asked is as it was written; all other
text is cleaned for a terminal."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from llada_tui.lessons.claims import Claim
from llada_tui.lessons.stops import LessonStop, Pointer
from llada_tui.picklable import PicklableError
from llada_tui.settings.sampler_settings import SamplerSettings


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of plain text, to be wrapped; ``item``: it is one of a list."""

    text: str
    item: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """The scene of a page: the run of ``prompt`` with ``settings``, held at ``stop``, with ``points`` marked.

    ``same``: it shows the run of the scene before, which has the same prompt and settings. ``template``: the text that
    the canvas begins with, in which ``{mask:12}`` stands for 12 masks; empty for masks alone. ``scores``: answers whose
    likelihood the page shows. ``ask`` is a question to the reader, ``show`` its answer, ``note`` is for a presenter.
    ``line`` is where the scene begins in the file, counted from 1.
    """

    prompt: str
    settings: SamplerSettings
    stop: LessonStop
    line: int
    same: bool = False
    points: tuple[Pointer, ...] = ()
    ask: str = ""
    show: str = ""
    note: str = ""
    claims: tuple[Claim, ...] = ()
    template: str = ""
    scores: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The values that the run depends on: scenes with the same key show the same run."""
        return f"{self.settings!r}\n{self.prompt}\n{self.template}"


@dataclass(frozen=True, slots=True)
class LessonPage:
    """A heading (it may be empty), text, and a scene or none. ``line`` is the first in the file, counted from 1."""

    heading: str
    paragraphs: tuple[Paragraph, ...]
    scene: Scene | None
    line: int


@dataclass(frozen=True, slots=True)
class Lesson:
    """``name`` is what a person types: the file's name without its ending. ``minutes`` is how long it takes."""

    name: str
    title: str
    summary: str
    order: int
    minutes: int
    pages: tuple[LessonPage, ...]
    path: Path | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class LessonProblem:
    """A mistake in a line of a file, counted from 1."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


class LessonError(PicklableError, ValueError):
    """A file that cannot be read as a lesson, with every problem in it."""

    def __init__(self, problems: list[LessonProblem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line)
        super().__init__("; ".join(map(str, self.problems)))
