"""One picture tried: what is wrong with it becomes a record of its own, and does not stop the others."""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from typing import TypeVar

from cnnviz import kernels
from cnnviz.errors import OUT_OF_MEMORY, CnnvizError, UsageError
from cnnviz.jobs.picture import predict, run
from cnnviz.jobs.records import PictureJob
from cnnviz.render.results import Failure, Record

_Result = TypeVar("_Result")


def caught(work: Callable[[], _Result], *, memory: str, debug: bool = False) -> _Result | CnnvizError:
    """What ``work`` returns, or what was wrong with its picture; ``memory`` is said where that ran out.

    ``debug`` prints the traceback of a failure.

    Raises
    ------
    UsageError
        For what is wrong with the command and not with the picture.
    """
    try:
        return work()
    except UsageError:
        raise
    except (MemoryError, CnnvizError) as error:
        if debug:
            traceback.print_exc()
        return error if isinstance(error, CnnvizError) else CnnvizError(memory)


def attempt(
    job: PictureJob, *, dry_run: bool = False, preview_columns: int = 0, debug: bool = False
) -> Record | Failure:
    """Do ``job`` (or only `predict` it), wherever this runs; `caught` says the rest."""

    def work() -> Record:
        return predict(job) if dry_run else run(job, preview_columns=preview_columns)

    done = caught(work, memory=OUT_OF_MEMORY, debug=debug)
    return Failure(job.image, f"{done}{_hint(job.image)}") if isinstance(done, CnnvizError) else done


def _hint(image: str) -> str:
    if image in kernels.names():
        return "; to use several kernels, repeat -k"
    if os.path.isdir(image):
        return "; --recursive takes the pictures in it"
    return ""
