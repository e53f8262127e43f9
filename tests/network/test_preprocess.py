"""Pixels as a network was trained on them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import UsageError
from cnnviz.network.preprocess import IMAGENET, Preprocess, read_preprocess

PIXELS = np.random.default_rng(0).integers(0, 256, (3, 4, 5), dtype=np.uint8)
numbers = st.floats(-1e3, 1e3, width=32)
divisors = st.floats(0.125, 1e3, width=32) | st.floats(-1e3, -0.125, width=32)


def test_a_pixel_is_scaled_less_the_mean_by_the_deviation() -> None:
    prepared = Preprocess(2, (1, 2, 3), (4, 5, 10))(np.full((3, 1, 1), 100, np.uint8))
    assert prepared.dtype == np.float32
    np.testing.assert_allclose(prepared.ravel(), [199 / 4, 198 / 5, 197 / 10])


@given(
    st.floats(0.001, 100),
    st.lists(numbers, min_size=3, max_size=3),
    st.lists(divisors, min_size=3, max_size=3),
)
def test_it_can_be_undone(scale: float, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
    prepared = Preprocess(scale, mean, std)(PIXELS).astype(np.float64)
    back = (prepared * np.array(std)[:, None, None] + np.array(mean)[:, None, None]) / scale
    np.testing.assert_allclose(back, PIXELS, rtol=1e-5, atol=0.001 + 1e-3 / scale)
    np.testing.assert_allclose(Preprocess(scale, mean, std).undone(prepared), back, rtol=1e-9, atol=1e-9)


def test_one_number_is_that_of_every_channel() -> None:
    one = Preprocess(1, (7,), (3,))(PIXELS)
    three = Preprocess(1, (7, 7, 7), (3, 3, 3))(PIXELS)
    np.testing.assert_array_equal(one, three)


def test_imagenets_mean_colour_becomes_nothing() -> None:
    mean = np.array([123.675, 116.28, 103.53]).reshape(3, 1, 1)
    deviation = np.array([58.395, 57.12, 57.375]).reshape(3, 1, 1)
    np.testing.assert_allclose(IMAGENET(mean), 0, atol=1e-6)
    np.testing.assert_allclose(IMAGENET(mean + deviation), 1, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_means_and_deviations_are_one_or_one_a_channel(channels: int) -> None:
    Preprocess(mean=(1,) * channels, std=(2,) * channels).check(channels)
    Preprocess(mean=(1,), std=(2,)).check(channels)
    for wrong in ({"mean": (0.0,) * (channels + 1)}, {"std": (1.0,) * (channels + 1)}):
        with pytest.raises(UsageError, match=f"gives {channels + 1} numbers; it takes one"):
            Preprocess(**wrong).check(channels)  # type: ignore[arg-type]


@pytest.mark.parametrize(("std", "said"), [((0,), "0"), ((1, 0, 1), "0"), ((1, 2, -0.5), "-0.5")])
def test_deviations_are_above_0(std: tuple[float, ...], said: str) -> None:
    with pytest.raises(UsageError, match=f"std divides the pixels, and is {said}; give numbers above 0"):
        Preprocess(std=std).check(3)


@pytest.mark.parametrize(
    ("preprocess", "expected"),
    [
        (Preprocess(1, numbers="uint8"), [0, 100, 255]),
        (Preprocess(1, (128,), numbers="int8"), [-128, -28, 127]),
        (Preprocess(1, numbers="int8"), [0, 100, 127]),
        (Preprocess(3, (1,), (2,), numbers="uint8"), [0, 150, 255]),  # -0.5, 149.5, 382
        (Preprocess(257, numbers="uint16"), [0, 25700, 65535]),
        (Preprocess(2**56, numbers="int64"), [0, 100 * 2**56, 2**63 - 1024]),
    ],
)
def test_whole_numbers_are_rounded_and_clipped_to_what_the_network_takes(
    preprocess: Preprocess, expected: list[int]
) -> None:
    preprocess.check(1)
    made = preprocess(np.array([[[0, 100, 255]]], np.uint8))
    assert made.dtype == preprocess.numbers
    assert made.ravel().tolist() == expected
    assert preprocess.text.endswith(f", rounded and clipped to {preprocess.numbers}")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (Preprocess(numbers="uint8"), "scale is 0.00392157"),
        (Preprocess(1, (0.5, 1, 2), numbers="uint8"), "mean is 0.5,1,2"),
        (Preprocess(1, std=(1.5,), numbers="int8"), "std is 1.5"),
    ],
)
def test_fractions_do_not_go_with_whole_numbers(wrong: Preprocess, said: str) -> None:
    with pytest.raises(UsageError, match=f"{said}, but the input holds whole numbers"):
        wrong.check(3)


@pytest.mark.parametrize("wrong", [Preprocess(1e38), Preprocess(std=(1e-40,)), Preprocess(mean=(1e300,))])
def test_what_float32_cannot_hold_is_refused(wrong: Preprocess) -> None:
    with pytest.raises(UsageError, match="beyond float32"):
        wrong(PIXELS)


@pytest.mark.parametrize(
    ("preprocess", "text"),
    [
        (Preprocess(), "pixels / 255"),
        (Preprocess(1), "pixels"),
        (Preprocess(2.5), "pixels * 2.5"),
        (Preprocess(1, (0, 0, 0), (1, 1, 1)), "pixels"),
        (Preprocess(1, (0, 1, 0), (1, 1, 2)), "pixels minus 0,1,0, divided by 1,1,2"),
        (Preprocess(layout="HWC"), "pixels / 255, channels last"),
        (IMAGENET, "pixels / 255 minus 0.485,0.456,0.406, divided by 0.229,0.224,0.225"),
    ],
)
def test_it_is_said_in_words(preprocess: Preprocess, text: str) -> None:
    assert preprocess.text == text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"scale": 10**400}, "it takes a finite number"),
        ({"scale": math.inf}, "scale: is inf; it takes a finite number"),
        ({"scale": [2]}, "scale: is [2]; it takes a finite number"),
        ({"scale": 0}, "scale: is 0; it takes a number above 0"),
        ({"scale": True}, "scale: is True; it takes a finite number"),
        (
            {"mean": [0, math.nan]},
            "mean: is [0, nan]; it takes a finite number, or an array of one a channel",
        ),
        ({"mean": []}, "mean: is []; it takes a finite number, or an array of one a channel"),
        ({"std": [1, 0.0]}, "std: is [1, 0.0]; it takes a number above 0, or an array of one a channel"),
        ({"std": -1}, "std: is -1; it takes a number above 0, or an array of one a channel"),
        ({"layout": "WHC"}, "layout: is 'WHC'; it takes CHW or HWC"),
    ],
)
def test_what_a_file_says_wrongly_is_a_problem_by_its_key(content: dict[str, Any], said: str) -> None:
    problems: list[str] = []
    read_preprocess(content, problems.append)
    (problem,) = problems
    assert said in problem


def test_a_file_may_give_any_of_the_keys() -> None:
    def never(problem: str) -> None:
        raise AssertionError(problem)

    assert read_preprocess({}, never) is None
    found = read_preprocess({"scale": 1, "mean": -3, "std": [1, 2.5], "layout": "HWC"}, never)
    assert found == Preprocess(1, (-3,), (1, 2.5), "HWC")
