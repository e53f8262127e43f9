"""Kernels as text: the list by family, and a card of one with its coefficients in colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from cnnviz import colormaps, kernels
from cnnviz.expressions import shape_text
from cnnviz.files import printable
from cnnviz.kernels import Family, Kernel, Named, Properties, catalogue
from cnnviz.render import tone
from cnnviz.render.kernels.lines import middle

_CELL: Final = 8  # characters a coefficient takes, its margin included
_MOST_ROWS: Final = 15

LIST_COLUMNS: Final = ("name", "family", "parameters", "shows", "source")


def records() -> list[Named | Family]:
    """The catalogue, family by family: single kernels and those with parameters together."""
    everything: list[Named | Family] = [*kernels.NAMED.values(), *kernels.FAMILIES.values()]
    order = list(dict.fromkeys(record.family for record in everything))
    return sorted(everything, key=lambda record: order.index(record.family))


def plain_list() -> list[str]:
    """One line a kernel, its cells separated by tabs."""
    return ["\t".join((r.name, r.family, parameters(r), r.shows, r.source)) for r in records()]


def parameters(record: Named | Family) -> str:
    """The parameters with their defaults.

    >>> parameters(kernels.FAMILIES["box"])
    'size (3)'
    """
    if isinstance(record, Named):
        return ""
    return ", ".join(f"{each.name} ({each.default})" for each in record.parameters)


def listing() -> RenderableType:
    """All names under their families, then the names that stand for several kernels."""
    parts: list[RenderableType] = []
    family = ""
    for record in records():
        if record.family != family:
            family = record.family
            parts.append(Text(f"\n{family}", style="bold"))
        parts.append(_line(record.name, record.shows, parameters(record)))
    parts.append(Text("\nsecond names", style="bold"))
    parts += [_line(name, f"the same as {meant}") for name, meant in kernels.ALIASES.items()]
    parts.append(Text("\nedge magnitudes: the root of the sum of two squared maps", style="bold"))
    parts += [_line(name, " and ".join(pair)) for name, pair in kernels.MAGNITUDES.items()]
    parts.append(Text("\ngroups: several kernels under one name", style="bold"))
    parts += [_line(name, ", ".join(members)) for name, members in kernels.GROUPS.items()]
    parts.append(
        Text(
            "\nA single kernel also takes rotate=DEGREES: multiples of 90, and of 45 for 3x3. "
            "cnnviz kernels show NAME prints one.",
            style="dim",
        )
    )
    return Group(*parts)


def _line(name: str, text: str, extra: str = "") -> RenderableType:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(width=13, no_wrap=True)
    grid.add_column()
    shown = Text(text)
    if extra:
        shown.append(f"\n{extra}", style="dim")
    grid.add_row(Text(name, style="cyan"), shown)
    return Padding(grid, (0, 0, 0, 2))


def card(kernel: Kernel, found: Properties | None, width: int) -> RenderableType:
    """One kernel: its coefficients, and what can be said about it."""
    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column()
    for name, value in describe(kernel, found):
        facts.add_row(name, Text(printable(value)))
    title = Text(f"{printable(kernel.name)}  ", style="bold")
    title.append(shape_text(kernel.weight.shape), style="dim")
    shown = kernel.weight if kernel.weight.ndim == 2 else kernel.weight[0, 0]
    if kernel.is_bank:
        title.append("  its first kernel, channel 0:", style="dim")
    return Group(title, Text(), _grid(shown, width), Text(), facts)


def plain_card(kernel: Kernel, found: Properties | None) -> list[str]:
    """The card as lines: the name, the coefficients of every row, the facts; cells separated by tabs."""
    lines = [f"{printable(kernel.name)}\t{shape_text(kernel.weight.shape)}"]
    grids = {"": kernel.weight} if kernel.weight.ndim == 2 else _labelled(kernel.weight)
    for label, grid in grids.items():
        lines += [label] if label else []
        lines += ["\t".join(map(repr, row)) for row in grid.tolist()]
    return lines + [f"{name}\t{printable(value)}" for name, value in describe(kernel, found)]


def _labelled(bank: NDArray[Any]) -> dict[str, NDArray[Any]]:
    return {f"map {o}, channel {i}": bank[o, i] for o, i in np.ndindex(bank.shape[:2])}


def describe(kernel: Kernel, found: Properties | None) -> Iterator[tuple[str, str]]:
    """What is known of a kernel, as pairs of a word and a sentence."""
    if found is None:
        maps, depth, height, width = kernel.weight.shape
        yield (
            "bank",
            f"{maps} kernels of {height}x{width} over {depth} channel{'s' * (depth > 1)}: {maps} maps",
        )
        yield "range", f"{kernel.weight.min():.4g}..{kernel.weight.max():.4g}"
        return
    yield "sum", f"{found.sum:.6g}{_meaning(found.sum)}"
    yield "separable", _separability(found)
    yield "symmetry", ", ".join(found.symmetry) or "none"
    if found.relation:
        yield "relation", found.relation
    if found.warning:
        yield "note", found.warning
    if kernel.about is not None:
        yield "shows", kernel.about.shows
        yield "derived", kernel.about.derivation
        yield "source", kernel.about.source
        if isinstance(kernel.about, Family):
            yield "takes", catalogue.takes(kernel.about)


def _meaning(total: float) -> str:
    if abs(total) < 1e-9:
        return ": flat regions give 0"
    return ": flat regions keep their brightness" if abs(total - 1) < 1e-9 else ""


def _separability(found: Properties) -> str:
    if found.rank is None:
        return "not worked out for a kernel this large"
    if found.factors is None:
        return f"no, rank {found.rank}"
    column, row = (_short(factor) for factor in found.factors)
    return f"yes, rank 1: column ({column}) times row ({row})"


def _short(factor: Iterable[float]) -> str:
    values = [f"{value:.4g}" for value in factor]
    return " ".join(values if len(values) <= 9 else [*values[:4], "...", *values[-4:]])


def _grid(weight: NDArray[Any], width: int) -> RenderableType:
    """The coefficients on their colours; of a large kernel the middle, and that is said."""
    rows, columns = weight.shape
    most = max((width - 2) // _CELL, 1)
    shown = weight[middle(rows, _MOST_ROWS), middle(columns, most)]
    largest = float(np.abs(weight).max())
    codes = tone.encode(shown, tone.Tone("symmetric", -largest, largest, 0))
    colors = np.frombuffer(colormaps.choose("vik", symmetric=True).palette, np.uint8).reshape(256, 3)[codes]
    lines = [
        Text.assemble(*(_cell(value, color) for value, color in zip(values, row, strict=True)))
        for values, row in zip(shown.tolist(), colors.tolist(), strict=True)
    ]
    if shown.shape != weight.shape:
        lines.append(Text(f"the middle {shown.shape[0]}x{shown.shape[1]} of {rows}x{columns}", style="dim"))
    return Padding(Group(*lines), (0, 0, 0, 2))


def _cell(value: float, color: list[int]) -> tuple[str, Style]:
    red, green, blue = color
    ink = "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "white"
    forms = (str(value) if isinstance(value, int) else f"{value:.3g}", f"{value:.2g}", f"{value:.0e}")
    text = next(form for form in forms if len(form) < _CELL)
    return f"{text:>{_CELL - 1}} ", Style(color=ink, bgcolor=f"rgb({red},{green},{blue})")
