"""A kernel as it forms: text, plain lines, JSON and frames show the numbers of the descent."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from cnnviz.lessons.learn import Learned, Settings, learn
from cnnviz.lessons.loss import Sample, feature_map, pose
from cnnviz.render import animation
from cnnviz.render.kernels import lines as kernel_text
from cnnviz.render.learn import picture as learn_picture
from cnnviz.render.learn import text as render
from cnnviz.render.theme import DARK, LIGHT
from tests.cli.running import SOBEL_X, brightness

Array = NDArray[Any]
NAMES = "cat.png", "sobel-x"
CAT = brightness("cat")[80:180, 120:270]


@cache
def learned(steps: int) -> Learned:
    exercise = pose([Sample(CAT, feature_map(CAT, SOBEL_X))], (3, 3))
    return learn(exercise, Settings(steps=steps), SOBEL_X)


@cache
def drawn(steps: int, *, dark: bool = False) -> tuple[list[Array], animation.Palette]:
    return learn_picture.frames(learned(steps), NAMES, ".gif", dark=dark)


def colored(steps: int, number: int, *, dark: bool = False) -> Array:
    frames, palette = drawn(steps, dark=dark)
    return animation.still(frames[number], palette)


def test_a_frame_looks_as_kept(golden: Any) -> None:
    golden("learn-frame", colored(40, 12), share=0.02)


def test_frames_are_as_many_as_steps_up_to_sixty_and_of_one_size_and_few_colours() -> None:
    for steps, expected in ((4, {5}), (400, set(range(35, 61)))):
        frames, palette = drawn(steps)
        assert len(frames) in expected
        assert {frame.shape for frame in frames} == {frames[0].shape}
        assert frames[0].shape[1] == 900
        assert len(palette.colors) <= animation.most_colors(".gif")


def test_cells_have_the_tint_of_their_sign_and_end_as_the_kernel() -> None:
    page = colored(40, -1)
    left, middle, right = (page[88 + 120 - 30, 28 + 80 * column + 40] for column in range(3))
    assert int(left[2]) > int(left[0]) + 40  # -2: blue
    assert int(right[0]) > int(right[2]) + 40  # 2: red
    assert np.ptp(middle.astype(int)) < 12
    dark = colored(40, -1, dark=True)
    assert tuple(dark[0, 0]) == DARK.paper
    assert tuple(page[0, 0]) == LIGHT.paper


def test_where_three_digits_do_not_fit_two_stand_of_one_size_in_every_frame() -> None:
    known = np.linspace(-0.5, 0.5, 49).reshape(7, 7)
    found = learn(pose([Sample(CAT, feature_map(CAT, known))], (7, 7)), Settings(steps=3), known)
    frames, palette = learn_picture.frames(found, NAMES, ".gif")
    for page in (animation.still(frame, palette) for frame in frames):
        cells = page[88 : 88 + 238, 28 : 28 + 238].reshape(7, 34, 7, 34, 3).swapaxes(1, 2)
        dark = cells[:, :, 3:-3, 3:-3].max(axis=-1) < 140
        assert set(dark.any(axis=3).sum(axis=2).ravel().tolist()) <= {7, 8}


def test_the_map_grows_alike_to_the_target_beside_it() -> None:
    def apart(page: Array) -> float:
        grown = page[90:270, 290:560].astype(int)
        return float(np.abs(grown - page[90:270, 592:862]).mean())

    first, last = (apart(colored(100, number)) for number in (0, -1))
    assert last < first / 10


def test_the_curve_is_drawn_as_far_as_it_has_come() -> None:
    width = [
        int((colored(40, number) == LIGHT.minus).all(axis=2).any(axis=0).sum()) for number in (0, 10, -1)
    ]
    assert width[0] < 40
    assert width[0] < width[1] < width[2]
    assert width[2] > 700


def test_where_the_loss_rises_it_is_said_why() -> None:
    assert learned(40).overshoots
    assert "momentum carries a step on" in " ".join(render.plain(learned(40), ()))
    exercise = learned(40).exercise
    plain = learn(exercise, Settings(steps=40, momentum=0), SOBEL_X)
    assert not plain.overshoots
    assert "overshoots" not in " ".join(render.plain(plain, ()))


def test_a_gif_has_few_greys_and_other_formats_more() -> None:
    pages = [learn_picture.frames(learned(4), NAMES, suffix) for suffix in (".gif", ".webp")]
    greys = [len(np.unique(animation.still(page[-1], palette)[88:270, 290:560])) for page, palette in pages]
    assert greys[1] > 2 * greys[0]
    assert len(pages[0][1].colors) <= animation.most_colors(".gif")


def test_numbers_have_three_digits_of_the_largest_and_no_minus_zero() -> None:
    assert kernel_text.numbers(np.array([[-0.0001, 0.123]]), np.array([[0.2]])) == [[" 0.000", " 0.123"]]
    tiny = np.array([[1e-9, -2e-9]])
    assert kernel_text.numbers(tiny, tiny) == [["  1.0e-09", " -2.0e-09"]]
    assert kernel_text.numbers(np.zeros((1, 2)), np.zeros((1, 2))) == [[" 0.00", " 0.00"]]


@pytest.mark.parametrize(("room", "wide"), [(18, 6), (17, 2)])
def test_where_numbers_do_not_fit_signs_stand(room: int, wide: int) -> None:
    block = kernel_text.block(SOBEL_X.astype(float), ("k",), like=SOBEL_X, room=room)
    assert {len(text) for row in block.rows for text, _ in row} == {wide}
