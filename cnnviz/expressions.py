"""One small notation for everything with parameters: ``NAME[:positional,...,key=value,...]``.

``gaussian:size=7,sigma=1.5``, ``box:5``, ``max:3x3,stride=2`` are all read here; no quoting is needed in a
shell and nothing is ever evaluated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING, Final

from cnnviz.errors import UsageError

# Of a file with a hundred thousand layers neither all are compared nor all listed.
_MOST_COMPARED: Final = 600
_LONGEST_COMPARED: Final = 100
_MOST_LISTED: Final = 48

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True)
class Expression:
    """A name with its arguments, still as text.

    >>> Expression.parse("gaussian:7,sigma=1.5")
    Expression(name='gaussian', positional=('7',), named={'sigma': '1.5'})
    """

    name: str
    positional: tuple[str, ...]
    named: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> Expression:
        """Split ``text`` into its parts; raises `UsageError` for an empty, repeated or misplaced one."""
        name, colon, rest = text.partition(":")
        if not name.strip():
            raise UsageError(f"{text!r} has no name; write NAME:value,key=value")
        positional: list[str] = []
        named: dict[str, str] = {}
        for part in rest.split(",") if colon else []:
            key, equals, value = (piece.strip() for piece in part.partition("="))
            if not key or (equals and not value):
                raise UsageError(f"{text!r} has an empty argument; write NAME:value,key=value without gaps")
            if not equals and named:
                raise UsageError(
                    f"{text!r}: {key!r} stands after a key=value argument; put plain values first"
                )
            if not equals:
                positional.append(key)
            elif key in named:
                raise UsageError(f"{text!r} gives {key!r} twice")
            else:
                named[key] = value
        return cls(name.strip(), tuple(positional), named)

    def bind(self, keys: Iterable[str], *, aliases: Mapping[str, str] | None = None) -> dict[str, str]:
        """Give every argument its key: positional ones take ``keys`` in order.

        >>> Expression.parse("gaussian:7,sigma=1.5").bind(["size", "sigma"])
        {'size': '7', 'sigma': '1.5'}

        Raises
        ------
        UsageError
            For a key that is not among ``keys``, given twice, or too many positional arguments.
        """
        order = list(keys)
        if len(self.positional) > len(order):
            raise UsageError(
                f"{self.name!r} takes {_count(len(order))} ({', '.join(order) or 'none'}), "
                f"not {len(self.positional)} values"
            )
        bound = dict(zip(order, self.positional, strict=False))
        for given, value in self.named.items():
            key = (aliases or {}).get(given, given)
            if key not in order:
                raise UsageError(f"{self.name!r} has no parameter {given!r}; {did_you_mean(given, order)}")
            if key in bound:
                raise UsageError(f"{self.name!r} is given {key!r} twice")
            bound[key] = value
        return bound


def whole_numbers(text: str) -> tuple[int, ...]:
    """Numbers with an ``x`` between them.

    >>> whole_numbers("3x5"), whole_numbers("-1")
    ((3, 5), (-1,))

    Raises
    ------
    UsageError
        For anything else.
    """
    parts = text.strip().lower().split("x")
    if not all(re.fullmatch(r"-?\d{1,18}", part, re.ASCII) for part in parts):
        raise UsageError(f"{text!r} is not a whole number, nor several with an x between them")
    return tuple(map(int, parts))


def shape_text(sizes: Iterable[int]) -> str:
    """Sizes with an ``x`` between them, as `whole_numbers` reads them.

    >>> shape_text((64, 112, 112))
    '64x112x112'
    """
    return "x".join(map(str, sizes))


def pair_text(values: Iterable[object]) -> str:
    """Two values, vertical and horizontal, as one where they are equal.

    >>> pair_text((2, 2)), pair_text((2, 1))
    ('2', '2x1')
    """
    first, second = map(str, values)
    return first if first == second else f"{first}x{second}"


def did_you_mean(
    word: str, known: Iterable[str], *, most: int = 3, cutoff: float = 0.6, listed: int = _MOST_LISTED
) -> str:
    """Name the closest known words, or where none is close the first of them, to end an error message.

    >>> did_you_mean("sobelx", ["sobel-x", "sobel-y", "box"])
    'did you mean sobel-x or sobel-y?'
    >>> did_you_mean("qqq", ["size", "sigma"])
    'known: size, sigma'
    """
    names = list(islice(known, _MOST_COMPARED))
    close = get_close_matches(word[:_LONGEST_COMPARED].lower(), names, n=most, cutoff=cutoff)
    if close:
        return f"did you mean {either(close)}?"
    some = ", ".join(names[:listed]) + (", ..." if len(names) > listed else "")
    return f"known: {some}" if names else "it takes none"


def either(words: Sequence[str]) -> str:
    """Words with commas and an ``or`` between them.

    >>> either([".gif", ".webp", ".png"]), either([".png"])
    ('.gif, .webp or .png', '.png')
    """
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _count(number: int) -> str:
    return f"{number} parameter{'' if number == 1 else 's'}"
