"""What the `-k` options mean: a name of the catalogue first, then an inline kernel, else a file."""

from __future__ import annotations

import os
import re
from itertools import count
from pathlib import PurePath
from typing import TYPE_CHECKING

from cnnviz.errors import UsageError
from cnnviz.expressions import did_you_mean
from cnnviz.files import WEIGHTS
from cnnviz.kernels.catalogue import catalogue_kernel
from cnnviz.kernels.checks import from_numbers
from cnnviz.kernels.kernel import Combine, Kernel, Operator
from cnnviz.kernels.readers import READERS, read_file, split_key, suffix
from cnnviz.kernels.registry import ALIASES, FAMILIES, GROUPS, MAGNITUDES, NAMED, NO_CONVOLUTIONS, names
from cnnviz.kernels.text import inline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_INLINE = re.compile(r"[-+0-9./,; \t]*[0-9][-+0-9./,; \t]*", re.ASCII)
_FORCED_FILE = re.compile(r"\.{0,2}/")
_LONGEST_SLUG = 60


def read(texts: Sequence[str], combine: Combine | None = None) -> tuple[Operator, ...]:
    """Read every text of ``-k``; one operator a kernel, or with ``combine`` one for all of them together.

    A text is a name (``sobel-x``, ``gaussian:sigma=2``, the group ``kirsch``, the edge magnitude ``sobel``),
    else an inline kernel if it has only digits, signs, ``./,;`` and spaces, else a file, or an array of the
    network that comes along (``shapes-net:conv1.weight``); ``./sobel-x`` is always a file.

    >>> [operator.name for operator in read(["sobel-x", "1 -1"])]
    ['sobel-x', 'inline1']
    >>> [(operator.name, operator.slug) for operator in read(["kirsch"], "max")]
    [('kirsch max', 'kirsch-max')]

    Raises
    ------
    UsageError
        For an unknown name, a wrong argument, an inline kernel that is none, or nothing to combine.
    FileError, KernelError
        For a file that cannot be used; the message starts with its name.
    """
    inline_numbers = count(1)
    operators = [operator for text in texts for operator in _operators(text, inline_numbers)]
    return tuple(operators) if combine is None else (_combined(texts, operators, combine),)


def _operators(text: str, inline_numbers: Iterator[int]) -> list[Operator]:
    name, colon, _ = text.partition(":")
    name = name.strip()
    if colon and (name in GROUPS or name in MAGNITUDES):
        member = (GROUPS.get(name) or MAGNITUDES[name])[0]
        raise UsageError(
            f"{text!r}: {name} stands for several kernels and takes no parameters; try {member}:KEY=VALUE"
        )
    if name in GROUPS:
        return [_alone(catalogue_kernel(member)) for member in GROUPS[name]]
    if name in MAGNITUDES:
        pair = tuple(catalogue_kernel(member) for member in MAGNITUDES[name])
        return [Operator(name, name, pair, "magnitude")]
    if name in NAMED or name in FAMILIES or name in ALIASES:
        return [_alone(catalogue_kernel(text))]
    if not _FORCED_FILE.match(text) and _INLINE.fullmatch(text):
        number = f"inline{next(inline_numbers)}"
        return [_alone(Kernel(number, number, from_numbers(inline(text))))]
    return [_alone(_file_kernel(text))]


def _alone(kernel: Kernel) -> Operator:
    return Operator(kernel.name, kernel.slug, (kernel,))


def _file_kernel(text: str) -> Kernel:
    path, key = split_key(text)
    if key == "":
        raise UsageError(f"{text!r} names nothing after its colon; write FILE:NAME, or FILE alone")
    if not _names_a_file(path):
        raise UsageError(_unknown(text))
    parts = (PurePath(path).stem, *((key.removesuffix(".npy"),) if key else ()))
    return Kernel(text, _slug("-".join(parts)), read_file(text))


def _names_a_file(path: str) -> bool:
    if path == "-":  # standard input is for the picture
        return False
    return "/" in path or os.sep in path or suffix(path) in READERS or os.path.lexists(path)


def _unknown(text: str) -> str:
    if any(sign in text.strip() for sign in "; ["):
        inline(text)  # says which value is not a number
    name, colon, _ = text.partition(":")
    if name in NO_CONVOLUTIONS:
        return f"{name} is not a convolution; try {NO_CONVOLUTIONS[name]}"
    if colon and suffix(name) in READERS:
        return f"{text!r}: only .npz, .safetensors and .onnx files take a name after the colon"
    close = did_you_mean(name, [*names(), *WEIGHTS])
    hint = f"; {close}" if close.startswith("did you mean") else ""
    return f"no kernel named {name[:80]!r}{hint} (`cnnviz kernels` lists them all; a file needs its suffix)"


def _combined(texts: Sequence[str], operators: Sequence[Operator], combine: Combine) -> Operator:
    kernels = tuple(kernel for operator in operators for kernel in operator.kernels)
    bank = next((kernel for kernel in kernels if kernel.is_bank), None)
    if bank is not None:
        raise UsageError(
            f"--combine joins the maps of 2-D kernels; {bank.name!r} is a bank of {bank.weight.shape}"
        )
    if len(kernels) < 2:
        raise UsageError(
            f"--combine {combine} joins the maps of several kernels, not of {len(kernels)}; "
            "name more of them, or a group (-k kirsch)"
        )
    joined = next((operator for operator in operators if operator.combine is not None), None)
    if joined is not None and combine != "magnitude" and len(operators) > 1:
        members = " and ".join(kernel.name for kernel in joined.kernels)
        raise UsageError(
            f"{joined.name} is itself the magnitude of {members}; name those with --combine {combine}"
        )
    if len(texts) == 1:
        return Operator(f"{texts[0]} {combine}", _slug(f"{texts[0]}-{combine}"), kernels, combine)
    listed = [kernel.name for kernel in kernels]
    shown = ", ".join(listed if len(listed) <= 8 else [*listed[:3], "...", listed[-1]])
    slug = "-".join(kernel.slug for kernel in kernels)
    if len(slug) > _LONGEST_SLUG:
        slug = f"{kernels[0].slug}-and-{len(kernels) - 1}-more"
    return Operator(f"{combine}({shown})", f"{_slug(slug)}-{combine}", kernels, combine)


def _slug(text: str) -> str:
    """``text`` with every run of characters that a file name should not have as one ``_``."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", text).strip("._-")[:_LONGEST_SLUG] or "kernel"
