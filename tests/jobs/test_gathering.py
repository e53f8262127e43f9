"""Files, folders, lists and shares become pictures in a fixed order."""

from __future__ import annotations

import os
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import UsageError
from cnnviz.images import FORMATS
from cnnviz.jobs import gathering
from cnnviz.jobs.gathering import Found, gather, listed, shard


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pictures by their suffixes in three folders, other files, hidden ones, links."""
    monkeypatch.chdir(tmp_path)
    for name in ("b.PNG", "a.jpg", "notes.txt", ".hidden.png", "sub/c.webp", "sub/deep/d.npy", ".git/e.png"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "photos" / "again").symlink_to("sub")
    return tmp_path


def test_a_folder_is_walked_by_name_and_the_tree_is_told(tree: Path) -> None:
    assert gather(["photos"], recursive=True) == (
        (
            Found("photos/a.jpg", ""),
            Found("photos/b.PNG", ""),
            Found("photos/sub/c.webp", "sub"),
            Found("photos/sub/deep/d.npy", "sub/deep"),
        ),
        (),
        1,
    )


def test_the_folder_of_the_results_is_left_out(tree: Path) -> None:
    found = gather(["photos"], recursive=True, avoid="photos/sub/").pictures
    assert [each.path for each in found] == ["photos/a.jpg", "photos/b.PNG"]
    # A folder that holds both is walked all the same.
    assert len(gather(["photos"], recursive=True, avoid="photos/").pictures) == 4


def test_without_recursion_names_stay_as_they_are(tree: Path) -> None:
    given = ["photos", "nowhere.png", "-", "sample:cat", "photos/notes.txt"]
    assert gather(given).pictures == tuple(Found(path) for path in given)
    assert gather(["photos/notes.txt"], recursive=True).pictures == (Found("photos/notes.txt"),)


def test_a_folder_that_cannot_be_read_is_told_of(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refused(path: str) -> object:
        if path.endswith("deep"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    found = gather(["photos"], recursive=True)
    assert found.unreadable == (("photos/sub/deep", "Permission denied"),)
    assert len(found.pictures) == 3


def test_every_format_has_a_suffix() -> None:
    known = " ".join(gathering.SUFFIXES)
    assert all(f".{name.lower().removesuffix('f')}" in known for name in FORMATS)


@pytest.mark.parametrize(
    ("data", "null", "names"),
    [
        (b"a.png\nb c.png\n\nd\xff.png", False, ["a.png", "b c.png", "d\udcff.png"]),
        (b"a.png\r\nb.png\r\n", False, ["a.png", "b.png"]),
        (b"a.png\0two\nlines.png\0", True, ["a.png", "two\nlines.png"]),
    ],
)
def test_a_list_is_names_by_line_or_by_nul(tmp_path: Path, data: bytes, null: bool, names: list[str]) -> None:
    (tmp_path / "list").write_bytes(data)
    assert listed(str(tmp_path / "list"), null=null) == names


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\n\n", "no file is named in it"),
        (b"a.png\0b.png\0", "there are NUL characters in it; add -0"),
        (None, "No such file or directory"),
    ],
)
def test_a_list_that_names_nothing_is_wrong_usage(tmp_path: Path, data: bytes | None, message: str) -> None:
    path = tmp_path / "list"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(UsageError, match="--files-from") as error:
        listed(str(path))
    assert message in str(error.value)


@given(pictures=st.integers(0, 40), count=st.integers(1, 9))
def test_shares_are_all_pictures_each_once_and_about_equal(pictures: int, count: int) -> None:
    whole = list(range(pictures))
    shares = [shard(whole, index, count) for index in range(1, count + 1)]
    assert sorted(chain(*shares)) == whole
    assert max(map(len, shares)) - min(map(len, shares)) <= 1
