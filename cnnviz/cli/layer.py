"""The options that describe one layer: how a kernel is laid on a picture, and what follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import click

from cnnviz.cli import looks, types
from cnnviz.cli.command import layer_option
from cnnviz.errors import ShapeError, UsageError
from cnnviz.geometry import PADDING_MODES

Setting = TypeVar("Setting")

# Written out here, so that a help text does not load NumPy; a test holds them against the code.
ACTIVATIONS: Final = ("relu", "leaky-relu", "sigmoid", "tanh", "softmax")
ENGINES: Final = ("auto", "taps", "separable", "matmul", "fourier", "winograd", "scipy", "reference")

KERNEL: Final = (
    "A kernel (also called a filter) by name (sobel-x, gaussian:sigma=2, kirsch-n:rotate=90){}, an inline "
    "one ('1 0 -1; 2 0 -2; 1 0 -1'), or a file: .txt .csv .tsv .json .npy .npz:KEY .safetensors:TENSOR "
    ".onnx:TENSOR, or shapes-net:conv1.weight of the network that comes along{}; `cnnviz kernels` lists the "
    "names."
)
"""Of -k, with room for what only several kernels can be."""

_CHANNELS: Final = {
    "gray": "the picture's brightness.",
    "each": "one map a channel.",
    "sum": "the kernel on every channel, added, as a CNN layer does.",
    "color": "each, put back into one colour picture.",
}

_PLACING: Final = (
    layer_option(
        "--stride",
        type=types.PairType("stride"),
        default="1",
        help="Step of the kernel: N or NxN, vertical first.",
    ),
    layer_option(
        "--padding",
        type=types.PaddingType(words=True),
        default="0",
        help="Cells added around the picture: 1, 1x2 (vertical x horizontal), top,bottom,left,right, or same "
        "(output as large as the input at stride 1), same-lower, full, valid. Default: 0, no padding.",
    ),
    layer_option(
        "--padding-mode",
        type=click.Choice(PADDING_MODES, case_sensitive=False),
        default="zeros",
        show_default=True,
        help="What the added cells hold; 1234 padded by 3 becomes: zeros 000|1234|000, reflect "
        "432|1234|321, replicate 111|1234|444, circular 234|1234|123.",
    ),
    layer_option(
        "--dilation",
        type=types.PairType("dilation"),
        default="1",
        help="Spacing of the kernel's taps; 1 = none.",
    ),
    layer_option("--flip", is_flag=True, help="Turn the kernel by 180 degrees first, as mathematics does."),
)


def layer_options(
    command: Callable[..., Any], *, channels: Sequence[str] = ("gray", "sum"), softmax: bool = False
) -> Callable[..., Any]:
    """Add the options of a layer, with these ``channels`` and, where there are several maps, ``softmax``."""
    decorated = command
    for decorate in reversed((*_PLACING, _channels(channels), *_following(softmax=softmax))):
        decorated = decorate(decorated)
    return decorated


def _channels(names: Sequence[str]) -> Callable[..., Any]:
    meanings = " ".join(f"{name}: {_CHANNELS[name]}" for name in names)
    return layer_option(
        "--channels",
        type=looks.ChannelsType(names, case_sensitive=False),
        default="gray",
        show_default=True,
        help=f"{meanings} A bank decides by its own depth.",
    )


def _following(*, softmax: bool) -> tuple[Callable[..., Any], ...]:
    one_a_map = ": one number, or one a map" if softmax else ""
    return (
        layer_option(
            "--bias",
            type=types.NumbersType("B[,B...]", "one a map: 0.5 or 1,-2,0.5"),
            default=(),
            help=f"Added to every value of a map, before the activation{one_a_map}.",
        ),
        layer_option(
            "--activation",
            type=click.Choice(ACTIVATIONS if softmax else ACTIVATIONS[:-1], case_sensitive=False),
            help="Applied to every value after the bias"
            + ("; softmax compares the maps of a bank." if softmax else "."),
        ),
        layer_option(
            "--pool",
            type=types.PoolType(),
            help="Pool the maps last: max:2, avg:3x3,stride=2,padding=1,ceil=yes, max:global. max alone is "
            "max:2.",
        ),
        layer_option(
            "--engine",
            type=click.Choice(ENGINES, case_sensitive=False),
            default="auto",
            show_default=True,
            help="How it is computed; all give the same numbers (floats up to rounding). scipy: a second "
            "opinion; reference: plain loops.",
        ),
    )


def asked(kind: Callable[..., Setting], given: Mapping[str, Any]) -> Setting:
    """The setting that options come to; what is wrong with it whatever the picture is wrong usage.

    Raises
    ------
    UsageError
        In place of the setting's own error.
    """
    try:
        return kind(**given)
    except ShapeError as error:
        raise UsageError(str(error)) from None
