"""Mutations of a graph: an ONNX model that can be parsed, as few are of changed bytes, and makes no sense."""

from __future__ import annotations

import random
from typing import Any

_SIZES = (0, 1, 2, 3, 4, 64, -1, 2**31, 2**62)


def shaken(data: bytes, values: random.Random) -> bytes:
    """The model ``data`` with other operators, inputs, outputs, attributes or sizes in a few places."""
    import onnx

    model = onnx.ModelProto.FromString(data)
    for _ in range(values.randrange(1, 4)):
        _shake(model.graph, values)
    changed: bytes = model.SerializeToString()
    return changed


def _shake(graph: Any, values: random.Random) -> None:
    from cnnviz.network.onnx.operators import KINDS

    node = values.choice(graph.node)
    names = ["", *(name for each in graph.node for name in (*each.input, *each.output))]
    match values.randrange(7):
        case 0:
            node.op_type = values.choice([*KINDS, "If", "Loop", "Nonsense"])
        case 1:
            ends = values.choice([node.input, node.output])
            del ends[values.randrange(len(ends) + 1) :]
        case 2:
            values.choice([node.input, node.output]).append(values.choice(names))
        case 3 if node.input:
            node.input[values.randrange(len(node.input))] = values.choice(names)
        case 4 if graph.initializer:
            tensor = values.choice(graph.initializer)
            tensor.data_type = values.choice([tensor.data_type, values.randrange(30)])
            tensor.dims[:] = [values.choice([size, *_SIZES]) for size in tensor.dims]
        case 5:
            kind = values.choice([*graph.input, *graph.output]).type.tensor_type
            kind.elem_type = values.choice([1, 1, values.randrange(30)])
            for size in kind.shape.dim:
                size.dim_value = values.choice([size.dim_value, size.dim_value, *_SIZES])
        case _:
            for attribute in node.attribute:
                attribute.i = values.choice(_SIZES)
                attribute.ints[:] = [values.choice([size, *_SIZES]) for size in attribute.ints]
