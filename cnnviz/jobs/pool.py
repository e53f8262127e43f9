"""Many jobs at a time: processes of this machine, or a cluster; outcomes come in the order of the jobs.

Processes and not threads: 200 pictures of 512x512 under 8 kernels take 6.2 s on one core, 5.2 on two threads,
which wait for each other between NumPy's short calls, and 3.4 in two processes.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from multiprocessing.connection import wait
from types import FrameType
from typing import Final, TypeAlias

from cnnviz import outputs
from cnnviz.jobs.records import PictureJob
from cnnviz.ops import threads
from cnnviz.render.results import Failure, Record

Outcome: TypeAlias = Record | Failure
Work: TypeAlias = Callable[[PictureJob], Outcome]
Start: TypeAlias = Callable[[int], Executor]

DIED: Final = "a worker process died over it more than once (killed, or out of memory?)"

_AHEAD: Final = 4
"""Jobs a worker that may wait or be done before their turn: memory does not grow with the number of jobs."""

_GRACE: Final = 1.5  # seconds in which workers that are stopped may clean up


def outcomes(
    jobs: Iterable[PictureJob],
    work: Work,
    workers: int,
    start: Start,
    *,
    gives_up: tuple[type[Exception], ...] = (),
) -> Generator[Outcome]:
    """``work`` done by ``workers`` of an executor that ``start`` makes.

    When a worker dies, each job it may have held is tried once more alone, and then fails; an executor that
    sees to that itself ``gives_up`` in its own words. Closed early, or by an exception, it stops the workers.
    """
    waiting: deque[tuple[PictureJob, Future[Outcome]]] = deque()
    source = iter(jobs)
    executor = start(workers)
    try:
        while True:
            while len(waiting) < workers * _AHEAD and (job := next(source, None)) is not None:
                try:
                    waiting.append((job, executor.submit(work, job)))
                except BrokenExecutor:  # since the last job that was asked for
                    waiting.append((job, _broken()))
            if not waiting:
                break
            job, future = waiting.popleft()
            try:
                yield future.result()
            except gives_up:
                yield Failure(job.image, DIED)
            except BrokenExecutor:
                lost = [job, *(other for other, _ in waiting)]
                done = [None, *(_finished(other) for _, other in waiting)]
                waiting.clear()
                executor.shutdown(wait=False)
                for each, outcome in zip(lost, done, strict=True):
                    yield outcome or _alone(each, work, start)
                executor = start(workers)
        executor.shutdown()
    except BaseException:
        executor.shutdown(wait=False)  # what waits is not cancelled: without workers it fails by itself
        _stop_children()
        raise


def processes(workers: int) -> Executor:
    """Worker processes of this machine, one core for each."""
    return ProcessPoolExecutor(workers, multiprocessing.get_context(_METHOD), initializer=_settle)


# A forked worker has everything imported already (a spawned one takes 0.15 s); where threads of the system's
# own libraries make that unsafe, it is not done.
_METHOD: Final = "fork" if sys.platform == "linux" else "spawn"


def possible() -> bool:
    """Whether this system lets processes share a lock (it needs a /dev/shm)."""
    try:
        multiprocessing.get_context(_METHOD).Lock()
    except (ImportError, OSError):
        return False
    return True


def on_one_core(work: Work, job: PictureJob) -> Outcome:
    """``work`` as a worker does it: the other cores have workers of their own."""
    threads.limit(1)
    return work(job)


def _settle() -> None:
    """The first thing a worker does: signals are its parent's to pass on, and it does not outlive it."""
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    parent = multiprocessing.parent_process()
    if parent is not None:
        sentinel = parent.sentinel
        threading.Thread(target=lambda: (wait([sentinel]), os._exit(1)), daemon=True).start()


def _leave(number: int, _frame: FrameType | None) -> None:
    """End here and now: an exception would be sent to the parent as an outcome like any other."""
    outputs.remove_unfinished()
    os._exit(128 + number)


def _alone(job: PictureJob, work: Work, start: Start) -> Outcome:
    with start(1) as executor:
        try:
            return executor.submit(work, job).result()
        except BrokenExecutor:
            return Failure(job.image, DIED)


def _finished(future: Future[Outcome]) -> Outcome | None:
    """What a job came to that was done before its worker's pool broke."""
    if future.done() and not future.cancelled() and future.exception() is None:
        return future.result()
    return None


def _broken() -> Future[Outcome]:
    future: Future[Outcome] = Future()
    future.set_exception(BrokenExecutor())
    return future


def _stop_children() -> None:
    children = multiprocessing.active_children()
    for child in children:
        child.terminate()
    for child in children:
        child.join(_GRACE)
        if child.is_alive():
            child.kill()
            child.join()
