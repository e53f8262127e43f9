"""A picture as a network takes it, and as one sees it then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnviz import images
from cnnviz.errors import CnnvizError, ShapeError
from cnnviz.images import Picture
from cnnviz.jobs.drawing import picture_itself
from cnnviz.jobs.settings import Array
from cnnviz.network.preprocess import Preprocess
from cnnviz.network.spec import Shape


@dataclass(frozen=True)
class Reading:
    """How every picture is made into an input of ``shape`` (C, H, W)."""

    shape: Shape
    preprocess: Preprocess
    crop: bool = True
    max_pixels: int = images.MAX_PIXELS
    frame: int = 0

    @property
    def text(self) -> str:
        """In words, for the output.

        >>> Reading((3, 224, 224), Preprocess()).text
        'input 3x224x224: the middle of the picture, pixels / 255'
        """
        size = "x".join(map(str, self.shape))
        fit = "the middle of the picture" if self.crop else "the picture stretched"
        return f"input {size}: {fit}, {self.preprocess.text}"


@dataclass(frozen=True, eq=False)
class Input:
    """``values`` in the layout that the network takes, ``seen`` (H, W[, 3]) as one sees them."""

    values: Array
    seen: Array


def read(path: str, reading: Reading) -> Input:
    """Read a picture, bring it to size, and prepare its pixels.

    Raises
    ------
    CnnvizError
        Whatever is wrong with the picture; the message starts with its name.
    """
    channels, height, width = reading.shape
    try:
        picture = images.read(path, max_pixels=reading.max_pixels, frame=reading.frame)
        fitted = picture.fitted(height, width, crop=reading.crop)
        pixels = _pixels(fitted, channels)
    except CnnvizError as error:
        raise type(error)(f"{path}: {error}") from None
    # A 16-bit picture is brought to the range of 8 bits, so that one scale fits all.
    narrowed = pixels / 257 if pixels.dtype == np.uint16 else pixels
    if channels == 1 and fitted.is_color:
        seen = pixels[0]
    else:
        (seen,) = (plane[:] for plane in picture_itself(fitted).planes())
    values = reading.preprocess(narrowed)
    return Input(values if reading.preprocess.layout == "CHW" else values.transpose(1, 2, 0), seen)


def _pixels(picture: Picture, channels: int) -> Array:
    """As many channels as the network takes: brightness for one, colours for three, else those stored."""
    stored = picture.pixels("stored")
    if len(stored) == channels and not (channels == 1 and picture.is_color):
        return stored
    colored = picture.is_color or (len(stored) == 3 and stored.dtype == np.uint8)
    if (channels == 1 and colored) or (channels == 3 and len(stored) == 1):
        return picture.pixels("gray" if channels == 1 else "color")
    raise ShapeError(f"the network takes {channels} channels, the picture has {len(stored)}")
