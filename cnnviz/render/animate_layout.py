"""Where everything stands on the page of a sweep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from numpy.typing import NDArray

from cnnviz.geometry import Pair
from cnnviz.lessons.animate import Sweep
from cnnviz.render.lettering import Font, fitting
from cnnviz.render.lines import short_text

MARGIN: Final = 18
LINE: Final = 20

_ROOM: Final = 420  # pixels for the longer side of the largest panel
_LARGEST: Final = 44  # pixels of a cell
_FOR_NUMBERS: Final = 20  # three digits need as many
# Without numbers the cells need not be large, and the files are smaller: a GIF of 24x24 places, padded, has
# 0.9 MB in place of 1.4.
_ROOM_WITHOUT: Final = 270
_FOR_KERNELS: Final = 30
_SMALLEST: Final = 7
_SMALLEST_FONT: Final = 9
_GAP: Final = 44
_TOP: Final = 78  # title and headings
_NARROWEST: Final = 560  # pixels of a page


class Panel(NamedTuple):
    """A grid of ``values`` (H, W) whose cells are ``side`` pixels, its ``corner`` (top, left) on the page.

    ``letters`` is the font of all its numbers; None where they would not fit.
    """

    corner: Pair
    side: int
    heading: str
    values: NDArray[Any]
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

    def box(self, place: Pair) -> tuple[slice, slice]:
        """The pixels of a cell, with the lines around it, which it shares with its neighbours."""
        top, left = self.corner[0] + place[0] * self.side, self.corner[1] + place[1] * self.side
        return slice(top, top + self.side + 1), slice(left, left + self.side + 1)


class Layout(NamedTuple):
    """The panels of a page, an input and a kernel for each channel, and its size."""

    inputs: list[Panel]
    kernels: list[Panel]
    map: Panel
    pooled: Panel | None
    size: Pair

    @property
    def panels(self) -> list[Panel]:
        """All of them."""
        return [*self.inputs, *self.kernels, self.map, *([] if self.pooled is None else [self.pooled])]

    @property
    def bottom(self) -> int:
        """Where the last of them ends."""
        return max(panel.end[0] for panel in self.panels)


def lay_out(sweep: Sweep) -> Layout:
    """The page of ``sweep``: cells as large as fit, at most 44 pixels."""
    depth, height, width = sweep.padded.shape
    side = min(_ROOM // max(height, width), 2 * _ROOM // (depth * height), _LARGEST)
    if side < _FOR_NUMBERS:
        side = max(min(side, _ROOM_WITHOUT // max(height, width)), _SMALLEST)
    inputs, kernels = [], []
    for channel in range(depth):
        corner = _TOP + channel * (height * side + 28), MARGIN
        inputs.append(_panel(corner, side, _input_heading(sweep, channel), sweep.padded[channel]))
        weight = sweep.layer.weight[0, channel]
        small = max(min(max(side, _FOR_KERNELS), 200 // max(weight.shape)), 3)
        beside = corner[0], inputs[-1].end[1] + _GAP
        kernels.append(_panel(beside, small, f"kernel {_by(weight.shape)}", weight))
    left = max(kernels[0].end[1], kernels[0].corner[1] + 80) + _GAP
    found = _panel((_TOP, left), side, f"feature map {_by(sweep.map.shape)}", sweep.map)
    pooled = _pooled(sweep, found)
    layout = Layout(inputs, kernels, found, pooled, (0, 0))
    right = max(panel.end[1] for panel in layout.panels) + 60  # a heading may be longer than its panel
    lines = 1 + (sweep.layer.activation is not None) + (sweep.layer.pool is not None)
    return layout._replace(size=(layout.bottom + lines * LINE + 2 * MARGIN, max(right, _NARROWEST)))


def _pooled(sweep: Sweep, found: Panel) -> Panel | None:
    if sweep.pooled is None or sweep.pooling is None or sweep.layer.pool is None:
        return None
    left = max(found.end[1], found.corner[1] + 130) + _GAP
    heading = f"{sweep.layer.pool.mode}-pool {_by(sweep.pooling.kernel)}"
    return _panel((found.corner[0], left), found.side, heading, sweep.pooled)


def _panel(corner: Pair, side: int, heading: str, values: NDArray[Any]) -> Panel:
    labels = sorted({short_text(value) for value in values.ravel().tolist()})
    return Panel(corner, side, heading, values, fitting(labels, side * 0.86, side * 2 // 5, _SMALLEST_FONT))


def _input_heading(sweep: Sweep, channel: int) -> str:
    size = _by(sweep.window.size)
    pads = ", padded" if any(map(any, sweep.window.pads)) else ""
    return f"input {size}{pads}" if len(sweep.padded) == 1 else f"channel {channel} of {size}{pads}"


def _by(size: tuple[int, ...]) -> str:
    return "x".join(map(str, size))
