"""Convolutions and poolings drawn by hypothesis: everything that fits, small, and of whole numbers.

Whole numbers this small add up exactly in every dtype, so that results are compared with ``==``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from hypothesis import strategies as st
from numpy.typing import DTypeLike

from cnnviz.geometry import PADDING_MODES, Padding, PaddingMode
from cnnviz.ops import conv2d
from cnnviz.ops.convolution.planner import Engine
from tests import oracles
from tests.oracles import Array, Pads, Pair

PIXELS: tuple[str, ...] = ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8")
WEIGHTS: tuple[str, ...] = ("i1", "i8", "f4", "f8")


@dataclass(frozen=True)
class Problem:
    """One convolution: x (N, C, H, W), weight (O, I, kH, kW), and ``padding`` spelled out as ``pads``."""

    x: Array
    weight: Array
    bias: Array | None
    stride: Pair
    padding: Padding
    pads: Pads
    dilation: Pair
    groups: int
    padding_mode: PaddingMode

    def solve(self, engine: Engine = "auto", dtype: DTypeLike | None = None) -> Array:
        """What cnnviz answers."""
        return conv2d(
            self.x,
            self.weight,
            self.bias,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
            padding_mode=self.padding_mode,
            dtype=dtype,
            engine=engine,
        )

    def by_loops(self) -> Array:
        """What the definition answers."""
        return oracles.loops_conv2d(*self._arrays, **self._arguments)

    def by_scipy(self) -> Array:
        """What SciPy answers."""
        return oracles.scipy_conv2d(*self._arrays, **self._arguments)

    def with_(self, **changes: Any) -> Problem:
        """The same problem but for ``changes``."""
        return replace(self, **changes)

    @property
    def _arrays(self) -> tuple[Array, Array, Array | None]:
        return self.x, self.weight, self.bias

    @property
    def _arguments(self) -> dict[str, Any]:
        return {
            "stride": self.stride,
            "pads": self.pads,
            "dilation": self.dilation,
            "groups": self.groups,
            "padding_mode": self.padding_mode,
        }


@dataclass(frozen=True)
class Axis:
    """One axis: input, kernel, stride, dilation, pads; the letters of `cnnviz.geometry`."""

    n: int
    k: int
    s: int
    d: int
    pads: Pair


def pairs(most: int) -> st.SearchStrategy[Pair]:
    """(vertical, horizontal), each 1 to ``most``."""
    return st.tuples(st.integers(1, most), st.integers(1, most))


@st.composite
def problems(
    draw: st.DrawFn,
    *,
    pixels: tuple[str, ...] = PIXELS,
    weights: tuple[str, ...] = WEIGHTS,
    largest: int = 7,
) -> Problem:
    """Any convolution that fits."""
    mode = cast("PaddingMode", draw(st.sampled_from(PADDING_MODES)))
    form = draw(st.sampled_from(["int", "pair", "pads", "valid", "same", "same-lower", "full"]))
    both = draw(st.integers(0, 2)) if form == "int" else None
    vertical, horizontal = draw(_axes(form, mode, both, largest)), draw(_axes(form, mode, both, largest))
    pads = (vertical.pads, horizontal.pads)
    padding: Padding = (
        cast("Padding", form)
        if form not in ("int", "pair", "pads")
        else pads
        if form == "pads"
        else (pads[0][0], pads[1][0])
        if form == "pair"
        else pads[0][0]
    )
    groups, depth, maps = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    values = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x = numbers(
        values,
        (draw(st.integers(1, 2)), groups * depth, vertical.n, horizontal.n),
        draw(st.sampled_from(pixels)),
    )
    kind = draw(st.sampled_from(weights))
    weight = values.integers(-3, 4, (groups * maps, depth, vertical.k, horizontal.k)).astype(kind)
    bias = values.integers(-9, 10, len(weight)).astype(kind) if draw(st.booleans()) else None
    return Problem(
        x,
        weight,
        bias,
        stride=(vertical.s, horizontal.s),
        padding=padding,
        pads=pads,
        dilation=(vertical.d, horizontal.d),
        groups=groups,
        padding_mode=mode,
    )


@dataclass(frozen=True)
class Pooling:
    """One pooling that fits."""

    x: Array
    kernel: Pair
    stride: Pair
    pads: Pads
    dilation: Pair
    ceil_mode: bool


@st.composite
def poolings(draw: st.DrawFn, *, pixels: tuple[str, ...] = PIXELS, dilations: int = 3) -> Pooling:
    """Any pooling that fits, with ``ceil_mode`` also those that only fit by hanging over."""
    ceil_mode = draw(st.booleans())

    def axis() -> Axis:
        k, s, d = draw(st.integers(1, 4)), draw(st.integers(1, 5)), draw(st.integers(1, dilations))
        pads = draw(st.integers(0, k // 2)), draw(st.integers(0, k // 2))
        least = d * (k - 1) + 1 - sum(pads) - (s - 1 if ceil_mode else 0)
        return Axis(draw(st.integers(max(least, 1), max(least, 1) + 7)), k, s, d, pads)

    down, across = axis(), axis()
    values = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (draw(st.integers(1, 2)), draw(st.integers(1, 2)), down.n, across.n)
    return Pooling(
        numbers(values, shape, draw(st.sampled_from(pixels))),
        kernel=(down.k, across.k),
        stride=(down.s, across.s),
        pads=(down.pads, across.pads),
        dilation=(down.d, across.d),
        ceil_mode=ceil_mode,
    )


def numbers(values: np.random.Generator, shape: tuple[int, ...], dtype: str) -> Array:
    """Whole numbers: all of 8 and 16 bits, a few more bits elsewhere."""
    kind = np.dtype(dtype)
    if kind.kind in "iu" and kind.itemsize <= 2:
        return values.integers(np.iinfo(kind).min, np.iinfo(kind).max, shape, kind, endpoint=True)
    return values.integers(0 if kind.kind == "u" else -500, 500, shape).astype(kind)


@st.composite
def _axes(draw: st.DrawFn, form: str, mode: str, both: int | None, largest: int) -> Axis:
    s, d = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    if form in ("int", "pair", "pads"):
        low = draw(st.integers(0, 3)) if both is None else both
        high = draw(st.integers(0, 3)) if form == "pads" else low
        n = draw(st.integers(_least(mode, low, high), largest))
        k = draw(st.integers(1, min(4, (n + low + high - 1) // d + 1)))
        return Axis(n, k, s, d, (low, high))
    n = draw(st.integers(1, largest))
    widest = (n - 1) // d + 1 if form == "valid" else 4
    k = draw(st.integers(1, min(4, widest)))
    # A word may ask for more padding than a small input can reflect; then a smaller kernel does.
    while n < _least(mode, *oracles.amounts(form, n, k, s, d)):
        k -= 1
    return Axis(n, k, s, d, oracles.amounts(form, n, k, s, d))


def _least(mode: str, low: int, high: int) -> int:
    """The smallest input that can be padded so."""
    most = max(low, high)
    return max(1, most + 1 if mode == "reflect" else most if mode == "circular" else 1)
