"""What was done, in words: below a table, on a sheet, in the notes of a PNG."""

from __future__ import annotations

import json
import os
from typing import Final, cast

from cnnviz import __version__
from cnnviz.geometry import Padding, Pair
from cnnviz.jobs.records import PictureJob
from cnnviz.kernels import Operator
from cnnviz.render.tone import Tone

_MOST_COEFFICIENTS: Final = 121  # of a kernel that is written out in a PNG: 11x11


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
        parts += [f"channels {done.channels}"] if done.channels != "gray" else []
        parts += [f"bias {_numbers(done.bias)}"] if any(done.bias) else []
    parts += [job.activation.name] if job.activation else []
    parts += [f"pool {job.pooling.slug}"] if job.pooling else []
    return ", ".join(parts)


def notes(job: PictureJob, operator: Operator | None, fitted: Tone) -> dict[str, str]:
    """What a PNG says about itself: enough to turn its codes back into values, and no path."""
    scale = {"kind": fitted.kind, "low": fitted.low, "high": fitted.high, "codes": fitted.codes}
    text = {"Software": f"cnnviz {__version__}", "cnnviz:tone": json.dumps(scale)}
    if operator is not None:
        done = job.convolution
        text["cnnviz:kernel"] = _without_folders(operator)
        text["cnnviz:stride"] = _pair(done.stride)
        text["cnnviz:padding"] = f"{padding_text(done.padding)} {done.padding_mode}"
        text["cnnviz:dilation"] = _pair(done.dilation)
        text["cnnviz:channels"] = done.channels
        text |= {"cnnviz:flip": "yes"} if done.flip else {}
        text |= {"cnnviz:bias": _numbers(done.bias)} if any(done.bias) else {}
        weight = operator.kernels[0].weight
        if operator.combine is None and weight.ndim == 2 and weight.size <= _MOST_COEFFICIENTS:
            text["cnnviz:coefficients"] = "; ".join(" ".join(map(repr, row)) for row in weight.tolist())
    if job.activation is not None:
        text["cnnviz:activation"] = job.activation.name
    if job.pooling is not None:
        text["cnnviz:pool"] = job.pooling.slug
    return text


def _without_folders(operator: Operator) -> str:
    name = operator.name
    for kernel in operator.kernels:  # the name of joined kernels holds theirs
        name = name.replace(kernel.name, os.path.basename(kernel.name))
    return name


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


def _numbers(values: tuple[float, ...]) -> str:
    return ",".join(map(str, values))


def _pair(pair: Pair) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}x{pair[1]}"
