"""One tensor out of a safetensors file."""

from __future__ import annotations

import json
import struct
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from cnnviz.errors import FileError
from cnnviz.files import safetensors_tensor, safetensors_tensors

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 2**20


def written(path: Path, header: Any, values: bytes = b"", *, length: int | None = None) -> str:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + values)
    return str(path)


def tensor(dtype: str = "F32", shape: tuple[int, ...] = (2, 2), end: int = 16) -> dict[str, Any]:
    return {"k": {"dtype": dtype, "shape": shape, "data_offsets": [0, end]}}


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "int8", "uint16"])
def test_a_tensor_is_read_by_its_name(dtype: str, tmp_path: Path) -> None:
    first, second = np.arange(9, dtype=dtype).reshape(3, 3), np.ones((4, 1, 2, 2), dtype=dtype)
    save_file({"conv.weight": first, "other": second}, tmp_path / "w.safetensors")
    for name, array in (("conv.weight", first), ("other", second)):
        back = safetensors_tensor(str(tmp_path / "w.safetensors"), name, limit=LIMIT)
        assert back.dtype == array.dtype
        np.testing.assert_array_equal(back, array)


def test_the_only_tensor_needs_no_name_and_several_do(tmp_path: Path) -> None:
    path = str(tmp_path / "w.safetensors")
    save_file({"k": np.eye(2)}, path)
    np.testing.assert_array_equal(safetensors_tensor(path, None, limit=LIMIT), np.eye(2))
    save_file({"a": np.eye(2), "b": np.eye(2)}, path)
    with pytest.raises(FileError, match="it holds 2 tensors; name one of: a, b"):
        safetensors_tensor(path, None, limit=LIMIT)
    with pytest.raises(FileError, match="holds no tensor 'c'"):
        safetensors_tensor(path, "c", limit=LIMIT)


def test_bfloat16_is_refused_with_a_way_out(tmp_path: Path) -> None:
    path = written(tmp_path / "w.safetensors", tensor("BF16", (2, 2), 8), bytes(8))
    with pytest.raises(
        FileError, match="its values are bfloat16, which NumPy cannot hold; convert them to float32"
    ):
        safetensors_tensor(path, None, limit=LIMIT)


def test_a_tensor_over_the_limit_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "w.safetensors", tensor(shape=(2, 2)), bytes(16))
    with pytest.raises(FileError, match="takes 16 bytes, the limit is 15"):
        safetensors_tensor(path, None, limit=15)


@pytest.mark.parametrize(
    ("header", "values", "length"),
    [
        (tensor(), b"", 2**63),
        (tensor(), b"", 2**40),
        (tensor(), bytes(8), None),
        (tensor(), bytes(32), None),
        (tensor(shape=(3, 3)), bytes(16), None),
        (tensor(shape=(2**32, 2**32)), bytes(16), None),
        ({"k": {"dtype": "F32", "shape": [2, 2], "data_offsets": [8, 24]}}, bytes(24), None),
        (b"not json", b"", None),
        (b"[" * 10000, b"", None),
        (b"\xff\xfe", b"", None),
        (tensor("\x1b[31m\n"), bytes(16), None),
        ({}, b"", None),
        (b"", b"", None),
    ],
)
def test_a_damaged_file_is_refused_in_one_line(
    header: Any, values: bytes, length: int | None, tmp_path: Path
) -> None:
    path = written(tmp_path / "w.safetensors", header, values, length=length)
    with pytest.raises(FileError) as caught:
        safetensors_tensor(path, None, limit=LIMIT)
    assert str(caught.value).isprintable()


def test_without_the_package_the_message_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_file({"k": np.eye(2)}, tmp_path / "w.safetensors")
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(
        FileError, match=r"^reading \.safetensors needs the package safetensors: pip install safetensors$"
    ):
        safetensors_tensor(str(tmp_path / "w.safetensors"), None, limit=LIMIT)


def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="No such file"):
        safetensors_tensor(str(tmp_path / "w.safetensors"), None, limit=LIMIT)
    with pytest.raises(FileError, match="is a directory"):
        safetensors_tensor(str(tmp_path), None, limit=LIMIT)


def test_many_tensors_are_picked_by_their_shapes(tmp_path: Path) -> None:
    path = str(tmp_path / "w.safetensors")
    save_file({"a": np.ones((2, 3), "f4"), "b": np.arange(4, dtype="f4")}, path)
    seen = {}

    def pick(shapes: Any) -> list[str]:
        seen.update(shapes)
        return ["b"]

    found = safetensors_tensors(path, pick, limit=LIMIT)
    assert seen == {"a": (2, 3), "b": (4,)}
    assert list(found) == ["b"]
    assert found["b"].tolist() == [0, 1, 2, 3]


def test_all_tensors_together_stay_below_the_limit(tmp_path: Path) -> None:
    path = str(tmp_path / "w.safetensors")
    save_file({"a": np.ones(8, "f4"), "b": np.ones(8, "f4")}, path)
    with pytest.raises(FileError, match="the arrays take 64 bytes together, the limit is 63"):
        safetensors_tensors(path, list, limit=63)


def test_a_tensor_of_a_dtype_that_numpy_lacks_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "w.safetensors", tensor("BF16", (2, 2), 8), bytes(8))
    with pytest.raises(FileError, match=r"^k: its values are bfloat16"):
        safetensors_tensors(path, list, limit=LIMIT)


def test_what_pick_refuses_is_not_called_damage(tmp_path: Path) -> None:
    path = str(tmp_path / "w.safetensors")
    save_file({"a": np.ones(8, "f4")}, path)

    def pick(shapes: Any) -> list[str]:
        raise FileError("one", "two")

    with pytest.raises(FileError) as caught:
        safetensors_tensors(path, pick, limit=LIMIT)
    assert caught.value.lines == ("one", "two")
