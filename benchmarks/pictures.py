"""The 12-megapixel input: the sample cat, tiled, with the noise of a camera so that no tile repeats."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz import images


def twelve_megapixels() -> NDArray[np.uint8]:
    """A grey photograph of 3000 x 4000 pixels, (1, H, W)."""
    cat: NDArray[Any] = images.read("sample:cat").pixels("gray")[0]
    tiled = np.tile(cat, (10, 9))[np.newaxis, :3000, :4000].astype(np.int16)
    noise = np.random.default_rng(0).normal(0, 2, tiled.shape).round().astype(np.int16)
    return (tiled + noise).clip(0, 255).astype(np.uint8)
