"""Edges: where brightness grows, and how fast.

One sign rule for all gradients: ``-x`` is positive where brightness grows to the right, ``-y`` where it grows
downwards, ``-ne`` and ``-se`` where it grows towards that compass direction (north is up).
"""

from __future__ import annotations

from cnnviz.kernels.kernel import Named
from cnnviz.kernels.rows import outer, turned

_DIFFERENCE = (-1, 0, 1)
_ROBERTS = "Roberts, Machine perception of three-dimensional solids, MIT (1963)"
_GONZALEZ = (
    "Gonzalez & Woods, Digital Image Processing, chapter on sharpening spatial filters (4th ed., 2018)"
)
_FARID = (
    "Farid & Simoncelli, Differentiation of discrete multidimensional signals, "
    "IEEE Trans. Image Processing 13 (2004), 5-tap first derivative"
)
_FARID_SMOOTH = (0.037659, 0.249153, 0.426375, 0.249153, 0.037659)
# The paper prints the derivative for true convolution, which flips it; ours is the cross-correlation.
_FARID_DIFFERENCE = (-0.109604, -0.276691, 0.0, 0.276691, 0.109604)


def _gradients(name: str, smooth: tuple[int, int, int], source: str) -> tuple[Named, ...]:
    """Make the four directions of a 3x3 gradient: a difference one way, smoothing the other."""
    across = outer(smooth, _DIFFERENCE)
    down = outer(_DIFFERENCE, smooth)
    weights = " ".join(map(str, smooth))
    return (
        Named(
            f"{name}-x",
            across,
            f"smooth ({weights})ᵀ ⊗ difference (-1 0 1)",
            source,
            "vertical edges: positive where brightness grows to the right",
            "edges",
        ),
        Named(
            f"{name}-y",
            down,
            f"difference (-1 0 1)ᵀ ⊗ smooth ({weights})",
            source,
            "horizontal edges: positive where brightness grows downwards",
            "edges",
        ),
        Named(
            f"{name}-ne",
            turned(across, 45),
            f"{name}-x, its ring turned by 45 degrees counter-clockwise",
            source,
            "diagonal edges: positive where brightness grows to the upper right",
            "edges",
        ),
        Named(
            f"{name}-se",
            turned(across, -45),
            f"{name}-x, its ring turned by 45 degrees clockwise",
            source,
            "diagonal edges: positive where brightness grows to the lower right",
            "edges",
        ),
    )


EDGES: tuple[Named, ...] = (
    *_gradients(
        "sobel",
        (1, 2, 1),
        "Sobel & Feldman, talk at the Stanford AI project (1968); in Duda & Hart, Pattern Classification and "
        "Scene Analysis (1973)",
    ),
    *_gradients(
        "prewitt",
        (1, 1, 1),
        "Prewitt, Object enhancement and extraction, in Picture Processing and Psychopictorics (1970)",
    ),
    *_gradients(
        "scharr",
        (3, 10, 3),
        "Scharr, Optimale Operatoren in der digitalen Bildverarbeitung, Heidelberg (2000)",
    ),
    Named(
        "roberts-ne",
        ((0, 1), (-1, 0)),
        "the difference of two cells along a diagonal",
        _ROBERTS,
        "fine diagonal edges: positive where brightness grows to the upper right",
        "edges",
    ),
    Named(
        "roberts-se",
        ((-1, 0), (0, 1)),
        "the difference of two cells along a diagonal",
        _ROBERTS,
        "fine diagonal edges: positive where brightness grows to the lower right",
        "edges",
    ),
    Named(
        "laplacian-4",
        ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
        "second difference (1 -2 1) along the row + the same down the column",
        _GONZALEZ,
        "edges and spots of any direction: negative on a bright spot, a change of sign on an edge",
        "edges",
    ),
    Named(
        "laplacian-8",
        ((1, 1, 1), (1, -8, 1), (1, 1, 1)),
        "second difference (1 -2 1) along the row, down the column and along both diagonals",
        _GONZALEZ,
        "as laplacian-4, diagonals included",
        "edges",
    ),
    Named(
        "farid-x",
        outer(_FARID_SMOOTH, _FARID_DIFFERENCE),
        "smooth p ᵀ ⊗ difference d, a pair of 5 taps matched for the true direction",
        _FARID,
        "vertical edges: positive where brightness grows to the right",
        "edges",
    ),
    Named(
        "farid-y",
        outer(_FARID_DIFFERENCE, _FARID_SMOOTH),
        "difference d ᵀ ⊗ smooth p, a pair of 5 taps matched for the true direction",
        _FARID,
        "horizontal edges: positive where brightness grows downwards",
        "edges",
    ),
)
