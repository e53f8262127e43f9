"""A picture as a network takes it, and as one sees it then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from cnnviz import images
from cnnviz.errors import ShapeError, named
from cnnviz.expressions import shape_text
from cnnviz.images import Picture
from cnnviz.jobs.settings import Array
from cnnviz.network.preprocess import Preprocess
from cnnviz.network.spec import Shape
from cnnviz.render import tone
from cnnviz.render.drawing import Drawing
from cnnviz.render.lines import number_text

_ROUNDED: Final = 1e-3
"""How far beyond black and white a picture may lie that is drawn between them."""


@dataclass(frozen=True)
class Reading:
    """How every picture is made into an input of ``shape`` (C, H, W).

    Pictures of floats have their white at 1, where that of others is 255; unless ``scaled``, which says that
    the scale was asked for as it is, they are brought to the same range.
    """

    shape: Shape
    preprocess: Preprocess
    crop: bool = True
    max_pixels: int = images.MAX_PIXELS
    frame: int = 0
    scaled: bool = True

    @property
    def of_floats(self) -> Preprocess:
        """How the pixels of a picture of floats are prepared."""
        return self.preprocess if self.scaled else self.preprocess._replace(scale=255 * self.preprocess.scale)

    def text(self, *, floats: bool = False) -> str:
        """In words, for the output.

        >>> Reading((3, 224, 224), Preprocess()).text()
        'input 3x224x224: the middle of the picture, pixels / 255'
        >>> Reading((3, 224, 224), Preprocess(), scaled=False).text(floats=True)
        'input 3x224x224: the middle of the picture, floats'
        """
        fit = "the middle of the picture" if self.crop else "the picture stretched"
        prepared = self.of_floats.text.replace("pixels", "floats", 1) if floats else self.preprocess.text
        return f"input {shape_text(self.shape)}: {fit}, {prepared}"


@dataclass(frozen=True, eq=False)
class Input:
    """``values`` in the layout that the network takes, ``seen`` (H, W[, 3]) as one sees them.

    ``text`` says how the picture was prepared.
    """

    values: Array
    seen: Array
    text: str = ""


def read(path: str, reading: Reading) -> Input:
    """Read a picture, bring it to size, and prepare its pixels.

    Raises
    ------
    CnnvizError
        Whatever is wrong with the picture; the message starts with its name.
    """
    channels, height, width = reading.shape
    with named(path):
        picture = images.read(path, max_pixels=reading.max_pixels, frame=reading.frame)
        stored = picture.pixels("stored").dtype
        pixels = _pixels(picture.fitted(height, width, crop=reading.crop), channels)
    floats = stored.kind == "f"
    preprocess = reading.of_floats if floats else reading.preprocess
    # A 16-bit picture is brought to the range of 8 bits, so that one scale fits all.
    values = preprocess(pixels / 257 if stored == np.uint16 else pixels)
    seen, ends = _seen(preprocess.undone(values), white=1 if floats else 255)
    text = reading.text(floats=floats) + ends
    return Input(values if preprocess.layout == "CHW" else values.transpose(1, 2, 0), seen, text)


def _seen(pixels: Array, white: int) -> tuple[Array, str]:
    """What the network is given as one sees it, and in words its ends where they are not 0 and ``white``."""
    maps = pixels if len(pixels) == 3 else pixels[:1]
    low, high = tone.extremes(maps)
    fits = -_ROUNDED * white <= low and high <= (1 + _ROUNDED) * white
    fitted = tone.fit(maps, "clip" if fits else "minmax", white=white)
    (plane,) = Drawing(maps, fitted, color=len(maps) == 3).planes()
    return plane[:], "" if fits else f"; drawn from {number_text(low)} to {number_text(high)}"


def _pixels(picture: Picture, channels: int) -> Array:
    """As many channels as the network takes: brightness for one, colours for three, else those stored."""
    stored = picture.pixels("stored")
    if len(stored) == channels and not (channels == 1 and picture.is_color):
        return stored
    colored = picture.is_color or (len(stored) == 3 and stored.dtype == np.uint8)
    if (channels == 1 and colored) or (channels == 3 and len(stored) == 1):
        return picture.pixels("gray" if channels == 1 else "color")
    raise ShapeError(f"the network takes {channels} channels, the picture has {len(stored)}")
