"""Threads over the parts of one result, where NumPy lets go of the interpreter for long enough."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from numpy.typing import NDArray

_Result = TypeVar("_Result")

_PIECES: Final = 8
"""Pieces a thread: so many times whoever waits for the result can be interrupted."""

_LIMIT: int | None = None


def cores() -> int:
    """How many processors this process may use, or as many as `limit` says."""
    return _LIMIT or _all_cores()


def limit(count: int) -> None:
    """Use ``count`` processors from here on: one of several workers has one."""
    global _LIMIT  # a property of the process
    _LIMIT = count


@cache
def _all_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def share(work: Callable[[int, int], None], count: int, threads: int, *, grain: int = 1) -> None:
    """Do ``work(first, last)`` for all of ``range(count)``, in pieces of at least ``grain``.

    The caller works too: a core that has slept may take milliseconds to wake, and does less then.

    Raises what the work raises; what has not begun by then is not done. The work must not share in turn.

    >>> done = []
    >>> share(lambda first, last: done.append((first, last)), 5, 2, grain=2)
    >>> sorted(done)
    [(0, 2), (2, 4), (4, 5)]
    """
    # Whole grains, so that what is done together does not depend on how many threads there are.
    step = grain * -(-count // (grain * threads * _PIECES))
    if threads < 2 or step >= count:
        work(0, count)
        return
    pieces = deque(range(0, count, step))

    def take() -> None:
        try:
            while (first := _next(pieces)) is not None:
                work(first, min(first + step, count))
        except BaseException:  # a signal too: nobody is to begin another piece
            pieces.clear()
            raise

    with _one_blas_thread():
        pool = _pool(threads)
        others = [pool.submit(take) for _ in range(threads - 1)]
        take()
        for other in others:
            other.result()


def _next(pieces: deque[int]) -> int | None:
    try:
        return pieces.popleft()
    except IndexError:
        return None


def in_order(work: Callable[[int], _Result], count: int, threads: int) -> Iterator[_Result]:
    """``work(0)``, ``work(1)``, ... as far ahead as keeps the threads busy, so that few results lie about.

    >>> list(in_order(lambda number: number**2, 5, 2))
    [0, 1, 4, 9, 16]
    """
    if threads < 2 or count < 2:
        yield from map(work, range(count))
        return
    pool = _pool(threads)
    ahead: deque[Future[_Result]] = deque()
    try:
        for number in range(count):
            ahead.append(pool.submit(work, number))
            if len(ahead) > threads:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        for result in ahead:
            result.cancel()


def ahead(items: Iterator[_Result]) -> Iterator[_Result]:
    """``items``, each made by another thread while the one before it is being used; plainly on one core.

    >>> list(ahead(iter("map")))
    ['m', 'a', 'p']
    """
    if cores() < 2:
        yield from items
        return
    pool, end = _pool(2), object()
    following: Future[Any] = pool.submit(next, items, end)
    while (item := following.result()) is not end:
        following = pool.submit(next, items, end)
        yield item


_MOST_KEPT: Final = 1 << 26
"""Bytes of scratch memory that a thread holds on to under one name."""


class _Kept(threading.local):
    def __init__(self) -> None:
        self.memory: dict[str, NDArray[np.uint8]] = {}


_KEPT: Final = _Kept()


def scratch(name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Hand out memory of that ``name``, one for each thread, with whatever was last written to it.

    Kept from band to band and from call to call, since new memory is not free (0.2 ms a megabyte: a fifth of
    a VGG-16); what is larger than `_MOST_KEPT` is not. Two arrays of one name cannot be used at a time.

    >>> scratch("columns", (2, 3), np.dtype(np.float32)).shape
    (2, 3)
    """
    size = prod(shape) * dtype.itemsize
    if size > _MOST_KEPT:
        return np.empty(shape, dtype)
    memory = _KEPT.memory.get(name)
    if memory is None or memory.size < size:
        memory = _KEPT.memory[name] = _aligned(size)
    return memory[:size].view(dtype).reshape(shape)


def _aligned(size: int) -> NDArray[np.uint8]:
    """New memory from the start of a cache line on: BLAS is a twentieth faster there."""
    memory = np.empty(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size]


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Kept: to start and end one takes 1 ms, as long as a pooling layer."""
    from concurrent.futures import ThreadPoolExecutor  # 4 ms, which every start would pay

    return ThreadPoolExecutor(threads, "cnnviz")


# A forked process inherits the pool, but none of its threads.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)


def _one_blas_thread() -> AbstractContextManager[object]:
    """BLAS takes no threads of its own meanwhile: they would wait for each other at every product."""
    if os.environ.get("OPENBLAS_NUM_THREADS") == "1":  # the command line sets it: nothing to be done
        return nullcontext()
    limits: AbstractContextManager[object] = _libraries().limit(limits=1, user_api="blas")
    return limits


@cache
def _libraries() -> Any:
    """What is loaded, NumPy's BLAS with it: looked up once (0.6 ms: for every layer, a tenth of a VGG-16)."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
