"""Pictures of any size for a tower that sees squares of one size: cut into tiles, and the tiles' features put together.

LLaVA-NeXT's way (``anyres_max_N`` with ``spatial_unpad``), as LLaDA-V publishes it (arXiv 2505.16933; ``mm_utils.py``
and ``llava_arch.py`` of ML-GSAI/LLaDA-V): the whole picture squeezed into one tile, then the picture on the grid of
tiles that suits it best, centred on black. In the features the black edges are cut away, rows of patches are made fewer
where they are very many, and each row ends with a learned newline.

Differences from the published code, where it fails: a picture of 3 x 3 or of 1 x 1 pixels is read as any other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

if TYPE_CHECKING:
    from PIL.Image import Image

Size = tuple[int, int]
"""Width and height."""
Point = tuple[float, float]
"""A place on a picture, in parts of its width and of its height."""

_GREY = (127, 127, 127)
"""The colour that pads a picture to a square: the mean of the published preprocessing."""
_SHRINK_ABOVE = 1.1
"""Rows of patches are made fewer where there are more than this, squared, times as many as are wanted."""


def grids_of(pinpoints: object, side: int) -> list[Size]:
    """The canvases of ``image_grid_pinpoints``, in pixels: a list of widths and heights, or the text
    ``(1x1),...,(6x6)``, which counts tiles of ``side`` pixels. Raises `ValueError` for anything else."""
    if isinstance(pinpoints, str):
        corners = re.findall(r"\((\d{1,4})x(\d{1,4})\)", pinpoints)
        if not corners:
            raise ValueError("image_grid_pinpoints names no grids")
        (left, low), (right, high) = ([int(number) for number in corner] for corner in (corners[0], corners[-1]))
        if (right - left + 1) * (high - low + 1) > _MOST_GRIDS:
            raise ValueError("image_grid_pinpoints names too many grids")
        pinpoints = [[i * side, j * side] for i in range(left, right + 1) for j in range(low, high + 1)]
    if not isinstance(pinpoints, Sequence) or not 0 < len(pinpoints) <= _MOST_GRIDS:
        raise ValueError("image_grid_pinpoints is no list of grids")
    grids = [tuple(grid) for grid in pinpoints if isinstance(grid, Sequence)]
    if len(grids) != len(pinpoints) or not all(_is_grid(grid, side) for grid in grids):
        raise ValueError(f"image_grid_pinpoints holds what is no grid of tiles of {side} pixels")
    return grids


_MOST_GRIDS = 1024
_MOST_TILES = 256


def _is_grid(grid: tuple[object, ...], side: int) -> bool:
    if len(grid) != 2 or not all(isinstance(length, int) and not isinstance(length, bool) for length in grid):
        return False
    width, height = (int(str(length)) for length in grid)
    whole = width > 0 and height > 0 and not width % side and not height % side
    return whole and width // side * (height // side) <= _MOST_TILES


@dataclass(frozen=True, slots=True)
class AnyResolution:
    """The way from pictures to tiles and features.

    ``side``: pixels of a tile, which has ``patches`` x ``patches`` features. ``grids``: the canvases that may be
    chosen, in pixels. ``most_tiles``: above about so many tiles' features their rows are made fewer; None for never.
    """

    side: int
    patches: int
    grids: Sequence[Size]
    most_tiles: int | None

    def grid(self, size: Size) -> Size:
        """Columns and rows of the tiles for a picture: the canvas that keeps most of its pixels, then the one that
        leaves least of itself empty, then the first."""

        def order(canvas: Size) -> tuple[int, int]:
            scale = min(canvas[0] / size[0], canvas[1] / size[1])
            kept = min(int(size[0] * scale) * int(size[1] * scale), size[0] * size[1])
            return -kept, canvas[0] * canvas[1] - kept

        width, height = min(self.grids, key=order)
        return width // self.side, height // self.side

    def tiles(self, picture: Image) -> Tensor:
        """The squeezed picture, then its tiles row by row: float32, ``(1 + tiles, 3, side, side)``, from -1 to 1."""
        columns, rows = self.grid(picture.size)
        padded = _padded(picture, (columns * self.side, rows * self.side))
        boxes = ((column * self.side, row * self.side) for row in range(rows) for column in range(columns))
        cut = [padded.crop((left, top, left + self.side, top + self.side)) for left, top in boxes]
        return torch.stack([_normalised(tile) for tile in (picture.resize((self.side, self.side)), *cut)])

    def square(self, picture: Image) -> Tensor:
        """The picture padded to a square, as the one tile: float32, ``(1, 3, side, side)``."""
        return _normalised(_squared(picture).resize((self.side, self.side)))[None]

    def unpadded(self, size: Size) -> tuple[int, int]:
        """Rows and columns of a picture's features on its grid, without those of the black edges."""
        columns, rows = self.grid(size)
        width, height = columns * self.patches, rows * self.patches
        if size[0] / size[1] > width / height:
            return height - 2 * ((height - int(size[1] * (width / size[0]))) // 2), width
        return height, width - 2 * ((width - int(size[0] * (height / size[1]))) // 2)

    def shape(self, size: Size) -> tuple[int, int]:
        """Rows and columns of a picture's features on its grid, as the model gets them but for the newlines."""
        height, width = self.unpadded(size)
        times = 0.0 if self.most_tiles is None else math.sqrt(height * width / (self.most_tiles * self.patches**2))
        return (int(height // times), int(width // times)) if times > _SHRINK_ABOVE else (height, width)

    def tokens(self, size: Size) -> int:
        """The number of positions that a picture takes."""
        height, width = self.shape(size)
        return self.patches**2 + height * (width + 1)

    @property
    def most_tokens(self) -> int:
        """No picture takes more positions than this."""
        least = min(width * height for width, height in self.grids) // self.side**2
        most = max(width * height for width, height in self.grids) // self.side**2
        longest = max(max(grid) for grid in self.grids) // self.side * self.patches
        tiles = most if self.most_tiles is None else max(least, min(most, self.most_tiles * _SHRINK_ABOVE**2))
        return self.patches**2 + math.ceil(tiles * self.patches**2) + longest

    def centres(self, size: Size) -> list[Point | None]:
        """The centre of what each position of a picture sees; None for the newlines."""
        rows, columns = self.shape(size)
        lines = [[*_centres(columns, [(row + 0.5) / rows]), None] for row in range(rows)]
        return [*self._patch_centres(), *(point for line in lines for point in line)]

    def square_centres(self, size: Size) -> list[Point | None]:
        """The centre of what each position of a picture sees that is padded to a square; None beside the picture."""
        side = max(size)
        across, down = (side / length for length in size)
        points = [(0.5 + (x - 0.5) * across, 0.5 + (y - 0.5) * down) for x, y in self._patch_centres()]
        return [(x, y) if 0 <= x < 1 and 0 <= y < 1 else None for x, y in points]

    def _patch_centres(self) -> list[Point]:
        return _centres(self.patches, [(row + 0.5) / self.patches for row in range(self.patches)])

    def arranged(self, features: Tensor, size: Size, newline: Tensor) -> Tensor:
        """The features of a picture for the model: ``(tokens, width)``, from the features of its `tiles`, ``(1 + tiles,
        patches * patches, width)``. ``newline``: ``(width)``."""
        columns, rows = self.grid(size)
        side = self.patches
        grid = features[1:].view(rows, columns, side, side, -1).permute(4, 0, 2, 1, 3).flatten(1, 2).flatten(2, 3)
        height, width = self.unpadded(size)
        top, left = (grid.shape[1] - height) // 2, (grid.shape[2] - width) // 2
        grid = grid[:, top : top + height, left : left + width]
        shape = self.shape(size)
        if shape != (height, width):
            grid = torch.nn.functional.interpolate(grid[None], list(shape), mode="bilinear")[0]
        ends = newline[:, None, None].to(grid.dtype).expand(-1, grid.shape[1], 1)
        lines = torch.cat([grid, ends], 2).flatten(1).transpose(0, 1)
        return torch.cat([features[0], lines])


def _centres(columns: int, heights: Sequence[float]) -> list[Point]:
    """The centres of the columns of some rows, row by row."""
    return [((column + 0.5) / columns, height) for height in heights for column in range(columns)]


def _padded(picture: Image, canvas: Size) -> Image:
    """A picture scaled to fit a canvas, centred on black."""
    from PIL import Image

    across, down = canvas[0] / picture.width, canvas[1] / picture.height
    if across < down:
        scaled = canvas[0], min(math.ceil(picture.height * across), canvas[1])
    else:
        scaled = min(math.ceil(picture.width * down), canvas[0]), canvas[1]
    padded = Image.new("RGB", canvas)
    padded.paste(picture.resize(scaled), ((canvas[0] - scaled[0]) // 2, (canvas[1] - scaled[1]) // 2))
    return padded


def _squared(picture: Image) -> Image:
    from PIL import Image

    side = max(picture.size)
    square = Image.new("RGB", (side, side), _GREY)
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return square


def _normalised(tile: Image) -> Tensor:
    """Float32, ``(3, height, width)``, from -1 to 1, rounded as the published preprocessing rounds."""
    scaled = (np.asarray(tile).astype(np.float64) * (1 / 255)).astype(np.float32)
    return torch.from_numpy(((scaled - np.float32(0.5)) / np.float32(0.5)).transpose(2, 0, 1).copy())
