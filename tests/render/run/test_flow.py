"""The whole network on one page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from cnnviz.render.run import flow
from cnnviz.render.run.flow import Flow, Strip, TopClass
from cnnviz.render.run.layer_maps import LayerMaps
from cnnviz.render.theme import LIGHT

Golden = Callable[..., None]
ROWS, COLUMNS = np.mgrid[:8, :8]
PICTURE = np.stack([ROWS * 30, COLUMNS * 30, ROWS * 0 + 90], axis=2).astype(np.uint8)
NOTES = ("input 3x8x8: the middle of the picture, pixels / 255", "engine: cnnviz", "weights: w.npz")


def strip(shape: tuple[int, ...], name: str = "conv1", kind: str = "conv", low: float = -1) -> Strip:
    values = np.random.default_rng(len(name)).uniform(low, 1, shape)
    return Strip.of(LayerMaps(name, kind, values), range(min(shape[0], flow.MOST)))


def page(strips: Any = (), classes: Any = (), picture: Any = PICTURE, **given: Any) -> Any:
    return flow.draw(Flow("square through net", NOTES, picture, strips, classes), **given)


def test_a_network_looks_as_kept(golden: Golden) -> None:
    strips = [
        *(strip((12, 8, 8)), strip((12, 8, 8), "relu1", "relu", 0), strip((3, 4, 4), "pool1", "maxpool", 0)),
        strip((20, 1, 1), "global", "globalavgpool", 0),
    ]
    classes = [TopClass("square", 3.5, 0.75), TopClass("circle", 2.4, 0.24), TopClass("stripes", -2, 0.01)]
    golden("flow", page(strips, classes), near=2, share=0.02)


def test_a_strip_holds_the_maps_of_its_channels_in_the_colours_of_their_own_scale() -> None:
    values = np.linspace(-10, 10, 20).reshape(20, 1, 1) * np.ones((1, 4, 4))
    layer = LayerMaps("conv1", "conv", values).some(range(20))
    made = Strip.of(layer, [19, 0, 7])
    assert (made.of_channels, made.channels) == (20, (19, 0, 7))
    for image, number in zip(made.maps, (19, 0, 7), strict=True):
        drawn = np.asarray(image)
        assert (drawn == layer.colored(number)[0, 0]).all()
    assert made.ends == layer.ends
    scale = np.asarray(made.scale)
    assert scale[3, [0, -1]].tobytes() == layer.palette[:3] + layer.palette[-3:]
    assert made.detail == "conv, 20x4x4"
    # The strongest of many would all have the last colour on the scale of all; the sign is that of the layer.
    faint = Strip.of(layer, [10, 11])
    assert faint.ends == "-1.579..1.579, 0 in the middle"
    assert np.asarray(faint.maps[0])[0, 0].tolist() != np.asarray(faint.maps[1])[0, 0].tolist()


@pytest.mark.parametrize("shape", [(512, 1, 7), (512, 7, 1), (9, 1, 200), (9, 200, 1), (8, 3, 3), (9, 1, 2)])
def test_maps_of_any_shape_stand_beside_each_other(shape: tuple[int, ...]) -> None:
    made = strip(shape)
    assert len(made.maps) == 8
    assert all(max(image.size) == 84 and min(image.size) >= 8 for image in made.maps)
    drawn = (page([made]) != LIGHT.paper).any(axis=2)
    assert not drawn[:, -15:].any()


@pytest.mark.parametrize("length", [1, 4, 1000])
def test_a_vector_is_one_bar_of_cells(length: int) -> None:
    made = strip((length,), "fc", "linear")
    (bar,) = made.maps
    assert bar.size == (760, 30)
    assert (made.of_channels, made.channels) == (length, ())


def test_it_grows_with_layers_and_classes_and_leaves_out_some_of_very_many() -> None:
    one, two = page([strip((2, 4, 4))]), page([strip((2, 4, 4))] * 2)
    assert two.shape[0] - one.shape[0] == 114
    assert page([strip((2, 4, 4))], [TopClass("a", 1.0, 1.0)]).shape[0] > one.shape[0]
    most = page([strip((1, 4, 4))] * flow.MOST_LAYERS)
    assert page([strip((1, 4, 4))] * 200).shape[0] - most.shape[0] == 20  # a line that says so


def test_of_very_many_layers_the_first_and_the_last_are_there() -> None:
    strips = [strip((1, 4, 4), "x" * (1 + number % 5)) for number in range(100)]
    marked = [strip((3, 4, 4)), *strips, strip((5, 4, 4))]
    cells = (page(marked) != LIGHT.paper).any(axis=2)
    begins = 60 + 20 * (len(NOTES) + 3) + 196 + 24
    first = cells[begins + 40, 256:]
    last = cells[begins + 114 * (flow.MOST_LAYERS - 1) + 40, 256:]
    assert first.sum() == 3 * 84
    assert last.sum() == 5 * 84


@pytest.mark.parametrize("shape", [(4, 40, 3), (40, 4, 3), (300, 200), (1, 1)])
def test_the_picture_is_shown_in_its_proportions(shape: tuple[int, ...]) -> None:
    picture = np.full(shape, 120, np.uint8)
    drawn = (page(picture=picture)[60 + 20 * len(NOTES) :, 256:] == 120).all(axis=2)
    height, width = drawn.any(axis=1).sum(), drawn.any(axis=0).sum()
    assert max(height, width) == 196
    assert height / width == pytest.approx(shape[0] / shape[1], rel=0.1)
    assert drawn.sum() == height * width


def test_every_note_is_a_line_of_its_own() -> None:
    assert page().shape[0] - flow.draw(Flow("t", NOTES[:1], PICTURE, (), ())).shape[0] == 40


def test_each_map_stands_below_the_number_of_its_channel() -> None:
    layer = LayerMaps("conv1", "conv", np.zeros((40, 4, 4)))
    ones, same, other = (page([Strip.of(layer, [each])]) for each in (11, 11, 27))
    np.testing.assert_array_equal(ones, same)
    rows = np.flatnonzero((ones != other).any(axis=(1, 2)))
    begins = 60 + 20 * (len(NOTES) + 2) + 196 + 24
    assert begins <= rows.min() <= rows.max() < begins + 14


def test_bars_are_as_long_as_the_probabilities() -> None:
    classes = [TopClass("a", 9, 1.0), TopClass("b", 1, 0.5), TopClass("c", 0, 0.0)]
    drawn = (page((), classes)[:, 256:620] == LIGHT.minus).all(axis=2)
    lengths = sorted({int(count) for count in drawn.sum(axis=1)} - {0})
    assert len(lengths) == 3
    assert lengths[2] == pytest.approx(360, abs=2)
    assert lengths[1] == pytest.approx(180, abs=2)
    assert lengths[0] <= 2


def test_a_long_label_is_cut_and_its_numbers_are_not() -> None:
    sure, unsure, same = (page((), [TopClass("x" * 300, value, 0.5)]) for value in (1.25, 8.75, 1.25))
    np.testing.assert_array_equal(sure, same)
    columns = np.flatnonzero((sure != unsure).any(axis=(0, 2)))
    assert 256 + 376 <= columns.min() <= columns.max() < 256 + 376 + 100


def test_a_score_says_its_value_and_its_probability() -> None:
    assert TopClass("cat", 1.5, 0.25).text == "cat: 25.0 % (1.5)"
    assert TopClass("cat", 1.5).text == "cat: 1.5"


def test_labels_in_any_script_are_drawn_without_an_error() -> None:
    assert page((), [TopClass("猫\x1b" * 200, 1, 1.0)]).shape[1] == 1040


def test_long_names_keep_their_ends_which_tell_layers_apart() -> None:
    begin = "/a/very/long/path/of/modules/in/a/model/block"
    first, second, other = (
        page([strip((1, 4, 4), begin + end)]) for end in (".1/conv", ".2/conv", ".1/conv")
    )
    names = (slice(None), slice(0, 250))
    assert (first[names] != second[names]).any()
    np.testing.assert_array_equal(first, other)


def test_names_that_differ_in_their_middle_are_whole() -> None:
    name = "/features/features.3/features.{}.0/block/block.2/avgpool/GlobalAveragePool"
    first, second = (page([strip((1, 4, 4), name.format(number))]) for number in (3, 4))
    names = (slice(None), slice(0, 250))
    changed = np.flatnonzero((first[names] != second[names]).any(axis=(1, 2)))
    assert 0 < changed.max() - changed.min() < 13  # one line of small letters
    assert not (page([strip((1, 4, 4), "x" * 500)])[400:, 244:256] != LIGHT.paper).any()
