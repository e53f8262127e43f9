"""Shift and add: one pass over the band for every tap, no column matrix, no zeros multiplied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from cnnviz.geometry import Window
from cnnviz.ops.arrays import Array
from cnnviz.ops.convolution.numbers import Numbers
from cnnviz.ops.convolution.padded import bands
from cnnviz.ops.convolution.planner import Plan
from cnnviz.ops.convolution.problem import Problem
from cnnviz.ops.threads import share


def run(x: Array, weight: Array, bias: Array | None, problem: Problem, numbers: Numbers, plan: Plan) -> Array:
    """Convolve ``x`` (N, C, H, W) with ``weight`` (O, I, kH, kW) into (N, O, *window.output)."""
    height, width = problem.window.output
    dtype = numbers.in_integers
    out = np.empty((problem.batch, problem.maps, height, width), numbers.result)
    weight = weight.astype(dtype, copy=False)
    offsets = np.zeros(problem.maps, dtype) if bias is None else bias.astype(dtype)

    def stretch(first: int, last: int) -> None:
        scratch = np.empty((2, plan.band, width), dtype)
        for band in bands(x, problem, dtype, plan.band, first, last):
            rows = band.rows.stop - band.rows.start
            skip = may_skip_zeros(band.padded)
            for o in range(band.maps.start, band.maps.stop):
                target = out[band.n, o, band.rows]
                total = target if out.dtype == dtype else scratch[0, :rows]
                for channel, kernel in enumerate(weight[o]):
                    terms = shifted(band.padded[channel], kernel, problem.window, total.shape)
                    add_up(terms, total, scratch[1, :rows], skip=skip, started=channel > 0)
                if bias is not None:
                    total += offsets[o]
                if total is not target:
                    target[...] = total

    share(stretch, height, plan.threads, grain=plan.band)
    return out


def may_skip_zeros(band: Array) -> bool:
    """Whether a tap of 0 may be left out: only where every value is finite, since 0 x NaN is NaN in PyTorch.

    Only then is the band's sum finite (measured: the sum costs a fifth of one tap).
    """
    return band.dtype.kind == "i" or bool(np.isfinite(band.sum()))


def shifted(
    channel: Array,
    kernel: Array,
    window: Window,
    shape: tuple[int, ...],
    *,
    down: int | None = None,
    across: int | None = None,
) -> Iterator[tuple[Any, Array]]:
    """Each tap of ``kernel`` (kH, kW) with the cells of ``channel`` it falls on, (rows, columns) = ``shape``.

    ``down`` and ``across`` are the window's strides unless given.
    """
    (rows, columns), (vertical, horizontal) = shape, window.dilation
    down, across = down or window.stride[0], across or window.stride[1]
    for i, j in np.ndindex(kernel.shape):
        top, left = i * vertical, j * horizontal
        yield (
            kernel[i, j],
            channel[
                top : top + (rows - 1) * down + 1 : down, left : left + (columns - 1) * across + 1 : across
            ],
        )


def add_up(
    terms: Iterable[tuple[Any, Array]], total: Array, product: Array, *, skip: bool, started: bool = False
) -> None:
    """Put the sum of tap x cells into ``total``; add it to what stands there where that is ``started``."""
    for tap, cells in terms:
        if skip and tap == 0:
            continue
        if not started:
            np.multiply(cells, tap, out=total)
            started = True
        elif tap == 1:
            total += cells
        elif tap == -1:
            total -= cells
        else:
            np.multiply(cells, tap, out=product)
            total += product
    if not started:
        total[...] = 0
