"""What every layer of a run made: a table for a terminal, lines for a pipe, JSON."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cnnviz.expressions import shape_text
from cnnviz.files import printable
from cnnviz.render.bare_table import bare_table
from cnnviz.render.lines import number_text
from cnnviz.render.run import probe
from cnnviz.render.run.flow import TopClass
from cnnviz.render.run.probe import Probed
from cnnviz.render.schema import json_line

if TYPE_CHECKING:
    from rich.console import RenderableType

COLUMNS: Final = (
    *("layer", "kind", "output", "window", "parameters", "MACs"),
    *("min", "max", "mean", "zeros"),
)
"""Of lines in a pipe, which have the files behind them; a terminal may have fewer."""

_MAY_GO: Final = ("MACs", "window", "parameters", "mean", "zeros", "kind")
"""Of columns that do not fit, the first to be left out."""

_LEAST: Final = ("output", "min", "max")
_TEXTS: Final = ("layer", "kind", "output", "window")
_GAP: Final = 2  # columns of air between two cells
_INDENT: Final = "  "


class Row(NamedTuple):
    """One layer as `cnnviz shapes` has it, and its least and largest value, its mean, the share of zeros."""

    name: str
    kind: str
    output: tuple[int, ...]
    window: str
    parameters: int
    macs: int
    least: float
    largest: float
    mean: float
    zeros: float
    files: tuple[str, ...] = ()


class Report(NamedTuple):
    """A run: what was done to which picture, a row a layer, the top classes, and what one should know.

    ``title`` is the heading of its pictures too. ``layers`` is how many the network has: of some that come in
    files, only those asked for have a row.
    """

    title: str
    image: str
    network: str
    rows: Sequence[Row]
    classes: Sequence[TopClass]
    files: Sequence[str]
    notes: Sequence[str]
    engine: str
    probed: Probed | None = None
    layers: int = 0
    random_weights: bool = False


def table(report: Report, width: int) -> RenderableType:
    """For a terminal: as many columns as fit; names that leave no room for them have lines of their own."""
    from rich.console import Group
    from rich.text import Text

    cells = [_cells(row) for row in report.rows]
    # A name on a line of its own costs less than most of the columns.
    titles = _fitting(cells, COLUMNS, _MAY_GO[:4], width)
    if titles is not None:
        rows = _table(titles, cells)
    else:
        titles = _fitting(cells, COLUMNS[1:], _MAY_GO, width - len(_INDENT)) or _LEAST
        rows = _stacked(titles, cells)
    heading = Text(f"{printable(report.title)}\n", "bold")
    legend = [Text("zeros: the share of values that are exactly 0.", style="dim")] * ("zeros" in titles)
    below = [Text(line) for line in [*_classes(report), *_below(report)]]
    if report.probed is not None:
        below += [Text(), probe.text(report.probed, width)]
    return Group(heading, rows, *legend, Text(), *below)


def _fitting(
    cells: Sequence[Mapping[str, str]], titles: Sequence[str], may_go: Sequence[str], width: int
) -> Sequence[str] | None:
    """As many columns as fit; None where even the fewest do not."""
    for count in range(len(may_go) + 1):
        layout = [title for title in titles if title not in may_go[:count]]
        if sum(_widths(layout, cells)) + _GAP * (len(layout) - 1) <= width:
            return layout
    return None


def _widths(titles: Sequence[str], cells: Sequence[Mapping[str, str]]) -> list[int]:
    from rich.cells import cell_len

    return [max(map(cell_len, (title, *(row[title] for row in cells)))) for title in titles]


def _table(titles: Sequence[str], cells: Sequence[Mapping[str, str]]) -> RenderableType:
    from rich.text import Text

    laid_out = bare_table(_GAP)
    for title in titles:
        laid_out.add_column(title, justify="left" if title in _TEXTS else "right", no_wrap=True)
    for row in cells:
        laid_out.add_row(*(Text(row[title]) for title in titles))
    return laid_out


def _stacked(titles: Sequence[str], cells: Sequence[Mapping[str, str]]) -> RenderableType:
    """The name of each layer, and its numbers below it."""
    from rich.cells import set_cell_size
    from rich.text import Text

    widths = _widths(titles, cells)
    head = {title: title for title in COLUMNS}
    lines = []
    for row in (head, *cells):
        numbers = (
            set_cell_size(row[title], wide) if title in _TEXTS else row[title].rjust(wide)
            for title, wide in zip(titles, widths, strict=True)
        )
        style = "bold" if row is head else ""
        lines += [Text(row["layer"], style or "cyan"), Text(_INDENT + (" " * _GAP).join(numbers), style)]
    return Text("\n").join(lines)


def plain(report: Report) -> list[str]:
    """A line a layer, cells apart by tabs, with its files; then the classes and notes."""
    lines = ["\t".join((*COLUMNS, "file"))]
    for row in report.rows:
        files = " ".join(map(printable, row.files)) or "-"
        lines.append("\t".join([*(cell or "-" for cell in _cells(row).values()), files]))
    probed = [] if report.probed is None else probe.text(report.probed, 1 << 16).plain.split("\n")
    return [*lines, *_below(report), *probed]


def document(report: Report) -> dict[str, Any]:
    """As JSON."""
    return {
        "image": report.image,
        "network": report.network,
        "engine": report.engine,
        "random_weights": report.random_weights,
        "layers": [
            {
                "name": row.name,
                "kind": row.kind,
                "output": row.output,
                "parameters": row.parameters,
                "macs": row.macs,
                "min": row.least,
                "max": row.largest,
                "mean": row.mean,
                "zeros": row.zeros,
                "files": row.files,
            }
            for row in report.rows
        ],
        "top": [each._asdict() for each in report.classes],
        "files": list(report.files),
        "notes": list(report.notes),
        "probe": report.probed and probe.document(report.probed),
    }


def documents(reports: Sequence[Report], failures: Sequence[tuple[str, str]]) -> str:
    """All runs as one JSON document, on one line."""
    failed = [{"image": image, "error": error} for image, error in failures]
    return json_line({"runs": [document(report) for report in reports], "failures": failed})


def _cells(row: Row) -> dict[str, str]:
    """A cell a column."""
    cells = (
        *(printable(row.name), row.kind, shape_text(row.output), row.window),
        *(f"{row.parameters:,}", f"{row.macs:,}"),
        *(number_text(row.least), number_text(row.largest), number_text(row.mean)),
        f"{100 * row.zeros:.0f} %",
    )
    return dict(zip(COLUMNS, cells, strict=True))


def _classes(report: Report) -> list[str]:
    """What the numbers of a class are: logits, unless the network puts out the probabilities themselves."""
    classes = report.classes
    itself = all(each.value == each.probability for each in classes)
    return [f"class: probability ({'output' if itself else 'logit'})"] if classes else []


def _below(report: Report) -> list[str]:
    classes = [printable(each.text) for each in report.classes]
    folder, last = os.path.split(report.files[-1])
    count = f"{len(report.files)} files" if len(report.files) > 1 else last
    some = f"{len(report.rows)} of {report.layers} layers are listed: those drawn, and the last"
    told = [*report.notes, *[some] * (len(report.rows) < report.layers), f"written: {count} in {folder}"]
    return [*classes, *map(printable, told)]
