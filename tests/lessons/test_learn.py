"""Learning a kernel: the gradient is right, the descent arrives, and subtracting the mean is what helps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import correlate2d

from cnnviz import kernels, ops
from cnnviz.errors import ShapeError, UsageError
from cnnviz.lessons.closeness import closeness, condition
from cnnviz.lessons.learn import Learned, Settings, descend, learn, milestones, most
from cnnviz.lessons.loss import Exercise, Sample, feature_map, kernel_gradient, noise, pose
from tests.cli.running import SOBEL_X, brightness

Array = NDArray[Any]

CAT = brightness("cat")
EYE = CAT[80:190, 130:280]
SIZES = st.tuples(st.integers(1, 4), st.integers(1, 4))


def named(name: str) -> Array:
    return kernels.read([name])[0].kernels[0].weight


def behind(kernel: Array, *pictures: Array, keep_mean: bool = False) -> Exercise:
    samples = [Sample(each, correlate2d(each.astype(float), kernel, "valid")) for each in pictures]
    return pose(samples, (kernel.shape[0], kernel.shape[1]), keep_mean=keep_mean)


def learned(kernel: Array, *pictures: Array, keep_mean: bool = False, **given: Any) -> Learned:
    return learn(behind(kernel, *pictures, keep_mean=keep_mean), Settings(**given), kernel)


def posed(size: tuple[int, int], seed: int, *, masked: bool, keep_mean: bool) -> Exercise:
    """Two pictures of noise with targets of noise, which no kernel explains."""
    rng, samples = np.random.default_rng(seed), []
    for shape in ((9, 7), (6, 8)):
        target = rng.normal(size=(shape[0] - size[0] + 1, shape[1] - size[1] + 1))
        known = rng.random(target.shape) < 0.8 if masked else None
        samples.append(Sample(rng.normal(3, 2, shape), target, known))
    return pose(samples, size, keep_mean=keep_mean)


@given(size=SIZES, seed=st.integers(0, 99), masked=st.booleans(), keep_mean=st.booleans())
def test_the_gradient_is_that_of_finite_differences(
    size: tuple[int, int], seed: int, masked: bool, keep_mean: bool
) -> None:
    exercise = posed(size, seed, masked=masked, keep_mean=keep_mean)
    kernel = np.random.default_rng(seed + 1).normal(size=size)
    gradient = exercise.gradient(exercise.errors(kernel).maps)
    for cell in np.ndindex(size):
        nudge = np.zeros(size)
        nudge[cell] = 1e-3
        # The loss is a parabola along every direction: central differences are exact but for rounding.
        slope = (exercise.errors(kernel + nudge).loss - exercise.errors(kernel - nudge).loss) / 2e-3
        assert gradient[cell] == pytest.approx(slope, rel=1e-6, abs=1e-8)


@given(size=SIZES, seed=st.integers(0, 99))
def test_the_gradient_is_the_convolution_of_the_picture_with_the_error(
    size: tuple[int, int], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.normal(size=(size[0] + 5, size[1] + 6))
    error = rng.normal(size=(6, 7))
    found = kernel_gradient(pixels, error)
    assert found.shape == size
    assert np.allclose(found, correlate2d(pixels, error, "valid"))
    assert np.allclose(found, ops.conv2d(pixels[np.newaxis], error[np.newaxis, np.newaxis])[0])


@given(size=SIZES, seed=st.integers(0, 99), masked=st.booleans())
def test_loss_and_offset_are_those_of_the_values_that_count(
    size: tuple[int, int], seed: int, masked: bool
) -> None:
    rng = np.random.default_rng(seed)
    pixels, kernel = rng.normal(5, 1, (9, 10)), rng.normal(size=size)
    target = rng.normal(size=(10 - size[0], 11 - size[1]))
    known = rng.random(target.shape) < 0.9 if masked else np.ones(target.shape, bool)
    exercise = pose([Sample(pixels, target, known if masked else None)], size)
    found = exercise.errors(kernel)
    apart = (correlate2d(pixels, kernel, "valid") - target)[known]
    assert found.loss == pytest.approx(apart.var())
    assert found.offset == pytest.approx(-apart.mean())


@pytest.mark.parametrize("size", [(3, 3), (5, 5), (7, 7), (15, 15)])
def test_maps_are_those_of_scipy_for_kernels_of_every_size(size: tuple[int, int]) -> None:
    kernel = np.random.default_rng(0).normal(size=size)
    assert np.allclose(feature_map(CAT[:60, :70], kernel), correlate2d(CAT[:60, :70], kernel, "valid"))


def test_the_largest_curvature_is_the_largest_eigenvalue_of_the_patches_covariance() -> None:
    patches = np.lib.stride_tricks.sliding_window_view(CAT.astype(float), (3, 3)).reshape(-1, 9)
    for keep_mean, matrix in (
        (False, np.cov(patches.T, bias=True)),
        (True, patches.T @ patches / len(patches)),
    ):
        found = behind(SOBEL_X, CAT, keep_mean=keep_mean).curvature(0)
        assert found == pytest.approx(2 * np.linalg.eigvalsh(matrix)[-1], rel=1e-6)


@pytest.mark.parametrize(
    ("name", "steps", "cosine", "apart"),
    [
        ("sobel-x", 100, 0.9999, 0.02),
        ("prewitt-y", 100, 0.9999, 0.02),
        ("laplacian", 100, 0.997, 0.3),
        ("laplacian", 200, 0.9999, 0.03),
        ("box:size=3", 200, 0.9999, 0.002),
        ("gaussian:size=5", 800, 0.9995, 0.003),
    ],
)
def test_kernels_of_the_catalogue_are_found_again(name: str, steps: int, cosine: float, apart: float) -> None:
    found = learned(named(name), CAT if steps < 500 else EYE, steps=steps)
    close = found.closeness(found.last)
    assert close is not None
    assert close.cosine is not None
    assert close.cosine > cosine
    assert close.largest_difference < apart
    assert found.last.loss < 5e-3 * found.exercise.variance


def test_subtracting_the_mean_makes_the_condition_number_fall_and_the_cosine_rise() -> None:
    numbers = condition([CAT], (3, 3))
    assert numbers.centred < numbers.with_mean / 10
    centred, kept = (learned(SOBEL_X, CAT, keep_mean=keep) for keep in (False, True))
    cosines = [each.closeness(each.last) for each in (centred, kept)]
    assert cosines[0] is not None
    assert cosines[1] is not None
    assert (cosines[0].cosine or 0) > 0.9996
    assert 0.9 < (cosines[1].cosine or 0) < 0.99


def test_the_condition_number_is_that_of_numpy_on_all_patches() -> None:
    patches = np.lib.stride_tricks.sliding_window_view(CAT.astype(float), (3, 3)).reshape(-1, 9)
    numbers = condition([CAT], (3, 3))
    assert numbers.centred == pytest.approx(np.linalg.cond(np.cov(patches.T)), rel=1e-6)
    assert numbers.with_mean == pytest.approx(np.linalg.cond(patches.T @ patches), rel=1e-6)


def test_the_same_arguments_give_the_same_steps_and_another_seed_another_start() -> None:
    one, other = (learned(SOBEL_X, CAT[:40, :40], steps=9, seed=3) for _ in range(2))
    assert [step.loss for step in one.steps] == [step.loss for step in other.steps]
    assert np.array_equal(one.last.kernel, other.last.kernel)
    assert not np.array_equal(one.steps[0].kernel, noise((3, 3), 4))


@given(
    size=SIZES,
    seed=st.integers(0, 99),
    momentum=st.floats(0, 0.95),
    masked=st.booleans(),
    keep_mean=st.booleans(),
)
@settings(max_examples=40)
def test_at_the_rate_that_is_chosen_no_descent_is_refused_and_none_ends_higher(
    size: tuple[int, int], seed: int, momentum: float, masked: bool, keep_mean: bool
) -> None:
    exercise = posed(size, seed, masked=masked, keep_mean=keep_mean)
    found = learn(exercise, Settings(steps=60, momentum=momentum, seed=seed))
    best = _least(exercise)
    assert found.last.loss >= best - 1e-9
    assert found.last.loss <= found.steps[0].loss * (1 + 1e-9) + 1e-12


def _least(exercise: Exercise) -> float:
    """The least loss there is, by NumPy's least squares over all patches that count."""
    rows, targets = [], []
    for pixels, target, known in exercise.samples:
        windows = np.lib.stride_tricks.sliding_window_view(pixels, exercise.size)
        keep = np.ones(target.shape, bool) if known is None else known
        rows.append(windows[keep].reshape(int(keep.sum()), -1))
        targets.append(target[keep])
    matrix, wanted = np.concatenate(rows), np.concatenate(targets)
    if not exercise.keep_mean:
        matrix = np.column_stack([matrix, np.ones(len(matrix))])
    solution = np.linalg.lstsq(matrix, wanted, rcond=None)[0]
    return float(np.mean((matrix @ solution - wanted) ** 2))


