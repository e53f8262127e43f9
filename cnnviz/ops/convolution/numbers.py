"""Which dtype the sums need so that integers stay exact, and which dtype the result has."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import DTypeLike

from cnnviz.errors import KernelError
from cnnviz.ops.arrays import Array, float_dtype, is_exact

_INTEGERS = (np.dtype(np.int16), np.dtype(np.int32), np.dtype(np.int64))
_FAR = 1e30
_RESULTS = (*_INTEGERS, np.dtype(np.float32), np.dtype(np.float64))


@dataclass(frozen=True)
class Numbers:
    """The result's dtype, and for integers the largest magnitude any sum on the way can reach."""

    result: np.dtype[Any]
    reach: int | None  # None: floats

    @property
    def in_integers(self) -> np.dtype[Any]:
        """The dtype for plain sums: the narrowest exact integers, or the result's floats."""
        return self.result if self.reach is None else _narrowest(self.reach, _INTEGERS)

    @property
    def in_floats(self) -> np.dtype[Any]:
        """The dtype for BLAS, which has floats only.

        Integers are exact in float32 up to 2**24 and in float64 up to 2**53; above that NumPy's own
        integer products remain, slow and right.
        """
        if self.reach is None:
            return self.result
        return np.dtype(
            np.float32 if self.reach <= 2**24 else np.float64 if self.reach <= 2**53 else np.int64
        )


Asked: TypeAlias = "DTypeLike | Literal['narrowest'] | None"


def choose(x: Array, weight: Array, bias: Array | None, dtype: Asked) -> Numbers:
    """The numbers of one convolution; see `conv2d` for the rules.

    Raises
    ------
    KernelError
        When a sum could overflow int64 or the ``dtype`` that was asked for.
    """
    narrowest = isinstance(dtype, str) and dtype == "narrowest"
    asked = None if dtype is None or narrowest else _result(dtype)
    if not is_exact(x, weight, bias):
        result = asked or float_dtype(x)
        if result.kind != "f":
            raise KernelError(
                f"dtype is {result}, but there are floats to add up; ask for float32 or float64"
            )
        _check_range(weight, "weight", result)
        if bias is not None:
            _check_range(bias, "bias", result)
        return Numbers(result, None)
    reach = _reach(x, weight, bias)
    if reach > np.iinfo(np.int64).max:
        raise KernelError(
            f"sums can reach {reach}, beyond int64; convert the picture or the kernel to float64"
        )
    result = asked or _narrowest(reach, _INTEGERS if narrowest else _INTEGERS[1:])
    if result.kind == "i" and reach > np.iinfo(result).max:
        raise KernelError(f"sums can reach {reach}, beyond the {result} asked for; ask for a wider dtype")
    return Numbers(result, reach)


def is_tame(values: Array) -> bool:
    """Whether every value is finite, and so far from the ends of float32 that sums and sums of sums stay.

    Then a tap of 0 may be left out (0 x NaN is NaN in PyTorch), cells may be added before they are
    multiplied, and transforms cannot overflow. Of NaN every comparison is false.
    """
    if values.dtype.kind != "f":
        return True
    return bool(values.max(initial=0) < _FAR and values.min(initial=0) > -_FAR)


def _narrowest(reach: int, candidates: tuple[np.dtype[Any], ...]) -> np.dtype[Any]:
    return next(dtype for dtype in candidates if reach <= np.iinfo(dtype).max)


def _reach(x: Array, weight: Array, bias: Array | None) -> int:
    """An upper bound, in Python's integers, of every value, weight, partial sum and result.

    8 and 16 bit pixels count with their whole range, so that a batch of pictures gets one dtype; wider
    integers with the values they hold.
    """
    if x.dtype.itemsize <= 2:
        low, high = int(np.iinfo(x.dtype).min), int(np.iinfo(x.dtype).max)
    else:
        low, high = (0, 0) if x.size == 0 else (int(x.min()), int(x.max()))
    largest_value = max(high, -low)
    largest_weight = max(int(weight.max()), -int(weight.min()))
    # Summing |weight| in int64 is safe while count * largest stays below 2**63; Python's integers otherwise.
    wide = weight.size * largest_weight >= 2**63
    magnitudes = np.abs(weight.astype(object if wide else np.int64))
    sums = magnitudes.reshape(len(weight), -1).sum(axis=1)
    offset = 0 if bias is None else max(int(bias.max()), -int(bias.min()))
    return max(int(sums.max()) * largest_value + offset, largest_value, largest_weight)


def _result(dtype: DTypeLike) -> np.dtype[Any]:
    received: object = dtype
    with suppress(TypeError):
        received = asked = np.dtype(dtype)
        if asked in _RESULTS:
            return asked
    raise KernelError(f"dtype is {received}; a map can be {', '.join(map(str, _RESULTS))}")


def _check_range(values: Array, name: str, result: np.dtype[Any]) -> None:
    largest = np.finfo(result).max
    if values.dtype.itemsize > result.itemsize and bool(
        np.any(np.isfinite(values) & (np.abs(values) > largest))
    ):
        raise KernelError(f"the {name} holds values beyond {result}; use float64 input or dtype=float64")
