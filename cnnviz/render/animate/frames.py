"""Frames of a sweep: the input with the window on it, the kernel, the map as it fills, the pooled map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from math import ceil
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnnviz.geometry import Pair
from cnnviz.lessons.animate import Frame, Sweep
from cnnviz.render.animate.layout import HEADING, LINE, MARGIN, Layout, Panel, lay_out
from cnnviz.render.animate.lines import lines
from cnnviz.render.animation import Palette, most_colors
from cnnviz.render.cells import CellDrawer, strip
from cnnviz.render.lettering import Color
from cnnviz.render.theme import DARK, LIGHT, READABLE, Theme, mixed, shade

Codes: TypeAlias = NDArray[np.uint8]

_SHADES, _TINTS = 128, 15  # of greys, where the format has room for them; of each sign
_OTHERS: Final = 5  # colours
_OWN_FRAME: Final = 12  # pixels of a cell that has a frame of its own
_STRONGEST: Final = 0.9
_LEAST_BOX: Final = 7  # pixels, so that it has an inside
_QUIET: Final = (140, 140, 140)  # the numbers on padding


class Origin(NamedTuple):
    """Where the cells are from: a ``thumbnail`` (H, W) of the picture, of ``size``, and the ``piece`` of it.

    ``piece`` is (row, column, height, width), None where all of it was taken; ``text`` says what was done.
    """

    thumbnail: Codes
    size: Pair
    piece: tuple[int, int, int, int] | None
    text: str


class Page(NamedTuple):
    """What stands above the panels, the value of ``white`` in the input, and where its cells are from.

    ``names`` are those of the picture and the kernel, ``layer`` says what is done. White is 0 for values of
    both signs, and None for cells that are only counted.
    """

    names: tuple[str, str]
    layer: str
    white: float | None
    origin: Origin | None = None

    @property
    def title(self) -> str:
        """One line that says what is done."""
        return f"{self.names[0]} under {self.names[1]}: {self.layer}"


def layout(sweep: Sweep, page: Page) -> Layout:
    """Where everything stands on ``page``."""
    if page.origin is None:
        return lay_out(sweep)
    height, width = page.origin.thumbnail.shape
    return lay_out(sweep, (height, width))


def palette(suffix: str, *, dark: bool) -> Palette:
    """The colours of every frame: greys, tints of both signs, and those of the theme."""
    theme = DARK if dark else LIGHT
    shades = min(most_colors(suffix) - 2 * _TINTS - _OTHERS, _SHADES)
    levels = np.linspace(0, 255, shades).round().astype(int).tolist()
    steps = [step / _TINTS for step in range(1, _TINTS + 1)]
    tints = [theme.tint(sign * step, 1, _STRONGEST) for sign in (1, -1) for step in steps]
    greys: list[Color] = [(level, level, level) for level in levels]
    return Palette([*greys, *tints, _QUIET, theme.paper, theme.ink, theme.faint, theme.mark])


def frames(
    sweep: Sweep, page: Page, numbers: Iterable[int], palette: Palette, *, dark: bool = False
) -> Iterator[Codes]:
    """The frames ``numbers`` as codes of ``palette``: each shows all that is known by then."""
    drawing = _Drawing(sweep, page, palette, DARK if dark else LIGHT)
    known, done = drawing.empty(), 0
    for number in numbers:
        if number < done:
            known, done = drawing.empty(), 0
        for each in range(done, number + 1):
            drawing.fill(known, sweep.frame(each))
        done = number + 1
        shown = known.copy()
        drawing.point(shown, sweep.frame(number))
        yield shown


class _Drawing:
    """How the parts of one sweep's page are drawn."""

    def __init__(self, sweep: Sweep, page: Page, palette: Palette, theme: Theme) -> None:
        self._sweep = sweep
        self._page = page
        self._palette = palette
        self._theme = theme
        self._cells = CellDrawer(palette, theme.faint)
        self._layout = layout(sweep, page)
        self._mark = self._code(theme.mark)

    def empty(self) -> Codes:
        """The page before the first place: input and kernel, and empty cells for what is to come."""
        layout = self._layout
        page: Codes = np.full(layout.size, self._code(self._theme.paper), np.uint8)
        self._write(page, (14, MARGIN), self._page.title, 17, self._page.names)
        if self._page.origin is not None:
            self._write(page, (38, MARGIN), self._page.origin.text, HEADING)
            self._picture(page, self._page.origin)
        for panel in layout.panels:
            self._write(page, (panel.corner[0] - 24, panel.corner[1]), panel.heading, HEADING)
            for place in panel.places:
                self._to_come(page, panel, place)
        for panel in layout.inputs:
            for place in panel.places:
                self._cell(page, panel, place, *self._input_colors(panel, place))
            self._frame_input(page, panel)
        reach = _reach(self._sweep.layer.weight)
        for panel in layout.kernels:
            for place in panel.places:
                self._cell(page, panel, place, *self._tinted(panel, place, reach))
        return page

    def _picture(self, page: Codes, origin: Origin) -> None:
        """The picture, where there is room for it, and on it the piece that the cells are from."""
        if self._layout.thumbnail is None:
            return
        top, left = self._layout.thumbnail
        self._write(page, (top - 24, left), "the picture", HEADING)
        place = page[top : top + origin.thumbnail.shape[0], left : left + origin.thumbnail.shape[1]]
        place[:] = self._palette.codes(origin.thumbnail[..., np.newaxis].repeat(3, axis=2))
        if origin.piece is not None:
            height, width = place.shape
            rows = _box(origin.piece[0], origin.piece[2], height / origin.size[0], height)
            columns = _box(origin.piece[1], origin.piece[3], width / origin.size[1], width)
            _edge(place[rows, columns], self._mark, 2)

    def fill(self, page: Codes, frame: Frame) -> None:
        """Write what ``frame`` makes known into the map and the pooled map."""
        self._result(page, self._layout.map, frame.at)
        if self._layout.pooled is not None:
            for place in frame.pooled:
                self._result(page, self._layout.pooled, place)

    def point(self, page: Codes, frame: Frame) -> None:
        """Frame the window, the value it makes and what is pooled now, and write out the sum."""
        (top, _), (left, _) = self._sweep.window.pads
        for panel in self._layout.inputs:
            self._outline(page, panel, [row + top for row in frame.rows], [at + left for at in frame.columns])
        self._outline(page, self._layout.map, [frame.at[0]], [frame.at[1]])
        for row, column in frame.pooled:
            if self._layout.pooled is not None and self._sweep.pooling is not None:
                self._outline(page, self._layout.pooled, [row], [column])
                self._outline(page, self._layout.map, *self._sweep.pooling.cells((row, column)))
        for number, line in enumerate(lines(self._sweep, frame)):
            self._write(page, (self._layout.bottom + MARGIN + number * LINE, MARGIN), line, 15)

    def _input_colors(self, panel: Panel, place: Pair) -> tuple[Color, Color]:
        """Zeros around are paper with quiet numbers, copied cells around are paler than what they copy."""
        (top, _), (left, _) = self._sweep.window.pads
        height, width = self._sweep.window.size
        colors = self._theme.tint(-0.5, 1), self._theme.ink
        if self._page.white == 0:
            colors = self._tinted(panel, place, _reach(self._sweep.padded))
        elif self._page.white is not None:
            colors = shade(panel.values[place].item(), self._page.white)
        if top <= place[0] < top + height and left <= place[1] < left + width:
            return colors
        if self._sweep.layer.padding_mode == "zeros":
            return self._theme.paper, _QUIET
        return mixed(colors[0], self._theme.paper), self._theme.ink

    def _result(self, page: Codes, panel: Panel, place: Pair) -> None:
        """A cell of a map: without negative values by brightness, else tinted by sign."""
        reach = _reach(panel.values)
        bright = self._page.white and panel.values.min() >= 0
        colors = shade(panel.values[place].item(), reach) if bright else self._tinted(panel, place, reach)
        self._cell(page, panel, place, *colors)

    def _to_come(self, page: Codes, panel: Panel, place: Pair) -> None:
        """An empty cell; where no number tells it from a white one, with a dot in it."""
        cell = page[panel.box(place)]
        cell[:] = self._cells.draw("", self._theme.paper, _QUIET, None, panel.side)
        if panel.letters is None:
            middle = slice(panel.side // 2, panel.side // 2 + 2)
            cell[middle, middle] = self._code(self._theme.faint)

    def _tinted(self, panel: Panel, place: Pair, reach: float) -> tuple[Color, Color]:
        strongest = _STRONGEST if panel.letters is None else READABLE
        return self._theme.tint(panel.values[place].item(), reach, strongest), self._theme.ink

    def _cell(self, page: Codes, panel: Panel, place: Pair, back: Color, ink: Color) -> None:
        text = "" if panel.letters is None else panel.texts[place[0]][place[1]]
        page[panel.box(place)] = self._cells.draw(text, back, ink, panel.letters, panel.side)

    def _outline(self, page: Codes, panel: Panel, rows: Sequence[int], columns: Sequence[int]) -> None:
        """Frame the cells of ``rows`` and ``columns``; small neighbours together."""
        # A frame around each would hide what is in them.
        if panel.side < _OWN_FRAME and _adjacent(rows) and _adjacent(columns):
            self._frame(page, panel, (rows[0], columns[0]), (rows[-1], columns[-1]))
            return
        for place in product(rows, columns):
            self._frame(page, panel, place, place)

    def _frame(self, page: Codes, panel: Panel, first: Pair, last: Pair) -> None:
        """Frame the cells from ``first`` to ``last``."""
        wide = 2 if panel.side >= _OWN_FRAME or first != last else 1
        (top, left), (bottom, right) = panel.box(first), panel.box(last)
        _edge(page[top.start : bottom.stop, left.start : right.stop], self._mark, wide)

    def _frame_input(self, page: Codes, panel: Panel) -> None:
        """A line around the picture itself, where padding surrounds it."""
        (top, bottom), (left, right) = self._sweep.window.pads
        if top or bottom or left or right:
            first = panel.box((top, left))
            last = panel.box((top + self._sweep.window.size[0] - 1, left + self._sweep.window.size[1] - 1))
            area = page[first[0].start : last[0].stop, first[1].start : last[1].stop]
            _edge(area, self._code(self._theme.ink), 1)

    def _write(self, page: Codes, corner: Pair, text: str, size: int, names: Sequence[str] = ()) -> None:
        top, left = corner
        room = page.shape[1] - left - 4
        drawn = strip(text, size, self._theme.ink, self._theme.paper, room, self._palette, names)
        page[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn

    def _code(self, color: Color) -> int:
        codes = self._palette.codes(np.array([[color]], np.uint8)).tolist()
        return int(codes[0][0])


def _box(first: int, count: int, scale: float, n: int) -> slice:
    """Where ``count`` pixels from ``first`` on lie among ``n``, with some around them if they are too few."""
    start = max(min(int(first * scale), n - _LEAST_BOX), 0)
    return slice(start, max(ceil((first + count) * scale), start + _LEAST_BOX))


def _edge(area: Codes, code: int, wide: int) -> None:
    """A line around the inside of ``area``."""
    area[:wide] = area[-wide:] = area[:, :wide] = area[:, -wide:] = code


def _adjacent(places: Sequence[int]) -> bool:
    """Whether they lie one next to the other."""
    return places[-1] - places[0] == len(places) - 1


def _reach(values: NDArray[Any]) -> float:
    return float(np.abs(values).max())
