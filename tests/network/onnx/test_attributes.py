"""Operators one by one, with all that ONNX lets one ask of them: the own engine gives onnxruntime's numbers.

Or it says in a line that it cannot; which of both is written down here.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper

from cnnviz.errors import FileError
from cnnviz.jobs.run.onnx import onnx_model
from tests.network.onnx.models import everything, given, model, node, numbers, saved, whole

MAPS = (1, 3, 7, 8)


def one(
    kind: str, *held: Any, opset: Any = 18, dims: Any = MAPS, flat: Any = False, **attributes: Any
) -> Any:
    """A model of one operator, behind a Flatten if ``flat``; an input of None is left out."""
    names = [each.name if each is not None else "" for each in held]
    first = [node("Flatten", "x", to="f")] if flat else []
    nodes = [*first, node(kind, "f" if flat else "x", *names, **attributes)]
    return model(nodes, [each for each in held if each is not None], dims=dims, opset=opset)


def pooled(kind: str, **attributes: Any) -> Any:
    return one(kind, opset=19, **attributes)


PADS = whole("pads", 0, 0, 1, 2, 0, 0, 3, 1)
SIDES = [0, 0, 1, 2, 0, 0, 3, 1]
STATISTICS = (given("s", 3), given("b", 3), given("m", 3), given("v", 3, low=0.1))
CONSTANT = helper.make_node("Constant", [], ["v"], value=numbers("", 3))

TRANSPOSED: tuple[dict[str, Any], ...] = (
    {},
    {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]},
    {"strides": [2, 3], "pads": [1, 0, 2, 1], "dilations": [2, 1]},
    {"strides": [2, 2], "output_shape": [14, 16]},
    {"strides": [2, 2], "output_shape": [14, 16], "auto_pad": "SAME_UPPER"},
    {"strides": [3, 2], "auto_pad": "SAME_LOWER"},
    {"strides": [4, 4], "auto_pad": "SAME_UPPER"},
    {"strides": [2, 2], "auto_pad": "VALID"},
)

ACTIVATIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    *(("LeakyRelu", each) for each in ({}, {"alpha": 0.3}, {"alpha": -0.5}, {"alpha": 0.0})),
    *(("Elu", each) for each in ({}, {"alpha": 0.3}, {"alpha": -1.0})),
    *((kind, {}) for kind in ("Relu", "Selu", "Sigmoid", "Tanh", "Softplus", "Softsign", "Mish")),
    *((kind, {}) for kind in ("HardSwish", "Gelu", "Identity", "Dropout", "GlobalAveragePool")),
    ("GlobalMaxPool", {}),
    ("HardSigmoid", {"alpha": 1 / 6}),
    ("Gelu", {"approximate": "none"}),
)

AGREE: dict[str, Any] = {
    "Pad": one("Pad", PADS),
    "Pad, by 3": one("Pad", PADS, numbers("v", 3)),
    "Pad, by 3 in brackets": one("Pad", PADS, numbers("v", [3])),
    "Pad, by a constant of the graph": model([CONSTANT, node("Pad", "x", "pads", "v")], [PADS], dims=MAPS),
    "Pad, by minus infinity": one("Pad", PADS, numbers("v", -np.inf)),
    "Pad, old": one("Pad", opset=10, pads=SIDES),
    "Pad, old, by 2": one("Pad", opset=10, pads=SIDES, value=2.0),
    "Resize": one("Resize", None, numbers("s", [1, 1, 2, 3]), opset=13),
    "Resize to a size": one("Resize", None, None, whole("n", 1, 3, 14, 24), opset=13),
    "Resize of two axes": one("Resize", None, numbers("s", [2, 3]), axes=[2, 3]),
    "Resize, linear": one("Resize", None, numbers("s", [1, 1, 2, 3]), opset=13, mode="linear"),
    "Resize of one cell": one(
        "Resize", None, numbers("s", [1, 1, 2, 3]), opset=13, dims=(1, 3, 1, 1), mode="linear"
    ),
    **{
        f"Resize, {where}, {rounding}, times {times}": one(
            "Resize",
            None,
            numbers("s", [1, 1, times, times]),
            opset=13,
            coordinate_transformation_mode=where,
            nearest_mode=rounding,
        )
        for where, rounding in (
            *product(("half_pixel", "pytorch_half_pixel"), ("round_prefer_floor", "round_prefer_ceil")),
            ("asymmetric", "floor"),
        )
        for times in (2, 3, 4)
    },
    "Resize, old": one("Resize", numbers("s", [1, 1, 4, 3]), opset=10),
    "Upsample": one("Upsample", numbers("s", [1, 1, 4, 3]), opset=9),
    "Upsample, older": one("Upsample", opset=7, scales=[1.0, 1.0, 2.0, 3.0]),
    **{
        f"AveragePool, {kernel} by {stride}, pads {pads}, ceil {ceil}, {counting}, gaps {gaps}": pooled(
            "AveragePool",
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=pads,
            ceil_mode=ceil,
            count_include_pad=counting,
            dilations=[gaps, 1],
        )
        for kernel, stride, pads in (
            (2, 2, [1, 1, 1, 1]),
            (3, 1, [2, 1, 2, 1]),
            (3, 2, [2, 1, 2, 1]),
            (3, 2, [0, 1, 1, 2]),
            (3, 3, [0, 0, 0, 0]),
        )
        for ceil, counting, gaps in product((0, 1), (0, 1), (1, 2))
    },
    **{
        f"{kind}, {automatic}, stride {stride}, ceil {ceil}": pooled(
            kind, kernel_shape=[2, 3], auto_pad=automatic, strides=[stride, 2], ceil_mode=ceil
        )
        for kind, automatic, stride, ceil in product(
            ("MaxPool", "AveragePool"), ("SAME_UPPER", "SAME_LOWER", "VALID"), (1, 3), (0, 1)
        )
    },
    **{
        f"MaxPool, pads {pads}, ceil {ceil}, gaps {gaps}": pooled(
            "MaxPool", kernel_shape=[3, 3], strides=[2, 3], pads=pads, ceil_mode=ceil, dilations=[gaps, 2]
        )
        for pads, ceil, gaps in product(([0, 0, 0, 0], [2, 1, 2, 1], [0, 1, 1, 2]), (0, 1), (1, 3))
    },
    "MaxPool by columns": one("MaxPool", opset=12, kernel_shape=[2, 2], storage_order=1),
    "Conv": one(
        "Conv",
        given("w", 6, 1, 3, 2),
        given("b", 6),
        group=3,
        pads=[1, 2, 0, 1],
        strides=[2, 1],
        dilations=[1, 2],
    ),
    **{
        f"Conv, {automatic}": one("Conv", given("w", 4, 3, 4, 3), auto_pad=automatic, strides=[2, 3])
        for automatic in ("SAME_UPPER", "SAME_LOWER", "VALID")
    },
    **{
        f"ConvTranspose, {attributes}": one(
            "ConvTranspose", given("w", 3, 2, 3, 3), given("b", 2), **attributes
        )
        for attributes in TRANSPOSED
    },
    "ConvTranspose in groups": one(
        "ConvTranspose", given("w", 3, 2, 2, 3), given("b", 6), group=3, strides=[2, 1]
    ),
    "BatchNormalization": one("BatchNormalization", *STATISTICS, epsilon=0.1, momentum=0.5),
    "BatchNormalization, old": one("BatchNormalization", *STATISTICS, opset=8),
    "BatchNormalization of a vector": one(
        "BatchNormalization", *(given(n, 168, low=0.1) for n in "sbmv"), flat=True
    ),
    **{
        f"LRN of {size}": one("LRN", dims=(1, 6, 4, 5), size=size, alpha=0.5, beta=0.6, bias=2.0)
        for size in (1, 3, 5, 7)
    },
    "LRN": one("LRN", size=3),
    **{f"{kind} {attributes}": one(kind, opset=20, **attributes) for kind, attributes in ACTIVATIONS},
    **{
        f"PRelu of {dims}": one("PRelu", given("a", *dims))
        for dims in ((3, 1, 1), (1, 3, 1, 1), (1,), (1, 1, 1))
    },
    "PRelu of a vector": one("PRelu", given("a", 168), flat=True),
    **{
        f"{kind}, axis {axis}": one(kind, opset=13, axis=axis)
        for kind, axis in product(("Softmax", "LogSoftmax"), (1, -3))
    },
    "Softmax of a vector": one("Softmax", opset=13, flat=True),
    "Softmax of a vector, old": one("Softmax", opset=11, flat=True),
    **{
        f"Gemm, transB {turned}, alpha {alpha}, bias {bias}": one(
            "Gemm",
            given("w", *((5, 168) if turned else (168, 5))),
            *([] if bias is None else [given("c", *bias)]),
            flat=True,
            transB=turned,
            alpha=alpha,
            beta=2.0,
        )
        for turned, alpha, bias in (
            *product((0, 1), (1.0, 0.5), (None, (5,))),
            *((1, 1.0, bias) for bias in ((1,), (1, 5), (1, 1), ())),
        )
    },
    **{f"Flatten from axis {axis}": one("Flatten", axis=axis) for axis in (1, -3)},
    "Clip": one("Clip", numbers("low", 0), numbers("high", 6)),
    "Clip from 0": one("Clip", numbers("low", 0)),
    "Clip, old": one("Clip", opset=6, min=0.0, max=6.0),
}

REFUSED: dict[str, tuple[Any, str]] = {
    **{
        f"Pad, {mode}": (one("Pad", PADS, opset=19, mode=mode), f"Pad with mode b'{mode}'")
        for mode in ("reflect", "edge", "wrap")
    },
    "Pad of the channels": (one("Pad", whole("pads", 0, 1, 0, 0, 0, 0, 0, 0)), "pad"),
    "Pad by a negative amount": (one("Pad", whole("pads", 0, 0, 1, -2, 0, 0, 3, 1)), "pad"),
    **{
        f"Resize, {attributes}": (
            one("Resize", None, numbers("s", [1, 1, 2, 2]), opset=19, **attributes),
            "upsample",
        )
        for attributes in (
            *(
                {"coordinate_transformation_mode": where, "nearest_mode": rounding}
                for where, rounding in product(("half_pixel", "pytorch_half_pixel"), ("floor", "ceil"))
            ),
            {"coordinate_transformation_mode": "asymmetric"},
            {"coordinate_transformation_mode": "asymmetric", "mode": "linear"},
            {"coordinate_transformation_mode": "align_corners", "mode": "linear"},
            {"mode": "cubic"},
        )
    },
    **{
        f"Resize by 2.1, {mode}": (
            one("Resize", None, numbers("s", [1, 1, 2.1, 2]), opset=13, mode=mode),
            "upsample",
        )
        for mode in ("nearest", "linear")
    },
    "Resize to half": (one("Resize", None, numbers("s", [1, 1, 0.5, 0.5]), dims=(1, 3, 8, 8)), "upsample"),
    "Resize, old, linear": (one("Resize", numbers("s", [1, 1, 2, 2]), opset=10, mode="linear"), "upsample"),
    "Upsample, linear": (one("Upsample", numbers("s", [1, 1, 2, 2]), opset=9, mode="linear"), "upsample"),
    "LpPool": (pooled("LpPool", kernel_shape=[2, 2]), "lppool"),
    "BatchNormalization in training": (
        one("BatchNormalization", *STATISTICS, training_mode=1, to="y mean variance"),
        "training_mode 1",
    ),
    **{
        f"{kind} {attributes}": (one(kind, opset=20, **attributes), said)
        for kind, attributes, said in (
            ("Selu", {"alpha": 1.0}, "Selu with alpha 1.0"),
            ("HardSigmoid", {}, "HardSigmoid with alpha 0.2"),
            ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.4}, "HardSigmoid with beta 0.4"),
            ("Gelu", {"approximate": "tanh"}, "Gelu with approximate b'tanh'"),
            ("Celu", {}, "celu"),
            ("ThresholdedRelu", {}, "thresholdedrelu"),
            ("Shrink", {}, "shrink"),
        )
    },
    "PRelu of the columns": (one("PRelu", given("a", 3), dims=(1, 3, 5, 3)), "prelu"),
    "PRelu of every place": (one("PRelu", given("a", 3, 7, 8)), "prelu"),
    **{f"Softmax, axis {axis}": (one("Softmax", opset=13, axis=axis), "softmax") for axis in (0, 2, 3, -1)},
    "Softmax, old": (one("Softmax", opset=11), "softmax"),
    "Gemm of a column": (
        model(
            [node("Reshape", "x", "n", to="f"), node("Gemm", "f", "w", transA=1)],
            [whole("n", 168, 1), given("w", 168, 5)],
            dims=MAPS,
        ),
        "linear",
    ),
    **{f"Flatten from axis {axis}": (one("Flatten", axis=axis), "flatten") for axis in (0, 2, -1)},
    **{
        f"Clip, {ends}": (one("Clip", *ends), "clip")
        for ends in (
            (),
            (numbers("low", -1), numbers("high", 1)),
            (numbers("low", 0), numbers("high", 1)),
            (None, numbers("high", 6)),
        )
    },
}


def picture(made: Any) -> Any:
    sizes = [size.dim_value for size in made.graph.input[0].type.tensor_type.shape.dim]
    return np.random.default_rng(5).normal(size=sizes[1:]).astype(np.float32)


@pytest.mark.parametrize("made", AGREE.values(), ids=AGREE)
def test_the_own_engine_gives_onnxruntimes_numbers(tmp_path: Path, made: Any) -> None:
    path, x = saved(tmp_path, made), picture(made)
    expected = everything(onnx_model(path, None, "onnxruntime"), x)
    found = everything(onnx_model(path, None, "own"), x)
    assert list(found) == list(expected)
    for name, values in expected.items():
        largest = np.abs(values[np.isfinite(values)]).max()
        np.testing.assert_allclose(found[name].reshape(values.shape), values, rtol=0, atol=1e-4 * largest)


@pytest.mark.parametrize(("made", "said"), REFUSED.values(), ids=REFUSED)
def test_what_it_has_not_it_refuses_in_one_line(tmp_path: Path, made: Any, said: str) -> None:
    path = saved(tmp_path, made)
    everything(onnx_model(path, None, "onnxruntime"), picture(made))
    with pytest.raises(FileError) as caught:
        onnx_model(path, None, "own")
    (line,) = caught.value.lines
    assert said in line
    assert line.endswith("; --backend onnxruntime runs it")


def test_an_even_number_of_channels_is_normalised_otherwise_than_by_pytorch(tmp_path: Path) -> None:
    """ONNX counts one more behind, PyTorch one more before; onnxruntime takes odd numbers only."""
    with pytest.raises(FileError, match=r"cannot run lrn over an even number of channels;"):
        onnx_model(saved(tmp_path, one("LRN", size=4)), None, "own")
