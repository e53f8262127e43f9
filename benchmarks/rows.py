"""What a comparison gives: one row a peer, as a table, as JSON, and for the chart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

SAVED = Path(__file__).parents[1] / "docs" / "benchmarks.json"


Hostile: TypeAlias = tuple[Sequence[str], Sequence[Sequence[str]]]
"""The programs' names, and for each case its name and what came of it."""


class Row(NamedTuple):
    """One job by us and by one peer: medians of turns in one run, in ``unit`` (ms or MiB)."""

    job: str
    ours: float
    peer: str
    theirs: float
    unit: str = "ms"

    @property
    def ratio(self) -> float:
        """Ours by theirs: below 1 we take less."""
        return self.ours / self.theirs


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| job | cnnviz | peer | | cnnviz / peer |", "|---|---|---|---|---|"]
    for row in rows:
        ours, theirs = (f"{value:.{1 if value < 100 else 0}f} {row.unit}" for value in (row.ours, row.theirs))
        lines.append(f"| {row.job} | {ours} | {row.peer} | {theirs} | {row.ratio:.2f} |")
    return "\n".join(lines)


def save(rows: Sequence[Row], machine: str, hostile: Hostile) -> None:
    """Keep the rows where the README takes its tables and its chart from."""
    document = {"machine": machine, "rows": [row._asdict() for row in rows], "hostile": hostile}
    SAVED.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


def saved() -> tuple[list[Row], str, Hostile]:
    """The rows, the machine and the outcomes that `save` kept."""
    document = json.loads(SAVED.read_text("utf-8"))
    return [Row(**row) for row in document["rows"]], document["machine"], document["hostile"]


def hostile_table(hostile: Hostile) -> str:
    """What each program made of each hostile file, as a Markdown table."""
    names, rows = hostile
    lines = [f"| | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
