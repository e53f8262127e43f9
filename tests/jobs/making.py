"""Jobs as the command line would make them, on small pictures of noise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cnnviz.jobs.gathering import Found
from cnnviz.jobs.planning import plan_jobs
from cnnviz.jobs.records import PictureJob
from cnnviz.jobs.settings import Activation, Convolution, Look, Pooling
from cnnviz.kernels import read
from cnnviz.kernels.kernel import Combine
from cnnviz.outputs import Target

Array = NDArray[Any]

COLOURS = np.random.default_rng(11).integers(0, 256, (13, 17, 3), np.uint8)
GREY = np.random.default_rng(12).integers(0, 256, (12, 15), np.uint8)


def make_job(
    picture: str,
    kernels: Sequence[str] = ("sobel-x",),
    *,
    output: Path | str | None = None,
    file_format: str | None = None,
    combine: Combine | None = None,
    activation: Any = None,
    pooling: Pooling | None = None,
    tone: Any = "auto",
    colormap: str = "gray",
    sheet: bool = False,
    max_pixels: int = 10**6,
    **convolution: Any,
) -> PictureJob:
    """The job of one picture; no kernel is a pooling."""
    template = PictureJob(
        image="",
        path="",
        operators=read(kernels, combine) if kernels else (),
        convolution=Convolution(**convolution),
        activation=activation and Activation(activation),
        pooling=pooling,
        look=Look(tone, colormap),
        files=(),
        max_pixels=max_pixels,
    )
    target = Target.parse(None if output is None else str(output), file_format)
    return plan_jobs([Found(picture)], template, target, sheet=sheet)[0]
