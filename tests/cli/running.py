"""What a run of the command leaves, and second opinions on it. Nothing here comes from cnnviz."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tests import oracles

Array: TypeAlias = NDArray[Any]

SAMPLES = Path(__file__).parents[2] / "sample_images"
SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])

COLORS = np.random.default_rng(7).integers(0, 256, (13, 17, 3), dtype=np.uint8)
"""A small colour picture of noise, and its brightness as Pillow has it."""

GRAY: NDArray[np.int64] = np.asarray(Image.fromarray(COLORS).convert("L"), np.int64)

INLINE = "1 -2 3; 0 4 -5"
"""A kernel without any symmetry, as one writes it on the command line."""

KERNEL = np.array([[1, -2, 3], [0, 4, -5]])


@dataclass(frozen=True)
class Ran:
    """The exit code (negative: the signal it died of), standard output and standard error."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def out(self) -> str:
        return self.stdout.decode("utf-8")

    @property
    def err(self) -> str:
        return self.stderr.decode("utf-8")

    @property
    def table(self) -> list[dict[str, str]]:
        """The rows of the table on standard output, by the names of their columns."""
        return table_of(self.out)

    @property
    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.stdout)
        return document


class Run(Protocol):
    """``stdin``: what is piped in, None a terminal; with ``columns`` output is a terminal as wide as that."""

    def __call__(self, *args: str, stdin: bytes | None = b"", columns: int = 0) -> Ran: ...


class Values(Protocol):
    """The exact maps (F, H, W) of the small picture under a kernel and the given arguments."""

    def __call__(self, *args: str, image: str = ..., kernel: str = ...) -> Array: ...


class Start(Protocol):
    """As `subprocess.Popen`; every stream is a pipe unless given."""

    def __call__(
        self, *args: str, env: Mapping[str, str] | None = None, **given: Any
    ) -> subprocess.Popen[bytes]: ...


class Shell(Protocol):
    """A line of shell, with ``cnnviz`` on its path; keywords are variables of its environment."""

    def __call__(self, line: str, **env: str) -> Ran: ...


class OnTerminal(Protocol):
    """The exit code, and everything that was shown on the terminal."""

    def __call__(
        self, *args: str, columns: int = 80, env: Mapping[str, str] | None = None
    ) -> tuple[int, str]: ...


def table_of(text: str) -> list[dict[str, str]]:
    head, *rows = (line.split("\t") for line in text.removesuffix("\n").split("\n"))
    return [dict(zip(head, row, strict=True)) for row in rows]


def unstyled(text: str) -> str:
    """``text`` without the colours a terminal would show it in."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def pixels(picture: Path | str | bytes) -> Array:
    """A picture's stored values, by Pillow; of a palette picture its colours."""
    with Image.open(io.BytesIO(picture) if isinstance(picture, bytes) else picture) as opened:
        return np.asarray(opened.convert("RGB") if opened.mode == "P" else opened)


def text_of(picture: Path) -> dict[str, str]:
    """What a PNG says about itself, by Pillow."""
    with Image.open(picture) as opened:
        opened.load()
        return {str(key): str(value) for key, value in opened.info.items()}


def correlated(x: Array, **given: Any) -> Array:
    """One channel (H, W) under KERNEL, as SciPy and NumPy's padding have it: (1, H, W)."""
    maps: Array = oracles.scipy_conv2d(x[np.newaxis, np.newaxis], KERNEL[np.newaxis, np.newaxis], **given)[0]
    return maps


def brightness(name: str) -> NDArray[np.int64]:
    """A sample as Pillow's integer L, in a type that does not overflow."""
    with Image.open(SAMPLES / f"{name}.png") as picture:
        return np.asarray(picture.convert("L"), np.int64)


def channels(name: str) -> NDArray[np.int64]:
    """A sample's red, green and blue: (3, H, W)."""
    with Image.open(SAMPLES / f"{name}.png") as picture:
        return np.asarray(picture.convert("RGB"), np.int64).transpose(2, 0, 1)


def png(values: Array) -> bytes:
    """The bytes of a PNG with these values, by Pillow."""
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG")
    return buffer.getvalue()


def npy(values: Array) -> bytes:
    """The bytes of an NPY file with these values."""
    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


def files(folder: Path) -> set[str]:
    """The names of everything in ``folder``, hidden or not, but what the fixtures put there."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir())
    return {str(path) for path in found if path.parts[0] != ".bin"}


def running_in(folder: Path) -> list[str]:
    """Processes that were started there and live on, where the system tells."""
    left = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if os.readlink(process / "cwd") == str(folder):
                left.append((process / "cmdline").read_text())
    return left
