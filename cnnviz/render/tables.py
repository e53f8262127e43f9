"""Results as text: a table that fits the terminal, or plain lines that lose nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from rich import box
from rich.cells import cell_len, set_cell_size
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cnnviz.files import printable
from cnnviz.render.results import Result
from cnnviz.render.tone import Tone

COLUMNS: Final = ("picture", "kernel", "input", "output", "range", "tone", "file")
_UNDER_PICTURE: Final = ("kernel", "output", "range", "tone", "file")
_GAP: Final = 2  # columns of air between two cells


def shape_text(shape: Iterable[int]) -> str:
    """Channels, height and width.

    >>> shape_text((1, 300, 451))
    '1x300x451'
    """
    return "x".join(map(str, shape))


def tone_text(tone: Tone | None) -> str:
    """The values drawn darkest and lightest.

    >>> tone_text(Tone("symmetric", -212, 212, 0.005)), tone_text(Tone("clip", 0, 255, 0))
    ('-212..212', '0..255')
    """
    return "-" if tone is None else f"{tone.low:.4g}..{tone.high:.4g}"


def plain(results: Iterable[Result]) -> list[str]:
    """One line a file, its cells separated by tabs; nothing is cut or wrapped."""
    lines = []
    for result in results:
        cells = _cells(result)
        files = [printable(path) for path in result.files] or ["-"]
        lines += ["\t".join([*cells, path]) for path in files]
    return lines


def table(results: Sequence[Result], width: int, *, caption: str) -> RenderableType:
    """The widest layout that fits: one table, one a picture, or one with its files on lines of their own."""
    footer = Text(caption, style="dim")
    rows = [[*_cells(result), _files(result)] for result in results]
    if _natural_width(COLUMNS, rows) <= width:
        return Group(_table(COLUMNS, _ditto(rows)), footer)
    if _natural_width(_UNDER_PICTURE, [_under_picture(row) for row in rows]) <= width:
        return Group(*_grouped(rows, _table), footer)
    return Group(*_grouped(rows, _stacked), footer)


def caption(results: Sequence[Result], settings: str) -> str:
    """What the columns mean, the settings that all rows share, and the share that was clipped."""
    lines = [f"{settings}."] if settings else []
    shares = [result.tone.clipped for result in results if result.tone is not None]
    if shares:
        lines.append("range: smallest..largest value; tone: the values drawn darkest..lightest")
        lines[-1] += (
            f" ({_percent(shares)} of the values lie beyond and are clipped)." if max(shares) else "."
        )
    return "\n".join(lines)


def _percent(shares: Sequence[float]) -> str:
    low, high = f"{100 * min(shares):.1f}", f"{100 * max(shares):.1f}"
    return f"{low} %" if low == high else f"{low} to {high} %"


def _cells(result: Result) -> list[str]:
    return [
        printable(result.image),
        printable(result.kernel or result.op),
        shape_text(result.input),
        shape_text(result.output),
        "-" if result.range is None else "..".join(map(_number, result.range)),
        tone_text(result.tone),
    ]


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.4g}"


def _files(result: Result) -> str:
    if len(result.files) <= 1:
        return printable("".join(result.files)) or "-"
    return f"{printable(result.files[0])} and {len(result.files) - 1} more"


def _natural_width(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
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
    laid_out = Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, _GAP - 1, 0, 0), header_style="bold"
    )
    for name in columns:
        laid_out.add_column(name, no_wrap=True, style="bold cyan" if name == "file" else "")
    for row in rows:
        laid_out.add_row(*map(Text, row))
    return laid_out


def _under_picture(row: Sequence[str]) -> list[str]:
    return [cell for name, cell in zip(COLUMNS, row, strict=True) if name in _UNDER_PICTURE]


def _grouped(
    rows: Sequence[Sequence[str]], lay_out: Callable[..., RenderableType]
) -> Iterator[RenderableType]:
    for (picture, shape), group in groupby(rows, key=lambda row: (row[0], row[2])):
        heading = Text("picture ", style="dim")
        heading.append(picture, style="not dim bold")
        heading.append("  input ").append(shape, style="not dim bold")
        yield heading
        yield lay_out(_UNDER_PICTURE, [_under_picture(row) for row in group])
        yield Text()


def _stacked(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Text:
    """Aligned lines, with the file of each below it."""
    widths = [max(map(cell_len, column)) for column in zip(columns, *rows, strict=True)]

    def line(cells: Sequence[str], style: str = "") -> Text:
        padded = (set_cell_size(cell, width) for cell, width in zip(cells[:-1], widths, strict=False))
        return Text((" " * _GAP).join(padded).rstrip(), style=style)

    lines = [line(columns, "bold")]
    for row in rows:
        lines += [line(row), Text(f"  {row[-1]}", style="bold cyan")]
    return Text("\n").join(lines)
