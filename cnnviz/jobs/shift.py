"""From a picture, one operator and a row of shifts to their distances, and the chart of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from cnnviz.errors import KernelError, UsageError, named
from cnnviz.geometry import Pair
from cnnviz.jobs.one_map import OneMap, Subject, read
from cnnviz.jobs.settings import Pooling
from cnnviz.lessons.layer import Layer
from cnnviz.lessons.shift import Fill, Shifted, Steps, moved, shift
from cnnviz.render import png, tone
from cnnviz.render.contact_sheet import LONGEST
from cnnviz.render.shift import picture as shift_picture
from cnnviz.render.shift.picture import Row
from cnnviz.render.shift.text import Shifts

Axis = Literal["horizontal", "vertical", "diagonal"]

_MIDDLE: Final = LONGEST // 2
"""Cells of the longer side of a map's middle: each is two pixels large."""

_WAYS: Final[dict[Axis, Pair]] = {"horizontal": (0, 1), "vertical": (1, 0), "diagonal": (1, 1)}


@dataclass(frozen=True)
class Moved:
    """The distances, and what they were measured on."""

    shifts: Shifts
    subject: Subject
    layer: Layer


def run(
    asked: OneMap, pixels: Sequence[int], axis: Axis, fill: Fill, *, done: Callable[[], None] = lambda: None
) -> Moved:
    """Read the picture and move it by each number of ``pixels``; ``done`` is called after each.

    Without pooling max:2 is taken, on a map of one row or column 1 of them: the lesson is about pooling too.

    Raises
    ------
    CnnvizError
        Whatever is wrong with the picture or the operator, or when a shift leaves nothing of the picture.
    """
    subject, layer = read(asked)
    shape = subject.pixels.shape
    way = _WAYS[axis]
    _check(asked.image, max(pixels), way, (shape[1], shape[2]))
    chosen = asked.pooling is not None
    if not chosen:
        height, width = layer.problem(shape).window.output
        asked = replace(asked, pooling=Pooling("max", (min(height, 2), min(width, 2))))
        layer = asked.layer(shape[0])
    records = []
    with named(asked.image):
        for record in shift(subject.pixels, layer, [(way[0] * n, way[1] * n) for n in pixels], fill):
            records.append(_finite(record))
            done()
    steps = Steps.of(layer, shape)
    found = Shifts(asked.names, way, fill, asked.done, asked.settings, steps, tuple(records), chosen=chosen)
    return Moved(found, subject, layer)


def picture(found: Moved, *, dark: bool) -> bytes:
    """The chart, and the maps of the first, the middle and the last shift, as the bytes of a PNG."""
    records = found.shifts.records
    three = [records[place].by for place in sorted({0, len(records) // 2, len(records) - 1})]
    pixels, layer, fill = found.subject.pixels, found.layer, found.shifts.fill
    maps = np.stack([layer.activated(layer.sums(moved(pixels, by, fill))) for by in three])
    nonnegative = layer.activation is not None and tone.extremes(maps)[0] >= 0
    fitted = tone.fit(maps, "abs" if nonnegative else None)
    pooled = np.stack([layer.pooled(each) for each in maps])  # in the same tone, to be compared
    heading = "the map of the picture moved by"
    if (middle := _middle(found.shifts, maps.shape[1:])) is not None:
        heading = f"the middle of {heading}"
        maps, pooled = maps[:, *middle[0]], pooled[:, *middle[1]]
    rows = [
        Row(heading, tone.encode(maps, fitted)),
        Row(f"its pooled map, {found.shifts.pooling}", tone.encode(pooled, fitted)),
    ]
    return png.encode(shift_picture.draw(found.shifts, three, rows, fitted, dark=dark))


def _middle(shifts: Shifts, size: tuple[int, ...]) -> list[tuple[slice, slice]] | None:
    """Rows and columns of the map, and of the pooled map, where all of it would be too small to see it move.

    None where there is room for all of it, it moves too far for its middle, or makes too few pooled cells.
    """
    steps, share = shifts.steps, _MIDDLE / max(size)
    if max(size) <= LONGEST or max(shifts.records[-1].by) > _MIDDLE // 4:
        return None
    sides = []
    for n, cell, pixels in zip(size, steps.map, steps.pooled, strict=True):
        step = pixels // cell
        count = round(n * share) // step
        if not count:
            return None
        first = (n // step - count) // 2
        sides.append((slice(first * step, (first + count) * step), slice(first, first + count)))
    return list(zip(*sides, strict=True))


def _check(image: str, largest: int, way: Pair, size: Pair) -> None:
    """Refuse a shift that leaves nothing of the picture."""
    for name, step, n in zip(("high", "wide"), way, size, strict=True):
        if step and n == 1:
            raise UsageError(
                f"{image}: the picture is 1 pixel {name}, so nothing of it stays in place when it is moved; "
                "try another --axis or a larger picture"
            )
        if step and largest >= n:
            raise UsageError(
                f"{image}: --by (0:8 where it is not given) moves the picture by {largest} pixels, and it is "
                f"{n} pixels {name}: nothing of it would be left; use --by {n - 1}"
            )


def _finite(record: Shifted) -> Shifted:
    if not all(math.isfinite(value) for value in record.distances if value is not None):
        raise KernelError(
            "values of the map lie beyond the range of its type; scale the picture or the kernel down, or "
            "use a float64 NPY"
        )
    return record
