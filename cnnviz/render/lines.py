"""Results as plain text that loses nothing: a line a file, cells separated by tabs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from cnnviz.expressions import shape_text
from cnnviz.files import printable
from cnnviz.render.results import Result
from cnnviz.render.tone import Tone

_COLUMNS: Final = ("picture", "kernel", "input", "output", "range", "tone", "file")


def columns(results: Sequence[Result]) -> list[str]:
    """The titles of `cells`, and of the file; what pooling alone made has no kernel."""
    pooled = all(result.kernel is None for result in results)
    return ["pooling" if name == "kernel" and pooled else name for name in _COLUMNS]


def number_text(value: float) -> str:
    """A value as one reads it: integers whole, floats to four digits, powers of ten only where they help.

    >>> [number_text(value) for value in (1020, 212.0, 54481.2, 0.01234, 1e12)]
    ['1020', '212', '54481', '0.01234', '1e+12']
    """
    if isinstance(value, int):
        return str(value)
    return f"{value:.0f}" if 1e4 <= abs(value) < 1e9 else f"{value + 0.0:.4g}"


def short_text(value: float) -> str:
    """A value for a cell: as `number_text`, but long floats to three digits where that is shorter.

    >>> short_text(-1020), short_text(127.5), short_text(0.0082644), short_text(-105298.0)
    ('-1020', '127.5', '0.00826', '-105298')
    """
    text = number_text(value)
    if isinstance(value, int) or len(text) <= 6:
        return text
    return min(text, f"{value + 0.0:.3g}", key=len)


def tone_text(tone: Tone | None) -> str:
    """The values drawn darkest and lightest.

    >>> tone_text(Tone("symmetric", -212, 212, 0.005)), tone_text(Tone("clip", 0, 255, 0))
    ('-212..212', '0..255')
    """
    return "-" if tone is None else f"{number_text(tone.low)}..{number_text(tone.high)}"


def scale_text(tone: Tone) -> str:
    """What the greys of a map stand for.

    >>> scale_text(Tone("symmetric", -212, 212, 0.005)), scale_text(Tone("clip", 0, 255, 0))
    ('black -212, white 212, mid-grey 0', 'black 0, white 255')
    >>> scale_text(Tone("minmax", 3, 3, 0))
    'all 3'
    """
    if tone.low == tone.high:
        return f"all {number_text(tone.low)}"
    ends = f"black {number_text(tone.low)}, white {number_text(tone.high)}"
    return f"{ends}, mid-grey 0" if tone.kind == "symmetric" else ends


def plain(results: Iterable[Result]) -> list[str]:
    """One line a file, its cells separated by tabs; nothing is cut or wrapped."""
    lines = []
    for result in results:
        row = cells(result)
        files = [printable(path) for path in result.files] or ["-"]
        lines += ["\t".join([*row, path]) for path in files]
    return lines


def caption(results: Sequence[Result], settings: str) -> str:
    """What the columns mean, the settings that all rows share, and the share that was clipped."""
    lines = [f"{settings}."] if settings else []
    shares = [result.tone.clipped for result in results if result.tone is not None]
    if shares:
        lines.append("range: smallest..largest value; tone: the values drawn darkest..lightest")
        lines[-1] += (
            f" ({_percent(shares)} of the values lie beyond and are clipped)." if max(shares) else "."
        )
    return "\n".join(lines)


def _percent(shares: Sequence[float]) -> str:
    low, high = f"{100 * min(shares):.1f}", f"{100 * max(shares):.1f}"
    return f"{low} %" if low == high else f"{low} to {high} %"


def cells(result: Result) -> list[str]:
    """The cells of one result, all but the file."""
    return [
        printable(result.image),
        printable(result.made_by),
        shape_text(result.input),
        shape_text(result.output),
        "-" if result.range is None else "..".join(map(number_text, result.range)),
        tone_text(result.tone),
    ]
