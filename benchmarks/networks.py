"""A whole network: our forward pass, and the same layers one by one in PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from cnnviz.network import known
from cnnviz.network.run import prepared, run
from cnnviz.network.shapes import shapes
from cnnviz.network.weights import random_weights
from cnnviz.ops.arrays import Array

Way = Callable[[], Any]


def ways(name: str, torch: Any) -> tuple[Way, Way | None]:
    """The network on random numbers: by us, keeping only what the last layer gives, and by PyTorch."""
    network = known.find(name)
    assert network.input is not None
    sizes = shapes(network, network.input)
    tensors = random_weights(sizes)
    x = np.random.default_rng(0).normal(size=network.input).astype(np.float32)
    kept = prepared(network, tensors)

    def ours() -> Array | None:
        *_, last = run(network, kept, x, keep=(), sizes=sizes)
        return last.output

    if torch is None:
        return ours, None
    theirs = {key: torch.from_numpy(value) for key, value in tensors.items()}
    picture = torch.from_numpy(x)[None]

    def by_torch() -> Any:
        with torch.inference_mode():
            value = picture
            for layer in network.layers:
                value = _layer(torch, layer.kind, layer.operation, layer.name, theirs, value)
            return value[0]

    return ours, by_torch


def _layer(torch: Any, kind: str, operation: Any, name: str, tensors: Mapping[str, Any], x: Any) -> Any:
    """One layer of a chain of VGG's kinds."""
    functions = torch.nn.functional
    weight, bias = tensors.get(f"{name}.weight"), tensors.get(f"{name}.bias")
    if kind == "conv":
        return functions.conv2d(x, weight, bias, operation.stride, operation.padding)
    if kind == "linear":
        return functions.linear(x, weight, bias)
    if kind == "relu":
        return functions.relu_(x)
    if kind == "maxpool":
        return functions.max_pool2d(x, operation.kernel, operation.stride)
    if kind == "adaptiveavgpool":
        return functions.adaptive_avg_pool2d(x, operation.out)
    return x.flatten(1) if kind == "flatten" else x
