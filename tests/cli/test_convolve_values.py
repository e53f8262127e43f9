"""``cnnviz convolve``: kernels and channels, and what happens to the values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.signal import correlate2d

from tests import oracles
from tests.cli.running import (
    COLORS,
    GRAY,
    INLINE,
    KERNEL,
    SOBEL_X,
    Array,
    Run,
    Values,
    channels,
    correlated,
    files,
    npy,
    pixels,
)

SEED = np.random.default_rng(8)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("k.txt", b"# mine\n1 -2 3\n0 4 -5\n"),
        ("k.csv", b"1,-2,3\r\n0,4,-5\r\n"),
        ("k.tsv", b"1\t-2\t3\n0\t4\t-5\n"),
        ("k.json", b"[[1, -2, 3], [0, 4, -5]]"),
        ("k.npy", npy(KERNEL)),
    ],
)
def test_a_kernel_from_a_file_is_the_inline_one(
    values: Values, tmp_path: Path, name: str, data: bytes
) -> None:
    (tmp_path / name).write_bytes(data)
    assert np.array_equal(values(kernel=name), correlated(GRAY))


def test_a_kernel_is_picked_out_of_an_archive_by_its_key(values: Values, tmp_path: Path) -> None:
    np.savez(tmp_path / "k.npz", other=np.ones((2, 2)), mine=KERNEL)
    assert np.array_equal(values(kernel="k.npz:mine"), correlated(GRAY))


def test_a_bank_of_depth_3_reads_the_colours_and_every_output_is_a_map(
    run: Run, tmp_path: Path, picture: str
) -> None:
    bank = SEED.integers(-5, 6, (4, 3, 2, 2))
    (tmp_path / "bank.npy").write_bytes(npy(bank))
    done = run("convolve", picture, "-k", "bank.npy")
    assert [row["file"] for row in done.table] == [f"noise.bank.{number:03d}.png" for number in range(4)]
    assert {row["output"] for row in done.table} == {"4x12x16"}
    assert files(tmp_path) == {"noise.png", "bank.npy", *(row["file"] for row in done.table)}
    assert run("convolve", picture, "-k", "bank.npy", "-o", "maps.npy").code == 0
    expected = oracles.scipy_conv2d(COLORS.transpose(2, 0, 1)[np.newaxis].astype(np.int64), bank)
    assert np.array_equal(np.load(tmp_path / "maps.npy"), expected[0])


def test_a_bank_of_depth_1_reads_the_brightness(values: Values, tmp_path: Path) -> None:
    (tmp_path / "bank.npy").write_bytes(npy(np.stack([KERNEL, -KERNEL])[:, np.newaxis]))
    once = correlated(GRAY)
    assert np.array_equal(values(kernel="bank.npy"), np.concatenate([once, -once]))


def test_channels_each_makes_one_map_a_channel(run: Run, tmp_path: Path, values: Values) -> None:
    expected = [
        correlate2d(channel.astype(np.int64), KERNEL, "valid") for channel in COLORS.transpose(2, 0, 1)
    ]
    assert np.array_equal(values("--channels", "each"), expected)
    done = run("convolve", "noise.png", "-k", INLINE, "--channels", "each")
    assert [row["file"] for row in done.table] == [f"noise.inline1.{number:03d}.png" for number in range(3)]


def test_channels_sum_adds_the_channels_up_as_a_layer_does(values: Values) -> None:
    expected = correlate2d(COLORS.astype(np.int64).sum(axis=2), KERNEL, "valid")
    assert np.array_equal(values("--channels", "sum"), expected[np.newaxis])


def test_channels_color_puts_the_three_maps_into_one_colour_picture(run: Run, tmp_path: Path) -> None:
    done = run("convolve", "sample:cat", "-k", "identity", "--padding", "same", "--channels", "color")
    assert [row["file"] for row in done.table] == ["cat.identity.png"]
    assert np.array_equal(pixels(tmp_path / "cat.identity.png").transpose(2, 0, 1), channels("cat"))


def test_channels_of_a_grey_picture_are_one(run: Run) -> None:
    done = run("convolve", "sample:step", "-k", "box", "--channels", "each")
    assert [(row["output"], row["file"]) for row in done.table] == [("1x6x6", "step.box.png")]


@pytest.mark.parametrize(
    ("how", "join"),
    [
        ("magnitude", lambda a, b: np.sqrt(a.astype(float) ** 2 + b.astype(float) ** 2)),
        ("max", np.maximum),
        ("sum", np.add),
    ],
)
def test_combine_joins_the_maps_of_all_kernels_into_one(
    values: Values, how: str, join: Callable[[Array, Array], Array]
) -> None:
    maps = values("-k", "2 1 0; 3 0 1", "--combine", how)
    expected = join(correlated(GRAY), correlate2d(GRAY, [[2, 1, 0], [3, 0, 1]], "valid"))
    assert maps.shape == (1, 12, 15)
    assert np.allclose(maps, expected, rtol=1e-6)


def test_sobel_alone_is_the_magnitude_of_its_two_directions(values: Values) -> None:
    x, y = correlate2d(GRAY, SOBEL_X, "valid"), correlate2d(GRAY, SOBEL_X.T, "valid")
    assert np.allclose(values(kernel="sobel"), np.hypot(x, y), rtol=1e-6)
    joined = values("-k", "sobel-y", "--combine", "magnitude", kernel="sobel-x")
    assert np.array_equal(joined, values(kernel="sobel"))


def test_the_compass_is_the_largest_of_its_eight_directions(values: Values, run: Run) -> None:
    each = [
        values(kernel=f"kirsch-{direction}") for direction in ("n", "ne", "e", "se", "s", "sw", "w", "nw")
    ]
    assert np.array_equal(values("--combine", "max", kernel="kirsch"), np.max(each, axis=0))
    (row,) = run("convolve", "noise.png", "-k", "kirsch", "--combine", "max", "-n").table
    assert row["file"] == "noise.kirsch-max.png"


@pytest.mark.parametrize(("bias", "added"), [("5", 5), ("-7", -7), ("0.25", 0.25)])
def test_a_bias_is_added_to_every_value(values: Values, bias: str, added: float) -> None:
    maps = values("--bias", bias)
    assert np.array_equal(maps, correlated(GRAY) + added)
    assert maps.dtype.kind == ("i" if isinstance(added, int) else "f")


def test_a_bias_may_be_one_a_map(values: Values) -> None:
    plain, shifted = values("--channels", "each"), values("--channels", "each", "--bias", "1,-2,30")
    assert (shifted - plain).transpose(1, 2, 0).reshape(-1, 3).tolist() == [[1, -2, 30]] * (12 * 15)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("relu", lambda v: np.maximum(v, 0)),
        ("leaky-relu", lambda v: np.where(v < 0, 0.01 * v, v)),
        ("sigmoid", lambda v: 1 / (1 + np.exp(-v))),
        ("tanh", np.tanh),
    ],
)
def test_an_activation_is_applied_to_every_value_after_the_bias(
    values: Values, name: str, function: Callable[[Array], Array]
) -> None:
    scaled = "1/64 -2/64 3/64; 0 4/64 -5/64"
    maps = values("--bias", "0.5", "--activation", name, kernel=scaled)
    assert np.allclose(maps, function(correlated(GRAY) / 64 + 0.5), rtol=1e-5, atol=1e-6)


def test_softmax_makes_the_maps_of_a_bank_sum_to_1_everywhere(values: Values, tmp_path: Path) -> None:
    (tmp_path / "bank.npy").write_bytes(npy(SEED.normal(0, 0.01, (5, 3, 2, 2))))
    maps, logits = values("--activation", "softmax", kernel="bank.npy"), values(kernel="bank.npy")
    assert np.allclose(maps, np.exp(logits) / np.exp(logits).sum(axis=0), rtol=1e-5)


@pytest.mark.parametrize(
    ("pool", "mode", "kernel", "given"),
    [
        ("max:2", "max", (2, 2), {}),
        ("max", "max", (2, 2), {}),
        ("avg:3", "avg", (3, 3), {}),
        ("max:2x3", "max", (2, 3), {}),
        ("avg:3,stride=2", "avg", (3, 3), {"stride": (2, 2)}),
        ("max:k=3,s=1x2,p=1", "max", (3, 3), {"stride": (1, 2), "pads": ((1, 1), (1, 1))}),
        ("max:size=2,ceil=yes", "max", (2, 2), {"ceil_mode": True}),
        ("avg:2,padding=1,ceil=no", "avg", (2, 2), {"pads": ((1, 1), (1, 1))}),
        ("max:global", "max", (12, 15), {}),
        ("avg:global", "avg", (12, 15), {}),
    ],
)
def test_maps_are_pooled_after_the_activation(
    values: Values, pool: str, mode: str, kernel: tuple[int, int], given: dict[str, Any]
) -> None:
    maps = np.maximum(correlated(GRAY), 0)[np.newaxis]
    loops = oracles.loops_max_pool2d if mode == "max" else oracles.loops_avg_pool2d
    expected = loops(maps, kernel, given.pop("stride", kernel), given.pop("pads", ((0, 0), (0, 0))), **given)
    assert np.allclose(values("--activation", "relu", "--pool", pool), expected[0], rtol=1e-6)
