"""What is said about a kernel: sum, rank, factors, symmetry, relation, warning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.kernels import FAMILIES, NAMED, Kernel, Properties, properties, read
from cnnviz.kernels.relations import relation

if TYPE_CHECKING:
    from numpy.typing import NDArray


def of(weight: Any) -> Properties:
    return properties(Kernel("k", "k", np.array(weight)))


def named(name: str) -> NDArray[Any]:
    weight: NDArray[Any] = read([name])[0].kernels[0].weight
    return weight


def test_sobel_is_smoothing_times_difference() -> None:
    found = of(named("sobel-x"))
    assert (found.sum, found.rank, found.factors) == (0, 1, ((1, 2, 1), (-1, 0, 1)))
    assert of(named("sobel-y")).factors == ((-1, 0, 1), (1, 2, 1))
    assert of(-named("sobel-x")).factors == ((1, 2, 1), (1, 0, -1))
    assert of(named("laws-e5e5")).factors == ((1, 2, 0, -2, -1), (1, 2, 0, -2, -1))
    assert found.symmetry == ("odd left to right", "even top to bottom", "odd under a turn by 180 degrees")


vectors = st.lists(st.integers(-50, 50), min_size=1, max_size=6).filter(any)


@given(vectors, vectors)
def test_integers_of_rank_one_are_factored_exactly(column: list[int], row: list[int]) -> None:
    weight = np.outer(column, row)
    found = of(weight)
    assert found.rank == 1
    assert found.factors is not None
    np.testing.assert_array_equal(np.outer(*found.factors), weight)
    assert np.gcd.reduce(np.array(found.factors[1], dtype=int)) == 1


@given(vectors, vectors, st.floats(0.01, 100))
def test_floats_of_rank_one_are_factored_closely(column: list[int], row: list[int], scale: float) -> None:
    weight = np.outer(column, row) * scale
    found = of(weight)
    assert found.factors is not None
    np.testing.assert_allclose(np.outer(*found.factors), weight, atol=1e-9 * np.abs(weight).max())


def test_a_kernel_of_higher_rank_has_no_factors() -> None:
    for name, rank in (("laplacian", 2), ("kirsch-n", 2), ("log", 3)):
        found = of(named(name))
        assert found.factors is None
        assert found.rank is not None and found.rank >= rank
    assert of([[10**12, 10**12], [10**12, 10**12 + 1]]).rank == 2


def test_a_kernel_of_zeros_has_rank_zero() -> None:
    found = of([[0, 0], [0, 0]])
    assert (found.rank, found.factors, found.sum, found.warning, found.relation) == (0, None, 0, None, None)


def test_a_very_large_kernel_of_floats_is_not_factored() -> None:
    assert properties(read(["box:601"])[0].kernels[0]).rank is None


def test_symmetry_in_words() -> None:
    assert of([[1, 2, 1]]).symmetry == (
        "even left to right",
        "even top to bottom",
        "even under a turn by 180 degrees",
    )
    assert of([[0, 1], [-1, 0]]).symmetry == ("odd under a turn by 180 degrees",)
    assert of([[1, 2], [3, 5]]).symmetry == ()


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        (named("sobel-x"), "this is sobel-x"),
        (-named("sobel-x"), "this is sobel-x turned by 180 degrees"),
        (named("sobel-y") * 2, "this is sobel-y times 2"),
        (named("sobel-y") / 8, "this is sobel-y times 0.125"),
        (-named("laplacian"), "this is laplacian-4 negated"),
        (named("scharr-y")[::-1], "this is scharr-y turned by 180 degrees"),
        (named("laws-e5s5").T, "this is laws-s5e5"),
        (np.rot90(named("emboss")), "this is emboss turned by 90 degrees counter-clockwise"),
        (named("laws-l5e5")[:, ::-1].astype(float), "this is laws-l5e5 turned by 180 degrees"),
        (
            read(["emboss:rotate=45"])[0].kernels[0].weight,
            "this is emboss turned by 45 degrees counter-clockwise",
        ),
        (np.fliplr(named("kirsch-nw")), "this is kirsch-ne"),
        (np.arange(9).reshape(3, 3), None),
        (np.ones((1, 4)), None),
    ],
)
def test_a_relation_to_the_catalogue_is_found_by_the_plainest_way(
    weight: NDArray[Any], said: str | None
) -> None:
    assert relation(weight) == said


@pytest.mark.parametrize("name", NAMED)
def test_every_named_kernel_is_known_by_its_own_name(name: str) -> None:
    assert relation(named(name)) == f"this is {name}"


@pytest.mark.parametrize("name", NAMED)
def test_a_mirrored_kernel_is_known_as_a_turned_one(name: str) -> None:
    said = relation(np.fliplr(named(name)))
    assert said is not None
    assert "times" not in said and "negated" not in said


def test_no_relation_is_told_of_a_kernel_given_by_its_name() -> None:
    assert properties(read(["sobel-x"])[0].kernels[0]).relation is None
    assert properties(read(["-1 0 1; -2 0 2; -1 0 1"])[0].kernels[0]).relation == "this is sobel-x"


def test_mixed_signs_that_sum_to_neither_zero_nor_one_are_warned_of() -> None:
    warning = "its coefficients sum to 2, not 0: a flat region of brightness v gives 2 v"
    assert of([[-1, 0, 1], [-2, 0, 4], [-1, 0, 1]]).warning == warning


def test_no_kernel_of_the_catalogue_is_warned_of() -> None:
    for name in (*NAMED, *FAMILIES):
        assert of(named(name)).warning is None, name


def test_a_bank_has_no_properties() -> None:
    with pytest.raises(ValueError, match="2-D kernel"):
        of(np.ones((1, 1, 2, 2)))
