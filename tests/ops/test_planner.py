"""The plan: which engine, and how many rows at a time, from integers alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.errors import UsageError
from cnnviz.ops.convolution.planner import ENGINES, plan
from cnnviz.ops.convolution.problem import pose


def test_few_maps_are_shifted_and_added_and_many_are_multiplied() -> None:
    assert plan(pose((1, 1, 300, 451), (1, 1, 3, 3)), exact=True).engine == "taps"
    assert plan(pose((1, 3, 300, 451), (3, 1, 3, 3), groups=3), exact=False).engine == "taps"
    assert plan(pose((1, 3, 224, 224), (64, 3, 7, 7)), exact=False).engine == "matmul"


def test_integers_stay_with_taps_for_longer_since_theirs_are_narrower() -> None:
    problem = pose((1, 1, 300, 451), (3, 1, 3, 3))
    assert plan(problem, exact=True).engine == "taps"
    assert plan(problem, exact=False).engine == "matmul"


def test_kernels_of_rank_1_are_done_as_a_column_and_a_row() -> None:
    problem = pose((1, 1, 300, 451), (1, 1, 5, 5))
    assert plan(problem, exact=True, rank_one=True).engine == "separable"
    assert "5 + 5 shifted additions in place of 25" in plan(problem, exact=True, rank_one=True).reason
    # At a wide stride most of the column's sums would be thrown away.
    strided = pose((1, 1, 300, 451), (1, 1, 5, 5), stride=4)
    assert plan(strided, exact=True, rank_one=True).engine == "taps"


def test_large_kernels_are_transformed_where_there_is_work_enough() -> None:
    assert plan(pose((1, 1, 3000, 4000), (1, 1, 31, 31)), exact=False).engine == "fourier"
    assert plan(pose((1, 1, 3000, 4000), (1, 1, 9, 9)), exact=False).engine == "taps"
    assert plan(pose((1, 1, 100, 100), (1, 1, 31, 31)), exact=False).engine == "taps"
    assert plan(pose((1, 1, 3000, 4000), (1, 1, 31, 31)), exact=False, rank_one=True).engine == "separable"
    # 73 + 73 additions on a small picture are less than importing the transform.
    assert plan(pose((1, 1, 300, 451), (1, 1, 73, 73)), exact=False, rank_one=True).engine == "separable"


def test_transforms_are_for_few_kernels_on_large_maps() -> None:
    assert plan(pose((1, 256, 64, 64), (256, 256, 11, 11)), exact=False).engine == "matmul"
    assert plan(pose((1, 1, 40, 40_000), (1, 1, 31, 31)), exact=False).engine == "taps"


def test_many_channels_under_3x3_floats_are_done_in_tiles() -> None:
    layer = pose((1, 64, 56, 56), (64, 64, 3, 3), padding=1)
    assert plan(layer, exact=False).engine == "winograd"
    assert "64 maps of 64 channels: 4x4 cells by 36 products, not 144" in plan(layer, exact=False).reason
    assert plan(layer, exact=True).engine == "matmul"
    assert plan(layer, exact=False, itemsize=8).engine == "matmul"
    for other in (
        pose((1, 64, 56, 56), (64, 64, 5, 5), padding=2),
        pose((1, 64, 112, 112), (64, 64, 3, 3), stride=2),
        pose((1, 64, 112, 112), (64, 64, 3, 3), dilation=2),
        pose((1, 3, 224, 224), (64, 3, 3, 3)),
        pose((1, 512, 14, 14), (512, 512, 3, 3), padding=1),
    ):
        assert plan(other, exact=False, prepared=True).engine == "matmul"


def test_kernels_that_are_transformed_once_pay_on_smaller_maps() -> None:
    layer = pose((1, 512, 28, 28), (512, 512, 3, 3), padding=1)
    assert plan(layer, exact=False).engine == "matmul"
    assert plan(layer, exact=False, prepared=True).engine == "winograd"


def test_threads_are_taken_where_there_is_work_enough_and_cores() -> None:
    large, small = pose((1, 1, 3000, 4000), (1, 1, 3, 3)), pose((1, 1, 300, 451), (1, 1, 3, 3))
    assert plan(large, exact=True, cores=4).threads == 4
    assert plan(large, exact=True, rank_one=True, cores=4).threads == 4
    assert plan(large, exact=True).threads == 1
    assert plan(small, exact=True, cores=4).threads == 1
    assert plan(large, exact=True, engine="scipy", cores=4).threads == 1


@pytest.mark.parametrize("engine", [engine for engine in ENGINES if engine != "auto"])
def test_an_engine_asked_for_is_taken(engine: str) -> None:
    for maps in (1, 64):
        assert plan(pose((1, 1, 9, 9), (maps, 1, 3, 3)), exact=True, engine=engine).engine == engine


def test_an_unknown_engine_is_refused_with_the_closest() -> None:
    with pytest.raises(UsageError, match="no engine named 'mathmul'; did you mean matmul"):
        plan(pose((1, 1, 9, 9), (1, 1, 3, 3)), exact=True, engine="mathmul")


@given(
    size=st.tuples(st.integers(1, 20_000), st.integers(1, 20_000)),
    channels=st.integers(1, 512),
    maps=st.integers(1, 512),
    kernel=st.tuples(st.integers(1, 31), st.integers(1, 31)),
    stride=st.integers(1, 9),
    engine=st.sampled_from(ENGINES),
)
def test_a_band_is_never_empty_and_never_more_than_there_is(
    size: tuple[int, int],
    channels: int,
    maps: int,
    kernel: tuple[int, int],
    stride: int,
    engine: str,
) -> None:
    problem = pose((1, channels, *size), (maps, channels, *kernel), stride=stride, padding="same")
    assert 1 <= plan(problem, exact=False, engine=engine).band <= problem.window.output[0]


def test_a_large_picture_is_never_worked_on_whole() -> None:
    problem = pose((1, 3, 20_000, 20_000), (1, 3, 3, 3), padding=1)
    first, last = problem.rows_read(0, plan(problem, exact=False, engine="taps").band)
    assert (last - first) * 20_002 * 3 * 4 < 1 << 22
    assert plan(problem, exact=False, engine="matmul").band * 20_000 * 27 * 4 < 1 << 24


def test_the_reason_says_how_many() -> None:
    assert "1 map a group: 9 shifted additions" in plan(pose((1, 1, 9, 9), (1, 1, 3, 3)), exact=True).reason
    assert (
        "64 maps share the columns of 27 values" in plan(pose((1, 3, 9, 9), (64, 3, 3, 3)), exact=True).reason
    )
    assert plan(pose((1, 1, 9, 9), (1, 1, 3, 3)), exact=True, engine="scipy").reason == "asked for"
