"""Shift and add: one pass over the band for every tap, no column matrix, no zeros multiplied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from cnnviz.geometry import Window
from cnnviz.ops.arrays import Array, is_channels_last
from cnnviz.ops.convolution.numbers import is_tame
from cnnviz.ops.convolution.padded import PaddedRows, bands
from cnnviz.ops.convolution.task import Task
from cnnviz.ops.threads import scratch, share


def run(task: Task, out: Array) -> None:
    """Do ``task`` into ``out`` (N, O, *window.output)."""
    if task.problem.depth == 1 and is_channels_last(out):
        _all_maps_at_once(task, out)
        return
    x, kernels, bias, problem, numbers, plan, _ = task
    height, width = problem.window.output
    dtype = numbers.in_integers
    weight = kernels.values.astype(dtype, copy=False)
    offsets = np.zeros(problem.maps, dtype) if bias is None else bias.astype(dtype)

    def stretch(first: int, last: int) -> None:
        sums, product = scratch("sums", (2, plan.band, width), dtype)
        for band in bands(x, problem, dtype, plan.band, first, last):
            rows = band.rows.stop - band.rows.start
            tame = is_tame(band.padded)
            for o in range(band.maps.start, band.maps.stop):
                target = out[band.n, o, band.rows]
                total = target if out.dtype == dtype else sums[:rows]
                for channel, kernel in enumerate(weight[o]):
                    terms = shifted(band.padded[channel], kernel, problem.window, total.shape)
                    add_up(terms, total, product[:rows], tame=tame, started=channel > 0)
                if bias is not None:
                    total += offsets[o]
                if total is not target:
                    target[...] = total

    share(stretch, height, plan.threads, grain=plan.band)


def _all_maps_at_once(task: Task, out: Array) -> None:
    """A channel a map, the channels of a place side by side: a pass over a band of all maps for each tap."""
    x, kernels, bias, problem, _, plan, _ = task
    height, width = problem.window.output
    dtype = out.dtype
    (down, across), (vertical, horizontal) = problem.window.stride, problem.window.dilation
    channels, maps = x.shape[1], problem.maps_per_group
    weight = kernels.values.astype(dtype, copy=False).reshape(channels, maps, *problem.window.kernel)
    results = out.transpose(0, 2, 3, 1)
    first_row, last_row = problem.rows_read(0, plan.band)

    def stretch(first: int, last: int) -> None:
        product = scratch("product", (plan.band, width, channels), dtype)
        for n in range(len(x)):
            source = PaddedRows(x[n], problem, dtype, last_row - first_row, places_first=True)
            for top in range(first, last, plan.band):
                rows = min(plan.band, last - top)
                padded = source.read(*problem.rows_read(top, top + rows)).transpose(1, 2, 0)
                target = results[n, top : top + rows].reshape(rows, width, channels, maps)
                for o in range(maps):
                    total = target[..., o]
                    for number, (i, j) in enumerate(np.ndindex(problem.window.kernel)):
                        cells = padded[
                            i * vertical : i * vertical + (rows - 1) * down + 1 : down,
                            j * horizontal : j * horizontal + (width - 1) * across + 1 : across,
                        ]
                        if number == 0:
                            np.multiply(cells, weight[:, o, i, j], out=total)
                        else:
                            np.multiply(cells, weight[:, o, i, j], out=product[:rows])
                            total += product[:rows]
                if bias is not None:
                    results[n, top : top + rows] += bias.astype(dtype, copy=False)

    share(stretch, height, plan.threads, grain=plan.band)


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
    terms: Iterable[tuple[Any, Array]], total: Array, product: Array, *, tame: bool, started: bool = False
) -> None:
    """Put the sum of tap x cells into ``total``; add it to what stands there where that is ``started``.

    Where the band `is_tame`, taps of 0 are left out, and cells under taps of one size are added up first and
    multiplied once: 4 passes in place of 6 for a sobel's column and row, 9 in place of 17 for a 3x3 mean.
    """
    for factor, plus, minus in _together(terms) if tame else ((tap, [cells], []) for tap, cells in terms):
        target = product if started else total
        cells = _difference(plus, minus, target)
        if factor != 1 and not (started and factor == -1):
            cells = np.multiply(cells, factor, out=target)
        if not started:
            if cells is not total:
                total[...] = cells
            started = True
        elif factor == -1:
            total -= cells
        else:
            total += cells
    if not started:
        total[...] = 0


def _together(terms: Iterable[tuple[Any, Array]]) -> Iterator[tuple[Any, list[Array], list[Array]]]:
    """Each size of taps but 0, with the cells that it adds (there are some) and those that it takes away."""
    sizes: dict[Any, tuple[list[Array], list[Array]]] = {}
    for tap, cells in terms:
        if tap != 0:
            plus, minus = sizes.setdefault(abs(tap), ([], []))
            (minus if tap < 0 else plus).append(cells)
    for size, (plus, minus) in sizes.items():
        yield (size, plus, minus) if plus else (-size, minus, [])


def _difference(plus: list[Array], minus: list[Array], out: Array) -> Array:
    """The sum of ``plus`` less that of ``minus``: in ``out``, or the only array there is."""
    if len(plus) + len(minus) == 1:
        return plus[0]
    first, *more = plus
    if minus:
        np.subtract(first, minus[0], out=out)
    else:
        np.add(first, more.pop(0), out=out)
    for cells in more:
        out += cells
    for cells in minus[1:]:
        out -= cells
    return out
