"""Standard input, output and error: pipes, JSON, and streams that are full, closed or read by nobody."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import correlate2d

from tests.cli.running import (
    COLORS,
    GRAY,
    SOBEL_X,
    Run,
    Shell,
    Start,
    brightness,
    files,
    npy,
    pixels,
    png,
    table_of,
)

# Bytes on standard output


def test_a_convolution_piped_into_a_pooling_is_exact(shell: Shell, tmp_path: Path) -> None:
    done = shell(
        "cnnviz convolve sample:cat -k sobel-x -o - --format npy"
        " | cnnviz pool --size 2 -o - --format npy > out.npy"
    )
    assert done.code == 0
    values = correlate2d(brightness("cat"), SOBEL_X, "valid")[:298, :448]
    expected = values.reshape(149, 2, 224, 2).max(axis=(1, 3))
    assert np.array_equal(np.load(tmp_path / "out.npy"), expected[np.newaxis])


def test_what_is_piped_on_is_the_picture_that_would_have_been_written(run: Run, tmp_path: Path) -> None:
    assert run("convolve", "sample:cat", "-k", "sobel-x", "-o", "there.png").code == 0
    piped = run("convolve", "sample:cat", "-k", "sobel-x", "-o", "-")
    assert piped.stdout == (tmp_path / "there.png").read_bytes()
    pooled = run("pool", "--size", "2", "-o", "-", stdin=piped.stdout)
    expected = pixels(piped.stdout)[:298, :448].reshape(149, 2, 224, 2).max(axis=(1, 3))
    assert np.array_equal(pixels(pooled.stdout), expected)
    assert files(tmp_path) == {"there.png"}


@pytest.mark.parametrize(
    "args", [("--format", "npz"), ("--sheet",), ("--format", "webp"), ("--format", "tiff")]
)
def test_every_kind_of_single_result_may_be_piped(run: Run, tmp_path: Path, args: tuple[str, ...]) -> None:
    piped = run("convolve", "sample:step", "-k", "box", *args, "-o", "-")
    target = f"there.{args[-1]}" if "--format" in args else "there.png"
    assert run("convolve", "sample:step", "-k", "box", *args, "-o", target).code == 0
    assert piped.stdout == (tmp_path / target).read_bytes()


def test_beside_bytes_on_standard_output_the_table_is_on_standard_error(run: Run) -> None:
    done = run("convolve", "sample:step", "-k", "box", "-o", "-")
    assert done.stdout.startswith(b"\x89PNG")
    assert [(row["kernel"], row["file"]) for row in table_of(done.err)] == [("box", "-")]
    assert run("convolve", "sample:step", "-k", "box", "-o", "-", "-q").stderr == b""


@pytest.mark.parametrize(
    ("args", "number"),
    [
        (("sample:step", "-k", "box", "-k", "sobel-x"), "2"),
        (("sample:step", "sample:cat", "-k", "box"), "2"),
        (("sample:cat", "-k", "box", "--channels", "each"), "3"),
        (("sample:step", "-k", "edges"), "12"),
    ],
)
def test_only_one_result_goes_to_standard_output(run: Run, args: tuple[str, ...], number: str) -> None:
    done = run("convolve", *args, "-o", "-")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert f"exactly one result, this makes {number}" in done.err


def test_bytes_are_refused_on_a_terminal(run: Run) -> None:
    for args in (("convolve", "sample:step", "-k", "box"), ("pool", "sample:step", "--size", "2")):
        done = run(*args, "-o", "-", columns=80)
        assert (done.code, done.out) == (2, "")
        assert "terminal" in done.err


def test_a_failure_leaves_standard_output_empty(run: Run) -> None:
    done = run("pool", "--size", "2", "-o", "-", stdin=png(COLORS)[:100])
    assert (done.code, done.stdout) == (1, b"")
    assert done.err.startswith("cnnviz: -: ")


def test_an_array_is_piped_in_for_a_convolution_too(run: Run) -> None:
    done = run("convolve", "-k", "sobel-x", "-o", "-", "--format", "npy", stdin=npy(GRAY.astype(np.uint8)))
    assert done.stdout == npy(correlate2d(GRAY, SOBEL_X, "valid").astype(np.int32)[np.newaxis])


# JSON


def test_json_is_one_line_with_exactly_these_keys(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bank.npy").write_bytes(npy(np.ones((2, 3, 2, 2))))
    done = run("convolve", "sample:cat", "missing.png", "-k", "sobel-x", "-k", "bank.npy", "--json")
    assert done.out.count("\n") == 1
    values = correlate2d(brightness("cat"), SOBEL_X, "valid")
    document = done.json
    assert set(document) == {"schema", "results", "failed"}
    assert document["schema"] == 1
    assert document["failed"] == [{"image": "missing.png", "error": "No such file or directory"}]
    first, second = document["results"]
    assert first == {
        "image": "sample:cat",
        "op": "convolve",
        "kernel": "sobel-x",
        "input": [1, 300, 451],
        "output": [1, 298, 449],
        "range": [values.min(), values.max()],
        "tone": {
            "kind": "symmetric",
            "low": -212.0,
            "high": 212.0,
            "clipped": pytest.approx((np.abs(values) > 212).mean(), abs=1e-6),
        },
        "files": ["cat.sobel-x.png"],
    }
    assert (second["input"], second["output"]) == ([3, 300, 451], [2, 299, 450])
    assert second["files"] == ["cat.bank.000.png", "cat.bank.001.png"]


def test_json_of_a_pooling_has_no_kernel(run: Run) -> None:
    (result,) = run("pool", "sample:cat", "--size", "2", "--json").json["results"]
    assert (result["op"], result["kernel"]) == ("pool", None)
    assert (result["input"], result["output"]) == ([3, 300, 451], [3, 150, 225])


def test_json_is_the_same_on_a_terminal(run: Run) -> None:
    args = ("convolve", "sample:step", "-k", "box", "--json", "-f")
    assert run(*args, columns=40).out == run(*args).out


def test_json_of_a_dry_run_has_no_values(run: Run) -> None:
    (result,) = run("convolve", "sample:cat", "-k", "sobel-x", "--json", "-n").json["results"]
    assert (result["range"], result["tone"]) == (None, None)
    assert result["output"] == [1, 298, 449]


# Streams that are full, closed, or read by nobody


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no full device here")
@pytest.mark.parametrize(
    "line",
    ["convolve sample:step -k box", "pool sample:step --size 2 -o -", "kernels", "--help"],
)
def test_a_full_standard_output_is_one_line_and_a_failure(shell: Shell, line: str) -> None:
    done = shell(f"cnnviz {line} > /dev/full")
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "cannot write standard output: No space left on device" in done.err


@pytest.mark.parametrize(
    "line", ["--version", "convolve sample:step -k box", "pool sample:step --size 2 -o -"]
)
def test_a_closed_standard_output_is_one_line_and_a_failure(shell: Shell, line: str) -> None:
    done = shell(f"cnnviz {line} >&-")
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "cannot write standard output" in done.err


def test_with_standard_output_closed_the_work_is_done_all_the_same(shell: Shell, tmp_path: Path) -> None:
    done = shell("cnnviz convolve sample:step sample:cat -k box -q >&- 2>&- <&-")
    assert (done.code, done.err) == (0, "")
    assert files(tmp_path) == {"step.box.png", "cat.box.png"}
    assert pixels(tmp_path / "step.box.png").shape == (6, 6)


def test_with_standard_error_closed_everything_else_happens(shell: Shell, tmp_path: Path) -> None:
    done = shell("cnnviz convolve sample:step missing.png sample:cat -k box 2>&-")
    assert (done.code, done.err) == (1, "")
    assert [row["file"] for row in done.table] == ["step.box.png", "cat.box.png"]
    assert files(tmp_path) == {"step.box.png", "cat.box.png"}


def test_with_standard_input_closed_a_picture_is_missing(shell: Shell) -> None:
    done = shell("cnnviz pool --size 2 <&-")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "a picture is missing" in done.err


@pytest.mark.parametrize(
    "args", [("kernels",), ("convolve", "sample:step", "-k", "all", "-o", "-", "--sheet")]
)
def test_a_reader_that_leaves_early_is_no_traceback(start: Start, args: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    running = start(*args, stdin=subprocess.DEVNULL, stdout=writer)
    os.close(writer)
    _, err = running.communicate(timeout=30)
    assert running.returncode in (1, -signal.SIGPIPE)
    assert b"Traceback" not in err
    assert b"Error" not in err


def test_a_named_pipe_without_a_writer_does_not_hang(shell: Shell) -> None:
    done = shell("mkfifo pipe.png; cnnviz pool pipe.png --size 2")
    assert done.code == 1
    assert "not a regular file" in done.err


def test_in_a_locale_without_letters_names_are_escaped_and_nothing_crashes(
    shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "é.png").write_bytes(png(COLORS))
    plain = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = shell("cnnviz convolve é.png missing-é.png -k box --json", **plain)
    assert done.code == 1
    (result,) = done.json["results"]
    assert (result["image"], result["files"]) == ("é.png", ["é.box.png"])
    assert done.json["failed"][0]["image"] == "missing-é.png"
    done = shell("cnnviz pool é.png missing-é.png --size 2 && cnnviz kernels show gabor", **plain)
    assert done.code == 1
    assert [row["input"] for row in done.table] == ["3x13x17"]
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_poorer_encoding_of_the_streams_crashes_nothing(
    shell: Shell, tmp_path: Path, encoding: str
) -> None:
    (tmp_path / "猫.png").write_bytes(png(COLORS))
    done = shell("cnnviz convolve 猫.png 狗.png -k box --show", PYTHONIOENCODING=encoding)
    assert done.code == 1
    assert b"1x11x15" in done.stdout
    assert done.stderr.count(b"\n") == 1
    assert b"Error" not in done.stderr
