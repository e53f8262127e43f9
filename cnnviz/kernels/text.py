"""Coefficients from text: inline on the command line, or a text file. A grammar, never an evaluation.

A number is an integer, a decimal, a fraction of two integers (``1/9``), or, in files, has an exponent.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from cnnviz.errors import CnnvizError, KernelError, UsageError
from cnnviz.kernels.rows import Rows

Separator: TypeAlias = Literal["space", "comma", "tab"]

_NUMBER = re.compile(
    r"(?P<whole>[+-]?\d+)(?:/(?P<below>\d+))?|[+-]?(?:\d+\.\d*|\.\d+|\d+(?=e))(?P<exponent>e[+-]?\d+)?",
    re.ASCII | re.IGNORECASE,
)
_LONGEST = 400  # a float written out in full needs no more; int() of millions of digits takes minutes
_SPLIT = {"space": re.compile(r"[ \t]*,[ \t]*|[ \t]+"), "comma": re.compile(","), "tab": re.compile("\t")}
_HINTS = {
    "\u2212": "U+2212 is not the minus sign of a keyboard; write -",
    ";": "values stand apart by commas, rows by lines",
    "_": "write digits without _",
}
_OTHER_ROWS = re.compile(r"\[|\s/\s")  # as Python writes them, or as verse
_INT64 = range(-(2**63), 2**63)


def number(token: str, *, exponents: bool = True) -> float:
    """Read one number: an ``int`` where it is whole by its spelling, else a finite ``float``.

    >>> number("-2"), number("1/4"), number("4/2"), number("1.5e3")
    (-2, 0.25, 2, 1500.0)

    Raises
    ------
    KernelError
        For anything else, with the reason.
    """
    shown = repr(token if len(token) <= 40 else token[:37] + "...")
    if not token:
        raise KernelError("a value is missing")
    if len(token) > _LONGEST:
        raise KernelError(f"{shown} has {len(token)} characters; a number has at most {_LONGEST}")
    match = _NUMBER.fullmatch(token)
    if match is None or (match["exponent"] and not exponents):
        hint = next((f" ({text})" for sign, text in _HINTS.items() if sign in token), "")
        raise KernelError(f"{shown} is not a number{hint}")
    if match["whole"] is None:
        return finite(float(token), shown)
    if match["below"] is None:
        return int64(int(token), shown)
    above, below = int(match["whole"]), int(match["below"])
    if below == 0:
        raise KernelError(f"{shown} divides by zero")
    if above % below == 0:
        return int64(above // below, shown)
    try:
        return above / below
    except OverflowError:
        raise KernelError(f"{shown} is too large for a number") from None


def finite(value: float, shown: str) -> float:
    """``value``, unless it is NaN or infinite."""
    if value - value != 0:
        raise KernelError(f"{shown} is not a finite number")
    return value


def int64(value: int, shown: str) -> int:
    """``value``, unless 64 bits are too few for it."""
    if value not in _INT64:
        raise KernelError(f"{shown} is beyond 64-bit integers; write it as a decimal")
    return value


def inline(text: str) -> Rows:
    """Rows of a kernel written on the command line: rows apart by ``;``, values by spaces or by commas.

    >>> inline("1 0 -1; 2 0 -2; 1 0 -1")
    ((1, 0, -1), (2, 0, -2), (1, 0, -1))

    Raises
    ------
    UsageError
        With the row and the value that cannot be used.
    """
    if _OTHER_ROWS.search(text):
        raise UsageError(f"kernel {text[:80]!r}: write rows as '1 0; 0 -1'")
    rows = text.strip().removesuffix(";").split(";")
    lines = [(f"row {place}", line) for place, line in enumerate(rows, 1)]
    try:
        for place, line in lines:
            _check_one_separator(place, line)
        return _rows(lines, "space", exponents=False)
    except KernelError as error:
        raise UsageError(f"kernel {text[:80]!r}: {error}") from None


def _check_one_separator(place: str, line: str) -> None:
    """Refuse ``1 0 -1, 2 0 -2``: whoever writes it means two rows, and would get one long one."""
    mixed = next((cell.strip() for cell in line.split(",") if " " in cell.strip()), None)
    if "," in line and mixed is not None:
        raise KernelError(f"{place}: {mixed!r} stands among commas; rows are separated by ';'")


def rows_of(data: bytes, separator: Separator) -> Rows:
    r"""Rows of a kernel in a text file: UTF-8, a row a line, comments from ``#`` to the end of the line.

    >>> rows_of(b"# edges\n-1 1\n-1 1\n", "space")
    ((-1, 1), (-1, 1))

    Raises
    ------
    KernelError
        With the line and the value that cannot be used.
    """
    lines = (line.partition("#")[0] for line in re.split(r"\r\n|\r|\n", decoded(data)))
    return _rows(
        [(f"line {place}", line) for place, line in enumerate(lines, 1) if line.strip(" \t")], separator
    )


def decoded(data: bytes) -> str:
    """``data`` as text, without a byte order mark; strictly UTF-8 and without NUL."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise KernelError(f"not UTF-8 text (byte {error.start} is {data[error.start]:#04x})") from None
    if "\0" in text:
        raise KernelError("not text: it holds NUL bytes; save it as UTF-8")
    return text


def _rows(lines: list[tuple[str, str]], separator: Separator, *, exponents: bool = True) -> Rows:
    rows: list[tuple[float, ...]] = []
    for place, line in lines:
        values = []
        for column, token in enumerate(_tokens(line, separator), 1):
            try:
                values.append(number(token, exponents=exponents))
            except CnnvizError as error:
                raise KernelError(f"{place}, value {column}: {error}") from None
        rows.append(tuple(values))
    if not rows:
        raise KernelError("no values")
    for position, row in enumerate(rows, 1):
        if len(row) != len(rows[0]):
            raise KernelError(f"row {position} has {_values(row)}, row 1 has {len(rows[0])}")
    return tuple(rows)


def _tokens(line: str, separator: Separator) -> list[str]:
    # A tab at either end of a line of tab-separated values is a missing value, not white space.
    parts = _SPLIT[separator].split(line.strip(" " if separator == "tab" else " \t"))
    return [part.strip(" \t") for part in parts]


def _values(row: tuple[float, ...]) -> str:
    return f"{len(row)} value{'' if len(row) == 1 else 's'}"
