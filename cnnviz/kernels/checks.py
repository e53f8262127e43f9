"""What the array of a kernel may be: the one place that says so, whatever file it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnviz.errors import KernelError
from cnnviz.files import MAX_KERNEL_BYTES

if TYPE_CHECKING:
    from numpy.typing import NDArray


def checked(array: NDArray[Any]) -> NDArray[Any]:
    """``array`` as a kernel's weight: int64, float32 or float64, (kH, kW) or (O, I, kH, kW).

    (I, kH, kW) is taken as one output channel; float16 becomes float32; all integers become int64.

    Raises
    ------
    KernelError
        For another dtype or number of dimensions, no values, NaN or infinity (with its place), floats too
        large to add up, integers beyond int64, or more than 64 MiB.
    """
    import numpy as np

    if array.dtype.kind not in "iuf":
        raise KernelError(f"its values are {array.dtype.name}; a kernel takes integers or floats")
    _check_dimensions(array.shape)
    whole = array.dtype.kind in "iu"
    target = np.dtype(np.int64 if whole else np.float32 if array.dtype.itemsize <= 4 else np.float64)
    if array.size * target.itemsize > MAX_KERNEL_BYTES:
        needed = array.size * target.itemsize
        raise KernelError(f"too large: {array.shape} takes {needed} bytes, the limit is {MAX_KERNEL_BYTES}")
    if array.dtype == np.uint64 and array.max() > np.iinfo(np.int64).max:
        raise KernelError(f"{array.max()} is beyond 64-bit integers; convert it to float64")
    with np.errstate(over="ignore"):
        weight = array.astype(target, order="C")
    if not whole and not np.isfinite(weight).all():
        first = int(np.isfinite(weight).argmin())
        where = tuple(map(int, np.unravel_index(first, weight.shape)))
        raise KernelError(f"{weight[where]} at {place(where)}; every coefficient must be finite")
    with np.errstate(over="ignore"):
        if not whole and not np.isfinite(np.abs(weight).sum(dtype=np.float64)):
            raise KernelError("its coefficients are too large to add up; divide them by their largest")
    return weight[np.newaxis] if weight.ndim == 3 else weight


def place(index: tuple[int, ...]) -> str:
    """Where a value stands, in words, counted from 1; channels in front, counted from 0 as in Python.

    >>> place((0, 2)), place((3, 0, 0, 2)), place((4,))
    ('row 1, column 3', '[3, 0] row 1, column 3', 'value 5')
    """
    if len(index) == 1:
        return f"value {index[0] + 1}"
    channels = f"{list(index[:-2])} " if len(index) > 2 else ""
    return f"{channels}row {index[-2] + 1}, column {index[-1] + 1}"


def _check_dimensions(shape: tuple[int, ...]) -> None:
    if 0 in shape:
        raise KernelError(f"no values: its shape is {shape}")
    if len(shape) == 0:
        raise KernelError("it is a single number; a kernel has rows and columns: reshape it to (1, 1)")
    if len(shape) == 1:
        side = round(shape[0] ** 0.5)
        into = (side, side) if side**2 == shape[0] else (1, shape[0])
        raise KernelError(
            f"it is 1-D of {shape[0]} values, as biases are; a kernel has rows and columns, such as {into}"
        )
    if len(shape) > 4:
        raise KernelError(
            f"it has {len(shape)} dimensions, {shape}; a kernel has 2 (kH, kW), a bank 4 (O, I, kH, kW)"
        )


def from_numbers(content: Any) -> NDArray[Any]:
    """Make an array of nested numbers: int64 if all are ``int``, else float64."""
    import numpy as np

    array = np.array(content)
    return array if array.dtype == np.int64 else array.astype(np.float64)
