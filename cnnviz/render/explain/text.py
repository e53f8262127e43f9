"""One value taken apart, as text for a terminal and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnnviz.files import printable
from cnnviz.lessons.explain import Explanation, Unit
from cnnviz.render.explain.cells import Cell, Grid, grids, pooled_grid
from cnnviz.render.explain.sums import (
    MOST_CHANNELS,
    left_out,
    pooling_line,
    sums,
    value_text,
    window_text,
    writer,
)
from cnnviz.render.kernels.lines import sign_style
from cnnviz.render.schema import json_line
from cnnviz.render.theme import shade

if TYPE_CHECKING:
    from rich.text import Text

_SIGNS = {"patch": "", "kernel": "x", "products": "=", "pooled": ""}
"""What stands before a grid."""


def text(
    explanation: Explanation, names: tuple[str, str], done: str, width: int, *, white: float = 255
) -> Text:
    """The value of one map, of the picture and the kernel that ``names`` says, and its arithmetic.

    ``done`` says in words what the layer does.
    """
    from rich.text import Text

    image, kernel = map(printable, names)
    result = Text()
    result.append(value_text(explanation, (image, kernel)) + "\n", "bold")
    result.append(f"{done}\n{window_text(explanation)}\n\n")
    return result.append_text(arithmetic(explanation, width, white=white))


def arithmetic(explanation: Explanation, width: int, *, white: float = 255, read: str = "pixels") -> Text:
    """Grids side by side where ``width`` allows, else one below the other, and the sums under them."""
    from rich.text import Text

    result = Text()
    unit = explanation.shown
    for channel in explanation.weightiest(MOST_CHANNELS):
        if explanation.depth > 1:
            result.append(f"channel {channel}\n", "bold")
        three = grids(unit, channel, read=read)
        beside = sum(grid.width for grid in three) + 6 <= width
        for group in [three] if beside else [(grid,) for grid in three]:
            _lay(result, group, white)
            result.append("\n")
    for line in (*left_out(explanation), *sums(explanation)):
        result.append(line + "\n")
    pooled = pooled_grid(explanation)
    if pooled is not None:
        result.append("\n")
        _lay(result, [pooled], white)
        result.append(f"\n{pooling_line(explanation, writer(explanation))}\n")
    result.right_crop(1)
    return result


def _lay(result: Text, group: Sequence[Grid], white: float) -> None:
    """Lay the grids of ``group`` side by side, signs between them; of one alone before its heading."""
    height = len(group[0].rows)
    headings = [grid.heading.ljust(grid.width) for grid in group]
    if len(group) == 1:
        headings = [f"{_SIGNS[group[0].kind]} {group[0].heading}".strip()]
    result.append("   ".join(headings).rstrip() + "\n", "bold")
    for number in range(height):
        for place, grid in enumerate(group):
            if place:
                result.append(f" {_SIGNS[grid.kind]} " if number == height // 2 else "   ")
            used = sum(grid.widths) + len(grid.widths) - 1
            for column, (cell, wide) in enumerate(zip(grid.rows[number], grid.widths, strict=True)):
                result.append(" " if column else "")
                result.append(cell.text.rjust(wide), _style(cell, grid, white))
            result.append(" " * (grid.width - used) if place < len(group) - 1 else "")
        result.append("\n")


def _style(cell: Cell, grid: Grid, white: float) -> str:
    """Pixels as they look, the others by their sign and size; what won a max stands out."""
    if grid.kind == "patch" and white:
        (level, *_), ink = shade(cell.value, white)
        return f"{'black' if ink[0] == 0 else 'white'} on rgb({level},{level},{level})"
    style = sign_style(cell.value / (grid.largest or 1))
    return f"bold {style}" if cell.chosen else style


def document(explanation: Explanation) -> str:
    """All terms of all units as one JSON document, one line."""
    return json_line(content(explanation))


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
