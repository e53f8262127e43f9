"""A bar on standard error while work lasts."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

_AFTER: Final = 1.0  # seconds; shorter work needs no bar


class Progress:
    """What is done of ``count`` things (``word`` says which), the rate, the time that remains and failures.

    On a terminal only, for more than one, and only once the work lasts.
    """

    def __init__(self, count: int, word: str = "pictures") -> None:
        self._count = count
        self._word = word
        self._done = 0
        self._started = time.monotonic()
        self._bar: tuple[Bar, TaskID] | None = None
        self._wanted = count > 1 and sys.stderr.isatty()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar[0].stop()

    def advance(self, *, failed: int = 0) -> None:
        """One more is done; ``failed`` of all so far could not be."""
        self._done += 1
        seconds = time.monotonic() - self._started
        if not self._wanted or seconds < _AFTER:
            return
        if self._bar is None:
            self._bar = self._start()
        bar, task = self._bar
        rate, failures = f"{self._done / seconds:.1f} a second", f", {failed} failed" if failed else ""
        bar.update(task, completed=self._done, rate=rate, failures=failures)

    def _start(self) -> tuple[Bar, TaskID]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        bar = Bar(
            TextColumn(self._word),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}{task.fields[failures]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        bar.start()
        return bar, bar.add_task(self._word, total=self._count, rate="", failures="")
