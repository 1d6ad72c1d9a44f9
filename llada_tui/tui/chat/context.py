"""How full the context is: counted by the worker while somebody types, and said before it is full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.timer import Timer

from llada_tui.settings.prompt import Prompt

if TYPE_CHECKING:
    from llada_tui.tui.chat.asking import Asking

_NEARLY = 0.8
"""Share of the context from which on a person is told that it will be full."""
_DELAY = 0.25
"""Seconds without a key press after which the context is counted."""


class Context:
    """Counts what a question would send to the model of a screen, and leaves out the oldest exchanges if it must."""

    def __init__(self, screen: Asking) -> None:
        self._screen = screen
        self._timer: Timer | None = None
        self._said = ""

    def count_later(self) -> None:
        """Count once nothing was typed for a moment."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._screen.set_timer(_DELAY, self.count)

    async def count(self) -> None:
        """Ask the worker, if it has nothing else to do."""
        screen = self._screen
        link, typed = screen.link, screen.prompt.text.strip()
        if link.model is None or not link.model.context or screen.worker.busy:
            return
        if link.model.chat:
            await link.queries.count(self._counted, Prompt(messages=screen.conversation.messages(typed)))
        else:
            await link.queries.count(self._counted, Prompt(text=typed or " "))

    def _counted(self, tokens: int) -> None:
        """Say how full the context is; leave out the oldest exchange from the next question if it must be."""
        screen = self._screen
        model, talk, canvas = screen.link.model, screen.conversation, screen.settings.gen_length
        if model is None or screen.worker.busy:
            return
        need, room = tokens + canvas, model.context
        screen.stage.knobs.context = room
        words = f"context {tokens} + canvas {canvas} of {room}"
        if need > room:
            if model.chat and talk.forgotten < len(talk.exchanges):
                talk.forgotten += 1
                self.count_later()
                return
            words = f"too long: {words}"
        elif talk.forgotten:
            words = f"full: {need} of {room}"
            rounds = "the oldest round is" if talk.forgotten == 1 else f"the oldest {talk.forgotten} rounds are"
            self._say_once(f"The context is full: {rounds} of this conversation no longer sent to the model.")
        elif model.chat and talk.exchanges and need > room * _NEARLY:
            words = f"almost full: {need} of {room}"
            self._say_once("The context is almost full: when it is, the oldest rounds are no longer sent to the model.")
        screen.prompt.border_subtitle = words
        screen.prompt.set_class(need > room, "-full")

    def _say_once(self, words: str) -> None:
        """Say something about the context in the conversation, unless it is the last thing said about it."""
        if words != self._said:
            self._said = words
            self._screen.talk.notice(words)
