"""Rank-1 kernels as a column and then a row: kH + kW shifted additions in place of kH x kW."""

from __future__ import annotations

import numpy as np

from cnnviz.ops.arrays import Array
from cnnviz.ops.convolution.factors import factors
from cnnviz.ops.convolution.numbers import is_tame
from cnnviz.ops.convolution.padded import bands
from cnnviz.ops.convolution.taps import add_up, shifted
from cnnviz.ops.convolution.task import Task
from cnnviz.ops.threads import scratch, share


def run(task: Task, out: Array) -> None:
    """Do ``task`` into ``out`` (N, O, *window.output); a kernel that is not of rank 1 by its taps."""
    x, kernels, bias, problem, numbers, plan, _ = task
    height, width = problem.window.output
    dtype = numbers.in_integers
    padded_width = problem.window.size[1] + sum(problem.window.pads[1])
    pairs = factors(kernels, numbers.result)
    weight = kernels.values.astype(dtype, copy=False)
    offsets = np.zeros(problem.maps, dtype) if bias is None else bias.astype(dtype)

    def stretch(first: int, last: int) -> None:
        memory = scratch("sums", (3, plan.band, max(width, padded_width)), dtype)
        for band in bands(x, problem, dtype, plan.band, first, last):
            rows = band.rows.stop - band.rows.start
            tame = is_tame(band.padded)
            columns, product = memory[0, :rows, :padded_width], memory[1, :rows]
            for o in range(band.maps.start, band.maps.stop):
                target = out[band.n, o, band.rows]
                total = target if out.dtype == dtype else memory[2, :rows, :width]
                for channel, pair in enumerate(pairs[o]):
                    cells = band.padded[channel]
                    if pair is None:
                        terms = shifted(cells, weight[o, channel], problem.window, total.shape)
                    else:
                        column, row = (each.astype(dtype) for each in pair)
                        down = shifted(cells, column[:, np.newaxis], problem.window, columns.shape, across=1)
                        add_up(down, columns, product[:, :padded_width], tame=tame)
                        terms = shifted(columns, row[np.newaxis], problem.window, total.shape, down=1)
                    add_up(terms, total, product[:, :width], tame=tame, started=channel > 0)
                if bias is not None:
                    total += offsets[o]
                if total is not target:
                    target[...] = total

    share(stretch, height, plan.threads, grain=plan.band)
