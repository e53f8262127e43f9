"""How products add up to a value, in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Final, NamedTuple, TypeAlias

from cnnviz.geometry import Pair
from cnnviz.lessons.explain import Explanation, Term, add
from cnnviz.lessons.layer import Number
from cnnviz.render.digits import of_sums
from cnnviz.render.explain.cells import MOST, on_padding, place_text, term_rows
from cnnviz.render.kernels.lines import middle
from cnnviz.render.lines import number_text

Write: TypeAlias = Callable[[float], str]

MOST_CHANNELS: Final = 4
"""Channels whose grids are shown: of more, those that add most."""


class RowSum(NamedTuple):
    """What kernel rows ``first`` to ``last`` add, and what that makes with the rows above."""

    first: int
    last: int
    products: list[Number]
    sum: Number
    running: Number


def writer(explanation: Explanation) -> Write:
    """How all numbers of the sums are written: alike."""
    unit = explanation.shown
    numbers, result = [unit.bias, unit.total], unit.total
    if explanation.activation is None:
        result = explanation.output
        numbers += [*(each.activated for each in explanation.units), result]
    for channel in explanation.weightiest(MOST_CHANNELS):
        for row in row_sums(term_rows(unit, channel)):
            numbers += [row.sum, row.running, *(row.products if len(row.products) <= MOST else [])]
    return of_sums(numbers, result)


def _after(explanation: Explanation, value: Number, write: Write) -> str:
    """What comes of the sum: as that is written, but what an activation bends to four digits of its own."""
    kept = math.isclose(value, explanation.shown.total, rel_tol=1e-3)
    return write(value) if kept or explanation.activation is None else number_text(value)


def sums(explanation: Explanation) -> list[str]:
    """How the products add up to the value before pooling, a line a step.

    >>> import numpy as np
    >>> from cnnviz.lessons.explain import Layer, explain
    >>> layer = Layer(np.array([[[[1, 0], [0, -1]]]]), bias=10)
    >>> found, _ = explain(np.array([[[1, 2], [3, 4]]]), layer, (0, 0))
    >>> for line in sums(found): print(line)
    row 0: 1 + 0 = 1
    row 1: 0 - 4 = -4, running total -3
    sum: -3
    bias: -3 + 10 = 7
    """
    write = writer(explanation)
    lines = []
    for channel in explanation.weightiest(MOST_CHANNELS):
        name = f"channel {channel}, " if explanation.depth > 1 else ""
        rows = row_sums(term_rows(explanation.shown, channel))
        lines += [f"{name}{_row_line(row, write)}" for row in rows]
    return [*lines, *conclusion(explanation, write)]


def _row_line(row: RowSum, write: Write) -> str:
    name = f"row {row.first}" if row.first == row.last else f"rows {row.first} to {row.last}"
    written = added(row.products, write) if len(row.products) <= MOST else f"{len(row.products)} products"
    so_far = f", running total {write(row.running)}" if row.first else ""
    return f"{name}: {written} = {write(row.sum)}{so_far}"


def row_sums(rows: list[list[Term]]) -> Iterator[RowSum]:
    """One for each row, but of many rows one for those above and one for those below the middle."""
    running: Number = 0
    for first, last in _stretches(len(rows)):
        products = [term.product for row in rows[first : last + 1] for term in row]
        running = add([running, *products])
        yield RowSum(first, last, products, add(products), running)


def _stretches(count: int) -> list[Pair]:
    shown = middle(count, MOST)
    above = [(0, shown.start - 1)] if shown.start else []
    below = [(shown.stop, count - 1)] if shown.stop < count else []
    return [*above, *((row, row) for row in range(shown.start, shown.stop)), *below]


def conclusion(explanation: Explanation, write: Write) -> Iterator[str]:
    """From the sums of channels to the value before pooling, a line a step."""
    unit, totals = explanation.shown, explanation.totals
    plain = write(add([term.product for term in unit.terms]))
    if len(totals) > MOST_CHANNELS:
        yield f"sum of {len(totals)} channels: {plain}"
    else:
        yield f"sum: {added(totals, write)} = {plain}" if len(totals) > 1 else f"sum: {plain}"
    if unit.bias:
        bias = f"- {write(-unit.bias)}" if unit.bias < 0 else f"+ {write(unit.bias)}"
        yield f"bias: {plain} {bias} = {write(unit.total)}"
    if explanation.activation is not None:
        activated = _after(explanation, unit.activated, write)
        yield f"{explanation.activation}: {write(unit.total)} becomes {activated}"


def pooling_line(explanation: Explanation, write: Write) -> str | None:
    """What the pooling makes of its window, if there is one."""
    if explanation.pool is None:
        return None
    mode, window = explanation.pool
    size = f"{window.kernel[0]}x{window.kernel[1]}"
    count = len(explanation.units)
    values = f"{count} value{'s' * (count != 1)}"
    value = _after(explanation, explanation.output, write)
    if mode == "max":
        row, column = explanation.shown.at
        return (
            f"max-pool {size}: the largest of {values} is {value}, from row {row}, column {column} of the map"
        )
    zeros = on_padding(window, product(*window.taps(explanation.output_at)))
    padded = ", and of zeros on padding," if zeros else ""
    return f"avg-pool {size}: the mean of {values}{padded} is {value}"


def added(values: Sequence[Number], write: Write = number_text) -> str:
    """The values as one writes a sum.

    >>> added([1, -2, 3])
    '1 - 2 + 3'
    """
    first, *rest = values
    return " ".join(
        [write(first), *(f"- {write(-each)}" if each < 0 else f"+ {write(each)}" for each in rest)]
    )


def value_text(explanation: Explanation, names: tuple[str, str]) -> str:
    """The value of one map, of the picture and the kernel that ``names`` says."""
    row, column = explanation.output_at
    value = _after(explanation, explanation.output, writer(explanation))
    return f"{names[0]} under {names[1]}: the value at row {row}, column {column} is {value}"


def window_text(explanation: Explanation) -> str:
    """Where the window lies whose arithmetic is shown."""
    window, unit = explanation.window, explanation.shown
    placed = f"window: {place_text(*window.taps(unit.at), window.dilation)} of the picture"
    padded = [term.padded for term in unit.terms]
    return placed + (", all of it padding" if all(padded) else ", part of it padding" if any(padded) else "")


def left_out(explanation: Explanation) -> Iterator[str]:
    """What the grids do not show, and what their brackets mean."""
    height, width = explanation.window.kernel
    if max(height, width) > MOST:
        shown = f"the middle {min(height, MOST)}x{min(width, MOST)} of {height}x{width} cells"
        yield f"({shown}; all are in the sums, --json lists them)"
    if explanation.depth > MOST_CHANNELS:
        shown = f"the {MOST_CHANNELS} of {explanation.depth} channels that add most, of either sign"
        yield f"({shown}; all are in the sum, --json lists them)"
    if explanation.pool is not None:
        row, column = explanation.shown.at
        yield f"(shown: row {row}, column {column} of the map before pooling)"
        down, across = explanation.pool[1].kernel
        if max(down, across) > MOST:
            shown = f"{min(down, MOST)}x{min(across, MOST)} of {down}x{across}"
            yield f"({shown} pooled cells are shown; --json lists all)"
    if any(term.padded for term in explanation.shown.terms):
        yield "(in brackets: padding)"
