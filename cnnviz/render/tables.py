"""Results as text: a table that fits the terminal, or plain lines that lose nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich import box
from rich.console import Console, Group, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from cnnviz.files import printable
from cnnviz.render.results import Result
from cnnviz.render.tone import Tone

COLUMNS: Final = ("picture", "kernel", "input", "output", "range", "tone", "file")


def shape_text(shape: Iterable[int]) -> str:
    """Channels, height and width.

    >>> shape_text((1, 300, 451))
    '1x300x451'
    """
    return "x".join(map(str, shape))


def tone_text(tone: Tone | None) -> str:
    """The values drawn darkest and lightest.

    >>> tone_text(Tone("symmetric", -212, 212, 0.005)), tone_text(Tone("clip", 0, 255, 0))
    ('+-212', '0..255')
    """
    if tone is None:
        return "-"
    return f"+-{tone.high:.4g}" if tone.kind == "symmetric" else f"{tone.low:.4g}..{tone.high:.4g}"


def plain(results: Iterable[Result]) -> list[str]:
    """One line a file, its cells separated by tabs; nothing is cut or wrapped."""
    lines = []
    for result in results:
        cells = _cells(result)
        files = [printable(path) for path in result.files] or ["-"]
        lines += ["\t".join([*cells, path]) for path in files]
    return lines


def table(results: Sequence[Result], console: Console, *, caption: str) -> RenderableType:
    """The widest layout that fits: a table, one with its paths broken after ``/``, or a list of blocks."""
    footer = Text(caption, style="dim")
    for break_paths in (False, True):
        laid_out = _table(results, break_paths=break_paths)
        if Measurement.get(console, console.options, laid_out).maximum <= console.width:
            return Group(laid_out, footer)
    return Group(*_blocks(results), footer)


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
    low_high = "-" if result.range is None else "..".join(f"{end:.5g}" for end in result.range)
    return [
        printable(result.image),
        printable(result.kernel or result.op),
        shape_text(result.input),
        shape_text(result.output),
        low_high,
        tone_text(result.tone),
    ]


def _files(result: Result) -> str:
    if len(result.files) <= 1:
        return printable("".join(result.files)) or "-"
    return f"{printable(result.files[0])} and {len(result.files) - 1} more"


def _table(results: Sequence[Result], *, break_paths: bool) -> Table:
    laid_out = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for name in COLUMNS:
        laid_out.add_column(name, no_wrap=True)
    above: list[str] = []
    for result in results:
        cells = [*_cells(result), _files(result)]
        # The picture and its shape are said once for all the rows below them.
        same = above[:1] == cells[:1]
        shown = ["" if same and (index == 0 or (index == 2 and above[2] == cell)) else cell
                 for index, cell in enumerate(cells)]  # fmt: skip
        if break_paths:
            shown = [
                cell.replace("/", "/\n") if index in (0, 6) else cell for index, cell in enumerate(shown)
            ]
        laid_out.add_row(
            *(Text(cell, style="bold cyan" if index == 6 else "") for index, cell in enumerate(shown))
        )
        above = cells
    return laid_out


def _blocks(results: Sequence[Result]) -> list[Text]:
    blocks = []
    for result in results:
        block = Text()
        for name, cell in zip(COLUMNS, [*_cells(result), _files(result)], strict=True):
            block.append(f"{name:<8}", style="dim")
            block.append(f"{cell}\n", style="bold cyan" if name == "file" else "")
        blocks.append(block)
    return blocks
