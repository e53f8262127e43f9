"""What the header promises is what the pixels give: shapes and refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cnnviz.errors import CnnvizError, ShapeError
from cnnviz.jobs.picture import predict, run
from cnnviz.jobs.settings import Pooling
from tests.jobs.making import COLOURS, GREY, make_job

PAIRS = st.tuples(st.integers(1, 4), st.integers(1, 4))
PADDINGS = st.one_of(
    st.integers(0, 5),
    st.tuples(st.integers(0, 5), st.integers(0, 5)),
    st.tuples(
        st.tuples(st.integers(0, 5), st.integers(0, 5)), st.tuples(st.integers(0, 5), st.integers(0, 5))
    ),
    st.sampled_from(["valid", "same", "same-lower", "full"]),
)
POOLINGS = st.one_of(
    st.none(),
    st.one_of(st.none(), PAIRS).flatmap(
        lambda size: st.builds(
            Pooling,
            mode=st.sampled_from(["max", "avg"]),
            size=st.just(size),
            stride=st.one_of(st.none(), PAIRS),
            padding=st.integers(0, min(size or (4,)) // 2),
            ceil_mode=st.booleans(),
        )
    ),
)
KERNELS = st.sampled_from(
    [["sobel-x"], ["box:5", "roberts-se"], ["sobel"], ["1 -1"], ["1;2;3"], ["BANK1"], ["BANK3"], ["BANK5"]]
)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("pictures")
    Image.fromarray(GREY).save(folder / "grey.png")
    Image.fromarray(COLOURS).save(folder / "colours.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(COLOURS).save(folder / "turned.tiff", exif=exif)
    np.save(folder / "two.npy", np.random.default_rng(1).normal(size=(2, 9, 10)))
    np.save(folder / "five.npy", np.random.default_rng(2).normal(size=(5, 9, 10)))
    for depth in (1, 3, 5):
        np.save(folder / f"BANK{depth}.npy", np.ones((4, depth, 2, 3)))
    return {path.stem: str(path) for path in folder.iterdir()}


def outcome(work: Any, job: Any) -> Any:
    try:
        return [(result.input, result.output, result.files) for result in work(job).results]
    except CnnvizError as error:
        return type(error)


@settings(max_examples=150)
@given(
    st.sampled_from(["grey", "colours", "turned", "two", "five"]),
    KERNELS,
    st.sampled_from(["gray", "each", "sum", "color"]),
    PAIRS,
    PAIRS,
    PADDINGS,
    st.sampled_from(["zeros", "reflect", "replicate", "circular"]),
    POOLINGS,
)
def test_the_shapes_are_those_predicted(
    tmp_path_factory: pytest.TempPathFactory,
    pictures: dict[str, str],
    name: str,
    texts: list[str],
    channels: str,
    stride: tuple[int, int],
    dilation: tuple[int, int],
    padding: Any,
    padding_mode: str,
    pooling: Pooling | None,
) -> None:
    job = make_job(
        pictures[name],
        [pictures.get(text, text) for text in texts],
        output=f"{tmp_path_factory.getbasetemp()}/shapes/",
        file_format="npy",
        pooling=pooling,
        channels=channels,
        stride=stride,
        dilation=dilation,
        padding=padding,
        padding_mode=padding_mode,
    )
    predicted, ran = outcome(predict, job), outcome(run, job)
    if isinstance(ran, list):
        assert predicted == ran
        for _, output, (path,) in ran:
            assert np.load(path).shape == output
    else:
        # Only the channels an array lacks are not told of by its header.
        assert predicted == ran or name in ("two", "five")


@settings(max_examples=60)
@given(st.sampled_from(["grey", "colours", "two"]), POOLINGS.filter(bool))
def test_pooling_alone_has_the_shapes_predicted(
    tmp_path_factory: pytest.TempPathFactory, pictures: dict[str, str], name: str, pooling: Pooling
) -> None:
    folder = f"{tmp_path_factory.getbasetemp()}/pooled/"
    job = make_job(pictures[name], [], output=folder, file_format="npy", pooling=pooling)
    assert outcome(predict, job) == outcome(run, job)


@pytest.mark.parametrize(
    ("padding", "stride"), [(10**6, (1, 1)), ((10**6, 0), (1, 1)), (30000, (1, 1)), (10**9, (10**9, 10**9))]
)
def test_too_large_a_result_is_refused_before_memory_is_taken(
    pictures: dict[str, str], padding: Any, stride: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*args: object, **named: object) -> None:
        raise AssertionError("it was computed")

    monkeypatch.setattr("cnnviz.ops.conv2d", never)
    job = make_job(pictures["grey"], padding=padding, stride=stride)
    for work in (predict, run):
        if padding == (10**6, 0):
            if work is predict:
                assert work(job).results[0].output == (1, 2000010, 13)
            continue
        with pytest.raises(ShapeError, match=r"more than 1073741824 values"):
            work(job)


def test_maps_of_different_sizes_cannot_be_combined(pictures: dict[str, str]) -> None:
    job = make_job(pictures["grey"], ["sobel-x", "box:5"], combine="max")
    for work in (predict, run):
        with pytest.raises(ShapeError, match="maps of 8x11, 10x13 cannot be combined; --padding same"):
            work(job)
    job = make_job(pictures["grey"], ["sobel-x", "box:5"], combine="max", padding="same")
    assert predict(job).results[0].output == (1, 12, 15)


def test_a_bank_decides_by_its_depth(pictures: dict[str, str], tmp_path: Path) -> None:
    def maps(name: str, depth: int) -> Any:
        bank = pictures[f"BANK{depth}"]
        return outcome(run, make_job(pictures[name], [bank], output=tmp_path / f"{name}{depth}.npy"))

    assert maps("colours", 1)[0][:2] == ((1, 13, 17), (4, 12, 15))
    assert maps("colours", 3)[0][:2] == ((3, 13, 17), (4, 12, 15))
    assert maps("grey", 3)[0][:2] == ((3, 12, 15), (4, 11, 13))  # grey stands for three equal channels
    assert maps("five", 5)[0][:2] == ((5, 9, 10), (4, 8, 8))
    assert maps("colours", 5) is ShapeError
    assert issubclass(maps("five", 3), CnnvizError)


def test_a_wrong_number_of_biases_is_refused(pictures: dict[str, str], tmp_path: Path) -> None:
    job = make_job(pictures["grey"], [pictures["BANK1"]], output=tmp_path / "x.npy", bias=(1, 2, 3))
    with pytest.raises(
        ShapeError, match="--bias gives 3 values, but each kernel makes 4 maps; give one value, or one a map"
    ):
        run(job)
