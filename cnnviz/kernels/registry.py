"""The catalogue: everything `-k` understands by name, put together from one module a family."""

from __future__ import annotations

from typing import Final

from cnnviz.kernels.bandpass import BLOBS, GABOR
from cnnviz.kernels.blur import BLURS
from cnnviz.kernels.compass import FREI_CHEN, KIRSCH
from cnnviz.kernels.corners import CORNERS
from cnnviz.kernels.edges import EDGES
from cnnviz.kernels.kernel import Family, Named
from cnnviz.kernels.sharpen import SHARPENING, UNSHARP
from cnnviz.kernels.texture import LAWS

IDENTITY: Final = Named(
    "identity",
    ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
    "the unit impulse: 1 in the middle",
    "by definition",
    "the picture itself: what goes in comes out",
    "identity",
)

NAMED: Final[dict[str, Named]] = {
    kernel.name: kernel for kernel in (IDENTITY, *EDGES, *KIRSCH, *FREI_CHEN, *CORNERS, *LAWS, *SHARPENING)
}
"""Kernels without parameters."""

FAMILIES: Final[dict[str, Family]] = {family.name: family for family in (*BLURS, UNSHARP, *BLOBS, GABOR)}
"""Kernels with parameters."""

ALIASES: Final[dict[str, str]] = {"laplacian": "laplacian-4"}
"""Second names of single kernels."""

MAGNITUDES: Final[dict[str, tuple[str, str]]] = {
    "sobel": ("sobel-x", "sobel-y"),
    "prewitt": ("prewitt-x", "prewitt-y"),
    "scharr": ("scharr-x", "scharr-y"),
    "roberts": ("roberts-ne", "roberts-se"),
    "farid": ("farid-x", "farid-y"),
}
"""Edge magnitudes: the two maps are joined as sqrt(a^2 + b^2)."""

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "edges": (
        *("sobel-x", "sobel-y", "prewitt-x", "prewitt-y", "scharr-x", "scharr-y"),
        *("roberts-ne", "roberts-se", "laplacian-4", "laplacian-8", "farid-x", "farid-y"),
    ),
    "kirsch": tuple(kernel.name for kernel in KIRSCH),
    "frei-chen": tuple(kernel.name for kernel in FREI_CHEN),
    "corners": tuple(kernel.name for kernel in CORNERS),
    "texture": (
        *("laws-l5e5", "laws-e5l5", "laws-e5e5", "laws-s5s5", "laws-w5w5", "laws-r5r5"),
        *("gabor", "gabor:theta=45", "gabor:theta=90", "gabor:theta=135"),
    ),
    "laws": tuple(kernel.name for kernel in LAWS),
    "gabor-bank": tuple(f"gabor:theta={eighth * 22.5:g}" for eighth in range(8)),
    "blur": ("box", "binomial", "gaussian", "gaussian:sigma=3", "motion", "motion:angle=45"),
    "sharpening": ("sharpen", "unsharp", "outline", "emboss"),
    "blobs": ("log", "log:sigma=3", "dog", "dog:sigma=3"),
    "all": (
        *("identity", "sobel-x", "sobel-y", "prewitt-x", "scharr-x", "roberts-ne", "laplacian-4", "farid-x"),
        *("kirsch-n", "frei-chen-1", "corner-nw", "cross", "laws-l5e5", "laws-r5r5", "gabor"),
        *("box", "gaussian", "binomial", "motion", "sharpen", "unsharp", "outline", "emboss", "log", "dog"),
    ),
}
"""Several kernels under one name, each with a map of its own; ``all`` is one of each kind."""

NO_CONVOLUTIONS: Final[dict[str, str]] = {"canny": "sobel", "median": "gaussian", "bilateral": "gaussian"}
"""Filters that no kernel makes, and the closest that one does."""


def names() -> list[str]:
    """Every name that `-k` understands, sorted; for completion and for "did you mean".

    >>> {"sobel-x", "sobel", "gaussian", "edges", "laplacian"} <= set(names())
    True
    """
    return sorted({*NAMED, *FAMILIES, *ALIASES, *MAGNITUDES, *GROUPS})
