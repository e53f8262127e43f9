"""Laws' 25 texture masks: every pair of five 5-tap vectors, the first down, the second along."""

from __future__ import annotations

from cnnviz.kernels.kernel import Named
from cnnviz.kernels.rows import outer

_VECTORS = {
    "l5": ((1, 4, 6, 4, 1), "level"),
    "e5": ((-1, -2, 0, 2, 1), "edge"),
    "s5": ((-1, 0, 2, 0, -1), "spot"),
    "w5": ((-1, 2, 0, -2, 1), "wave"),
    "r5": ((1, -4, 6, -4, 1), "ripple"),
}

LAWS: tuple[Named, ...] = tuple(
    Named(
        f"laws-{first}{second}",
        outer(column, row),
        f"{first.upper()}ᵀ ⊗ {second.upper()}: ({' '.join(map(str, column))})ᵀ ⊗ ({' '.join(map(str, row))})",
        "Laws, Textured image segmentation, University of Southern California (1980)",
        f"{down} down the column, {along} along the row",
        "laws",
    )
    for first, (column, down) in _VECTORS.items()
    for second, (row, along) in _VECTORS.items()
)
