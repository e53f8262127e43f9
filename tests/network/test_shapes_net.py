"""The network that comes along: its weights fit it, and it sees what it is said to see."""

from __future__ import annotations

import subprocess
import sys
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnviz import images, ops
from cnnviz.network import known
from cnnviz.network.own import Own
from cnnviz.network.shapes import shapes
from cnnviz.network.trained import SHAPES_NET
from tests import oracles
from training.pictures import pictures

if TYPE_CHECKING:
    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def weights() -> dict[str, NDArray[np.float32]]:
    with np.load(SHAPES_NET.file, allow_pickle=False) as archive:
        return dict(archive)


def logits(weights: dict[str, NDArray[np.float32]], drawn: NDArray[np.uint8]) -> NDArray[Any]:
    """The network written out: pictures (N, 64, 64, 3) to four numbers each, (N, 4)."""
    x: Any = SHAPES_NET.preprocess(drawn.transpose(0, 3, 1, 2))
    x = ops.max_pool2d(ops.relu(ops.conv2d(x, weights["conv1.weight"], weights["conv1.bias"], padding=1)), 2)
    x = ops.max_pool2d(ops.relu(ops.conv2d(x, weights["conv2.weight"], weights["conv2.bias"], padding=1)), 2)
    x = ops.relu(ops.conv2d(x, weights["conv3.weight"], weights["conv3.bias"], padding=1)).max(axis=(2, 3))
    return np.asarray(x @ weights["fc.weight"].T + weights["fc.bias"])


def test_the_weights_have_the_names_and_shapes_of_its_layers(
    weights: dict[str, NDArray[np.float32]],
) -> None:
    found = shapes(known.find("shapes-net"), (3, 64, 64))
    expected = {
        f"{layer.name}.{name}": shape for layer in found.layers for name, shape in layer.tensors.items()
    }
    assert {name: array.shape for name, array in weights.items()} == expected
    assert sum(array.size for array in weights.values()) == found.parameters
    assert sum(map(prod, expected.values())) == found.parameters
    assert found.output == (len(SHAPES_NET.labels),)


def test_the_weights_are_finite_floats_in_a_small_file(weights: dict[str, NDArray[np.float32]]) -> None:
    assert Path(SHAPES_NET.file).stat().st_size < 100_000
    for array in weights.values():
        assert array.dtype == np.float32
        assert np.isfinite(array).all()
        assert np.ptp(array) > 0


def test_it_reaches_its_stated_accuracy_on_freshly_drawn_pictures(
    weights: dict[str, NDArray[np.float32]],
) -> None:
    drawn, labels = pictures(800, seed=20_260)
    answers = np.concatenate([logits(weights, part).argmax(axis=1) for part in np.split(drawn, 8)])
    assert SHAPES_NET.accuracy >= 0.98
    # 800 pictures tell it to within 0.004 (two standard deviations).
    assert np.mean(answers == labels) >= SHAPES_NET.accuracy - 0.004
    for label in range(4):
        assert np.mean(answers[labels == label] == label) > 0.97


def by_scipy(weights: dict[str, NDArray[np.float32]], picture: NDArray[np.uint8]) -> NDArray[Any]:
    """The same of one picture (64, 64, 3) by SciPy and NumPy alone, in float64."""
    x = (picture.transpose(2, 0, 1)[np.newaxis] / 255 - 0.5) / 0.5
    for name in ("conv1", "conv2", "conv3"):
        kernels, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
        x = np.maximum(oracles.scipy_conv2d(x, kernels, bias, pads=((1, 1), (1, 1))), 0)
        if name != "conv3":
            channels, side = x.shape[1:3]
            x = x.reshape(1, channels, side // 2, 2, side // 2, 2).max(axis=(3, 5))
    answers: NDArray[Any] = x.max(axis=(2, 3)) @ weights["fc.weight"].T.astype("f8") + weights["fc.bias"]
    return answers.reshape(-1)


def test_what_is_calculated_is_what_scipy_calculates(weights: dict[str, NDArray[np.float32]]) -> None:
    network = known.find("shapes-net")
    assert network.preprocess is not None
    model = Own(network, (3, 64, 64), weights)
    drawn, labels = pictures(4, seed=5)
    for picture, label in zip(drawn, labels, strict=True):
        expected = by_scipy(weights, picture)
        assert expected.argmax() == label
        *_, last = model.outputs(network.preprocess(picture.transpose(2, 0, 1)), ())
        for found in (last.values, logits(weights, picture[np.newaxis])[0]):
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * np.abs(expected).max())


def test_the_engine_of_run_gives_the_same_answers(weights: dict[str, NDArray[np.float32]]) -> None:
    network = known.find("shapes-net")
    assert network.preprocess is not None
    model = Own(network, (3, 64, 64), weights)
    drawn, labels = pictures(200, seed=77)
    answers = []
    for picture, expected in zip(drawn, logits(weights, drawn), strict=True):
        *_, last = model.outputs(network.preprocess(picture.transpose(2, 0, 1)), ())
        np.testing.assert_allclose(last.values, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
        answers.append(int(last.values.argmax()))
    assert np.mean(answers == labels) >= SHAPES_NET.accuracy - 0.01


@pytest.mark.parametrize("label", SHAPES_NET.labels)
def test_it_knows_the_sample_named_so(weights: dict[str, NDArray[np.float32]], label: str) -> None:
    picture = images.read(f"sample:{label}").pixels("color")
    assert SHAPES_NET.labels[logits(weights, picture.transpose(1, 2, 0)[np.newaxis]).argmax()] == label


@pytest.mark.parametrize("label", SHAPES_NET.labels)
def test_a_sample_moved_to_another_place_is_still_known(
    weights: dict[str, NDArray[np.float32]], label: str
) -> None:
    picture = images.read(f"sample:{label}").pixels("color").transpose(1, 2, 0)
    moved = np.roll(picture, (4, -4), axis=(0, 1))[np.newaxis]
    assert SHAPES_NET.labels[logits(weights, moved).argmax()] == label


@pytest.mark.parametrize("value", [0, 128, 255])
def test_an_empty_picture_gets_finite_numbers(weights: dict[str, NDArray[np.float32]], value: int) -> None:
    found = logits(weights, np.full((1, 64, 64, 3), value, np.uint8))
    assert found.shape == (1, 4)
    assert np.isfinite(found).all()


def test_a_grey_picture_gets_finite_numbers(weights: dict[str, NDArray[np.float32]]) -> None:
    grey = images.read("sample:checkerboard").pixels("gray")[0]
    assert np.isfinite(logits(weights, np.repeat(grey[np.newaxis, ..., np.newaxis], 3, axis=3))).all()


def test_its_record_fits_its_input() -> None:
    record = next(each for each in known.records() if each.name == "shapes-net")
    assert record.trained is SHAPES_NET
    assert record.input == (len(SHAPES_NET.preprocess.mean), *SHAPES_NET.size)
    assert known.find("shapes-net").preprocess is SHAPES_NET.preprocess
    assert [each.name for each in known.records() if each.trained] == ["shapes-net"]


def test_of_all_networks_only_its_weights_come_along() -> None:
    assert [name for name in known.names() if known.trained(name)] == ["shapes-net"]
    assert known.trained("shapes-net") is SHAPES_NET
    assert known.trained("mobilenet-v1:width=0.5") is None
    assert known.trained("no such network") is None


def test_its_record_is_read_without_numpy() -> None:
    code = (
        "import sys; from cnnviz.network import known;"
        "assert known.find('shapes-net') and known.records()[-1].trained.file.endswith('.npz');"
        "assert not {'numpy', 'PIL', 'scipy'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
