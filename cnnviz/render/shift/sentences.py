"""What is seen when a picture is moved, and what is not: a sentence each, true of the numbers at hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import compress
from typing import Final

from cnnviz.lessons.shift import Distance, Shifted
from cnnviz.render.shift.text import Shifts, distance_text

_ROUNDING: Final = 1e-5
"""Up to this distance floats agree."""

_HARDLY: Final = 0.9
"""Of the map's distance; a pooled map that moves by more has hardly any tolerance."""


def sentences(shifts: Shifts) -> list[str]:
    """Equivariance, invariance, tolerance, phase and border, in this order."""
    real = [record for record in shifts.records if any(record.by)]
    return [
        " ".join([*_equivariance(shifts, real), *_border(real)]),
        *_invariance(shifts, real),
        *_tolerance(shifts, real),
        " ".join(_phase(shifts, real)),
    ]


def _measured(values: Sequence[Distance]) -> list[float]:
    return [value for value in values if value is not None]


def _within(largest: float) -> str:
    """How well maps agree that are ``largest`` apart.

    >>> _within(0.0), _within(0.2)
    ('exactly (distance 0)', 'to a distance of 0.200')
    >>> _within(3e-8)
    'up to the rounding of floats (distance at most 3e-08)'
    """
    if not largest:
        return "exactly (distance 0)"
    if largest < _ROUNDING:
        return f"up to the rounding of floats (distance at most {distance_text(largest)})"
    return f"to a distance of {distance_text(largest)}"


def _equivariance(shifts: Shifts, real: Sequence[Shifted]) -> Iterator[str]:
    whole = [record for record in real if not any(record.map_phase)]
    stride = shifts.along(shifts.steps.map)
    if not whole:
        yield f"Equivariance cannot be seen here: no shift is a multiple of the stride, {stride} pixels."
        return
    found = _measured([record.map_vs_moved for record in whole])
    if not found:
        yield "Equivariance cannot be seen here: no cell sees the picture alone before and after a shift."
        return
    at = "" if stride == "1" else f" at multiples of the stride, {stride} pixels"
    yield (
        f"Convolution is equivariant: away from the border, the map moves along with the picture{at}, "
        f"{_within(max(found))}."
    )


def _invariance(shifts: Shifts, real: Sequence[Shifted]) -> Iterator[str]:
    changed = next((record for record in real if record.map), None)
    if changed is not None:
        less = ""
        if changed.pixels_less_mean is not None:
            mean = "their mean, which makes |b| large and says nothing of a place"
            less = f"; less {mean}, by {distance_text(changed.pixels_less_mean)}"
        yield (
            f"It is not invariant: in place, a shift by {_count(shifts.pixels(changed))} changes the map by "
            f"{distance_text(changed.map)}, and the pixels that a dense layer sees by "
            f"{distance_text(changed.pixels)}{less}."
        )
    elif _measured([record.map for record in real]):
        yield "That it is not invariant does not show here: in place, no shift changes the map."
    else:
        yield "That it is not invariant cannot be given as a distance: the unmoved map is 0 everywhere."


def _tolerance(shifts: Shifts, real: Sequence[Shifted]) -> Iterator[str]:
    first = next((record for record in real if record.map and record.pooled_map is not None), None)
    if first is None or first.map is None or first.pooled_map is None:
        yield f"Pooling ({shifts.pooling}) has no change of the map to tolerate here."
        return
    window = max(compress(shifts.steps.window, shifts.way))
    pooled, before = distance_text(first.pooled_map), distance_text(first.map)
    by = _count(shifts.pixels(first))
    measured = f"a shift by {by} changes the pooled map by {pooled}, the map it is made from by {before}"
    name = f"Pooling ({shifts.pooling}, a window of {_count(window)})"
    if not any(record.pooled_map for record in real):
        yield f"{name} tolerates all of these shifts: the pooled map does not change, the map does."
    elif shifts.pixels(first) > window:
        yield f"{name} can be tolerant only of smaller shifts than these: {measured}."
    elif first.pooled_map >= first.map:
        yield f"{name} gives no tolerance here: {measured}."
    elif first.pooled_map > _HARDLY * first.map:
        yield f"{name} gives hardly any tolerance here: {measured}."
    else:
        yield f"{name} gives some tolerance: {measured}. {_end(shifts, real, first.map, window)}"


def _end(shifts: Shifts, real: Sequence[Shifted], limit: float, window: int) -> str:
    """How far tolerance goes: to the shift that changes the pooled map as much as the first did the map."""
    reached = next((record for record in real if (record.pooled_map or 0) >= limit), None)
    if reached is None:
        most = max(record.pooled_map or 0 for record in real)
        return f"Up to {_count(shifts.pixels(real[-1]))} it changes by {distance_text(most)} at most."
    pixels = shifts.pixels(reached)
    before = max((shifts.pixels(each) for each in real if shifts.pixels(each) < pixels), default=0)
    if before < pixels - 1:
        change = f"they change the pooled map by {distance_text(reached.pooled_map)}"
        return f"By {_count(pixels)} it has ended: {change}."
    about = ", about the size of the window," if window / 2 <= pixels <= 2 * window else ""
    change = f"change the pooled map by {distance_text(reached.pooled_map)}"
    return f"It ends there: {_count(pixels)}{about} {change}."


def _phase(shifts: Shifts, real: Sequence[Shifted]) -> Iterator[str]:
    whole = _measured([record.pooled_map_vs_moved for record in real if not any(record.phase)])
    between = _measured([record.pooled_map_vs_moved for record in real if any(record.phase)])
    cells = "Stride and pooling leave a cell for every pixel"
    if shifts.has_phases:
        cells = f"Stride and pooling leave a cell every {shifts.along(shifts.steps.pooled)} pixels"
    if whole:
        multiples = ": at multiples of that" if shifts.has_phases else ":"
        yield f"{cells}{multiples} the pooled map moves along, {_within(max(whole))}."
    elif not between:
        yield f"{cells}, but no cell of the pooled map sees the picture alone before and after a shift."
    elif all(any(record.phase) for record in real):
        yield f"{cells}, and no shift is a multiple of that."
    else:
        yield f"{cells}, but at multiples of that none of them sees the picture alone before and after."
    if between:
        yield f"In between it {_from_whole(max(between))}."
    stray = _measured([record.map_vs_moved for record in real if any(record.map_phase)])
    if stray:
        apart = shifts.along(shifts.steps.map)
        yield f"The map itself, between multiples of {apart}, {_from_whole(max(stray))}."


def _from_whole(largest: float) -> str:
    """How far between whole cells' moves a map, ``largest`` apart, is from them.

    >>> _from_whole(0.2), _from_whole(0.0)
    ("is up to 0.200 away from whole cells' moves", "agrees with whole cells' moves, exactly (distance 0)")
    """
    if largest < _ROUNDING:
        return f"agrees with whole cells' moves, {_within(largest)}"
    return f"is up to {distance_text(largest)} away from whole cells' moves"


def _border(real: Sequence[Shifted]) -> Iterator[str]:
    found = _measured([record.whole_map_vs_moved for record in real if not any(record.map_phase)])
    if found and max(found) < _ROUNDING:
        yield f"So does its border: over the whole map, {_within(max(found))}."
    elif found:
        yield (
            "The border does not: with the cells that see padding or uncovered pixels, the distance is up to "
            f"{distance_text(max(found))}."
        )


def _count(pixels: int) -> str:
    return f"{pixels} pixel{'s' * (pixels != 1)}"
