"""How the maps of one operator are shown: the tone that fits them, and their colours."""

from __future__ import annotations

from typing import Final

import numpy as np

from cnnviz import colormaps
from cnnviz.images import Picture
from cnnviz.jobs.records import PictureJob
from cnnviz.jobs.settings import Array
from cnnviz.kernels import Operator
from cnnviz.render import tone
from cnnviz.render.drawing import Drawing

_WHITE: Final = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535}


def draw(job: PictureJob, operator: Operator | None, maps: Array, pixels: Array, *, color: bool) -> Drawing:
    """``maps`` as the job wants them seen; ``pixels`` are what they were made from."""
    fitted = _fit_tone(job, operator, maps, pixels)
    if color or job.look.colormap == "gray":
        return Drawing(maps, fitted, color=color)
    colormap = colormaps.choose(job.look.colormap, symmetric=fitted.kind == "symmetric")
    return Drawing(maps, fitted, colormap.palette)


def picture_itself(picture: Picture) -> Drawing:
    """The picture in its own colours (of an array, its first channel)."""
    pixels = picture.pixels("stored")
    white = _WHITE.get(pixels.dtype)
    fitted = tone.fit(pixels, None if white is None else "clip", white=white or 1)
    return Drawing(pixels if picture.is_color else pixels[:1], fitted, color=picture.is_color)


def _fit_tone(job: PictureJob, operator: Operator | None, maps: Array, pixels: Array) -> tone.Tone:
    """The tone that was asked for; for ``auto`` decided by kernel and activation where they tell."""
    white = _WHITE.get(pixels.dtype, 1 if pixels.dtype.kind == "f" else 255)
    are_pixels = pixels.dtype in _WHITE
    asked: tone.Kind | tuple[float, float] | None
    if job.look.tone != "auto":
        asked = job.look.tone
    elif operator is None:
        asked = "clip" if are_pixels else None  # pixels that are only pooled stay as they are
    elif operator.combine in ("max", "sum") and (job.activation is None or not job.activation.nonnegative):
        # What kernels of both signs join to, only the values tell: the compass operator is never negative.
        asked = "abs" if tone.extremes(maps)[0] >= 0 else "symmetric"
    else:
        magnitude = operator.combine == "magnitude" and not any(job.convolution.bias)
        asked = tone.automatic(
            nonnegative=magnitude or (job.activation is not None and job.activation.nonnegative),
            kernel_sum=_sum(operator),
            pixels=are_pixels and job.activation is None and job.convolution.channels != "sum",
        )
    return tone.fit(maps, asked, white=white)


def _sum(operator: Operator) -> int | None:
    """0 or 1 when the coefficients of its only kernel add up to that, within rounding."""
    weight = operator.kernels[0].weight
    if operator.combine is not None or weight.ndim != 2:
        return None
    total, size = float(weight.sum()), float(np.abs(weight).sum())
    return next((known for known in (0, 1) if abs(total - known) <= 1e-6 * size), None)
