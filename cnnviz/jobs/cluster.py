"""The same jobs on a Dask cluster (the extra ``dask``): files lie on storage that all machines share."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from cnnviz import images
from cnnviz.errors import UsageError
from cnnviz.jobs.pool import Crew
from cnnviz.jobs.records import PictureJob
from cnnviz.render.results import Failure, Record

if TYPE_CHECKING:
    from distributed import Client

LOCAL = "local"
"""The word for a cluster of this machine's cores, started and ended with the command."""

_PATIENCE = "10s"


@contextmanager
def connected(address: str, workers: int) -> Iterator[Client]:
    """A client of the scheduler at ``address`` (``tcp://host:8786``), or of ``workers`` started here.

    Raises
    ------
    UsageError
        Without Dask, and when nobody answers at that address.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise UsageError("--scheduler needs the package distributed: pip install distributed") from None
    # Our own lines say what failed. Dask's settings give these a level each.
    for name in ("distributed", "distributed.client", "distributed.gc"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if address == LOCAL:
        with (
            LocalCluster(
                workers,
                threads_per_worker=1,
                dashboard_address=":0",  # any port: the usual one may be another cluster's
                scheduler_kwargs={"dashboard": False},
                silence_logs=logging.CRITICAL,
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(address, timeout=_PATIENCE)
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"--scheduler {address}: nobody answers there ({error})") from None
    with client:
        yield client


def crew(client: Client) -> Crew:
    """The cluster's workers: Dask runs a lost worker's jobs again on another one, up to four times."""
    from distributed.scheduler import KilledWorker

    return Crew(
        start=lambda _workers: client.get_executor(),
        stop=lambda executor: executor.shutdown(wait=False),
        gives_up=(KilledWorker,),
    )


def as_named(job: PictureJob, outcome: Record | Failure) -> Record | Failure:
    """``outcome`` of `whole_paths` with the files as ``job`` names them."""
    if isinstance(outcome, Failure):
        return outcome
    named = zip(outcome.results, job.files, strict=True)
    return replace(outcome, results=tuple(replace(result, files=files) for result, files in named))


def workers(client: Client) -> int:
    """How many jobs the cluster can do at a time."""
    return max(sum(map(int, client.nthreads().values())), 1)


def whole_paths(job: PictureJob) -> PictureJob:
    """``job`` with paths that mean the same in every folder of every machine."""
    path = job.path if job.path.startswith(images.SAMPLE_PREFIX) else os.path.abspath(job.path)
    files = tuple(tuple(os.path.abspath(each) for each in paths) for paths in job.files)
    together = None if job.together is None else os.path.abspath(job.together)
    return replace(job, path=path, files=files, together=together)
