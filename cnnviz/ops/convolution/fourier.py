"""Large kernels by the fast Fourier transform, tile by tile: its cost hardly grows with the kernel."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from cnnviz.ops.arrays import Array
from cnnviz.ops.convolution import taps
from cnnviz.ops.convolution.padded import PaddedRows
from cnnviz.ops.convolution.problem import Problem
from cnnviz.ops.convolution.task import Task
from cnnviz.ops.convolution.thresholds import FOURIER_TILE, MOST_SPECTRA
from cnnviz.ops.threads import share

EXACT_REACH: Final = 2**40
"""Integers are transformed as float64 and rounded; up to sums this large the error stays far below a half."""


def run(task: Task, out: Array) -> None:
    """Do ``task`` into ``out`` (N, O, *window.output).

    Sums too large to be rounded, more kernels than spectra can be kept, and NaN and infinity, which a
    transform would spread over a whole tile, are left to the taps.
    """
    x, weight, bias, problem, numbers, plan, _ = task
    exact = numbers.reach is not None
    many = problem.maps * problem.depth > MOST_SPECTRA
    if many or (numbers.reach or 0) > EXACT_REACH or not (exact or _finite(x, weight.values)):
        taps.run(task, out)
        return
    dtype = np.dtype(np.float64) if exact else numbers.result
    reach = problem.window.reach
    tile = [max(FOURIER_TILE, _power_of_two(2 * each)) for each in reach]
    spectra = weight.form(
        ("spectra", dtype, problem.window.dilation, *tile),
        lambda: _spectra(weight.values.astype(dtype), problem, tile),
    )
    step = max((tile[0] - reach[0]) // problem.window.stride[0] + 1, 1)  # output rows of a tile

    def stretch(first: int, last: int) -> None:
        for n, group in np.ndindex(problem.batch, problem.groups):
            channels = x[n, group * problem.depth : (group + 1) * problem.depth]
            source = PaddedRows(channels, problem, dtype, tile[0])
            for row in range(first, last, step):
                rows = min(step, last - row)
                band = source.read(*problem.rows_read(row, row + rows))
                maps = slice(group * problem.maps_per_group, (group + 1) * problem.maps_per_group)
                _band(band, spectra[maps], problem, tile, out[n, maps, row : row + rows], exact=exact)

    share(stretch, problem.window.output[0], plan.threads, grain=step)
    if bias is not None:
        out += bias.astype(out.dtype)[:, np.newaxis, np.newaxis]


def _spectra(weight: Array, problem: Problem, tile: list[int]) -> Array:
    """The spectra (O, I, ...) of the kernels, dilation spread out; conjugate, since nothing is flipped."""
    (tall, wide), (vertical, horizontal) = problem.window.reach, problem.window.dilation
    spread = np.zeros((*weight.shape[:2], tall, wide), weight.dtype)
    spread[:, :, ::vertical, ::horizontal] = weight
    spectra: Array = np.conj(_transforms(weight.dtype).rfft2(spread, s=tile))
    return spectra


def _finite(x: Array, weight: Array) -> bool:
    """Whether a sum over everything is finite: only then is every value (a twentieth of the transforms)."""
    return bool(np.isfinite(x.sum()) and np.isfinite(weight.sum()))


def _band(band: Array, spectra: Array, problem: Problem, tile: list[int], out: Array, *, exact: bool) -> None:
    """One band of rows into ``out`` (maps, rows, width), a tile of columns at a time."""
    fft = _transforms(band.dtype)
    down, across = problem.window.stride
    width = out.shape[2]
    step = max((tile[1] - problem.window.reach[1]) // across + 1, 1)  # output columns of a tile
    for column in range(0, width, step):
        columns = min(step, width - column)
        left = column * across
        spectrum = fft.rfft2(band[:, :, left : left + tile[1]], s=tile)
        for o, kernels in enumerate(spectra):
            total = (spectrum * kernels).sum(axis=0) if len(kernels) > 1 else spectrum[0] * kernels[0]
            sums = fft.irfft2(total, s=tile)[: (out.shape[1] - 1) * down + 1 : down]
            sums = sums[:, : (columns - 1) * across + 1 : across]
            target = out[o, :, column : column + columns]
            target[...] = np.rint(sums) if exact else sums


def _transforms(dtype: np.dtype[Any]) -> Any:
    """SciPy's for float32 (5 ns a pixel against NumPy's 13), NumPy's for float64: as fast, and imported."""
    if dtype == np.float32:
        import scipy.fft  # 0.2 s to import

        return scipy.fft
    return np.fft


def _power_of_two(least: int) -> int:
    return 1 << (least - 1).bit_length()
