"""Results as plain text that loses nothing: a line a file, cells separated by tabs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from cnnviz.files import printable
from cnnviz.render.results import Result
from cnnviz.render.tone import Tone

COLUMNS: Final = ("picture", "kernel", "input", "output", "range", "tone", "file")


def shape_text(shape: Iterable[int]) -> str:
    """Channels, height and width.

    >>> shape_text((1, 300, 451))
    '1x300x451'
    """
    return "x".join(map(str, shape))


def tone_text(tone: Tone | None) -> str:
    """The values drawn darkest and lightest.

    >>> tone_text(Tone("symmetric", -212, 212, 0.005)), tone_text(Tone("clip", 0, 255, 0))
    ('-212..212', '0..255')
    """
    return "-" if tone is None else f"{tone.low:.4g}..{tone.high:.4g}"


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
        printable(result.kernel or result.op),
        shape_text(result.input),
        shape_text(result.output),
        "-" if result.range is None else "..".join(map(_number, result.range)),
        tone_text(result.tone),
    ]


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.4g}"
