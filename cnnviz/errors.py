"""Every error a user can cause; anything else that escapes is a bug.

::

    CnnvizError                    exit 1: this input failed, the rest goes on
    ├── UsageError  (ValueError)   exit 2: what was asked for makes no sense; nothing was read or written
    ├── ShapeError  (ValueError)   sizes, strides and paddings that do not fit together
    │   └── NetworkError           layers that do not fit together; a line for each problem
    ├── KernelError (ValueError)   weights that cannot be used
    ├── FileError                  a named file cannot be read (pictures that cannot be decoded included)
    │   └── PickleError            PyTorch's own, which is never read
    └── OutputError                a result cannot be written

Wrong usage is what the command line alone shows to be wrong, and a place, piece, map or unit that it asks for
and the one picture or network does not have. Sizes that do not fit together, as a kernel larger than the
picture, fail that picture, since a batch goes on with the next; so does a file that is missing.

A message says what was wrong, what was received, what was needed, and a way out. `cli.main` is the one
place that turns an error into an exit code.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

OUT_OF_MEMORY: Final = "not enough memory; use a smaller picture, a larger stride or fewer maps"
NETWORK_OUT_OF_MEMORY: Final = "not enough memory; ask for fewer --layers, or a smaller --size"


class CnnvizError(Exception):
    """The base of every error that is the input's fault and not ours; each argument is a line of its own."""

    exit_code = 1

    program: tuple[str, ...] = ()
    """Lines that are there to be copied as they stand."""

    @property
    def lines(self) -> tuple[str, ...]:
        """What is wrong, a line for each problem."""
        return tuple(map(str, self.args))

    def __str__(self) -> str:
        return "\n".join(self.lines)


class UsageError(CnnvizError, ValueError):
    """What was asked for makes no sense, whatever the pictures hold."""

    exit_code = 2


class ShapeError(CnnvizError, ValueError):
    """Sizes, strides, paddings or channel counts that do not fit together."""


class NetworkError(ShapeError):
    """Layers that cannot be read, or do not fit together: everything that is wrong, not only the first."""


class KernelError(CnnvizError, ValueError):
    """Weights that cannot be used: ragged, empty, not numbers, not finite, or too large to add up."""


class FileError(CnnvizError):
    """A file that cannot be read: missing, not regular, too large, damaged, or not what it should be."""


class PickleError(FileError):
    """A pickle, which may run code when it is read; its ``program`` converts it."""

    def __init__(self, message: str, program: tuple[str, ...]) -> None:
        super().__init__(message)
        self.program = program


class OutputError(CnnvizError):
    """A result that cannot be written: it exists, the folder is missing, the disk is full."""


@contextmanager
def named(name: str) -> Iterator[None]:
    """Let the lines of an error inside begin with ``name``, the file's or picture's that is to blame.

    >>> with named("cat.png"):
    ...     raise FileError("file is empty")
    Traceback (most recent call last):
    ...
    cnnviz.errors.FileError: cat.png: file is empty
    """
    try:
        yield
    except CnnvizError as error:
        error.args = tuple(f"{name}: {line}" for line in error.lines)
        raise
