"""Many jobs in worker processes: in order, each once, and no death is the end."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from cnnviz.errors import UsageError
from cnnviz.jobs import pool
from cnnviz.jobs.pool import PROCESSES, Crew, Outcome, on_one_core, outcomes
from cnnviz.jobs.records import PictureJob
from cnnviz.ops.threads import cores
from cnnviz.render.results import Failure, Record

pytestmark = pytest.mark.skipif(not pool.possible(), reason="this system has no locks between processes")


def jobs(count: int) -> list[PictureJob]:
    return [PictureJob(image=str(number)) for number in range(count)]


def note(job: PictureJob) -> Outcome:
    """Later jobs are done first."""
    time.sleep(0.02 if int(job.image) % 3 == 0 else 0)
    return Record((), (job.image, str(cores())))


def note_in(folder: Path, job: PictureJob) -> Outcome:
    """Leave a mark for every time the job was begun; job 5 kills its worker as often as ``deaths`` says."""
    begun = len(list(folder.glob(f"{job.image}-*")))
    (folder / f"{job.image}-{begun}").touch()
    deaths = int((folder / "deaths").read_text())
    if job.image == "5" and begun < deaths:
        os.kill(os.getpid(), signal.SIGKILL)
    return Record((), (job.image,))


def all_gone() -> bool:
    """Whether no worker is left, when the thread that waits for them too has had its turn."""
    until = time.monotonic() + 5
    while multiprocessing.active_children() and time.monotonic() < until:
        time.sleep(0.01)
    return not multiprocessing.active_children()


def refuse(job: PictureJob) -> Outcome:
    raise UsageError("not like this")


def notes(found: list[Outcome]) -> list[str]:
    return [each.notes[0] if isinstance(each, Record) else each.error for each in found]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_outcomes_come_in_the_order_of_the_jobs(workers: int) -> None:
    found = list(outcomes(jobs(30), partial(on_one_core, note), workers, PROCESSES))
    assert notes(found) == [str(number) for number in range(30)]


def test_a_worker_has_one_core() -> None:
    (found,) = outcomes(jobs(1), partial(on_one_core, note), 1, PROCESSES)
    assert isinstance(found, Record)
    assert found.notes[1] == "1"
    assert cores() >= 1  # ours are what they were


def test_a_worker_that_dies_once_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "deaths").write_text("1")
    found = list(outcomes(jobs(40), partial(on_one_core, partial(note_in, tmp_path)), 2, PROCESSES))
    assert notes(found) == [str(number) for number in range(40)]


def test_a_picture_that_kills_its_worker_twice_fails_alone(tmp_path: Path) -> None:
    (tmp_path / "deaths").write_text("99")
    found = list(outcomes(jobs(40), partial(on_one_core, partial(note_in, tmp_path)), 2, PROCESSES))
    expected = [str(number) for number in range(40)]
    expected[5] = pool.DIED
    assert notes(found) == expected
    assert found[5] == Failure("5", pool.DIED)
    assert len(list(tmp_path.glob("5-*"))) == 2
    assert len(list(tmp_path.glob("39-*"))) == 1


def test_an_error_of_usage_comes_through_and_ends_all() -> None:
    with pytest.raises(UsageError, match="not like this"):
        list(outcomes(jobs(20), partial(on_one_core, refuse), 2, PROCESSES))
    assert all_gone()


def test_closed_early_the_workers_are_gone() -> None:
    found = outcomes(jobs(500), partial(on_one_core, note), 2, PROCESSES)
    assert notes([next(found)]) == ["0"]
    found.close()
    assert all_gone()


def test_jobs_are_asked_for_no_further_ahead_than_workers_need() -> None:
    asked: list[int] = []

    def many() -> object:
        for number, job in enumerate(jobs(1000)):
            asked.append(number)
            yield job

    found = outcomes(many(), partial(on_one_core, note), 2, PROCESSES)  # type: ignore[arg-type]  # a generator
    next(found)
    assert len(asked) < 20
    found.close()


def test_done_to_the_end_nobody_has_to_be_stopped() -> None:
    stopped: list[object] = []
    crew = PROCESSES._replace(stop=stopped.append)
    assert len(list(outcomes(jobs(20), partial(on_one_core, note), 2, crew))) == 20
    assert not stopped
    assert all_gone()


def test_what_a_crew_gives_up_itself_fails_and_the_rest_is_done() -> None:
    class GivenUpError(Exception):
        pass

    def give_up(job: PictureJob) -> Outcome:
        if job.image == "3":
            raise GivenUpError
        return Record((), (job.image,))

    crew = Crew(ThreadPoolExecutor, ThreadPoolExecutor.shutdown, (GivenUpError,))
    found = list(outcomes(jobs(6), give_up, 2, crew))
    assert notes(found) == ["0", "1", "2", pool.DIED, "4", "5"]
