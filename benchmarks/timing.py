"""Medians of several ways to do one job, taken in turn so that a slow moment of the machine hits them all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median


def medians(ways: Mapping[str, Callable[[], object]], *, runs: int = 5, pause: float = 0) -> dict[str, float]:
    """Milliseconds of each way: one unmeasured call, then the median of ``runs``.

    ``pause`` seconds go before each: threads of a library go on spinning for a while after their work, and
    would hold up whoever comes next (measured: 61 ms in place of 14 right behind OpenCV). After a long one
    the cores have to wake first, which takes whoever has two threads up to 5 ms.
    """
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for run in range(runs + 1):
        for name, call in ways.items():
            time.sleep(pause)
            started = time.perf_counter()
            call()
            if run:
                taken[name].append(1e3 * (time.perf_counter() - started))
    return {name: median(times) for name, times in taken.items()}


def table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """The rows as a Markdown table under a title."""
    lines = [f"## {title}", "", "| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows), ""])
