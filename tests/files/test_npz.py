"""One array out of an archive, bounded by its header."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnviz.errors import FileError
from cnnviz.files import npz_arrays, npz_member

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LIMIT = 2**20


def npy(array: NDArray[Any]) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def archive(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> str:
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return str(path)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_array_is_read_by_its_key(save: Any, tmp_path: Path) -> None:
    first, second = np.arange(9).reshape(3, 3), np.asfortranarray(np.random.default_rng(0).random((30, 40)))
    save(tmp_path / "w.npz", first=first, second=second)
    for key, array in (("first", first), ("second", second), ("second.npy", second)):
        np.testing.assert_array_equal(npz_member(str(tmp_path / "w.npz"), key, limit=LIMIT), array)


def test_the_only_array_needs_no_key(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", k=np.eye(2))
    np.testing.assert_array_equal(npz_member(str(tmp_path / "w.npz"), None, limit=LIMIT), np.eye(2))


def test_several_arrays_are_listed_with_their_names_escaped(tmp_path: Path) -> None:
    one = npy(np.eye(2))
    path = archive(tmp_path / "w.npz", {"b.npy": one, "../../a.npy": one, "c\x1b[31m.npy": one})
    with pytest.raises(FileError) as caught:
        npz_member(path, None, limit=LIMIT)
    assert str(caught.value) == "it holds 3 arrays; name one of: ../../a, b, c\\x1b[31m (as FILE:NAME)"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["w.npz"]


def test_an_unknown_key_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", k=np.eye(2))
    with pytest.raises(FileError, match="holds no array 'j'; known: k"):
        npz_member(str(tmp_path / "w.npz"), "j", limit=LIMIT)


def test_of_many_the_closest_to_an_unknown_key_are_named(tmp_path: Path) -> None:
    one = npy(np.eye(2))
    path = archive(tmp_path / "w.npz", {f"layer{number}.conv.weight.npy": one for number in range(30)})
    with pytest.raises(FileError) as caught:
        npz_member(path, "layer29.conv.wieght", limit=LIMIT)
    assert str(caught.value).startswith(
        "it holds no array 'layer29.conv.wieght'; did you mean layer29.conv.weight"
    )
    assert str(caught.value).count("conv.weight") <= 3


def test_of_many_that_are_not_close_five_are_named(tmp_path: Path) -> None:
    path = archive(tmp_path / "w.npz", {f"{name}.npy": npy(np.eye(2)) for name in "hgfedcba"})
    for key, said in (
        ("nothing", "it holds no array 'nothing'; known: a, b, c, d, e, ..."),
        (
            None,
            "it holds 8 arrays; name one of: a, b, c, d, e, ... (as FILE:NAME; `cnnviz kernels show FILE` ",
        ),
    ):
        with pytest.raises(FileError) as caught:
            npz_member(path, key, limit=LIMIT)
        assert str(caught.value).startswith(said)


def test_far_more_than_the_limit_in_a_small_archive_is_refused_from_the_header(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    head = npy(np.zeros((16384, 1)))[:128].replace(b"(16384, 1), }   ", b"(16384, 8192), }")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file, file.open("k.npy", "w") as member:
        member.write(head)
        for _ in range(64):
            member.write(bytes(2**20))
    assert path.stat().st_size < LIMIT
    tracemalloc.start()
    start = time.perf_counter()
    with pytest.raises(
        FileError, match=r"shape \(16384, 8192\) takes 1073741824 bytes, the limit is 1048576"
    ):
        npz_member(str(path), None, limit=LIMIT)
    assert time.perf_counter() - start < 0.5
    assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    tracemalloc.stop()


def test_a_small_header_before_a_gigabyte_is_refused_too(tmp_path: Path) -> None:
    path = archive(tmp_path / "w.npz", {"k.npy": npy(np.ones((40, 40))) + bytes(2**24)})
    tracemalloc.start()
    with pytest.raises(FileError, match="followed by something else"):
        npz_member(path, None, limit=LIMIT)
    assert tracemalloc.get_traced_memory()[1] < 2 * 2**20
    tracemalloc.stop()


def test_pickled_objects_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", allow_pickle=True, k=np.array([{}], dtype=object))
    with pytest.raises(FileError, match=r"holds Python objects \(pickle\)"):
        npz_member(str(tmp_path / "w.npz"), None, limit=LIMIT)
    (tmp_path / "p.npz").write_bytes(b"\x80\x04N.")
    with pytest.raises(FileError, match=r"holds Python objects \(pickle\)"):
        npz_member(str(tmp_path / "p.npz"), None, limit=LIMIT)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_cannot_be_bounded_is_refused(compression: int, tmp_path: Path) -> None:
    path = archive(tmp_path / "w.npz", {"k.npy": npy(np.eye(2))}, compression)
    with pytest.raises(FileError, match="unusual compression"):
        npz_member(path, None, limit=LIMIT)


def test_an_encrypted_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    archive(path, {"k.npy": npy(np.eye(2))})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(FileError, match="encrypted"):
        npz_member(str(path), None, limit=LIMIT)


def test_damage_anywhere_is_a_refusal_or_leaves_the_values_alone(tmp_path: Path) -> None:
    array = np.arange(12.0).reshape(3, 4)
    path = tmp_path / "w.npz"
    archive(path, {"k.npy": npy(array)})
    whole = path.read_bytes()
    refused = 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            np.testing.assert_array_equal(npz_member(str(path), "k", limit=LIMIT), array)
        except FileError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > len(whole) / 2


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x05\x06", b"PK\x03\x04" + b"x" * 100, b"hello"])
def test_what_is_no_archive_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "w.npz").write_bytes(data)
    with pytest.raises(FileError, match=r"empty|NPZ archive"):
        npz_member(str(tmp_path / "w.npz"), None, limit=LIMIT)


def test_an_archive_without_arrays_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="it holds no array"):
        npz_member(archive(tmp_path / "w.npz", {"a.txt": b"1"}), None, limit=LIMIT)


def test_an_endless_device_is_refused() -> None:
    with pytest.raises(FileError, match="not a regular file"):
        npz_member("/dev/zero", None, limit=LIMIT)


def test_many_arrays_are_picked_by_their_shapes_in_the_order_of_the_file(tmp_path: Path) -> None:
    arrays = {"b": np.ones((2, 3)), "a": np.arange(4.0), "scalar": np.array(7)}
    np.savez_compressed(tmp_path / "w.npz", **arrays)  # type: ignore[arg-type]  # a name for each
    seen = {}

    def pick(shapes: Any) -> list[str]:
        seen.update(shapes)
        return ["a", "scalar"]

    found = npz_arrays(str(tmp_path / "w.npz"), pick, limit=LIMIT)
    assert list(seen.items()) == [("b", (2, 3)), ("a", (4,)), ("scalar", ())]
    assert found["a"].tolist() == [0, 1, 2, 3]
    assert found["scalar"] == 7
    assert list(found) == ["a", "scalar"]


def test_all_arrays_together_stay_below_the_limit(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "w.npz", a=np.zeros(1000), b=np.zeros(1000))
    path = str(tmp_path / "w.npz")
    assert len(npz_arrays(path, list, limit=17_000)) == 2
    with pytest.raises(FileError, match="the arrays take 16256 bytes together, the limit is 16255"):
        npz_arrays(path, list, limit=16_255)
    assert list(npz_arrays(path, lambda shapes: sorted(shapes)[1:], limit=16_255)) == ["b"]


def test_an_array_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = archive(tmp_path / "w.npz", {"good.npy": npy(np.eye(2)), "bad\x1b.npy": npy(np.eye(2))[:-1]})
    with pytest.raises(FileError, match=r"^bad\\x1b: the values are truncated"):
        npz_arrays(path, list, limit=LIMIT)


def test_what_pick_refuses_is_not_called_damage(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", k=np.eye(2))

    def pick(shapes: Any) -> list[str]:
        raise FileError("one", "two")

    with pytest.raises(FileError) as caught:
        npz_arrays(str(tmp_path / "w.npz"), pick, limit=LIMIT)
    assert caught.value.lines == ("one", "two")


def test_damage_anywhere_refuses_all_arrays_or_leaves_them_alone(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    archive(path, {"k.npy": npy(np.arange(12.0)), "j.npy": npy(np.eye(2))})
    whole = path.read_bytes()
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            found = npz_arrays(
                str(path), lambda shapes: [name for name in shapes if name == "k"], limit=LIMIT
            )
        except FileError as error:
            assert "\n" not in str(error)
        else:
            assert not found or found["k"].tolist() == list(range(12))
