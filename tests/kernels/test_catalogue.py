"""Every kernel of the catalogue: its cited coefficients, its sums, its signs."""

from __future__ import annotations

from math import fsum, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from cnnviz.kernels import FAMILIES, NAMED, Family, Named, read

if TYPE_CHECKING:
    from numpy.typing import NDArray

CITED = {
    "identity": "0 0 0; 0 1 0; 0 0 0",
    "sobel-x": "-1 0 1; -2 0 2; -1 0 1",
    "sobel-y": "-1 -2 -1; 0 0 0; 1 2 1",
    "sobel-ne": "0 1 2; -1 0 1; -2 -1 0",
    "sobel-se": "-2 -1 0; -1 0 1; 0 1 2",
    "prewitt-x": "-1 0 1; -1 0 1; -1 0 1",
    "prewitt-y": "-1 -1 -1; 0 0 0; 1 1 1",
    "prewitt-ne": "0 1 1; -1 0 1; -1 -1 0",
    "scharr-x": "-3 0 3; -10 0 10; -3 0 3",
    "scharr-y": "-3 -10 -3; 0 0 0; 3 10 3",
    "scharr-se": "-10 -3 0; -3 0 3; 0 3 10",
    "roberts-ne": "0 1; -1 0",
    "roberts-se": "-1 0; 0 1",
    "laplacian-4": "0 1 0; 1 -4 1; 0 1 0",
    "laplacian-8": "1 1 1; 1 -8 1; 1 1 1",
    "kirsch-n": "5 5 5; -3 0 -3; -3 -3 -3",
    "kirsch-nw": "5 5 -3; 5 0 -3; -3 -3 -3",
    "kirsch-w": "5 -3 -3; 5 0 -3; 5 -3 -3",
    "kirsch-sw": "-3 -3 -3; 5 0 -3; 5 5 -3",
    "kirsch-s": "-3 -3 -3; -3 0 -3; 5 5 5",
    "kirsch-se": "-3 -3 -3; -3 0 5; -3 5 5",
    "kirsch-e": "-3 -3 5; -3 0 5; -3 -3 5",
    "kirsch-ne": "-3 5 5; -3 0 5; -3 -3 -3",
    "corner-nw": "-4 -4 -4; -4 5 5; -4 5 5",
    "corner-ne": "-4 -4 -4; 5 5 -4; 5 5 -4",
    "corner-sw": "-4 5 5; -4 5 5; -4 -4 -4",
    "corner-se": "5 5 -4; 5 5 -4; -4 -4 -4",
    "cross": "-5 4 -5; 4 4 4; -5 4 -5",
    "sharpen": "0 -1 0; -1 5 -1; 0 -1 0",
    "outline": "-1 -1 -1; -1 8 -1; -1 -1 -1",
    "emboss": "-2 -1 0; -1 1 1; 0 1 2",
    "laws-e5l5": "-1 -4 -6 -4 -1; -2 -8 -12 -8 -2; 0 0 0 0 0; 2 8 12 8 2; 1 4 6 4 1",
    "laws-l5e5": "-1 -2 0 2 1; -4 -8 0 8 4; -6 -12 0 12 6; -4 -8 0 8 4; -1 -2 0 2 1",
}
SUMS = {"identity": 1, "sharpen": 1, "emboss": 1, "frei-chen-9": 3, "laws-l5l5": 256}
TOWARDS = {
    "x": (0, 1), "y": (1, 0), "n": (-1, 0), "s": (1, 0), "e": (0, 1), "w": (0, -1),
    "ne": (-1, 1), "nw": (-1, -1), "se": (1, 1), "sw": (1, -1),
}  # fmt: skip
GRADIENTS = [
    name
    for name in NAMED
    if name.split("-")[0] in ("sobel", "prewitt", "scharr", "roberts", "farid", "kirsch")
]


def weight(text: str) -> NDArray[np.int64]:
    array: NDArray[np.int64] = read([text])[0].kernels[0].weight
    return array


def answers(picture: NDArray[Any], name: str) -> NDArray[Any]:
    """Lay the kernel, as it is, on every place where it fits."""
    kernel = weight(name)
    windows: NDArray[Any] = sliding_window_view(picture, kernel.shape)
    total: NDArray[Any] = (windows * kernel).sum(axis=(2, 3))
    return total


@pytest.mark.parametrize("name", CITED)
def test_the_coefficients_are_the_cited_ones(name: str) -> None:
    cited = [[int(value) for value in row.split()] for row in CITED[name].split(";")]
    assert weight(name).dtype == np.int64
    np.testing.assert_array_equal(weight(name), cited)


