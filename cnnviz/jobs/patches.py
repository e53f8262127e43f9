"""From pictures to the principal components of their patches, and a sheet of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnnviz.errors import UsageError
from cnnviz.geometry import Pair
from cnnviz.jobs import brightness
from cnnviz.lessons.patches import Components, principal
from cnnviz.render import patches, png

MOST = 16
"""Rows and columns of a patch, the most: time grows with the fourth power."""


@dataclass(frozen=True, eq=False)
class Found:
    """The components of the patches of ``size``, and what the user should know of what was read."""

    components: Components
    size: Pair
    pictures: str
    notes: tuple[str, ...]


def run(pictures: Sequence[str], size: Pair, count: int, *, max_pixels: int, frame: int) -> Found:
    """Read ``pictures`` and find ``count`` components of their patches.

    Raises
    ------
    CnnvizError
        Whatever is wrong with a picture, or with so many components of such a size.
    """
    if max(size) > MOST:
        raise UsageError(f"patches of {size[0]}x{size[1]} are too large; {MOST}x{MOST} is the most")
    read = [brightness.read(each, max_pixels=max_pixels, frame=frame) for each in pictures]
    found = principal([each.pixels.astype(np.float64) for each in read], size, count)
    return Found(found, size, brightness.names(pictures), brightness.notes(read))


def sheet(found: Found, *, dark: bool) -> bytes:
    """The kernels on one page, as the bytes of a PNG."""
    return png.encode(patches.sheet(found.components, found.pictures, dark=dark))
