"""The fill of the context: counted by the worker while somebody types, and said before it is full."""

from __future__ import annotations

from collections.abc import Sequence

from textual.screen import Screen
from textual.timer import Timer

from llada_tui.pictures import size_of
from llada_tui.settings.prompt import typed_prompt
from llada_tui.tui.chat.attached_pictures import AttachedPictures
from llada_tui.tui.chat.conversation_pane import ConversationPane
from llada_tui.tui.stage.workbench import Workbench
from llada_tui.worker.command_limits import excess
from llada_tui.worker.protocol import Count

_NEARLY = 0.8
"""Share of the context from which on a person is told that it will be full."""
_DELAY = 0.25
"""Seconds without a key press after which the context is counted."""


class Context:
    """Counts what a question would send to the model, and leaves out the oldest exchanges if it must."""

    def __init__(
        self,
        screen: Screen[None],
        workbench: Workbench,
        conversation_pane: ConversationPane,
        attached_pictures: AttachedPictures,
    ) -> None:
        self._screen, self._workbench, self._pane = screen, workbench, conversation_pane
        self._attached_pictures = attached_pictures
        self._sizes: dict[str, tuple[int, int] | None] = {}
        """The widths and heights of pictures, by name; None for one that is damaged."""
        self._timer: Timer | None = None
        self._last_notice = ""

    def count_later(self) -> None:
        """Count once nothing was typed for a moment. The end of a worker is told where Textual knows no application,
        without which a timer fails: so it is begun by the screen itself."""
        self._screen.call_later(self._begin_to_wait)

    def _begin_to_wait(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._screen.set_timer(_DELAY, self.count)

    async def count(self) -> None:
        """Ask the worker, if it has nothing else to do."""
        link, typed = self._workbench.worker.link, self._pane.prompt.text.strip()
        if link.model is None or not link.model.context or self._workbench.worker.busy:
            return
        before = self._pane.conversation.messages(rounds=link.model.earlier_rounds)
        chat, raw = link.model.chat, self._pane.raw_tokens
        text = typed if chat else typed or " "
        images = self._attached_pictures.names
        prompt = typed_prompt(text, chat=chat, before=before, holes=False, raw_tokens=raw, images=images)
        if prompt.picture_names and not link.model.sees:
            self._pane.prompt.border_subtitle = "this model cannot see the pictures"
        elif excess(Count(prompt)):
            self._too_long()
        else:
            await link.queries.count(self._counted, prompt, self._sizes_of(prompt.picture_names))

    def _sizes_of(self, names: Sequence[str]) -> list[tuple[int, int]]:
        kept = self._workbench.session.pictures
        for name in names:
            if name not in self._sizes and name in kept:
                self._sizes[name] = size_of(kept[name])
        return [size for name in names if (size := self._sizes.get(name)) is not None]

    def _too_long(self) -> None:
        """The worker would not even count it: leave out the oldest exchange, if any is sent, or say so."""
        conversation, model = self._pane.conversation, self._workbench.worker.link.model
        if model is not None and model.chat and conversation.forgotten < len(conversation.exchanges):
            conversation.forgotten += 1
            self.count_later()
        else:
            self._pane.prompt.border_subtitle = "too long to be asked"
            self._pane.prompt.add_class("-full")

    def _counted(self, tokens: int) -> None:
        """Say how full the context is; leave out the oldest exchange from the next question if it must be."""
        model, canvas = self._workbench.worker.link.model, self._workbench.settings.gen_length
        conversation, prompt = self._pane.conversation, self._pane.prompt
        if model is None or self._workbench.worker.busy:
            return
        need, room = tokens + canvas, model.context
        self._workbench.stage.knobs.context = room
        words = f"context {tokens} + canvas {canvas} of {room}"
        forgotten = conversation.forgotten
        if need > room:
            if model.chat and forgotten < len(conversation.exchanges):
                conversation.forgotten += 1
                self.count_later()
                return
            words = f"too long: {words}"
        elif forgotten:
            words = f"{need} of {room}, {forgotten} round{'s' * (forgotten > 1)} left out"
            rounds, are = ("round", "is") if forgotten == 1 else (f"{forgotten} rounds", "are")
            self._say_once(
                f"The context is full: the oldest {rounds} of this conversation {are} no longer sent to the model."
            )
        elif model.chat and conversation.left_out(model.earlier_rounds):
            limit = "one earlier round" if model.earlier_rounds == 1 else f"{model.earlier_rounds} earlier rounds"
            self._say_once(f"This model was trained with at most {limit}: older ones are not sent to it.")
        elif model.chat and conversation.exchanges and need > room * _NEARLY:
            words = f"almost full: {need} of {room}"
            self._say_once("The context is almost full: when it is, the oldest rounds are no longer sent to the model.")
        prompt.border_subtitle = words
        prompt.set_class(need > room, "-full")

    def _say_once(self, words: str) -> None:
        """Say something about the context in the conversation, unless it is the last thing said about it."""
        if words != self._last_notice:
            self._last_notice = words
            self._pane.view.notice(words)
