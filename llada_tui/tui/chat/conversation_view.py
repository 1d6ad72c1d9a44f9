"""The conversation: what was asked and answered, and what went wrong, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual import events
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from llada_tui.drawing.run_states import run_state
from llada_tui.trace.events import CANCELLED, FAILED, INTERRUPTED
from llada_tui.trace.run import Run
from llada_tui.trace.text import clean
from llada_tui.tui.chat.conversation import Exchange
from llada_tui.tui.chat.picture_entry import PictureEntry
from llada_tui.tui.shell.drawable import is_displayed

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_SHOWN = 4000
"""Longest text of a question or answer that the conversation shows, in characters; the canvas shows all of it."""

MAX_EXCHANGES = 50
"""Most exchanges of a recorded conversation that are shown when it is opened: each is laid out anew for every size."""

_AT_ONCE = 10
"""The number of them that are laid out at once: a key is answered between two such parts."""


class Entry(Static):
    """One thing said. A click on an answer shows its run."""

    DEFAULT_CSS = """
    Entry { height: auto; padding: 0 1; margin-bottom: 1; }
    Entry.-chosen { background: $panel; }
    """

    def __init__(self, exchange: Exchange | None = None) -> None:
        super().__init__(markup=False)
        self.exchange = exchange
        self.run: Run | None = None
        """The run of the answer that is shown, if not the last."""
        self._shown: object = None

    def say(self, *parts: tuple[str, str]) -> bool:
        """Show text in styles; nothing in it is markup. Returns whether it may take other lines than before: only then
        is the conversation laid out anew, for else a run would have that done for each of its steps."""
        if parts == self._shown:
            return False
        self._shown = parts
        content, size = Content.assemble(*parts), self.content_size
        is_moved = not size or content.get_height({}, size.width) != size.height
        self.update(content, layout=is_moved)
        return is_moved

    def on_click(self, event: events.Click) -> None:
        if (run := self.shown_run) is not None:
            event.stop()
            self.post_message(ConversationView.AnswerChosen(run))

    def on_unmount(self) -> None:
        """Let go of the runs: Textual keeps the layout of a hidden conversation, and with it what is no longer there,
        until it is laid out anew."""
        self.exchange = self.run = None

    @property
    def shown_run(self) -> Run | None:
        """The run whose answer is shown."""
        if self.exchange is None:
            return None
        return self.run if self.run in self.exchange.runs else self.exchange.run


class ConversationView(VerticalScroll):
    """Entries, the last in sight."""

    DEFAULT_CSS = """
    ConversationView { border: round $pane-border; background: $background; scrollbar-size-vertical: 1; }
    ConversationView { border-title-color: $foreground; }
    ConversationView:focus { border: round $accent; }
    """

    class AnswerChosen(Message):
        """Someone wants to see an answer's run."""

        def __init__(self, run: Run) -> None:
            super().__init__()
            self.run = run

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.border_title = "Conversation"
        self._answers: dict[int, Entry] = {}
        self._questions: dict[int, Entry] = {}
        self._older: list[Exchange] = []
        """Exchanges of a recorded conversation that are not shown yet."""
        self._marked: Run | None = None
        self._pictures: Mapping[str, bytes] = {}
        """The pictures of a recorded conversation, by name."""

    def add_exchange(self, exchange: Exchange) -> None:
        """Show a question, and its answer as far as there is one."""
        self._append(*self._entries(exchange))

    def _entries(self, exchange: Exchange) -> tuple[Entry, Entry]:
        """The entries of a question and its answer."""
        question = Entry()
        count = len(exchange.images)
        about = f"▣ {count} picture{'s' * (count > 1)}\n" if count else ""
        question.say(("you\n", "bold $secondary"), (about, "dim"), (_short(exchange.question), ""))
        answer = Entry(exchange)
        self._answers[id(exchange)] = answer
        self._questions[id(exchange)] = question
        self._describe(exchange, answer)
        return question, answer

    def _with_pictures(self, exchange: Exchange) -> list[Widget]:
        """The pictures of a recorded question, and the entries of question and answer."""
        contents = [self._pictures.get(name) for name in exchange.images]
        return [*(_missing() if content is None else PictureEntry(content) for content in contents),
                *self._entries(exchange)]  # fmt: skip

    def add_exchanges(self, exchanges: Sequence[Exchange], pictures: Mapping[str, bytes]) -> None:
        """Show a conversation so far: its last exchanges with their pictures, and how many there were before."""
        self._pictures = pictures
        earlier = max(len(exchanges) - MAX_EXCHANGES, 0)
        if earlier:
            self.notice(f"{earlier:,} earlier exchanges are part of the conversation and not shown here.")
        shown = exchanges[earlier:]
        at_once = [entry for exchange in shown[-_AT_ONCE:] for entry in self._with_pictures(exchange)]
        if at_once:
            self._append(*at_once)
        self._older = [*shown[:-_AT_ONCE]]
        if self._older:
            self.call_after_refresh(self._add_older, at_once[0])

    def _add_older(self, before: Widget) -> None:
        """Show a few of the exchanges that are not shown yet, before those that are; and then the next."""
        if not before.is_attached or not self._older:
            return
        exchanges = self._older[-_AT_ONCE:]
        del self._older[-_AT_ONCE:]
        entries = [entry for exchange in exchanges for entry in self._with_pictures(exchange)]
        self.mount(*entries, before=before)
        self.mark(self._marked)
        self.call_after_refresh(self.scroll_end, animate=False)
        self.call_after_refresh(self._add_older, entries[0])

    def update_exchange(self, exchange: Exchange, frame: int | None = None, *, held: bool = False) -> None:
        """The exchange has another run, or its run has grown. ``frame``: how much of it is on show, if not all."""
        if (entry := self._answers.get(id(exchange))) is not None and self._describe(exchange, entry, frame, held=held):
            self.call_after_refresh(self.scroll_end, animate=False)

    def drop_exchange(self, exchange: Exchange) -> None:
        """Take an exchange away whose question was never asked."""
        entry = self._answers.pop(id(exchange), None)
        if entry is not None:
            if (question := self._questions.pop(id(exchange), None)) is not None:
                question.remove()
            entry.remove()

    def notice(self, text: str, *, bad: bool = False, hint: str = "") -> None:
        """Say something about the program itself; beside the canvas too, while the conversation is not in sight."""
        if self.is_mounted and not is_displayed(self):
            self.notify(f"{text}\n{hint}".strip(), severity="error" if bad else "information", timeout=12)
        entry = Entry()
        colour = "bold $error" if bad else "dim"
        entry.say((("! " if bad else "· ") + clean(text), colour), (f"\n{hint}" if hint else "", "dim"))
        self._append(entry)

    def show_picture(self, picture: Image) -> None:
        """Show a picture that was made small."""
        self._append(PictureEntry(picture))

    def clear(self) -> None:
        self._answers.clear()
        self._questions.clear()
        self._older.clear()
        self.remove_children()

    def mark(self, run: Run | None) -> None:
        """Mark the answer whose run is on the stage; of several tries it is the one that is shown."""
        self._marked = run
        for entry in self._answers.values():
            if entry.exchange is not None and run is not None and run in entry.exchange.runs:
                entry.run = run
                self._describe(entry.exchange, entry)
            on_stage = entry.exchange is not None and run is not None and run in entry.exchange.runs
            entry.set_class(on_stage and len(self._answers) > 1, "-chosen")

    def _append(self, *entries: Widget) -> None:
        self.mount(*entries)
        self.call_after_refresh(self.scroll_end, animate=False)

    def _describe(self, exchange: Exchange, entry: Entry, frame: int | None = None, *, held: bool = False) -> bool:
        """Show an answer; returns whether it may take other lines now. An answer is not given away before the canvas
        that is being watched has come to its end."""
        run = entry.shown_run
        head = ("llada", "bold $accent")
        if run is None:
            waits = "  waits for its first step" if exchange.typed and not exchange.earlier else ""
            return entry.say(
                head, (waits, "italic dim"), (f"\n{_short(exchange.earlier)}" if exchange.earlier else "", "")
            )
        count = len(exchange.runs)
        tries = f"  try {exchange.runs.index(run) + 1} of {count}" if count > 1 else ""
        if run.end is None or frame is not None:
            total = run.expected_steps if run.end is None else run.start.step + run.last
            frame = run.last if frame is None else frame
            state = f"  {run_state(run, frame, held=held)}, step {run.start.step + frame} of {total}"
            return entry.say(head, (tries, "dim"), (state, "italic dim"))
        note = {reason: f"  {reason}; this is what it had" for reason in (CANCELLED, FAILED, INTERRUPTED)}
        text = _short(run.answer().strip()) or "(it wrote nothing)"
        return entry.say(head, (tries, "dim"), (note.get(run.end.reason, ""), "italic $warning"), ("\n" + text, ""))


def _short(text: str) -> str:
    shown = clean(text[: MAX_SHOWN + 1])
    return shown if len(text) <= MAX_SHOWN else shown[:MAX_SHOWN] + " …"


def _missing() -> Entry:
    """The entry in place of a picture that the session does not have."""
    entry = Entry()
    entry.say(("▣ a picture that is not in the session", "dim"))
    return entry
