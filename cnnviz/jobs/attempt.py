"""One picture tried: what is wrong with it becomes a record of its own, and does not stop the others."""

from __future__ import annotations

import os
import traceback

from cnnviz import kernels
from cnnviz.errors import OUT_OF_MEMORY, CnnvizError, UsageError
from cnnviz.jobs.picture import predict, run
from cnnviz.jobs.records import PictureJob
from cnnviz.render.results import Failure, Record


def attempt(
    job: PictureJob, *, dry_run: bool = False, preview_columns: int = 0, debug: bool = False
) -> Record | Failure:
    """Do ``job`` (or only `predict` it), wherever this runs; ``debug`` prints the traceback of a failure.

    Raises
    ------
    UsageError
        For what is wrong with the command and not with the picture.
    """
    try:
        return predict(job) if dry_run else run(job, preview_columns=preview_columns)
    except UsageError:
        raise
    except (MemoryError, CnnvizError) as error:
        if debug:
            traceback.print_exc()
        known = isinstance(error, CnnvizError)
        return Failure(job.image, f"{error}{_hint(job.image)}" if known else OUT_OF_MEMORY)


def _hint(image: str) -> str:
    if image in kernels.names():
        return "; to use several kernels, repeat -k"
    if os.path.isdir(image):
        return "; --recursive takes the pictures in it"
    return ""
