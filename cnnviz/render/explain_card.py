"""One value taken apart, as a picture for a slide: window, products, sum, and the place in the map."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cnnviz.geometry import Pads
from cnnviz.lessons.explain import Explanation
from cnnviz.render.explain import LEFT_OUT, MOST_CHANNELS, Cell, Grid, conclusion, grids, left_out, sums
from cnnviz.render.lettering import SMALLEST, Color, ascii_text, fitting, font
from cnnviz.render.lines import number_text
from cnnviz.render.theme import DARK, LIGHT, Theme, hang, shade

_WIDTH: Final = 1280
_MARGIN: Final = 32
_PANEL_HEIGHT: Final = 330  # of a picture at most
_PANEL_TOP: Final = 112
_TALLEST: Final = 3000
_CELLS: Final = (100, 72)  # largest cell, of one channel and of several
_MOST_ROWS: Final = 7
_GRID: Final = 340  # of a grid, and of the gap between two
_GAP: Final = 66


class Panel(NamedTuple):
    """One of the upper pictures: ``values`` (H, W[, 3]), and the ``box`` (top, left, bottom, right) framed.

    ``pads`` is what lies around the picture.
    """

    heading: str
    values: NDArray[np.uint8]
    box: tuple[int, int, int, int]
    pads: Pads = ((0, 0), (0, 0))


def draw(
    explanation: Explanation,
    *,
    picture: NDArray[np.uint8],
    codes: NDArray[np.uint8],
    names: tuple[str, str],
    white: float = 255,
    dark: bool = False,
) -> NDArray[np.uint8]:
    """The card (H, 1280, 3).

    ``picture`` (H, W) or (H, W, 3) is what was convolved, ``codes`` (H, W) the map; ``names`` are those of
    the picture and the kernel.
    """
    row, column = explanation.output_at
    value = number_text(explanation.output)
    title = f"{names[0]} under {names[1]}: the value at row {row}, column {column} is {value}"
    rows, columns = explanation.window.taps(explanation.shown.at)
    window = (rows[0], columns[0], rows[-1] + 1, columns[-1] + 1)
    heading = "the feature map" if explanation.pool is None else "the map after pooling"
    panels = [
        Panel("the picture, and the window on it", picture, window, explanation.window.pads),
        Panel(f"{heading}, and the value in it", codes, (row, column, row + 1, column + 1)),
    ]
    return page(title, panels, explanation, white=white, dark=dark)


def page(
    title: str,
    panels: Sequence[Panel],
    explanation: Explanation | None,
    lines: Sequence[str] = (),
    *,
    white: float = 255,
    read: str = "pixels",
    dark: bool = False,
) -> NDArray[np.uint8]:
    """A title, ``panels`` side by side, ``lines``, and the arithmetic of ``explanation`` (H, 1280, 3)."""
    theme = DARK if dark else LIGHT
    room = _WIDTH - 2 * _MARGIN
    made = Image.new("RGB", (_WIDTH, _TALLEST), theme.paper)
    pen = ImageDraw.Draw(made)
    title = ascii_text(title)
    pen.text((_MARGIN, _MARGIN), title, theme.ink, fitting([title], room, 30) or font(SMALLEST))
    step = _WIDTH // len(panels)
    top = 26 + max(
        _panel(made, pen, theme, panel, _MARGIN + number * step, step - 2 * _MARGIN)
        for number, panel in enumerate(panels)
    )
    top = _written(pen, theme, lines, top) + (20 if lines else 0)
    if explanation is not None:
        for channel in range(min(explanation.depth, MOST_CHANNELS)):
            top = _equation(pen, theme, explanation, channel, top, white, read) + 24
        # The rows of several channels, or of a large kernel, would not fit; the sums do.
        few = explanation.depth == 1 and explanation.window.kernel[0] <= _MOST_ROWS
        said = sums(explanation) if few else conclusion(explanation)
        top = _written(pen, theme, (*left_out(explanation), *said), top)
    return np.asarray(made)[: top + _MARGIN - 8]


def _written(pen: ImageDraw.ImageDraw, theme: Theme, lines: Iterable[str], top: int) -> int:
    """Lines of text; where they end."""
    room = _WIDTH - 2 * _MARGIN
    for line in map(ascii_text, lines):
        pen.text((_MARGIN, top), line, theme.ink, fitting([line], room, 21) or font(SMALLEST))
        top += 30
    return top


def _panel(
    made: Image.Image, pen: ImageDraw.ImageDraw, theme: Theme, panel: Panel, left: int, room: int
) -> int:
    """A picture with its padding around it, and the frame in it; where it ends."""
    pen.text((left, 80), panel.heading, theme.ink, fitting([panel.heading], room, 20) or font(SMALLEST))
    image = Image.fromarray(panel.values).convert("RGB")
    pads = panel.pads
    rows, columns = image.height + sum(pads[0]), image.width + sum(pads[1])
    scale = min(room / columns, _PANEL_HEIGHT / rows)
    corner = left + round(pads[1][0] * scale), _PANEL_TOP + round(pads[0][0] * scale)
    whole = left + round(columns * scale), _PANEL_TOP + round(rows * scale)
    pen.rectangle((left, _PANEL_TOP, whole[0] - 1, whole[1] - 1), theme.faint)
    size = max(round(image.width * scale), 1), max(round(image.height * scale), 1)
    kind = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BOX
    hang(made, image.resize(size, kind), corner, theme)
    top, first, bottom, last = (edge * scale for edge in panel.box)
    # So small a window would not be seen: it gets a frame around it.
    across, down = max(8 - (last - first), 0) / 2 + 2, max(8 - (bottom - top), 0) / 2 + 2
    frame = (
        corner[0] + first - across,
        corner[1] + top - down,
        corner[0] + last + across - 1,
        corner[1] + bottom + down - 1,
    )
    pen.rectangle(frame, outline=theme.paper, width=5)
    pen.rectangle(frame, outline=theme.mark, width=3)
    return whole[1]


def _equation(
    pen: ImageDraw.ImageDraw,
    theme: Theme,
    explanation: Explanation,
    channel: int,
    top: int,
    white: float,
    read: str,
) -> int:
    """Patch x kernel = products, of one channel; where they end."""
    three = grids(explanation.shown, channel, read=read)
    rows, columns = len(three[0].rows), len(three[0].rows[0])
    side = min(_GRID // max(rows, columns), _CELLS[explanation.depth > 1])
    for number, grid in enumerate(three):
        left = _MARGIN + number * (_GRID + _GAP)
        name = f"{grid.heading}, channel {channel}" if explanation.depth > 1 else grid.heading
        pen.text((left, top), name, theme.ink, font(20))
        _grid(pen, theme, grid, (left, top + 30), side, white)
        if number:
            # Between the end of the last grid and the next one.
            end = left - _GRID - _GAP + side * columns
            middle = ((end + left) / 2, top + 30 + side * rows / 2)
            pen.text(middle, "x" if number == 1 else "=", theme.ink, font(36), anchor="mm")
    return top + 30 + side * rows


def _grid(
    pen: ImageDraw.ImageDraw, theme: Theme, grid: Grid, corner: tuple[int, int], side: int, white: float
) -> None:
    letters = fitting([cell.text for row in grid.rows for cell in row], side * 0.84, side // 3)
    largest = max((abs(cell.value) for row in grid.rows for cell in row), default=0) or 1
    for row, column in np.ndindex(len(grid.rows), len(grid.rows[0])):
        cell = grid.rows[row][column]
        left, top = corner[0] + column * side, corner[1] + row * side
        back, ink = _colors(cell, grid.kind, theme, white, float(largest))
        pen.rectangle((left, top, left + side, top + side), back, theme.faint)
        if cell.padded:
            pen.rectangle((left + 2, top + 2, left + side - 2, top + side - 2), outline=theme.mark)
        # What is left out is marked even where the numbers do not fit.
        used = font(18) if letters is None and cell.text == LEFT_OUT else letters
        if used is not None:
            pen.text((left + side / 2, top + side / 2), ascii_text(cell.text), ink, used, anchor="mm")


def _colors(cell: Cell, kind: str, theme: Theme, white: float, largest: float) -> tuple[Color, Color]:
    """Pixels as they look; the others tinted by sign and size."""
    if cell.text == LEFT_OUT:
        return theme.paper, theme.ink
    if kind == "patch" and white:
        return shade(cell.value, white)
    return theme.tint(cell.value, largest), theme.ink