def test_farid_x_smooths_down_the_column_and_differs_along_the_row() -> None:
    kernel = weight("farid-x")
    np.testing.assert_allclose(kernel[2], 0.426375 * np.array([-0.109604, -0.276691, 0, 0.276691, 0.109604]))
    np.testing.assert_allclose(
        kernel[:, 4], 0.109604 * np.array([0.037659, 0.249153, 0.426375, 0.249153, 0.037659])
    )
    np.testing.assert_array_equal(weight("farid-y"), kernel.T)


@pytest.mark.parametrize("name", NAMED)
def test_coefficients_sum_to_zero_or_to_what_is_promised(name: str) -> None:
    values = [value for row in NAMED[name].rows for value in row]
    assert fsum(values) == pytest.approx(SUMS.get(name, 0), abs=1e-15)


@pytest.mark.parametrize("name", GRADIENTS)
def test_a_gradient_is_positive_where_brightness_grows_its_way(name: str) -> None:
    down, along = TOWARDS[name.rsplit("-", 1)[1]]
    rows, columns = np.mgrid[-4:5, -4:5]
    step = np.where(rows * down + columns * along > 0, 255, 0)
    assert answers(step, name).max() > 0
    assert answers(step, name).min() >= 0
    assert (answers(rows * down + columns * along, name) > 0).all()


def test_the_step_of_eight_gives_1020_at_its_edge() -> None:
    step = np.repeat([[0, 0, 0, 0, 255, 255, 255, 255]], 8, axis=0)
    padded = np.pad(step, 1, mode="edge")
    assert answers(padded, "sobel-x")[3].tolist() == [0, 0, 0, 1020, 1020, 0, 0, 0]


@pytest.mark.parametrize("name", ["laplacian-4", "laplacian-8"])
def test_a_laplacian_is_negative_on_a_bright_spot_and_zero_on_a_ramp(name: str) -> None:
    spot = np.zeros((3, 3))
    spot[1, 1] = 1
    assert (spot * weight(name)).sum() < 0
    assert not answers(np.mgrid[0:5, 0:5].sum(axis=0), name).any()


@pytest.mark.parametrize(
    ("name", "rows", "columns"),
    [
        ("corner-nw", (2, 4), (2, 4)),
        ("corner-ne", (2, 4), (1, 3)),
        ("corner-sw", (1, 3), (2, 4)),
        ("corner-se", (1, 3), (1, 3)),
    ],
)
def test_a_corner_answers_most_at_that_corner_of_a_block(
    name: str, rows: tuple[int, int], columns: tuple[int, int]
) -> None:
    picture = np.zeros((5, 5))
    picture[slice(*rows), slice(*columns)] = 1
    found = answers(np.pad(picture, 1), name)
    assert found[2, 2] == found.max() == 20
    assert (found == 20).sum() == 1


def test_the_nine_masks_of_frei_and_chen_are_orthonormal() -> None:
    masks = np.array([weight(f"frei-chen-{number}").ravel() for number in range(1, 10)])
    np.testing.assert_allclose(masks @ masks.T, np.eye(9), atol=1e-15)
    np.testing.assert_allclose(masks[0], np.array([1, sqrt(2), 1, 0, 0, 0, -1, -sqrt(2), -1]) / (2 * sqrt(2)))


def test_laws_masks_are_all_pairs_and_separable() -> None:
    laws = [name for name in NAMED if name.startswith("laws-")]
    assert len(laws) == 25
    for name in laws:
        assert np.linalg.matrix_rank(weight(name)) == 1
        np.testing.assert_array_equal(weight(name).T, weight(f"laws-{name[7:]}{name[5:7]}"))


def test_kernels_that_are_sums_of_others_are_so() -> None:
    np.testing.assert_array_equal(weight("sharpen"), weight("identity") - weight("laplacian"))
    np.testing.assert_array_equal(weight("outline"), -weight("laplacian-8"))
    np.testing.assert_array_equal(weight("emboss") - weight("identity"), weight("sobel-se"))


@pytest.mark.parametrize("name", ["sobel-x", "prewitt-y", "scharr-x", "farid-y"])
def test_a_gradient_along_an_axis_is_separable(name: str) -> None:
    assert np.linalg.matrix_rank(weight(name)) == 1


def test_every_kernel_and_family_says_where_it_comes_from() -> None:
    records: dict[str, Named | Family] = {**NAMED, **FAMILIES}
    for name, record in records.items():
        assert record.name == name
        for text in (record.derivation, record.source, record.shows, record.family):
            assert text and text == text.strip() and "\n" not in text, name
