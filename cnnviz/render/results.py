"""What a command has to show for each picture, and the one document that ``--json`` prints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from numpy.typing import NDArray

from cnnviz.render.schema import json_line
from cnnviz.render.tone import Tone

Shape: TypeAlias = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Result:
    """The maps of one kernel: shapes (C, H, W), the range of values, the tone, and the files written."""

    image: str
    op: str
    kernel: str | None
    input: Shape
    output: Shape
    files: tuple[str, ...]
    pooling: str | None = None
    engine: str | None = None
    verified: str | None = None
    range: tuple[float, float] | None = None
    tone: Tone | None = None
    preview: NDArray[Any] | None = None  # (rows, columns, 3), an even number of rows

    @property
    def made_by(self) -> str:
        """The kernel; of pooling alone, the pooling."""
        return self.kernel or self.pooling or self.op


@dataclass(frozen=True, eq=False)
class Record:
    """All results of one picture, and what the user should know about it."""

    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """A picture that could not be done, and why."""

    image: str
    error: str


def document(results: Iterable[Result], failures: Iterable[Failure]) -> str:
    """The results as one JSON document, one line.

    >>> document([], [Failure("x.png", "file is empty")])
    '{"schema": 1, "results": [], "failed": [{"image": "x.png", "error": "file is empty"}]}'
    """
    failed = [_failed(failure) for failure in failures]
    return json_line({"results": [_entry(result) for result in results], "failed": failed})


def entries(outcome: Record | Failure) -> list[str]:
    """The results of one picture, or its failure, as JSON lines with the keys of `document`.

    >>> entries(Failure("x.png", "file is empty"))
    ['{"schema": 1, "image": "x.png", "error": "file is empty"}']
    """
    found = [_failed(outcome)] if isinstance(outcome, Failure) else map(_entry, outcome.results)
    return [json_line(entry) for entry in found]


def _failed(failure: Failure) -> dict[str, Any]:
    return {"image": failure.image, "error": failure.error}


def _entry(result: Result) -> dict[str, Any]:
    tone = result.tone
    return {
        "image": result.image,
        "op": result.op,
        "kernel": result.kernel,
        "input": result.input,
        "output": result.output,
        "range": result.range,
        "tone": tone
        and {"kind": tone.kind, "low": tone.low, "high": tone.high, "clipped": round(tone.clipped, 6)},
        "files": result.files,
        **({} if result.verified is None else {"verified": result.verified}),
    }
