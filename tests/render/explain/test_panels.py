"""A picture on a card: its padding holds what it holds, and a frame lies where its window does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cnnviz.geometry import PaddingMode
from cnnviz.render.explain.panels import HEADING, Box, Panel, draw, whole
from cnnviz.render.theme import LIGHT
from tests.lessons.making import NUMPY_MODES

PICTURE = (np.arange(12, dtype=np.uint8) * 20).reshape(3, 4)
LEFT = 40


def drawn(panel: Panel, room: tuple[int, int] = (210, 240)) -> NDArray[np.uint8]:
    """The page below the heading, and to the right of the margin."""
    page = Image.new("RGB", (700, 400), LIGHT.paper)
    draw(page, LIGHT, panel, (LEFT, 0), room)
    return np.asarray(page)


def marked(page: NDArray[Any]) -> NDArray[Any]:
    found: NDArray[Any] = (page == LIGHT.mark).all(axis=2)
    return found


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_padding_is_drawn_as_what_it_holds_but_paler(mode: PaddingMode) -> None:
    view = whole(PICTURE.shape, ((2, 2), (2, 2)))  # 7x8 cells of 30 pixels
    page = drawn(Panel("", PICTURE, (0, 0, 0, 0), view, mode, zero=0))
    cells = page[HEADING + 15 : HEADING + 210 : 30, LEFT + 15 : LEFT + 240 : 30, 0]
    expected = (np.pad(PICTURE, 2, mode=NUMPY_MODES[mode]).astype(int) + 255) // 2
    expected[2:5, 2:6] = PICTURE
    near = np.abs(cells - expected) > 0
    near[1:3, 1:3] = False  # the frame of nothing at 0, 0
    assert not near.any()


def test_the_picture_itself_has_a_line_around_it() -> None:
    page = drawn(Panel("", PICTURE, (0, 0, 1, 1), whole(PICTURE.shape, ((2, 2), (2, 2))), zero=0))
    line = page[HEADING + 100, LEFT + 60 - 1], page[HEADING + 60 + 90, LEFT + 100]
    assert [pixel.tolist() for pixel in line] == [list(LIGHT.ink)] * 2


@pytest.mark.parametrize("box", [(0, 0, 3, 3), (1, 2, 2, 4), (-2, -2, 1, 2)])
def test_the_frame_lies_around_the_true_window(box: Box) -> None:
    view = whole(PICTURE.shape, ((2, 2), (2, 2)))
    rows, columns = np.nonzero(marked(drawn(Panel("", PICTURE, box, view))))
    top, left, bottom, right = (30 * (edge + 2) for edge in box)
    assert (rows.min(), rows.max()) == (HEADING + top - 2, HEADING + bottom + 1)
    assert (columns.min(), columns.max()) == (LEFT + left - 2, LEFT + right + 1)


def test_a_window_too_small_to_be_seen_is_pointed_at_and_not_drawn_larger() -> None:
    picture = np.zeros((210, 240), np.uint8)
    found = marked(drawn(Panel("", picture, (100, 120, 103, 123), whole(picture.shape))))
    frame = found[HEADING + 100 - 2 : HEADING + 105, LEFT + 118 : LEFT + 125]
    assert frame.sum() == 7 * 7 - 3 * 3
    assert not found[HEADING + 100 - 4, LEFT + 110 : LEFT + 130].any()
    assert found[HEADING + 100 - 12, LEFT + 121]


def test_no_stroke_runs_into_the_heading() -> None:
    picture = np.zeros((210, 240), np.uint8)
    found = marked(drawn(Panel("the picture", picture, (1, 120, 2, 121), whole(picture.shape))))
    assert not found[: HEADING - 2].any()
    assert found[HEADING:].any()


def test_a_note_stands_below_its_picture_however_high_the_room_is() -> None:
    picture = np.zeros((10, 240), np.uint8)
    page = drawn(Panel("", picture, (0, 0, 10, 240), whole(picture.shape), note="black 0"), (300, 240))
    (written,) = np.nonzero((page[HEADING + 14 :, LEFT:] != LIGHT.paper).any(axis=(1, 2)))
    assert written.min() < 10


@pytest.mark.parametrize("shape", [(3000, 5), (5, 3000)])
def test_a_very_thin_picture_can_be_seen(shape: tuple[int, int]) -> None:
    picture = np.full(shape, 90, np.uint8)
    page = drawn(Panel("", picture, (0, 0, 3, 3), whole(shape)))
    high, wide = (np.ptp(each) + 1 for each in np.nonzero((page == 90).all(axis=2)))
    assert min(high, wide) >= 6  # 8, but for the line of the frame
    assert max(high, wide) >= 200
