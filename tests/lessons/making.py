"""Small pictures and layers that fit on them, for every lesson."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from cnnviz.geometry import PADDING_MODES
from cnnviz.lessons.layer import Layer

NUMPY_MODES: dict[str, Any] = {
    "zeros": "constant",
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
}


@st.composite
def layers(draw: st.DrawFn, *, floats: bool = False) -> tuple[NDArray[Any], Layer]:
    """A picture (C, H, W) and a layer."""
    depth, height, width = (draw(st.integers(1, high)) for high in (3, 9, 9))
    kernel = draw(st.integers(1, min(height, 4))), draw(st.integers(1, min(width, 4)))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    weight: NDArray[Any] = rng.integers(-9, 10, (1, depth, *kernel))
    layer = Layer(
        weight + rng.random(weight.shape) if floats else weight,
        draw(st.integers(-5, 5)),
        (draw(st.integers(1, 3)), draw(st.integers(1, 3))),
        (draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))),
        draw(st.sampled_from(PADDING_MODES)),
    )
    return rng.integers(0, 256, (depth, height, width), dtype=np.uint8), layer


def padded(pixels: NDArray[Any], layer: Layer) -> NDArray[Any]:
    """``pixels`` with the padding of ``layer`` around, by NumPy."""
    pads = layer.problem(pixels.shape).window.pads
    around: NDArray[Any] = np.pad(pixels, [(0, 0), *pads], mode=NUMPY_MODES[layer.padding_mode])
    return around
