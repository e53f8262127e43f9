"""The sheet of a layer: every map, numbered, in the colours of one scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cnnviz.render.run import layer_sheet
from cnnviz.render.run.layer_maps import LayerMaps
from cnnviz.render.theme import DARK, LIGHT

Golden = Callable[..., None]
NOTE = "random weights (seed 0): the maps show the architecture, not what it learned"
ROWS, COLUMNS = np.mgrid[:6, :8]


def stripes(count: int) -> Any:
    """Maps that one tells apart: waves of more and more rows and columns, of both signs."""
    return np.stack([np.sin(ROWS * (1 + n) / 3) * np.cos(COLUMNS * n / 2) * (1 + n) for n in range(count)])


def sheet(output: Any, **given: Any) -> Any:
    return layer_sheet.draw(LayerMaps("conv1", "conv", np.asarray(output)), "conv1 of net", **given)


def places(page: Any, colors: Any) -> list[tuple[int, int]]:
    """Where a block of exactly these pixels stands."""
    height, width = colors.shape[:2]
    corner = (page == colors[0, 0]).all(axis=2)
    corner[:, 1:] &= ~corner[:, :-1]
    first = np.argwhere(corner).tolist()
    return [
        (row, column)
        for row, column in first
        if np.array_equal(page[row : row + height, column : column + width], colors)
    ]


def test_a_sheet_looks_as_kept(golden: Golden) -> None:
    page = sheet(stripes(5), notes=(NOTE,))
    golden("layer-sheet", page, near=2, share=0.02)


def test_a_vector_looks_as_kept(golden: Golden) -> None:
    page = sheet(np.maximum(np.sin(np.arange(100) / 4), 0))
    golden("layer-sheet-vector", page, near=2, share=0.02)
    assert page.shape[0] < 160


@pytest.mark.parametrize(("count", "rows"), [(4, 2), (16, 4), (32, 4), (64, 8)])
def test_rows_are_filled(count: int, rows: int) -> None:
    page = sheet(np.ones((count, 8, 8)))
    one = np.asarray(LayerMaps("conv1", "conv", np.ones((count, 8, 8))).colored(0)[0, 0])
    tops = np.flatnonzero(np.diff((page[:, 30] == one).all(axis=1).astype(int)) == 1)
    assert len(tops) == rows


@pytest.mark.parametrize("by_energy", [False, True])
def test_maps_stand_in_their_order_each_cell_enlarged(by_energy: bool) -> None:
    output = stripes(5)[[2, 4, 0, 1, 3]]
    layer = LayerMaps("conv1", "conv", output)
    page = sheet(output, by_energy=by_energy)
    found = []
    for number in range(5):
        cell = layer_sheet.resized(layer.colored(number), 165, 220, signed=True)
        (place,) = places(page, np.asarray(cell))
        found.append((place, number))
    read = [number for _, number in sorted(found)]
    assert read == (layer.by_energy() if by_energy else [0, 1, 2, 3, 4])


def test_all_cells_of_a_map_have_the_colour_of_their_value() -> None:
    layer = LayerMaps("conv1", "conv", stripes(1))
    enlarged = np.asarray(layer_sheet.resized(layer.colored(0), 60, 80, signed=True))
    np.testing.assert_array_equal(enlarged[5::10, 5::10], layer.colored(0))
    np.testing.assert_array_equal(enlarged[::10, ::10], layer.colored(0))


@pytest.mark.parametrize(
    "shape",
    [
        *((1, 1, 9), (3, 9, 1), (2, 1, 1), (1, 300, 2), (4, 2, 300), (512, 1, 7), (1, 1, 1)),
        *((1,), (3,), (64,), (65,), (1000,), (5000,), (7, 9), (1, 224, 224), (300, 7, 7)),
    ],
)
def test_sheets_of_every_shape_have_room_for_all_and_no_more(shape: tuple[int, ...]) -> None:
    page = sheet(np.arange(np.prod(shape)).reshape(shape), notes=(NOTE,))
    height, width, _ = page.shape
    assert 560 <= width <= 1260
    assert height <= 40 * 130
    # The paper shows at every side, and the drawing reaches to near the lower end.
    drawn = (page != LIGHT.paper).any(axis=2)
    assert not drawn[:, :15].any()
    assert not drawn[:, -15:].any()
    assert not drawn[-2:].any()
    assert drawn[-45:].any()


def test_the_bar_between_its_ends_has_the_colours_of_the_maps() -> None:
    layer = LayerMaps("conv1", "conv", stripes(3))
    ((_, left),) = places(sheet(stripes(3)), layer.bar(8, 160))
    assert left > 20  # the lower end stands before it


def test_the_share_that_is_clipped_is_said_and_a_vector_has_none() -> None:
    outlier = np.ones((1, 40, 40))
    outlier[0, 0, 0] = 1e4
    layers = [LayerMaps("conv1", "conv", values) for values in (outlier, np.ones((1, 40, 40)))]
    clipped, whole = (layer_sheet.draw(layer, "t")[40:56] for layer in layers)
    assert np.flatnonzero((clipped != LIGHT.paper).any(axis=(0, 2))).max() > 400
    assert np.flatnonzero((whole != LIGHT.paper).any(axis=(0, 2))).max() < 320
    assert LayerMaps("fc", "linear", outlier.ravel()).tone.high == 1e4
    signed = LayerMaps("fc", "linear", -outlier.ravel()).tone
    assert (signed.low, signed.high, signed.clipped) == (-1e4, 1e4, 0)


@pytest.mark.parametrize("shape", [(4, 18, 2998), (4, 2998, 6), (1, 1, 3000), (1, 3000, 1)])
def test_very_wide_and_very_tall_maps_are_no_hairlines(shape: tuple[int, ...]) -> None:
    page = sheet(np.ones(shape))
    cells = (page == LayerMaps("conv1", "conv", np.ones(shape)).colored(0)[0, 0]).all(axis=2)[90:]
    columns, rows = np.flatnonzero(cells.any(axis=0)), np.flatnonzero(cells.any(axis=1))
    assert len(rows) >= 8 * (shape[0] if shape[2] > shape[1] else 1)
    assert len(columns) >= 8 * (shape[0] if shape[2] < shape[1] else 1)
    if shape[2] > shape[1]:
        assert len(columns) > 1100


def test_numbers_of_narrow_maps_do_not_run_together() -> None:
    page = sheet(np.zeros((300, 3000, 8)))
    numbers = (page[70:96] != LIGHT.paper).any(axis=(0, 2))
    gaps = np.diff(np.flatnonzero(numbers))
    assert (gaps >= 4).sum() >= 20


def test_of_very_many_maps_as_many_as_fit_are_shown_and_it_says_so() -> None:
    some = sheet(np.ones((layer_sheet.MOST, 2, 2)))
    more = sheet(np.ones((2 * layer_sheet.MOST, 2, 2)))
    assert some.shape == more.shape
    assert (some[:60] != more[:60]).any()
    np.testing.assert_array_equal(some[60:], more[60:])


def test_notes_are_never_cut_on_the_narrowest_sheet() -> None:
    short = sheet(np.ones((1, 2, 2)), notes=(NOTE,))
    longer = sheet(np.ones((1, 2, 2)), notes=(f"{NOTE}.",))
    assert (short != longer).any()
    assert not (short[:90, -20:] != LIGHT.paper).any()


def test_a_very_long_name_is_cut_inside_of_the_page() -> None:
    layer = LayerMaps("a/" * 300, "conv", np.ones((1, 2, 2)))
    page = layer_sheet.draw(layer, f"{layer.name} of net")
    assert page.shape[1] == sheet(np.ones((1, 2, 2))).shape[1]
    assert not (page[:, -15:] != LIGHT.paper).any()


def test_dark_is_light_on_dark() -> None:
    page = sheet(stripes(2), dark=True)
    assert (page[0, 0] == DARK.paper).all()
    assert page.shape == sheet(stripes(2)).shape


def test_a_vector_is_written_row_by_row() -> None:
    values = np.arange(130.0) - 60
    layer = LayerMaps("fc", "linear", values)
    page = layer_sheet.draw(layer, "fc of net")
    side = (1180 - 48) // 64
    top, left = next(
        (row, column)
        for row in range(70, 140)
        for column in (68,)
        if (page[row, column] == layer.colored(0)[0, 0]).all()
    )
    for number, color in enumerate(layer.colored(0)[0]):
        row, column = divmod(number, 64)
        place = page[top + row * side + side // 2, left + column * side + side // 2]
        np.testing.assert_array_equal(place, color)
    after = page[top + 2 * side + side // 2, left + 2 * side + side // 2]
    np.testing.assert_array_equal(after, LIGHT.paper)
