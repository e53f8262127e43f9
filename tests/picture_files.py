"""Small pictures, and files of them made by the book."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[Any]
Turn = Image.Transpose

GREY = np.random.default_rng(1).integers(0, 256, (5, 7), np.uint8)
COLOURS = np.random.default_rng(2).integers(0, 256, (5, 7, 3), np.uint8)
ALPHA = np.array([[0, 1, 127, 128, 254, 255, 77]] * 5, np.uint8)
DEEP = np.array([[0, 255, 256, 257], [4095, 4096, 65534, 65535]], np.uint16)

# What a camera that was held like this would have stored of an upright picture.
HELD: dict[int, Turn | None] = {
    1: None,
    2: Turn.FLIP_LEFT_RIGHT,
    3: Turn.ROTATE_180,
    4: Turn.FLIP_TOP_BOTTOM,
    5: Turn.TRANSPOSE,
    6: Turn.ROTATE_90,
    7: Turn.TRANSVERSE,
    8: Turn.ROTATE_270,
}


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(values: Array, *, depth: int, colour_type: int = 0, extra: bytes = b"") -> bytes:
    """A PNG of ``depth`` bits a value, by the book and not by Pillow, which writes only some of them."""
    height, width = values.shape
    bits = np.unpackbits(values.astype(">u2").view(np.uint8).reshape(height, width, 2), axis=2)[:, :, -depth:]
    rows = np.packbits(bits.reshape(height, -1), axis=1)
    lines = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">2I5B", width, height, depth, colour_type, 0, 0, 0)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            extra,
            chunk(b"IDAT", zlib.compress(lines)),
            chunk(b"IEND", b""),
        ]
    )


def pillow_gray(colours: Array) -> Array:
    """ITU-R 601 luma in 16-bit fixed point: what Pillow documents for RGB -> L."""
    red, green, blue = np.moveaxis(colours.astype(np.int64), -1, 0)
    luma: Array = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
    return luma.astype(np.uint8)


def by_pillow(path: str) -> Array:
    """The colours (H, W, 3) that Pillow decodes."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))
