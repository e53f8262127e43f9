"""The layers of a network as a table that fits the terminal, its totals and definitions below."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cnnviz.expressions import pair_text, shape_text
from cnnviz.files import printable
from cnnviz.network import known
from cnnviz.network.frameworks import FRAMEWORKS, Comparison
from cnnviz.network.kinds import kind_named, names
from cnnviz.network.receptive_field import Extent
from cnnviz.render.bare_table import bare_table
from cnnviz.render.shapes.answers import about, difference_rows, difference_summary, takes
from cnnviz.render.shapes.text import (
    Column,
    Report,
    Why,
    columns,
    field_text,
    jump_text,
    window_text,
)

_GAP: Final = 2  # columns of air between two cells
_MAY_GO: Final = (("start",), ("start", "jump"), ("start", "jump", "field"), ("start", "jump", "kind"))
_MAY_GO_IF_NAMES_TELL: Final = (("start",), ("start", "kind"), ("start", "jump", "kind"))
"""Columns to leave out until the rest fits: kinds first where every layer is called conv1 and the like."""


def table(report: Report, width: int, why: Why | None = None) -> RenderableType:
    """The fullest layout that fits ``width``; with ``why`` the sums stand under each row."""
    chosen = _fitting(report, width)
    body = [[column.cell(layer) for column in chosen] for layer in report.shapes.layers]
    total = [column.total(report.shapes) if column.total else "" for column in chosen]
    footer = Text("\n".join(_footer(report, chosen)), style="dim")
    if why is not None:
        return Group(_with_sums(report, chosen, body, total, why), Text(), footer)
    laid_out = bare_table(_GAP)
    for column in chosen:
        # Where even the smallest layout is too wide, names give way and numbers stay whole.
        laid_out.add_column(
            column.title,
            no_wrap=column.title != "layer",
            justify="right" if column.number else "left",
            overflow="fold",
        )
    for row in body:
        laid_out.add_row(*map(Text, row))
    laid_out.add_section()
    laid_out.add_row(*(Text(cell, style="bold") for cell in total))
    return Group(laid_out, Text(), footer)


def _fitting(report: Report, width: int) -> list[Column]:
    """The columns, fewer and with shorter numbers until they fit."""
    everything = columns(report, grouped=True)
    widest = _without(everything, ("bytes", "inputs"))
    merged = _merged(widest)
    layers = [layer.layer for layer in report.shapes.layers]
    telling = all(layer.name.startswith(layer.kind) for layer in layers)  # conv1, but not features.1
    may_go = _MAY_GO_IF_NAMES_TELL if telling else _MAY_GO
    layouts = [widest, merged, *(_without(merged, titles) for titles in may_go)]
    if report.dense:
        needed = ("layer", "output", "parameters", "without sharing", "fully connected")
        layouts = [[column for column in everything if column.title in needed]]
    short = [_shortened(column) for column in layouts[-1]]
    layouts += [short, [column for column in short if column.title != "window"]]
    return next((layout for layout in layouts if _natural_width(report, layout) <= width), layouts[-1])


def _without(chosen: Sequence[Column], titles: Sequence[str]) -> list[Column]:
    return [column for column in chosen if column.title not in titles]


def _merged(everything: Sequence[Column]) -> list[Column]:
    """Kernel, stride and padding in one column, as ``7x7 s2 p3``."""
    position = next(index for index, column in enumerate(everything) if column.title == "kernel")
    rest = _without(everything, ("kernel", "stride", "padding"))
    return [*rest[:position], Column("window", window_text), *rest[position:]]


def _shortened(column: Column) -> Column:
    if not column.number:
        return column
    total = column.total
    return Column(
        column.title,
        lambda layer: _short(column.cell(layer)),
        None if total is None else lambda shapes: _short(total(shapes)),
        number=True,
    )


def _short(number: str) -> str:
    """A grouped number by its leading digits.

    >>> _short("118,013,952"), _short("9,472"), _short("-")
    ('118.0 M', '9,472', '-')
    """
    groups = number.split(",")
    if len(groups) <= 2:
        return number
    return f"{groups[0]}.{groups[1][0]} {'MGTPE'[min(len(groups) - 3, 4)]}"


def _natural_width(report: Report, chosen: Sequence[Column]) -> int:
    cells = (
        [
            column.title,
            *(column.cell(layer) for layer in report.shapes.layers),
            column.total(report.shapes) if column.total else "",
        ]
        for column in chosen
    )
    return sum(max(map(cell_len, column)) for column in cells) + _GAP * (len(chosen) - 1)


def _with_sums(
    report: Report,
    chosen: Sequence[Column],
    body: Sequence[Sequence[str]],
    total: Sequence[str],
    why: Why,
) -> RenderableType:
    """Aligned lines, the sums of each layer under it."""
    head = [column.title for column in chosen]
    widths = [max(map(cell_len, cells)) for cells in zip(head, *body, total, strict=True)]

    def line(cells: Sequence[str], style: str = "") -> Text:
        padded = (
            " " * (width - cell_len(cell)) + cell if column.number else cell + " " * (width - cell_len(cell))
            for cell, width, column in zip(cells, widths, chosen, strict=True)
        )
        return Text((" " * _GAP).join(padded).rstrip(), style=style)

    parts: list[RenderableType] = [line(head, "bold")]
    for row, layer in zip(body, report.shapes.layers, strict=True):
        parts += [line(row), *(Padding(Text(sum_, style="cyan"), (0, 0, 0, 4)) for sum_ in why(layer))]
    return Group(*parts, Text(), line(total, "bold"))


def _footer(report: Report, chosen: Sequence[Column]) -> Iterator[str]:
    shapes = report.shapes
    weights, maps = (_bytes(count * report.item) for count in (shapes.parameters, shapes.elements))
    memory = f"weights {weights}, feature maps {maps} (all layers' outputs kept)"
    yield f"input {shape_text(shapes.input)}; memory as {report.dtype}: {memory}."
    last = shapes.last_map
    if last is not None and not isinstance(last.view, Extent):
        padding = pair_text(-field.cells(0)[0] for field in last.view)
        yield (
            f"last feature map: {printable(last.name)}, {shape_text(last.output)}; one unit sees "
            f"{field_text(last.view)} pixels; neighbours lie {jump_text(last.view)} pixels apart; padding "
            f"{padding}."
        )
    titles = [column.title for column in chosen]
    if report.counting.title in titles:
        yield f"{report.counting.title}: {report.counting.definition}."
    if "field" in titles:
        said = "field: the pixels that one unit sees, rows x columns"
        said += "; jump: pixels between neighbours' fields" if "jump" in titles else ""
        said += "; start: centre of the first unit's" if "start" in titles else ""
        if any("~" in field_text(layer.view) for layer in shapes.layers):
            said += "; ~: the largest, units or paths differ"
        yield f"{said}."
    if "window" in titles:
        yield "window: kernel, s stride, p padding, d dilation (where not 1, 0, 1)."
    if report.dense:
        yield (
            "parameters without sharing: a kernel of its own for every place (locally connected); fully "
            "connected: a weight from every number to every number. Both with biases where the layer has any."
        )
    yield from (f"note: {printable(note)}." for note in report.notes)
    yield from (
        f"note: {printable(layer.name)}: {printable(layer.note)}." for layer in shapes.layers if layer.note
    )


def _bytes(count: int) -> str:
    """Bytes in the unit that fits.

    >>> _bytes(512), _bytes(244403360)
    ('512 B', '233.1 MiB')
    """
    if count < 1024:
        return f"{count} B"
    power = min((count.bit_length() - 1) // 10, 4)
    return f"{count / 1024**power:.1f} {'KMGT'[power - 1]}iB"


def differences_table(comparison: Comparison, one: str, other: str) -> RenderableType:
    """The layers at which two frameworks part, the numbers of each side by side."""
    summary = difference_summary(comparison, one, other)
    if not comparison.parted:
        return Text(summary)
    head, *body = difference_rows(comparison, one, other)
    laid_out = bare_table(_GAP)
    for title in head:
        laid_out.add_column(title, overflow="fold")
    for row in body:
        laid_out.add_row(*map(Text, row))
    rules = "\n".join(f"{name}: {FRAMEWORKS[name].rules}." for name in (one, other))
    return Group(laid_out, Text(), Text(f"{summary}\n{rules}", style="dim"))


def listing() -> RenderableType:
    """The known networks, then the kinds of layers."""
    return Group(
        Text("networks", style="bold"),
        _grid((record.name, record.title) for record in known.records()),
        Text("\nkinds of layers, with their values in order", style="bold"),
        _grid((kind.name, f"{about(kind)}{takes(kind)}") for kind in map(kind_named, names())),
        Text(
            "\nadd, mul and concat take the names of earlier layers: add:conv1. Keys may be one letter.",
            style="dim",
        ),
    )


def _grid(lines: Iterable[tuple[str, str]]) -> RenderableType:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="cyan")
    grid.add_column()
    for name, text in lines:
        grid.add_row(Text(f"  {name}"), Text(text))
    return grid
