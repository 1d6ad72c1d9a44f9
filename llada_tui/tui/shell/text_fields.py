"""Fields for text, which is given on as it was typed or pasted, and drawn clean."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import Any

from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widgets import Input, TextArea
from textual.widgets.text_area import Edit, EditResult, Location

from llada_tui.trace.text import take_in
from llada_tui.tui.shell.clusters import Clusters
from llada_tui.tui.shell.key_order import act_at_once


def _is_passed_over(event: events.Key) -> bool:
    """Whether a key types a character that Textual's fields pass over, as Python does not print it: a joiner of letters
    or emoji, a blank that is not ASCII's, an emoji that is newer than Python's tables."""
    character = event.character or ""
    return len(character) == 1 and not character.isprintable() and unicodedata.category(character) not in ("Cc", "Cs")


def _drawn(strip: Strip, clusters: Clusters) -> Strip:
    if strip.text.isascii():
        return strip
    segments = [Segment(clusters.draw(text), style, control) for text, style, control in strip]
    return Strip(segments, strip.cell_length)


class LongText(TextArea):
    """A field of several lines. Its cursor goes from cluster to cluster."""

    def __init__(self, text: str = "", **options: Any) -> None:
        self._characters = Clusters()
        super().__init__(self._characters.encode(take_in(text)), **options)

    @property
    def text(self) -> str:
        """The text that was typed or pasted."""
        return self._characters.decode(self.document.text)

    @text.setter
    def text(self, value: str) -> None:
        self.load_text(value)

    def load_text(self, text: str) -> None:
        super().load_text(self._characters.encode(take_in(text)))

    def get_text_range(self, start: Location, end: Location) -> str:
        return self._characters.decode(super().get_text_range(start, end))

    def edit(self, edit: Edit) -> EditResult:
        """Every way into the text: keys, pastes, `insert`. What belongs to the character before it becomes one with
        it."""
        text = take_in(edit.text)
        encoded, start = self._characters.encode(text), edit.top
        if text and start[1]:
            before = self.document[start[0]][start[1] - 1]
            together = self._characters.encode(self._characters.decode(before) + text)
            if not together.startswith(before):
                encoded, start = together, (start[0], start[1] - 1)
        result = super().edit(Edit(encoded, start, edit.bottom, edit.maintain_selection_offset))
        return replace(result, replaced_text=self._characters.decode(result.replaced_text))

    async def _on_key(self, event: events.Key) -> None:
        if await act_at_once(self, TextArea, event):
            return
        if _is_passed_over(event) and not self.read_only:
            event.stop()
            event.prevent_default()
            self.replace(event.character or "", *self.selection, maintain_selection_offset=False)
        else:
            await super()._on_key(event)

    def render_line(self, y: int) -> Strip:
        return _drawn(super().render_line(y), self._characters)


class LineText(Input):
    """A field of one line; a line end in it is one character. `value` is what Textual draws, `text` what is meant."""

    def __init__(self, text: str = "", **options: Any) -> None:
        self._characters = Clusters(one_line=True)
        super().__init__(self._characters.encode(take_in(text)), **options)

    @property
    def text(self) -> str:
        """The text that was typed or pasted."""
        return self._characters.decode(self.value)

    @text.setter
    def text(self, value: str) -> None:
        self.value = self._characters.encode(take_in(value))

    @property
    def selected_text(self) -> str:
        return self._characters.decode(super().selected_text)

    def replace(self, text: str, start: int, end: int) -> None:
        """Every way into the text."""
        text = take_in(text)
        encoded, start = self._characters.encode(text), max(min(start, end), 0)
        end = max(start, end)
        if text and start:
            before = self.value[start - 1 : start]
            together = self._characters.encode(self._characters.decode(before) + text)
            if not together.startswith(before):
                encoded, start = together, start - 1
        super().replace(encoded, start, end)

    async def _on_key(self, event: events.Key) -> None:
        if await act_at_once(self, Input, event):
            return
        if _is_passed_over(event):
            event.stop()
            event.prevent_default()
            self.replace(event.character or "", *self.selection)
        else:
            await super()._on_key(event)

    def _on_paste(self, event: events.Paste) -> None:
        self.replace(event.text, *self.selection)
        event.stop()
        event.prevent_default()

    def render_line(self, y: int) -> Strip:
        return _drawn(super().render_line(y), self._characters)
