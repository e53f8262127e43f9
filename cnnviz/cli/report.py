"""What is printed of a batch: lines as they come, or one table or document at the end."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from cnnviz.cli.options import OutputOptions
from cnnviz.cli.process import console, line_of
from cnnviz.files import printable
from cnnviz.jobs.description import settings_text
from cnnviz.jobs.records import PictureJob
from cnnviz.render import lines
from cnnviz.render.results import Failure, Record, Result, document, entries

if TYPE_CHECKING:
    from rich.console import Console


_MANY: Final = 10
"""Pictures from which a batch is summed up in a line."""


class Report:
    """Takes what comes of each picture, in order; ``skipped`` have results, ``others`` are no pictures."""

    def __init__(
        self, options: OutputOptions, template: PictureJob, *, skipped: int = 0, others: int = 0
    ) -> None:
        self.failed = 0
        self._options = options
        self._template = template
        self._skipped = skipped
        self._others = others
        self._done = self._tried = 0
        self._kept: list[Result] = []
        self._failures: list[Failure] = []
        self._to_stderr = options.output == "-"
        stream = sys.stderr if self._to_stderr else sys.stdout
        self._as_lines = not options.as_json and (options.plain or not stream.isatty())

    def take(self, image: str, outcome: Record | Failure) -> None:
        """Say what there is to say at once."""
        self._tried += 1
        if isinstance(outcome, Failure):
            self.fail(outcome)
            return
        self._print_json(outcome)
        self._say_notes(image, outcome)
        self._print_lines(outcome.results)
        self._done += 1
        if self._options.as_json or self._options.show or not self._as_lines:
            self._kept += outcome.results

    def fail(self, failure: Failure) -> None:
        """Count and say what could not be done; of a folder it is none of the pictures."""
        self.failed += 1
        self._failures.append(failure)
        self._print_json(failure)
        say(failure.image, failure.error)

    def close(self, planned: int, seconds: float) -> None:
        """Print what had to wait for the end: a document, a table, previews, a summary."""
        if self._options.as_json:
            click.echo(document(self._kept, self._failures))
        elif self._kept and not (self._as_lines or self._options.quiet or self._options.ndjson):
            from cnnviz.render import tables

            out = console(to_stderr=self._to_stderr)
            caption = lines.caption(self._kept, settings_text(self._template))
            out.print(tables.table(self._kept, out.width, caption=caption))
        if self._options.show:
            _preview(self._kept, console(to_stderr=self._to_stderr))
        if not self._options.quiet and (planned >= _MANY or self._skipped or self._others):
            print(f"cnnviz: {self._summary(planned, seconds)}", file=sys.stderr)

    def _print_json(self, outcome: Record | Failure) -> None:
        if self._options.ndjson:
            click.echo("\n".join(entries(outcome)))  # flushed

    def _print_lines(self, results: Sequence[Result]) -> None:
        options = self._options
        if not self._as_lines or options.quiet or options.ndjson:
            return
        header = [] if self._done else ["\t".join(lines.columns(results))]
        click.echo("\n".join([*header, *lines.plain(results)]), err=self._to_stderr)

    def _summary(self, planned: int, seconds: float) -> str:
        some = f"{self._done} of {planned} picture{'s' * (planned != 1)} done"
        parts = [some if planned or not self._skipped else "nothing left to do"]
        parts += [f"{self.failed} failed"] * bool(self.failed)
        left = planned - self._tried
        parts += [f"{left} not tried after the first failure (--fail-fast)"] * (left > 0)
        parts += [f"{self._skipped} skipped (their results exist)"] * bool(self._skipped)
        parts += [f"{self._others} other file{'s' * (self._others > 1)} left out"] * bool(self._others)
        rate = f", {self._done / seconds:.1f} a second" if self._done > 1 and seconds > 0 else ""
        return f"{', '.join(parts)}; {seconds:.1f} s{rate}"

    def _say_notes(self, image: str, record: Record) -> None:
        if self._options.quiet:
            return
        for note in record.notes:
            say(image, note)
        for result in record.results:
            if result.verified is not None:
                say(image, f"{result.kernel}: {result.verified}")
        if self._options.verbose:
            for result in record.results:
                if result.engine is not None:
                    say(image, f"{result.kernel}: engine {result.engine}")


def say(image: str, message: str) -> None:
    """One line on standard error about one picture."""
    tell(f"{image}: {message}")


def tell(line: str) -> None:
    """One line on standard error."""
    # Not click.echo, which would write past a progress bar, into it.
    print(line_of(line), file=sys.stderr)


def _preview(results: Sequence[Result], out: Console) -> None:
    from cnnviz.render import preview

    for result in results:
        if result.preview is not None:
            maps = f" (map 0 of {result.output[0]})" if result.output[0] > 1 and len(result.files) > 1 else ""
            out.out(f"{printable(result.image)} {printable(result.made_by)}{maps}", highlight=False)
            preview.draw(result.preview, out)


def preview_columns(options: OutputOptions) -> int:
    """How wide previews are; 0 for none."""
    return min(console(to_stderr=options.output == "-").width, 100) if options.show else 0
