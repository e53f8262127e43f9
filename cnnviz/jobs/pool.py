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
from typing import Final, NamedTuple, TypeAlias

from cnnviz import outputs
from cnnviz.jobs.records import PictureJob
from cnnviz.ops import threads
from cnnviz.render.results import Failure, Record

Outcome: TypeAlias = Record | Failure
Work: TypeAlias = Callable[[PictureJob], Outcome]

DIED: Final = "a worker process died over it more than once (killed, or out of memory?)"

_AHEAD: Final = 4
"""Jobs a worker that may wait or be done before their turn: memory does not grow with the number of jobs."""

_GRACE: Final = 1.5  # seconds in which workers that are stopped may clean up


class Crew(NamedTuple):
    """Who does the work: how an executor of so many workers is started, and stopped in the middle.

    ``gives_up`` are its words for a job that several workers died over, where it sees to that itself.
    """

    start: Callable[[int], Executor]
    stop: Callable[[Executor], None]
    gives_up: tuple[type[Exception], ...] = ()


def outcomes(jobs: Iterable[PictureJob], work: Work, workers: int, crew: Crew) -> Generator[Outcome]:
    """``work`` done by ``workers`` of a ``crew``.

    When a worker dies, each job it may have held is tried once more alone, and then fails. Closed early, or
    by an exception, the crew is stopped.
    """
    waiting: deque[tuple[PictureJob, Future[Outcome]]] = deque()
    source = iter(jobs)
    executor = crew.start(workers)
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
            except crew.gives_up:
                yield Failure(job.image, DIED)
            except BrokenExecutor:
                lost = [job, *(other for other, _ in waiting)]
                done = [None, *(_finished(other) for _, other in waiting)]
                waiting.clear()
                executor.shutdown()
                for each, outcome in zip(lost, done, strict=True):
                    yield outcome or _alone(each, work, crew)
                executor = crew.start(workers)
        executor.shutdown()
    except BaseException:
        crew.stop(executor)
        raise


def _start(workers: int) -> Executor:
    """Worker processes of this machine, one core for each."""
    executor = ProcessPoolExecutor(workers, multiprocessing.get_context(_METHOD), initializer=_settle)
    # Forked by the first job, with the signals held back until each has settled what they mean to it.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    try:
        executor.submit(os.getpid)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return executor


def _stop(executor: Executor) -> None:
    """Have the workers clean up and go; what waits for them fails by itself."""
    children = multiprocessing.active_children()
    for child in children:
        child.terminate()
    for child in children:
        child.join(_GRACE)
        if child.is_alive():
            child.kill()
    executor.shutdown()


# A forked worker has everything imported already (a spawned one takes 0.15 s); where threads of the system's
# own libraries make that unsafe, it is not done.
_METHOD: Final = "fork" if sys.platform == "linux" else "spawn"


_HELD: Final = tuple(
    getattr(signal, each) for each in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, each)
)

PROCESSES: Final = Crew(_start, _stop)
"""Processes of this machine."""


def possible() -> bool:
    """Whether this system has POSIX's signals, and lets processes share a lock (it needs a /dev/shm)."""
    if os.name != "posix":
        return False
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
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD)
    parent = multiprocessing.parent_process()
    if parent is not None:
        sentinel = parent.sentinel
        threading.Thread(target=lambda: (wait([sentinel]), os._exit(1)), daemon=True).start()


def _leave(number: int, _frame: FrameType | None) -> None:
    """End here and now: an exception would be sent to the parent as an outcome like any other."""
    outputs.remove_unfinished()
    os._exit(128 + number)


def _alone(job: PictureJob, work: Work, crew: Crew) -> Outcome:
    with crew.start(1) as executor:
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
