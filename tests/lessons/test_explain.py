"""One value taken apart: the terms add up, and hold the pixels they claim."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from cnnviz.errors import UsageError
from cnnviz.jobs.settings import Activation, Pooling
from cnnviz.lessons.explain import Unit, explain
from cnnviz.lessons.layer import Layer
from cnnviz.ops.convolution.planner import ENGINES
from tests.lessons.making import layers, padded
from tests.oracles import scipy_conv2d


@given(layers(floats=False), st.data())
@settings(max_examples=60)
def test_integer_terms_and_the_bias_add_up_to_the_value_exactly(
    case: tuple[NDArray[Any], Layer], data: st.DataObject
) -> None:
    pixels, layer = case
    height, width = layer.problem(pixels.shape).window.output
    at = data.draw(st.tuples(st.integers(0, height - 1), st.integers(0, width - 1)))
    found, shown = explain(pixels, layer, at)
    (unit,) = found.units
    assert unit.total == sum(term.value * term.weight for term in unit.terms) + layer.bias
    assert unit.total == unit.activated == found.output == shown.last[at]
    (top, _), (left, _) = found.window.pads
    around = padded(pixels, layer)
    for term in unit.terms:
        assert term.value == around[term.channel, term.row + top, term.column + left]
        inside = 0 <= term.row < pixels.shape[1] and 0 <= term.column < pixels.shape[2]
        assert term.padded != inside


@given(layers(floats=True), st.sampled_from(["max", "min"]))
@settings(max_examples=40)
def test_float_terms_agree_with_the_map_to_its_rounding(case: tuple[NDArray[Any], Layer], at: str) -> None:
    pixels, layer = case
    found, _ = explain(pixels, layer, at)
    assert_adds_up(found.units[0], layer)


def assert_adds_up(unit: Unit, layer: Layer) -> None:
    products = [term.product for term in unit.terms]
    assert unit.total == math.fsum([*products, layer.bias])
    assert abs(unit.total - unit.activated) <= 1e-5 * (math.fsum(map(abs, products)) + abs(layer.bias))


@pytest.mark.parametrize("engine", ENGINES)
def test_the_terms_add_up_whatever_the_engine(engine: Any) -> None:
    rng = np.random.default_rng(5)
    layer = Layer(rng.normal(size=(1, 1, 3, 3)), engine=engine)
    if engine == "separable":
        layer = layer._replace(weight=np.outer([1.0, 2.5, 1], [0.5, 1, -3])[np.newaxis, np.newaxis])
    found, shown = explain(rng.integers(0, 256, (1, 20, 30), dtype=np.uint8), layer, "max")
    assert_adds_up(found.units[0], layer)
    assert found.output == shown.last.max()


def test_max_and_min_are_found_where_scipy_has_them() -> None:
    rng = np.random.default_rng(1)
    pixels, weight = rng.integers(0, 256, (2, 12, 14), dtype=np.uint8), rng.integers(-9, 9, (1, 2, 3, 3))
    oracle = scipy_conv2d(pixels[np.newaxis], weight)[0, 0]
    for word, place in (("max", oracle.argmax()), ("min", oracle.argmin())):
        found, _ = explain(pixels, Layer(weight), word)
        assert found.output_at == np.unravel_index(place, oracle.shape)
        assert found.output == oracle.flat[place]


def test_dilated_terms_lie_apart() -> None:
    found, _ = explain(
        np.arange(81).reshape(1, 9, 9), Layer(np.ones((1, 1, 2, 3), int), dilation=(3, 2)), (1, 2)
    )
    (unit,) = found.units
    assert [(term.row, term.column) for term in unit.terms] == [
        (1, 2),
        (1, 4),
        (1, 6),
        (4, 2),
        (4, 4),
        (4, 6),
    ]


@pytest.mark.parametrize("mode", ["max", "avg"])
def test_a_pooled_value_shows_every_cell_of_its_window(mode: Any) -> None:
    pixels = np.arange(36).reshape(1, 6, 6) % 7
    layer = Layer(np.array([[[[1, -1]]]]), activation=Activation("relu"), pool=Pooling(mode, (2, 2)))
    found, shown = explain(pixels, layer, (1, 1))
    assert [unit.at for unit in found.units] == [(2, 2), (2, 3), (3, 2), (3, 3)]
    values = [max(unit.total, 0) for unit in found.units]
    assert [unit.activated for unit in found.units] == values
    assert found.output == shown.last[1, 1] == (max(values) if mode == "max" else np.mean(values))
    assert found.shown.activated == max(values) or mode == "avg"


def test_padding_of_a_pool_is_no_unit() -> None:
    layer = Layer(np.ones((1, 1, 1, 1), int), pool=Pooling("max", (2, 2), padding=1))
    found, _ = explain(np.arange(16).reshape(1, 4, 4), layer, (0, 0))
    assert [unit.at for unit in found.units] == [(0, 0)]


def test_a_place_outside_of_the_map_is_answered_with_its_size() -> None:
    with pytest.raises(UsageError, match=r"there is no value 2,0; .* rows 0 to 1 and columns 0 to 2"):
        explain(np.zeros((1, 4, 5), np.uint8), Layer(np.ones((1, 1, 3, 3), int)), (2, 0))
