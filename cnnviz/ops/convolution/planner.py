"""Which engine does a convolution: a pure function of integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from cnnviz.errors import UsageError
from cnnviz.expressions import did_you_mean
from cnnviz.ops.convolution.problem import Problem

Engine = Literal["auto", "taps", "separable", "matmul", "fourier", "scipy", "reference"]
ENGINES: tuple[str, ...] = get_args(Engine)

# Bytes of the input band that taps step over, and of the columns that one BLAS product reads: both should
# stay in the level-2 cache.
_TAPS_BAND = 1 << 18
_MATMUL_BAND = 1 << 19
# Columns are worth building once this many maps share them: 3x3 kernels on 12 megapixels, one thread, taps
# against matmul in ms (`python -m benchmarks`): integers 81 and 91 for 3 maps, 162 and 123 for 5; floats 61
# and 63 for 1, 140 and 95 for 2. Taps of integers are int16 where that is exact, twice as fast as floats.
_MAPS_FOR_MATMUL = {"exact": 4, "floats": 2}
# Pixels along a side of a tile that is transformed; 256 stay in the level-2 cache (measured on 12 megapixels,
# 31x31: 5.5 ns a pixel and transform, tiles of 512 take 12).
FOURIER_TILE = 256
# Spectra that are kept, one for each kernel and channel: 256 of 256x256 take 68 MB.
MOST_SPECTRA = 256
# Taps from which the transform wins on one map, one thread, 12 megapixels (`python -m benchmarks`).
_TAPS_FOR_FOURIER = 121
# Products below which a transform does not pay: importing SciPy's takes 0.2 s, as long as these by taps.
_WORK_FOR_FOURIER = 2 * 10**8
# Products below which a second thread takes longer to start than it saves.
_WORK_FOR_THREADS = 2 * 10**7
# Threads of taps contend for the interpreter between their short passes: they pay from bands four times as
# large (measured, sobel on 12 megapixels of uint8 into int32: 16 ms on one thread, 12 on two in bands of 32
# rows, 10.5 in bands of 128; most of what two share is writing the result).
_BANDS_FOR_THREADS = 4


_THREADED = ("taps", "separable", "matmul", "fourier")


@dataclass(frozen=True)
class Plan:
    """The engine, how many output rows it does at a time, on how many threads, and why."""

    engine: str
    band: int
    reason: str
    threads: int = 1


def plan(
    problem: Problem,
    *,
    exact: bool,
    engine: str = "auto",
    itemsize: int = 4,
    rank_one: bool = False,
    cores: int = 1,
) -> Plan:
    """Choose the engine for ``problem``.

    ``exact``: all integers; ``itemsize``: the bytes of a sum; ``rank_one``: every kernel is a column times a
    row; ``cores``: how many threads there may be.

    >>> from cnnviz.ops.convolution.problem import pose
    >>> plan(pose((1, 1, 300, 451), (1, 1, 3, 3)), exact=True).engine
    'taps'
    >>> plan(pose((1, 1, 300, 451), (1, 1, 3, 3)), exact=True, rank_one=True).engine
    'separable'
    >>> plan(pose((1, 64, 56, 56), (64, 64, 3, 3)), exact=False).engine
    'matmul'

    Raises
    ------
    UsageError
        For an engine that does not exist.
    """
    if engine not in ENGINES:
        raise UsageError(f"no engine named {engine!r}; {did_you_mean(engine, ENGINES)}")
    chosen, reason = (engine, "asked for") if engine != "auto" else _choose(problem, exact, rank_one)
    threads = cores if chosen in _THREADED and _work(problem) >= _WORK_FOR_THREADS else 1
    return Plan(chosen, _band(problem, chosen, itemsize, threads), reason, threads)


def _band(problem: Problem, engine: str, itemsize: int, threads: int) -> int:
    """How many output rows the engine does at a time."""
    window = problem.window
    if engine in ("taps", "separable"):
        width = window.size[1] + sum(window.pads[1])
        budget = _TAPS_BAND * (_BANDS_FOR_THREADS if threads > 1 else 1)
        return _rows(problem, budget, problem.depth * width * window.stride[0] * itemsize)
    if engine == "matmul":
        row = problem.depth * window.kernel[0] * window.kernel[1] * window.output[1] * itemsize
        return _rows(problem, _MATMUL_BAND, row)
    return window.output[0]


def _choose(problem: Problem, exact: bool, rank_one: bool) -> tuple[str, str]:
    window, maps = problem.window, problem.maps_per_group
    taps = window.kernel[0] * window.kernel[1]
    dense = sum(window.kernel) if rank_one else taps
    if (
        dense >= _TAPS_FOR_FOURIER * max(window.stride) ** 2
        and _work(problem) // taps * dense >= _WORK_FOR_FOURIER
        and problem.maps * problem.depth <= MOST_SPECTRA
        and min(window.output) >= FOURIER_TILE // 4
    ):
        return "fourier", f"{taps} taps: transforms of {FOURIER_TILE}x{FOURIER_TILE} tiles"
    # The column of a rank-1 kernel is done at every column of the input, its row at those that are kept.
    passes = window.kernel[0] * window.stride[1] + window.kernel[1]
    # Many maps of small kernels are better off sharing their columns.
    if rank_one and passes < taps and (maps < 2 * _MAPS_FOR_MATMUL["exact"] or 4 * passes <= taps):
        return (
            "separable",
            f"rank 1: {window.kernel[0]} + {window.kernel[1]} shifted additions in place of {taps}",
        )
    if maps < _MAPS_FOR_MATMUL["exact" if exact else "floats"]:
        return "taps", f"{_number(maps, 'map')} a group: {_number(taps, 'shifted addition')} over row bands"
    return (
        "matmul",
        f"{maps} maps share the columns of {problem.depth * taps} values: one BLAS product a band",
    )


def _work(problem: Problem) -> int:
    """How many products there are."""
    window = problem.window
    places = problem.batch * window.output[0] * window.output[1]
    return places * problem.maps * problem.depth * window.kernel[0] * window.kernel[1]


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _rows(problem: Problem, budget: int, row: int) -> int:
    """Rows for ``budget`` bytes; a tall kernel gets a tall band, or it would read the same rows often."""
    least = 2 * problem.window.reach[0] // problem.window.stride[0]
    return min(problem.window.output[0], max(budget // row, least if row * least < 16 * budget else 1, 1))
