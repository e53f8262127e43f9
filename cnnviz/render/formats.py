"""Maps -> the bytes of a file, in each format that results are written in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnviz.errors import UsageError
from cnnviz.render import png, tone


def pictures(
    maps: NDArray[Any],
    scale: tone.Tone,
    file_format: str,
    *,
    palette: bytes | None,
    color: bool,
    text: Mapping[str, str],
) -> Iterator[bytes]:
    """The files of ``maps`` (F, H, W), as many as `count` says.

    Parameters
    ----------
    palette : bytes, optional
        768 bytes: the colours of the codes; grey without.
    color : bool
        The three maps are the channels of one picture.
    text : mapping
        What a PNG notes about the picture.

    Raises
    ------
    UsageError
        For a colour picture as TIFF: floats in three channels are not written.
    """
    if file_format == "npy":
        yield npy(maps)
        return
    if file_format == "tiff":
        if color:
            raise UsageError("float TIFF holds one channel; use --channels each, or --format png or npy")
        for each in maps:
            yield _pillow(Image.fromarray(each.astype(np.float32)), "TIFF")
        return
    # A map at a time: the codes of a large bank are never in memory together.
    stacks = (maps,) if color else (maps[index : index + 1] for index in range(len(maps)))
    for index, stack in enumerate(stacks):
        codes = tone.encode(stack, scale)
        plane = np.ascontiguousarray(codes.transpose(1, 2, 0)) if color else codes[0]
        if file_format == "png":
            number = {"cnnviz:map": str(index)} if len(maps) > 1 and not color else {}
            yield png.encode(plane, palette=palette, text={**text, **number})
        else:
            yield _pillow(Image.fromarray(plane if palette is None else colored(plane, palette)), "WEBP")


def count(file_format: str, maps: int, *, color: bool) -> int:
    """How many files ``maps`` maps become.

    >>> count("png", 16, color=False), count("png", 3, color=True), count("npy", 16, color=False)
    (16, 1, 1)
    """
    return 1 if color or file_format == "npy" else maps


def colored(codes: NDArray[np.uint8], palette: bytes) -> NDArray[np.uint8]:
    """The colours (..., 3) of ``codes`` (...).

    >>> colored(np.array([0, 255], np.uint8), bytes(765) + bytes([9, 8, 7])).tolist()
    [[0, 0, 0], [9, 8, 7]]
    """
    return np.frombuffer(palette, np.uint8).reshape(256, 3)[codes]


def page(colors: NDArray[np.uint8], file_format: str) -> bytes:
    """One drawn page (H, W, 3) as PNG or lossless WebP."""
    return png.encode(colors) if file_format == "png" else _pillow(Image.fromarray(colors), "WEBP")


def npy(maps: NDArray[Any]) -> bytes:
    """One NPY file with the exact values."""
    buffer = BytesIO()
    np.save(buffer, maps, allow_pickle=False)
    return buffer.getvalue()


def npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """One NPZ file with the exact values, a key for each kernel."""
    buffer = BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _pillow(image: Image.Image, file_format: str) -> bytes:
    buffer = BytesIO()
    image.save(buffer, file_format, **({"lossless": True, "exact": True} if file_format == "WEBP" else {}))
    return buffer.getvalue()
