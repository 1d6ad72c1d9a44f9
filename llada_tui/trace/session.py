"""Session files: the events of a session, one JSON object a line, appended and flushed a step at a time.

Only a torn last line (a crash, a full disk, a killed terminal) is ever cut off, and that is reported. Everything else
stays as it was written, also what a newer version put there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import msgspec

from llada_tui import paths, pictures
from llada_tui.picklable import PicklableError
from llada_tui.settings.prompt import Prompt
from llada_tui.trace.bounds import MAX_LINE
from llada_tui.trace.events import (
    FORMAT,
    INTERRUPTED,
    VERSION,
    AnyEvent,
    DeleteEvent,
    EndEvent,
    InterveneEvent,
    NameEvent,
    PictureEvent,
    PiecesEvent,
    RetuneEvent,
    RunEvent,
    SessionEvent,
    StepEvent,
    SummaryEvent,
    decode,
)
from llada_tui.trace.linked_pictures import MAX_LINKS, MAX_PATH, read_linked
from llada_tui.trace.run import Run, TraceError
from llada_tui.trace.text import TokenBytes, clean

SUFFIX = ".jsonl"
MAX_RUNS = 10_000
MAX_CHANGES = 2_000_000
"""Most tokens that may come to stand on, or leave, all canvases of a session that is read: a second or two of reading,
and a quarter of a gigabyte. Recording stops there, so that what is recorded can be opened."""
MAX_PICTURES = 256_000_000
"""Most bytes of all pictures of a session."""
TITLE_LENGTH = 60


class SessionError(PicklableError):
    """A session file that cannot be used; the message is one sentence that says what to do."""


def reason(error: OSError | SessionError) -> str:
    """Why a file cannot be used, for the end of a sentence."""
    if isinstance(error, OSError):
        return paths.reason(error)
    return str(error).removesuffix(".")


@dataclass
class Session:
    """The contents of a session file: its runs in order, the text of its tokens, and its problems."""

    title: str = ""
    runs: dict[str, Run] = field(default_factory=dict)
    token_bytes: dict[str, TokenBytes] = field(default_factory=dict)
    """The text of token ids, by the id of the model whose they are; models in one session may differ in them."""
    problems: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """The names that people gave to runs, by the run's id."""
    deleted: set[str] = field(default_factory=set)
    """Runs that are listed no more, by id."""
    pictures: dict[str, bytes] = field(default_factory=dict)
    """The pictures that its runs are about, by name; perhaps some that none is about yet."""
    links: dict[str, str] = field(default_factory=dict)
    """The files of the pictures that a session file links to, by the pictures' names."""
    changes: int = 0
    """The number of tokens that came to stand on, or left, all its canvases."""
    _numbers: dict[str, int] = field(default_factory=dict)
    """Each run's number among all runs, counted from 1: a list of runs asks for every one of them."""

    def add(self, event: AnyEvent) -> None:
        """Fold one event. Raises `TraceError`, changing nothing, if it does not fit."""
        if isinstance(event, RunEvent):
            if event.run in self.runs:
                raise TraceError(f"Run {event.run!r} begins twice.")
            if len(self.runs) >= MAX_RUNS:
                raise TraceError(f"The session has more than {MAX_RUNS} runs.")
            run = Run(event, self.token_bytes_of(event.model.id))
            self.runs[event.run] = run
            self._numbers[event.run] = len(self.runs)
            self.title = self.title or title_of(run.question)
        elif isinstance(event, PictureEvent):
            self._add_picture(event)
        elif isinstance(event, PiecesEvent):
            last = next(reversed(self.runs.values()), None)
            self.token_bytes_of(event.model or (last.start.model.id if last is not None else "")).add(event)
        elif isinstance(event, SummaryEvent):
            self.title = title_of(event.title)
        elif isinstance(event, StepEvent | RetuneEvent | InterveneEvent | EndEvent):
            if event.run not in self.runs:
                raise TraceError(f"An event belongs to run {event.run!r}, which never began.")
            self.runs[event.run].add(event)
        elif isinstance(event, NameEvent | DeleteEvent):
            self._arrange(event)
        self.changes += _changes_of(event)

    def _add_picture(self, event: PictureEvent) -> None:
        """The last link to a picture counts, unless the picture itself is here; the picture itself comes with its link
        or in place of one."""
        name, content, path = event.name, event.content, event.path
        if path and ((len(self.links) >= MAX_LINKS and name not in self.links) or len(path) > MAX_PATH):
            raise TraceError("The session links to more pictures, or to longer paths, than can be read.")
        if path and not content:
            if name not in self.pictures:
                self.links[name] = path
            return
        if name not in self.pictures:
            if pictures.name_of(content) != name:
                raise TraceError("A picture is another than it says.")
            if sum(map(len, self.pictures.values())) + len(content) > MAX_PICTURES:
                raise TraceError(f"The session's pictures are larger than {MAX_PICTURES // 1_000_000} MB.")
            self.pictures[name] = content
        if path:
            self.links[name] = path
        else:
            self.links.pop(name, None)

    def picture_event(self, name: str) -> PictureEvent | None:
        """The picture of a name as an event; None where neither it nor a link to it is here."""
        content, link = self.pictures.get(name, b""), self.links.get(name, "")
        return PictureEvent(name, content, link) if content or link else None

    def read_links(self, folder: Path) -> None:
        """Read the pictures that are linked to and not here; what cannot be read is listed in ``problems``. ``folder``
        is the session file's."""
        missing = {name: link for name, link in self.links.items() if name not in self.pictures}
        room = MAX_PICTURES - sum(map(len, self.pictures.values()))
        contents, problems = read_linked(missing, folder, room)
        self.pictures |= contents
        self.problems += problems[: max(20 - len(self.problems), 0)]

    def with_pictures(self, prompt: Prompt) -> Prompt:
        """A prompt with the bytes of the pictures that it names, as far as they are here."""
        named = {name: self.pictures[name] for name in prompt.picture_names if name in self.pictures}
        return msgspec.structs.replace(prompt, pictures=prompt.pictures | named) if named else prompt

    def _arrange(self, event: NameEvent | DeleteEvent) -> None:
        if isinstance(event, NameEvent):
            if event.run not in self.runs:
                raise TraceError(f"A name is given to run {event.run!r}, which never began.")
            self.names[event.run] = title_of(event.name)
        elif event.deleted:
            self.deleted.update(name for name in event.runs if name in self.runs)
        else:
            self.deleted.difference_update(event.runs)

    def token_bytes_of(self, model: str) -> TokenBytes:
        """The bytes of a model's tokens, as far as the file has them. Those before any model was named are the first
        one's."""
        if model not in self.token_bytes:
            self.token_bytes[model] = self.token_bytes.pop("") if "" in self.token_bytes else TokenBytes()
        return self.token_bytes[model]

    @property
    def is_too_large(self) -> bool:
        """Whether a file that holds all of it would not be read."""
        return self.changes > MAX_CHANGES

    @property
    def tokens(self) -> int:
        """Tokens committed in all runs that are listed."""
        return sum(run.written(run.last) for run in self.listed())

    def listed(self) -> list[Run]:
        """The runs that were not deleted, in the order in which they began."""
        return [run for name, run in self.runs.items() if name not in self.deleted]

    def last_run(self) -> Run | None:
        """The last of the runs that are listed."""
        return next(reversed(self.listed()), None)

    def name_of(self, run: Run) -> str:
        """A run's name: the one it was given, or its number among all runs."""
        return self.names.get(run.id) or f"run {self._numbers[run.id]}"

    def summary(self) -> SummaryEvent:
        return SummaryEvent(self.title, len(self.listed()), self.tokens)

    def events(self, *, deleted: bool = True) -> Iterator[AnyEvent]:
        """All of it, as events in an order in which they can be folded again; without ``deleted`` nothing of the runs
        that were deleted."""
        for model, pieces in self.token_bytes.items():
            yield pieces.event(model)
        pictures_yielded: set[str] = set()
        runs = [*self.runs.values()] if deleted else self.listed()
        for run in runs:
            for name in run.start.prompt.picture_names:
                if name not in pictures_yielded and (picture := self.picture_event(name)) is not None:
                    yield picture
                    pictures_yielded.add(name)
            yield from self.events_of(run)
        yield from (NameEvent(run.id, self.names[run.id]) for run in runs if run.id in self.names)
        if self.deleted and deleted:
            yield DeleteEvent(sorted(self.deleted))
        yield self.summary()

    @staticmethod
    def events_of(run: Run) -> Iterator[AnyEvent]:
        """A run, as events in their order, without its pictures and its name."""
        yield run.start
        between: list[RetuneEvent | InterveneEvent] = [*run.retunes, *run.interventions]
        for step in run.steps:
            yield from (event for event in between if event.step <= step.index)
            between = [event for event in between if event.step > step.index]
            yield step
        yield from between
        if run.end is not None and run.end.reason != INTERRUPTED:  # which the reader says again
            yield run.end


