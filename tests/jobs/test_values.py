"""The numbers of a job, from the picture's bytes to the file's, against SciPy and plain formulas."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz import images, ops
from cnnviz.errors import KernelError
from cnnviz.jobs.maps import combine
from cnnviz.jobs.picture import run
from cnnviz.jobs.settings import Pooling
from cnnviz.kernels import read
from tests.jobs.making import COLOURS, GREY, Array, make_job
from tests.oracles import amounts, loops_avg_pool2d, loops_max_pool2d, scipy_conv2d

SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])


@pytest.fixture
def values(tmp_path: Path) -> Callable[..., Array]:
    """The values that a job writes as NPY."""

    def compute(picture: str, *args: Any, **named: Any) -> Array:
        path = tmp_path / "values.npy"
        run(make_job(picture, *args, output=path, **named))
        array: Array = np.load(path)
        return array

    return compute


def luma(path: str) -> Array:
    return images.read(path).pixels("gray").astype(np.int64)


def oracle(pixels: Array, kernel: Array, **settings: Any) -> Array:
    """``kernel`` (kH, kW) on each of ``pixels`` (C, H, W), apart."""
    return np.concatenate(
        [scipy_conv2d(each[None, None], kernel[None, None], **settings)[0] for each in pixels]
    )


@pytest.fixture
def colours(saved: Callable[..., str]) -> str:
    return saved(COLOURS)


def test_the_values_are_exact(values: Callable[..., Array], colours: str) -> None:
    found = values(colours)
    assert found.dtype == np.int32
    assert np.array_equal(found, oracle(luma(colours), SOBEL_X))


@pytest.mark.parametrize("engine", ["auto", "taps", "matmul", "scipy", "reference"])
@pytest.mark.parametrize("padding_mode", ["zeros", "reflect", "replicate", "circular"])
def test_every_setting_reaches_the_arithmetic(
    values: Callable[..., Array], colours: str, engine: str, padding_mode: str
) -> None:
    found = values(
        colours,
        ["1 2 -3; 4 0 5"],
        stride=(2, 3),
        padding=((1, 2), (3, 0)),
        padding_mode=padding_mode,
        dilation=(2, 1),
        bias=(7,),
        engine=engine,
    )
    expected = oracle(
        luma(colours),
        np.array([[1, 2, -3], [4, 0, 5]]),
        stride=(2, 3),
        pads=((1, 2), (3, 0)),
        dilation=(2, 1),
        padding_mode=padding_mode,
    )
    assert found.dtype == np.int32
    assert np.array_equal(found, expected + 7)


@pytest.mark.parametrize("word", ["valid", "same", "same-lower", "full"])
def test_the_padding_words(values: Callable[..., Array], colours: str, word: str) -> None:
    pads = (amounts(word, 13, 2, 2, 1), amounts(word, 17, 4, 2, 1))
    kernel = np.array([[1, 2, 3, 4], [5, 6, 7, 8]])
    found = values(colours, ["1 2 3 4; 5 6 7 8"], padding=word, stride=(2, 2))
    assert np.array_equal(found, oracle(luma(colours), kernel, stride=(2, 2), pads=pads))


def test_the_kernel_is_not_flipped_unless_asked(values: Callable[..., Array], colours: str) -> None:
    kernel = np.array([[1, 2, -3], [4, 0, 5]])
    found = values(colours, ["1 2 -3; 4 0 5"], flip=True)
    assert np.array_equal(found, oracle(luma(colours), kernel[::-1, ::-1]))
    assert not np.array_equal(found, values(colours, ["1 2 -3; 4 0 5"]))


def test_a_bank_is_flipped_kernel_by_kernel(
    values: Callable[..., Array], colours: str, tmp_path: Path
) -> None:
    bank = np.random.default_rng(3).integers(-5, 6, (4, 3, 2, 3))
    np.save(tmp_path / "bank.npy", bank)
    pixels = COLOURS.transpose(2, 0, 1)[np.newaxis]
    kernels = [str(tmp_path / "bank.npy")]
    assert np.array_equal(values(colours, kernels), scipy_conv2d(pixels, bank)[0])
    assert np.array_equal(
        values(colours, kernels, flip=True), scipy_conv2d(pixels, bank[:, :, ::-1, ::-1])[0]
    )


def test_each_gives_a_map_a_channel_and_sum_adds_them(values: Callable[..., Array], colours: str) -> None:
    each = oracle(COLOURS.transpose(2, 0, 1), SOBEL_X)
    assert np.array_equal(values(colours, channels="each"), each)
    assert np.array_equal(values(colours, channels="color"), each)
    assert np.array_equal(values(colours, channels="sum"), each.sum(axis=0, keepdims=True))


def test_a_bias_for_each_map(values: Callable[..., Array], colours: str) -> None:
    without = values(colours, channels="each")
    assert np.array_equal(values(colours, channels="each", bias=(10,)), without + 10)
    found = values(colours, channels="each", bias=(1, -2, 3))
    assert found.dtype == np.int32
    assert np.array_equal(found, without + np.array([1, -2, 3]).reshape(3, 1, 1))
    halves = values(colours, channels="each", bias=(0.5, 0.25, -1.5))
    assert halves.dtype == np.float32
    assert np.array_equal(halves, without + np.array([0.5, 0.25, -1.5]).reshape(3, 1, 1))


def test_one_bias_serves_all_maps_of_a_bank(
    values: Callable[..., Array], colours: str, tmp_path: Path
) -> None:
    np.save(tmp_path / "bank.npy", np.ones((2, 1, 3, 3), int))
    kernels = [str(tmp_path / "bank.npy")]
    assert np.array_equal(values(colours, kernels, bias=(5,)), values(colours, kernels) + 5)
    assert np.array_equal(values(colours, kernels, bias=(5, 6))[1], values(colours, kernels)[1] + 6)


def test_sobel_is_the_magnitude_of_both_directions(values: Callable[..., Array], colours: str) -> None:
    x, y = oracle(luma(colours), SOBEL_X), oracle(luma(colours), SOBEL_X.T)
    found = values(colours, ["sobel"])
    assert found.dtype == np.float32
    assert np.array_equal(found, np.hypot(x, y).astype(np.float32))
    assert np.array_equal(values(colours, ["sobel-x", "sobel-y"], combine="magnitude"), found)


def test_maps_are_combined_value_by_value(values: Callable[..., Array], colours: str) -> None:
    compass = np.stack([values(colours, [operator.name]) for operator in read(["kirsch"])])
    assert len(compass) == 8
    assert np.array_equal(values(colours, ["kirsch"], combine="max"), compass.max(axis=0))
    assert np.array_equal(values(colours, ["kirsch"], combine="sum"), compass.sum(axis=0))
    lengths = np.sqrt((compass.astype(float) ** 2).sum(axis=0))
    assert np.allclose(values(colours, ["kirsch"], combine="magnitude"), lengths, rtol=1e-6)


def test_a_sum_of_integers_is_exact_beyond_32_bits() -> None:
    maps = [np.full((1, 1, 1), 2**31 - 1, np.int32)] * 3
    assert combine(maps, "sum").tolist() == [[[3 * (2**31 - 1)]]]
    assert combine(maps, "max").dtype == np.int32


@pytest.mark.parametrize(("dtype", "result"), [("f4", "f4"), ("f8", "f8"), ("i4", "f4")])
def test_a_magnitude_does_not_overflow_where_its_root_does_not(dtype: str, result: str) -> None:
    large = {"f4": 1e30, "f8": 1e100, "i4": 2**31 - 1}[dtype]
    found = combine([np.full((1, 1, 1), large, dtype)] * 2, "magnitude")
    assert found.dtype == result
    assert found[0, 0, 0] == pytest.approx(large * 2**0.5, rel=1e-6)


def test_activations_follow_the_bias_and_pooling_follows_them(
    values: Callable[..., Array], colours: str
) -> None:
    plain = oracle(luma(colours), SOBEL_X).astype(np.float64)
    relu = values(colours, activation="relu", bias=(-50,))
    assert relu.dtype == np.int32
    assert np.array_equal(relu, np.maximum(plain - 50, 0))
    expected = {
        "sigmoid": 1 / (1 + np.exp(-plain)),
        "tanh": np.tanh(plain),
        "leaky-relu": np.where(plain > 0, plain, 0.01 * plain),
    }
    for name, wanted in expected.items():
        assert np.allclose(values(colours, activation=name), wanted, rtol=1e-5, atol=1e-7)
    pooled = values(colours, activation="relu", bias=(-50,), pooling=Pooling("max", (2, 3)))
    assert np.array_equal(pooled, loops_max_pool2d(relu[None], (2, 3), (2, 3), ((0, 0), (0, 0)))[0])
    averaged = values(colours, pooling=Pooling("avg", (3, 3), stride=(2, 2), padding=1, ceil_mode=True))
    wanted = loops_avg_pool2d(plain[None], (3, 3), (2, 2), ((1, 1), (1, 1)), ceil_mode=True)[0]
    assert np.allclose(averaged, wanted, rtol=1e-6)


def test_softmax_compares_the_maps_of_one_kernel(
    values: Callable[..., Array], colours: str, tmp_path: Path
) -> None:
    bank = np.random.default_rng(4).normal(size=(5, 3, 2, 2)) / 100
    np.save(tmp_path / "bank.npy", bank)
    found = values(colours, [str(tmp_path / "bank.npy")], activation="softmax")
    powers = np.exp(scipy_conv2d(COLOURS.transpose(2, 0, 1)[None], bank)[0])
    assert found.shape == (5, 12, 16)
    assert np.allclose(found.sum(axis=0), 1, rtol=1e-5)
    assert np.allclose(found, powers / powers.sum(axis=0), rtol=1e-3)


@pytest.mark.parametrize("mode", ["max", "avg"])
def test_global_pooling_leaves_one_value_a_map(values: Callable[..., Array], colours: str, mode: Any) -> None:
    found = values(colours, [], pooling=Pooling(mode, None))
    reduced = COLOURS.max(axis=(0, 1)) if mode == "max" else COLOURS.mean(axis=(0, 1))
    assert found.shape == (3, 1, 1)
    assert np.allclose(found.ravel(), reduced, rtol=1e-6)


def test_pooling_alone_keeps_the_pixels_as_they_are(values: Callable[..., Array], colours: str) -> None:
    found = values(colours, [], pooling=Pooling("max", (2, 2)))
    assert found.dtype == np.uint8
    assert np.array_equal(found, COLOURS[:12, :16].reshape(6, 2, 8, 2, 3).max(axis=(1, 3)).transpose(2, 0, 1))


@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "i4", "f4", "f8"])
def test_arrays_keep_their_values_on_the_way(
    values: Callable[..., Array], stored: Callable[..., str], dtype: str
) -> None:
    array = np.arange(60).reshape(1, 6, 10).astype(dtype) - np.array(7, dtype)
    found = values(stored(array), ["identity"])
    assert found.dtype == {"f4": "f4", "f8": "f8"}.get(dtype, "i4")
    assert np.array_equal(found, array[:, 1:-1, 1:-1] if found.shape != array.shape else array)


def test_a_negative_zero_survives_and_is_not_said(
    values: Callable[..., Array], stored: Callable[..., str], tmp_path: Path
) -> None:
    array = np.array([[[-0.0, 0.0, 3.0]]])
    found = values(stored(array), ["1"])
    assert np.array_equal(np.signbit(found), np.signbit(ops.conv2d(array, np.ones((1, 1, 1, 1), int))))
    (result,) = run(make_job(stored(array * 0 - 0.0), ["1"], output=tmp_path / "again.npy")).results
    assert str(result.range) == "(0.0, 0.0)"


@pytest.mark.parametrize(("dtype", "large"), [("f4", 3e38), ("f8", 1.5e308)])
@pytest.mark.parametrize("kernels", [["2"], ["1 1"], ["sobel"]])
def test_values_beyond_their_dtype_are_refused_without_a_warning(
    values: Callable[..., Array], stored: Callable[..., str], dtype: str, large: float, kernels: list[str]
) -> None:
    array = np.full((1, 5, 5), large, dtype)
    array[0, 2:] *= -1
    with pytest.raises(KernelError, match="values beyond the range of float"):
        values(stored(array), kernels)


@pytest.mark.parametrize(
    ("dtype", "large", "how"),
    [("f4", 3e38, "magnitude"), ("f4", 3e38, "sum"), ("f8", 1e200, "magnitude"), ("f8", 1e308, "sum")],
)
def test_combined_values_beyond_their_dtype_are_refused_without_a_warning(
    values: Callable[..., Array], stored: Callable[..., str], dtype: str, large: float, how: Any
) -> None:
    with pytest.raises(KernelError, match="values beyond the range of float"):
        values(stored(np.full((1, 5, 5), large, dtype)), ["1", "1"], combine=how)


def test_means_beyond_their_dtype_are_refused_without_a_warning(
    values: Callable[..., Array], stored: Callable[..., str]
) -> None:
    with pytest.raises(KernelError, match="values beyond the range of float32"):
        values(stored(np.full((1, 4, 4), 3e38, np.float32)), [], pooling=Pooling("avg", (2, 2)))


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_a_job_gives_what_conv2d_gives(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    generator = np.random.default_rng(seed)
    folder = tmp_path_factory.getbasetemp()
    array = generator.normal(size=(3, *generator.integers(4, 9, 2)))
    bank = generator.normal(size=(2, 3, *generator.integers(1, 4, 2)))
    for name, saved in (("array", array), ("bank", bank)):
        np.save(folder / f"{name}.npy", saved)
    job = make_job(
        str(folder / "array.npy"), [str(folder / "bank.npy")], output=folder / "maps.npy", padding=1
    )
    run(job)
    assert np.array_equal(np.load(folder / "maps.npy"), ops.conv2d(array, bank, padding=1))


def test_grey_pictures_and_grey_arrays_give_the_same(
    values: Callable[..., Array], saved: Callable[..., str], stored: Callable[..., str]
) -> None:
    assert np.array_equal(values(saved(GREY)), values(stored(GREY)))


def test_the_bias_of_joined_maps_is_added_once_after_joining(
    values: Callable[..., Array], colours: str
) -> None:
    magnitude = values(colours, ["sobel"])
    assert np.allclose(values(colours, ["sobel"], bias=(5,)), magnitude + 5)
    joined = values(colours, ["sobel-x", "sobel-y"], combine="sum", bias=(-7,))
    assert joined.dtype == np.int64
    down = oracle(luma(colours), SOBEL_X.T)
    assert np.array_equal(joined, oracle(luma(colours), SOBEL_X) + down - 7)
