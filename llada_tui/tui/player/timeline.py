"""The timeline: where the playhead is, with the player's buttons. A click or a drag moves the playhead."""

from __future__ import annotations

from rich.cells import cell_len
from textual import events
from textual.message import Message

from llada_tui.tui.player.player import Player
from llada_tui.tui.shell.bar import Bar, BarText

_BUTTONS = (
    BarText(" « ", "accent", "first"),
    BarText(" ‹ ", "accent", "back"),
    BarText("", "accent", "play"),
    BarText(" › ", "accent", "forward"),
    BarText(" » ", "accent", "last"),
)


class Timeline(Bar):
    """Shows a player; posts `Sought` when someone points at a frame."""

    DEFAULT_CSS = "Timeline { background: $panel; }"

    class Sought(Message):
        """Someone pointed at a frame."""

        def __init__(self, frame: int) -> None:
            super().__init__()
            self.frame = frame

    def __init__(self, player: Player, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.player = player

    def parts(self, width: int) -> list[BarText]:
        player = self.player
        play = BarText(" ▮▮ " if player.playing else " ▶  ", "accent", "play")
        buttons = [play if part.action == "play" else part for part in _BUTTONS]
        left = sum(cell_len(part.text) for part in buttons)
        right = sum(cell_len(part.text) for part in self.right_parts(width))
        return [*buttons, BarText(" "), *self._track(width - left - right - 2), BarText(" ")]

    def right_parts(self, width: int) -> list[BarText]:
        player = self.player
        parts = [BarText(f" {player.place} ", "strong")]
        if width >= 60:
            parts.append(BarText(f" {player.pace:>5} ", "text", "faster"))
        if width >= 50:
            parts.append(BarText(f"{player.status:<9} ", "good" if player.following else "dim", "last"))
        return parts

    def _track(self, size: int) -> list[BarText]:
        if size < 4:
            return []
        total = self.player.total
        if total == 0:
            return [BarText("─" * size, "dim")]
        head = round((size - 1) * self.player.frame / total)
        there = round((size - 1) * self.player.last / total)
        return [
            BarText("━" * head, "accent"),
            BarText("●", "accent"),
            BarText("━" * max(there - head, 0), "dim"),
            BarText("┄" * (size - 1 - max(head, there)), "dim"),
        ]

    def _track_bounds(self) -> tuple[int, int]:
        """First column and length of the track."""
        width = self.size.width
        left = sum(cell_len(part.text) for part in _BUTTONS) + 4 + 1
        right = sum(cell_len(part.text) for part in self.right_parts(width))
        return left, width - left - right - 1

    def _frame_at(self, x: int) -> int | None:
        left, size = self._track_bounds()
        if size < 4 or not left - 1 <= x <= left + size:
            return None
        return round(self.player.total * max(0, min(x - left, size - 1)) / (size - 1))

    def _seek(self, x: int) -> bool:
        frame = self._frame_at(x)
        if frame is not None:
            self.post_message(self.Sought(frame))
        return frame is not None

    def on_mouse_down(self, event: events.MouseDown) -> None:
        if self._seek(event.x):
            self.capture_mouse()
            event.stop()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self.app.mouse_captured is self:
            left, size = self._track_bounds()
            self._seek(max(left, min(event.x, left + size - 1)))

    def on_mouse_up(self) -> None:
        if self.app.mouse_captured is self:
            self.release_mouse()

    async def on_click(self, event: events.Click) -> None:
        if self._frame_at(event.x) is None:
            await super().on_click(event)
