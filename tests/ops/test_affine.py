"""Fully connected, batch and local response normalisation: against loops, and literal cases of PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.errors import KernelError, ShapeError
from cnnviz.ops import batch_norm, linear, local_response_norm
from tests.oracles import Array

VALUES = np.random.default_rng(3)


@settings(max_examples=40)
@given(
    inputs=st.integers(1, 9),
    outputs=st.integers(1, 9),
    before=st.sampled_from([(), (1,), (3,), (2, 3)]),
    bias=st.booleans(),
    seed=st.integers(0, 9),
)
def test_linear_is_a_sum_of_products(
    inputs: int, outputs: int, before: tuple[int, ...], bias: bool, seed: int
) -> None:
    values = np.random.default_rng(seed)
    x, weight, offsets = (
        values.normal(size=shape) for shape in ((*before, inputs), (outputs, inputs), outputs)
    )
    out = linear(x, weight, offsets if bias else None)
    assert out.shape == (*before, outputs)
    for place in np.ndindex(*before, outputs):
        expected = sum(x[(*place[:-1], i)] * weight[place[-1], i] for i in range(inputs))
        np.testing.assert_allclose(out[place], expected + bias * offsets[place[-1]], rtol=1e-12, atol=1e-12)


def test_a_large_linear_layer_is_the_same_on_every_number_of_threads() -> None:
    x, weight = VALUES.normal(size=1024).astype("f4"), VALUES.normal(size=(1500, 1024)).astype("f4")
    exact = weight.astype("f8") @ x
    assert np.abs(linear(x, weight) - exact).max() < 1e-5 * np.abs(exact).max()


def test_linear_answers_in_the_dtype_of_x() -> None:
    assert linear(np.ones(2, "f4"), np.ones((1, 2))).dtype == np.float32
    assert linear(np.ones(2), np.ones((1, 2), "f4"), np.ones(1, "f4")).dtype == np.float64
    assert linear([1, 2], [[3, 4]]).tolist() == [11.0]


@pytest.mark.parametrize(
    ("x", "weight", "bias", "message"),
    [
        ([1.0], [[1.0, 2.0]], None, r"weight has shape \(1, 2\) and x \(1,\)"),
        ([1.0], [1.0], None, r"weight has shape \(1,\)"),
        (1.0, [[1.0]], None, r"x \(\)"),
        ([1.0], [[1.0]], [1.0, 2.0], r"bias has shape \(2,\)"),
    ],
)
def test_linear_refuses_sizes_that_do_not_fit(x: Any, weight: Any, bias: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        linear(x, weight, bias)


@settings(max_examples=40)
@given(
    shape=st.sampled_from([(3,), (3, 1, 1), (3, 4, 2), (2, 3, 2, 5)]),
    affine=st.booleans(),
    eps=st.sampled_from([0.0, 1e-5, 1e-3, 0.5]),
    kind=st.sampled_from(["f4", "f8"]),
    seed=st.integers(0, 9),
)
def test_batch_norm_is_its_formula(
    shape: tuple[int, ...], affine: bool, eps: float, kind: str, seed: int
) -> None:
    values = np.random.default_rng(seed)
    x = values.normal(size=shape).astype(kind)
    mean, scale, shift = values.normal(size=(3, 3))
    variance = values.uniform(0.2, 3, 3)
    out = batch_norm(x, mean, variance, *((scale, shift) if affine else ()), eps=eps)
    assert out.dtype == kind
    channel = 0 if len(shape) in (1, 3) else 1
    for place in np.ndindex(shape):
        c = place[channel]
        expected = (float(x[place]) - mean[c]) / (variance[c] + eps) ** 0.5
        expected = expected * scale[c] + shift[c] if affine else expected
        assert out[place] == pytest.approx(expected, rel=1e-5, abs=3e-6)


def test_batch_norm_gives_pytorchs_numbers() -> None:
    x = np.array([[[1.0, 2.0]], [[3.0, -4.0]]], "f4")
    out = batch_norm(x, [0.5, -1.0], [2.0, 0.25], [1.5, -2.0], [0.0, 1.0])
    np.testing.assert_allclose(out, [[[0.53032875, 1.5909863]], [[-14.99968, 12.99976]]], rtol=1e-6)


def test_batch_norm_may_be_done_in_place() -> None:
    x = VALUES.normal(size=(2, 3, 4)).astype("f4")
    expected = batch_norm(x, [1.0, 2.0], [1.0, 4.0])
    assert batch_norm(x, [1.0, 2.0], [1.0, 4.0], out=x) is x
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("name", ["running_mean", "running_var", "weight", "bias"])
def test_batch_norm_refuses_another_number_of_channels(name: str) -> None:
    given = {"running_mean": np.zeros(2), "running_var": np.ones(2), "weight": None, "bias": None}
    with pytest.raises(ShapeError, match=rf"{name} has shape \(3,\); it takes one value for each of 2"):
        batch_norm(np.ones((2, 1, 1)), **(given | {name: np.ones(3)}))  # type: ignore[arg-type]


def test_batch_norm_needs_statistics() -> None:
    with pytest.raises(ShapeError, match="takes a running_mean and a running_var"):
        batch_norm(np.ones((1, 1, 1)), None, None)  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match="it takes"):
        batch_norm(np.ones((1, 1)), [0.0], [1.0])


def test_batch_norm_of_a_negative_variance_is_no_number_and_says_nothing() -> None:
    assert np.isnan(batch_norm(np.ones((2, 1, 1)), [0.0, 0.0], [0.0, -1.0], eps=0)).all()


def _neighbours(x: Array, size: int, alpha: float, beta: float, k: float) -> Array:
    """As PyTorch does it: squares padded by size // 2 and (size - 1) // 2 channels, averaged over size."""
    out = np.empty(x.shape)
    channels = x.shape[-3]
    for c in range(channels):
        total = np.zeros(x[..., c, :, :].shape)
        for other in range(c - size // 2, c + (size - 1) // 2 + 1):
            if 0 <= other < channels:
                total += x[..., other, :, :].astype("f8") ** 2
        out[..., c, :, :] = x[..., c, :, :] / (k + alpha * total / size) ** beta
    return out


@settings(max_examples=40)
@given(
    channels=st.integers(1, 7),
    size=st.integers(1, 9),
    alpha=st.sampled_from([1e-4, 1.0]),
    beta=st.sampled_from([0.5, 0.75, 1.0]),
    k=st.sampled_from([1.0, 2.0]),
    batch=st.sampled_from([(), (2,)]),
)
def test_local_response_norm_agrees_with_the_loops(
    channels: int, size: int, alpha: float, beta: float, k: float, batch: tuple[int, ...]
) -> None:
    x = np.random.default_rng(size).normal(size=(*batch, channels, 2, 3), scale=3)
    out = local_response_norm(x, size, alpha, beta, k)
    np.testing.assert_allclose(out, _neighbours(x, size, alpha, beta, k), rtol=1e-12)
    assert local_response_norm(x.astype("f4"), size).dtype == np.float32


def test_local_response_norm_gives_pytorchs_numbers() -> None:
    x = np.array([1.0, 2.0, 3.0, 4.0], "f4").reshape(4, 1, 1)
    expected = {
        2: [0.50297338, 0.40175918, 0.31139085, 0.25880012],
        3: [0.26084742, 0.26239863, 0.23403473, 0.34740013],
    }
    for size, values in expected.items():
        np.testing.assert_allclose(local_response_norm(x, size, alpha=3.0).ravel(), values, rtol=1e-6)


@pytest.mark.parametrize("size", [0, -1, 1.5, True])
def test_local_response_norm_needs_a_size(size: Any) -> None:
    with pytest.raises(ShapeError, match="size is"):
        local_response_norm(np.ones((1, 1, 1)), size)


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(KernelError, match="weight holds"):
        linear([1.0], [["a"]])
    with pytest.raises(KernelError, match="x holds"):
        batch_norm([[[True]]], [0.0], [1.0])
