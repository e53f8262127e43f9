"""One value taken apart, as a picture for a slide: window, products, sum, and the place in the map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cnnviz.geometry import PaddingMode
from cnnviz.lessons.explain import Explanation
from cnnviz.render.explain import panels as panels_of
from cnnviz.render.explain.cells import pooled_grid
from cnnviz.render.explain.grids import HEADING, Equation, Grids
from cnnviz.render.explain.panels import Box, Panel, whole
from cnnviz.render.explain.sums import conclusion, left_out, pooling_line, value_text, window_text, writer
from cnnviz.render.lettering import SMALLEST, ascii_text, fitting, font, heading
from cnnviz.render.lines import scale_text
from cnnviz.render.theme import DARK, LIGHT, Theme
from cnnviz.render.tone import Tone

_WIDTH, _HEIGHT = 1280, 720  # pixels; the page grows where this is not high enough
_MARGIN: Final = 32
_ROOM: Final = _WIDTH - 2 * _MARGIN
_TITLE: Final = 44
_LINE: Final = 26
_LETTERS: Final = 19  # pixels, of a line
_BETWEEN: Final = 16  # the parts of the page
_PICTURES: Final = (170, 330)  # least and largest height
_CLOSE_UP: Final = (5, 8)  # rows and columns, in windows
_POOLED_CELLS: Final = (38, 52)  # least and largest
_POOLED_HIGH: Final = 120  # pixels, where the cells are not the least
_POOLED: Final = 480  # pixels, for its grid


class Seen(NamedTuple):
    """What is shown around the arithmetic.

    ``picture`` (H, W[, 3]) is what was convolved; ``white`` is that of its pixels, 0 where they have none.
    ``codes`` (H, W) are the map in ``tone``, ``unpooled`` the map before pooling, where there is one.
    """

    picture: NDArray[np.uint8]
    codes: NDArray[np.uint8]
    tone: Tone
    unpooled: NDArray[np.uint8] | None = None
    white: float = 255
    padding_mode: PaddingMode = "zeros"


def draw(
    explanation: Explanation, seen: Seen, names: tuple[str, str], done: str, *, dark: bool = False
) -> NDArray[np.uint8]:
    """The card (H, 1280, 3).

    ``names`` are those of the picture and the kernel, ``done`` says what the layer does.
    """
    lines = [done, window_text(explanation)]
    together = ascii_text("; ".join(lines))
    return page(
        value_text(explanation, names),
        [*_of_picture(explanation, seen), *_of_maps(explanation, seen)],
        explanation,
        lines if fitting([together], _ROOM, _LETTERS, _LETTERS) is None else [together],
        names=names,
        white=seen.white,
        dark=dark,
    )


def _of_picture(explanation: Explanation, seen: Seen) -> Iterator[Panel]:
    """The picture, and the part around the window where that shows more of it."""
    rows, columns = explanation.window.taps(explanation.shown.at)
    box = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
    full = whole(seen.picture.shape, explanation.window.pads)
    zero = 0 if seen.white else 128
    yield Panel("the picture, and the window on it", seen.picture, box, full, seen.padding_mode, zero)
    near = _close_up(box, full)
    if any(2 * (near[axis + 2] - near[axis]) <= full[axis + 2] - full[axis] for axis in (0, 1)):
        yield Panel("the window, close up", seen.picture, box, near, seen.padding_mode, zero)


def _close_up(box: Box, full: Box) -> Box:
    """What is around ``box``, as far as there is anything."""
    ends = []
    largest = max(box[2] - box[0], box[3] - box[1])
    for axis, windows in enumerate(_CLOSE_UP):
        size = min(windows * largest, full[axis + 2] - full[axis])
        begin = (box[axis] + box[axis + 2] - size) // 2
        begin = min(max(begin, full[axis]), full[axis + 2] - size)
        ends.append((begin, begin + size))
    return ends[0][0], ends[1][0], ends[0][1], ends[1][1]


def _of_maps(explanation: Explanation, seen: Seen) -> Iterator[Panel]:
    """The map, or the maps before and after pooling."""
    row, column = explanation.output_at
    scale = scale_text(seen.tone)
    name = "the feature map, and the value in it"
    if explanation.pool is not None and seen.unpooled is not None:
        rows, columns = explanation.pool[1].cells(explanation.output_at)
        box = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
        yield Panel("the map, and what is pooled", seen.unpooled, box, whole(seen.unpooled.shape), note=scale)
        name = "the map after pooling"
    box = row, column, row + 1, column + 1
    yield Panel(name, seen.codes, box, whole(seen.codes.shape), note=scale)


def page(
    title: str,
    panels: Sequence[Panel],
    explanation: Explanation | None,
    lines: Sequence[str] = (),
    *,
    names: Sequence[str] = (),
    white: float = 255,
    read: str = "pixels",
    dark: bool = False,
) -> NDArray[np.uint8]:
    """A title with ``names`` in it, ``lines``, ``panels`` side by side, and the arithmetic (H, 1280, 3)."""
    theme = DARK if dark else LIGHT
    arithmetic = None if explanation is None else _Arithmetic(explanation, theme, white, read)
    below = 0 if arithmetic is None else arithmetic.height + _BETWEEN
    top = _MARGIN + _TITLE + len(lines) * _LINE + _BETWEEN
    least, most = _PICTURES
    wide = (_ROOM - (len(panels) - 1) * _MARGIN) // len(panels)
    around = panels_of.HEADING + panels_of.NOTE
    high = min(max(_HEIGHT - top - around - below - _MARGIN, least), most)
    high = max(panels_of.size(panel, (high, wide))[1] for panel in panels)
    made = Image.new("RGB", (_WIDTH, top + around + high + below + _MARGIN), theme.paper)
    pen = ImageDraw.Draw(made)
    line, letters = heading(title, names, _ROOM, 30)
    pen.text((_MARGIN, _MARGIN - 4), line, theme.ink, letters)
    _written(pen, theme, lines, _MARGIN + _TITLE, _ROOM)
    for number, panel in enumerate(panels):
        panels_of.draw(made, theme, panel, (_MARGIN + number * (wide + _MARGIN), top), (high, wide))
    if arithmetic is not None:
        arithmetic.draw(pen, top + around + high + _BETWEEN)
    return np.asarray(made)


class _Arithmetic:
    """The equation, what follows from its sum in words, and the grid of what is pooled."""

    def __init__(self, explanation: Explanation, theme: Theme, white: float, read: str) -> None:
        self._theme = theme
        self._white = white
        self._equation = Equation(explanation, _ROOM, read=read)
        self._pooled = pooled_grid(explanation, widest=7)
        write = writer(explanation)
        pooling = pooling_line(explanation, write)
        # The first is the sum, which has a place of its own.
        follows = islice(conclusion(explanation, write), 1, None)
        self._lines = [*follows, *([] if pooling is None else [pooling]), *left_out(explanation)]

    @property
    def _cell(self) -> int:
        """Pixels of a pooled cell."""
        least, most = _POOLED_CELLS
        return most if self._pooled is None else min(max(_POOLED_HIGH // len(self._pooled.rows), least), most)

    @property
    def height(self) -> int:
        """Pixels that it takes."""
        pooled = 0 if self._pooled is None else HEADING + len(self._pooled.rows) * self._cell
        return self._equation.height + max(len(self._lines) * _LINE, pooled)

    def draw(self, pen: ImageDraw.ImageDraw, top: int) -> None:
        """Draw it from ``top`` on."""
        drawn = Grids(pen, self._theme, self._white)
        self._equation.draw(drawn, _MARGIN, top)
        top += self._equation.height
        room = _ROOM
        if self._pooled is not None:
            room -= _POOLED
            corner = _MARGIN + room, top
            drawn.heading(self._pooled.heading, corner, _POOLED)
            drawn.grid(self._pooled, (corner[0], top + HEADING), self._cell)
        _written(pen, self._theme, self._lines, top, room - _MARGIN)


def _written(pen: ImageDraw.ImageDraw, theme: Theme, lines: Iterable[str], top: int, room: int) -> None:
    """Lines of text."""
    for number, line in enumerate(map(ascii_text, lines)):
        letters = fitting([line], room, _LETTERS) or font(SMALLEST)
        pen.text((_MARGIN, top + number * _LINE), line, theme.ink, letters)
