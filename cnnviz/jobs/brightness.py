"""Pictures as the lessons in learning read them: brightness, and of large ones the middle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cnnviz import images
from cnnviz.errors import FileError, named
from cnnviz.geometry import Pair
from cnnviz.jobs.settings import Array

MOST: Final = 512
"""Rows and columns that are read. The steps take time in proportion, and the kernel hardly changes: on noise
and photographs a quarter of a million map values tell a few dozen cells."""


@dataclass(frozen=True, eq=False)
class Brightness:
    """``pixels`` (H, W), cut out of a picture of ``full`` height and width at ``corner`` (row, column)."""

    image: str
    pixels: Array
    corner: Pair
    full: Pair

    @property
    def note(self) -> str | None:
        """What the user should know of it."""
        if self.pixels.shape == self.full:
            return None
        (height, width), (rows, columns) = self.pixels.shape, self.full
        return f"the middle {height}x{width} of {rows}x{columns}"


def read(image: str, *, max_pixels: int, frame: int) -> Brightness:
    """Read the brightness of ``image``, at most the middle 512 rows and columns.

    Raises
    ------
    CnnvizError
        Whatever is wrong with it; the message starts with its name.
    """
    with named(image):
        pixels = _gray(images.read(image, max_pixels=max_pixels, frame=frame))
    height, width = pixels.shape
    top, left = max(height - MOST, 0) // 2, max(width - MOST, 0) // 2
    return Brightness(image, pixels[top : top + MOST, left : left + MOST], (top, left), (height, width))


def notes(read: Sequence[Brightness]) -> tuple[str, ...]:
    """What the user should know of each, behind its name."""
    return tuple(f"{images.title(each.image)}: {each.note}" for each in read if each.note)


def names(pictures: Sequence[str]) -> str:
    """The pictures, by name or number.

    >>> names(["photos/cat.png"]), names(["photos/cat.png", "dog.png"])
    ('cat.png', '2 pictures, cat.png and others')
    """
    first = images.title(pictures[0])
    return first if len(pictures) == 1 else f"{len(pictures)} pictures, {first} and others"


def _gray(picture: images.Picture) -> Array:
    """Its brightness (H, W), which an array of many channels has not."""
    try:
        gray: Array = picture.pixels("gray")[0]
    except FileError:
        depth = len(picture.pixels("stored"))
        raise FileError(
            f"the array has {depth} channels, and brightness is one; save the channel to learn from, such as "
            "array[0]"
        ) from None
    return gray
