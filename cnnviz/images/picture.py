"""A decoded picture, and its values as arrays (C, H, W)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from cnnviz.errors import FileError

Channels = Literal["gray", "color", "stored"]

_STRIP_BYTES: Final = 1 << 18


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded picture, upright and without transparency; ``notes`` say what the user should know of it."""

    _source: Image.Image | NDArray[Any]  # of mode RGB, or (C, H, W)
    notes: tuple[str, ...] = ()

    def pixels(self, channels: Channels = "gray") -> NDArray[Any]:
        """The stored values as (C, H, W): uint8, uint16, wider integers or floats.

        Parameters
        ----------
        channels : str
            ``gray`` (1, H, W), Pillow's integer L for colours; ``color`` (3, H, W); ``stored``: as it is.

        Raises
        ------
        FileError
            When an array has other channels than those asked for.
        """
        if isinstance(self._source, np.ndarray):
            return _as_channels(self._source, channels)
        return as_array(self._source.convert("L") if channels == "gray" else self._source)

    def fitted(self, height: int, width: int, *, crop: bool = True) -> Picture:
        """The picture at another size: with ``crop`` its middle keeps its proportions, else it is stretched.

        Reduced by means of areas, enlarged smoothly, as Pillow's antialiased bilinear filter does. Whole
        numbers of 8 and 16 bits stay such; other arrays come out as float32.
        """
        source, size, kind = self._source, (width, height), Image.Resampling.BILINEAR
        if isinstance(source, np.ndarray):
            if source.shape[1:] == (height, width):
                return self
            planes = [Image.fromarray(each.astype(np.float32)) for each in source]
            made = np.stack([np.asarray(_sized(each, size, kind, crop=crop)) for each in planes])
            whole = source.dtype.kind in "iu" and source.dtype.itemsize <= 2
            return Picture(np.rint(made).astype(source.dtype) if whole else made, self.notes)
        return Picture(_sized(source, size, kind, crop=crop), self.notes)

    @property
    def is_color(self) -> bool:
        """Whether its three channels are one colour picture (the channels of an array are maps)."""
        return isinstance(self._source, Image.Image)


def _sized(image: Image.Image, size: tuple[int, int], kind: Image.Resampling, *, crop: bool) -> Image.Image:
    if image.size == size:
        return image
    return ImageOps.fit(image, size, kind) if crop else image.resize(size, kind)


def as_array(image: Image.Image) -> NDArray[np.uint8]:
    """The pixels (C, H, W) of an image of mode L or RGB.

    A strip at a time: Pillow hands out its pixels as bytes, and all of them at once would be in memory three
    times (measured, 12 megapixels: 2 ms in place of 9).

    >>> as_array(Image.new("RGB", (4, 2), "red"))[0].tolist()
    [[255, 255, 255, 255], [255, 255, 255, 255]]
    """
    (width, height), depth = image.size, len(image.getbands())
    out = np.empty((depth, height, width), np.uint8)
    rows = max(_STRIP_BYTES // (width * depth), 1)
    for top in range(0, height, rows):
        stop = min(top + rows, height)
        strip = np.asarray(image.crop((0, top, width, stop)))
        out[:, top:stop] = strip if depth == 1 else strip.transpose(2, 0, 1)
    return out


def _as_channels(array: NDArray[Any], channels: Channels) -> NDArray[Any]:
    wanted = {"gray": 1, "color": 3, "stored": len(array)}[channels]
    if len(array) == wanted:
        return array
    if len(array) == 1:
        return np.repeat(array, wanted, axis=0)
    if wanted == 1 and len(array) == 3 and array.dtype == np.uint8:
        return Picture(Image.fromarray(np.ascontiguousarray(array.transpose(1, 2, 0)))).pixels("gray")
    raise FileError(
        f"the array has {len(array)} channels where {wanted} {'is' if wanted == 1 else 'are'} needed; "
        "use --channels each or sum where there is such a choice, or a bank of that depth"
    )
