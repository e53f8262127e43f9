"""8-bit codes become a PNG file's bytes: grey, colour-mapped (a palette) or RGB, with notes in text chunks.

Pillow can write PNG too, but tries all five row filters on every row and deflates for smallness. On a
12-megapixel sobel-x map (photographs tiled to 3000 x 4000) its default takes 1300 ms for 6.0 MB and its
fastest level 420 ms for 6.8 MB; here one fixed filter and ISA-L's deflate at level 1 take 50 ms for 6.3 MB,
and decode to the same pixels. The container is that of the PNG Specification (W3C, third edition).
"""

from __future__ import annotations

import struct
from io import BytesIO
from math import prod
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from isal import isal_zlib

from cnnviz.ops.threads import cores, in_order, scratch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE = 0, 2, 3  # colour types
UP = 2  # the filter type: each byte less the one above it

# Rows are filtered this much at a time: it stays in the cache, and beside the file is all the memory taken.
BAND_BYTES = 1 << 18
# Deflated by themselves, so that cores can share them: 31 ms become 18 on two. Though each piece forgets what
# stood before it, the file is no larger (measured on the map above: 8.301 MB, in one piece 8.302).
PIECE_BYTES = 1 << 19
# As a stream begins, ISA-L's vector code files the third byte under a hash of the stream's address, not the
# data's, and now and then a later match is another one: of 60,000 pieces 50 had bytes unlike the rest. So few
# bytes, with a flush behind them, it leaves to the code for the end of a stream, which does not.
BEGINNING_BYTES = 16


class Rows(Protocol):
    """Codes that may be made only when they are looked at; an array is one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(H, W) or (H, W, 3)."""

    def __getitem__(self, rows: slice, /) -> NDArray[np.uint8]:
        """The codes of ``rows``."""


def encode(codes: Rows, *, palette: bytes | None = None, text: Mapping[str, str] | None = None) -> bytes:
    """Write ``codes`` as a PNG file, 8 bits a sample, not interlaced.

    The same input gives the same bytes on the same machine. On another one ISA-L may deflate with other
    instructions: compare pictures by their pixels.

    >>> encode(np.zeros((2, 3), np.uint8), text={"kernel": "sobel-x"})[1:4]
    b'PNG'

    Parameters
    ----------
    codes : (H, W) or (H, W, 3)
        Grey or RGB: an array of any strides, or whatever has a ``shape`` and makes rows when it is sliced.
    palette
        768 bytes, red, green and blue of each code of (H, W): the picture's colours.
    text
        Keyword (1 to 79 printable Latin-1 characters) and value of each note. Half a surrogate pair, as in a
        file name that is not UTF-8, becomes ``?``.

    Raises
    ------
    ValueError
        For an argument that no PNG can hold. It is the caller's mistake, never the user's.
    """
    _check(codes, palette)
    file = BytesIO()
    file.write(SIGNATURE)
    for kind, body in _chunks(codes, palette, text or {}):
        file.write(struct.pack(">I", len(body)) + kind)
        file.write(body)
        file.write(struct.pack(">I", isal_zlib.crc32(body, isal_zlib.crc32(kind))))
    return file.getvalue()


def _check(codes: Rows, palette: bytes | None) -> None:
    shape = codes.shape
    if not (len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)):
        raise ValueError(f"codes are of shape {shape}; a PNG takes (H, W) or (H, W, 3)")
    if codes[:1].dtype != np.uint8:
        raise ValueError(f"codes are {codes[:1].dtype}; a PNG takes uint8")
    if 0 in shape:
        raise ValueError(f"codes are {codes.shape}; a PNG has at least one row and one column")
    if palette is not None and (len(shape) == 3 or len(palette) != 768):
        raise ValueError(
            f"a palette of {len(palette)} bytes for codes {codes.shape}; it takes 768, and (H, W)"
        )


def _chunks(codes: Rows, palette: bytes | None, text: Mapping[str, str]) -> Iterator[tuple[bytes, bytes]]:
    height, width = codes.shape[:2]
    colour = RGB if len(codes.shape) == 3 else GREY if palette is None else PALETTE
    yield b"IHDR", struct.pack(">2I5B", width, height, 8, colour, 0, 0, 0)
    if palette is not None:
        yield b"PLTE", palette
    for keyword, value in text.items():
        yield _note(keyword, value)
    # A zlib stream: two bytes in front, the deflated pieces, the checksum of what they hold.
    front, checksum = b"\x78\x01", 1
    for piece in _deflated(codes):
        checksum = adler32_after(checksum, piece.checksum, piece.length)
        yield b"IDAT", front + piece.deflated + (struct.pack(">I", checksum) if piece.ends else b"")
        front = b""
    yield b"IEND", b""


