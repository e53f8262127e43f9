"""Grids of numbers on a card: pixels x kernel = products, their sums row by row, and the sum of all."""

from __future__ import annotations

from typing import Final

import numpy as np
from PIL import ImageDraw

from cnnviz.lessons.explain import Explanation, add
from cnnviz.render.explain.cells import Cell, Grid, grids, term_rows
from cnnviz.render.explain.sums import MOST_CHANNELS, row_sums, writer
from cnnviz.render.lettering import SMALLEST, Color, fitting, font
from cnnviz.render.theme import Theme, mixed, shade

HEADING: Final = 28
_CELLS: Final = (80, 42)  # largest cell, of one channel and of several
_HIGHEST: Final = 280  # of a grid
_ALL_HIGH: Final = 560  # of the grids of all channels, where cells are not the smallest
_SMALLEST: Final = 34  # cell of several channels
_NARROWEST: Final = 84  # place of a grid: its heading wants room
_NAME: Final = 108  # of a channel
_SUMS, _RESULT = 88, 150  # widths
_NEAR, _SIGN = 16, 52  # gaps, the second with a sign in it
_BETWEEN: Final = 12  # channels
_TOTAL: Final = 52  # height of the cell of all channels
_OTHERS: Final = 26  # height of what the rows that are not shown add
_LETTER: Final = 5.8  # pixels, of the smallest font


