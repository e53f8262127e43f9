"""Which pictures are meant: files, folders, lists of names, and one machine's share of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeVar

from cnnviz import files
from cnnviz.errors import CnnvizError, UsageError

_Item = TypeVar("_Item")

SUFFIXES: Final = (
    ".png", ".apng", ".jpg", ".jpeg", ".jfif", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".avif", ".ppm",
    ".pgm", ".pbm", ".pnm", ".npy",
)  # fmt: skip
"""What makes a file in a folder a picture. Files that are named are told by their content alone."""

MAX_LIST_BYTES: Final = 64 * 2**20
"""The longest list of names that is read."""


class Found(NamedTuple):
    """A picture, and where below the folder that was given it lies ("" for none)."""

    path: str
    tree: str = ""


class Gathered(NamedTuple):
    """The pictures in a fixed order, folders that could not be read, and how many other files there were."""

    pictures: tuple[Found, ...]
    unreadable: tuple[tuple[str, str], ...] = ()
    others: int = 0


def gather(given: Iterable[str], *, recursive: bool = False, avoid: str | None = None) -> Gathered:
    """The pictures that ``given`` names; with ``recursive`` all in a folder, and below it, by name.

    Hidden files and folders, links to folders and the folder ``avoid`` (where results go) are left out.
    """
    pictures: list[Found] = []
    unreadable: list[tuple[str, str]] = []
    others = 0
    for path in given:
        if not (recursive and os.path.isdir(path)):
            pictures.append(Found(path))
            continue
        found, wrong, rest = _walk(path, avoid)
        pictures += found
        unreadable += wrong
        others += rest
    return Gathered(tuple(pictures), tuple(unreadable), others)


def _walk(root: str, avoid: str | None) -> Gathered:
    unreadable: list[tuple[str, str]] = []
    found: list[Found] = []
    others = 0

    def refused(error: OSError) -> None:
        unreadable.append((str(error.filename), error.strerror or str(error)))

    shunned = None if avoid is None else os.path.realpath(avoid)
    for folder, folders, names in os.walk(root, onerror=refused):
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and os.path.realpath(os.path.join(folder, name)) != shunned
        )
        tree = "" if folder == root else os.path.relpath(folder, root)
        for name in sorted(names):
            if name.startswith("."):
                continue
            if os.path.splitext(name)[1].lower() in SUFFIXES:
                found.append(Found(os.path.join(folder, name), tree))
            else:
                others += 1
    return Gathered(tuple(found), tuple(unreadable), others)


def listed(source: str, *, null: bool = False) -> list[str]:
    """The names in the file ``source`` (``-``: standard input), one a line, or ended by NUL characters.

    Empty lines are left out. Names need not be UTF-8.

    Raises
    ------
    UsageError
        For a list that cannot be read, or holds no name.
    """
    try:
        data = files.read_bytes(source, limit=MAX_LIST_BYTES)
    except CnnvizError as error:
        raise UsageError(f"--files-from {source}: {error}") from None
    lines = data.split(b"\0") if null else [line.removesuffix(b"\r") for line in data.split(b"\n")]
    if not null and b"\0" in data:
        raise UsageError(f"--files-from {source}: there are NUL characters in it; add -0 to split at them")
    names = [os.fsdecode(line) for line in lines if line]
    if not names:
        raise UsageError(f"--files-from {source}: no file is named in it")
    return names


def shard(items: Sequence[_Item], index: int, count: int) -> list[_Item]:
    """The ``index``-th (from 1) of ``count`` shares: every count-th item. All shares together are all.

    >>> shard(["a", "b", "c"], 1, 2)
    ['a', 'c']
    """
    return list(items[index - 1 :: count])
