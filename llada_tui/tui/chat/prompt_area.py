"""The prompt: several lines, with history; while it is empty the player's keys work in it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

from textual import events
from textual.message import Message

from llada_tui.tui.chat.picture_paths import dropped_pictures
from llada_tui.tui.shell.app_interface import app_of
from llada_tui.tui.shell.text_fields import LongText
from llada_tui.tui.shell.threads import in_thread

MAX_HISTORY = 500
_PATIENCE = 1.0
"""Seconds after which a pasted text is taken for text, whatever it may be the path of."""


class PromptArea(LongText):
    """Enter asks; shift+enter, alt+enter or ctrl+j begins a new line; ↑ and ↓ at its ends walk through history."""

    DEFAULT_CSS = """
    PromptArea { height: auto; min-height: 3; max-height: 10; border: round $pane-border; padding: 0 1;
        background: $background; border-subtitle-color: $text-muted; }
    PromptArea:focus { border: round $accent; }
    """

    class Asked(Message):
        """Someone asked something."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Example(Message):
        """Someone asked for an example by its number alone; 0 is the tour."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    class Dropped(Message):
        """Someone dropped pictures on the terminal, which pastes their paths, or pasted these; ``text`` is that."""

        def __init__(self, paths: list[Path], text: str) -> None:
            super().__init__()
            self.paths, self.text = paths, text

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(
            id=id,
            soft_wrap=True,
            highlight_cursor_line=False,
            placeholder="Ask something … (ctrl+j new line)",
        )
        self.border_title = "Ask"
        self.asked: list[str] = []
        self.offers_examples = False
        self._at = 0
        self._draft = ""

    def remember(self, text: str) -> None:
        """Add to the history."""
        if not self.asked or self.asked[-1] != text:
            self.asked = [*self.asked, text][-MAX_HISTORY:]
        self._at = len(self.asked)

    def remember_all(self, texts: Sequence[str]) -> None:
        """Add questions to the history, of which the last are kept."""
        for text in texts[-MAX_HISTORY:]:
            self.remember(text)

    def put(self, text: str) -> None:
        """Replace what is typed, with the cursor at its end."""
        self.text = text
        self.move_cursor(self.document.end)

    def give_back(self, question: str) -> None:
        """Put a question that was not asked before what has been typed since."""
        self.put(f"{question}\n{self.text}" if self.text else question)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A text area's own f6, f7 and ctrl+k are not for here: these keys act on the run."""
        return action not in ("select_line", "select_all", "delete_to_end_of_line_or_delete_line")

    async def _on_paste(self, event: events.Paste) -> None:
        """The keys behind it wait, a moment at most, until it is clear whether the text is the paths of pictures."""
        paths: list[Path] = []
        with contextlib.suppress(TimeoutError):  # a disk that does not answer
            paths = await asyncio.wait_for(in_thread(lambda: dropped_pictures(event.text)), _PATIENCE)
        if paths:
            self._stop(event)
            self.post_message(self.Dropped(paths, event.text))
        # else Textual goes on to the text area's own handler, which would paste it twice if it were called here

    async def _on_key(self, event: events.Key) -> None:
        key = event.key
        if key == "enter":
            self._stop(event)
            if asked := self.text.strip():
                self.text = ""  # at once: what is typed while the question is on its way is the next one
                is_number = self.offers_examples and asked in ("0", "1", "2", "3")
                self.post_message(self.Example(int(asked)) if is_number else self.Asked(asked))
        elif key in ("shift+enter", "alt+enter", "ctrl+j", "ctrl+enter"):
            self._stop(event)
            self.insert("\n")
        elif not self.text and (id := app_of(self).easy_keys().get(key)):
            self._stop(event)
            await self.screen.run_action(id)
        elif self._walks(key):
            self._stop(event)
        else:
            await super()._on_key(event)

    @staticmethod
    def _stop(event: events.Event) -> None:
        event.stop()
        event.prevent_default()

    def _walks(self, key: str) -> bool:
        """Whether a key leaves the text at its first or last line, and history has something there."""
        row = self.cursor_location[0]
        if key == "up":
            return row == 0 and self._walk(-1)
        return key == "down" and row == self.document.line_count - 1 and self._walk(1)

    def _walk(self, by: int) -> bool:
        """Another question from the history; what was being typed waits at its end."""
        at = min(self._at, len(self.asked))
        if not 0 <= at + by <= len(self.asked):
            return False
        if at == len(self.asked):
            self._draft = self.text
        self._at = at + by
        self.put(self.asked[self._at] if self._at < len(self.asked) else self._draft)
        return True
