"""The distances of a moved picture, as a table for a terminal, as lines for a pipe and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from cnnviz.files import printable
from cnnviz.geometry import Pair
from cnnviz.lessons.shift import Distance, Fill, Shifted, Steps
from cnnviz.render.lines import number_text

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

TITLES: Final = ("pixels", "map", "pooled", "moved map", "with border", "moved pooled")
"""Of the columns of distances, in the order of `cnnviz.lessons.shift.Shifted`."""

_WIDEST: Final = 60
"""Columns that hold the widest row."""

_FILLS: Final[dict[Fill, str]] = {
    "zeros": "are 0",
    "replicate": "repeat the nearest",
    "circular": "come round from the other side",
}
_WAYS: Final = {(0, 1): "to the right", (1, 0): "down", (1, 1): "down and to the right"}


class Shifts(NamedTuple):
    """The ``records`` of one picture, by multiples of ``way``; ``names`` are those of picture and kernel.

    ``pooling`` is as one asks for it; ``chosen`` says whether anybody did.
    """

    names: tuple[str, str]
    way: Pair
    fill: Fill
    pooling: str
    steps: Steps
    records: tuple[Shifted, ...]
    chosen: bool = True

    @property
    def direction(self) -> str:
        """Where to, in words."""
        return _WAYS[self.way]

    @property
    def title(self) -> str:
        """One line that says what was done."""
        least, most = (self.pixels(self.records[place]) for place in (0, -1))
        image, kernel = map(printable, self.names)
        amount = f"{least} to {most}" if least != most else f"{most}"
        return f"{image} under {kernel}, moved {self.direction} by {amount} pixel{'s' * (most != 1)}"

    @property
    def has_phases(self) -> bool:
        """Whether a shift can lie between whole cells of the pooled map."""
        return any(way and step > 1 for way, step in zip(self.way, self.steps.pooled, strict=True))

    @staticmethod
    def pixels(record: Shifted) -> int:
        """How far it was moved, along each axis that it was moved along."""
        return max(record.by)

    def along(self, pair: Pair) -> str:
        """A pair of amounts as far as the way goes: one number where one is enough.

        >>> Shifts(("", ""), (1, 1), "zeros", "max:2", Steps((1, 1), (2, 3), (2, 3)), ()).along((2, 3))
        '2x3'
        """
        different = dict.fromkeys(amount for amount, way in zip(pair, self.way, strict=True) if way)
        return "x".join(map(str, different if len(different) == 1 else pair))


def distance_text(value: Distance) -> str:
    """A distance in five characters; only what is exactly 0 is written 0.

    >>> [distance_text(value) for value in (0.0, 3.1e-08, 0.071, 1.4142, 250.4, None)]
    ['0', '3e-08', '0.071', '1.414', '250.4', '-']
    """
    if value is None:
        return "-"
    if not value:
        return "0"
    if value < 0.001:
        return f"{value:.0e}"
    return f"{value:.3f}" if value < 100 else number_text(value)


def text(shifts: Shifts, sentences: Iterable[str], width: int) -> RenderableType:
    """The table, what its columns mean, and the ``sentences``; two tables where ``width`` is too small."""
    from rich.console import Group
    from rich.text import Text

    paragraphs = [Text(f"\n{printable(sentence)}") for sentence in sentences]
    tables: list[RenderableType] = [_table(shifts, slice(6))]
    if width < _WIDEST:
        tables = [_table(shifts, slice(3)), Text(), _table(shifts, slice(3, 6))]
    return Group(Text(f"{shifts.title}\n", "bold"), *tables, Text(f"\n{caption(shifts)}", "dim"), *paragraphs)


def _table(shifts: Shifts, part: slice) -> Table:
    """The columns of distances in ``part``, of six."""
    from rich import box
    from rich.table import Table

    table = Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold"
    )
    titles = ["shift", *["phase"] * shifts.has_phases, *(title.replace(" ", "\n") for title in TITLES[part])]
    for title in titles:
        table.add_column(title, justify="right", no_wrap=True, vertical="bottom")
    for record in shifts.records:
        phase = [shifts.along(record.phase)] * shifts.has_phases
        table.add_row(str(shifts.pixels(record)), *phase, *map(distance_text, record.distances[part]))
    return table


def caption(shifts: Shifts) -> str:
    """What the columns mean."""
    chosen = "" if shifts.chosen else " (--pool asks for another)"
    whole = "moved along by the nearest whole number of cells"
    seeing = "cells that see neither padding nor uncovered pixels"
    lines = [
        f"shift: pixels {shifts.direction}; uncovered ones {_FILLS[shifts.fill]}. Distance: |a - b| / |b|.",
        "pixels (what a dense layer sees), map, pooled: in place, from those of the unmoved picture.",
        f"moved map, moved pooled: from the unmoved picture's, {whole}; only of {seeing}.",
        f"with border: as moved map, of all cells. Pooling: {shifts.pooling}{chosen}.",
    ]
    if shifts.has_phases:
        apart = shifts.along(shifts.steps.pooled)
        lines.append(
            f"phase: what is left of the shift after whole cells of the pooled map, each {apart} pixels."
        )
    if any(None in record.distances for record in shifts.records):
        lines.append("-: nothing to compare with.")
    return "\n".join(lines)


def plain(shifts: Shifts) -> list[str]:
    """A line a shift, cells separated by tabs, to six digits."""
    lines = ["\t".join(("shift", "phase", *TITLES))]
    for record in shifts.records:
        distances = ("-" if value is None else f"{value:.6g}" for value in record.distances)
        lines.append("\t".join((str(shifts.pixels(record)), shifts.along(record.phase), *distances)))
    return lines


def document(shifts: Shifts, sentences: Iterable[str]) -> str:
    """Everything as one JSON document, one line; null where there is nothing to compare with."""
    return json.dumps(
        {
            "schema": 1,
            "picture": shifts.names[0],
            "kernel": shifts.names[1],
            "way": shifts.way,
            "fill": shifts.fill,
            "pool": shifts.pooling,
            "pixels_a_cell": {"map": shifts.steps.map, "pooled": shifts.steps.pooled},
            "shifts": [record._asdict() for record in shifts.records],
            "seen": list(sentences),
        }
    )
