"""Arrays out of an NPZ archive, without `numpy.load`: a megabyte of zip can hold a gigabyte of zeros."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from struct import error as StructError  # noqa: N812 - a class that struct spells in lower case
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from cnnviz.errors import CnnvizError, FileError, named
from cnnviz.expressions import did_you_mean
from cnnviz.files.npy import (
    MAX_PREFIX_BYTES,
    PICKLED,
    Header,
    check_length,
    looks_pickled,
    npy_array,
    read_header,
)
from cnnviz.files.regular import MAX_FILE_BYTES, open_regular, printable

if TYPE_CHECKING:
    import zipfile
    from typing import BinaryIO

    from numpy.typing import NDArray

Pick: TypeAlias = Callable[[Mapping[str, tuple[int, ...]]], Collection[str]]
"""Given the shapes of all arrays, which of them are to be read."""

_MOST_NAMED: Final = 5
"""Names in a refusal; a trained model holds hundreds."""

_PIECE: Final = 1 << 24  # bytes that are decompressed at a time
_STORED, _DEFLATED = 0, 8  # compression methods, as the ZIP format numbers them
_ZIP_ERRORS = (
    zlib.error, StructError, OSError, EOFError, RuntimeError, NotImplementedError,
    ValueError, OverflowError, KeyError, IndexError,
)  # fmt: skip


def npz_member(path: str, key: str | None, *, limit: int) -> NDArray[Any]:
    """Read the array ``key`` of the NPZ file ``path``; without a key, the only one it holds.

    Raises
    ------
    FileError
        As `open_regular` and `npy_array`; for a damaged or encrypted archive, an unusual compression, an
        unknown key, or no key where there are several arrays.
    """
    import zipfile  # 8 ms, which every start would pay

    with open_regular(path) as file:
        try:
            _check_archive(file, MAX_FILE_BYTES)
            with zipfile.ZipFile(file) as archive:
                return npy_array(_read_member(archive, key, limit), limit=limit)
        except (zipfile.BadZipFile, *_ZIP_ERRORS):
            raise FileError("damaged NPZ archive") from None


def npz_shapes(path: str) -> dict[str, tuple[int, ...]]:
    """The shape of every array of the NPZ file ``path``, from its header; raises as `npz_member`."""
    import zipfile

    with open_regular(path) as file:
        try:
            _check_archive(file, MAX_FILE_BYTES)
            with zipfile.ZipFile(file) as archive:
                return {
                    name: _header(archive, info, name, info.file_size).shape
                    for name, info in _members(archive).items()
                }
        except (zipfile.BadZipFile, *_ZIP_ERRORS):
            raise FileError("damaged NPZ archive") from None


def npz_arrays(path: str, pick: Pick, *, limit: int) -> dict[str, NDArray[Any]]:
    """Read those arrays of the NPZ file ``path`` that ``pick`` names, given the shapes of all it holds.

    ``pick`` sees them in the order of the file, and may raise an error of its own. ``limit`` is that of the
    file, and of all that is read together; every header is checked before any values are read.

    Raises
    ------
    FileError
        As `npz_member`; an error in one array begins with its name.
    """
    import zipfile  # 8 ms, which every start would pay

    with open_regular(path) as file:
        try:
            _check_archive(file, limit)
            with zipfile.ZipFile(file) as archive:
                members = _members(archive)
                headers = {name: _header(archive, info, name, limit) for name, info in members.items()}
                names = list(pick({name: header.shape for name, header in headers.items()}))
                check_total((headers[name].length for name in names), limit)
                return {
                    name: npy_array(_values(archive, members[name], headers[name]), limit=limit)
                    for name in names
                }
        except (zipfile.BadZipFile, *_ZIP_ERRORS) as error:
            if isinstance(error, CnnvizError):  # of pick, which may be a ValueError too
                raise
            raise FileError("damaged NPZ archive") from None


def check_total(lengths: Iterable[int], limit: int) -> None:
    """Refuse to read more than ``limit`` bytes together."""
    total = sum(lengths)
    if total > limit:
        raise FileError(f"too large: the arrays take {total} bytes together, the limit is {limit}")


def choose(key: str | None, keys: Iterable[str], what: str) -> str:
    """Return ``key`` if it is one of ``keys``, or the only one there is; else a `FileError` that names them.

    >>> choose(None, ["a", "b"], "array")
    Traceback (most recent call last):
    ...
    cnnviz.errors.FileError: it holds 2 arrays; name one of: a, b (as FILE:NAME)
    """
    known = sorted(keys)
    if not known:
        raise FileError(f"it holds no {what}")
    if key is None and len(known) == 1:
        return known[0]
    if key is not None and key in known:
        return key
    if key is None:
        more = len(known) > _MOST_NAMED
        listed = ", ".join([*map(printable, known[:_MOST_NAMED]), *["..."] * more])
        rest = "; `cnnviz kernels show FILE` lists them" if more else ""
        raise FileError(f"it holds {len(known)} {what}s; name one of: {listed} (as FILE:NAME{rest})")
    close = did_you_mean(printable(key), map(printable, known), listed=_MOST_NAMED)
    raise FileError(f"it holds no {what} {printable(key)!r}; {close}")


def _check_archive(file: BinaryIO, limit: int) -> None:
    size = os.fstat(file.fileno()).st_size
    if size > limit:
        raise FileError(f"file is too large: {size} bytes, the limit is {limit}")
    start = file.read(4)
    if not start:
        raise FileError("file is empty")
    if looks_pickled(start):
        raise FileError(PICKLED)
    if not start.startswith(b"PK"):
        raise FileError("not an NPZ archive (it does not start as a zip file does)")


def _read_member(archive: zipfile.ZipFile, key: str | None, limit: int) -> bytes:
    """Decompress one member, no further than the header at its start allows."""
    members = _members(archive)
    info = members[choose(key and key.removesuffix(".npy"), members, "array")]
    _check_member(info)
    with archive.open(info) as member:
        prefix = member.read(MAX_PREFIX_BYTES)
        header = read_header(prefix, limit=limit)
        check_length(header, info.file_size)
        return prefix + member.read(header.length - len(prefix)) if header.length > len(prefix) else prefix


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    return {
        info.filename.removesuffix(".npy"): info
        for info in archive.infolist()
        if info.filename.endswith(".npy")
    }


def _check_member(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & 1:
        raise FileError("the archive is encrypted; save it without a password")
    # The other methods hand out a whole block at once, however large it grows.
    if info.compress_type not in (_STORED, _DEFLATED):
        raise FileError("unusual compression; write it with numpy.savez or numpy.savez_compressed")


def _header(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, limit: int) -> Header:
    _check_member(info)
    with named(printable(name)):
        with archive.open(info) as member:
            header = read_header(member.read(MAX_PREFIX_BYTES), limit=limit)
        check_length(header, info.file_size)
    return header


def _values(archive: zipfile.ZipFile, info: zipfile.ZipInfo, header: Header) -> bytearray:
    """A whole member in memory once; `npy_array` sees whether it is as long as its header says."""
    data = bytearray(header.length)
    view, filled = memoryview(data), 0
    with archive.open(info) as member:
        while filled < len(data) and (piece := member.read(min(_PIECE, len(data) - filled))):
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
    view.release()
    del data[filled:]
    return data
