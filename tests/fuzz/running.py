"""One mutated thing through the command: allowed are a result, or a line that says why, with exit 1 or 2."""

from __future__ import annotations

import io
import os
import random
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from types import FrameType

from cnnviz.cli.main import main
from cnnviz.images import opening
from tests.fuzz import seeds
from tests.fuzz.graphs import shaken

SECONDS = 10
"""The longest that anything may take."""


class TooSlow(BaseException):
    """Raised in whatever takes too long."""


def mutated_file(name: str, data: bytes, values: random.Random) -> bytes:
    """``data`` of the file ``name`` mutated; a model byte by byte, or as a graph."""
    if name.endswith(".onnx") and values.randrange(2):
        return shaken(data, values)
    return mutated(data, values)


def mutated(data: bytes, values: random.Random) -> bytes:
    """``data`` with a few bytes changed, taken out, put in, doubled or cut off."""
    result = bytearray(data)
    for _ in range(values.choice([1, 1, 2, 4, 8])):
        # Headers are where it hurts.
        place = values.randrange(values.choice([len(result), min(len(result), 64)]) or 1)
        match values.randrange(6):
            case 0 | 1:
                result[place : place + 1] = bytes([values.randrange(256)])
            case 2:
                del result[place : place + values.randrange(1, 6)]
            case 3:
                result[place:place] = values.randbytes(values.randrange(1, 4))
            case 4:
                result[place:place] = result[place : place + values.randrange(1, 40)]
            case 5:
                result[place : place + 4] = values.choice(
                    [b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4), b"\x80\0\0\0"]
                )
    return bytes(result[: values.choice([len(result)] * 9 + [len(result) // 2])])


def commands(name: str, path: str) -> list[list[str]]:
    """What is done with a file that is used as ``name`` says."""
    kind = name.partition(".")[0]
    if kind == "picture":
        return [
            ["convolve", path, "-k", "sobel-x", "-o", "out.png", "-f", "--json"],
            ["pool", path, "--size", "2", "-o", "out.webp", "-f", "-n"],
            ["explain", path, "-k", "sobel-x", "--json"],
            ["learn", path, "--target", "sobel-x", "--steps", "2", "--json"],
        ]
    if kind == "map":
        return [["learn", "sample:step", "--target-map", path, "--steps", "2", "--json"]]
    if kind == "kernel":
        return [["kernels", "show", path], ["convolve", "sample:step", "-k", path, "-o", "out.npy", "-f"]]
    small = ["--size", "8", "--layers", "all", "-f", "-o", "out"]
    if kind == "weights":
        return [
            ["run", *seeds.WEIGHED, *small, "--weights", path],
            ["kernels", "show", f"{path}:conv1.weight"],
        ]
    if kind == "labels":
        return [["run", "shapes-net", "sample:step", *small, "--labels", path]]
    run = ["run", path, "sample:step", *small]
    return [["shapes", path, "--why"], run, *([[*run, "--backend", "own"]] if name.endswith(".onnx") else [])]


def texts(values: random.Random) -> list[str]:
    """A command with a mutated text: a chain, a kernel as one writes it, an option."""

    def changed(text: str) -> str:
        return mutated(text.encode(), values).decode("utf-8", "surrogateescape").replace("\0", "")

    match values.randrange(4):
        case 0:
            return ["shapes", *changed(values.choice(seeds.CHAINS)).split()]
        case 1:
            return ["kernels", "show", changed(values.choice(seeds.EXPRESSIONS))]
        case 2:
            *words, last = shlex.split(values.choice(seeds.LESSONS))
            return [*words, changed(last)]
    option, value = shlex.split(values.choice(seeds.OPTIONS))
    return ["convolve", "sample:step", "-k", "box", "-f", "-n", option, changed(value)]


def problem(args: list[str], *, is_good: bool = False) -> str | None:
    """What is wrong with how the command takes ``args``; None when it does as it should."""
    out, err = io.StringIO(), io.StringIO()
    code: int | str
    try:
        with redirect_stdout(out), redirect_stderr(err), _alarm(), _inflating(args):
            code = main(args)
    except TooSlow:
        return f"took more than {SECONDS} s"
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is what we look for
        return f"{type(error).__name__}: {error}"
    said = err.getvalue()
    if code not in ((0,) if is_good else (0, 1, 2)):
        return f"exit code {code}"
    if "internal error" in said or "Traceback" in said:
        return said
    if code and not said.startswith("cnnviz: "):
        return f"exit code {code} without a line that says why: {said!r}"
    if "\x1b" in said + out.getvalue():
        return "an escape sequence came through"
    return None


@contextmanager
def _inflating(args: list[str]) -> Iterator[None]:
    """Have pictures of that name inflated by us, as only large ones are otherwise."""
    before = opening._WORTH_INFLATING
    if any("picture.inflated" in arg for arg in args):
        opening._WORTH_INFLATING = 0
    try:
        yield
    finally:
        opening._WORTH_INFLATING = before


@contextmanager
def _alarm() -> Iterator[None]:
    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Work in ``folder``."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def report(text: str) -> None:
    """Say ``text`` at once."""
    print(text, file=sys.stderr, flush=True)
