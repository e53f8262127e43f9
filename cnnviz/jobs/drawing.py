"""How the maps of one result are shown: the tone that fits, colours, notes in the file, tiles of a sheet."""

from __future__ import annotations

import json
import os
from typing import Final, cast

import numpy as np

from cnnviz import __version__, colormaps
from cnnviz.geometry import Padding, Pair
from cnnviz.images import Picture
from cnnviz.jobs.records import PictureJob
from cnnviz.jobs.settings import Array
from cnnviz.kernels import Operator
from cnnviz.render import contact_sheet, formats, tone
from cnnviz.render.lines import shape_text
from cnnviz.render.results import Result

_WHITE: Final = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535}


def fit_tone(job: PictureJob, operator: Operator | None, maps: Array, pixels: Array) -> tone.Tone:
    """The tone that was asked for; for ``auto`` decided by kernel and activation where they tell."""
    white = _WHITE.get(pixels.dtype, 1 if pixels.dtype.kind == "f" else 255)
    are_pixels = pixels.dtype in _WHITE
    asked: tone.Kind | tuple[float, float] | None
    if job.look.tone != "auto":
        asked = job.look.tone
    elif operator is None:
        asked = "clip" if are_pixels else None  # pixels that are only pooled stay as they are
    else:
        asked = tone.automatic(
            nonnegative=operator.combine == "magnitude"
            or (job.activation is not None and job.activation.nonnegative),
            kernel_sum=_sum(operator),
            pixels=are_pixels and job.activation is None and job.convolution.channels != "sum",
        )
    return tone.fit(maps, asked, white=white)


def palette(job: PictureJob, fitted: tone.Tone, *, color: bool) -> bytes | None:
    """The colours of the codes; None for grey, and for a picture that has colours of its own."""
    if color or job.look.colormap == "gray":
        return None
    return colormaps.choose(job.look.colormap, symmetric=fitted.kind == "symmetric").palette


def colors(job: PictureJob, fitted: tone.Tone, maps: Array, *, color: bool) -> Array:
    """The first map as one sees it, (H, W, 3)."""
    if color:
        return _plane(tone.encode(maps, fitted))
    table = colormaps.choose(job.look.colormap, symmetric=fitted.kind == "symmetric").palette
    return formats.colored(tone.encode(maps[0], fitted), table)


def notes(job: PictureJob, operator: Operator | None, fitted: tone.Tone) -> dict[str, str]:
    """What a PNG says about itself: enough to turn its codes back into values, and no path."""
    scale = {"kind": fitted.kind, "low": fitted.low, "high": fitted.high, "codes": fitted.codes}
    text = {"Software": f"cnnviz {__version__}", "cnnviz:tone": json.dumps(scale)}
    if operator is not None:
        done = job.convolution
        text["cnnviz:kernel"] = os.path.basename(operator.name)
        text["cnnviz:stride"] = _pair(done.stride)
        text["cnnviz:padding"] = f"{padding_text(done.padding)} {done.padding_mode}"
        text["cnnviz:dilation"] = _pair(done.dilation)
        text["cnnviz:channels"] = done.channels
    if job.activation is not None:
        text["cnnviz:activation"] = job.activation.name
    if job.pooling is not None:
        text["cnnviz:pool"] = job.pooling.slug
    return text


def tiles(
    job: PictureJob, result: Result, fitted: tone.Tone, maps: Array, *, color: bool
) -> list[contact_sheet.Tile]:
    """One tile for each map, reduced, so that a sheet of many maps of a large picture stays small."""
    table = palette(job, fitted, color=color)
    label = result.kernel or "pooled"
    if color:
        plane = _plane(tone.encode(maps, fitted))
        return [contact_sheet.Tile(label, shape_text(result.output), contact_sheet.reduce(plane), fitted)]
    return [
        contact_sheet.Tile(
            label if len(maps) == 1 else f"{label} {index}",
            shape_text((1, *result.output[1:])),
            contact_sheet.reduce(tone.encode(each, fitted)),
            fitted,
            table,
        )
        for index, each in enumerate(maps)
    ]


def picture_tile(picture: Picture, name: str) -> contact_sheet.Tile:
    """The picture itself, in its colours."""
    pixels = picture.pixels("stored")
    white = _WHITE.get(pixels.dtype)
    fitted = tone.fit(pixels, None if white is None else "clip", white=white or 1)
    codes = tone.encode(pixels if picture.is_color else pixels[:1], fitted)
    plane = _plane(codes) if picture.is_color else codes[0]
    return contact_sheet.Tile(name, shape_text(pixels.shape), contact_sheet.reduce(plane))


def settings_text(job: PictureJob) -> str:
    """The settings that all maps share, in one line."""
    parts = []
    if job.operators:
        done = job.convolution
        padding = padding_text(done.padding)
        parts += [f"stride {_pair(done.stride)}"]
        parts += [
            f"padding {padding} ({done.padding_mode})" if padding not in ("0", "valid") else "no padding"
        ]
        parts += [f"dilation {_pair(done.dilation)}"] if done.dilation != (1, 1) else []
        parts += ["kernel flipped"] if done.flip else []
    parts += [job.activation.name] if job.activation else []
    parts += [f"pool {job.pooling.slug}"] if job.pooling else []
    return ", ".join(parts)


def _plane(codes: Array) -> Array:
    return np.ascontiguousarray(codes.transpose(1, 2, 0))


def _sum(operator: Operator) -> int | None:
    """0 or 1 when the coefficients of its only kernel add up to that, within rounding."""
    weight = operator.kernels[0].weight
    if operator.combine is not None or weight.ndim != 2:
        return None
    total, size = float(weight.sum()), float(np.abs(weight).sum())
    return next((known for known in (0, 1) if abs(total - known) <= 1e-6 * size), None)


def padding_text(padding: Padding) -> str:
    """A padding as one would write it behind ``--padding``.

    >>> [padding_text(padding) for padding in ((1, 1), (1, 2), ((1, 2), (3, 4)), "same")]
    ['1', '1x2', '1,2,3,4', 'same']
    """
    if isinstance(padding, str | int):
        return str(padding)
    (first, second) = padding
    if isinstance(first, int) and isinstance(second, int):
        return _pair((first, second))
    return ",".join(str(amount) for side in padding for amount in cast("Pair", side))


def _pair(pair: Pair) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}x{pair[1]}"
