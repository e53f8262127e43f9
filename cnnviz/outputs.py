"""Bytes -> files: what they are called, what is never overwritten, and writing all of it or nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from string import Formatter
from typing import Final

from cnnviz.errors import OutputError, UsageError

FORMATS: Final = ("png", "npy", "npz", "webp", "tiff")
_SUFFIXES: Final = {
    ".png": "png",
    ".npy": "npy",
    ".npz": "npz",
    ".webp": "webp",
    ".tiff": "tiff",
    ".tif": "tiff",
}
_UNFINISHED: Final[set[str]] = set()
_FIELDS: Final = ("stem", "kernel", "map", "parent")


@dataclass(frozen=True)
class Target:
    """Where results go: ``-o`` and ``--format`` understood.

    ``template`` holds the fields {stem} {kernel} {map} {parent}; ``-`` stands for standard output, and a
    template without a field is a plain file.
    """

    template: str | None
    format: str
    makes_folders: bool

    @property
    def stdout(self) -> bool:
        """Whether the bytes go to standard output."""
        return self.template == "-"

    def path(self, *, stem: str, kernel: str, parent: str, map_number: int | None, tree: str = "") -> str:
        """The file of one result; ``map_number`` is None when the kernel has only one.

        ``tree`` are the folders between the one that was given and the picture; a folder of results has the
        same.

        >>> target = Target.parse("out/", None)
        >>> target.path(stem="cat", kernel="sobel-x", parent="photos", map_number=None)
        'out/cat.sobel-x.png'
        >>> target.path(stem="cat", kernel="bank", parent="photos", map_number=7)
        'out/cat.bank.007.png'
        """
        if self.template == "-":
            return "-"
        numbered = "{stem}.{kernel}" + ("" if map_number is None else ".{map:03d}") + "." + self.format
        template = numbered if self.template is None else self.template
        if template.endswith(("/", os.sep)):
            template = _escaped(os.path.join(template, tree, "")) + numbered
        return template.format(stem=stem, kernel=kernel, parent=parent, map=map_number or 0)

    @classmethod
    def parse(cls, output: str | None, file_format: str | None, formats: Collection[str] = FORMATS) -> Target:
        """Understand ``-o``: a folder (ends in ``/`` or exists), a template (holds ``{``), a file, or ``-``.

        What is written is one of ``formats``.

        Raises
        ------
        UsageError
            For a suffix no format has, one that disagrees with ``--format``, or a bad template.
        """
        if output is None or output == "-":
            return cls(output, file_format or "png", False)
        if output == "":
            raise UsageError("-o is empty; give a file, a folder (ending in /), a template or -")
        if output.endswith(("/", os.sep)) or os.path.isdir(output):
            folder = output if output.endswith(("/", os.sep)) else output + "/"
            if os.path.lexists(folder.rstrip("/" + os.sep)) and not os.path.isdir(folder):
                raise UsageError(f"-o {output}: is a file, not a folder")
            return cls(folder, file_format or "png", True)
        if "{" in output:
            _check_template(output)
        stated = os.path.splitext(output)[1].lower()
        stated = "" if "{" in stated else stated  # "{stem}.{kernel}" ends in a field
        known = [suffix for suffix, name in _SUFFIXES.items() if name in formats]
        if stated and stated not in known:
            raise UsageError(f"-o {output}: no format is called {stated}; known: {', '.join(known)}")
        chosen = file_format or _SUFFIXES.get(stated, "png")
        if stated and _SUFFIXES[stated] != chosen:
            raise UsageError(f"-o {output} ends in {stated}, but --format says {chosen}; drop one of the two")
        template = output if "{" in output else _escaped(output)
        with_suffix = template if stated or "{" not in output else f"{template}.{chosen}"
        return cls(with_suffix, chosen, "{" in output)


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _check_template(template: str) -> None:
    """Only the known fields and a width: a template reaches no attribute and runs nothing."""
    try:
        parts = list(Formatter().parse(template))
    except ValueError as error:
        raise UsageError(f"-o {template}: {error}; a brace that is meant as one is written twice") from None
    for _, field, spec, conversion in parts:
        if field is None:
            continue
        known = "{stem} {kernel} {map:03d} {parent}"
        if field not in _FIELDS or conversion:
            raise UsageError(f"-o {template}: no field is called {{{field}}}; the fields are {known}")
        if spec and not (field == "map" and spec.removesuffix("d").isdecimal() and len(spec) <= 3):
            raise UsageError(
                f"-o {template}: {{{field}:{spec}}} is not understood; only {{map}} takes a width"
            )


def check(
    paths: Iterable[str],
    *,
    inputs: Iterable[str],
    force: bool,
    make_folders: bool = False,
    option: str = "-o",
    takes_folders: bool = True,
) -> None:
    """Before any work: no two outputs of one name, no input overwritten, nothing that exists without force.

    ``option`` gave the names, and ``takes_folders`` says whether it would make one: for the ways out.

    Raises
    ------
    UsageError
        For two outputs of one name, or an output that is an input (by any name, links included).
    OutputError
        For a file that exists, or that is not a regular file, and a folder that is none.
    """
    seen: set[str] = set()
    protected = {_identity(path) for path in inputs} - {None}
    existing = []
    for path in paths:
        folder = os.path.dirname(path) or "."
        try:
            place = os.path.join(os.path.realpath(folder), os.path.basename(path))
        except OSError as error:
            raise OutputError(f"cannot write {path}: {error.strerror}") from error
        if place in seen:
            raise UsageError(
                f"two results would be written to {path}; give -o a folder, or a template with "
                "{stem}, {kernel}, {map} or {parent}"
            )
        seen.add(place)
        if not (make_folders or os.path.isdir(folder)):
            made = f", or end {option} in / to have it made" if takes_folders else ""
            raise OutputError(f"{folder} is not a folder; make it first{made}")
        if os.path.lexists(folder) and not os.path.isdir(folder):
            raise OutputError(f"cannot write {path}: {folder} is not a folder; choose another {option}")
        if not os.path.lexists(path):
            continue
        if _identity(path) in protected:
            raise UsageError(f"{path} is an input and is never overwritten; choose another {option}")
        if os.path.exists(path) and not os.path.isfile(path):
            raise OutputError(f"{path} exists and is not a regular file; choose another {option}")
        existing.append(path)
    if existing and not force:
        others = f" (and {len(existing) - 1} more)" if len(existing) > 1 else ""
        raise OutputError(
            f"{existing[0]} exists{others}; nothing was done. Overwrite with --force, or choose another "
            f"{option}"
        )


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def write(path: str, data: bytes, *, make_folders: bool = False) -> None:
    """Write ``data`` whole or not at all: a temporary file in the same folder, then one rename.

    ``-`` is standard output.

    Raises
    ------
    OutputError
        For whatever the system refuses, in its words.
    """
    try:
        if path == "-":
            _write_stdout(data)
            return
        folder = os.path.dirname(path)
        if make_folders and folder:
            os.makedirs(folder, exist_ok=True)
        temporary = os.path.join(folder, f".cnnviz-{os.getpid()}-{os.urandom(4).hex()}.tmp")
        _UNFINISHED.add(temporary)
        try:
            # 0o666 less the umask, as any new file; tempfile's 0o600 would stay with the result.
            descriptor = os.open(
                temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666
            )
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            os.replace(temporary, path)
        except BaseException:
            # A signal may come before the file is there, or after it has its final name.
            with suppress(OSError):
                os.unlink(temporary)
            raise
        finally:
            _UNFINISHED.discard(temporary)
    except BrokenPipeError:
        raise
    except OSError as error:
        where = "standard output" if path == "-" else path
        raise OutputError(f"cannot write {where}: {error.strerror or error}") from error


def remove_unfinished() -> None:
    """Take away what `write` has begun, for a process that ends within it."""
    for path in list(_UNFINISHED):
        with suppress(OSError):
            os.unlink(path)


def _write_stdout(data: bytes) -> None:
    if sys.stdout is None:  # started with `>&-`
        raise OutputError("cannot write standard output: it is closed")
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
