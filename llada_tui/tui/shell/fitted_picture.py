"""A picture in the cells that it is drawn in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, eq=False)
class FittedPicture:
    """A picture (RGB) in so many cells. Each is two pixels high as half blocks; the last row may have upper ones
    alone."""

    picture: Image
    columns: int
    half_rows: int

    @property
    def rows(self) -> int:
        """Rows of cells."""
        return -(-self.half_rows // 2)
