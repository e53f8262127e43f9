"""Opening and reading what the user names."""

from __future__ import annotations

import io
import os
import socket
import sys
from typing import TYPE_CHECKING

import pytest

from cnnviz.errors import FileError
from cnnviz.files import open_regular, open_source, printable, read_bytes, regular

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def standard_input_unread() -> Iterator[None]:
    """Forget what was read from standard input, which is kept for the life of a process."""
    regular._read_stdin.cache_clear()
    yield
    regular._read_stdin.cache_clear()


class _Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\x00\r\n\x1a" * 1000)
    assert read_bytes(str(tmp_path / "a.bin")) == b"\x00\r\n\x1a" * 1000


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert read_bytes(str(tmp_path / "b")) == b"1"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(FileError, match=r"^file is empty$"):
        read_bytes(str(tmp_path / "a"))


def test_a_file_of_the_limit_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_bytes(str(tmp_path / "a"), limit=5) == b"12345"
    with pytest.raises(FileError, match=r"^file is too large: 5 bytes, the limit is 4$"):
        read_bytes(str(tmp_path / "a"), limit=4)


def test_a_huge_sparse_file_is_refused_without_reading_it(tmp_path: Path) -> None:
    with open(tmp_path / "a", "wb") as file:
        file.truncate(2**40)
    with pytest.raises(FileError, match="1099511627776 bytes, the limit is 536870912"):
        read_bytes(str(tmp_path / "a"))


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"^is a directory$"):
        open_regular(str(tmp_path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_without_a_writer_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError, match="not a regular file"):
        read_bytes(str(tmp_path / "pipe"))


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no sockets in the file system here")
def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path may only be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        with pytest.raises(FileError, match="not a regular file"):
            open_regular("s")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_a_device_is_refused(device: str) -> None:
    if not os.path.exists(device):
        pytest.skip("no such device here")
    with pytest.raises(FileError, match="not a regular file"):
        read_bytes(device)


def test_what_the_system_refuses_is_said_in_its_words(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name, words in (
        ("missing", "No such file"),
        ("dangling", "No such file or directory$"),
        ("loop", "symbolic links"),
        ("a" * 300, "name too long"),
        ("nul\0", "not a file name"),
    ):
        with pytest.raises(FileError, match=words):
            open_regular(str(tmp_path / name))


def test_of_a_file_that_is_not_there_the_close_names_are_told(tmp_path: Path) -> None:
    for name in ("weights.npz", "weight\n.npz", "other.txt"):
        (tmp_path / name).touch()
    with pytest.raises(FileError) as caught:
        open_regular(str(tmp_path / "weigths.npz"))
    assert str(caught.value) == r"No such file or directory; did you mean weights.npz or weight\n.npz?"
    with pytest.raises(FileError, match=r"^No such file or directory$"):
        open_regular(str(tmp_path / "nowhere" / "weights.npz"))


def test_a_message_does_not_repeat_the_path(tmp_path: Path) -> None:
    with pytest.raises(FileError) as caught:
        read_bytes(str(tmp_path / "missing"))
    assert "missing" not in str(caught.value)


def test_a_dash_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin(b"abc" * 10**6))
    assert read_bytes("-") == b"abc" * 10**6


def test_standard_input_is_read_no_further_than_one_byte_over_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stdin = _Stdin(b"x" * 100)
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(FileError, match="standard input is too large: at least 11 bytes, the limit is 10"):
        read_bytes("-", limit=10)
    assert stdin.buffer.tell() == 11


def test_standard_input_can_be_asked_for_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin(b"abc"))
    assert open_source("-").read() == b"abc"
    assert read_bytes("-") == b"abc"


def test_a_source_is_checked_as_it_is_opened(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    with open_source(str(tmp_path / "a")) as file:
        assert file.read() == b"12345"
    with pytest.raises(FileError, match="file is too large"):
        open_source(str(tmp_path / "a"), limit=4)
    (tmp_path / "b").touch()
    with pytest.raises(FileError, match="file is empty"):
        open_source(str(tmp_path / "b"))


def test_empty_and_closed_standard_input_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin(b""))
    with pytest.raises(FileError, match=r"^standard input is empty$"):
        read_bytes("-")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(FileError, match=r"^standard input is closed$"):
        read_bytes("-")


def test_no_descriptor_is_left_open_after_a_refusal(tmp_path: Path) -> None:
    before = os.dup(0)
    os.close(before)
    for _ in range(20):
        with pytest.raises(FileError):
            open_regular(str(tmp_path))
    after = os.dup(0)
    os.close(after)
    assert after == before


def test_control_and_format_characters_are_escaped() -> None:
    assert printable("a\nb\x1b[31m\u202ec\udcff") == "a\\nb\\x1b[31m\\u202ec\\udcff"


def test_plain_and_accented_text_is_left_alone() -> None:
    assert printable("é [final] :smile: 猫.png") == "é [final] :smile: 猫.png"
