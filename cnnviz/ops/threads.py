"""Threads over the parts of one result, where NumPy lets go of the interpreter for long enough."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Final

_PIECES: Final = 8
"""Pieces a thread: so many times whoever waits for the result can be interrupted."""


@cache
def cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def share(work: Callable[[int, int], None], count: int, threads: int, *, grain: int = 1) -> None:
    """Do ``work(first, last)`` for all of ``range(count)``, in pieces of at least ``grain``.

    Raises what the work raises; what has not begun by then is not done.

    >>> done = []
    >>> share(lambda first, last: done.append((first, last)), 5, 2, grain=2)
    >>> sorted(done)
    [(0, 2), (2, 4), (4, 5)]
    """
    step = max(grain, -(-count // (threads * _PIECES)))
    if threads < 2 or step >= count:
        work(0, count)
        return
    from concurrent.futures import ThreadPoolExecutor  # 4 ms, which every start would pay

    with _one_blas_thread(), ThreadPoolExecutor(threads) as pool:
        pieces = [pool.submit(work, first, min(first + step, count)) for first in range(0, count, step)]
        try:
            for piece in pieces:
                piece.result()
        except BaseException:  # a signal too: the others are not to be waited for
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _one_blas_thread() -> AbstractContextManager[object]:
    """BLAS takes no threads of its own meanwhile: they would wait for each other at every product."""
    if os.environ.get("OPENBLAS_NUM_THREADS") == "1":  # the command line sets it: nothing to be done
        return nullcontext()
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(1, "blas")
    return limits
