"""The principal components of a picture's own patches: the patterns that its small windows are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cnnviz.errors import ShapeError, UsageError
from cnnviz.geometry import Pair
from cnnviz.lessons.layer import Array

LARGEST: Final = 1e70
"""The squares of larger values may not be added up."""

_BAND: Final = 1 << 22  # values of patches that are in memory at a time


class Components(NamedTuple):
    """Kernels (N, kH, kW) of length 1, at right angles, and the share of the variance that each holds."""

    kernels: Array
    shares: tuple[float, ...]

    @property
    def running(self) -> tuple[float, ...]:
        """The share of the variance that each kernel and those before it hold together."""
        return tuple(np.cumsum(self.shares).tolist())


class Moments(NamedTuple):
    """Of patches as vectors: their ``mean`` (cells,) and their ``covariance`` (cells, cells)."""

    mean: Array
    covariance: Array


def principal(pictures: Sequence[Array], size: Pair, count: int) -> Components:
    """The ``count`` patterns that say most about the patches (kH, kW) of ``pictures`` (H, W).

    The mean patch is subtracted, and the rest are the eigenvectors of the patches' covariance: the same
    as the singular vectors of all patches, without holding them all. A pattern and its negative are
    the same component; the one is given that is bright in the sum, or begins bright.

    Raises
    ------
    ShapeError
        For a picture that is smaller than a patch.
    UsageError
        For more components than a patch has cells, values too large to be squared, or patches that are
        all the same.

    Examples
    --------
    >>> stripes = np.tile([0.0, 0.0, 9.0, 9.0], (6, 5))
    >>> found = principal([stripes], (2, 2), 2)
    >>> found.kernels.round(2).tolist()
    [[[0.5, 0.5], [0.5, 0.5]], [[0.5, -0.5], [0.5, -0.5]]]
    """
    cells = size[0] * size[1]
    if count > cells:
        raise UsageError(
            f"{count} components were asked for; patches of {size[0]}x{size[1]} have {cells}, one a cell"
        )
    if max(float(np.abs(each).max()) for each in pictures) > LARGEST:
        raise UsageError(f"there are values beyond {LARGEST:g}, whose squares cannot be added up")
    values, vectors = np.linalg.eigh(moments(pictures, size).covariance)
    values = np.maximum(values[::-1], 0)
    if values[0] <= 1e-20 * max(float(np.abs(each).max()) for each in pictures) ** 2:
        raise UsageError("all patches are the same: a picture without any change holds no patterns")
    kernels = np.stack([_signed(vector) for vector in vectors.T[::-1][:count]])
    shares = tuple((values[:count] / values.sum()).tolist())
    return Components(kernels.reshape(count, *size), shares)


def moments(pictures: Sequence[Array], size: Pair) -> Moments:
    """Mean and covariance of all patches (kH, kW) of ``pictures`` (H, W), one at every place.

    >>> moments([np.array([[1.0, 3.0, 5.0]])], (1, 2)).covariance
    array([[1., 1.],
           [1., 1.]])
    """
    cells = size[0] * size[1]
    shift = float(np.mean([picture.mean() for picture in pictures]))  # sums of small numbers stay exact
    total, squares, number = np.zeros(cells), np.zeros((cells, cells)), 0
    for picture in pictures:
        for band in _patches(picture, size):
            band -= shift
            total += band.sum(axis=0)
            squares += band.T @ band
            number += len(band)
    mean = total / number
    return Moments(mean + shift, squares / number - np.outer(mean, mean))


def _patches(picture: Array, size: Pair) -> Iterator[Array]:
    """All patches as rows (patches, cells), a band of them at a time."""
    if picture.shape[0] < size[0] or picture.shape[1] < size[1]:
        raise ShapeError(
            f"a picture of {picture.shape[0]}x{picture.shape[1]} has no patch of {size[0]}x{size[1]}; "
            "take smaller ones"
        )
    windows = sliding_window_view(picture, size)
    cells = size[0] * size[1]
    rows = max(_BAND // (windows.shape[1] * cells), 1)
    for top in range(0, len(windows), rows):
        yield windows[top : top + rows].reshape(-1, cells).astype(np.float64)


def _signed(vector: Array) -> Array:
    """``vector`` or its negative: so that it does not hang on how rounding went."""
    total, reach = vector.sum(), np.abs(vector)
    # Half of the largest, since the two ends of an edge are equal but for rounding.
    leading = total if abs(total) > 0.1 * reach.sum() else vector[np.argmax(reach > reach.max() / 2)]
    signed: Array = vector if leading > 0 else 0 - vector
    return signed
