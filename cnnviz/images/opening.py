"""Files that may be anything, opened within limits; whatever a decoder throws becomes a `FileError`."""

from __future__ import annotations

import logging
import os
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Final, cast

import numpy as np
from isal.igzip_lib import IsalError
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from cnnviz import files
from cnnviz.errors import FileError
from cnnviz.images.inflating import Inflated
from cnnviz.images.samples import locate, sample_like

FORMATS: Final = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "PPM")
MAX_PIXELS: Final = 200_000_000

# Pillow only warns up to twice its own limit; ours is checked before anything is decoded.
Image.MAX_IMAGE_PIXELS = None
logging.getLogger("PIL").addHandler(logging.NullHandler())
logging.getLogger("PIL").propagate = False

# What Pillow's decoders let through on damaged files: struct.error from a GIF, RuntimeError from an AVIF.
_DECODER_ERRORS = (
    OSError, SyntaxError, ValueError, NotImplementedError, OverflowError, EOFError, TypeError, IndexError,
    KeyError, AttributeError, ZeroDivisionError, RuntimeError, struct.error, zlib.error,
    IsalError,
)  # fmt: skip
_WORTH_INFLATING = 1 << 20
"""Bytes of a PNG from which handing its pixels over takes less time than it saves."""

_MOST_CHUNKS: Final = 100_000


@contextmanager
def opened(path: str, max_pixels: int) -> Iterator[Image.Image | NDArray[Any]]:
    """Open ``path`` within its limits; whatever a decoder throws at a damaged file becomes a `FileError`."""
    where = locate(path)
    if not os.path.lexists(where) and (sample := sample_like(path)):
        raise FileError(f"No such file or directory; did you mean {sample}?")
    with files.open_source(where) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            start = file.read(6)
            file.seek(0)
            source = _read_npy(file) if start == b"\x93NUMPY" else _open_image(file)
            width, height = source.size if isinstance(source, Image.Image) else source.shape[:-3:-1]
            check_size(width, height, max_pixels)
            yield source
        except UnidentifiedImageError:
            known = ", ".join(FORMATS)
            raise FileError(f"not a supported image; the formats are {known} and NPY") from None
        except _DECODER_ERRORS as error:  # type: ignore[misc]  # ISA-L's stubs give its error no base
            raise FileError(f"damaged image: {error or type(error).__name__}") from error


def _open_image(file: BinaryIO) -> Image.Image:
    _check_chunks(file)
    image = Image.open(file, formats=FORMATS)
    if image.format != "PNG":
        return image
    image.verify()  # Pillow leaves out the pixels' checksums unless asked, and needs a fresh start then
    length = file.seek(0, os.SEEK_END)
    file.seek(0)
    if length < _WORTH_INFLATING or getattr(image, "is_animated", False):
        return Image.open(file, formats=("PNG",))
    return Image.open(cast("BinaryIO", Inflated(file)), formats=("PNG",))


def _check_chunks(file: BinaryIO) -> None:
    """Refuse a PNG of so many chunks, 12 bytes each, that Pillow would be busy with them for minutes."""
    if file.read(8) == b"\x89PNG\r\n\x1a\n":
        for _ in range(_MOST_CHUNKS):
            head = file.read(8)
            if len(head) < 8:
                break
            file.seek(int.from_bytes(head[:4], "big") + 4, os.SEEK_CUR)
        else:
            raise FileError(f"it has more than {_MOST_CHUNKS:,} chunks; save it anew, with larger ones")
    file.seek(0)


def _read_npy(file: BinaryIO) -> NDArray[Any]:
    array = files.npy_array(file.read(), limit=files.MAX_FILE_BYTES)
    if array.dtype.kind not in "iuf" or array.dtype.itemsize > 8:
        raise FileError(f"the array holds {array.dtype} values; a picture holds integers or floats")
    if array.ndim == 3 and array.shape[2] in (3, 4) and array.shape[0] > 4:
        raise FileError(
            f"the array has shape {array.shape}, which looks like (H, W, C); "
            "channels come first here: save array.transpose(2, 0, 1)"
        )
    if array.ndim not in (2, 3):
        raise FileError(f"the array has shape {array.shape}; a picture is (H, W) or (C, H, W)")
    return check_finite(array if array.ndim == 3 else array[np.newaxis])


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Refuse a picture of more than ``max_pixels`` before it is decoded."""
    if width * height > max_pixels:
        raise FileError(
            f"{width}x{height} is {width * height} pixels, the limit is {max_pixels}; "
            "raise it with --max-pixels if you trust the file"
        )


def check_finite(pixels: NDArray[Any]) -> NDArray[Any]:
    """``pixels`` (C, H, W) as they are; a `FileError` where one is infinite or not a number."""
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        channel, row, column = np.argwhere(~np.isfinite(pixels))[0]
        value = pixels[channel, row, column]
        raise FileError(
            f"channel {channel} holds {value} at row {row}, column {column}; replace NaN and infinity first"
        )
    return pixels
