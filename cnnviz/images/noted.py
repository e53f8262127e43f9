"""A map as it was written: the codes of a PNG with its notes, or the values of an NPY."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnviz.errors import FileError
from cnnviz.images.opening import MAX_PIXELS, opened


@dataclass(frozen=True, eq=False)
class Noted:
    """The ``values`` of one map (H, W), and the ``text`` of a PNG, by keyword; None for an array."""

    values: NDArray[Any]
    text: Mapping[str, str] | None


def read_noted(path: str, *, max_pixels: int = MAX_PIXELS) -> Noted:
    """Read one map: of a PNG the 8-bit codes, of a colour-mapped one too, not its colours.

    Raises
    ------
    FileError
        For anything but an NPY array (H, W) or (1, H, W), or a PNG of one channel of 8 bits.

    Examples
    --------
    >>> read_noted("sample:step").values.shape
    (8, 8)
    """
    with opened(path, max_pixels) as source:
        if isinstance(source, np.ndarray):
            if len(source) > 1:
                raise FileError(f"the array has {len(source)} maps; one is needed: (H, W) or (1, H, W)")
            return Noted(source[0], None)
        if source.format != "PNG" or source.mode not in ("L", "P"):
            raise FileError(
                f"a {source.format} of mode {source.mode} is not a map; a map is an NPY, or a PNG of one "
                "channel as `cnnviz convolve` writes it"
            )
        source.load()
        return Noted(np.asarray(source), _text(source))


def _text(image: Image.Image) -> dict[str, str]:
    """The notes before the pixels; Pillow bounds their length."""
    notes = ((key, value) for key, value in image.info.items() if isinstance(value, str))
    return {str(key): str(value) for key, value in notes}
