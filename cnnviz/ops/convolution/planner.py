"""Which engine does a convolution: a pure function of integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from cnnviz.errors import UsageError
from cnnviz.expressions import did_you_mean
from cnnviz.ops.convolution import thresholds
from cnnviz.ops.convolution.problem import Problem

Engine = Literal["auto", "taps", "separable", "matmul", "fourier", "winograd", "scipy", "reference"]
ENGINES: tuple[str, ...] = get_args(Engine)

WINOGRAD_TILE = 4
"""Output cells along a side of Winograd's tiles."""

_THREADED = ("taps", "separable", "matmul", "fourier", "winograd")


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
    prepared: bool = False,
    places_first: bool = False,
) -> Plan:
    """Choose the engine for ``problem``.

    ``exact``: all integers; ``itemsize``: the bytes of a sum; ``rank_one``: every kernel is a column times a
    row; ``cores``: how many threads there may be; ``prepared``: what is derived from the weight is kept;
    ``places_first``: the result's channels lie side by side.

    >>> from cnnviz.ops.convolution.problem import pose
    >>> plan(pose((1, 1, 300, 451), (1, 1, 3, 3)), exact=True).engine
    'taps'
    >>> plan(pose((1, 1, 300, 451), (1, 1, 3, 3)), exact=True, rank_one=True).engine
    'separable'
    >>> plan(pose((1, 64, 56, 56), (64, 64, 1, 1)), exact=False).engine
    'matmul'
    >>> plan(pose((1, 64, 58, 58), (64, 64, 3, 3)), exact=False).engine
    'winograd'

    Raises
    ------
    UsageError
        For an engine that does not exist.
    """
    if engine not in ENGINES:
        raise UsageError(f"no engine named {engine!r}; {did_you_mean(engine, ENGINES)}")
    case = _Case(problem, exact, itemsize, rank_one, prepared, places_first)
    chosen, reason = (engine, "asked for") if engine != "auto" else _choose(case)
    threads = _threads(chosen, case, cores)
    return Plan(chosen, _band(chosen, case, threads), reason, threads)


class _Case(NamedTuple):
    """What decides."""

    problem: Problem
    exact: bool
    itemsize: int
    rank_one: bool
    prepared: bool
    places_first: bool


def _choose(case: _Case) -> tuple[str, str]:
    problem = case.problem
    window, maps = problem.window, problem.maps_per_group
    taps = window.kernel[0] * window.kernel[1]
    dense = sum(window.kernel) if case.rank_one else taps
    if case.places_first and problem.depth == 1:
        return "taps", f"one channel a map: {_number(taps, 'shifted addition')} of all maps at once"
    if case.places_first and not _pays_in_tiles(case):
        return "matmul", f"{problem.depth * taps} values a place side by side: one BLAS product a band"
    if not case.places_first and (
        dense >= thresholds.TAPS_FOR_FOURIER * max(window.stride) ** 2
        and _work(problem) // taps * dense >= thresholds.WORK_FOR_FOURIER
        and problem.maps * problem.depth <= thresholds.MOST_SPECTRA
        and min(window.output) >= thresholds.FOURIER_TILE // 4
    ):
        side = thresholds.FOURIER_TILE
        return "fourier", f"{taps} taps: transforms of {side}x{side} tiles"
    # The column of a rank-1 kernel is done at every column of the input, its row at those that are kept.
    passes = window.kernel[0] * window.stride[1] + window.kernel[1]
    # Many maps of small kernels are better off sharing their columns.
    few = maps < 2 * thresholds.MAPS_FOR_MATMUL["exact"] or 4 * passes <= taps
    if case.rank_one and passes < taps and few:
        sides = f"{window.kernel[0]} + {window.kernel[1]}"
        return "separable", f"rank 1: {sides} shifted additions in place of {taps}"
    if _pays_in_tiles(case):
        return "winograd", f"{maps} maps of {problem.depth} channels: 4x4 cells by 36 products, not 144"
    if maps < thresholds.MAPS_FOR_MATMUL["exact" if case.exact else "floats"]:
        return "taps", f"{_number(maps, 'map')} a group: {_number(taps, 'shifted addition')} over row bands"
    values = problem.depth * taps
    return "matmul", f"{maps} maps share the columns of {values} values: one BLAS product a band"


def _pays_in_tiles(case: _Case) -> bool:
    """Whether Winograd's transforms cost less than the products they save, and round little enough."""
    problem = case.problem
    side = thresholds.SIDE_FOR_WINOGRAD["prepared" if case.prepared else "once"]
    return (
        not case.exact
        and case.itemsize == 4
        and fits_winograd(problem)
        and min(problem.window.output) >= side
        and min(problem.depth, problem.maps_per_group) >= thresholds.CHANNELS_FOR_WINOGRAD
        and _work(problem) >= thresholds.WORK_FOR_WINOGRAD
    )


def fits_winograd(problem: Problem) -> bool:
    """Whether every kernel is 3x3 without dilation, laid on every cell."""
    window = problem.window
    return window.kernel == (3, 3) and window.stride == (1, 1) == window.dilation


def _threads(engine: str, case: _Case, cores: int) -> int:
    if engine not in _THREADED:
        return 1
    if engine in ("taps", "separable"):
        return cores if _work(case.problem) >= thresholds.WORK_FOR_THREADED_TAPS else 1
    return cores if _work(case.problem) >= thresholds.WORK_FOR_THREADS else 1


def _band(engine: str, case: _Case, threads: int) -> int:
    """How many output rows the engine does at a time."""
    problem, itemsize = case.problem, case.itemsize
    window = problem.window
    if engine in ("taps", "separable"):
        width = window.size[1] + sum(window.pads[1])
        budget = thresholds.THREADED_TAPS_BAND if threads > 1 else thresholds.TAPS_BAND
        return _rows(problem, budget, problem.depth * width * itemsize)
    if engine == "matmul":
        weights = problem.depth * window.kernel[0] * window.kernel[1] * itemsize
        # At least as many columns as the weights they meet take, but two bands, for two threads. However many
        # threads there are: the last digits of a product depend on how it is cut.
        most = min(weights * problem.maps_per_group, thresholds.MOST_COLUMNS)
        rows = _rows(problem, max(thresholds.COLUMNS_BAND, most), weights * window.output[1])
        return min(rows, -(-window.output[0] // 2))
    if engine == "winograd":
        row = 36 * max(problem.depth, problem.maps_per_group) * -(-window.output[1] // WINOGRAD_TILE)
        tiles = -(-window.output[0] // WINOGRAD_TILE)
        most = max(thresholds.WINOGRAD_BAND // (row * itemsize), 1)
        # As many bands of one height as two threads share evenly; however many threads there are.
        rows = -(-tiles // (2 * -(-tiles // (2 * most))))
        return min(WINOGRAD_TILE * rows, window.output[0])
    return window.output[0]


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