def title_of(text: str) -> str:
    """A one-line title: the first words of a question, without anything a terminal would act on."""
    line = " ".join(clean(text[:4000]).split())
    return line if len(line) <= TITLE_LENGTH else line[: TITLE_LENGTH - 1].rstrip() + "…"


def read_session(path: Path, *, linked: bool = True) -> Session:
    """Read a session file. Raises `SessionError` if it is none, or written by a newer version.

    Lines that cannot be read are left out and listed in ``problems``, and so are pictures that the file links to and
    that are not there any more. Without ``linked`` those are not read.
    """
    session = Session()
    try:
        with path.open("rb") as file:
            for event in _events(file, session.problems):
                try:
                    session.add(event)
                except TraceError as error:
                    if len(session.problems) < 20:
                        session.problems.append(str(error))
                if session.is_too_large:
                    raise SessionError(
                        f"{path} is too large to open: its runs change more than {MAX_CHANGES:,} tokens."
                    )
        for run in session.runs.values():
            run.interrupt()
            run.fold_if_large()
        if linked:
            session.read_links(path.parent)
    except OSError as error:
        raise SessionError(f"{path} cannot be read: {reason(error)}.") from None
    return session


def _changes_of(event: AnyEvent) -> int:
    """The number of entries that an event adds to the histories of its run's positions."""
    if isinstance(event, StepEvent):
        inserted = event.inserted.count if event.inserted is not None else 0
        return len(event.commits) + len(event.remasked) + len(event.edits) + inserted
    return len(event.canvas) if isinstance(event, RunEvent) else 0


