"""Tiles and positions of pictures, at the true sizes of LLaDA-V: tiles of 384 pixels with 27 x 27 features."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from llada_tui.models.any_resolution import AnyResolution, grids_of
from tests.models.llada_v import EXPECTED, tensors

TRUE = AnyResolution(384, 27, grids_of("(1x1),...,(6x6)", 384), 4)


def name_of(geometry: dict[str, Any]) -> str:
    return "x".join(map(str, geometry["size_wh"]))


def test_both_forms_of_the_grids_are_the_same() -> None:
    listed = [[384 * i, 384 * j] for i in range(1, 7) for j in range(1, 7)]
    assert grids_of(listed, 384) == list(TRUE.grids)


def test_the_published_geometries() -> None:
    assert len(EXPECTED["geometry384"]) == 60
    for geometry in EXPECTED["geometry384"]:
        size = tuple(geometry["size_wh"])
        made = TRUE.grid(size), TRUE.shape(size), TRUE.tokens(size)
        assert made == (tuple(geometry["grid_wh"]), tuple(geometry["final_hw"]), geometry["tokens"]), size
        assert TRUE.tokens(size) <= TRUE.most_tokens


@pytest.mark.parametrize("geometry", [each for each in EXPECTED["geometry384"] if "tensor" in each], ids=name_of)
def test_features_are_put_together_as_published(geometry: dict[str, Any]) -> None:
    """Each feature is its row and column; the squeezed picture's are 1000 more; a newline is (-1, -2)."""
    size, side = tuple(geometry["size_wh"]), TRUE.patches
    columns, rows = TRUE.grid(size)
    places = torch.cartesian_prod(torch.arange(side * rows), torch.arange(side * columns)).float()
    tiles = places.view(rows, side, columns, side, 2).transpose(1, 2).reshape(-1, side * side, 2)
    base = torch.cartesian_prod(torch.arange(side), torch.arange(side)).float()[None] + 1000
    made = TRUE.arranged(torch.cat([base, tiles]), size, torch.tensor([-1.0, -2.0]))
    assert torch.equal(made, tensors()[geometry["tensor"]])


def test_the_published_pixels() -> None:
    from PIL import Image

    (expected,) = EXPECTED["pixels384"]
    tiles = TRUE.tiles(Image.fromarray(tensors()["pixels384.0.rgb"].numpy()))
    assert list(tiles.shape) == expected["shape"]
    assert tiles.double().sum().item() == pytest.approx(expected["sum"], abs=1e-6)
    assert torch.equal(tiles.flatten()[tensors()["pixels384.0.at"].long()], tensors()["pixels384.0.values"])


def test_a_picture_of_few_pixels_is_read_as_any_other() -> None:
    from PIL import Image

    for size in ((1, 1), (3, 3), (2000, 1), (1, 2000)):
        picture = Image.new("RGB", size, (255, 0, 0))
        square = TRUE.square(picture)
        assert square.shape == (1, 3, 384, 384)
        assert max(size) > 3 or square[0, :, 192, 192].tolist() == [1, -1, -1]
        assert len(TRUE.tiles(picture)) == 1 + TRUE.grid(size)[0] * TRUE.grid(size)[1]


@pytest.mark.parametrize(
    ("pinpoints", "sentence"), [("(1x1),...,(99x99)", "too many"), ([[0, 384]], "no grid"), ([], "no list")]
)
def test_grids_that_are_none_are_refused(pinpoints: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        grids_of(pinpoints, 384)
