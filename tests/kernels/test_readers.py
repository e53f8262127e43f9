"""Kernel files: every format gives the same array, and every other content is refused by name and place."""

from __future__ import annotations

import json
import os
import pickle
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from safetensors.numpy import save_file

from cnnviz.errors import CnnvizError, FileError, KernelError, PickleError
from cnnviz.kernels.checks import checked
from cnnviz.kernels.json_text import json_array
from cnnviz.kernels.readers import read_file, text_array

kernels = hnp.arrays(
    st.sampled_from([np.dtype(np.int64), np.dtype(np.float64)]),
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=6),
    elements={"allow_nan": False, "allow_infinity": False},
)
SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])


@given(kernels)
def test_an_array_written_as_text_or_json_comes_back(array: NDArray[Any]) -> None:
    for back in (
        text_array("\n".join(" ".join(map(repr, row)) for row in array.tolist()).encode(), ".txt"),
        text_array("\n".join(",".join(map(repr, row)) for row in array.tolist()).encode(), ".csv"),
        text_array("\n".join("\t".join(map(repr, row)) for row in array.tolist()).encode(), ".tsv"),
        json_array(json.dumps(array.tolist()).encode()),
    ):
        assert back.dtype == array.dtype
        np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize(
    "name", ["k.txt", "k.csv", "k.tsv", "k.json", "k.npy", "k.npz", "k.safetensors", "k", "K.CSV"]
)
def test_one_kernel_is_the_same_in_every_format(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    sign = {".csv": ",", ".tsv": "\t"}.get(path.suffix.lower(), " ")
    match path.suffix:
        case ".json":
            path.write_text(json.dumps(SOBEL.tolist()))
        case ".npy":
            np.save(path, SOBEL)
        case ".npz":
            np.savez(path, SOBEL)
        case ".safetensors":
            save_file({"a": SOBEL}, path)
        case _:
            path.write_text("\n".join(sign.join(map(str, row)) for row in SOBEL.tolist()))
    array = read_file(str(path))
    assert array.dtype == np.int64
    np.testing.assert_array_equal(array, SOBEL)


def test_without_a_suffix_the_magic_string_decides(tmp_path: Path) -> None:
    np.save(tmp_path / "k.npy", SOBEL)
    (tmp_path / "k.npy").rename(tmp_path / "kernel")
    np.testing.assert_array_equal(read_file(str(tmp_path / "kernel")), SOBEL)


def test_a_key_chooses_the_array(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", a=SOBEL, b=SOBEL.T)
    save_file({"a": SOBEL, "b": SOBEL.T.copy()}, tmp_path / "w.safetensors")
    for suffix in ("npz", "safetensors"):
        np.testing.assert_array_equal(read_file(f"{tmp_path}/w.{suffix}:b"), SOBEL.T)
        with pytest.raises(FileError, match=rf"w\.{suffix}: it holds 2 \w+; name one of: a, b"):
            read_file(f"{tmp_path}/w.{suffix}")


@pytest.mark.parametrize(
    ("given_dtype", "kept"),
    [("float16", "float32"), ("float32", "float32"), (">f4", "float32"), ("float64", "float64"),
     ("longdouble", "float64"), ("int8", "int64"), ("uint64", "int64"), (">i2", "int64")],
)  # fmt: skip
def test_dtypes_come_out_as_three(given_dtype: str, kept: str) -> None:
    array = checked(np.array([[1, 2], [3, 4]], dtype=given_dtype, order="F"))
    assert array.dtype == np.dtype(kept)
    assert array.flags.c_contiguous
    assert array.tolist() == [[1, 2], [3, 4]]


def test_three_dimensions_become_a_bank_of_one_and_four_stay() -> None:
    assert checked(np.ones((3, 2, 5))).shape == (1, 3, 2, 5)
    assert checked(np.ones((4, 3, 2, 5))).shape == (4, 3, 2, 5)
    assert checked(np.ones((1, 1, 1, 1))).shape == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.ones(9), "it is 1-D of 9 values, as biases are; a kernel has rows and columns, such as (3, 3)"),
        (np.ones(7), "it is 1-D of 7 values, as biases are; a kernel has rows and columns, such as (1, 7)"),
        (np.array(1.0), "it is a single number"),
        (np.ones((1, 1, 1, 1, 1)), "it has 5 dimensions"),
        (np.ones((0, 3)), "no values: its shape is (0, 3)"),
        (np.ones((2, 2), dtype=bool), "its values are bool"),
        (np.ones((2, 2), dtype=complex), "its values are complex128"),
        (np.array([["1", "2"]]), "its values are str"),
        (np.array([[b"1", b"2"]]), "its values are bytes"),
        (np.zeros((2, 2), dtype="datetime64[s]"), "its values are datetime64"),
        (np.zeros((2, 2), dtype="timedelta64[s]"), "its values are timedelta64"),
        (np.zeros((2, 2), dtype="i4,f4"), "its values are void"),
        (np.array([[1, 2], [3, np.nan]]), "nan at row 2, column 2; every coefficient must be finite"),
        (np.array([[1, -np.inf], [3, np.nan]]), "-inf at row 1, column 2"),
        (np.full((2, 1, 1, 1), np.inf), "inf at [0, 0] row 1, column 1"),
        (np.array([[1e308, -1e308]]), "its coefficients are too large to add up"),
        (np.array([[2**63, 0]], dtype=np.uint64), "9223372036854775808 is beyond 64-bit integers"),
        (
            np.broadcast_to(np.int8(1), (4096, 2049)),
            "too large: (4096, 2049) takes 67141632 bytes, the limit is 67108864",
        ),
    ],
)
def test_an_array_that_is_no_kernel_is_refused(array: NDArray[Any], reason: str) -> None:
    with pytest.raises(KernelError) as caught:
        checked(array)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[[1, 2, 3], [4, 5]]", "row 2 has 2 values, row 1 has 3"),
        ("[[1], 2]", "item 2 has the shape (), item 1 has (1,)"),
        ("[[[1, 2], [3]]]", "in [0], row 2 has 1 value, row 1 has 2"),
        ("[]", "no values"),
        ("[[]]", "no values"),
        ("[[], []]", "no values"),
        ("[[1, true]]", "true or false at row 1, column 2"),
        ("[[1, 2], [null, 3]]", "null at row 2, column 1"),
        ('[["1", 2]]', "text at row 1, column 1"),
        ("[[1, {}]]", "an object at row 1, column 2"),
        ('{"a": 1, "a": 2}', "it holds an object"),
        ("1", "it holds a number"),
        ("null", "it holds null"),
        ("[[1, NaN]]", "row 1, column 2: nan is not a finite number"),
        ("[[1, -Infinity]]", "row 1, column 2: -inf is not a finite number"),
        ("[[1e400, 0]]", "row 1, column 1: inf is not a finite number"),
        ("[[9223372036854775808]]", "row 1, column 1: 9223372036854775808 is beyond 64-bit integers"),
        ("[[" + "9" * 5000 + "]]", "an integer of 5000 digits"),
        ("[[1, 2]] trailing", "not JSON: Extra data"),
        ("[[1, 2", "not JSON"),
        ("[[1, 2],]", "not JSON"),
        ("[[0x10]]", "not JSON"),
        ("[[1_000]]", "not JSON"),
        ("", "not JSON"),
        ("[" * 100_000, "nested too deep"),
        ("[" * 100_000 + "]" * 100_000, "nested too deep"),
        ("[[[[[1]]]]]", "nested more than 4 deep"),
        ("\x00", "NUL"),
    ],
)
def test_json_that_is_no_kernel_is_refused_with_its_place(text: str, reason: str) -> None:
    with pytest.raises(KernelError) as caught:
        json_array(text.encode())
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_json_with_a_byte_order_mark_is_read_and_utf_16_is_not() -> None:
    assert json_array("\ufeff[[1, 2]]".encode()).tolist() == [[1, 2]]
    with pytest.raises(KernelError, match="not UTF-8 text"):
        json_array("[[1, 2]]".encode("utf-16"))


