"""Where the planner's thresholds come from: the engines side by side."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.pictures import twelve_megapixels
from benchmarks.timing import medians, table
from cnnviz import ops
from cnnviz.ops.convolution.planner import Engine


def run() -> str:
    """Measure and return the tables."""
    return "\n".join([_few_maps(), _large_kernels(), _many_channels()])


def _few_maps() -> str:
    random = np.random.default_rng(0)
    bytes_ = twelve_megapixels()
    rows = []
    for kind, picture in (("uint8", bytes_), ("float32", bytes_.astype(np.float32))):
        for maps in (1, 2, 4, 8):
            whole = random.integers(-3, 4, (maps, 1, 3, 3))
            weight = whole if kind == "uint8" else whole + random.random(whole.shape).astype(np.float32)
            rows.append((kind, str(maps), *_taken(picture, weight, ("taps", "matmul"))))
    return table("3x3 kernels on 12 megapixels", ("pixels", "maps", "taps", "matmul"), rows)


def _large_kernels() -> str:
    picture = twelve_megapixels().astype(np.float32)
    random = np.random.default_rng(0)
    rows = []
    for side in (5, 9, 11, 15):
        weight = random.normal(size=(1, 1, side, side)).astype(np.float32)
        rows.append((f"{side}x{side}", *_taken(picture, weight, ("taps", "fourier"))))
    return table("One float kernel on 12 megapixels", ("kernel", "taps", "fourier"), rows)


def _many_channels() -> str:
    random = np.random.default_rng(0)
    rows = []
    for side, channels in ((14, 512), (28, 64), (28, 512), (56, 16), (56, 64), (112, 128), (224, 64)):
        x = random.normal(size=(channels, side, side)).astype(np.float32)
        weight = random.normal(size=(channels, channels, 3, 3)).astype(np.float32)
        times = _taken(x, ops.prepare(weight), ("matmul", "winograd"))
        rows.append((f"{channels}x{side}x{side}", *times))
    return table("3x3 kernels, as many maps as channels", ("input", "matmul", "winograd"), rows)


def _taken(x: NDArray[Any], weight: Any, engines: tuple[Engine, ...]) -> Iterator[str]:
    ways = {str(name): partial(ops.conv2d, x, weight, engine=name) for name in engines}
    return (f"{ms:.2f} ms" for ms in medians(ways, runs=5).values())
