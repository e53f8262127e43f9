"""The page of a sweep: nothing lies on anything else, numbers that can be read, the picture it is from."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from numpy.typing import NDArray
from PIL import ImageFont

from cnnviz.jobs.settings import Pooling
from cnnviz.lessons.animate import sweep
from cnnviz.lessons.layer import Layer
from cnnviz.render import animation
from cnnviz.render.animate import frames as animate
from cnnviz.render.animate.frames import Origin, Page
from cnnviz.render.animate.layout import Panel, lay_out
from cnnviz.render.animate.lines import lines
from cnnviz.render.theme import LIGHT
from tests.lessons.making import layers

Array = NDArray[Any]

ONES = np.ones((1, 1, 3, 3), int)
UNIT = np.random.default_rng(0).random((1, 9, 12))
THUMBNAIL = np.arange(80 * 120, dtype=np.uint8).reshape(80, 120)


def size_of(panel: Panel) -> float:
    assert isinstance(panel.letters, ImageFont.FreeTypeFont)
    return panel.letters.size


def drawn(pixels: Array, layer: Layer, origin: Origin | None = None, number: int = 0) -> Array:
    palette = animate.palette(".png", dark=False)
    (frame,) = animate.frames(
        sweep(pixels, layer), Page(("cat", "k"), "stride 1", 255, origin), [number], palette
    )
    return animation.still(frame, palette)


@given(layers(floats=True))
@settings(max_examples=60)
def test_no_heading_reaches_into_the_next_panel(case: tuple[Array, Layer]) -> None:
    pixels, layer = case
    layout = lay_out(sweep(pixels, layer._replace(pool=Pooling("max", None))))
    rows = [[*pair, layout.map, layout.pooled] for pair in zip(layout.inputs, layout.kernels, strict=True)]
    letters = ImageFont.load_default(14)
    for row in rows:
        for panel, beside in pairwise(row):
            assert panel is not None
            assert beside is not None
            ends = max(panel.end[1], panel.corner[1] + letters.getlength(panel.heading))
            assert ends + 20 < beside.corner[1]
    for upper, lower in [*pairwise(layout.inputs), *pairwise(layout.kernels)]:
        assert upper.end[0] + 20 < lower.corner[0]


def test_numbers_of_long_floats_have_two_digits_and_letters_that_can_be_read() -> None:
    layout = lay_out(sweep(UNIT, Layer(np.random.default_rng(1).normal(size=(1, 1, 3, 3)))))
    assert layout.inputs[0].texts[0][0] == f"{UNIT[0, 0, 0]:.2f}"
    for panel in (*layout.inputs, *layout.kernels, layout.map):
        assert size_of(panel) >= 11
        shown = np.array([[float(text) for text in row] for row in panel.texts])
        assert np.abs(shown - panel.values).max() <= 0.05 * np.abs(panel.values).max()


def test_numbers_that_fit_are_exact() -> None:
    layout = lay_out(sweep(np.array([[[0.25, 127.5], [3, -1020]]]), Layer(np.ones((1, 1, 1, 1)))))
    assert layout.inputs[0].texts == [["0.25", "127.5"], ["3", "-1020"]]


def test_a_kernel_grows_where_only_that_shows_its_numbers() -> None:
    weight = np.full((1, 3, 3, 3), -12.25)
    layout = lay_out(sweep(np.ones((3, 10, 3)), Layer(weight, padding=1)))
    for panel in layout.kernels:
        assert panel.letters is not None
        assert panel.side > layout.inputs[0].side


def test_channels_are_lettered_alike() -> None:
    pixels = np.array([1, 20, 200])[:, np.newaxis, np.newaxis] * np.ones((3, 15, 21), int)
    weight = np.array([-1.723456, 0.98, 0.5]).reshape(1, 3, 1, 1)
    layout = lay_out(sweep(pixels, Layer(weight)))
    assert [panel.letters for panel in layout.inputs] == [None] * 3
    assert [panel.texts for panel in layout.kernels] == [[["-1.7"]], [["1.0"]], [["0.5"]]]


def test_a_white_cell_is_not_an_empty_one() -> None:
    white, layer = np.full((1, 40, 40), 255.0), Layer(np.ones((1, 1, 1, 1)))
    panel = lay_out(sweep(white, layer)).map
    assert panel.letters is None
    page = drawn(white, layer, number=5)
    known, to_come = (page[panel.box((0, column))] for column in (3, 7))
    assert (known[2:-2, 2:-2] == 255).all()
    assert 0 < (to_come[2:-2, 2:-2] < 255).all(axis=2).sum() <= 4


@pytest.mark.parametrize("piece", [None, (0, 0, 40, 30), (299, 450, 1, 1)])
def test_the_picture_stands_below_the_kernel_with_its_piece_framed(piece: Any) -> None:
    origin = Origin(THUMBNAIL, (300, 451), piece, "from somewhere")
    page, plain = drawn(UNIT, Layer(ONES), origin), lay_out(sweep(UNIT, Layer(ONES)))
    corner = lay_out(sweep(UNIT, Layer(ONES)), (80, 120)).thumbnail
    assert corner is not None
    top, left = corner
    assert left == plain.kernels[0].corner[1]
    shown = page[top : top + 80, left : left + 120].astype(int)
    marked = (shown == LIGHT.mark).all(axis=2)
    if piece is None:
        assert not marked.any()
        assert np.abs(shown - THUMBNAIL[..., np.newaxis]).max() <= 1
    else:
        first, last = np.argwhere(marked).min(axis=0), np.argwhere(marked).max(axis=0)
        expected = np.array(piece[:2]) * (80 / 300, 120 / 451)
        assert np.abs(first - expected).max() <= 7
        assert (last - first >= 6).all()
        assert (last >= expected + np.array(piece[2:]) * (80 / 300, 120 / 451) - 1).all()


def test_where_there_is_no_room_for_the_picture_the_page_stays_as_long() -> None:
    small = sweep(np.ones((1, 3, 3)), Layer(ONES))
    assert lay_out(small, (80, 120)).thumbnail is None
    assert lay_out(small, (80, 120)).bottom == lay_out(small).bottom + 20


@pytest.mark.parametrize(
    ("pool", "number", "line"),
    [
        (Pooling("max", (2, 2)), 3, "max-pool: the largest of 1, 2, 4, 5 = 5"),
        (Pooling("avg", (2, 2)), 4, "avg-pool: the mean of 1, 2, 4, 5 = 3"),
        (Pooling("max", (2, 2), stride=(1, 1), padding=1), 0, "max-pool: the largest of 1 = 1"),
        (Pooling("avg", (2, 2), stride=(1, 1), padding=1), 0, "avg-pool: the mean of its window = 0.25"),
        (Pooling("max", None), 8, "max-pool: the largest of 1, 2, 3, 4, 5, 6, 7, 8, 9 = 9"),
    ],
)
def test_what_a_pooled_cell_was_made_from_is_written_out(pool: Pooling, number: int, line: str) -> None:
    pixels = np.arange(1, 10).reshape(1, 3, 3)
    found = sweep(pixels, Layer(np.ones((1, 1, 1, 1), int), pool=pool))
    number = next(n for n in range(number, 9) if found.frame(n).pooled)
    assert list(lines(found, found.frame(number)))[-1] == line


def test_a_gif_has_64_colours_and_other_formats_greys_without_bands() -> None:
    assert len(animate.palette(".gif", dark=True).colors) == 64
    greys = animate.palette(".webp", dark=False).codes(
        np.arange(256, dtype=np.uint8)[None, :, None].repeat(3, 2)
    )
    assert len(np.unique(greys)) >= 120