def test_a_message_starts_with_the_escaped_name_once(tmp_path: Path) -> None:
    path = tmp_path / "bad\x1b[31m.csv"
    path.write_text("1,2\n3\n")
    with pytest.raises(KernelError) as caught:
        read_file(str(path))
    assert str(caught.value) == f"{tmp_path}/bad\\x1b[31m.csv: row 2 has 1 value, row 1 has 2"
    with pytest.raises(FileError, match=r"^nowhere\.csv: No such file or directory$"):
        read_file("nowhere.csv")


class Canary:
    """Unpickled, it writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self.path), "w")


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_under_any_name_is_refused_and_runs_nothing(protocol: int, tmp_path: Path) -> None:
    data = pickle.dumps(Canary(tmp_path / "canary"), protocol)
    for name in ("k.npy", "k.npz", "k.pt", "k.pkl", "k", "k.txt", "k.json", "k.safetensors"):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(CnnvizError):
            read_file(str(tmp_path / name))
        assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize(
    ("name", "key"), [("w.pt", ""), ("w.PTH", ":conv1.weight"), ("w", ""), ("w.zip", "")]
)
def test_a_torch_archive_is_refused_with_a_way_out(tmp_path: Path, name: str, key: str) -> None:
    path = str(tmp_path / name)
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("w/data.pkl", pickle.dumps({}))
    with pytest.raises(PickleError) as caught:
        read_file(path + key)
    assert str(caught.value).startswith(f"{path}: a pickle as PyTorch writes it; refused")
    assert caught.value.program[0] == "import numpy, torch"
    assert caught.value.program[1].startswith(f"numpy.savez('{tmp_path}/w.npz'")


def test_another_archive_is_refused_with_a_way_out(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "w.zip", "w") as file:
        file.writestr("w.txt", "1 0 -1")
    with pytest.raises(FileError, match=r"w\.zip: an archive; refused: save the weights as"):
        read_file(str(tmp_path / "w.zip"))


def test_an_expression_in_a_text_kernel_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "k.txt").write_text(f"__import__('os').mkdir('{tmp_path}/canary')")
    with pytest.raises(KernelError, match="line 1, value 1"):
        read_file(str(tmp_path / "k.txt"))
    assert not (tmp_path / "canary").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
@pytest.mark.parametrize(
    "name", ["pipe", "pipe.csv", "pipe.json", "pipe.npy", "pipe.npz", "pipe.safetensors"]
)
def test_a_named_pipe_is_refused_at_once(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(FileError, match="not a regular file"):
        read_file(str(tmp_path / name))


def test_a_large_text_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    (tmp_path / "k.txt").write_bytes(b"1 " * 2**23)
    (tmp_path / "k").write_bytes(b"1 " * 2**23)
    start = time.perf_counter()
    for name in ("k.txt", "k"):
        with pytest.raises(FileError, match="too large"):
            read_file(str(tmp_path / name))
    assert time.perf_counter() - start < 1


@given(data=st.binary(max_size=60), name=st.sampled_from(["k.txt", "k.json", "k.npy", "k.csv", "k"]))
@settings(max_examples=200)
def test_random_bytes_are_a_kernel_or_a_refusal_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(data)
    try:
        assert read_file(str(path)).ndim in (2, 4)
    except CnnvizError as error:
        assert "\n" not in str(error)
