"""Frames of few colours -> the bytes of an animation: GIF, lossless WebP or APNG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnviz.errors import OutputError
from cnnviz.render.lettering import Color

SUFFIXES: Final = (".gif", ".webp", ".png")
_UNKNOWN: Final = 255  # no code of a palette
_LAST: Final = 2000  # milliseconds that the last frame stays, before it begins again
_SLOWEST: Final = 65535  # hundredths of a second
_MOST_BYTES: Final = 1 << 29  # Pillow holds every frame
# Without key frames, and with more effort in finding what repeats: measured on 484 frames of 820x470,
# 315 KiB in 1.4 s against 3,677 KiB in 1.9 s as Pillow has it.
_WEBP: Final = {"lossless": True, "method": 2, "quality": 50, "kmin": 9999, "kmax": 10000}


def most_colors(suffix: str) -> int:
    """Colours of a palette, the most: in the table of a GIF more make the files far larger.

    >>> most_colors(".gif"), most_colors(".webp")
    (64, 255)
    """
    return 64 if suffix == ".gif" else _UNKNOWN


class Palette:
    """At most 255 colours, and the codes of pictures that hold no others, or near ones."""

    def __init__(self, colors: Sequence[Color]) -> None:
        if len(colors) > _UNKNOWN:
            raise ValueError(f"{len(colors)} colours; a palette takes {_UNKNOWN}")
        self.colors = np.array(colors, np.uint8)
        # Of every colour that was met: frames repeat them, and to sort each anew took 15 ms of 900x570 pixels
        # where looking them up takes 5.
        self._known = np.full(1 << 24, _UNKNOWN, np.uint8)

    def codes(self, colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The codes (H, W) of the palette's colours nearest to ``colors`` (H, W, 3).

        >>> Palette([(0, 0, 0), (255, 0, 0)]).codes(np.array([[[250, 9, 0], [1, 2, 3]]], np.uint8))
        array([[1, 0]], dtype=uint8)
        """
        red, green, blue = (colors[..., each].astype(np.int32) for each in range(3))
        packed = red << 16 | green << 8 | blue
        codes: NDArray[np.uint8] = self._known[packed]
        if (new := packed[codes == _UNKNOWN]).size:
            different = np.unique(new)
            parts = np.stack([different >> 16, different >> 8 & 255, different & 255], axis=1)
            apart = np.square(parts[:, np.newaxis] - self.colors.astype(np.int32)).sum(axis=2)
            self._known[different] = apart.argmin(axis=1)
            codes = self._known[packed]
        return codes


def delay(fps: float) -> int:
    """Milliseconds a frame: whole hundredths of a second, the unit of a GIF, from 2 to the most it can hold.

    >>> delay(5), delay(30), delay(100), delay(1e-9)
    (200, 30, 20, 655350)
    """
    return max(round(min(100 / fps, _SLOWEST)), 2) * 10


def check(count: int, size: tuple[int, int]) -> None:
    """Refuse, before any is drawn, more frames of ``size`` than memory should hold.

    Raises
    ------
    OutputError
        Says how many would do.
    """
    each = size[0] * size[1]
    if count * each > _MOST_BYTES:
        raise OutputError(
            f"{count} frames of {size[1]}x{size[0]} pixels are too many; "
            f"--frames {_MOST_BYTES // each} takes some of them"
        )


def encode(frames: Iterable[NDArray[np.uint8]], palette: Palette, suffix: str, *, fps: float) -> bytes:
    """The bytes of an animation of ``frames`` (H, W), codes of ``palette``, that begins again at its end."""
    images = [_image(frame, palette) for frame in frames]
    times = [delay(fps)] * (len(images) - 1) + [max(_LAST, delay(fps))]
    options: dict[str, Any] = {"save_all": True, "append_images": images[1:], "duration": times, "loop": 0}
    if suffix == ".gif":
        options |= {"format": "GIF", "optimize": True, "disposal": 1}
    elif suffix == ".webp":
        options |= {"format": "WEBP", **_WEBP}
    else:
        options |= {"format": "PNG", "default_image": False}
    buffer = BytesIO()
    images[0].save(buffer, **options)
    return buffer.getvalue()


def still(frame: NDArray[np.uint8], palette: Palette) -> NDArray[np.uint8]:
    """One frame in its colours (H, W, 3)."""
    colors: NDArray[np.uint8] = palette.colors[frame]
    return colors


def _image(frame: NDArray[np.uint8], palette: Palette) -> Image.Image:
    image = Image.fromarray(frame)
    image.putpalette(palette.colors.tobytes())
    return image
