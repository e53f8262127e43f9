"""Which engine does a convolution: a pure function of integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from cnnviz.errors import UsageError
from cnnviz.expressions import did_you_mean
from cnnviz.ops.convolution.problem import Problem

Engine = Literal["auto", "taps", "matmul", "scipy", "reference"]
ENGINES: tuple[str, ...] = get_args(Engine)

# Bytes of the input band that taps step over, and of the columns that one BLAS product reads: both should
# stay in the level-2 cache.
_TAPS_BAND = 1 << 18
_MATMUL_BAND = 1 << 19
# Columns are worth building once this many maps share them: 3x3 kernels on 12 megapixels, one thread, taps
# against matmul in ms (`python -m benchmarks`): integers 81 and 91 for 3 maps, 162 and 123 for 5; floats 61
# and 63 for 1, 140 and 95 for 2. Taps of integers are int16 where that is exact, twice as fast as floats.
_MAPS_FOR_MATMUL = {"exact": 4, "floats": 2}


@dataclass(frozen=True)
class Plan:
    """The engine, how many output rows it does at a time, and why."""

    engine: str
    band: int
    reason: str


def plan(problem: Problem, *, exact: bool, engine: str = "auto", itemsize: int = 4) -> Plan:
    """Choose the engine for ``problem``; ``exact``: all integers; ``itemsize``: the bytes of a sum.

    >>> from cnnviz.ops.convolution.problem import pose
    >>> plan(pose((1, 1, 300, 451), (1, 1, 3, 3)), exact=True).engine
    'taps'
    >>> plan(pose((1, 64, 56, 56), (64, 64, 3, 3)), exact=False).engine
    'matmul'

    Raises
    ------
    UsageError
        For an engine that does not exist.
    """
    if engine not in ENGINES:
        raise UsageError(f"no engine named {engine!r}; {did_you_mean(engine, ENGINES)}")
    chosen, reason = (engine, "asked for") if engine != "auto" else _choose(problem, exact)
    if chosen == "taps":
        width = problem.window.size[1] + sum(problem.window.pads[1])
        row = problem.depth * width * problem.window.stride[0] * itemsize
        return Plan(chosen, _rows(problem, _TAPS_BAND, row), reason)
    if chosen == "matmul":
        row = (
            problem.depth
            * problem.window.kernel[0]
            * problem.window.kernel[1]
            * problem.window.output[1]
            * itemsize
        )
        return Plan(chosen, _rows(problem, _MATMUL_BAND, row), reason)
    return Plan(chosen, problem.window.output[0], reason)


def _choose(problem: Problem, exact: bool) -> tuple[str, str]:
    maps, taps = problem.maps_per_group, problem.window.kernel[0] * problem.window.kernel[1]
    if maps < _MAPS_FOR_MATMUL["exact" if exact else "floats"]:
        return "taps", f"{_number(maps, 'map')} a group: {_number(taps, 'shifted addition')} over row bands"
    return (
        "matmul",
        f"{maps} maps share the columns of {problem.depth * taps} values: one BLAS product a band",
    )


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _rows(problem: Problem, budget: int, row: int) -> int:
    """Rows for ``budget`` bytes; a tall kernel gets a tall band, or it would read the same rows often."""
    least = 2 * problem.window.reach[0] // problem.window.stride[0]
    return min(problem.window.output[0], max(budget // row, least if row * least < 16 * budget else 1, 1))
