"""Where on a picture each of its positions looks, and the parts that are made of them."""

from __future__ import annotations

import pytest

from llada_tui.models.any_resolution import AnyResolution, grids_of
from llada_tui.models.picture_parts import picture_parts
from llada_tui.models.seeing import with_pictures
from tests.models.llada_v import picture, seeing

PUBLISHED = AnyResolution(384, 27, grids_of("(1x1),...,(6x6)", 384), 4)


@pytest.mark.parametrize("size", [(384, 384), (1000, 300), (369, 1759), (3, 3), (700, 1)])
def test_every_position_has_its_centre_and_newlines_have_none(size: tuple[int, int]) -> None:
    centres = PUBLISHED.centres(size)
    rows, columns = PUBLISHED.shape(size)
    assert len(centres) == PUBLISHED.tokens(size)
    assert centres.count(None) == rows
    tiles = [point for point in centres[729:] if point is not None]
    assert tiles[0] == (0.5 / columns, 0.5 / rows)
    assert tiles[-1] == pytest.approx(((columns - 0.5) / columns, (rows - 0.5) / rows))
    assert centres[0] == (0.5 / 27, 0.5 / 27)
    assert all(0 < x < 1 and 0 < y < 1 for x, y in (point for point in centres if point is not None))


def test_what_pads_a_picture_to_a_square_is_no_part_of_it() -> None:
    centres = PUBLISHED.square_centres((300, 100))
    on_picture = [point for point in centres if point is not None]
    assert len(centres) == 729
    assert len(on_picture) == 9 * 27
    assert centres.index(on_picture[0]) == 9 * 27
    assert on_picture[0] == pytest.approx((0.5 / 27, 0.5 / 9))


@pytest.mark.parametrize("most", [1, 4, 9, 36])
def test_parts_cover_each_picture_once(most: int) -> None:
    pictures = [picture(index) for index in (0, 2)]
    model, (prompt,) = with_pictures(seeing().loaded, [[5, -200, 6, -200]], pictures)
    parts = picture_parts(model, prompt, [each.size for each in pictures], most)
    numbers = {part.picture for part in parts}
    assert numbers == ({1} if most == 1 else {0, 1})
    assert len(parts) <= most
    for number in numbers:
        area = sum((part.right - part.left) * (part.bottom - part.top) for part in parts if part.picture == number)
        assert area == pytest.approx(1)
    places = [place for part in parts for place in part.places]
    assert len(places) == len(set(places))
    assert all(prompt[place] >= model.vocab_size for place in places)
    tiling = model.network.tiling
    expected = sum(tiling.tokens(pictures[number].size) - tiling.shape(pictures[number].size)[0] for number in numbers)
    assert len(places) == expected