class _Piece(NamedTuple):
    deflated: bytes
    checksum: int  # Adler-32 of what was deflated
    length: int
    ends: bool


def _deflated(codes: Rows) -> Iterator[_Piece]:
    """The rows in pieces, whose size does not depend on how many cores there are: nor do the bytes."""
    height, width = codes.shape[0], prod(codes.shape[1:])
    rows = max(1, PIECE_BYTES // width)

    def piece(number: int) -> _Piece:
        top, stop = number * rows, min((number + 1) * rows, height)
        above = codes[top - 1 : top] if top else np.zeros((1, *codes.shape[1:]), np.uint8)
        return _piece(codes[top:stop].reshape(stop - top, width), above.reshape(width), ends=stop == height)

    return in_order(piece, -(-height // rows), cores())


def _piece(codes: NDArray[np.uint8], above: NDArray[np.uint8], *, ends: bool) -> _Piece:
    deflate = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)
    deflated, checksum, length = [], 1, 0
    for band in _filtered(codes, above):
        rest = band.reshape(-1)
        if not length:
            deflated += [deflate.compress(rest[:BEGINNING_BYTES]), deflate.flush(isal_zlib.Z_SYNC_FLUSH)]
            rest = rest[BEGINNING_BYTES:]
        deflated.append(deflate.compress(rest))
        checksum = isal_zlib.adler32(band, checksum)
        length += band.size
    # A full flush ends at a whole byte, where the next piece can go on.
    deflated.append(deflate.flush() if ends else deflate.flush(isal_zlib.Z_FULL_FLUSH))
    return _Piece(b"".join(deflated), checksum, length, ends)


def adler32_after(first: int, second: int, length: int) -> int:
    """The Adler-32 of two texts in a row, from each one's own; ``length`` is the second's (RFC 1950, 8.2).

    >>> from zlib import adler32
    >>> adler32_after(adler32(b"feature "), adler32(b"map"), 3) == adler32(b"feature map")
    True
    """
    low = (first & 0xFFFF) + (second & 0xFFFF) - 1
    high = (first >> 16) + (second >> 16) + length * ((first & 0xFFFF) - 1)
    return high % 65521 << 16 | low % 65521


def _filtered(codes: NDArray[np.uint8], above: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    """Rows (H, W) with their filter type in front; every band is the same memory, overwritten.

    "Up" is one subtraction a byte, and what it leaves deflates well. On 12-megapixel maps: up against none,
    sobel-x 6.3 and 7.4 MB, sobel-y 7.0 and 7.0, magnitude 7.4 and 7.7, the photographs 6.3 and 8.4, in the
    same time. Palettes are no exception: their codes are those same maps, in the order of their values.
    """
    height, width = codes.shape
    rows = min(height, max(1, BAND_BYTES // width))
    lines = scratch("lines", (rows, 1 + width), np.dtype(np.uint8))
    lines[:, 0] = UP
    for first in range(0, height, rows):
        band = codes[first : first + rows]
        filtered = lines[: len(band)]
        np.subtract(band[0], above, out=filtered[0, 1:])
        np.subtract(band[1:], band[:-1], out=filtered[1:, 1:])
        above = band[-1]
        yield filtered


def _note(keyword: str, value: str) -> tuple[bytes, bytes]:
    """A tEXt chunk, or iTXt (UTF-8, not compressed) where Latin-1 fails."""
    try:
        key = keyword.encode("latin-1")
    except UnicodeEncodeError:
        key = b""
    if not 1 <= len(key) <= 79 or not keyword.isprintable() or keyword != keyword.strip():
        raise ValueError(
            f"PNG keyword {keyword!r}; it takes 1 to 79 printable Latin-1 characters, no space around"
        )
    if "\0" in value:
        raise ValueError(f"the PNG text {keyword!r} holds a NUL character, which ends a text")
    try:
        return b"tEXt", key + b"\0" + value.encode("latin-1")
    except UnicodeEncodeError:
        return b"iTXt", key + b"\0\0\0\0\0" + value.encode("utf-8", "replace")
