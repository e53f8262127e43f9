"""The components of patches are NumPy's singular vectors, orthonormal, with shares that fall."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from cnnviz.errors import ShapeError, UsageError
from cnnviz.lessons import patches
from cnnviz.lessons.patches import moments, principal
from tests.cli.running import brightness

Array = NDArray[Any]


def all_patches(size: tuple[int, int], *pictures: Array) -> Array:
    windows = [np.lib.stride_tricks.sliding_window_view(each.astype(float), size) for each in pictures]
    return np.concatenate([each.reshape(-1, size[0] * size[1]) for each in windows])


def pictures(seed: int) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    smooth = rng.normal(size=(17, 19)).cumsum(axis=0).cumsum(axis=1)
    return smooth + 50, rng.normal(50, 3, (12, 15))


@given(size=st.tuples(st.integers(1, 4), st.integers(1, 4)), seed=st.integers(0, 50))
def test_components_are_the_singular_vectors_of_all_patches_up_to_sign(
    size: tuple[int, int], seed: int
) -> None:
    both, cells = pictures(seed), size[0] * size[1]
    found = principal(both, size, cells)
    rows = all_patches(size, *both)
    _, values, vectors = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    ours = found.kernels.reshape(cells, cells)
    assert np.allclose(found.shares, values**2 / (values**2).sum(), atol=1e-9)
    assert np.allclose(np.abs(np.sum(ours * vectors, axis=1)), 1, atol=1e-4)
    assert np.allclose(ours @ ours.T, np.eye(cells), atol=1e-9)


@given(count=st.integers(1, 16), seed=st.integers(0, 50))
def test_shares_fall_and_sum_to_at_most_one(count: int, seed: int) -> None:
    found = principal(pictures(seed), (4, 4), count)
    assert len(found.kernels) == len(found.shares) == count
    assert list(found.shares) == sorted(found.shares, reverse=True)
    assert min(found.shares) >= 0
    assert found.running[-1] == pytest.approx(sum(found.shares))
    assert found.running[-1] <= 1 + 1e-9


def test_in_bands_the_moments_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    both = pictures(1)
    whole = moments(both, (3, 2))
    monkeypatch.setattr(patches, "_BAND", 100)
    banded = moments(both, (3, 2))
    rows = all_patches((3, 2), *both)
    for each in (whole, banded):
        assert np.allclose(each.mean, rows.mean(axis=0))
        assert np.allclose(each.covariance, np.cov(rows.T, bias=True))


def test_the_sign_does_not_hang_on_the_pictures_sign_or_rounding() -> None:
    picture = pictures(2)[0]
    one, other = principal([picture], (3, 3), 5), principal([255 - picture * 1.000001], (3, 3), 5)
    assert np.allclose(one.kernels, other.kernels, atol=1e-4)


def test_of_a_photograph_the_first_is_brightness_and_then_come_edges_of_both_directions() -> None:
    first, second, third = principal([brightness("cat")], (7, 7), 3).kernels
    assert first.min() > 0.12
    left_to_right, top_to_bottom = second.sum(axis=0), third.sum(axis=1)
    assert np.all(np.diff(left_to_right) > 0)
    assert np.all(np.diff(top_to_bottom) < 0)


def test_what_has_no_components_is_refused() -> None:
    with pytest.raises(UsageError, match=r"10 components .* have 9"):
        principal([np.eye(9)], (3, 3), 10)
    with pytest.raises(UsageError, match="all patches are the same"):
        principal([np.full((9, 9), 200.0)], (3, 3), 2)
    with pytest.raises(UsageError, match="cannot be added up"):
        principal([np.eye(9) * 1e200], (3, 3), 2)
    with pytest.raises(ShapeError, match="2x9 has no patch of 3x3"):
        principal([np.eye(9)[:2]], (3, 3), 2)
