"""Layers with a sliding kernel: convolution, depthwise and transposed convolution."""

from __future__ import annotations

from math import prod

from cnnviz.errors import ShapeError
from cnnviz.geometry import (
    Field,
    Padding,
    Pair,
    TransposedWindow,
    Window,
    convolution_window,
    transposed_window,
)
from cnnviz.network.operations.checks import maps
from cnnviz.network.spec import LayerError, Operation, Shape, Sight


class Conv(Operation):
    """Convolution as `torch.nn.Conv2d`: ``out`` kernels over all channels of their group."""

    out: int
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Padding = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    bias: bool = True

    def output(self, *inputs: Shape) -> Shape:
        """(out, H', W')."""
        _check_groups(self.groups, maps(inputs[0])[0], self.out)
        return (self.out, *self.window(*inputs).output)

    def tensors(self, *inputs: Shape) -> dict[str, Shape]:
        """The weight (out, C/groups, kH, kW), and the bias."""
        weight = (self.out, inputs[0][0] // self.groups, *self.kernel)
        return {"weight": weight, "bias": (self.out,)} if self.bias else {"weight": weight}

    def macs(self, *inputs: Shape) -> int:
        """Each weight once for every place of the kernel."""
        return prod(self.tensors(*inputs)["weight"]) * prod(self.window(*inputs).output)

    def sights(self, *inputs: Shape) -> tuple[Sight, ...]:
        """The cells under the kernel."""
        return (window_sight(self.window(*inputs)),)

    def window(self, *inputs: Shape) -> Window:
        """The kernel on its input."""
        _, height, width = maps(inputs[0])
        try:
            return convolution_window(
                (height, width),
                self.kernel,
                stride=self.stride,
                padding=self.padding,
                dilation=self.dilation,
            )
        except ShapeError as error:
            raise LayerError("kernel", str(error)) from None


class Depthwise(Operation):
    """Convolution of every channel by itself, with ``multiplier`` kernels each."""

    kernel: Pair
    stride: Pair = (1, 1)
    padding: Padding = (0, 0)
    dilation: Pair = (1, 1)
    multiplier: int = 1
    bias: bool = True

    def grouped(self, shape: Shape) -> Conv:
        """The same as a convolution with a group for each channel of ``shape``."""
        channels = maps(shape)[0]
        return Conv(
            channels * self.multiplier,
            self.kernel,
            self.stride,
            self.padding,
            self.dilation,
            channels,
            self.bias,
        )

    def output(self, *inputs: Shape) -> Shape:
        """(C * multiplier, H', W')."""
        return self.grouped(inputs[0]).output(*inputs)

    def tensors(self, *inputs: Shape) -> dict[str, Shape]:
        """The weight (C * multiplier, 1, kH, kW), and the bias."""
        return self.grouped(inputs[0]).tensors(*inputs)

    def macs(self, *inputs: Shape) -> int:
        """Each weight once for every place of the kernel."""
        return self.grouped(inputs[0]).macs(*inputs)

    def sights(self, *inputs: Shape) -> tuple[Sight, ...]:
        """The cells under the kernel."""
        return self.grouped(inputs[0]).sights(*inputs)

    def window(self, *inputs: Shape) -> Window:
        """The kernel on its input."""
        return self.grouped(inputs[0]).window(*inputs)


class ConvTransposed(Operation):
    """Transposed convolution as `torch.nn.ConvTranspose2d`: each input cell lays the kernel on the output."""

    out: int
    kernel: Pair
    stride: Pair = (1, 1)
    padding: Padding = (0, 0)
    output_padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    bias: bool = True

    def output(self, *inputs: Shape) -> Shape:
        """(out, H', W')."""
        _check_groups(self.groups, maps(inputs[0])[0], self.out)
        return (self.out, *self.window(*inputs).output)

    def tensors(self, *inputs: Shape) -> dict[str, Shape]:
        """The weight (C, out/groups, kH, kW), and the bias."""
        weight = (inputs[0][0], self.out // self.groups, *self.kernel)
        return {"weight": weight, "bias": (self.out,)} if self.bias else {"weight": weight}

    def macs(self, *inputs: Shape) -> int:
        """Each weight once for every cell of the input; what the padding cuts off is counted too."""
        return prod(self.tensors(*inputs)["weight"]) * prod(maps(inputs[0])[1:])

    def sights(self, *inputs: Shape) -> tuple[Sight, ...]:
        """The cells whose kernels reach a unit."""
        window = self.window(*inputs)
        vertical, horizontal = (
            Field.spread(k, s, low, d)
            for k, s, (low, _), d in zip(
                window.kernel, window.stride, window.pads, window.dilation, strict=True
            )
        )
        return ((vertical, horizontal),)

    def window(self, *inputs: Shape) -> TransposedWindow:
        """The kernel on its output."""
        _, height, width = maps(inputs[0])
        try:
            return transposed_window(
                (height, width),
                self.kernel,
                stride=self.stride,
                padding=self.padding,
                output_padding=self.output_padding,
                dilation=self.dilation,
            )
        except ShapeError as error:
            raise LayerError(
                "output_padding" if "output_padding" in str(error) else "padding", str(error)
            ) from None


def window_sight(window: Window) -> Sight:
    """Which cells the places of a sliding window see."""
    vertical, horizontal = (
        Field.sliding(k, s, low, d)
        for k, s, (low, _), d in zip(window.kernel, window.stride, window.pads, window.dilation, strict=True)
    )
    return vertical, horizontal


def _check_groups(groups: int, channels: int, out: int) -> None:
    for name, number in (("input", channels), ("output", out)):
        if number % groups:
            raise LayerError(
                "groups", f"groups is {groups}, which does not divide its {number} {name} channels evenly"
            )
