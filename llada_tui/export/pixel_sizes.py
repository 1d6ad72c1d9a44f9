"""Sizes that pictures and animations share, in pixels."""

CELL, ROW, SIZE = 9, 20, 15
"""Width and height of a cell, and size of the letters: JetBrains Mono is exactly as wide as a cell then."""
BASELINE = 15
"""From the top of a row to the foot of its letters."""
