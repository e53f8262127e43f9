"""One picture under one kernel: what the lessons read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cnnviz import images
from cnnviz.errors import UsageError, named
from cnnviz.jobs.description import layer_text, spoken
from cnnviz.jobs.drawing import picture_itself
from cnnviz.jobs.maps import output_shape
from cnnviz.jobs.settings import Activation, Array, Convolution, Pooling, padding_text
from cnnviz.kernels import Operator
from cnnviz.lessons.layer import Layer


@dataclass(frozen=True)
class OneMap:
    """A picture, one operator, and everything that is done; of a bank, map ``map_number``."""

    image: str
    operator: Operator
    convolution: Convolution
    activation: Activation | None = None
    pooling: Pooling | None = None
    map_number: int = 0
    max_pixels: int = images.MAX_PIXELS
    frame: int = 0

    def __post_init__(self) -> None:
        _check(self)

    @property
    def names(self) -> tuple[str, str]:
        """Of the picture and the kernel, without folders."""
        maps = _maps(self.operator)
        kernel = spoken(self.operator)
        return images.title(self.image), f"map {self.map_number} of {kernel}" if maps > 1 else kernel

    @property
    def settings(self) -> dict[str, Any]:
        """The same by the names of the options, for JSON."""
        done = self.convolution
        return {
            "map": self.map_number,
            "channels": done.channels,
            "stride": done.stride,
            "padding": padding_text(done.padding),
            "padding_mode": done.padding_mode,
            "dilation": done.dilation,
            "flip": done.flip,
            "bias": done.bias[0] if done.bias else 0,
            "activation": self.activation and self.activation.name,
            "pool": self.pooling and self.pooling.text,
        }

    @property
    def done(self) -> str:
        """What the layer does, in words."""
        return layer_text(self.convolution, self.activation, self.pooling)

    def layer(self, channels: int) -> Layer:
        """The layer that it is, over so many ``channels``; raises as `Convolution.weight`."""
        done = self.convolution
        weight, _ = done.weight(self.operator.kernels[0].weight, channels)
        return Layer(
            weight[self.map_number : self.map_number + 1],
            done.bias[0] if done.bias else 0,
            done.stride,
            done.padding,
            done.padding_mode,
            done.dilation,
            self.activation,
            self.pooling,
            done.engine,
        )


@dataclass(frozen=True)
class Subject:
    """What was read: the ``pixels`` (C, H, W) that are convolved, and the ``colors`` (H, W[, 3]) one sees."""

    pixels: Array
    colors: Array


def read(asked: OneMap) -> tuple[Subject, Layer]:
    """Read the picture, and make sure that the layer fits on it; raises as `read_subject` and `fit`."""
    subject = read_subject(asked)
    return subject, fit(asked, subject.pixels)


def read_subject(asked: OneMap) -> Subject:
    """The picture alone.

    Raises
    ------
    CnnvizError
        Whatever is wrong with it; the message starts with its name.
    """
    with named(asked.image):
        picture = images.read(asked.image, max_pixels=asked.max_pixels, frame=asked.frame)
        pixels = picture.pixels(asked.convolution.reads(asked.operator))
        (colors,) = (plane[:] for plane in picture_itself(picture).planes())
    return Subject(pixels, colors)


def fit(asked: OneMap, pixels: Array) -> Layer:
    """The layer on ``pixels`` (C, H, W).

    Raises
    ------
    CnnvizError
        When it does not fit or makes too large a map; the message starts with the picture's name.
    """
    with named(asked.image):
        layer = asked.layer(len(pixels))
        problem = layer.problem(pixels.shape)
        output_shape(problem, asked.pooling)
    return layer


def white_of(pixels: Array) -> float:
    """The value of white in ``pixels``; 0 for maps with values of both signs, which have no brightness."""
    if pixels.dtype.kind != "u" and pixels.min() < 0:
        return 0
    return {"u1": 255, "u2": 65535}.get(pixels.dtype.str[1:], float(pixels.max()))


def _check(asked: OneMap) -> None:
    """Refuse what makes more than one map, or another than the one asked for."""
    operator, number = asked.operator, asked.map_number
    if operator.combine is not None:
        members = " and ".join(kernel.name for kernel in operator.kernels)
        raise UsageError(f"{operator.name} joins the maps of {members}; look at one of them at a time")
    maps = _maps(operator)
    if number >= maps:
        made = f"the bank makes {maps} maps, counted from 0" if maps > 1 else "the kernel makes one, number 0"
        raise UsageError(f"there is no map {number}: {made}")
    if len(asked.convolution.bias) > 1:
        raise UsageError(f"--bias gives {len(asked.convolution.bias)} values; one map takes one")


def _maps(operator: Operator) -> int:
    weight = operator.kernels[0].weight
    return len(weight) if weight.ndim == 4 else 1
