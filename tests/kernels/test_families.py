"""Families: sums, symmetry, defaults and ranges."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter, gaussian_laplace

from cnnviz.errors import UsageError
from cnnviz.kernels import FAMILIES, Kernel, read
from cnnviz.kernels.catalogue import catalogue_kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray


def weight(text: str) -> NDArray[np.float64]:
    array: NDArray[np.float64] = kernel(text).weight
    return array


def kernel(text: str) -> Kernel:
    return read([text])[0].kernels[0]


sizes = st.integers(1, 40)
sigmas = st.floats(0.1, 20).map(lambda value: round(value, 3))
angles = st.integers(-360, 360)


@given(sizes, sigmas, angles)
@settings(max_examples=50)
def test_every_blur_sums_to_one_and_is_nowhere_negative(size: int, sigma: float, angle: int) -> None:
    for text in (
        f"box:{size}",
        f"binomial:{size}",
        f"gaussian:{size},{sigma}",
        f"gaussian:sigma={sigma}",
        f"gaussian:size={size}",
        f"motion:{size},{angle}",
    ):
        assert weight(text).sum() == pytest.approx(1, abs=1e-12), text
        assert weight(text).min() >= 0, text


@given(st.integers(0, 20), sigmas, st.floats(0, 100).map(lambda value: round(value, 3)))
@settings(max_examples=30)
def test_unsharp_sums_to_one(half: int, sigma: float, amount: float) -> None:
    assert weight(f"unsharp:{2 * half + 1},{sigma},{amount}").sum() == pytest.approx(1, abs=1e-11)


@given(st.integers(3, 31), st.floats(0.4, 20).map(lambda value: round(value, 3)))
@settings(max_examples=50)
def test_log_and_dog_sum_to_exactly_zero_and_are_symmetric(size: int, sigma: float) -> None:
    for text in (f"log:sigma={sigma},size={size}", f"dog:sigma={sigma},size={size}"):
        array = weight(text)
        assert array.sum() == array.T.sum() == array[::-1].ravel().sum() == 0, text
        for other in (array.T, array[::-1], array[:, ::-1]):
            np.testing.assert_array_equal(array, other)


@given(angles, st.integers(3, 20), st.integers(3, 25), angles)
@settings(max_examples=50)
def test_gabor_sums_to_exactly_zero_and_its_positive_part_to_one(
    theta: int, wavelength: int, size: int, phase: int
) -> None:
    array = weight(f"gabor:theta={theta},wavelength={wavelength},size={size},phase={phase}")
    assert array.sum() == array.T.ravel().sum() == 0
    assert array.clip(min=0).sum() == pytest.approx(1, abs=1e-9)


def test_log_is_negative_in_the_middle_and_dog_positive() -> None:
    assert weight("log")[5, 5] == weight("log").min() < 0
    assert weight("dog")[5, 5] == weight("dog").max() > 0


def test_gaussian_is_scipys() -> None:
    impulse = np.zeros((25, 25))
    impulse[12, 12] = 1
    theirs = gaussian_filter(impulse, 2.5, truncate=12 / 2.5)
    np.testing.assert_allclose(weight("gaussian:size=25,sigma=2.5"), theirs, atol=1e-15)


def test_log_is_close_to_scipys() -> None:
    impulse = np.zeros((31, 31))
    impulse[15, 15] = 1
    theirs = gaussian_laplace(impulse, 3, truncate=5)
    np.testing.assert_allclose(weight("log:sigma=3,size=31"), theirs, atol=1e-5)


def test_literal_members() -> None:
    np.testing.assert_array_equal(weight("box"), np.full((3, 3), 1 / 9))
    np.testing.assert_array_equal(weight("binomial") * 16, [[1, 2, 1], [2, 4, 2], [1, 2, 1]])
    np.testing.assert_array_equal(weight("binomial:5")[0] * 256, [1, 4, 6, 4, 1])
    np.testing.assert_array_equal(weight("motion"), np.full((1, 9), 1 / 9))
    np.testing.assert_array_equal(weight("motion:angle=90,length=4"), np.full((4, 1), 1 / 4))
    np.testing.assert_array_equal(weight("motion:1"), [[1]])
    np.testing.assert_allclose(
        weight("motion:length=3,angle=45")[::-1] * 3,
        [[0.5, 0.207107, 0], [0.207107, 1.171573, 0.207107], [0, 0.207107, 0.5]],
        atol=1e-6,
    )
    np.testing.assert_array_equal(weight("gaussian:size=1"), [[1]])


def test_motion_at_30_degrees_rises_to_the_right() -> None:
    array = weight("motion:angle=30")
    assert array.shape == (5, 9)
    assert array[0, -1] > 0 and array[-1, 0] > 0
    assert array[0, 0] == array[-1, -1] == 0
    np.testing.assert_allclose(weight("motion:angle=210"), array, atol=1e-12)


def test_gabor_at_zero_answers_to_vertical_stripes_of_its_width_and_phase() -> None:
    rows, columns = np.mgrid[-14:15, -14:15]
    array = weight("gabor")
    assert array.shape == (29, 29)
    across = (array * np.cos(2 * np.pi * columns / 8)).sum()
    along = (array * np.cos(2 * np.pi * rows / 8)).sum()
    narrow = (array * np.cos(2 * np.pi * columns / 4)).sum()
    assert across > 0.5
    assert abs(along) < 0.05 * across
    assert abs(narrow) < 0.05 * across
    assert (weight("gabor:phase=90") * columns).sum() != 0


def test_the_angle_of_a_gabor_turns_it_counter_clockwise() -> None:
    np.testing.assert_allclose(weight("gabor:theta=90"), np.rot90(weight("gabor")), atol=1e-12)
    np.testing.assert_allclose(
        weight("gabor:theta=45,phase=90"), -weight("gabor:theta=225,phase=90"), atol=1e-12
    )
    rows, columns = np.mgrid[-14:15, -14:15]
    towards_upper_right = np.cos(2 * np.pi * (columns - rows) / np.sqrt(2) / 8)
    towards_lower_right = np.cos(2 * np.pi * (columns + rows) / np.sqrt(2) / 8)
    array = weight("gabor:theta=45")
    assert (array * towards_upper_right).sum() > 0.5 > 10 * abs((array * towards_lower_right).sum())


def test_the_size_of_a_gaussian_follows_sigma_and_sigma_the_size() -> None:
    assert weight("gaussian").shape == (7, 7)
    assert weight("gaussian:sigma=1.5").shape == (11, 11)
    np.testing.assert_array_equal(weight("gaussian:size=12"), weight("gaussian:size=12,sigma=2"))
    np.testing.assert_array_equal(
        weight("gabor:wavelength=10"), weight("gabor:wavelength=10,sigma=5.6,size=35")
    )
    np.testing.assert_array_equal(weight("dog"), weight("dog:sigma=1,ratio=1.6,size=11"))
    np.testing.assert_array_equal(weight("unsharp"), weight("unsharp:size=7,sigma=1,amount=1"))


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_declares_the_parameters_that_it_takes_with_their_defaults(name: str) -> None:
    family = FAMILIES[name]
    taken = inspect.signature(family.build).parameters
    assert [parameter.name for parameter in family.parameters] == list(taken)
    for parameter in family.parameters:
        default = taken[parameter.name].default
        assert default is None or parameter.default == f"{default:g}"
        assert parameter.meaning


@pytest.mark.parametrize("name", FAMILIES)
def test_the_ends_of_every_range_make_a_finite_kernel_or_a_clear_refusal(name: str) -> None:
    small = "size=9," if any(parameter.name == "size" for parameter in FAMILIES[name].parameters) else ""
    for parameter in FAMILIES[name].parameters:
        for value in (parameter.least, min(parameter.most, 101) if parameter.whole else parameter.most):
            extra = "" if parameter.name == "size" else small
            try:
                array = weight(f"{name}:{extra}{parameter.name}={value:g}")
            except UsageError as error:
                assert "larger size" in str(error)
            else:
                assert np.isfinite(array).all()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("gaussian:size=0", "gaussian: size is '0'; it takes a whole number from 1 to 1001"),
        ("gaussian:size=1002", "from 1 to 1001"),
        ("gaussian:size=2.5", "a whole number"),
        ("gaussian:size=7.0", "a whole number"),
        ("box:x", "box: size is 'x'"),
        ("box:" + "9" * 5000, "size is"),
        ("gaussian:sigma=0", "sigma is '0'; it takes a number from 0.1 to 1000"),
        ("gaussian:sigma=-1", "from 0.1 to 1000"),
        ("gaussian:sigma=nan", "sigma is 'nan'"),
        ("gaussian:sigma=inf", "sigma is 'inf'"),
        ("gaussian:sigma=1/0", "sigma is '1/0'"),
        ("gaussian:sigma=200", "makes a kernel of 1201 rows, the limit is 1001"),
        ("gaussian:", "empty argument"),
        ("gaussian:7,1,90", "'90' needs a key"),
        ("gaussian:size=7,size=9", "gives 'size' twice"),
        ("gaussian:sise=7", "did you mean size?"),
        ("unsharp:size=4", "an odd whole number"),
        ("log:size=2", "larger size"),
        ("gabor:wavelength=2,phase=90,theta=0,size=9", "larger size"),
        ("box:size=3,rotate=30", "only multiples of 90 degrees"),
        ("motion:rotate=45", "the kernel is 1x9"),
        ("sobel-x:90", "'90' needs a key"),
        ("sobel-x:size=3", "has no parameter 'size'"),
        ("sobel:rotate=90", "stands for several kernels"),
        ("edges:rotate=90", "stands for several kernels"),
    ],
)
def test_a_wrong_argument_is_refused_with_what_it_takes(text: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        read([text])
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_rotate_turns_families_and_named_kernels() -> None:
    np.testing.assert_array_equal(weight("motion:rotate=90"), weight("motion:angle=90"))
    np.testing.assert_array_equal(weight("kirsch-n:rotate=45"), weight("kirsch-nw"))
    np.testing.assert_array_equal(weight("kirsch-n:rotate=-45"), weight("kirsch-ne"))
    np.testing.assert_array_equal(weight("sobel-x:rotate=270"), weight("sobel-y"))
    np.testing.assert_array_equal(weight("roberts-se:rotate=90"), weight("roberts-ne"))


def test_the_slug_is_canonical_and_the_name_as_given() -> None:
    expected = {
        "gaussian:size=7,sigma=1.5": "gaussian-size7-sigma1.5",
        "gaussian:sigma=3/2,size=7": "gaussian-size7-sigma1.5",
        "gaussian:7,1.5": "gaussian-size7-sigma1.5",
        "box:5": "box-size5",
        "kirsch-n:rotate=90": "kirsch-n-rotate90",
        "kirsch-n:rotate=-90": "kirsch-n-rotate-90",
        "laplacian": "laplacian-4",
        "gabor:theta=22.5": "gabor-theta22.5",
    }
    assert {text: kernel(text).slug for text in expected} == expected
    assert {text: kernel(text).name for text in expected} == {text: text for text in expected}


def test_a_turned_kernel_says_so() -> None:
    about = catalogue_kernel("kirsch-n:rotate=90").about
    assert about is not None
    assert about.shows.endswith("turned by 90 degrees counter-clockwise")
    assert catalogue_kernel("kirsch-n").about is not None
