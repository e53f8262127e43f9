"""Curves over a labelled pair of axes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import cycle, groupby, pairwise
from typing import Final, NamedTuple

from PIL import Image, ImageDraw

from cnnviz.render.lettering import Color, ascii_text, font
from cnnviz.render.lines import number_text
from cnnviz.render.theme import Theme

_TICKS: Final = 5  # about as many on each axis
_LEFT, _BOTTOM, _TOP = 64, 44, 30  # room for labels around the field
_WIDTH: Final = 3  # of a line
_APART: Final = 10  # pixels between dots
_FINE: Final = 4  # times as large while it is drawn
_FLOOR: Final = 1e-16  # on a logarithmic axis: the least that is drawn, relative to the largest


class Curve(NamedTuple):
    """The points of one line, which has a gap where there is no height; ``dashes`` also tell curves apart.

    ``dashes`` are the lengths of ink and of gaps in turn, in pixels; none is a line without gaps.
    """

    name: str
    points: Sequence[tuple[float, float | None]]
    color: Color
    dashes: tuple[int, ...] = ()


class Axes(NamedTuple):
    """What stands along the axes; values up to ``top`` at least, on a ``logarithmic`` scale if asked for.

    With ``whole`` only whole numbers stand along the axis across. With ``dots`` there is one on every point,
    where they do not touch: what lies between is only a line.
    """

    across: str
    up: str
    top: float = 0
    right: float = 0
    logarithmic: bool = False
    whole: bool = False
    dots: bool = False


def draw(
    pen: ImageDraw.ImageDraw,
    box: tuple[int, int, int, int],
    theme: Theme,
    axes: Axes,
    curves: Sequence[Curve],
) -> None:
    """Draw ``curves`` and their axes into ``box`` (left, top, right, bottom)."""
    left, top, right, bottom = box[0] + _LEFT, box[1] + _TOP, box[2] - 8, box[3] - _BOTTOM
    rows, columns = _vertical(axes, curves), _horizontal(axes, curves)

    def at(x: float, y: float) -> tuple[float, float]:
        return left + (right - left) * columns.share(x), bottom - (bottom - top) * rows.share(y)

    for tick in rows.ticks:
        _, y = at(columns.low, tick)
        pen.line((left, y, right, y), theme.faint)
        pen.text((left - 8, y), number_text(tick), theme.ink, font(13), anchor="rm")
    for tick in columns.ticks:
        x, _ = at(tick, rows.low)
        pen.line((x, bottom, x, bottom + 5), theme.ink)
        pen.text((x, bottom + 8), number_text(tick), theme.ink, font(13), anchor="mt")
    pen.line((left, top, left, bottom, right, bottom), theme.ink)
    pen.text((box[0], box[1] + 2), ascii_text(axes.up), theme.ink, font(14))
    pen.text(((left + right) / 2, box[3] - 16), ascii_text(axes.across), theme.ink, font(14), anchor="mt")
    for curve in curves:
        apart = (right - left) / max(len(curve.points), 1) > _APART
        for piece in _pieces(curve):
            points = [at(x, y) for x, y in piece]
            _line(pen, points, curve)
            for point in points if axes.dots and apart else ():
                _line(pen, [point, point], curve)


def legend(
    pen: ImageDraw.ImageDraw, corner: tuple[int, int], theme: Theme, curves: Sequence[Curve], step: int = 22
) -> None:
    """The names of ``curves``, one below the other, each behind a piece of its line."""
    left, top = corner
    for number, curve in enumerate(curves):
        y = top + step * number + 8
        _line(pen, [(left, y), (left + 36, y)], curve)
        pen.text((left + 46, y), ascii_text(curve.name), theme.ink, font(14), anchor="lm")


class _Scale(NamedTuple):
    low: float
    high: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """How far along the axis it lies, from 0 to 1."""
        low, high, value = self.low, self.high, min(max(value, self.low), self.high)
        if self.logarithmic:
            low, high, value = math.log(low), math.log(high), math.log(value)
        return (value - low) / (high - low)


def _vertical(axes: Axes, curves: Sequence[Curve]) -> _Scale:
    values = [y for curve in curves for _, y in curve.points if y is not None]
    high = max([axes.top, *values])
    if not axes.logarithmic or high <= 0:
        return _linear(0, high or 1)
    least = max(min((value for value in values if value > 0), default=high), high * _FLOOR)
    first, last = math.floor(math.log10(least)), math.ceil(math.log10(high))
    last = max(last, first + 1)
    step = max((last - first) // _TICKS, 1)
    ticks = tuple(10.0**power for power in range(first, last + 1, step))
    return _Scale(10.0**first, 10.0**last, ticks, logarithmic=True)


def _horizontal(axes: Axes, curves: Sequence[Curve]) -> _Scale:
    places = [x for curve in curves for x, _ in curve.points]
    scale = _linear(min(places), max(axes.right, *places))
    low, high = min(places), max(axes.right, *places)
    shown = (tick for tick in scale.ticks if tick == round(tick) or not axes.whole)
    ticks = tuple(tick for tick in shown if low <= tick <= high)
    return _Scale(low, high if high > low else low + 1, ticks)


def _linear(low: float, high: float) -> _Scale:
    """A scale whose ticks are 1, 2 or 5 times a power of ten apart, and which ends on one.

    >>> _linear(0, 16).ticks
    (0, 5, 10, 15, 20)
    """
    span = (high - low) or 1
    power = 10.0 ** math.floor(math.log10(span / _TICKS))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor * _TICKS >= span * 0.999)
    first, last = math.floor(low / step), math.ceil(high / step - 1e-9)
    ticks = [round(number * step, 12) for number in range(first, last + 1)]
    whole = [int(tick) if tick == int(tick) else tick for tick in ticks]
    return _Scale(ticks[0], ticks[-1], tuple(whole))


def _pieces(curve: Curve) -> Iterator[list[tuple[float, float]]]:
    """The stretches without a gap; of a single point a line from it to itself, which is drawn as a dot."""
    for there, points in groupby(curve.points, key=lambda point: point[1] is not None):
        if there:
            piece = [(x, y) for x, y in points if y is not None]
            yield piece if len(piece) > 1 else piece * 2


def _line(pen: ImageDraw.ImageDraw, points: Sequence[tuple[float, float]], curve: Curve) -> None:
    """Draw it larger and shrink it: Pillow draws lines with steps, thinner where they rise but little."""
    left, top = (math.floor(min(ends)) - _WIDTH for ends in zip(*points, strict=True))
    right, bottom = (math.ceil(max(ends)) + _WIDTH for ends in zip(*points, strict=True))
    large = Image.new("L", ((right - left) * _FINE, (bottom - top) * _FINE))
    brush = ImageDraw.Draw(large)
    for stroke in _strokes(points, curve.dashes):
        scaled = [((x - left + 0.5) * _FINE, (y - top + 0.5) * _FINE) for x, y in stroke]
        if scaled[0] == scaled[-1]:
            brush.circle(scaled[0], _WIDTH * _FINE, 255)
        brush.line(scaled, 255, _WIDTH * _FINE, joint="curve")
    pen.bitmap((left, top), large.reduce(_FINE), curve.color)


def _strokes(
    points: Sequence[tuple[float, float]], dashes: tuple[int, ...]
) -> Iterator[list[tuple[float, float]]]:
    """What is drawn of a line through ``points``: dashes go on around its corners.

    >>> list(_strokes([(0, 0), (4, 0), (4, 4)], (3, 2)))
    [[(0, 0), (3.0, 0.0)], [(4.0, 1.0), (4, 4)]]
    """
    if not dashes or points[0] == points[-1]:
        yield list(points)
        return
    lengths = cycle(dashes)
    left, ink = float(next(lengths)), True
    stroke = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        length, done = math.hypot(x1 - x0, y1 - y0), 0.0
        while length - done > left:
            done += left
            corner = x0 + (x1 - x0) * done / length, y0 + (y1 - y0) * done / length
            if ink:
                yield [*stroke, corner]
            stroke, ink, left = [corner], not ink, float(next(lengths))
        left -= length - done
        stroke.append((x1, y1))
    if ink:
        yield stroke
