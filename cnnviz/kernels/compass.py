"""Two whole sets: Kirsch's eight compass directions, and the nine orthonormal masks of Frei and Chen."""

from __future__ import annotations

from math import sqrt

from cnnviz.kernels.kernel import Named
from cnnviz.kernels.rows import Rows, times, turned

_DIRECTIONS = {
    "n": "up",
    "nw": "to the upper left",
    "w": "to the left",
    "sw": "to the lower left",
    "s": "down",
    "se": "to the lower right",
    "e": "to the right",
    "ne": "to the upper right",
}
_NORTH: Rows = ((5, 5, 5), (-3, 0, -3), (-3, -3, -3))

KIRSCH: tuple[Named, ...] = tuple(
    Named(
        f"kirsch-{direction}",
        turned(_NORTH, 45 * eighths),
        "three neighbours of 5 against five of -3; the ring turned by 45 degrees for each direction",
        "Kirsch, Computer determination of the constituent structure of biological images, "
        "Computers and Biomedical Research 4 (1971)",
        f"edges whose bright side lies {words}",
        "kirsch",
    )
    for eighths, (direction, words) in enumerate(_DIRECTIONS.items())
)

_R = sqrt(2)
_MASKS: tuple[tuple[Rows, float, str], ...] = (
    (((1, _R, 1), (0, 0, 0), (-1, -_R, -1)), 2 * _R, "edge: positive where brightness grows upwards"),
    (((1, 0, -1), (_R, 0, -_R), (1, 0, -1)), 2 * _R, "edge: positive where brightness grows to the left"),
    (((0, -1, _R), (1, 0, -1), (-_R, 1, 0)), 2 * _R, "ripple along a diagonal"),
    (((_R, -1, 0), (-1, 0, 1), (0, 1, -_R)), 2 * _R, "ripple along the other diagonal"),
    (((0, 1, 0), (-1, 0, -1), (0, 1, 0)), 2, "line: positive on a bright vertical one"),
    (((-1, 0, 1), (0, 0, 0), (1, 0, -1)), 2, "line: positive on a bright one rising to the right"),
    (((1, -2, 1), (-2, 4, -2), (1, -2, 1)), 6, "spot, and saddle along the diagonals (second differences)"),
    (((-2, 1, -2), (1, 4, 1), (-2, 1, -2)), 6, "spot, and saddle along rows and columns"),
    (((1, 1, 1), (1, 1, 1), (1, 1, 1)), 3, "the average brightness, times 3"),
)

FREI_CHEN: tuple[Named, ...] = tuple(
    Named(
        f"frei-chen-{number}",
        times(rows, 1 / scale),
        "one of nine orthonormal 3x3 masks: 1-4 span edges, 5-8 lines and spots, 9 is the average",
        "Frei & Chen, Fast boundary detection: a generalization and a new algorithm, "
        "IEEE Trans. Computers C-26 (1977)",
        shows,
        "frei-chen",
    )
    for number, (rows, scale, shows) in enumerate(_MASKS, 1)
)
