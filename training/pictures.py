"""The pictures that ``shapes-net`` learns from: one thing each, by chance in place, size, turn and colour.

A thing is given by the distance of every pixel to its edge, negative inside; what lies within half a pixel of
the edge is covered in part, so that no edge is jagged. Nothing is random but the generator's numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnnviz.network.trained import SHAPES_NET

Numbers: TypeAlias = NDArray[np.float64]

SIZE: Final = 64
"""Height and width."""

_MIDDLES: Final[Numbers] = np.arange(SIZE, dtype=np.float64) + 0.5
_ROWS: Final[Numbers] = _MIDDLES[:, np.newaxis]
_COLUMNS: Final[Numbers] = _MIDDLES[np.newaxis]
_CONTRAST: Final = 100
"""How far apart, at least, the two colours lie, as points in the cube of 256x256x256."""


def draw(label: str, generator: np.random.Generator) -> NDArray[np.uint8]:
    """A picture, (64, 64, 3), of what ``label`` names.

    >>> draw("circle", np.random.default_rng(1)).shape
    (64, 64, 3)

    Raises
    ------
    KeyError
        For another name than those of `SHAPES_NET.labels`.
    """
    covered = np.clip(0.5 - _DISTANCES[label](generator), 0, 1)[..., np.newaxis]
    colour, ground = _colours(generator)
    noise = generator.choice((0, generator.uniform(5, 30)))
    behind = ground + noise * generator.standard_normal((SIZE, SIZE, 3))
    mixed: Numbers = covered * colour + (1 - covered) * behind
    return mixed.round().clip(0, 255).astype(np.uint8)


def pictures(count: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """So many pictures, (N, 64, 64, 3), and for each the number of its label, (N,).

    All labels come equally often, as far as they go into ``count``, and in random order.

    >>> drawn, labels = pictures(8, seed=1)
    >>> drawn.shape, sorted(labels.tolist())
    ((8, 64, 64, 3), [0, 0, 1, 1, 2, 2, 3, 3])
    """
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.arange(count) % len(SHAPES_NET.labels))
    drawn = np.empty((count, SIZE, SIZE, 3), np.uint8)
    for picture, label in zip(drawn, labels, strict=True):
        picture[:] = draw(SHAPES_NET.labels[label], generator)
    return drawn, labels


def _circle(generator: np.random.Generator) -> Numbers:
    radius = generator.uniform(8, 26)
    row, column = _centre(generator, radius)
    distance: Numbers = np.hypot(_ROWS - row, _COLUMNS - column) - radius
    return distance


def _square(generator: np.random.Generator) -> Numbers:
    return _polygon(generator, np.arange(4) * pi / 2)


def _triangle(generator: np.random.Generator) -> Numbers:
    return _polygon(generator, np.arange(3) * 2 * pi / 3 + generator.uniform(-pi / 15, pi / 15, 3))


def _polygon(generator: np.random.Generator, normals: Numbers) -> Numbers:
    """Between sides that look towards ``normals`` (radians, ascending) and touch one circle; turned."""
    reach = generator.uniform(11, 29)  # of the corner that is farthest from the middle
    inner = reach * cos(np.diff(normals, append=normals[0] + 2 * pi).max() / 2)
    row, column = _centre(generator, reach)
    turned = normals + generator.uniform(0, 2 * pi)
    sides = [(_ROWS - row) * sin(angle) + (_COLUMNS - column) * cos(angle) for angle in turned]
    distance: Numbers = np.max(sides, axis=0) - inner
    return distance


def _stripes(generator: np.random.Generator) -> Numbers:
    """All over the picture, with gaps of another width than theirs."""
    width, gap = generator.uniform(3, 9, 2)
    angle = generator.uniform(0, pi)
    across = _ROWS * sin(angle) + _COLUMNS * cos(angle) + generator.uniform(0, width + gap)
    distance: Numbers = np.abs(across % (width + gap) - (width + gap) / 2) - width / 2
    return distance


def _centre(generator: np.random.Generator, reach: float) -> Numbers:
    """A row and a column from which nothing of ``reach`` hangs over the edge."""
    return generator.uniform(reach + 1, SIZE - 1 - reach, 2)


def _colours(generator: np.random.Generator) -> Numbers:
    """Two that can be told apart, (2, 3)."""
    while True:
        colours = generator.uniform(0, 255, (2, 3))
        if np.linalg.norm(colours[0] - colours[1]) >= _CONTRAST:
            return colours


_DISTANCES: Final[dict[str, Callable[[np.random.Generator], Numbers]]] = {
    "circle": _circle,
    "square": _square,
    "triangle": _triangle,
    "stripes": _stripes,
}
