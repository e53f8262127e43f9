"""NPY bytes: plain arrays come out equal, everything else is refused before memory is taken."""

from __future__ import annotations

import io
import pickle
import struct
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cnnviz.errors import FileError
from cnnviz.files import npy_array

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LIMIT = 2**20
DTYPES = ("<f8", ">f8", "<f4", ">f4", "<f2", ">f2", "<i8", ">i8", "|u1", "<u8", ">u2", "|b1", "<c16")


def saved(array: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def file_with(header: str, values: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    size = struct.pack("<H" if version == b"\x01\x00" else "<I", len(header))
    return b"\x93NUMPY" + version + size + header.encode() + values


def header(shape: str = "(2, 2)", descr: str = "'<f8'", order: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


@given(
    st.sampled_from(DTYPES).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(max_dims=4, max_side=4))
    ),
    st.sampled_from("CF"),
)
def test_a_saved_array_comes_back_equal_native_and_contiguous(array: NDArray[Any], order: Any) -> None:
    back = npy_array(saved(np.asarray(array, order=order)), limit=LIMIT)
    assert back.dtype == array.dtype.newbyteorder("=")
    assert back.dtype.isnative
    assert back.flags.c_contiguous
    assert back.shape == array.shape
    np.testing.assert_array_equal(back, array)


def test_the_second_version_of_the_format_is_read() -> None:
    data = file_with(header(), np.arange(4.0).tobytes(), b"\x02\x00")
    assert npy_array(data, limit=LIMIT).tolist() == [[0.0, 1.0], [2.0, 3.0]]


def test_values_that_start_at_an_odd_place_are_read() -> None:
    text = header()
    data = file_with(text + " " * (len(text) % 2), np.arange(4.0).tobytes())
    assert npy_array(data, limit=LIMIT).tolist() == [[0.0, 1.0], [2.0, 3.0]]


def test_a_header_written_by_python_2_is_read() -> None:
    assert npy_array(file_with(header("(1L, 2L)"), np.arange(2.0).tobytes()), limit=LIMIT).shape == (1, 2)


class Canary:
    """Unpickled, it writes a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (self.path, "w")


def test_an_array_of_objects_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    file = io.BytesIO()
    np.save(file, np.array([Canary(str(canary))], dtype=object), allow_pickle=True)
    with pytest.raises(FileError, match=r"holds Python objects \(pickle\); refused"):
        npy_array(file.getvalue(), limit=LIMIT)
    assert not canary.exists()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_bare_pickle_is_refused_and_runs_nothing(tmp_path: Path, protocol: int) -> None:
    data = pickle.dumps(Canary(str(tmp_path / "canary")), protocol)
    with pytest.raises(FileError, match=r"holds Python objects \(pickle\); refused"):
        npy_array(data, limit=LIMIT)
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (
            "(100000, 100000)",
            r"too large: shape \(100000, 100000\) takes 80000000000 bytes, the limit is 1048576",
        ),
        ("(4294967296, 4294967296)", "too large"),
        ("(-3, 3)", r"its shape is \(-3, 3\)"),
        ("(-3, -3)", r"its shape is \(-3, -3\)"),
        ("(0, 3)", r"no values: its shape is \(0, 3\)"),
        (f"({'9' * 4000},)", "too large"),
        ("(1 , 0x100000000)", "too large"),
        ("()", "truncated"),
        ("(True, False)", "no values"),
        (f"({'1, ' * 100})", "NPY header"),
        ("(1.5, 2)", "damaged NPY header"),
        ("[2, 2]", "damaged NPY header"),
        ("'ab'", "damaged NPY header"),
    ],
)
def test_a_claimed_shape_is_checked_before_memory_is_taken(shape: str, reason: str) -> None:
    values = b"\0" * 8 if "1, 1, 1" in shape else b""
    data = file_with(header(shape), values)
    tracemalloc.start()
    with pytest.raises(FileError, match=reason):
        npy_array(data, limit=LIMIT)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * 2**20


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[" * 5000,
        "-" * 5000 + "1",
        "{" * 150,
        "(" * 9000 + ")" * 9000,
        "__import__('os').system('touch canary')",
        "{'descr': '<f8'",
        "{'descr': '<f8', 'shape': (2, 2)}",
        "1",
        '"""',
        "\0",
        header(descr="'<f9000'"),
        header(descr="'nonsense'"),
        header(descr="['<f8']"),
        header(descr="None"),
        header(descr="('<f8', (2, 2))"),
        header(descr="'V0'"),
        header(descr="'S0'"),
        header(order="1"),
        header() + " " * 20000,
    ],
)
def test_a_damaged_header_is_refused_in_one_short_line(text: str, tmp_path: Path) -> None:
    start = time.perf_counter()
    with pytest.raises(FileError, match="NPY header") as caught:
        npy_array(file_with(text, b"\0" * 32), limit=LIMIT)
    assert time.perf_counter() - start < 1
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("cut", [1, 6, 7, 9, 50, 127, 128, 159])
def test_a_truncated_file_is_refused(cut: int) -> None:
    with pytest.raises(FileError):
        npy_array(saved(np.ones((2, 2)))[:cut], limit=LIMIT)


def test_too_few_and_too_many_values_are_told_apart() -> None:
    whole = saved(np.ones((2, 2)))
    with pytest.raises(FileError, match=r"truncated: 159 bytes, but shape \(2, 2\) of float64 makes 160"):
        npy_array(whole[:-1], limit=LIMIT)
    with pytest.raises(FileError, match="followed by something else: 161 bytes"):
        npy_array(whole + b"\0", limit=LIMIT)


def test_another_version_and_another_format_are_refused() -> None:
    with pytest.raises(FileError, match=r"NPY version 3\.0 is not supported"):
        npy_array(file_with(header(), version=b"\x03\x00"), limit=LIMIT)
    with pytest.raises(FileError, match="not an NPY file"):
        npy_array(b"1 2 3\n4 5 6\n", limit=LIMIT)


def test_the_limit_is_inclusive() -> None:
    data = saved(np.ones((2, 2)))
    assert npy_array(data, limit=32).shape == (2, 2)
    with pytest.raises(FileError, match="takes 32 bytes, the limit is 31"):
        npy_array(data, limit=31)


@given(st.binary(max_size=200))
def test_random_bytes_after_the_magic_string_are_an_array_or_a_refusal(noise: bytes) -> None:
    try:
        npy_array(b"\x93NUMPY\x01\x00" + noise, limit=LIMIT)
    except FileError as error:
        assert "\n" not in str(error)
