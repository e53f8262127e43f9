"""Running the jobs of one command: which pictures, by whom, and one line for each that failed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Final

from cnnviz import outputs
from cnnviz.cli.options import OutputOptions
from cnnviz.cli.progress import Progress
from cnnviz.cli.report import Report, preview_columns
from cnnviz.errors import UsageError
from cnnviz.jobs import planning
from cnnviz.jobs.attempt import attempt
from cnnviz.jobs.gathering import Gathered, gather, listed, shard
from cnnviz.jobs.records import PictureJob
from cnnviz.jobs.settings import Look
from cnnviz.ops.threads import cores
from cnnviz.render.results import Failure, Record

_PICTURES_FOR_WORKERS: Final = 8
"""Fewer are done before worker processes have started (40 ms, a small picture takes 5 to 15)."""


def run_jobs(
    pictures: Sequence[str], template: PictureJob, options: OutputOptions, *, inputs: Iterable[str] = ()
) -> int:
    """Plan, check, run and report; the exit code: 0, or 1 when a picture failed.

    Raises
    ------
    UsageError, OutputError
        Before any work: results that would have one name, or be in the way of a file.
    """
    started = time.monotonic()
    target = outputs.Target.parse(options.output, options.file_format)
    if target.stdout and sys.stdout.isatty():
        raise UsageError(
            "-o - writes a picture's bytes, which a terminal cannot show; pipe it on, or use --show"
        )
    template = replace(
        template,
        look=Look(options.tone, options.colormap, target.format),
        max_pixels=options.max_pixels,
        frame=options.batch.frame,
        tell_engine=options.verbose,
    )
    gathered = _gathered(pictures, options, target)
    jobs = planning.plan_jobs(gathered.pictures, template, target, sheet=options.sheet)
    if options.batch.recursive:
        jobs = planning.without_own_results(jobs)
        if not jobs and not gathered.unreadable:
            raise UsageError(f"there is no picture in {', '.join(pictures)}")
    if options.batch.shard is not None:  # after that: all machines have to share the same list
        jobs = shard(jobs, *options.batch.shard)
    there = len(jobs)
    if options.batch.skip_existing:
        jobs = planning.new_only(jobs)
    if not options.dry_run:
        planning.check_outputs(jobs, inputs=inputs, force=options.force)
    report = Report(options, template, skipped=there - len(jobs), others=gathered.others)
    for folder, reason in gathered.unreadable:
        report.fail(Failure(folder, reason))
    with Progress(len(jobs)) as progress, closing(_outcomes(jobs, options)) as outcomes:
        # The outcomes first: asked once more than there are jobs, they end in good order.
        for outcome, job in zip(outcomes, jobs, strict=False):
            report.take(job.image, outcome)
            progress.advance(failed=report.failed)
            if report.failed and options.batch.fail_fast:
                break
    report.close(len(jobs), time.monotonic() - started)
    return 1 if report.failed else 0


def _gathered(pictures: Sequence[str], options: OutputOptions, target: outputs.Target) -> Gathered:
    batch = options.batch
    if batch.recursive and not target.makes_folders:
        raise UsageError("--recursive keeps the tree of folders; give -o a folder (ending in /)")
    given = list(pictures)
    for source in batch.files_from:
        given += listed(source, null=batch.null)
    if not given:
        given = [_standard_input()]
    return gather(given, recursive=batch.recursive, avoid=target.template if batch.recursive else None)


def _standard_input() -> str:
    """``-``, where something is piped in; on a terminal nobody would know that we wait for a picture."""
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("a picture is missing; name one (try sample:cat), or pipe one in")
    return "-"


def _outcomes(jobs: Sequence[PictureJob], options: OutputOptions) -> Generator[Record | Failure]:
    """What comes of the jobs, in their order, done here, by worker processes or by a cluster."""
    work = partial(
        attempt, dry_run=options.dry_run, preview_columns=preview_columns(options), debug=options.debug
    )
    # Standard streams are this process's own.
    here = options.dry_run or any("-" in (job.path, *planning.output_paths(job)) for job in jobs)
    if options.batch.scheduler is not None and not here:
        yield from _on_cluster(jobs, work, options.batch.scheduler, options.batch.jobs or cores())
        return
    few = 1 if len(jobs) < _PICTURES_FOR_WORKERS else cores()
    workers = min(options.batch.jobs or few, len(jobs))
    if workers < 2 or here:
        yield from map(work, jobs)
        return
    from cnnviz.jobs import pool  # multiprocessing: 15 ms

    if not pool.possible():
        yield from map(work, jobs)
        return
    with closing(pool.outcomes(jobs, partial(pool.on_one_core, work), workers, pool.PROCESSES)) as outcomes:
        yield from outcomes


def _on_cluster(
    jobs: Sequence[PictureJob], work: Callable[[PictureJob], Record | Failure], address: str, workers: int
) -> Generator[Record | Failure]:
    from cnnviz.jobs import cluster, pool

    with cluster.connected(address, workers) as client:
        whole = [cluster.whole_paths(job) for job in jobs]
        done_by = cluster.crew(client)
        found = pool.outcomes(whole, partial(pool.on_one_core, work), cluster.workers(client), done_by)
        with closing(found) as outcomes:
            for job, outcome in zip(jobs, outcomes, strict=True):
                yield cluster.as_named(job, outcome)
