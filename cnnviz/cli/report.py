"""Running the jobs of one command and saying what came of them."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from cnnviz import kernels, outputs
from cnnviz.cli.options import OutputOptions
from cnnviz.cli.process import OUT_OF_MEMORY
from cnnviz.errors import CnnvizError, ShapeError, UsageError
from cnnviz.files import printable
from cnnviz.jobs import planning
from cnnviz.jobs.description import settings_text
from cnnviz.jobs.picture import predict, run
from cnnviz.jobs.records import PictureJob
from cnnviz.jobs.settings import Look
from cnnviz.render import lines
from cnnviz.render.results import Failure, Record, Result, document

if TYPE_CHECKING:
    from rich.console import Console

Setting = TypeVar("Setting")

_PROGRESS_AFTER: Final = 1.0  # seconds; shorter work needs no bar


def pictures_or_stdin(pictures: Sequence[str]) -> tuple[str, ...]:
    """The pictures named, or ``-`` when there are none and something is piped in.

    Raises
    ------
    UsageError
        On a terminal, where nobody would know that we wait for a picture to be typed.
    """
    if pictures:
        return tuple(pictures)
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("a picture is missing; name one (try sample:cat), or pipe one in")
    return ("-",)


def asked(kind: Callable[..., Setting], given: Mapping[str, Any]) -> Setting:
    """The setting that options come to; what is wrong with it whatever the picture is wrong usage.

    Raises
    ------
    UsageError
        In place of the setting's own error.
    """
    try:
        return kind(**given)
    except ShapeError as error:
        raise UsageError(str(error)) from None


def run_jobs(
    pictures: Sequence[str], template: PictureJob, options: OutputOptions, *, inputs: Iterable[str] = ()
) -> int:
    """Plan, check, run and report; the exit code: 0, or 1 when a picture failed.

    Raises
    ------
    UsageError, OutputError
        Before any work: results that would have one name, or be in the way of a file.
    """
    target = outputs.Target.parse(options.output, options.file_format)
    template = replace(
        template,
        look=Look(options.tone, options.colormap, target.format),
        max_pixels=options.max_pixels,
    )
    if target.stdout and sys.stdout.isatty():
        raise UsageError(
            "-o - writes a picture's bytes, which a terminal cannot show; pipe it on, or use --show"
        )
    jobs = planning.plan_jobs(pictures_or_stdin(pictures), template, target, sheet=options.sheet)
    if not options.dry_run:
        planning.check_outputs(jobs, inputs=inputs, force=options.force)
    results: list[Result] = []
    failures: list[Failure] = []
    with _progress(len(jobs)) as advance:
        for job in jobs:
            outcome = _attempt(job, options)
            if isinstance(outcome, Failure):
                failures.append(outcome)
                _say(outcome.image, outcome.error)
            else:
                results += outcome.results
                _say_notes(job, outcome, options)
            advance()
    _print(jobs[0], results, failures, options)
    return 1 if failures else 0


def _attempt(job: PictureJob, options: OutputOptions) -> Record | Failure:
    """One picture; what is wrong with it does not stop the others."""
    try:
        return predict(job) if options.dry_run else run(job, preview_columns=_preview_columns(options))
    except UsageError:
        raise
    except (CnnvizError, MemoryError) as error:
        if options.debug:
            traceback.print_exc()
        if isinstance(error, MemoryError):
            return Failure(job.image, OUT_OF_MEMORY)
        hint = "; to use several kernels, repeat -k" if job.image in kernels.names() else ""
        return Failure(job.image, f"{error}{hint}")


def _say(image: str, message: str) -> None:
    # Not click.echo, which would write past a progress bar, into it.
    print(f"cnnviz: {printable(image)}: {printable(message)}", file=sys.stderr)


def _say_notes(job: PictureJob, record: Record, options: OutputOptions) -> None:
    if options.quiet:
        return
    for note in record.notes:
        _say(job.image, note)
    for result in record.results:
        if result.verified is not None:
            _say(job.image, f"{result.kernel}: {result.verified}")
    if options.verbose:
        for result in record.results:
            if result.engine is not None:
                _say(job.image, f"{result.kernel}: engine {result.engine}")


@contextmanager
def _progress(count: int) -> Iterator[Callable[[], None]]:
    """A bar on stderr: on a terminal only, for more than one picture, and only once the work lasts."""
    if count < 2 or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    progress = Progress(console=Console(stderr=True), transient=True)
    task = progress.add_task("pictures", total=count)
    started = time.monotonic()

    def advance() -> None:
        if not progress.live.is_started and time.monotonic() - started > _PROGRESS_AFTER:
            progress.start()
        progress.advance(task)

    try:
        yield advance
    finally:
        progress.stop()


def _print(
    job: PictureJob, results: Sequence[Result], failures: Sequence[Failure], options: OutputOptions
) -> None:
    if options.as_json:
        click.echo(document(results, failures))
        return
    to_stderr = options.output == "-"
    stream = sys.stderr if to_stderr else sys.stdout
    if results and not options.quiet:
        if options.plain or not stream.isatty():
            click.echo("\n".join(["\t".join(lines.COLUMNS), *lines.plain(results)]), err=to_stderr)
        else:
            from cnnviz.render import tables

            console = _console(to_stderr)
            caption = lines.caption(results, settings_text(job))
            console.print(tables.table(results, console.width, caption=caption))
    if options.show:
        _preview(results, _console(to_stderr))


def _preview(results: Sequence[Result], console: Console) -> None:
    from cnnviz.render import preview

    for result in results:
        if result.preview is not None:
            maps = f" (map 0 of {result.output[0]})" if result.output[0] > 1 and len(result.files) > 1 else ""
            console.out(f"{printable(result.image)} {printable(result.made_by)}{maps}", highlight=False)
            preview.draw(result.preview, console)


def _preview_columns(options: OutputOptions) -> int:
    return min(_console(options.output == "-").width, 100) if options.show else 0


def _console(to_stderr: bool) -> Console:
    from rich.console import Console

    # Names are data: no markup, no emoji, no highlighting.
    return Console(stderr=to_stderr, markup=False, emoji=False, highlight=False)
