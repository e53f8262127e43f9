"""The contact sheet: every tile whole, in its colours, with its scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from cnnviz import colormaps
from cnnviz.render.contact_sheet import LONGEST, Tile, draw, reduce, tiles
from cnnviz.render.drawing import Drawing
from cnnviz.render.tone import Tone

Array = NDArray[Any]
VIK = colormaps.choose("vik", symmetric=True).palette
SCALE = Tone("symmetric", -212, 212, 0.005)


def noise(seed: int, shape: tuple[int, ...]) -> Array:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def found(page: Array, block: Array) -> list[tuple[int, int]]:
    """Every place (row, column) of the page where ``block`` (h, w, 3) stands."""
    height, width = block.shape[:2]
    first_row = sliding_window_view(page[: len(page) - height + 1], (1, width, 3)).reshape(
        -1, page.shape[1] - width + 1, width, 3
    )
    places = np.argwhere((first_row[:, :, :8] == block[0, :8]).all(axis=(2, 3)))
    return [
        (int(row), int(column))
        for row, column in places
        if np.array_equal(page[row : row + height, column : column + width], block)
    ]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 12])
def test_every_tile_stands_on_the_page_once_and_whole(count: int) -> None:
    blocks = [noise(number, (40, 60, 3)) for number in range(count)]
    page = draw("cat", "stride 1", [Tile(str(number), "", block) for number, block in enumerate(blocks)])
    places = [found(page, block) for block in blocks]
    assert [len(each) for each in places] == [1] * count
    assert [each[0] for each in places] == sorted(each[0] for each in places)  # row by row, in their order


def test_grey_and_palettes_are_drawn_in_their_colours() -> None:
    codes = noise(1, (30, 50))
    page = draw("", "", [Tile("grey", "", codes, SCALE), Tile("vik", "", codes, SCALE, VIK)])
    assert len(found(page, np.dstack([codes] * 3))) == 1
    assert len(found(page, np.frombuffer(VIK, np.uint8).reshape(256, 3)[codes])) == 1


@pytest.mark.parametrize("palette", [None, VIK])
def test_the_scale_runs_from_the_first_code_to_the_last(palette: bytes | None) -> None:
    codes = noise(2, (20, 160))
    page = draw("", "", [Tile("", "", codes, SCALE, palette)])
    table = (
        np.dstack([np.arange(256)] * 3)[0]
        if palette is None
        else np.frombuffer(palette, np.uint8).reshape(256, 3)
    )
    ((row, column),) = found(page, table[codes].astype(np.uint8))
    bar = page[row + 20 + 6 + 3, column : column + 160]
    assert bar[0].tolist() == table[1].tolist()
    assert bar[-1].tolist() == table[255].tolist()
    assert bar[80].tolist() in [table[128].tolist(), table[129].tolist()]


def test_the_picture_itself_has_no_scale() -> None:
    codes = noise(3, (20, 160, 3))
    with_scale = draw("", "", [Tile("", "", codes, SCALE)])
    without = draw("", "", [Tile("", "", codes)])
    ((row, column),) = found(without, codes)
    assert (without[row + 22 :, column:] == 255).all()
    assert not (with_scale[row + 22 :, column:] == 255).all()


def bars(page: Array) -> int:
    """How many bars with the whole palette are on the page."""
    ends = (page[:, 1:] == np.frombuffer(VIK[-3:], np.uint8)).all(axis=2)
    inside = (page[:, :-1] != np.frombuffer(VIK[-3:], np.uint8)).any(axis=2)
    rows = (ends & inside).sum(axis=1)
    return int(rows.sum()) // 8


def test_a_scale_that_all_share_is_drawn_once() -> None:
    codes = np.full((20, 40), 128, np.uint8)
    other = Tone("symmetric", -5, 5, 0)
    same = [Tile(str(number), "", codes, SCALE, VIK) for number in range(12)]
    picture = Tile("the picture", "", codes)
    assert bars(draw("", "", same)) == bars(draw("", "", [picture, *same])) == 1
    assert bars(draw("", "", [*same, Tile("", "", codes, other, VIK)])) == 13
    assert bars(draw("", "", same[:1])) == 1


def test_a_label_that_is_cut_keeps_the_number_at_its_end() -> None:
    codes = noise(4, (20, 160, 3))
    first, second, again = (
        draw("", "", [Tile("x" * 100 + end, "1x2x3", codes)]) for end in (" 10", " 11", " 10")
    )
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, again)


def test_labels_are_drawn_and_cut_where_they_have_no_room() -> None:
    tiles = [Tile("", "", noise(4, (20, 160, 3)))]
    plain = draw("", "", tiles)
    titled = draw("a" * 1000, "b" * 1000, tiles)
    assert (plain.shape, titled.shape) == ((150, 360, 3), (150, 640, 3))  # it grows for what is said, so far
    assert (titled[:, -10:] == 255).all()
    assert not np.array_equal(plain, titled)
    assert not np.array_equal(draw("", "", [Tile("sobel-x", "1x2x3", tiles[0].codes)]), plain)


@pytest.mark.parametrize("name", ["猫", "a\nb", "\x1b[31m", "\udcff", "é", ""])
def test_any_name_can_be_a_title(name: str) -> None:
    assert draw(name, name, [Tile(name, name, noise(5, (20, 20)))]).ndim == 3


@given(st.integers(1, 2000), st.integers(1, 2000))
def test_a_tile_is_at_most_as_long_as_it_may_be(height: int, width: int) -> None:
    rows, columns = reduce(np.zeros((height, width), np.uint8)).shape
    assert max(rows, columns) <= LONGEST
    assert min(rows, columns) >= 1
    assert max(rows, columns) > LONGEST / 2


def test_small_tiles_grow_by_a_whole_factor() -> None:
    codes = noise(6, (8, 5, 3))
    assert np.array_equal(reduce(codes), codes.repeat(40, 0).repeat(40, 1))


def test_a_large_tile_is_its_means() -> None:
    codes = noise(7, (640, 640)) // 128 * 255
    means = codes.reshape(320, 2, 320, 2).mean(axis=(1, 3))
    assert np.abs(reduce(codes) - means).max() <= 1


@pytest.mark.parametrize("count", range(1, 40))
def test_a_page_is_neither_a_column_nor_a_row(count: int) -> None:
    page = draw("", "", [Tile("", "", np.zeros((20, 160), np.uint8))] * count)
    assert 0.3 < page.shape[1] / page.shape[0] < 4


def test_a_fine_map_of_both_signs_does_not_fade_to_grey() -> None:
    fine = np.indices((700, 900)).sum(axis=0) % 2 * 2 - 1
    drawing = Drawing(fine[np.newaxis], Tone("symmetric", -1, 1, 0))
    (tile,) = tiles(drawing, "fine")
    assert max(tile.codes.shape) == LONGEST
    assert set(np.unique(tile.codes)) == {1, 255}


def test_a_map_of_one_sign_is_averaged() -> None:
    fine = np.indices((700, 900)).sum(axis=0) % 2
    (tile,) = tiles(Drawing(fine[np.newaxis], Tone("abs", 0, 1, 0)), "fine")
    assert np.unique(tile.codes).tolist() != [0, 255]
    assert abs(tile.codes.mean() - 127.5) < 5
