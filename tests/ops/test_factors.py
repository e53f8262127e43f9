"""Kernels of rank 1, taken apart and put together again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz import kernels
from cnnviz.ops import prepare
from cnnviz.ops.convolution.factors import factored, is_rank_one

INT, SINGLE, DOUBLE = (np.dtype(name) for name in ("i4", "f4", "f8"))
factors = st.lists(st.integers(-9, 9), min_size=2, max_size=6)


@given(column=factors, row=factors)
def test_a_product_of_whole_numbers_is_taken_apart_exactly(column: list[int], row: list[int]) -> None:
    kernel = np.outer(column, row)
    found = factored(kernel, INT)
    if not kernel.any():
        assert found is None
    else:
        assert found is not None
        np.testing.assert_array_equal(np.outer(*found), kernel)
        assert np.gcd.reduce(found[1]) == 1
        as_floats = factored(kernel.astype("f8"), DOUBLE)
        assert as_floats is not None
        np.testing.assert_array_equal(np.outer(*as_floats), kernel)


@given(values=st.lists(st.integers(-9, 9), min_size=9, max_size=9))
def test_only_kernels_of_rank_1_are_taken_apart(values: list[int]) -> None:
    kernel = np.array(values).reshape(3, 3)
    assert (factored(kernel, INT) is not None) == (np.linalg.matrix_rank(kernel) == 1)


@pytest.mark.parametrize("name", ["sobel-x", "box:5", "gaussian:sigma=2", "binomial", "laws-l5e5", "farid-x"])
def test_the_catalogues_products_are_of_rank_1(name: str) -> None:
    kernel = kernels.read([name])[0].kernels[0].weight
    assert factored(kernel, SINGLE) is not None


@pytest.mark.parametrize("name", ["laplacian-8", "log:sigma=2", "gabor:theta=45", "cross", "motion:angle=45"])
def test_others_are_not(name: str) -> None:
    assert factored(kernels.read([name])[0].kernels[0].weight, SINGLE) is None


def test_what_is_left_over_is_below_the_precision_of_the_result() -> None:
    kernel = np.outer([1.5, 2.25, 1.1], [0.5, 0.3, -1.0])
    kernel[1, 1] += 1e-9
    assert factored(kernel, SINGLE) is not None
    assert factored(kernel, DOUBLE) is None


@pytest.mark.parametrize("kernel", [np.ones((1, 3)), np.full((2, 2), np.nan), np.full((2, 2), 2**40)])
def test_rows_nan_and_huge_weights_are_left_whole(kernel: np.ndarray) -> None:
    assert factored(kernel, DOUBLE if kernel.dtype.kind == "f" else INT) is None


def test_a_large_bank_is_not_tried() -> None:
    assert is_rank_one(prepare(np.ones((2, 2, 3, 3), int)), INT)
    assert not is_rank_one(prepare(np.ones((64, 1, 3, 3), int)), INT)
