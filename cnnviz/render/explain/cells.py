"""The cells that one value comes from: of picture, kernel and products, and of a pooling window."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Final, NamedTuple

from cnnviz.geometry import Pair, Window
from cnnviz.lessons.explain import Explanation, Term, Unit
from cnnviz.lessons.layer import Number
from cnnviz.render.digits import of_cells
from cnnviz.render.kernels.lines import middle

MOST: Final = 7
"""Rows and columns of a grid that are written out; of more, those in the middle."""

WIDEST: Final = 11
"""Characters of a number in a terminal: those of any int32."""

_WINNER, _PADDED = "[{}]", "({})"


class Cell(NamedTuple):
    """What stands in a cell of a grid, and how it is to look."""

    text: str
    value: Number = 0
    padded: bool = False
    chosen: bool = False


class Grid(NamedTuple):
    """The cells of one channel under a heading; ``kind`` is patch, kernel, products or pooled.

    ``largest`` is that of all cells, those not shown too.
    """

    kind: str
    heading: str
    rows: tuple[tuple[Cell, ...], ...]
    largest: float

    @property
    def widths(self) -> list[int]:
        """How wide each column is."""
        return [max(len(cell.text) for cell in column) for column in zip(*self.rows, strict=True)]

    @property
    def width(self) -> int:
        """How wide it is as text, heading included."""
        return max(sum(self.widths) + len(self.widths) - 1, len(self.heading))


def grids(unit: Unit, channel: int, *, read: str = "pixels", widest: int = WIDEST) -> tuple[Grid, Grid, Grid]:
    """The patch, the kernel and the products of one ``channel``; of large ones the middle.

    Cells on padding stand in brackets. ``read`` says what is multiplied, ``widest`` how many characters
    there is room for in a cell.
    """
    rows = term_rows(unit, channel)
    down, across = middle(len(rows), MOST), middle(len(rows[0]), MOST)
    shown = [row[across] for row in rows[down]]

    def grid(kind: str, heading: str, number: Callable[[Term], Number]) -> Grid:
        brackets = 2 * (kind == "patch" and any(term.padded for term in unit.terms))
        digits = of_cells([number(term) for term in unit.terms], widest - brackets)  # of all channels alike

        def cell(term: Term) -> Cell:
            padded = kind == "patch" and term.padded
            text = digits.text(number(term))
            return Cell(_PADDED.format(text) if padded else text, number(term), padded)

        largest = float(max(abs(number(term)) for term in unit.terms))
        return Grid(kind, heading + digits.unit, tuple(tuple(map(cell, row)) for row in shown), largest)

    return (
        grid("patch", read, lambda term: term.value),
        grid("kernel", "kernel", lambda term: term.weight),
        grid("products", "products", lambda term: term.product),
    )


def term_rows(unit: Unit, channel: int) -> list[list[Term]]:
    """The terms of one channel, kernel row by kernel row."""
    terms = [term for term in unit.terms if term.channel == channel]
    return [list(row) for _, row in groupby(terms, key=lambda term: term.row)]


def pooled_grid(explanation: Explanation, *, widest: int = WIDEST) -> Grid | None:
    """The cells of the map that were pooled, the winner of a max in square brackets, if there was a pooling.

    A zero of padding stands in round ones; what counts for nothing is empty. Of a large window the part
    around the winner.
    """
    if explanation.pool is None:
        return None
    mode, window = explanation.pool
    rows, columns = window.taps(explanation.output_at)
    won = explanation.taken_from
    down = rows[middle(len(rows), MOST, None if won is None else rows.index(won[0]))]
    across = columns[middle(len(columns), MOST, None if won is None else columns.index(won[1]))]
    values = {unit.at: unit.activated for unit in explanation.units}
    digits = of_cells([values.get((row, column), 0) for row in down for column in across], widest - 2, 4)

    def cell(at: Pair) -> Cell:
        if at in values:
            text = digits.text(values[at])
            return Cell(_WINNER.format(text) if at == won else text, values[at], chosen=at == won)
        zero = mode == "avg" and on_padding(window, [at])
        return Cell(_PADDED.format(0) if zero else "", padded=True)

    heading = f"pooled from {place_text(rows, columns, 1)} of the map{digits.unit}"
    cells = tuple(tuple(cell((row, column)) for column in across) for row in down)
    return Grid("pooled", heading, cells, float(max(map(abs, values.values()))))


def on_padding(window: Window, places: Iterable[Pair]) -> bool:
    """Whether any of ``places`` is padding of ``window``; what hangs over beyond it counts for nothing."""
    (_, below), (_, right) = window.pads
    height, width = window.size
    return any(
        row < height + below and column < width + right and not (0 <= row < height and 0 <= column < width)
        for row, column in places
    )


def place_text(rows: tuple[int, ...], columns: tuple[int, ...], dilation: int | Pair) -> str:
    """Where a window lies.

    >>> place_text((4, 5, 6), (2, 5), (1, 3))
    'rows 4 to 6, columns 2 to 5 in steps of 3'
    """
    steps = (dilation, dilation) if isinstance(dilation, int) else dilation
    return ", ".join(
        f"{name} {taps[0]}"
        if len(taps) == 1
        else f"{name}s {taps[0]} to {taps[-1]}" + (f" in steps of {step}" if step > 1 else "")
        for name, taps, step in zip(("row", "column"), (rows, columns), steps, strict=True)
    )
