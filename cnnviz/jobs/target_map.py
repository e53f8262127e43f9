"""A map that a kernel is to be found for: values from an NPY, or a PNG's codes by the scale in its notes."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

import numpy as np

from cnnviz import images
from cnnviz.errors import FileError, named
from cnnviz.jobs.settings import Array
from cnnviz.render import tone
from cnnviz.render.tone import Tone

_PLAIN: Final = {"cnnviz:stride": ("1",), "cnnviz:padding": ("0", "valid"), "cnnviz:dilation": ("1",)}
_LONGEST: Final = 10_000  # characters of a note that is parsed


@dataclass(frozen=True, eq=False)
class TargetMap:
    """``values`` (H, W); ``known`` where they are not clipped; the ``kernel`` that the notes speak of."""

    values: Array
    known: Array | None = None
    kernel: Array | None = None
    notes: tuple[str, ...] = ()


def read(path: str, *, max_pixels: int) -> TargetMap:
    """Read the map.

    Raises
    ------
    CnnvizError
        For a file that is no map, or one from which the values cannot be told; it starts with its name.
    """
    with named(path):
        noted = images.read_noted(path, max_pixels=max_pixels)
        if noted.text is None:
            return TargetMap(noted.values)
        _check(noted.text)
        return _from_codes(noted.values, noted.text, _scale(noted.text))


def _check(text: Mapping[str, str]) -> None:
    """Refuse what no kernel alone makes of the brightness, cell by cell."""
    for name, allowed in _PLAIN.items():
        given = text.get(name, allowed[0])
        if given.split(" ")[0] not in allowed:
            raise FileError(
                f"its notes say {name.removeprefix('cnnviz:')} {given[:40]}; a map is needed that was made "
                "at stride 1, without padding, at dilation 1"
            )
    for name, what in {"cnnviz:activation": "activation", "cnnviz:pool": "pool"}.items():
        if name in text:
            raise FileError(
                f"its notes say {what} {text[name][:40]}; a map is needed that nothing was done to after the "
                "convolution"
            )
    if "cnnviz:combine" in text:
        joined = f"{text['cnnviz:combine'][:40]} of several maps ({text.get('cnnviz:kernel', '')[:40]})"
        raise FileError(f"its notes say {joined}, which no single kernel makes; give the map of one of them")
    if text.get("cnnviz:channels", "gray") != "gray":
        raise FileError(
            f"its notes say channels {text['cnnviz:channels'][:40]}; a map of the brightness is needed "
            "(--channels gray)"
        )


def _scale(text: Mapping[str, str]) -> Tone:
    note = text.get("cnnviz:tone")
    if note is None:
        raise FileError(
            "it has no scale in its notes, so its values are not known; give a PNG as `cnnviz convolve` "
            "writes it, or an .npy"
        )
    try:
        scale = json.loads(note if len(note) <= _LONGEST else "")
        kind, low, high = scale["kind"], float(scale["low"]), float(scale["high"])
        found = Tone(kind, low, high, 0)
        right = kind in get_args(tone.Kind) and math.isfinite(high - low) and low <= high
        right = right and list(scale["codes"]) == list(found.codes)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        right = False
    if not right:
        raise FileError(f"the scale in its notes is damaged: {note[:60]!r}")
    if kind == "abs":
        raise FileError(
            "it is drawn in the tone abs, which loses the sign of values; draw it with --tone symmetric, or "
            "give an .npy"
        )
    return found


def _from_codes(codes: Array, text: Mapping[str, str], scale: Tone) -> TargetMap:
    known, notes = None, [f"values of its scale, {scale.low:.4g} to {scale.high:.4g}"]
    if scale.kind != "minmax" and scale.low < scale.high:
        first, last = scale.codes
        inside = (codes > first) & (codes < last)
        if not inside.all():
            known = inside
            share = 100 * (1 - float(inside.mean()))
            notes.append(f"{share:.2g} % lie at its ends, where values are clipped, and are left out")
    return TargetMap(tone.decode(codes, scale), known, _coefficients(text), tuple(notes))


def _coefficients(text: Mapping[str, str]) -> Array | None:
    """The kernel that the notes name, if they do; only compared with, so what is damaged is left out."""
    note = text.get("cnnviz:coefficients", "")
    try:
        rows = [[float(each) for each in row.split()] for row in note[:_LONGEST].split(";")]
        kernel: np.ndarray[Any, Any] = np.array(rows, np.float64)
    except ValueError:
        return None
    if kernel.ndim != 2 or not kernel.size or not (np.abs(kernel) < 1e100).all():
        return None
    return kernel[::-1, ::-1] if text.get("cnnviz:flip") == "yes" else kernel
