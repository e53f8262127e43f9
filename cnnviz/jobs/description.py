"""What was done, in words: below a table, on a sheet, in the notes of a PNG."""

from __future__ import annotations

import json
from typing import Final

from cnnviz import __version__
from cnnviz.expressions import pair_text, shape_text
from cnnviz.jobs.records import PictureJob
from cnnviz.jobs.settings import Activation, Convolution, Pooling, padding_text
from cnnviz.kernels import Operator
from cnnviz.render.tone import Tone

SOFTWARE: Final = f"cnnviz {__version__}"
_MOST_COEFFICIENTS: Final = 121  # of a kernel that is written out in a PNG: 11x11


def settings_text(job: PictureJob) -> str:
    """The settings that all maps share, in one line."""
    return layer_text(job.convolution if job.operators else None, job.activation, job.pooling)


def layer_text(
    convolution: Convolution | None, activation: Activation | None, pooling: Pooling | None
) -> str:
    """What one layer does, in one line.

    >>> layer_text(Convolution(stride=(2, 2), padding=1), None, Pooling("max", (2, 2)))
    'stride 2, padding 1 (zeros), pool max:2'
    """
    parts = []
    if convolution is not None:
        done = convolution
        padding = padding_text(done.padding)
        parts += [f"stride {pair_text(done.stride)}"]
        parts += [
            f"padding {padding} ({done.padding_mode})" if padding not in ("0", "valid") else "no padding"
        ]
        parts += [f"dilation {pair_text(done.dilation)}"] if done.dilation != (1, 1) else []
        parts += ["kernel flipped"] if done.flip else []
        parts += [f"channels {done.channels}"] if done.channels != "gray" else []
        parts += [f"bias {_numbers(done.bias)}"] if any(done.bias) else []
    parts += [activation.name] if activation else []
    parts += [f"pool {pooling.text}"] if pooling else []
    return ", ".join(parts)


def notes(job: PictureJob, operator: Operator | None, fitted: Tone) -> dict[str, str]:
    """What a PNG says about itself: enough to turn its codes back into values, and no path."""
    text = {"Software": SOFTWARE, **scale_note(fitted)}
    if operator is not None:
        done = job.convolution
        text["cnnviz:kernel"] = label(operator)
        text |= {"cnnviz:combine": operator.combine} if operator.combine else {}
        text["cnnviz:stride"] = pair_text(done.stride)
        text["cnnviz:padding"] = f"{padding_text(done.padding)} {done.padding_mode}"
        text["cnnviz:dilation"] = pair_text(done.dilation)
        text["cnnviz:channels"] = done.channels
        text |= {"cnnviz:flip": "yes"} if done.flip else {}
        text |= {"cnnviz:bias": _numbers(done.bias)} if any(done.bias) else {}
        weight = operator.kernels[0].weight
        if operator.combine is None and weight.ndim == 2 and weight.size <= _MOST_COEFFICIENTS:
            text["cnnviz:coefficients"] = "; ".join(" ".join(map(repr, row)) for row in weight.tolist())
    if job.activation is not None:
        text["cnnviz:activation"] = job.activation.name
    if job.pooling is not None:
        text["cnnviz:pool"] = job.pooling.text
    return text


def scale_note(fitted: Tone) -> dict[str, str]:
    """How the codes of a PNG are turned back into values."""
    scale = {"kind": fitted.kind, "low": fitted.low, "high": fitted.high, "codes": fitted.codes}
    return {"cnnviz:tone": json.dumps(scale)}


def label(operator: Operator | None) -> str:
    """The operator's name, a file's without its folders: what a picture may say of it."""
    if operator is None:
        return "pooled"
    name = operator.name
    for kernel in operator.kernels:  # the name of joined kernels holds theirs
        name = name.replace(kernel.name, kernel.title)
    return name


def spoken(operator: Operator) -> str:
    """What a sentence calls the operator: its name, or of an inline kernel, which has none, its size."""
    kernel = operator.kernels[0]
    return f"a {shape_text(kernel.weight.shape)} kernel" if kernel.name == "inline1" else label(operator)


def _numbers(values: tuple[float, ...]) -> str:
    return ",".join(map(str, values))
