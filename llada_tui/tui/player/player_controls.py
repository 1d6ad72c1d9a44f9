"""What the player's keys do."""

from __future__ import annotations

from llada_tui.tui.player.player_view import PlayerView


class PlayerControls:
    """The part of a screen that moves the playhead, and says how frames are shown."""

    def __init__(self, view: PlayerView) -> None:
        self._view = view

    def action_play(self) -> None:
        self._view.toggle()

    def action_back(self) -> None:
        self._view.step(-1)

    def action_forward(self) -> None:
        self._view.step(1)

    def action_first(self) -> None:
        self._view.seek(0)

    def action_last(self) -> None:
        self._view.to_end()

    def action_slower(self) -> None:
        self._view.change_speed(-1)

    def action_faster(self) -> None:
        self._view.change_speed(1)

    def action_guesses(self) -> None:
        self._view.toggle_guesses()

    def action_colours(self) -> None:
        self._view.next_colours()
