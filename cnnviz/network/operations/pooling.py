"""Layers that keep one number of each window: max, mean or p-norm; sliding, adaptive or global."""

from __future__ import annotations

from cnnviz.errors import ShapeError
from cnnviz.geometry import Field, Padding, Pair, Window, convolution_window, pooling_window
from cnnviz.network.operations.checks import maps
from cnnviz.network.operations.convolution import window_sight
from cnnviz.network.spec import LayerError, Operation, Shape, Sight


class Pool(Operation):
    """A sliding window as PyTorch's pooling has it; without ``stride`` it moves by its own size."""

    kernel: Pair
    stride: Pair | None = None
    padding: Padding = (0, 0)
    dilation: Pair = (1, 1)
    ceil: bool = False

    any_padding = False  # PyTorch's: half of the window at most

    def output(self, *inputs: Shape) -> Shape:
        """(C, H', W')."""
        return (maps(inputs[0])[0], *self.window(*inputs).output)

    def sights(self, *inputs: Shape) -> tuple[Sight, ...]:
        """The cells under the window."""
        return (window_sight(self.window(*inputs)),)

    def window(self, *inputs: Shape) -> Window:
        """The window on its input; padded by a word it goes as the kernel of a convolution does."""
        _, height, width = maps(inputs[0])
        try:
            if isinstance(self.padding, str):
                return convolution_window(
                    (height, width),
                    self.kernel,
                    stride=self.stride or self.kernel,
                    padding=self.padding,
                    dilation=self.dilation,
                )
            return pooling_window(
                (height, width),
                self.kernel,
                self.stride,
                self.padding,
                self.dilation,
                ceil_mode=self.ceil,
                any_padding=self.any_padding,
            )
        except ShapeError as error:
            raise LayerError(
                "padding" if str(error).startswith("padding") else "kernel", str(error)
            ) from None


class MaxPool(Pool):
    """The largest value of each window."""


class LpPool(Pool):
    """The p-norm of each window, as `torch.nn.LPPool2d`."""

    norm: float = 2.0


class AveragePool(Pool):
    """The mean of each window; ``include_padding``: padded zeros count."""

    include_padding: bool = True


class AdaptivePool(Operation):
    """As many windows as ``out`` asks for, as alike as possible, as `torch.nn.AdaptiveAvgPool2d`."""

    out: Pair

    def output(self, *inputs: Shape) -> Shape:
        """(C, out)."""
        return (maps(inputs[0])[0], *self.out)

    def sights(self, *inputs: Shape) -> tuple[Sight, ...]:
        """The cells of each window; all of them where there is one window."""
        _, height, width = maps(inputs[0])
        if self.out == (1, 1):
            return (None,)
        return ((Field.adaptive(height, self.out[0]), Field.adaptive(width, self.out[1])),)


class GlobalPool(Operation):
    """One number of a whole map."""

    def output(self, *inputs: Shape) -> Shape:
        """(C, 1, 1)."""
        return (maps(inputs[0])[0], 1, 1)

    def sights(self, *inputs: Shape) -> tuple[Sight, ...]:  # whatever they are
        """Everything."""
        return (None,)
