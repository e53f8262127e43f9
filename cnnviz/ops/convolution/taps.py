"""Shift and add: one pass over the band for every tap, no column matrix, no zeros multiplied."""

from __future__ import annotations

import numpy as np

from cnnviz.ops.arrays import Array
from cnnviz.ops.convolution.numbers import Numbers
from cnnviz.ops.convolution.padded import bands
from cnnviz.ops.convolution.planner import Plan
from cnnviz.ops.convolution.problem import Problem


def run(x: Array, weight: Array, bias: Array | None, problem: Problem, numbers: Numbers, plan: Plan) -> Array:
    """Convolve ``x`` (N, C, H, W) with ``weight`` (O, I, kH, kW) into (N, O, *window.output)."""
    height, width = problem.window.output
    dtype = numbers.in_integers
    out = np.empty((problem.batch, problem.maps, height, width), numbers.result)
    scratch = np.empty((2, plan.band, width), dtype)
    weight = weight.astype(dtype, copy=False)
    offsets = np.zeros(problem.maps, dtype) if bias is None else bias.astype(dtype)
    for band in bands(x, problem, dtype, plan.band):
        rows = band.rows.stop - band.rows.start
        for o in range(band.maps.start, band.maps.stop):
            target = out[band.n, o, band.rows]
            total = target if out.dtype == dtype else scratch[0, :rows]
            _add_taps(band.padded, weight[o], problem, total, scratch[1, :rows])
            if bias is not None:
                total += offsets[o]
            if total is not target:
                target[...] = total
    return out


def _add_taps(band: Array, weight: Array, problem: Problem, total: Array, product: Array) -> None:
    """Put the sum of weight x shifted band into ``total`` (rows, columns)."""
    rows, columns = total.shape
    (down, across), (vertical, horizontal) = problem.window.stride, problem.window.dilation
    # 0 x NaN is NaN, as in PyTorch: a zero tap may be left out only where every value is finite, and only
    # then is the band's sum finite (measured: the sum costs a fifth of one tap).
    skip = band.dtype.kind == "i" or bool(np.isfinite(band.sum()))
    started = False
    for channel, i, j in np.ndindex(weight.shape):
        tap = weight[channel, i, j]
        if skip and tap == 0:
            continue
        top, left = i * vertical, j * horizontal
        shifted = band[
            channel,
            top : top + (rows - 1) * down + 1 : down,
            left : left + (columns - 1) * across + 1 : across,
        ]
        if not started:
            np.multiply(shifted, tap, out=total)
            started = True
        elif tap == 1:
            total += shifted
        elif tap == -1:
            total -= shifted
        else:
            np.multiply(shifted, tap, out=product)
            total += product
    if not started:
        total[...] = 0