def test_many_steps_reach_the_least_squares_where_no_kernel_explains_the_target() -> None:
    exercise = posed((2, 3), 5, masked=True, keep_mean=False)
    assert learn(exercise, Settings(steps=500)).last.loss == pytest.approx(_least(exercise), rel=1e-9)


def test_the_offset_is_the_bias_of_the_target() -> None:
    target = correlate2d(CAT[:50, :50].astype(float), SOBEL_X, "valid") + 25
    found = learn(pose([Sample(CAT[:50, :50], target)], (3, 3)), Settings(steps=400))
    assert found.last.offset == pytest.approx(25, abs=0.02)
    assert np.abs(found.map(found.last) - target).mean() < 0.5


def test_the_map_at_a_step_is_that_of_its_kernel_and_offset_on_the_picture_itself() -> None:
    for keep_mean in (False, True):
        found = learned(SOBEL_X, CAT[:40, :40], keep_mean=keep_mean, steps=5)
        step = found.steps[3]
        made = correlate2d(CAT[:40, :40].astype(float), step.kernel, "valid") + step.offset
        assert np.allclose(found.map(step), made)
        off = made - found.exercise.samples[0].target
        assert step.loss == pytest.approx(np.mean(off**2))


def test_momentum_of_zero_is_plain_gradient_descent() -> None:
    exercise = behind(SOBEL_X, CAT[:30, :30])
    first, second, *_ = descend(exercise, steps=3, learning_rate=1e-5, momentum=0, seed=0)
    gradient = exercise.gradient(exercise.errors(first.kernel).maps)
    assert np.allclose(second.kernel, first.kernel - 1e-5 * gradient)


