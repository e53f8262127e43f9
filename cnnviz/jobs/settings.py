"""What a command was asked to do to every picture: frozen, picklable, and without any array but kernels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from cnnviz import images, ops
from cnnviz.errors import ShapeError
from cnnviz.expressions import pair_text
from cnnviz.geometry import (
    Padding,
    PaddingMode,
    Pair,
    Window,
    check_pooling_pads,
    pooling_window,
    resolve_pads,
)
from cnnviz.kernels import Operator
from cnnviz.ops.convolution.planner import Engine
from cnnviz.render import tone

Array: TypeAlias = NDArray[Any]
ChannelChoice = Literal["gray", "each", "sum", "color"]
ActivationName = Literal["relu", "leaky-relu", "sigmoid", "tanh", "softmax"]

_ACTIVATIONS: Final[dict[ActivationName, Callable[[Array], Array]]] = {
    "relu": ops.relu,
    "leaky-relu": ops.leaky_relu,
    "sigmoid": ops.sigmoid,
    "tanh": ops.tanh,
    "softmax": ops.softmax,
}


@dataclass(frozen=True)
class Activation:
    """A function of every value; softmax compares the maps of one kernel."""

    name: ActivationName

    @property
    def nonnegative(self) -> bool:
        """Whether no value below 0 comes out."""
        return self.name in ("relu", "sigmoid", "softmax")

    def __call__(self, maps: Array) -> Array:
        """Apply it to ``maps`` (F, H, W)."""
        return _ACTIVATIONS[self.name](maps)


@dataclass(frozen=True)
class Pooling:
    """A pooling of every map; ``size`` None takes the whole map."""

    mode: Literal["max", "avg"]
    size: Pair | None
    stride: Pair | None = None
    padding: int | Pair | tuple[Pair, Pair] = 0
    ceil_mode: bool = False

    def __post_init__(self) -> None:
        if self.size is not None:
            check_pooling_pads(resolve_pads(self.padding, self.size, self.size, (1, 1), (1, 1)), self.size)

    def window(self, size: Pair) -> Window:
        """The window on a map of ``size``; raises as `cnnviz.geometry.pooling_window`."""
        return pooling_window(size, self.size or size, self.stride, self.padding, ceil_mode=self.ceil_mode)

    def __call__(self, maps: Array) -> Array:
        """Pool ``maps`` (F, H, W)."""
        pool = ops.max_pool2d if self.mode == "max" else ops.avg_pool2d
        kernel = self.size or (maps.shape[1], maps.shape[2])
        return pool(maps, kernel, self.stride, self.padding, ceil_mode=self.ceil_mode)

    @property
    def text(self) -> str:
        """As one would write it behind ``--pool``.

        >>> Pooling("max", (3, 3), stride=(2, 2), padding=(1, 1)).text, Pooling("avg", None).text
        ('max:3,stride=2,padding=1', 'avg:global')
        """
        if self.size is None:
            return f"{self.mode}:global"
        stride = f",stride={pair_text(self.stride)}" if self.stride and self.stride != self.size else ""
        padding = "" if self.padding in (0, (0, 0)) else f",padding={padding_text(self.padding)}"
        return f"{self.mode}:{pair_text(self.size)}{stride}{padding}{',ceil=yes' if self.ceil_mode else ''}"

    @property
    def slug(self) -> str:
        """Its part of a file name.

        >>> Pooling("max", (2, 2)).slug, Pooling("avg", (2, 3), stride=(1, 1)).slug, Pooling("max", None).slug
        ('max2', 'avg2x3-stride1', 'global-max')
        """
        if self.size is None:
            return f"global-{self.mode}"
        stride = f"-stride{pair_text(self.stride)}" if self.stride and self.stride != self.size else ""
        return f"{self.mode}{pair_text(self.size)}{stride}"


def padding_text(padding: Padding) -> str:
    """A padding as one would write it behind ``--padding``.

    >>> [padding_text(padding) for padding in ((1, 1), (1, 2), ((1, 2), (3, 4)), "same")]
    ['1', '1x2', '1,2,3,4', 'same']
    """
    if isinstance(padding, str | int):
        return str(padding)
    (first, second) = padding
    if isinstance(first, int) and isinstance(second, int):
        return pair_text((first, second))
    return ",".join(str(amount) for side in padding for amount in cast("Pair", side))


@dataclass(frozen=True)
class Convolution:
    """How every kernel is applied; ``bias`` holds one value, or one for each map."""

    channels: ChannelChoice = "gray"
    stride: Pair = (1, 1)
    padding: Padding = 0
    padding_mode: PaddingMode = "zeros"
    dilation: Pair = (1, 1)
    flip: bool = False
    bias: tuple[float, ...] = ()
    engine: Engine = "auto"
    verify: bool = False

    def reads(self, operator: Operator) -> images.Channels:
        """Which channels of the picture ``operator`` needs; a bank decides by its depth."""
        weight = operator.kernels[0].weight
        if weight.ndim == 4:
            by_depth: dict[int, images.Channels] = {1: "gray", 3: "color"}
            return by_depth.get(weight.shape[1], "stored")
        return "stored" if self.channels == "each" or self.channels == "sum" else self.channels

    def weight(self, kernel: Array, channels: int) -> tuple[Array, int]:
        """The kernel as conv2d takes it, (O, I, kH, kW), and the number of groups.

        Raises
        ------
        ShapeError
            When a bank reads another number of channels.
        """
        if self.flip:
            kernel = kernel[..., ::-1, ::-1]
        if kernel.ndim == 4:
            if kernel.shape[1] != channels:
                raise ShapeError(f"the bank reads {kernel.shape[1]} channels, the picture has {channels}")
            return kernel, 1
        maps, depth, groups = (1, channels, 1) if self.channels == "sum" else (channels, 1, channels)
        return np.broadcast_to(kernel, (maps, depth, *kernel.shape)), groups


@dataclass(frozen=True)
class Look:
    """How maps become pictures: tone, colormap, and the file format."""

    tone: tone.Asked = "auto"
    colormap: str = "gray"
    format: str = "png"
