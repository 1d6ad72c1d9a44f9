"""The curves of accuracy against tokens a pass in docs/strategies.md: figures, and the picture docs/parallelism.svg."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log2
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from llada_tui.analysis.parallelism import CurvePoint, accuracy_under_parallelism
from llada_tui.settings.sampler_settings import NO_CACHE

PICTURE = Path(__file__).resolve().with_name("parallelism.svg")
WRITER = ("low_confidence", 64)
"""The strategy and its steps with which one token is written a pass: how many tokens the answers have."""
_COLUMNS, _WIDTH, _HEIGHT = 5, 168, 118
_LEFT, _TOP, _RIGHT, _BOTTOM = 30, 24, 8, 18
_MARGIN = 12
_TICKS = (1, 2, 4, 8, 16)
_MOST = 25.0
_LEAST = 0.5
_LOW, _HIGH = 60.0, 100.0
_STYLE = (
    "text{font:11px ui-sans-serif,system-ui,sans-serif;fill:#374151}.name{font-weight:600;fill:#111827}"
    ".small{font-size:9px;fill:#6b7280}.grid{stroke:#e5e7eb}.other{fill:none;stroke:#d8dce2}"
    ".curve{fill:none;stroke:#2563eb;stroke-width:2}.point{fill:#2563eb}"
)


def curves(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[CurvePoint]]:
    """For each strategy what was measured of it without a cache, in the order of tokens a pass.

    All were asked the same questions. Their answers' tokens are counted once, by `WRITER`, which writes one a pass.
    """
    plain = [row for row in rows if row["cache"] == NO_CACHE]
    written = next((row for row in plain if (row["strategy"], row["steps"]) == WRITER), None)
    if written is None:
        return {}
    by_strategy: dict[str, list[CurvePoint]] = {}
    for row in plain:
        if row["each"] == written["each"] and row["weights"] == written["weights"]:
            point = CurvePoint(written["passes"] / row["passes"], 100 * row["accuracy"])
            by_strategy.setdefault(row["strategy"], []).append(point)
    return {name: sorted(points) for name, points in by_strategy.items()}


def areas(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The AUP of each strategy's curve; the best accuracy is that of all of them."""
    by_strategy = curves(rows)
    best = max((point.percent for points in by_strategy.values() for point in points), default=0.0)
    return {name: accuracy_under_parallelism(points, best) for name, points in by_strategy.items()}


def picture(rows: Sequence[Mapping[str, Any]]) -> str:
    """A panel for each strategy, its curve before those of all others, by falling AUP."""
    by_strategy, by_area = curves(rows), areas(rows)
    names = sorted(by_strategy, key=lambda name: (-by_area[name], name))
    lines = -(-len(names) // _COLUMNS)
    width, height = 2 * _MARGIN + _COLUMNS * _WIDTH, 2 * _MARGIN + lines * _HEIGHT + 18
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        "<title>Right answers against tokens a forward pass, for each strategy</title>",
        f'<style>{_STYLE}</style><rect width="{width}" height="{height}" rx="8" fill="#ffffff"/>',
    ]
    others = "".join(f'<path class="other" d="{_path(points)}"/>' for points in by_strategy.values())
    parts.append(f'<defs><g id="others">{others}</g></defs>')
    for number, name in enumerate(names):
        line, column = divmod(number, _COLUMNS)
        x, y = _MARGIN + column * _WIDTH, _MARGIN + line * _HEIGHT
        parts.append(f'<g transform="translate({x} {y})">{_axes(name, by_area[name])}<use href="#others"/>')
        parts.append(f'<path class="curve" d="{_path(by_strategy[name])}"/>')
        parts += [
            f'<circle class="point" cx="{_x(point):.1f}" cy="{_y(point.percent):.1f}" r="2.5"/>'
            for point in by_strategy[name]
        ]
        parts.append("</g>")
    foot = "Across: tokens a forward pass. Up: right answers in percent. Grey: the other strategies."
    parts.append(f'<text class="small" x="{_MARGIN + _LEFT}" y="{height - _MARGIN}">{foot}</text></svg>')
    return "\n".join(parts) + "\n"


def _axes(name: str, area: float) -> str:
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = [
        f'<text class="name" x="{_LEFT}" y="14">{escape(name)}</text>',
        f'<text class="small" x="{_LEFT + 2}" y="{bottom - 4}">AUP {area:,.0f}</text>',
    ]
    for percent in (60, 80, 100):
        y = _y(percent)
        parts.append(f'<path class="grid" d="M{_LEFT} {y:.1f}H{right}"/>')
        parts.append(f'<text class="small" x="{_LEFT - 4}" y="{y + 3:.1f}" text-anchor="end">{percent}</text>')
    for tick in _TICKS:
        x = _x(CurvePoint(tick, 0))
        parts.append(f'<text class="small" x="{x:.1f}" y="{bottom + 12}" text-anchor="middle">{tick}</text>')
    return "".join(parts)


def _path(points: Sequence[CurvePoint]) -> str:
    return "M" + "L".join(f"{_x(point):.1f} {_y(point.percent):.1f}" for point in points)


def _x(point: CurvePoint) -> float:
    share = log2(point.tokens_per_pass / _LEAST) / log2(_MOST / _LEAST)
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _y(percent: float) -> float:
    share = (max(percent, _LOW) - _LOW) / (_HIGH - _LOW)
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)
