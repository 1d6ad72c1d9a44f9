"""The influences on a token, as lines of the token page: the strongest first, a bar each, in as many columns as fit."""

from __future__ import annotations

from llada_tui.trace.text import TokenBytes
from llada_tui.tui.shell.styled_lines import Line, fitted, wrapped
from llada_tui.worker.protocol import Influences, Lean

LEAST = 0.05
"""Nats below which a token has no influence worth showing: it changes a probability by less than a twentieth of it."""
_LABEL, _NUMBER, _GAP = 10, 6, 2
_BARS = range(6, 25)
"""The cells that the longest bar may have."""
_FIXED = _LABEL + 1 + _NUMBER + 1


def strongest(influences: Influences) -> list[Lean]:
    """The influences worth showing, the strongest first."""
    return sorted((lean for lean in influences.leans if abs(lean.nats) >= LEAST), key=lambda lean: -abs(lean.nats))


def influence_lines(influences: Influences, token_bytes: TokenBytes, width: int, room: int) -> list[Line]:
    """Lines of texts with the kinds of their looks: a heading, and what fits below it in ``room`` lines."""
    shown, passes = strongest(influences), 1 + len(influences.leans)
    cost = f"one pass of {passes} rows, {1000 * influences.seconds:.0f} ms"
    name = f"“{token_bytes.label(influences.token)}” {influences.chance:.1%}"
    if not shown:
        words = f"None of the {len(influences.leans)} nearest changes that when it is masked; {cost}."
        return [[(f"{name} leans on no single word.", "text")], *wrapped([(words, "dim")], width)]
    heading = f"{name} leans on (ln p with the word − ln p without it)"
    if len(heading) + len(cost) + 3 > width:
        heading = f"{name} leans on (ln p in nats, − against)"
    lines = wrapped([(heading, "dim"), (f" · {cost}", "dim")], width)[: max(room - 1, 1)]
    room -= len(lines)
    needed = -(-len(shown) // max(room, 1))
    columns = max(1, min(needed, (width + _GAP) // (_FIXED + _BARS[0] + _GAP)))
    rows = max(1, min(room, -(-len(shown) // columns)))
    longest = max(1, min((width + _GAP) // columns - _GAP - _FIXED, _BARS[-1]))
    for row in range(rows):
        line: Line = []
        for lean in shown[row : rows * columns : rows]:
            line += [(" " * _GAP, "dim")] if line else []
            line += _item(lean, token_bytes, abs(shown[0].nats), longest)
        lines.append(line)
    return lines


def _item(lean: Lean, token_bytes: TokenBytes, most: float, longest: int) -> Line:
    number = f"{lean.nats:+.2f}".replace("-", "−")
    bar = "━" * max(1, round(abs(lean.nats) / most * longest))
    return [
        (fitted(token_bytes.label(lean.token), _LABEL), "text"),
        (f" {number:>{_NUMBER}} ", "text"),
        (f"{bar:<{longest}}", "bar" if lean.nats > 0 else "against"),
    ]
