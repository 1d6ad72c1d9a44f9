"""The entropy profile: a line under the canvas with a bar for each position, tied to the selected token."""

from __future__ import annotations

from itertools import groupby
from typing import ClassVar

from rich.style import Style
from textual import events

from llada_tui.tui.player.canvas import TokenCanvas
from llada_tui.tui.shell.bar import Bar, BarText

_BARS = "▁▂▃▄▅▆▇█"
_FULL = 3.0
"""Nats of a full bar: about twenty equally likely tokens."""
_LABEL = "entropy "
_WORDS = 24
"""Cells for what is said of the selected token."""


class EntropyProfile(Bar):
    """Shows how unsure the model was at each position of a canvas: of a guess in the step on show, of a kept token when
    it was kept. It is the least entropy that the recorded candidates allow, in nats. A click selects the position."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {*Bar.COMPONENT_CLASSES, "bar--guess"}
    DEFAULT_CSS = """
    EntropyProfile { padding: 0 1; }
    EntropyProfile .bar--guess { color: $token-predicted; }
    """

    def __init__(self, canvas: TokenCanvas, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._canvas = canvas

    def _entropies(self) -> list[float | None]:
        """The entropy at each position, in nats; None where it is not known."""
        rows = self._canvas.frame_rows
        scale = rows.entropy_scale
        return [scale.entropy(cell, rows.frame) for cell in rows.cells] if scale is not None else []

    def _share(self, width: int) -> tuple[int, int]:
        """Positions of a cell, and cells in use."""
        length = len(self._canvas.cells)
        room = max(width - len(_LABEL) - _WORDS, 1)
        each = max(-(-length // room), 1)
        return each, -(-length // each)

    def parts(self, width: int) -> list[BarText]:
        entropies = self._entropies()
        if not any(entropy is not None for entropy in entropies):
            is_first = self._canvas.frame_rows.frame == 0
            words = ": nothing is predicted yet" if is_first else " is known where candidates are recorded"
            return [BarText(f"{_LABEL.rstrip()}{words}", "dim")] if entropies else []
        each, count = self._share(width)
        selected, cells = self._canvas.selected, self._canvas.cells
        signs: list[tuple[str, str]] = []
        for at in range(count):
            positions = range(at * each, min((at + 1) * each, len(entropies)))
            recorded = [entropy for position in positions if (entropy := entropies[position]) is not None]
            sign = _BARS[min(int(max(recorded) / _FULL * len(_BARS)), len(_BARS) - 1)] if recorded else " "
            guessed = any(cells[position].guessed for position in positions)
            signs.append(("here" if selected in positions else "guess" if guessed else "dim", sign))
        bars = [
            BarText("".join(sign for _, sign in group), kind) for kind, group in groupby(signs, lambda pair: pair[0])
        ]
        return [BarText(_LABEL, "dim"), *bars, *self._words(entropies, selected)]

    def _words(self, entropies: list[float | None], selected: int | None) -> list[BarText]:
        """The entropy of the selected token, in words."""
        entropy = entropies[selected] if selected is not None and selected < len(entropies) else None
        if selected is None:
            return []
        words = f"{entropy:.2f} nats" if entropy is not None else "not known"
        return [BarText(f" position {selected}: ", "dim"), BarText(words, "strong")]

    def style_of(self, part: BarText) -> Style:
        if part.kind == "here":
            return self.get_component_rich_style("bar--accent") + Style(reverse=True)
        return super().style_of(part)

    async def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        each, count = self._share(self.size.width)
        at = offset.x - len(_LABEL)
        if 0 <= at < count:
            event.stop()
            self._canvas.selected = at * each
