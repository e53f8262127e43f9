"""A picture with its padding around it, whole or close up, and the true place of a window framed on it."""

from __future__ import annotations

import math
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cnnviz.geometry import PaddingMode, Pads, padding_source
from cnnviz.render.lettering import SMALLEST, ascii_text, fitting, font
from cnnviz.render.theme import Theme, fitted, hang

HEADING: Final = 26  # pixels
NOTE: Final = 24
_SMALL: Final = 18  # pixels of a frame; smaller ones are pointed at
_NEAR, _FAR = 7, 17  # pixels from it to the ends of the strokes

Box: TypeAlias = tuple[int, int, int, int]
"""Top, left, bottom and right of cells; on a page left, top, right and bottom of pixels."""


class Panel(NamedTuple):
    """``values`` (H, W[, 3]), of which ``view`` is shown, and the ``box`` framed in it.

    Both may reach beyond the picture, onto its padding. ``zero`` is the code of a zero there; None leaves it
    blank.
    """

    heading: str
    values: NDArray[np.uint8]
    box: Box
    view: Box
    padding_mode: PaddingMode = "zeros"
    zero: int | None = None
    note: str = ""


def whole(size: tuple[int, ...], pads: Pads = ((0, 0), (0, 0))) -> Box:
    """The view of a picture of ``size`` (height, width, ...) and of everything around it."""
    (top, bottom), (left, right) = pads
    return -top, -left, size[0] + bottom, size[1] + right


def size(panel: Panel, room: tuple[int, int]) -> tuple[int, int]:
    """Width and height of what is shown of it, in ``room`` (height, width)."""
    top, left, bottom, right = panel.view
    return fitted((bottom - top, right - left), room)


def draw(
    made: Image.Image, theme: Theme, panel: Panel, corner: tuple[int, int], room: tuple[int, int]
) -> None:
    """Draw ``panel`` under its heading at ``corner`` (left, top), in ``room`` (height, width)."""
    pen = ImageDraw.Draw(made)
    left, top = corner
    view = _View(panel, size(panel, room))
    for line, at in ((panel.heading, top), (panel.note, top + HEADING + view.size[1] + 4)):
        text = ascii_text(line)
        pen.text((left, at), text, theme.ink, fitting([text], room[1], 19) or font(SMALLEST))
    top += HEADING
    hang(made, view.image(theme), (left, top), theme)
    first, upper, last, lower = view.placed(panel.box)
    box = left + first, top + upper, left + last, top + lower
    strokes = [] if max(last - first, lower - upper) >= _SMALL else _strokes(box, (top, top + view.size[1]))
    around = box[0] - 2, box[1] - 2, box[2] + 1, box[3] + 1
    for color, wider in ((theme.paper, 1), (theme.mark, 0)):
        for stroke in strokes:
            pen.rectangle(_grown(stroke, 1 + wider), color)
        pen.rectangle(_grown(around, wider), outline=color, width=2 + wider)


class _View(NamedTuple):
    """What is shown of a ``panel``, in ``size`` (width, height)."""

    panel: Panel
    size: tuple[int, int]

    def _scale(self, axis: int) -> float:
        return self.size[1 - axis] / (self.panel.view[axis + 2] - self.panel.view[axis])

    def placed(self, box: Box) -> Box:
        """Left, top, right and bottom of ``box``, in pixels of the view; nowhere thinner than one."""
        top, left, bottom, right = (
            round((edge - self.panel.view[place % 2]) * self._scale(place % 2))
            for place, edge in enumerate(box)
        )
        return left, top, max(right, left + 1), max(bottom, top + 1)

    def image(self, theme: Theme) -> Image.Image:
        """The picture, a line around it, and its padding, which is paler."""
        panel = self.panel
        picture = Image.fromarray(panel.values).convert("RGB")
        reduced = [min(max(round(n * self._scale(a)), 1), n) for a, n in enumerate(panel.values.shape[:2])]
        if [picture.height, picture.width] != reduced:
            picture = picture.resize((reduced[1], reduced[0]), Image.Resampling.BOX)
        (rows, above), (columns, beside) = (self._sources(axis, reduced[axis]) for axis in (0, 1))
        found = np.asarray(picture)[np.maximum(rows, 0)[:, np.newaxis], np.maximum(columns, 0)]
        zeros = (rows < 0)[:, np.newaxis] | (columns < 0)
        found[zeros] = theme.paper if panel.zero is None else (panel.zero,) * 3
        padded = above[:, np.newaxis] | beside
        found[padded] = (found[padded].astype(np.uint16) + np.array(theme.paper)) // 2
        shown = Image.fromarray(found)
        edge = self.placed(whole(panel.values.shape))
        ImageDraw.Draw(shown).rectangle((edge[0] - 1, edge[1] - 1, edge[2], edge[3]), outline=theme.ink)
        return shown

    def _sources(self, axis: int, reduced: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Which of the ``reduced`` rows stands in each row, -1 for zeros; whether it is padding."""
        n, scale = self.panel.values.shape[axis], self._scale(axis)
        found, padded = [], []
        for pixel in range(self.size[1 - axis]):
            place = self.panel.view[axis] + (pixel + 0.5) / scale
            cell = math.floor(place)
            source = padding_source(cell, n, self.panel.padding_mode)
            nearest = -1 if source is None else int((source + place - cell) * reduced / n)
            found.append(min(nearest, reduced - 1))
            padded.append(not 0 <= cell < n)
        return np.array(found), np.array(padded)


def _strokes(box: Box, ends: tuple[int, int]) -> list[Box]:
    """Lines that point at ``box`` (left, top, right, bottom); none leaves the rows between ``ends``."""
    left, top, right, bottom = box
    x, y = (left + right - 1) // 2, (top + bottom - 1) // 2
    across = [(left - _FAR, y, left - _NEAR, y), (right + _NEAR - 1, y, right + _FAR - 1, y)]
    down = [(x, top - _FAR, x, top - _NEAR), (x, bottom + _NEAR - 1, x, bottom + _FAR - 1)]
    return across + [stroke for stroke in down if ends[0] <= stroke[1] and stroke[3] < ends[1]]


def _grown(box: Box, by: int) -> Box:
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by
