"""What is mutated: small good files and texts of every kind that a user may hand us."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
from PIL import Image

from cnnviz.images import FORMATS
from cnnviz.render import png

_PIXELS: Final = np.random.default_rng(1).integers(0, 256, (9, 11, 3), np.uint8)
_KERNEL: Final = np.array([[1.0, 2, 1], [0, 0, 0], [-1, -2, -1]])

CHAINS: Final = (
    "--input 3x32x32 conv:6,5,p=2 relu maxpool:2 conv:16,3x5,s=2,d=2 flatten linear:10",
    "--input 3x224x224 conv:64,7,s=2,p=_ --output 64x112x112",
    "--input 8x16x16 conv:8,3,p=1 add:input batchnorm upsample:2 concat:conv1 globalavgpool",
    "--input _ conv:96,11,s=4 maxpool:3,s=2",
    "mobilenet-v1:width=0.5 --diff torch",
)
EXPRESSIONS: Final = (
    "1 0 -1; 2 0 -2; 1 0 -1",
    "1/9 1/9 1/9; 1/9 1/9 1/9; 1/9 1/9 1/9",
    "gabor:theta=45,wavelength=8",
    "gaussian:sigma=2.5,size=9",
    "kirsch-n:rotate=90",
    "0.5,1e-3;-2 3",
)
OPTIONS: Final = (
    "--padding 1,2,3,4",
    "--padding same-lower",
    "--stride 2x3",
    "--dilation 2",
    "--bias 0.5",
    "--pool avg:3x3,stride=2,padding=1,ceil=yes",
    "--tone -10,10",
    "--channels each",
    "--frame 0",
    "--shard 1/1",
    "-o {stem}-{kernel}-{map:03d}.png",
)


LESSONS: Final = (
    "explain sample:step -k box --json --at 2,3",
    "explain sample:step -k box --pool avg:2,padding=1 --at max",
    "explain sample:step --bias 0.5 -k 1,2",
    "animate --input 4x5 --kernel-size 2 -f -o out.gif --still 0,-1",
    "animate sample:step -f -o out.gif -k box --region 1,2,4,5",
    "animate --kernel-size 3 -f -o out.png --padding full --input 3x4",
    "learn sample:step --steps 2 --target 1,0,-1",
    "learn sample:step --patches 2 --size 3x2",
)
"""The last word is mutated."""


def picture(kind: str) -> bytes:
    """A small picture in one of the formats, or an NPY."""
    buffer = io.BytesIO()
    if kind == "NPY":
        np.save(buffer, _PIXELS.transpose(2, 0, 1))
    elif kind == "PNG16":
        Image.fromarray(_PIXELS[..., 0].astype(np.uint16) * 257).save(buffer, "PNG")
    elif kind == "INFLATED":
        Image.fromarray(_PIXELS).save(buffer, "PNG")
    elif kind == "ANIMATED":
        frames = [Image.fromarray(_PIXELS), Image.fromarray(_PIXELS[::-1])]
        frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    else:
        Image.fromarray(_PIXELS).save(buffer, kind)
    return buffer.getvalue()


def noted_map() -> bytes:
    """A map as `cnnviz convolve` draws it: its scale in its notes."""
    notes = {
        "cnnviz:tone": '{"kind": "symmetric", "low": -9.5, "high": 9.5, "codes": [1, 255]}',
        "cnnviz:stride": "1",
        "cnnviz:padding": "0 zeros",
        "cnnviz:dilation": "1",
        "cnnviz:coefficients": "-1 0 1; -2 0 2; -1 0 1",
    }
    return png.encode(_PIXELS[:6, :6, 0], text=notes)


def kernel(suffix: str) -> bytes:
    """A kernel in one of the file formats."""
    if suffix == ".npy":
        return _npy()
    if suffix == ".npz":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("edge.npy", _npy())
        return buffer.getvalue()
    if suffix == ".json":
        return json.dumps(_KERNEL.tolist()).encode()
    return "\n".join((", " if suffix == ".csv" else " ").join(map(str, row)) for row in _KERNEL).encode()


def _npy() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, _KERNEL)
    return buffer.getvalue()


def network(suffix: str) -> bytes:
    """A small network with a branch, as TOML or JSON."""
    layers: list[Any] = [
        {"name": "first", "kind": "conv", "out": 16, "kernel": 3, "padding": 1},
        "relu",
        {"kind": "conv", "out": 16, "kernel": [3, 3], "padding": "same"},
        {"kind": "add", "inputs": ["conv1", "first"]},
    ]
    whole = {"input": [3, 32, 32], "scale": 0.00392, "mean": [0.5, 0.4, 0.3], "std": 10**20, "layout": "CHW"}
    if suffix == ".json":
        return json.dumps({**whole, "layers": layers}).encode()
    lines = [*(f"{key} = {json.dumps(value)}" for key, value in whole.items()), "layers = ["]
    for layer in layers:
        if isinstance(layer, str):
            lines.append(f'    "{layer}",')
        else:
            lines.append("    { " + ", ".join(f"{key} = {json.dumps(v)}" for key, v in layer.items()) + " },")
    return "\n".join([*lines, "]", ""]).encode()


def onnx() -> bytes:
    """A trained model in little: convolution, activation, shape arithmetic, a dense layer."""
    from onnx import TensorProto, helper

    floats = TensorProto.FLOAT
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], pads=[1, 1, 1, 1], name="conv"),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("MaxPool", ["b"], ["c"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Shape", ["c"], ["s"]),
        helper.make_node("Flatten", ["c"], ["d"], axis=1),
        helper.make_node("Gemm", ["d", "v"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "little",
        [helper.make_tensor_value_info("x", floats, [1, 3, 8, 8])],
        [helper.make_tensor_value_info("y", floats, [1, 10])],
        [
            helper.make_tensor("w", floats, [4, 3, 3, 3], np.ones(108, np.float32)),
            helper.make_tensor("v", floats, [64, 10], np.ones(640, np.float32)),
        ],
    )
    model: bytes = helper.make_model(graph).SerializeToString()
    return model


WEIGHED: Final = ("conv:2,3 batchnorm flatten linear:3", "sample:step")
"""A network on a picture of 8x8, and what `weights` are for."""


def weights(suffix: str) -> bytes:
    """Its parameters by name."""
    shapes = {
        "conv1.weight": (2, 3, 3, 3),
        **{f"batchnorm1.{name}": (2,) for name in ("weight", "bias", "running_mean", "running_var")},
        "conv1.bias": (2,),
        "linear1.weight": (3, 72),
        "linear1.bias": (3,),
    }
    held = {name: np.ones(shape, np.float32) for name, shape in shapes.items()}
    if suffix == ".safetensors":
        from safetensors.numpy import save

        saved: bytes = save(held)
        return saved
    buffer = io.BytesIO()
    np.savez(buffer, **held)  # type: ignore[arg-type]  # of arrays
    return buffer.getvalue()


_PICTURES: Final = (*FORMATS, "NPY", "PNG16", "INFLATED", "ANIMATED")

FILES: Final[dict[str, Callable[[], bytes]]] = {
    **{f"picture.{kind.lower()}": partial(picture, kind) for kind in _PICTURES},
    **{f"kernel{suffix}": partial(kernel, suffix) for suffix in (".txt", ".csv", ".json", ".npy", ".npz")},
    **{f"network{suffix}": partial(network, suffix) for suffix in (".toml", ".json")},
    "map.png": noted_map,
    "network.onnx": onnx,
    **{f"weights{suffix}": partial(weights, suffix) for suffix in (".npz", ".safetensors")},
    "labels.txt": lambda: b"circle\nsquare\ntriangle\nstripes\n",
}
"""What a file is used as, and how a good one is made."""
