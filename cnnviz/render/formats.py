"""Maps -> the bytes of a file, in each format that results are written in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnviz.errors import OutputError
from cnnviz.files import printable
from cnnviz.render import png
from cnnviz.render.drawing import Drawing, colored

EXACT: Final = ("npy", "npz")
"""Formats that hold the values themselves, in their dtype."""

_LONGEST_TEXT: Final = 0xFFFF  # bytes of a comment or a name in a ZIP, by the format
_LONGEST_WEBP: Final = 16383  # pixels a side, by the format


def pictures(drawing: Drawing, file_format: str, text: Mapping[str, str]) -> Iterator[bytes]:
    """The files of ``drawing``, as many as `count` says; ``text`` is what a PNG notes about it.

    Raises
    ------
    OutputError
        For what the format cannot hold: as TIFF a colour picture (floats in three channels are not written)
        or values beyond float32, as WebP more than 16383 pixels a side.
    """
    if file_format == "npy":
        yield npy(drawing.maps)
        return
    if file_format == "tiff":
        if drawing.color:
            raise OutputError("float TIFF holds one channel; use --channels each, or --format png or npy")
        for each in drawing.maps:
            yield _pillow(Image.fromarray(_as_float32(each)), "TIFF")
        return
    numbered = len(drawing.maps) > 1 and not drawing.color
    for number, plane in enumerate(drawing.planes()):
        if file_format == "png":
            place = {"cnnviz:map": str(number)} if numbered else {}
            yield png.encode(plane, palette=drawing.palette, text={**text, **place})
        else:
            yield _webp(colored(plane[:], drawing.palette))


def count(file_format: str, maps: int, *, color: bool) -> int:
    """How many files ``maps`` maps become.

    >>> count("png", 16, color=False), count("png", 3, color=True), count("npy", 16, color=False)
    (16, 1, 1)
    """
    return 1 if color or file_format == "npy" else maps


def page(colors: NDArray[np.uint8], file_format: str, text: Mapping[str, str] | None = None) -> bytes:
    """One drawn page (H, W, 3) as PNG, with ``text`` in its notes, or as lossless WebP."""
    return png.encode(colors, text=text) if file_format == "png" else _webp(colors)


def npy(maps: NDArray[Any]) -> bytes:
    """One NPY file with the exact values."""
    buffer = BytesIO()
    np.save(buffer, maps, allow_pickle=False)
    return buffer.getvalue()


def npz(arrays: Mapping[str, NDArray[Any]], comment: str = "") -> bytes:
    """One NPZ file with the exact values, a key for each kernel or layer.

    The ``comment`` is that of the archive (`zipfile.ZipFile.comment`): no reader takes it for an array.

    Raises
    ------
    OutputError
        For a key that the format cannot hold.
    """
    from zipfile import ZipFile  # 8 ms, which every start would pay

    buffer = BytesIO()
    # Not np.savez: it takes the keys as keywords, and fails on a kernel called "file".
    with ZipFile(buffer, "w") as archive:
        archive.comment = comment.encode()[:_LONGEST_TEXT]
        for key, array in arrays.items():
            with archive.open(_member(key), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    return buffer.getvalue()


def _member(key: str) -> str:
    """What the array ``key`` is called in the archive."""
    name = f"{key}.npy"
    stored = name.encode(errors="surrogatepass")
    if "\0" in name or len(stored) > _LONGEST_TEXT or stored != name.encode(errors="replace"):
        raise OutputError(
            f"an NPZ holds no array called {printable(key)[:60]!r}; a name in it is text without NUL "
            f"characters, of at most {_LONGEST_TEXT} bytes in UTF-8 with its ending .npy"
        )
    return name


def _as_float32(values: NDArray[Any]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    if not np.isfinite(narrow).all():
        raise OutputError("there are values beyond float32, which is what a TIFF holds; use --format npy")
    return narrow


def _webp(plane: NDArray[np.uint8]) -> bytes:
    height, width = plane.shape[:2]
    if max(height, width) > _LONGEST_WEBP:
        raise OutputError(f"WebP holds at most {_LONGEST_WEBP} pixels a side, not {width}x{height}; use png")
    return _pillow(Image.fromarray(plane), "WEBP")


def _pillow(image: Image.Image, file_format: str) -> bytes:
    buffer = BytesIO()
    image.save(buffer, file_format, **({"lossless": True, "exact": True} if file_format == "WEBP" else {}))
    return buffer.getvalue()
