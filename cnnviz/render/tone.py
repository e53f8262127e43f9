"""Real-valued maps -> 8 bits, and the scale that was used.

========== ==================== ==========================================================
kind       black .. white       for
========== ==================== ==========================================================
symmetric  -v .. v, 0 mid-grey  kernels whose coefficients sum to 0: edges, corners, lines
abs        0 .. v, of |value|   what cannot be negative: after relu, magnitudes
clip       0 .. the white of    8 and 16 bit pixels and a kernel that sums to 1: blur
           the picture
minmax     smallest .. largest  everything else without negative values
range      LO .. HI             the user's own ends
========== ==================== ==========================================================

v is the 99.5th percentile of |value|, not the maximum: a few strong edges would turn the rest flat grey.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from cnnviz.ops.threads import scratch

Kind = Literal["symmetric", "minmax", "abs", "clip", "range"]
Asked: TypeAlias = Literal["auto", "symmetric", "minmax", "abs", "clip"] | tuple[float, float]

PERCENTILE: Final = 99.5
SAMPLE: Final = 1 << 18
# Values toned at a time, so that the floats on the way stay in the cache.
_BAND: Final = 1 << 17


@dataclass(frozen=True)
class Tone:
    """``low`` and ``high`` are the values drawn darkest and lightest; ``clipped`` the share beyond them.

    The share is that of the sample the percentile is taken from: every n-th row and column, at most 2**18
    values; smaller maps are counted whole.
    """

    kind: Kind
    low: float
    high: float
    clipped: float

    @property
    def codes(self) -> tuple[int, int]:
        """The 8-bit codes of ``low`` and ``high``; symmetric tones start at 1, so that 0 is exactly 128."""
        return (1, 255) if self.kind == "symmetric" else (0, 255)


def automatic(*, nonnegative: bool, kernel_sum: int | None, pixels: bool) -> Kind | None:
    """The kind that ``auto`` stands for, from the kernel and what follows it, so that a batch is drawn alike.

    Parameters
    ----------
    nonnegative : bool
        After relu, sigmoid, softmax or a magnitude.
    kernel_sum : 0, 1 or None
        What the kernel's coefficients sum to; None for anything else, and for banks.
    pixels : bool
        Whether the picture holds 8 or 16 bit pixels.

    Returns
    -------
    Kind, or None when only the values can tell (see `fit`).
    """
    if nonnegative:
        return "abs"
    if kernel_sum == 0:
        return "symmetric"
    return "clip" if kernel_sum == 1 and pixels else None


def fit(maps: NDArray[Any], asked: Kind | tuple[float, float] | None, *, white: float = 255) -> Tone:
    """Find the ends of the scale for ``maps`` (F, H, W), one scale for all of them.

    Parameters
    ----------
    asked : kind, (low, high) or None
        None is ``symmetric`` if a value lies below -1e-6 of the largest, else ``minmax``.
    white : float
        Where ``clip`` ends: 255, 65535 or 1.

    >>> fit(np.array([[[-2, 0, 4]]]), "symmetric")
    Tone(kind='symmetric', low=-3.98, high=3.98, clipped=0.3333333333333333)
    """
    sample = _sample(maps)
    if asked is None:
        low, high = extremes(maps)
        asked = "symmetric" if low < -1e-6 * max(abs(low), abs(high)) else "minmax"
    kind: Kind = "range" if isinstance(asked, tuple) else asked
    if isinstance(asked, tuple):
        low, high = asked
    elif asked == "clip":
        low, high = 0, white
    elif asked == "minmax":
        low, high = extremes(maps)
    else:
        magnitudes = np.abs(sample)
        # Where hardly a value differs from 0, the sample may hold none of them: the map is asked.
        high = _percentile(magnitudes) or float(max(map(abs, extremes(maps))))
        low = 0.0 - high if asked == "symmetric" else 0
    shown = np.abs(sample) if kind == "abs" else sample
    slack = 1e-6 * (high - low)  # 255.00001 is white that was rounded
    clipped = np.count_nonzero((shown < low - slack) | (shown > high + slack)) / sample.size
    return Tone(kind, float(low), float(high), float(clipped))


def encode(maps: NDArray[Any], tone: Tone) -> NDArray[np.uint8]:
    """The 8-bit codes of ``maps`` (..., H, W); values beyond the ends get the codes of the ends.

    >>> encode(np.array([[-500, -100, 0, 100, 500]]), Tone("symmetric", -100, 100, 0.4))
    array([[  1,   1, 128, 255, 255]], dtype=uint8)

    A constant map has no ends to lie between; it is drawn mid-grey (``abs`` and ``clip``: as black):

    >>> encode(np.full((1, 2), 7), Tone("minmax", 7, 7, 0))
    array([[128, 128]], dtype=uint8)
    """
    first, last = tone.codes
    values = maps.reshape(-1)
    # float32 has 24 bits, enough for one part in 255 unless the scale lies far from 0 or near its limits.
    span = tone.high - tone.low
    plain = 1e-30 < span < 1e30 and max(abs(tone.low), abs(tone.high)) <= 2**12 * span
    floats = np.float32 if plain and values.dtype.itemsize < 8 else np.float64
    # Halved first: high - low may lie beyond the largest float.
    middle, half = floats(tone.low / 2 + tone.high / 2), floats(tone.high / 2 - tone.low / 2)
    if half == 0:
        return np.full(maps.shape, first if tone.kind in ("abs", "clip") else 128, np.uint8)
    middle_code, half_code = floats((first + last) / 2), floats((last - first) / 2)
    out = np.empty(values.shape, np.uint8)
    for start in range(0, values.size, _BAND):
        stop = min(start + _BAND, values.size)
        band = scratch("tone", (stop - start,), np.dtype(floats))
        band[...] = values[start:stop]
        if tone.kind == "abs":
            np.abs(band, out=band)
        with np.errstate(over="ignore"):  # infinity is clipped like any value beyond the ends
            if middle:
                band -= middle
            if plain:  # one pass for two; else the quotient of the two could overflow
                band *= half_code / half
            else:
                band /= half
                band *= half_code
        band += middle_code
        np.rint(band, out=band)
        np.clip(band, first, last, out=band)
        out[start:stop] = band
    return out.reshape(maps.shape)


def decode(codes: NDArray[np.uint8], tone: Tone) -> NDArray[np.float64]:
    """The values that ``codes`` stand for, each in the middle of those that `encode` gives its code.

    Values beyond the ends come back as the ends, and of ``abs`` without their sign.

    >>> tone = Tone("symmetric", -254, 254, 0.01)
    >>> decode(encode(np.array([[-300, 0, 3, 100]]), tone), tone)
    array([[-254.,    0.,    4.,  100.]])
    """
    first, last = tone.codes
    middle, half = tone.low / 2 + tone.high / 2, tone.high / 2 - tone.low / 2
    away = codes.astype(np.float64) - (first + last) / 2
    return middle + away * (2 * half / (last - first))


def extremes(maps: NDArray[Any]) -> tuple[float, float]:
    """The smallest and the largest value, as Python numbers of their own kind.

    >>> extremes(np.array([3, -1]))
    (-1, 3)
    """
    return maps.min().item() + 0, maps.max().item() + 0  # -0.0 + 0 is 0.0


def _percentile(values: NDArray[Any]) -> float:
    """As np.percentile, which imports numpy.ma for it: 15 ms of every start."""
    place = (values.size - 1) * PERCENTILE / 100
    below = int(place)
    # Of 2**18 int32 values: 0.5 ms; asked for both places at once, partition takes 2.3.
    ordered = np.partition(values.ravel(), below)
    low = ordered[below].item()
    high = ordered[below + 1 :].min().item() if below + 1 < values.size else low
    return float(low * (below + 1 - place) + high * (place - below))


def _sample(maps: NDArray[Any]) -> NDArray[Any]:
    """Every n-th row and column, n the smallest that gives at most `SAMPLE` values."""
    count, height, width = maps.shape
    step = max(int((maps.size / SAMPLE) ** 0.5), 1)
    while step < max(height, width) and count * -(-height // step) * -(-width // step) > SAMPLE:
        step += 1
    sample: NDArray[Any] = maps[:, ::step, ::step]
    # Wide enough for the magnitude of every dtype's smallest integer, and to be compared with any end.
    if sample.dtype.kind == "f" or sample.dtype.itemsize == 8:
        return sample.astype(np.float64)
    return sample.astype(np.int32 if sample.dtype.itemsize <= 2 else np.int64)


NAMES: Final[tuple[str, ...]] = get_args(get_args(Asked)[0])