def test_rounding_is_no_overshooting() -> None:
    start = noise((2, 2), 0)
    assert not learned(start, EYE, steps=30).overshoots
    assert learned(-start, EYE, steps=30).overshoots


@pytest.mark.parametrize("factor", [1.05, 3, 1e6, 1e200])
def test_a_rate_that_diverges_is_refused_with_one_that_does_not(factor: float) -> None:
    exercise = behind(SOBEL_X, CAT)
    limit = most(exercise.curvature(0), 0.9)
    with pytest.raises(UsageError, match=r"too large: at step [0-9]+ .* try [0-9]") as caught:
        learn(exercise, Settings(steps=200, learning_rate=limit * factor))
    proposed = float(str(caught.value).rsplit(" ", 1)[1])
    assert 0.4 * limit < proposed < 0.6 * limit
    assert learn(exercise, Settings(steps=5, learning_rate=proposed)).last.number == 5


def test_a_picture_that_cannot_tell_kernels_apart_has_an_infinite_condition_number() -> None:
    stripes = np.tile([0.0, 0, 255, 255], (20, 5))
    found = learned(SOBEL_X, stripes)
    close = found.closeness(found.last)
    assert found.condition is not None
    assert found.condition.centred == np.inf
    assert found.last.loss < 1e-3 * found.exercise.variance
    assert close is not None
    assert (close.cosine or 0) < 0.99


def test_what_cannot_be_learned_is_refused() -> None:
    with pytest.raises(UsageError, match="constant"):
        behind(SOBEL_X, np.full((9, 9), 7))
    with pytest.raises(UsageError, match="4 map values cannot tell the 9 cells"):
        behind(SOBEL_X, np.arange(16).reshape(4, 4))
    with pytest.raises(UsageError, match="cannot be added up"):
        behind(SOBEL_X, np.full((9, 9), 1e200) * np.eye(9))
    with pytest.raises(UsageError, match="does not change by more than rounding"):
        learned(SOBEL_X, np.eye(9) * 1e-200)
    with pytest.raises(ShapeError, match=r"a map of 7x7 .* the target has 9x9"):
        pose([Sample(np.eye(9), np.eye(9))], (3, 3))


def test_closeness_pads_the_smaller_kernel_and_knows_no_direction_of_zero() -> None:
    wide = np.zeros((5, 5))
    wide[1:4, 1:4] = SOBEL_X
    assert closeness(wide, SOBEL_X) == (1, 0)
    assert closeness(-SOBEL_X, SOBEL_X) == (-1, 4)
    assert closeness(np.zeros((3, 3)), SOBEL_X) == (None, 2)


@given(last=st.integers(1, 10_000), count=st.integers(2, 60))
def test_milestones_begin_with_0_end_with_the_last_and_lie_closer_early(last: int, count: int) -> None:
    found = milestones(last, count)
    assert (found[0], found[-1]) == (0, last)
    assert len(found) <= count
    assert list(found) == sorted(set(found))
