"""One value taken apart, as text for a terminal and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from cnnviz.files import printable
from cnnviz.geometry import Pair, Window
from cnnviz.lessons.explain import Explanation, Term, Unit, add
from cnnviz.lessons.layer import Number
from cnnviz.render.lines import number_text, short_text
from cnnviz.render.theme import shade

if TYPE_CHECKING:
    from rich.text import Text

_MOST: Final = 7
"""Rows and columns of a grid that are written out; of more, those at the ends."""

MOST_CHANNELS: Final = 4
"""Channels whose grids are shown."""

LEFT_OUT: Final = ".."
"""Stands in a grid for the cells between its ends."""

_MOST_POOLED: Final = 9


class Cell(NamedTuple):
    """What stands in a cell of a grid, and how it is to look."""

    text: str
    value: Number = 0
    padded: bool = False


class Grid(NamedTuple):
    """The cells of one channel under a heading; ``kind`` is patch, kernel or products."""

    kind: str
    heading: str
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def widths(self) -> list[int]:
        """How wide each column is."""
        return [max(len(cell.text) for cell in column) for column in zip(*self.rows, strict=True)]

    @property
    def width(self) -> int:
        """How wide it is as text, heading included."""
        return max(sum(self.widths) + len(self.widths) - 1, len(self.heading))


def grids(unit: Unit, channel: int, *, read: str = "pixels") -> tuple[Grid, Grid, Grid]:
    """The patch, the kernel and the products of one ``channel``; of large ones the ends.

    Cells on padding stand in brackets. ``read`` says what is multiplied.
    """
    rows = _rows(unit, channel)

    def grid(kind: str, heading: str, cell: Callable[[Term], Cell]) -> Grid:
        full = [[cell(term) for term in row] for row in rows]
        kept = [_ends(row, _MOST, Cell(LEFT_OUT)) for row in full]
        return Grid(kind, heading, _ends(kept, _MOST, tuple(Cell(LEFT_OUT) for _ in kept[0])))

    return (
        grid("patch", read, lambda term: Cell(_value(term), term.value, term.padded)),
        grid("kernel", "kernel", lambda term: Cell(short_text(term.weight), term.weight)),
        grid("products", "products", lambda term: Cell(short_text(term.product), term.product)),
    )


def _ends(items: Sequence[object], most: int, between: object) -> tuple:  # type: ignore[type-arg]  # of any cells
    if len(items) <= most:
        return tuple(items)
    half = most // 2
    return (*items[:half], between, *items[-half:])


def _rows(unit: Unit, channel: int) -> list[list[Term]]:
    """The terms of one channel, kernel row by kernel row."""
    terms = [term for term in unit.terms if term.channel == channel]
    return [list(row) for _, row in groupby(terms, key=lambda term: term.row)]


def _value(term: Term) -> str:
    return f"({short_text(term.value)})" if term.padded else short_text(term.value)


def sums(explanation: Explanation) -> list[str]:
    """How the products add up to the value, a line a step.

    >>> import numpy as np
    >>> from cnnviz.lessons.explain import Layer, explain
    >>> layer = Layer(np.array([[[[1, 0], [0, -1]]]]), bias=10)
    >>> found, _ = explain(np.array([[[1, 2], [3, 4]]]), layer, (0, 0))
    >>> for line in sums(found): print(line)
    row 0: 1 + 0 = 1
    row 1: 0 - 4 = -4, with the rows above -3
    sum: -3
    bias: -3 + 10 = 7
    """
    lines = []
    for channel in range(min(explanation.depth, MOST_CHANNELS)):
        name = f"channel {channel}, " if explanation.depth > 1 else ""
        lines += [f"{name}{line}" for line in _row_sums(_rows(explanation.shown, channel))]
    return [*lines, *conclusion(explanation)]


def _row_sums(rows: list[list[Term]]) -> Iterator[str]:
    """What each row of terms adds, and what that makes with the rows above; of many rows, the ends."""
    total: Number = 0
    for first, last in _stretches(len(rows)):
        products = [term.product for row in rows[first : last + 1] for term in row]
        total = add([total, *products])
        name = f"row {first}" if first == last else f"rows {first} to {last}"
        written = added(products) if len(products) <= _MOST else f"{len(products)} products"
        so_far = f", with the rows above {number_text(total)}" if first else ""
        yield f"{name}: {written} = {number_text(add(products))}{so_far}"


def _stretches(count: int) -> list[Pair]:
    """The first and the last row of each line: one a row, but of many rows one for those in the middle."""
    if count <= _MOST:
        return [(row, row) for row in range(count)]
    ends = [(row, row) for row in (*range(_MOST // 2), *range(count - _MOST // 2, count))]
    return sorted([*ends, (_MOST // 2, count - _MOST // 2 - 1)])


def conclusion(explanation: Explanation) -> Iterator[str]:
    """From the sums of channels to the value, a line a step."""
    unit = explanation.shown
    totals = [
        add([term.product for term in unit.terms if term.channel == channel])
        for channel in range(explanation.depth)
    ]
    plain = number_text(add([term.product for term in unit.terms]))
    if len(totals) > MOST_CHANNELS:
        yield f"sum of {len(totals)} channels: {plain}"
    else:
        yield f"sum: {added(totals)} = {plain}" if len(totals) > 1 else f"sum: {plain}"
    if unit.bias:
        bias = f"- {number_text(-unit.bias)}" if unit.bias < 0 else f"+ {number_text(unit.bias)}"
        yield f"bias: {plain} {bias} = {number_text(unit.total)}"
    if explanation.activation is not None:
        yield f"{explanation.activation}: {number_text(unit.total)} becomes {number_text(unit.activated)}"
    yield from _pooling(explanation)


def _pooling(explanation: Explanation) -> Iterator[str]:
    if explanation.pool is None:
        return
    mode, window = explanation.pool
    size = f"{window.kernel[0]}x{window.kernel[1]}"
    shown = [number_text(unit.activated) for unit in explanation.units[:_MOST_POOLED]]
    more = len(explanation.units) - len(shown)
    values = ", ".join(shown) + (f" and {more} more" if more else "")
    value = number_text(explanation.output)
    if mode == "max":
        row, column = explanation.shown.at
        place = f"row {row}, column {column} of the map"
        yield f"max-pool {size}: the largest of {values} is {value}, from {place}"
    else:
        padded = ", and of zeros on padding," if _on_padding(window, explanation.output_at) else ""
        yield f"avg-pool {size}: the mean of {values}{padded} is {value}"


def _on_padding(window: Window, at: Pair) -> bool:
    """Whether ``window`` at ``at`` lies on padding; what hangs over beyond it counts for nothing."""
    return any(
        tap < 0 or n <= tap < n + after
        for taps, n, (_, after) in zip(window.taps(at), window.size, window.pads, strict=True)
        for tap in taps
    )


def added(values: Sequence[Number]) -> str:
    """The values as one writes a sum.

    >>> added([1, -2, 3])
    '1 - 2 + 3'
    """
    first, *rest = values
    parts = [number_text(first)]
    parts += [f"- {number_text(-each)}" if each < 0 else f"+ {number_text(each)}" for each in rest]
    return " ".join(parts)


def text(explanation: Explanation, names: tuple[str, str], width: int, *, white: float = 255) -> Text:
    """The value of one map, of the picture and the kernel that ``names`` says, and its arithmetic."""
    from rich.text import Text

    row, column = explanation.output_at
    value = number_text(explanation.output)
    heading = f"{printable(names[0])} under {printable(names[1])}"
    result = Text(f"{heading}: the value at row {row}, column {column} is {value}\n\n", "bold")
    return result.append_text(arithmetic(explanation, width, white=white))


def arithmetic(explanation: Explanation, width: int, *, white: float = 255, read: str = "pixels") -> Text:
    """Grids side by side where ``width`` allows, else one below the other, and the sums under them."""
    from rich.text import Text

    result = Text()
    unit = explanation.shown
    for channel in range(min(explanation.depth, MOST_CHANNELS)):
        if explanation.depth > 1:
            result.append(f"channel {channel}\n", "bold")
        three = grids(unit, channel, read=read)
        beside = sum(grid.width for grid in three) + 6 <= width
        for group in [three] if beside else [(grid,) for grid in three]:
            _lay(result, group, white)
        result.append("\n")
    for line in (*left_out(explanation), *sums(explanation)):
        result.append(line + "\n")
    result.right_crop(1)
    return result


def left_out(explanation: Explanation) -> Iterator[str]:
    """What the grids do not show, and what their brackets mean."""
    height, width = explanation.window.kernel
    if max(height, width) > _MOST:
        yield f"(the ends of {height}x{width} cells; all are in the sums, --json lists them)"
    if explanation.depth > MOST_CHANNELS:
        shown = f"channels 0 to {MOST_CHANNELS - 1} of {explanation.depth}"
        yield f"({shown}; all are in the sum, --json lists them)"
    if explanation.pool is not None:
        row, column = explanation.shown.at
        yield f"(shown: row {row}, column {column} of the map before pooling)"
    if any(term.padded for term in explanation.shown.terms):
        yield "(in brackets: padding)"


def _lay(result: Text, group: Sequence[Grid], white: float) -> None:
    """Lay the grids of ``group`` side by side, signs between them on the middle row."""
    height = len(group[0].rows)
    result.append("   ".join(grid.heading.ljust(grid.width) for grid in group).rstrip() + "\n", "bold")
    for number in range(height):
        for place, grid in enumerate(group):
            if place:
                sign = {"kernel": " x ", "products": " = "}[grid.kind]
                result.append(sign if number == height // 2 else "   ")
            used = sum(grid.widths) + len(grid.widths) - 1
            for column, (cell, wide) in enumerate(zip(grid.rows[number], grid.widths, strict=True)):
                result.append(" " if column else "")
                result.append(cell.text.rjust(wide), _style(cell, grid.kind, white))
            result.append(" " * (grid.width - used) if place < len(group) - 1 else "")
        result.append("\n")


def _style(cell: Cell, kind: str, white: float) -> str:
    """Pixels as they look, the others by their sign."""
    if cell.text == LEFT_OUT:
        return "dim"
    if kind == "patch" and white:
        (level, *_), ink = shade(cell.value, white)
        return f"{'black' if ink[0] == 0 else 'white'} on rgb({level},{level},{level})"
    return "red" if cell.value > 0 else "blue" if cell.value < 0 else "dim"


def document(explanation: Explanation) -> str:
    """All terms of all units as one JSON document, one line."""
    return json.dumps({"schema": 1, **content(explanation)})


def content(explanation: Explanation) -> dict[str, object]:
    """All terms of all units, to be put into a document."""
    return {
        "output_at": explanation.output_at,
        "units": [_unit(unit) for unit in explanation.units],
        "pool": explanation.pool and {"mode": explanation.pool[0], "size": explanation.pool[1].kernel},
        "output": explanation.output,
    }


def _unit(unit: Unit) -> dict[str, object]:
    keys = ("channel", "row", "column", "value", "weight", "product")
    return {
        "at": unit.at,
        "terms": [dict(zip(keys, term[:6], strict=True)) for term in unit.terms],
        "bias": unit.bias,
        "sum": unit.total,
        "activated": unit.activated,
    }
