"""The greeting of an empty stage. Its title comes out of masks once, as an answer does."""

from __future__ import annotations

import random
from collections.abc import Sequence

from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from llada_tui.trace.text import MASK

_STEPS, _PAUSE = 12, 0.06
"""Steps that the title takes, and seconds from one to the next: 0.7 seconds in all."""


class Greeting(Static):
    """Shows a title and what can be done. Words with the meta ``@click: choose('...')`` post `EntryChosen`."""

    DEFAULT_CSS = """
    Greeting { link-style: none; link-color: $foreground; link-style-hover: bold; link-background-hover: $panel;
        link-color-hover: $foreground; }
    """

    class EntryChosen(Message):
        """Somebody clicked an entry."""

        def __init__(self, entry: str) -> None:
            super().__init__()
            self.entry = entry

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._title = ""
        self._forms: Sequence[Content] = ()
        self._entries: Content | None = None
        self._step = _STEPS
        self._clock: Timer | None = None
        self._begun = False

    def greet(self, *forms: Content, title: str = "", entries: Content | None = None) -> None:
        """Say this from now on, in the first of its ``forms`` that has room below the title; where none has, the
        ``entries``, each on a line. The first title comes out of masks, where the terminal is to show motion."""
        self._title, self._forms, self._entries = title, forms, entries
        if title and not self._begun and self.app.animation_level != "none":
            self._begun = True
            self._step = 0
            self._clock = self.set_interval(_PAUSE, self._advance)
        self._draw()

    def finish(self) -> None:
        """Show the whole title now."""
        self._step = _STEPS
        if self._clock is not None:
            self._clock.stop()
            self._clock = None
            self._draw()

    def _advance(self) -> None:
        self._step += 1
        self._draw()
        if self._step >= _STEPS:
            self.finish()

    def _draw(self) -> None:
        title = Content.styled(self._title, "bold") if self._step >= _STEPS else unmasked(self._title, self._step)
        width, height = self.content_size
        for words in self._forms:
            content = Content.assemble(title, "\n\n", words) if self._title else words
            if not width or self._entries is None or content.get_height({}, width) <= height:
                self.update(content)
                return
        if self._entries is not None:
            lines = [line.truncate(width, ellipsis=True) for line in self._entries.split("\n")]
            if (more := len(lines) - height + 1) > 1:
                lines = [*lines[: len(lines) - more], Content.styled(f"   …  {more} more", "dim")]
            self.update(Content("\n").join(lines))

    def on_resize(self) -> None:
        self._draw()

    def action_choose(self, entry: str) -> None:
        self.post_message(self.EntryChosen(entry))


def unmasked(title: str, step: int) -> Content:
    """A title after so many of `_STEPS` steps: words kept, words guessed with their letters mixed up, and masks."""
    words = title.split(" ")
    order = list(range(len(words)))
    random.Random(title).shuffle(order)
    kept = set(order[: len(words) * step // _STEPS])
    guessed = set(order[: len(words) * (step + 4) // _STEPS]) - kept
    pieces: list[str | tuple[str, str]] = []
    for at, word in enumerate(words):
        if at in kept:
            pieces.append((word, "bold"))
        elif at in guessed:
            letters = list(word)
            random.Random(f"{word}{step}").shuffle(letters)
            pieces.append(("".join(letters), "italic $token-predicted"))
        else:
            pieces.append((MASK * len(word), "$token-masked"))
        pieces.append(" ")
    return Content.assemble(*pieces[:-1])
