"""Rank-1 kernels as a column and then a row: kH + kW shifted additions in place of kH x kW."""

from __future__ import annotations

import numpy as np

from cnnviz.ops.arrays import Array
from cnnviz.ops.convolution.factors import factored
from cnnviz.ops.convolution.numbers import Numbers
from cnnviz.ops.convolution.padded import bands
from cnnviz.ops.convolution.planner import Plan
from cnnviz.ops.convolution.problem import Problem
from cnnviz.ops.convolution.taps import add_up, may_skip_zeros, shifted
from cnnviz.ops.threads import share


def run(x: Array, weight: Array, bias: Array | None, problem: Problem, numbers: Numbers, plan: Plan) -> Array:
    """Convolve ``x`` (N, C, H, W) with ``weight`` (O, I, kH, kW) into (N, O, *window.output).

    A kernel that is not of rank 1 is done by its taps.
    """
    height, width = problem.window.output
    dtype = numbers.in_integers
    out = np.empty((problem.batch, problem.maps, height, width), numbers.result)
    padded_width = problem.window.size[1] + sum(problem.window.pads[1])
    pairs = [[_as(dtype, factored(kernel, numbers.result)) for kernel in kernels] for kernels in weight]
    weight = weight.astype(dtype, copy=False)
    offsets = np.zeros(problem.maps, dtype) if bias is None else bias.astype(dtype)

    def stretch(first: int, last: int) -> None:
        scratch = np.empty((3, plan.band, max(width, padded_width)), dtype)
        for band in bands(x, problem, dtype, plan.band, first, last):
            rows = band.rows.stop - band.rows.start
            skip = may_skip_zeros(band.padded)
            columns, product = scratch[0, :rows, :padded_width], scratch[1, :rows]
            for o in range(band.maps.start, band.maps.stop):
                target = out[band.n, o, band.rows]
                total = target if out.dtype == dtype else scratch[2, :rows, :width]
                for channel, pair in enumerate(pairs[o]):
                    cells = band.padded[channel]
                    if pair is None:
                        terms = shifted(cells, weight[o, channel], problem.window, total.shape)
                    else:
                        down = shifted(cells, pair[0][:, np.newaxis], problem.window, columns.shape, across=1)
                        add_up(down, columns, product[:, :padded_width], skip=skip)
                        terms = shifted(columns, pair[1][np.newaxis], problem.window, total.shape, down=1)
                    add_up(terms, total, product[:, :width], skip=skip, started=channel > 0)
                if bias is not None:
                    total += offsets[o]
                if total is not target:
                    target[...] = total

    share(stretch, height, plan.threads, grain=plan.band)
    return out


def _as(dtype: np.dtype[np.generic], pair: tuple[Array, Array] | None) -> tuple[Array, Array] | None:
    return None if pair is None else (pair[0].astype(dtype), pair[1].astype(dtype))
