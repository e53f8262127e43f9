"""Opening and reading: a named pipe must not hang us, and nothing is read without a bound."""

from __future__ import annotations

import errno
import os
import stat
import sys
from functools import cache
from io import BytesIO
from typing import BinaryIO, Final

from cnnviz.errors import FileError
from cnnviz.expressions import did_you_mean

MAX_FILE_BYTES: Final = 512 * 2**20
"""The longest picture that is read."""

MAX_KERNEL_BYTES: Final = 64 * 2**20
"""The largest kernel or bank, as coefficients in memory, and the longest text that holds one."""

_NOT_REGULAR = "not a regular file (a pipe, socket or device); save it to a file first"
_CHUNK = 2**20

# Without O_NONBLOCK the open itself waits until somebody writes into a pipe.
_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))


def open_regular(path: str) -> BinaryIO:
    """Open ``path`` for reading, at once, if it is a regular file (or a link to one).

    Raises
    ------
    FileError
        For a directory, pipe, socket or device, and for whatever the system refuses, in its words.
    """
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        # A socket, and a terminal that is not ours, cannot even be opened.
        hint = _hint(path) if error.errno == errno.ENOENT else ""
        raise FileError(_NOT_REGULAR if error.errno == errno.ENXIO else _reason(error) + hint) from None
    except ValueError as error:
        raise FileError(f"not a file name: {error}") from None
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise FileError("is a directory" if stat.S_ISDIR(mode) else _NOT_REGULAR)


def read_bytes(path: str, *, limit: int = MAX_FILE_BYTES) -> bytes:
    """Everything in the file ``path``, or for ``-`` everything on standard input; at most ``limit`` bytes.

    Raises
    ------
    FileError
        For an empty or too large file, and as `open_regular`. The message does not repeat the path.
    """
    if path == "-":
        return _read_stdin(limit)
    with open_regular(path) as file:
        try:
            size = os.fstat(file.fileno()).st_size
            data = b"" if size > limit else (file.read() or b"")
        except OSError as error:
            raise FileError(_reason(error)) from None
    _check_length("file", max(size, len(data)), limit)
    return data


def open_source(path: str, *, limit: int = MAX_FILE_BYTES) -> BinaryIO:
    """As `read_bytes`, to be read a piece at a time: the file itself, or standard input's bytes.

    Raises
    ------
    FileError
        As `read_bytes`.
    """
    if path == "-":
        return BytesIO(_read_stdin(limit))
    file = open_regular(path)
    try:
        _check_length("file", os.fstat(file.fileno()).st_size, limit)
    except FileError:
        file.close()
        raise
    return file


def printable(text: str) -> str:
    r"""Escape what would move a cursor or break a line: control, format and undecodable characters.

    >>> print(printable("a\nb\x1b[31m.png"))
    a\nb\x1b[31m.png
    """
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in text
    )


@cache
def _read_stdin(limit: int) -> bytes:
    """Kept, since it can be read only once but is looked at twice: for its shape, and for its values."""
    if sys.stdin is None:  # started with `<&-`
        raise FileError("standard input is closed")
    data = bytearray()
    try:
        while len(data) <= limit and (chunk := sys.stdin.buffer.read(min(_CHUNK, limit + 1 - len(data)))):
            data += chunk
    except OSError as error:
        raise FileError(_reason(error)) from None
    _check_length("standard input", len(data), limit)
    return bytes(data)


def _check_length(what: str, length: int, limit: int) -> None:
    if length == 0:
        raise FileError(f"{what} is empty")
    if length > limit:
        least = "at least " if what == "standard input" else ""
        raise FileError(f"{what} is too large: {least}{length} bytes, the limit is {limit}")


def _hint(path: str) -> str:
    """The names in its folder that are close to that of ``path``, which is not there."""
    folder, name = os.path.split(path)
    try:
        with os.scandir(folder or ".") as entries:
            others = (entry.name for entry in entries if entry.name != name)
            close = did_you_mean(name, others, cutoff=0.75)  # their suffixes alone make them alike
    except OSError:
        return ""
    return f"; {printable(close)}" if close.startswith("did you mean") else ""


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