def _events(file: BinaryIO, problems: list[str]) -> Iterator[AnyEvent]:
    first = True
    number = 0
    while line := file.readline(MAX_LINE):
        number += 1
        torn = not line.endswith(b"\n")
        try:
            if torn and len(line) >= MAX_LINE:
                raise msgspec.DecodeError("the line is too long")
            event = decode(line)
        except msgspec.DecodeError as error:
            if first:
                raise SessionError(f"{file.name} is not a session that llada-tui recorded.") from None
            if torn and len(line) < MAX_LINE:
                problems.append("The file ends in the middle of a line: its last step was lost.")
            elif len(problems) < 20:
                problems.append(f"Line {number} could not be read and was left out: {error}.")
            continue
        if first:
            _check_header(event, str(file.name))
            first = False
        if event is not None:
            yield event
    if first:
        raise SessionError(f"{file.name} is empty: there is no session in it.")


def read_header(line: bytes, name: str) -> None:
    """Raises `SessionError` unless a file's first line says that it is a session of a version that can be read."""
    try:
        event = decode(line)
    except msgspec.DecodeError:
        event = None
    _check_header(event, name)


def _check_header(event: AnyEvent | None, name: str) -> None:
    if not isinstance(event, SessionEvent) or event.format != FORMAT:
        raise SessionError(f"{name} is not a session that llada-tui recorded.")
    if event.version > VERSION:
        raise SessionError(
            f"{name} was recorded by a newer llada-tui ({clean(event.tool)[:40]}): update llada-tui to open it."
        )
