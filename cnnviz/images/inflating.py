"""A PNG whose pixels are inflated here, so that Pillow only has to undo the row filters.

Pillow inflates with zlib-ng and unfilters in one pass. ISA-L, which the PNG writer needs anyway, inflates in
a third of the time, and on another core: a 12-megapixel photograph of 7 MB is decoded in 79 ms in place of
123, a map in 50 in place of 88, handing over included (on one core 96 and 64). Pillow still reads the file,
chunk by chunk; it finds the pixels stored (RFC 1951, 3.2.4) where they were deflated.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final

from isal import isal_zlib

from cnnviz.ops.threads import ahead

_PIECE: Final = 1 << 18
"""Bytes that are inflated at a time."""
_MOST_STORED: Final = 65535  # bytes of a stored block, by the format
_SAMPLES: Final = {0: 1, 2: 3, 3: 1, 4: 2}  # of a pixel, by colour type; all others have at most 4
_KEPT: Final = 1 << 20
"""Bytes already read that may be gone back to: Pillow reads the start of a file twice."""


class Inflated:
    """What Pillow reads in place of ``file``, a PNG whose chunks are known to be whole."""

    def __init__(self, file: BinaryIO) -> None:
        self._pieces = ahead(_pieces(file))
        self._buffer = bytearray()
        self._start = 0  # where the buffer starts in the file that Pillow sees
        self._place = 0

    def read(self, size: int = -1) -> bytes:
        """The next ``size`` bytes, or what there is."""
        while size < 0 or self._place + size > self._start + len(self._buffer):
            piece = next(self._pieces, None)
            if piece is None:
                break
            dropped = self._place - self._start - _KEPT
            if dropped > 0:
                del self._buffer[:dropped]
                self._start += dropped
            self._buffer += piece
        first = self._place - self._start
        data = bytes(self._buffer[first:] if size < 0 else self._buffer[first : first + size])
        self._place += len(data)
        return data

    def seek(self, place: int, whence: int = 0) -> int:
        """Go to ``place`` from the start, a little way back at most."""
        if whence or not self._start <= place <= self._start + len(self._buffer):
            raise OSError("a PNG is read from its start to its end")
        self._place = place
        return place

    def tell(self) -> int:
        """Where the next `read` starts."""
        return self._place


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """The file in pieces, with the pixels stored."""
    header = file.read(8 + 25)  # the signature, and the chunk that has to stand first
    yield header
    pixels = _Pixels(most=_bytes_of_pixels(header))
    while True:
        head = file.read(8)
        length, kind = struct.unpack(">I4s", head)
        body, checksum = file.read(length), file.read(4)
        if kind == b"IDAT":
            yield from pixels.stored(body)
        else:
            yield head + body + checksum
        if kind == b"IEND":
            return


class _Pixels:
    """The zlib stream that runs through all IDAT chunks."""

    def __init__(self, most: int) -> None:
        self._left = most
        self._inflate = isal_zlib.decompressobj()
        self._checksum = 1
        self._front = b"\x78\x01"

    def stored(self, deflated: bytes) -> Iterator[bytes]:
        """IDAT chunks that hold as stored blocks what ``deflated`` inflates to, up to what a picture takes.

        A stream that goes on after that (it can hold a thousand times the file) is ended there.
        """
        full = False
        # Also without input as long as there is output: a few bytes may stand for more than one piece.
        while (deflated or full) and not self._inflate.eof and self._left > 0:
            raw = self._inflate.decompress(deflated, _PIECE)
            deflated, full = self._inflate.unconsumed_tail, len(raw) == _PIECE
            self._left -= len(raw)
            self._checksum = isal_zlib.adler32(raw, self._checksum)
            blocks = b"".join(_block(raw[i : i + _MOST_STORED]) for i in range(0, len(raw), _MOST_STORED))
            if self._inflate.eof or self._left <= 0:
                blocks += _block(b"", last=True) + struct.pack(">I", self._checksum)
            if blocks:
                yield _chunk(self._front + blocks)
                self._front = b""


def _bytes_of_pixels(header: bytes) -> int:
    """At least as many bytes as the pixels take before they are deflated, by signature and IHDR.

    >>> _bytes_of_pixels(bytes(16) + struct.pack(">2I5B", 4000, 3000, 8, 2, 0, 0, 0)) >= 3000 * (1 + 3 * 4000)
    True
    """
    width, height, bits, colour = struct.unpack(">2I2B", header[16:26])
    # Rows may be packed, have their filter in front, and when interlaced come in up to seven parts.
    row = width * bits * _SAMPLES.get(colour, 4) // 8 + 16
    return int(height * row + 64)


def _block(raw: bytes, *, last: bool = False) -> bytes:
    return struct.pack("<BHH", last, len(raw), len(raw) ^ 0xFFFF) + raw


def _chunk(body: bytes) -> bytes:
    checksum = isal_zlib.crc32(body, isal_zlib.crc32(b"IDAT"))
    return struct.pack(">I", len(body)) + b"IDAT" + body + struct.pack(">I", checksum)
