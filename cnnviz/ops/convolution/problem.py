"""One convolution in integers: every size, stride and pad resolved, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from cnnviz import geometry
from cnnviz.errors import KernelError, ShapeError
from cnnviz.geometry import Padding, PaddingMode, Pair, Window


@dataclass(frozen=True)
class Problem:
    """The shapes of ``x`` (N, C, H, W), ``weight`` (O, I, kH, kW) and the result (N, O, *window.output)."""

    batch: int
    maps: int  # O
    depth: int  # I = C / groups
    groups: int
    window: Window
    padding_mode: PaddingMode

    @property
    def maps_per_group(self) -> int:
        """How many of the maps read the same input channels."""
        return self.maps // self.groups

    def rows_read(self, first: int, last: int) -> Pair:
        """The rows of the padded input that the output rows ``first`` to ``last`` (excluded) need."""
        step = self.window.stride[0]
        return first * step, (last - 1) * step + self.window.reach[0]


def pose(
    x: tuple[int, ...],
    weight: tuple[int, ...],
    *,
    stride: int | Pair = 1,
    padding: Padding = 0,
    dilation: int | Pair = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
) -> Problem:
    """Check the arguments of `conv2d` against the shapes (N, C, H, W) and (O, I, kH, kW).

    >>> pose((1, 3, 224, 224), (64, 3, 7, 7), stride=2, padding=3).window.output
    (112, 112)

    Raises
    ------
    ShapeError, KernelError
        As `conv2d`.
    """
    if len(weight) != 4:
        raise KernelError(f"weight has shape {weight}; it takes (maps, channels/groups, height, width)")
    if 0 in weight:
        raise KernelError(f"weight has shape {weight}, which holds no values")
    batch, channels, height, width = x
    _check_channels(channels, weight, groups)
    window = geometry.convolution_window(
        (height, width),
        (weight[2], weight[3]),
        stride=stride,
        padding=padding,
        dilation=dilation,
        padding_mode=padding_mode,
    )
    return Problem(batch, weight[0], weight[1], int(groups), window, cast("PaddingMode", padding_mode))


def _check_channels(channels: int, weight: tuple[int, ...], groups: int) -> None:
    if not geometry.is_integer(groups) or groups < 1:
        raise ShapeError(f"groups is {groups!r}; it takes an integer of at least 1")
    if weight[0] % groups:
        raise ShapeError(f"groups is {groups}, which does not divide the {weight[0]} maps of the weight")
    if channels != weight[1] * groups:
        raise ShapeError(
            f"a weight of shape {weight} with groups {groups} reads {weight[1] * groups} channels, "
            f"but x has {channels}"
        )
