"""Results as a table that fits the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cnnviz.files import printable
from cnnviz.render import lines
from cnnviz.render.bare_table import bare_table
from cnnviz.render.results import Result

_GAP: Final = 2  # columns of air between two cells


def table(results: Sequence[Result], width: int, *, caption: str) -> RenderableType:
    """The widest layout that fits: one table, one a picture, or one with its files on lines of their own."""
    footer = Text(caption, style="dim")
    rows = [[*lines.cells(result), _files(result)] for result in results]
    columns = lines.columns(results)
    if _natural_width(columns, rows) <= width:
        return Group(_table(columns, _ditto(rows)), Text(), footer)
    if _natural_width(_under_picture(columns), map(_under_picture, rows)) <= width:
        return Group(*_grouped(columns, rows, _table), footer)
    return Group(*_grouped(columns, rows, _stacked), footer)


def _files(result: Result) -> str:
    if len(result.files) <= 1:
        return printable("".join(result.files)) or "-"
    return f"{printable(result.files[0])} and {len(result.files) - 1} more"


def _natural_width(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    widths = [max(map(cell_len, column)) for column in zip(columns, *rows, strict=True)]
    return sum(widths) + _GAP * (len(widths) - 1)


def _ditto(rows: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    """The rows, with a picture and its input shape said once for all the rows below them."""
    above: Sequence[str] = ()
    for row in rows:
        same_picture = above[:1] == row[:1]
        same_input = same_picture and above[2] == row[2]
        picture, kernel, shape, *rest = row
        yield ["" if same_picture else picture, kernel, "" if same_input else shape, *rest]
        above = row


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    laid_out = bare_table(_GAP)
    for name in columns:
        laid_out.add_column(name, no_wrap=True, style="bold cyan" if name == "file" else "")
    for row in rows:
        laid_out.add_row(*map(Text, row))
    return laid_out


def _under_picture(row: Sequence[str]) -> list[str]:
    """Without the picture and its shape, which stand above."""
    _picture, kernel, _shape, *rest = row
    return [kernel, *rest]


def _grouped(
    columns: Sequence[str], rows: Sequence[Sequence[str]], lay_out: Callable[..., RenderableType]
) -> Iterator[RenderableType]:
    for (picture, shape), group in groupby(rows, key=lambda row: (row[0], row[2])):
        heading = Text("picture ", style="dim")
        heading.append(picture, style="not dim bold")
        heading.append("  input ").append(shape, style="not dim bold")
        yield heading
        yield lay_out(_under_picture(columns), [_under_picture(row) for row in group])
        yield Text()


def _stacked(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Text:
    """Aligned lines, with the file of each below it."""
    widths = [max(map(cell_len, column)) for column in zip(columns, *rows, strict=True)]

    def line(cells: Sequence[str], style: str = "") -> Text:
        padded = (set_cell_size(cell, width) for cell, width in zip(cells[:-1], widths, strict=False))
        return Text((" " * _GAP).join(padded).rstrip(), style=style)

    stacked = [line(columns, "bold")]
    for row in rows:
        stacked += [line(row), Text(f"  {row[-1]}", style="bold cyan")]
    return Text("\n").join(stacked)
