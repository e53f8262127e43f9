"""The kind of table that all results are laid out in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table


def bare_table(gap: int) -> Table:
    """Bold titles over a line, nothing around, and ``gap`` columns of air between two cells."""
    from rich import box
    from rich.table import Table

    padding = (0, gap - 1, 0, 0)  # Rich has a column of its own there
    return Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=padding, header_style="bold")
