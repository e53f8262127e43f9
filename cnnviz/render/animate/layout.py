"""Where everything stands on the page of a sweep."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnviz.expressions import shape_text
from cnnviz.geometry import Pair
from cnnviz.lessons.animate import Sweep
from cnnviz.render.kernels.lines import numbers
from cnnviz.render.lettering import Font, fitting, font
from cnnviz.render.lines import short_text

MARGIN: Final = 18
LINE: Final = 20
HEADING: Final = 14  # pixels of its letters
THUMBNAIL: Final = 120
"""Pixels of the longer side of the picture that the cells are from."""

_ROOM: Final = 420  # pixels for the longer side of the largest panel
_LARGEST: Final = 44  # pixels of a cell
_FOR_NUMBERS: Final = 20  # three digits need as many
# Without numbers the cells need not be large, and the files are smaller: a GIF of 24x24 places, padded, has
# 0.9 MB in place of 1.4.
_ROOM_WITHOUT: Final = 270
_FOR_KERNELS: Final = 30
_KERNEL: Final = 200  # pixels for its longer side
_SMALLEST: Final = 7
_SMALLEST_FONT: Final = 9
_COMFORTABLE: Final = 13  # pixels of digits for which more of them are worth it
_GAP: Final = 44
_ABOVE: Final = 24  # a heading and its distance to the panel
_TOP: Final = 78  # title and headings
_SUBTITLE: Final = 20
_NARROWEST: Final = 560  # pixels of a page


class Panel(NamedTuple):
    """A grid of ``values`` (H, W) whose cells are ``side`` pixels, its ``corner`` (top, left) on the page.

    ``letters`` is the font of all its ``texts``; None where they would not fit.
    """

    corner: Pair
    side: int
    heading: str
    values: NDArray[Any]
    texts: list[list[str]]
    letters: Font | None

    @property
    def places(self) -> Iterator[Pair]:
        """All cells, row by row."""
        height, width = self.values.shape
        return ((row, column) for row in range(height) for column in range(width))

    @property
    def end(self) -> Pair:
        """Its lower right corner."""
        height, width = self.values.shape
        return self.corner[0] + height * self.side, self.corner[1] + width * self.side

    @property
    def right(self) -> int:
        """Where it ends, or its heading, if that is longer."""
        return max(self.end[1], self.corner[1] + round(font(HEADING).getlength(self.heading)))

    def box(self, place: Pair) -> tuple[slice, slice]:
        """The pixels of a cell, with the lines around it, which it shares with its neighbours."""
        top, left = self.corner[0] + place[0] * self.side, self.corner[1] + place[1] * self.side
        return slice(top, top + self.side + 1), slice(left, left + self.side + 1)


class Layout(NamedTuple):
    """The panels of a page, an input and a kernel for each channel, and its size.

    ``thumbnail`` is the corner of the picture that the cells are from, if there is one.
    """

    inputs: list[Panel]
    kernels: list[Panel]
    map: Panel
    pooled: Panel | None
    thumbnail: Pair | None
    size: Pair

    @property
    def panels(self) -> list[Panel]:
        """All of them."""
        return [*self.inputs, *self.kernels, self.map, *([] if self.pooled is None else [self.pooled])]

    @property
    def bottom(self) -> int:
        """Where the last of them ends."""
        return max(panel.end[0] for panel in self.panels)


def lay_out(sweep: Sweep, thumbnail: Pair | None = None) -> Layout:
    """The page of ``sweep``: cells as large as fit, at most 44 pixels.

    Below the kernels stands the picture, a ``thumbnail`` of so many pixels, where that makes the page no
    longer; what is said of it has a line under the title.
    """
    depth, height, width = sweep.padded.shape
    side = min(_ROOM // max(height, width), 2 * _ROOM // (depth * height), _LARGEST)
    if side < _FOR_NUMBERS:
        side = max(min(side, _ROOM_WITHOUT // max(height, width)), _SMALLEST)
    top = _TOP + (_SUBTITLE if thumbnail else 0)
    high, wide = sweep.layer.weight.shape[2:]
    least = min(max(side, _FOR_KERNELS), max(_KERNEL // max(high, wide), 3))
    room = max(height * side, high * least)
    corners = [(top + channel * (room + _ABOVE + 4), MARGIN) for channel in range(depth)]
    headings = [_input_heading(sweep, channel) for channel in range(depth)]
    inputs = _panels(corners, side, headings, sweep.padded)
    beside = max(panel.right for panel in inputs) + _GAP
    kernels = _kernels([(row, beside) for row, _ in corners], least, sweep.layer.weight[0], room)
    right = max(kernels[0].right, beside + (thumbnail[1] if thumbnail else 0))
    found = _panel((top, right + _GAP), side, f"feature map {shape_text(sweep.map.shape)}", sweep.map)
    layout = Layout(inputs, kernels, found, _pooled(sweep, found), None, (0, 0))
    if thumbnail and (below := kernels[-1].end[0] + 2 * _ABOVE) + thumbnail[0] <= layout.bottom:
        layout = layout._replace(thumbnail=(below, beside))
    lines = 1 + (sweep.layer.activation is not None) + (sweep.layer.pool is not None)
    right = max(panel.right for panel in layout.panels) + MARGIN
    return layout._replace(size=(layout.bottom + lines * LINE + 2 * MARGIN, max(right, _NARROWEST)))


def _kernels(corners: Sequence[Pair], least: int, weight: NDArray[Any], room: int) -> list[Panel]:
    """Cells of ``least`` pixels, or larger where only that shows their numbers."""
    high, wide = weight.shape[1:]
    most = max(min(_LARGEST, _KERNEL // max(high, wide), room // high), least)
    headings = [f"kernel {high}x{wide}"] * len(weight)
    sizes = [_panels(corners, side, headings, weight) for side in range(least, most + 1)]
    return next((panels for panels in sizes if panels[0].letters is not None), sizes[0])


def _pooled(sweep: Sweep, found: Panel) -> Panel | None:
    if sweep.pooled is None or sweep.pooling is None or sweep.layer.pool is None:
        return None
    heading = f"{sweep.layer.pool.mode}-pool {shape_text(sweep.pooling.kernel)}"
    return _panel((found.corner[0], found.right + _GAP), found.side, heading, sweep.pooled)


def _panel(corner: Pair, side: int, heading: str, values: NDArray[Any]) -> Panel:
    """That of one map (H, W)."""
    return _panels([corner], side, [heading], values[np.newaxis])[0]


def _panels(corners: Sequence[Pair], side: int, headings: Sequence[str], values: NDArray[Any]) -> list[Panel]:
    """A panel a channel of ``values`` (C, H, W), all of them lettered alike, so that they can be compared."""
    height = values.shape[1]
    texts, letters = _lettered(values.reshape(-1, values.shape[2]), side)
    parts = [texts[first : first + height] for first in range(0, len(texts), height)]
    return [
        Panel(corner, side, heading, each, part, letters)
        for corner, heading, each, part in zip(corners, headings, values, parts, strict=True)
    ]


def _lettered(values: NDArray[Any], side: int) -> tuple[list[list[str]], Font | None]:
    """Numbers as exact as can be read, or floats of two digits; no font where none fit."""
    exact = [[short_text(value) for value in row] for row in values.tolist()]
    largest = max(side * 2 // 5, _SMALLEST_FONT)
    letters = _letters(exact, side, largest, min(_COMFORTABLE, largest))
    if letters is not None:
        return exact, letters
    if values.dtype.kind == "f":
        rounded = [[text.strip() for text in row] for row in numbers(values, values, digits=2)]
        exact = min(exact, rounded, key=lambda texts: max(len(text) for row in texts for text in row))
    return exact, _letters(exact, side, largest, _SMALLEST_FONT)


def _letters(texts: list[list[str]], side: int, largest: int, smallest: int) -> Font | None:
    labels = sorted({text for row in texts for text in row})
    return fitting(labels, side * 0.86, largest, smallest)


def _input_heading(sweep: Sweep, channel: int) -> str:
    size = shape_text(sweep.window.size)
    pads = ", padded" if any(map(any, sweep.window.pads)) else ""
    return f"input {size}{pads}" if len(sweep.padded) == 1 else f"channel {channel} of {size}{pads}"
