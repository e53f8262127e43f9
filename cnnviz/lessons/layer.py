"""What the lessons look at: one layer of one map."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnnviz.geometry import Padding, PaddingMode, Pair, Window
from cnnviz.ops import conv2d
from cnnviz.ops.convolution.planner import Engine
from cnnviz.ops.convolution.problem import Problem, pose

Array: TypeAlias = NDArray[Any]
Number: TypeAlias = int | float


class Pool(Protocol):
    """A pooling of maps (F, H, W)."""

    @property
    def mode(self) -> str:
        """``max`` or ``avg``."""

    def window(self, size: Pair) -> Window:
        """Its window on a map of ``size``."""

    def __call__(self, maps: Array) -> Array:
        """Pool ``maps``."""


class Activation(Protocol):
    """A function of every value of maps."""

    @property
    def name(self) -> str:
        """As one asks for it."""

    def __call__(self, maps: Array) -> Array:
        """Apply it to ``maps`` (F, H, W)."""


class Layer(NamedTuple):
    """A kernel (1, I, kH, kW), how it is laid on the picture, and what follows it.

    >>> step = np.repeat(np.array([[[0, 0, 255, 255]]], np.uint8), 3, axis=1)
    >>> layer = Layer(np.array([[[[-1, 0, 1]]]]), bias=5)
    >>> layer.sums(step)[0].tolist(), layer.problem(step.shape).window.output
    ([260, 260], (3, 2))
    """

    weight: Array
    bias: Number = 0
    stride: Pair = (1, 1)
    padding: Padding = 0
    padding_mode: PaddingMode = "zeros"
    dilation: Pair = (1, 1)
    activation: Activation | None = None
    pool: Pool | None = None
    engine: Engine = "auto"

    def problem(self, shape: tuple[int, ...]) -> Problem:
        """Its shapes on a picture of ``shape`` (C, H, W); raises `ShapeError` where it does not fit."""
        return pose(
            (1, *shape),
            self.weight.shape,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            padding_mode=self.padding_mode,
        )

    def pooling(self, size: Pair) -> Window | None:
        """The window of its pooling on a map of ``size``, if there is one."""
        return None if self.pool is None else self.pool.window(size)

    def sums(self, pixels: Array) -> Array:
        """The map (H, W) of ``pixels`` (C, H, W): products added up, and the bias."""
        maps: Array = conv2d(
            pixels,
            self.weight,
            np.array([self.bias]) if self.bias else None,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            padding_mode=self.padding_mode,
            engine=self.engine,
        )
        return _only(maps)

    def activated(self, sums: Array) -> Array:
        """The map after the activation, if there is one."""
        maps = sums[np.newaxis]
        activated: Array = maps if self.activation is None else self.activation(maps)
        return _only(activated)

    def pooled(self, found: Array) -> Array:
        """A map after the pooling, if there is one."""
        maps = found[np.newaxis]
        pooled: Array = maps if self.pool is None else self.pool(maps)
        return _only(pooled)


def _only(maps: Array) -> Array:
    one: Array = maps[0]
    return one
