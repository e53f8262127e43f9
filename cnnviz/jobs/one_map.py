"""One picture under one kernel: what the lessons read."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np

from cnnviz import images
from cnnviz.errors import CnnvizError, UsageError
from cnnviz.jobs.description import label
from cnnviz.jobs.drawing import picture_itself
from cnnviz.jobs.maps import MAX_VALUES, check_size
from cnnviz.jobs.settings import Activation, Array, Convolution, Pooling
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
        return os.path.basename(self.image), label(self.operator)

    def layer(self, channels: int) -> Layer:
        """The layer that it is, over so many ``channels``."""
        done, weight = self.convolution, self.operator.kernels[0].weight
        if done.flip:
            weight = weight[..., ::-1, ::-1]
        if weight.ndim == 4:
            weight = weight[self.map_number : self.map_number + 1]
        else:
            weight = np.broadcast_to(weight, (1, channels, *weight.shape))
        return Layer(
            weight,
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

    @property
    def white(self) -> float:
        """The value of white in the pixels."""
        return {"u1": 255, "u2": 65535}.get(self.pixels.dtype.str[1:], float(self.pixels.max()))


def read(asked: OneMap) -> tuple[Subject, Layer]:
    """Read the picture, and make sure that the layer fits on it.

    Raises
    ------
    CnnvizError
        Whatever is wrong with the picture, or with the kernel on it; the message starts with its name.
    """
    try:
        picture = images.read(asked.image, max_pixels=asked.max_pixels, frame=asked.frame)
        pixels = picture.pixels(asked.convolution.reads(asked.operator))
        layer = asked.layer(len(pixels))
        problem = layer.problem(pixels.shape)
        check_size(problem.depth, problem.window)
        if problem.window.output[0] * problem.window.output[1] > MAX_VALUES:
            raise UsageError("the map would be too large; use a larger stride or less padding")
        layer.pooling(problem.window.output)
    except CnnvizError as error:
        raise type(error)(f"{asked.image}: {error}") from None
    (colors,) = (plane[:] for plane in picture_itself(picture).planes())
    return Subject(pixels, colors), layer


def _check(asked: OneMap) -> None:
    """Refuse what makes more than one map, or another than the one asked for."""
    operator, number = asked.operator, asked.map_number
    if operator.combine is not None:
        members = " and ".join(kernel.name for kernel in operator.kernels)
        raise UsageError(f"{operator.name} joins the maps of {members}; look at one of them at a time")
    weight = operator.kernels[0].weight
    maps = len(weight) if weight.ndim == 4 else 1
    if number >= maps:
        made = f"the bank makes {maps} maps, counted from 0" if maps > 1 else "the kernel makes one, number 0"
        raise UsageError(f"there is no map {number}: {made}")
    if len(asked.convolution.bias) > 1:
        raise UsageError(f"--bias gives {len(asked.convolution.bias)} values; one map takes one")
