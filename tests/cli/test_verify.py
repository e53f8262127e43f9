"""``--verify``: SciPy's own correlation beside the engine that was chosen."""

from __future__ import annotations

import pytest

from tests.cli.running import Run


@pytest.mark.parametrize("kernel", ["sobel-x", "laplacian-8", "1 -2 3; 0 4 -5"])
def test_whole_numbers_agree_exactly(run: Run, picture: str, kernel: str) -> None:
    done = run("convolve", picture, "-k", kernel, "--verify")
    assert done.code == 0
    assert "verified by scipy.signal: largest difference 0, largest value " in done.err


def test_every_kernel_is_verified_and_json_says_so_too(run: Run, picture: str) -> None:
    results = run("convolve", picture, "-k", "gaussian", "-k", "sobel", "--verify", "--json").json["results"]
    assert [result["verified"].partition(":")[0] for result in results] == ["verified by scipy.signal"] * 2
    difference = float(results[0]["verified"].split("difference ")[1].split(",")[0])
    assert difference < 255 * 1e-6
    plain = run("convolve", picture, "-k", "box", "--json").json["results"]
    assert "verified" not in plain[0]


def test_engines_are_named_with_their_reasons(run: Run, picture: str) -> None:
    done = run("convolve", picture, "-k", "box:5", "-v")
    assert "engine separable: rank 1: 5 + 5 shifted additions in place of 25" in done.err