class Grids:
    """Draws grids with ``pen``; ``white`` is that of the pixels, 0 where they have none."""

    def __init__(self, pen: ImageDraw.ImageDraw, theme: Theme, white: float) -> None:
        self._pen = pen
        self.theme = theme
        self._white = white

    def grid(self, grid: Grid, corner: tuple[int, int], side: int) -> None:
        """The cells of a grid, of ``side`` pixels, from ``corner`` (left, top) on."""
        left, top = corner
        letters = fitting([cell.text for row in grid.rows for cell in row], side * 0.86, side // 3)
        for row, column in np.ndindex(len(grid.rows), len(grid.rows[0])):
            cell = grid.rows[row][column]
            x, y = left + column * side, top + row * side
            back, ink = self._colors(cell, grid)
            self._pen.rectangle((x, y, x + side, y + side), back, self.theme.faint)
            if cell.chosen:
                self._pen.rectangle((x + 1, y + 1, x + side - 1, y + side - 1), None, self.theme.mark, 3)
            middle = (x + side / 2, y + side / 2)
            self._pen.text(middle, cell.text, ink, letters or font(SMALLEST), anchor="mm")

    def heading(self, text: str, corner: tuple[float, float], room: float) -> None:
        """What stands over a grid."""
        self._pen.text(corner, text, self.theme.ink, fitting([text], room, 19) or font(SMALLEST))

    def sign(self, text: str, across: float, down: float) -> None:
        """A sign, its middle there."""
        self._pen.text((across, down), text, self.theme.ink, font(34), anchor="mm")

    def box(
        self,
        text: str,
        box: tuple[float, float, float, float],
        back: Color,
        size: int,
        *,
        marked: bool = False,
    ) -> None:
        """One number, as large as fits up to ``size``, in a frame of its own."""
        left, top, right, bottom = box
        frame = self.theme.mark if marked else self.theme.faint
        self._pen.rectangle(box, back, frame, 3 if marked else 1)
        letters = fitting([text], right - left - 12, size) or font(SMALLEST)
        self._pen.text(((left + right) / 2, (top + bottom) / 2), text, self.theme.ink, letters, anchor="mm")

    def _colors(self, cell: Cell, grid: Grid) -> tuple[Color, Color]:
        """Pixels as they look, on padding paler; the others tinted by sign and size."""
        if grid.kind != "patch" or not self._white:
            return self.theme.tint(cell.value, grid.largest), self.theme.ink
        back, ink = shade(cell.value, self._white)
        if not cell.padded:
            return back, ink
        pale = mixed(back, self.theme.paper)
        return pale, ((0, 0, 0) if pale[0] > 127 else (255, 255, 255))


class Equation:
    """How the products of all channels make one sum; ``read`` says what is multiplied."""

    def __init__(self, explanation: Explanation, room: int, *, read: str) -> None:
        self._explanation = explanation
        self._named = explanation.depth > 1
        shown = grids(explanation.shown, 0)[0].rows
        self._size = len(shown), len(shown[0])
        rest = room - 3 * _SIGN - _NEAR - _SUMS - _RESULT - _NAME * self._named
        several = max(_ALL_HIGH // (min(explanation.depth, MOST_CHANNELS) * self._size[0]), _SMALLEST)
        largest = min(several, _CELLS[1]) if self._named else _CELLS[0]
        self._side = min(rest // (3 * self._size[1]), _HIGHEST // self._size[0], largest)
        self._channels = {
            channel: grids(explanation.shown, channel, read=read, widest=int(self._side * 0.86 / _LETTER))
            for channel in explanation.weightiest(MOST_CHANNELS)
        }
        self._row_sums = {
            channel: list(row_sums(term_rows(explanation.shown, channel))) for channel in self._channels
        }
        self._write = writer(explanation)
        self._sums = explanation.totals
        self._cropped = explanation.window.kernel[0] > self._size[0]

    @property
    def _half(self) -> int:
        """Half the height of the cell of a sum."""
        return 24 if self._named else 46

    @property
    def _high(self) -> int:
        """How high one channel is: its grids, or the cell of its sum."""
        return max(self._size[0] * self._side, 2 * self._half)

    @property
    def _step(self) -> int:
        """From one channel to the next."""
        return self._high + _BETWEEN + self._cropped * _OTHERS

    @property
    def height(self) -> int:
        """Pixels that it takes."""
        return HEADING + len(self._channels) * self._step + self._named * (_TOTAL + _BETWEEN)

    def draw(self, drawn: Grids, left: int, top: int) -> None:
        """Draw it with its upper left corner at ``left`` and ``top``."""
        left += _NAME * self._named
        rows, columns = self._size
        step = max(columns * self._side, _NARROWEST) + _SIGN
        places = [left, left + step, left + 2 * step]
        sums = places[-1] + step - _SIGN + _NEAR
        above = (self._high - rows * self._side) // 2
        for place, grid in zip(places, next(iter(self._channels.values())), strict=True):
            room = step - 8 if grid.kind != "products" else sums - place - 8
            drawn.heading(grid.heading, (place, top + above), room)
        drawn.heading("row sums", (sums, top + above), _SUMS)
        top += HEADING
        for channel, three in self._channels.items():
            middle = top + self._high / 2
            if self._named:
                drawn.heading(f"channel {channel}", (left - _NAME, middle - 10), _NAME - 8)
            for place, grid in zip(places, three, strict=True):
                drawn.grid(grid, (place, top + above), self._side)
            # In the middle between a grid and what follows it.
            ends = [place + columns * self._side for place in places[:2]]
            for sign, (end, then) in zip("x=", zip(ends, places[1:], strict=True), strict=True):
                drawn.sign(sign, (end + then) / 2, middle)
            drawn.sign("=", sums + _SUMS + _SIGN / 2, middle)
            self._beside(drawn, channel, (sums, top + above))
            self._result(drawn, channel, (sums + _SUMS + _SIGN, middle))
            top += self._step
        if self._named:
            self._total(drawn, (sums + _SUMS + _SIGN, top))

    def _beside(self, drawn: Grids, channel: int, corner: tuple[int, int]) -> None:
        """What each row of products adds, beside it; what the rows that are not shown add, below."""
        left, top = corner
        every = self._row_sums[channel]
        largest = float(max(abs(row.sum) for rows in self._row_sums.values() for row in rows))
        for row in every:
            if row.first == row.last:
                back = drawn.theme.tint(row.sum, largest)
                box = left, top, left + _SUMS, top + self._side
                drawn.box(self._write(row.sum), box, back, self._side // 3)
                top += self._side
        if self._cropped:
            others = add([row.sum for row in every if row.first != row.last])
            drawn.heading(f"the other rows: {self._write(others)}", (left, top + 6), _SUMS + _SIGN + _RESULT)

    def _result(self, drawn: Grids, channel: int, place: tuple[int, float]) -> None:
        """The sum of one channel, marked where nothing is done to it any more."""
        left, middle = place
        half = self._half
        box = left, middle - half, left + _RESULT, middle + half
        if not self._named:
            drawn.heading("sum", (left, middle - half - HEADING), _RESULT)
        last = not self._named and self._is_value
        drawn.box(self._write(self._sums[channel]), box, drawn.theme.paper, half, marked=last)

    def _total(self, drawn: Grids, corner: tuple[int, int]) -> None:
        """The sum of all channels, those not shown too."""
        left, top = corner
        label = f"sum of {len(self._sums)} channels"
        drawn.heading(label, (left - 200, top + _TOTAL / 2 - 10), 190)
        box = (left, top, left + _RESULT, top + _TOTAL)
        drawn.box(self._write(add(self._sums)), box, drawn.theme.paper, 30, marked=self._is_value)

    @property
    def _is_value(self) -> bool:
        """Whether the sum is the value that is explained."""
        explanation = self._explanation
        return not explanation.shown.bias and explanation.activation is None and explanation.pool is None
