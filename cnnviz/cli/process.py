"""The process: its streams, the signals that end it, and how it passes them on."""

from __future__ import annotations

import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Final

from cnnviz.files import printable

if TYPE_CHECKING:
    from rich.console import Console

_LONGEST: Final = 8000
"""Characters of a line on standard error: any path fits, a name of a megabyte out of a file does not."""

_AGAIN: Final = 0.01
"""Seconds until a signal comes again that came where Python passes over exceptions."""


class Stopped(BaseException):
    """A signal asked us to end; raised so that half-written files are cleaned up on the way out."""

    def __init__(self, number: int) -> None:
        self.number = number


@contextmanager
def signals() -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into `Stopped`; one that is ignored (``nohup``) stays so.

    One that comes inside a finalizer or a callback, as any import has them, is sent again: Python would print
    a traceback there, and go on.
    """
    report = sys.unraisablehook

    def stop(number: int, _frame: FrameType | None) -> None:
        raise Stopped(number)

    def passed_over(what: sys.UnraisableHookArgs) -> None:
        if not isinstance(what.exc_value, Stopped):
            report(what)
            return
        # A little later, since this is such a callback too.
        timer = threading.Timer(_AGAIN, os.kill, (os.getpid(), what.exc_value.number))
        timer.daemon = True
        timer.start()

    before = {}
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, stop)
    sys.unraisablehook = passed_over
    try:
        yield
    finally:
        sys.unraisablehook = report
        for number, handler in before.items():
            signal.signal(number, handler)


def prepare_streams() -> None:
    """Make standard output and error such that no text can fail on them, only the system.

    After ``>&-`` or ``2>&-`` Python has no stream at all, and the next file would become stdout or stderr.
    Writing to a standard output that is closed fails, as to a full disk; what stderr would say goes nowhere.
    """
    if sys.stdout is None:
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")  # noqa: SIM115  # until we end
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  # until we end
    if isinstance(sys.stdout, io.TextIOWrapper):
        # As stderr does from the start: letters that the encoding lacks are escaped.
        sys.stdout.reconfigure(errors="backslashreplace")


def console(*, to_stderr: bool = False, soft_wrap: bool = False) -> Console:
    """Standard output or error as Rich prints to it; where ``soft_wrap``, lines are not cut."""
    from rich.console import Console

    # Names are data: no markup, no emoji, no highlighting.
    return Console(stderr=to_stderr, soft_wrap=soft_wrap, markup=False, emoji=False, highlight=False)


def line_of(message: str) -> str:
    """``message`` as one line of standard error; the middle of a very long one is left out."""
    line = printable(message)
    if len(line) > _LONGEST:
        line = f"{line[: _LONGEST // 2]} ... {line[-_LONGEST // 2 :]}"
    return f"cnnviz: {line}"


def die_of(number: int) -> int:
    """Die of signal ``number`` itself; where that cannot be, the exit code a shell would give it."""
    if os.name == "posix":
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    return 128 + number


def silence_stdout() -> None:
    """Let the interpreter's last flush go nowhere: it would fail again, with a message of its own."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
