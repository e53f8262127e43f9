"""Each operator against ONNX's reference evaluator, and its field against the pixels one expects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cnnviz.network.receptive_field import Extent
from tests.network.onnx.models import evaluated, model, node, sent, weight, whole

CASES: dict[str, tuple[list[Any], list[Any]]] = {
    "Conv": (
        [node("Conv", "x", "w", "b", pads=[1, 2, 0, 1], strides=[2, 1])],
        [weight("w", 4, 3, 3, 2), weight("b", 4)],
    ),
    "Conv in groups, dilated": (
        [node("Conv", "x", "w", group=3, dilations=[2, 1])],
        [weight("w", 6, 1, 3, 3)],
    ),
    "Conv, SAME_UPPER": (
        [node("Conv", "x", "w", auto_pad="SAME_UPPER", strides=[2, 2])],
        [weight("w", 4, 3, 3, 3)],
    ),
    "Conv, SAME_LOWER": ([node("Conv", "x", "w", auto_pad="SAME_LOWER")], [weight("w", 4, 3, 4, 4)]),
    "Conv, VALID": ([node("Conv", "x", "w", auto_pad="VALID")], [weight("w", 4, 3, 3, 3)]),
    "ConvTranspose": (
        [node("ConvTranspose", "x", "w", strides=[2, 3], pads=[1, 0, 0, 1], output_padding=[1, 0])],
        [weight("w", 3, 4, 3, 3)],
    ),
    "MaxPool": ([node("MaxPool", "x", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 0])], []),
    "MaxPool without a stride": ([node("MaxPool", "x", kernel_shape=[2, 2])], []),
    "MaxPool rounded up": ([node("MaxPool", "x", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)], []),
    "AveragePool": ([node("AveragePool", "x", kernel_shape=[2, 2], strides=[2, 2])], []),
    "AveragePool, much padded": (
        [node("AveragePool", "x", kernel_shape=[2, 2], pads=[1, 1, 1, 1], count_include_pad=1)],
        [],
    ),
    "LpPool": ([node("LpPool", "x", kernel_shape=[2, 2], strides=[2, 2])], []),
    "GlobalAveragePool": ([node("GlobalAveragePool", "x")], []),
    "GlobalMaxPool": ([node("GlobalMaxPool", "x")], []),
    "ReduceMean over a map": ([node("ReduceMean", "x", "a", keepdims=1)], [whole("a", 2, 3)]),
    "ReduceMean, no axes kept": ([node("ReduceMean", "x", "a", keepdims=0)], [whole("a", 2, 3)]),
    "ReduceMax over channels": ([node("ReduceMax", "x", "a")], [whole("a", 1)]),
    "BatchNormalization": (
        [node("BatchNormalization", "x", "g", "b", "m", "v")],
        [weight(name, 3) for name in "gbmv"],
    ),
    "InstanceNormalization": (
        [node("InstanceNormalization", "x", "g", "b")],
        [weight("g", 3), weight("b", 3)],
    ),
    "Relu": ([node("Relu", "x")], []),
    "Clip": ([node("Clip", "x", "low", "high")], [weight("low"), weight("high")]),
    "PRelu": ([node("PRelu", "x", "s")], [weight("s", 3, 1, 1)]),
    "Softmax over channels": ([node("Softmax", "x", axis=1)], []),
    "Add a bias": ([node("Add", "x", "b")], [weight("b", 3, 1, 1)]),
    "Add two paths": ([node("Relu", "x", to="r"), node("Add", "r", "x")], []),
    "Mul by a weight a channel": ([node("GlobalAveragePool", "x", to="g"), node("Mul", "x", "g")], []),
    "Concat": ([node("Relu", "x", to="r"), node("Concat", "x", "r", axis=1)], []),
    "Concat of rows": ([node("Relu", "x", to="r"), node("Concat", "x", "r", axis=2)], []),
    "Flatten": ([node("Flatten", "x")], []),
    "Gemm": (
        [node("Flatten", "x", to="f"), node("Gemm", "f", "w", "b", transB=1)],
        [weight("w", 5, 192), weight("b", 5)],
    ),
    "MatMul": ([node("Flatten", "x", to="f"), node("MatMul", "f", "w")], [weight("w", 192, 5)]),
    "MatMul along the rows": ([node("MatMul", "x", "w")], [weight("w", 8, 5)]),
    "MatMul of two paths": (
        [node("Transpose", "x", to="t", perm=[0, 1, 3, 2]), node("MatMul", "x", "t")],
        [],
    ),
    "Reshape": ([node("Reshape", "x", "s")], [whole("s", 0, -1)]),
    "Channel shuffle": (
        [
            node("Reshape", "x", "s", to="r"),
            node("Transpose", "r", to="t", perm=[0, 2, 1, 3, 4]),
            node("Reshape", "t", "e"),
        ],
        [whole("s", 1, 3, 1, 8, 8), whole("e", 1, 3, 8, 8)],
    ),
    "Squeeze": ([node("GlobalMaxPool", "x", to="g"), node("Squeeze", "g", "a")], [whole("a", 2, 3)]),
    "Slice of rows": ([node("Slice", "x", "s", "e", "a")], [whole("s", 2), whole("e", 7), whole("a", 2)]),
    "Slice, every second": (
        [node("Slice", "x", "s", "e", "a", "t")],
        [whole("s", 1, 1), whole("e", 8, 8), whole("a", 2, 3), whole("t", 2, 2)],
    ),
    "Slice of channels": ([node("Slice", "x", "s", "e", "a")], [whole("s", 1), whole("e", 3), whole("a", 1)]),
    "Split": ([node("Split", "x", "s", to="y z", axis=1)], [whole("s", 1, 2)]),
    "Pad": ([node("Pad", "x", "p")], [whole("p", 0, 0, 1, 2, 0, 0, 3, 0)]),
    "Resize": ([node("Resize", "x", "", "s", mode="nearest")], [weight("s", 4)]),
    "DepthToSpace": (
        [node("Concat", "x", "x", "x", "x", to="c", axis=1), node("DepthToSpace", "c", blocksize=2)],
        [],
    ),
    "SpaceToDepth": ([node("SpaceToDepth", "x", blocksize=2)], []),
    "LRN": ([node("LRN", "x", size=3)], []),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_output_is_as_large_as_the_reference_evaluator_makes_it(tmp_path: Path, case: str) -> None:
    nodes, initializers = CASES[case]
    made = model(nodes, initializers)
    found = sent(tmp_path, made)
    layer = found.layers[-2] if case == "Split" else found.layers[-1]
    expected = evaluated(made, (1, 3, 8, 8))
    assert layer.output == (expected[1:] or (1,))
    assert not any("unknown" in note for note in found.network.notes)


FIELDS = {
    "Conv": ((3, 2, -1), (2, 1, -2)),
    "Conv in groups, dilated": ((5, 1, 0), (3, 1, 0)),
    "Conv, SAME_UPPER": ((3, 2, 0), (3, 2, 0)),
    "Conv, SAME_LOWER": ((4, 1, -2), (4, 1, -2)),
    "MaxPool": ((3, 2, -1), (2, 2, 0)),
    "MaxPool without a stride": ((2, 1, 0), (2, 1, 0)),
    "AveragePool, much padded": ((2, 1, -1), (2, 1, -1)),
    "Relu": ((1, 1, 0), (1, 1, 0)),
    "PRelu": ((1, 1, 0), (1, 1, 0)),
    "ReduceMax over channels": ((1, 1, 0), (1, 1, 0)),
    "Add two paths": ((1, 1, 0), (1, 1, 0)),
    "Channel shuffle": ((1, 1, 0), (1, 1, 0)),
    "Slice of rows": ((1, 1, 2), (1, 1, 0)),
    "Slice, every second": ((1, 2, 1), (1, 2, 1)),
    "Slice of channels": ((1, 1, 0), (1, 1, 0)),
    "Split": ((1, 1, 0), (1, 1, 0)),
    "Pad": ((1, 1, -1), (1, 1, -2)),
    "SpaceToDepth": ((2, 2, 0), (2, 2, 0)),
    "DepthToSpace": ((1, 0.5, 0), (1, 0.5, 0)),
}


@pytest.mark.parametrize("case", FIELDS)
def test_units_see_what_the_operator_reads(tmp_path: Path, case: str) -> None:
    view = sent(tmp_path, model(*CASES[case])).layers[-1].view
    assert not isinstance(view, Extent)
    assert tuple((field.size, float(field.jump), field.cells(0)[0]) for field in view) == FIELDS[case]


@pytest.mark.parametrize(
    "case",
    [
        *(
            "GlobalAveragePool",
            "ReduceMean over a map",
            "InstanceNormalization",
            "Flatten",
            "Gemm",
            "Reshape",
        ),
        *("MatMul along the rows", "Mul by a weight a channel"),
    ],
)
def test_behind_these_a_unit_sees_everything(tmp_path: Path, case: str) -> None:
    assert sent(tmp_path, model(*CASES[case])).layers[-1].view is Extent.WHOLE


@pytest.mark.parametrize(
    ("case", "parameters", "macs"),
    [
        ("Conv", 4 * 18 + 4, 4 * 18 * 4 * 10),
        ("Conv in groups, dilated", 54, 54 * 4 * 6),
        ("ConvTranspose", 108, 108 * 64),
        ("BatchNormalization", 6, 0),
        ("InstanceNormalization", 6, 0),
        ("PRelu", 3, 0),
        ("Clip", 0, 0),
        ("Add a bias", 3, 0),
        ("Gemm", 965, 960),
        ("MatMul", 960, 960),
        ("MatMul along the rows", 40, 3 * 8 * 5 * 8),
        ("MatMul of two paths", 0, 3 * 8 * 8 * 8),
    ],
)
def test_weights_are_counted_and_settings_are_not(
    tmp_path: Path, case: str, parameters: int, macs: int
) -> None:
    found = sent(tmp_path, model(*CASES[case]))
    assert (found.parameters, found.macs) == (parameters, macs)


def test_a_tensor_that_two_layers_share_is_counted_once(tmp_path: Path) -> None:
    made = model([node("Add", "x", "b", to="a"), node("Add", "a", "b")], [weight("b", 3, 1, 1)])
    assert sent(tmp_path, made).parameters == 3


def test_a_weight_that_is_only_passed_on_stays_one(tmp_path: Path) -> None:
    nodes = [node("Identity", "w", to="i"), node("Conv", "x", "i")]
    found = sent(tmp_path, model(nodes, [weight("w", 4, 3, 3, 3)]))
    assert (found.parameters, [layer.layer.kind for layer in found.layers]) == (108, ["conv"])


def test_a_transposed_convolution_may_be_told_its_size(tmp_path: Path) -> None:
    """The padding is then 2*(8 - 1) + 3 - 16 = 1, and goes to the start, as ONNX says."""
    attributes: dict[str, Any] = {"strides": [2, 2], "output_shape": [16, 16]}
    made = model([node("ConvTranspose", "x", "w", **attributes)], [weight("w", 3, 4, 3, 3)])
    layer = sent(tmp_path, made).layers[-1]
    assert layer.window is not None
    assert (layer.output, layer.window.pads) == ((4, 16, 16), ((1, 0), (1, 0)))
    made.graph.node[0].attribute.add(name="auto_pad", s=b"SAME_UPPER", type=3)
    layer = sent(tmp_path, made).layers[-1]
    assert layer.window is not None
    assert layer.window.pads == ((0, 1), (0, 1))


def test_a_transposed_convolution_in_groups_has_a_part_of_the_weights(tmp_path: Path) -> None:
    made = model([node("ConvTranspose", "x", "w", group=3)], [weight("w", 3, 2, 3, 3)])
    found = sent(tmp_path, made)
    assert (found.output, found.parameters, found.macs) == ((6, 10, 10), 54, 54 * 64)


def test_upsampling_by_a_resize_repeats_or_blends_cells(tmp_path: Path) -> None:
    import numpy as np
    from onnx import numpy_helper

    scales = numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "s")
    for mode, size in (("nearest", 1), ("linear", 2)):
        found = sent(tmp_path, model([node("Resize", "x", "", "s", mode=mode)], [scales]))
        view = found.layers[-1].view
        assert not isinstance(view, Extent)
        assert (found.output, view[0].size, float(view[0].jump)) == ((3, 16, 16), size, 0.5)
    odd = sent(tmp_path, model([node("Resize", "x", "", "s", mode="cubic")], [scales]))
    assert odd.layers[-1].view is Extent.UNKNOWN
