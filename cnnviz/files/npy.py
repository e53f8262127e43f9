"""NPY bytes -> array. The header is believed only after it was checked against limits and length."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from io import BytesIO
from tokenize import TokenError
from typing import TYPE_CHECKING, Any

from cnnviz.errors import FileError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAGIC = b"\x93NUMPY"
MAX_PREFIX_BYTES = 12 + 10_000
"""Magic string, version and length, then the longest header NumPy itself accepts unasked."""

# The header is a Python literal: NumPy lets through whatever its parsers can throw at broken ones.
_HEADER_ERRORS = (
    ValueError, TypeError, SyntaxError, TokenError, KeyError, IndexError, AttributeError, EOFError,
    OverflowError, RecursionError, MemoryError, SystemError,
)  # fmt: skip

PICKLED = "holds Python objects (pickle); refused, since reading them could run code: save plain numbers"


@dataclass(frozen=True)
class Header:
    """What the header claims: shape, memory order, dtype, and ``start``, the offset of the first value."""

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]
    start: int

    @property
    def length(self) -> int:
        """How many bytes the whole file must have; Python integers, so nothing overflows."""
        return self.start + math.prod(self.shape) * self.dtype.itemsize


def npy_array(data: bytes | bytearray, *, limit: int) -> NDArray[Any]:
    """Read the array in the NPY file ``data``: native byte order, C order, any plain dtype; maybe read-only.

    >>> from io import BytesIO
    >>> import numpy as np
    >>> file = BytesIO()
    >>> np.save(file, np.array([[1, 2], [3, 4]], dtype=">i2", order="F"))
    >>> npy_array(file.getvalue(), limit=1000)
    array([[1, 2],
           [3, 4]], dtype=int16)

    Raises
    ------
    FileError
        For a damaged header, pickled objects, no values, more than ``limit`` bytes of values, or values
        that are cut short or followed by something else.
    """
    import numpy as np

    header = read_header(bytes(data[:MAX_PREFIX_BYTES]), limit=limit)
    check_length(header, len(data))
    values = np.frombuffer(data, header.dtype, offset=header.start)
    try:
        array = values.reshape(header.shape, order="F" if header.fortran_order else "C")
    except ValueError as error:  # NumPy's own limit on the number of dimensions
        raise FileError(f"damaged NPY header: {error}") from None
    native = header.dtype.newbyteorder("=")
    return np.require(array, native, ["C_CONTIGUOUS", "ALIGNED"])


def read_header(prefix: bytes, *, limit: int) -> Header:
    """Parse and check the header at the start of ``prefix`` before any memory is taken for values."""
    if looks_pickled(prefix):
        raise FileError(PICKLED)
    if not prefix.startswith(MAGIC):
        raise FileError("not an NPY file (it does not start with \\x93NUMPY)")
    header = _parse(prefix)
    if header.dtype.hasobject:
        raise FileError(PICKLED)
    if header.dtype.subdtype is not None or header.dtype.itemsize == 0:
        raise FileError(f"damaged NPY header: its dtype is {header.dtype.str}")
    check_size(header.shape, header.dtype.itemsize, limit=limit)
    return header


def check_size(shape: tuple[int, ...], itemsize: int, *, limit: int) -> None:
    """Refuse a claimed ``shape`` that is negative, empty, or takes more than ``limit`` bytes."""
    if min(shape, default=1) < 0:
        raise FileError(f"damaged header: its shape is {_written(shape)}")
    if min(shape, default=1) == 0:
        raise FileError(f"no values: its shape is {_written(shape)}")
    needed = math.prod(shape) * itemsize
    if needed > limit:
        raise FileError(
            f"too large: shape {_written(shape)} takes {_counted(needed)} bytes, the limit is {limit}"
        )


def check_length(header: Header, length: int) -> None:
    """Refuse a file of ``length`` bytes that does not hold exactly what its header claims."""
    if length != header.length:
        what = "truncated" if length < header.length else "followed by something else"
        raise FileError(
            f"the values are {what}: {length} bytes, but shape {_written(header.shape)} "
            f"of {header.dtype.name} makes {header.length}"
        )


def looks_pickled(data: bytes) -> bool:
    """Whether ``data`` starts as a pickle of protocol 2 to 5 does."""
    return data[:1] == b"\x80" and data[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05")


def _parse(prefix: bytes) -> Header:
    from numpy.lib import format as npy

    readers = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
    file = BytesIO(prefix)
    try:
        version = npy.read_magic(file)
        if version not in readers:  # 3.0 differs only in the names of structured fields
            raise FileError(f"NPY version {version[0]}.{version[1]} is not supported; 1.0 and 2.0 are")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a header written by Python 2 is fine
            shape, fortran_order, dtype = readers[version](file)
        return Header(tuple(map(int, shape)), fortran_order, dtype, file.tell())
    except _HEADER_ERRORS:
        # Their messages quote the header, which is hostile as often as not.
        raise FileError("damaged NPY header: it could not be read") from None


def _written(shape: tuple[int, ...]) -> str:
    """``shape`` as text, even with integers too long to print."""
    return "(" + ", ".join(map(_counted, shape[:8])) + (", ..." if len(shape) > 8 else "") + ")"


def _counted(number: int) -> str:
    return (
        str(number)
        if number.bit_length() <= 128
        else f"{'-' if number < 0 else ''}2**{number.bit_length() - 1}..."
    )
