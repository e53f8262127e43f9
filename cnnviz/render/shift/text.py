"""The distances of a moved picture, as a table for a terminal, as lines for a pipe and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cnnviz.expressions import shape_text
from cnnviz.files import printable
from cnnviz.geometry import Pair
from cnnviz.lessons.shift import DISTANCES, Distance, Fill, Shifted, Steps
from cnnviz.render.bare_table import bare_table
from cnnviz.render.lines import number_text
from cnnviz.render.schema import json_line

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

TITLES: Final = tuple(name.replace("_", " ") for name in DISTANCES)
"""Of the columns and of the curves; JSON has the names themselves."""

_IN_PLACE: Final = 4  # the first of them
_WIDEST: Final = 60
"""Columns that hold the widest row."""

_AIRY: Final = 72
"""Columns that hold it with two spaces between its cells."""

_FILLS: Final[dict[Fill, str]] = {
    "zeros": "are 0",
    "replicate": "repeat the nearest",
    "circular": "come round from the other side",
}
_WAYS: Final = {(0, 1): "to the right", (1, 0): "down", (1, 1): "down and to the right"}


class Shifts(NamedTuple):
    """The ``records`` of one picture, by multiples of ``way``; ``names`` are those of picture and kernel.

    ``layer`` says what was computed, ``settings`` the same by the names of the options; ``chosen``: whether
    anybody asked for the pooling.
    """

    names: tuple[str, str]
    way: Pair
    fill: Fill
    layer: str
    settings: Mapping[str, Any]
    steps: Steps
    records: tuple[Shifted, ...]
    chosen: bool = True

    @property
    def direction(self) -> str:
        """Where to, in words."""
        return _WAYS[self.way]

    @property
    def pooling(self) -> str:
        """As one asks for it."""
        return str(self.settings["pool"])

    @property
    def title(self) -> str:
        """One line that says what was done."""
        least, most = (self.pixels(self.records[place]) for place in (0, -1))
        amount = f"{least} to {most}" if least != most else f"{most}"
        image, kernel = self.names
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

        >>> Shifts(("", ""), (1, 1), "zeros", "", {}, Steps((1, 1), (2, 3), (2, 3)), ()).along((2, 3))
        '2x3'
        """
        different = dict.fromkeys(amount for amount, way in zip(pair, self.way, strict=True) if way)
        return shape_text(different if len(different) == 1 else pair)


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

    title = Text(printable(shifts.title), "bold")
    parts = [slice(None)] if width >= _WIDEST else [slice(_IN_PLACE), slice(_IN_PLACE, None)]
    tables = [each for part in parts for each in (Text(), _table(shifts, part, air=width >= _AIRY))]
    below = [Text(f"\n{caption(shifts)}", "dim"), *(Text(f"\n{printable(each)}") for each in sentences)]
    return Group(title, Text(shifts.layer), *tables, *below)


def _table(shifts: Shifts, part: slice, *, air: bool) -> Table:
    """The columns of distances in ``part``."""
    table = bare_table(2 if air else 1)
    titles = ["shift", *["phase"] * shifts.has_phases, *(title.replace(" ", "\n") for title in TITLES[part])]
    for title in titles:
        table.add_column(title, justify="right", no_wrap=True, vertical="bottom")
    for record in shifts.records:
        phase = [shifts.along(record.phase)] * shifts.has_phases
        table.add_row(str(shifts.pixels(record)), *phase, *map(distance_text, record.distances[part]))
    return table


def caption(shifts: Shifts) -> str:
    """What the columns mean."""
    interior = "of the interior, which sees neither padding nor uncovered pixels; whole map: of all cells"
    lines = [
        f"shift: pixels {shifts.direction}; uncovered ones {_FILLS[shifts.fill]}. Distance: |a - b| / |b|.",
        "pixels (what a dense layer sees), map, pooled map: in place, from those of the unmoved picture.",
        "Compare pooled map with map, which it is made from, and not with pixels.",
        "pixels less mean: with the picture's mean taken off both, which makes |b| large and stays.",
        f"vs moved: from the unmoved picture's, moved along by the nearest whole cells; {interior}.",
    ]
    if not shifts.chosen:
        lines.append(f"Pooling: {shifts.pooling} (--pool asks for another).")
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
    return json_line(
        {
            "picture": shifts.names[0],
            "kernel": shifts.names[1],
            "way": shifts.way,
            "fill": shifts.fill,
            **shifts.settings,
            "pixels_a_cell": {"map": shifts.steps.map, "pooled": shifts.steps.pooled},
            "shifts": [record._asdict() for record in shifts.records],
            "seen": list(sentences),
        }
    )
