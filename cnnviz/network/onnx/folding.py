"""Arithmetic with shapes, worked out: what exporters write between layers to say "as many rows as before".

Nodes whose results are small constants are replaced by them, so that shape inference can tell the sizes
behind a Reshape or Resize. The values are ONNX's own reference evaluator's.
"""

from __future__ import annotations

from math import prod
from typing import Any, Final

from cnnviz.network.onnx.reading import inferred

MOST_VALUES: Final = 1024
"""The largest tensor that is followed: a shape, axes, scales."""

_FOLDED: Final = frozenset(
    [
        "Constant",
        "ConstantOfShape",
        "Identity",
        "Cast",
        "Gather",
        "Unsqueeze",
        "Squeeze",
        "Concat",
        "Reshape",
        "Slice",
        "Transpose",
        "Where",
        "Equal",
        "Add",
        "Sub",
        "Mul",
        "Div",
        "Mod",
        "Neg",
        "Abs",
        "Floor",
        "Ceil",
        "Round",
        "Min",
        "Max",
        "Not",
        "And",
        "Or",
        "Less",
        "Greater",
        "ReduceProd",
        "Sqrt",
    ]
)
_MOST_ROUNDS: Final = 32
_MOST_FRACTIONS: Final = 8
INTEGERS: Final = (6, 7)  # INT32, INT64, as TensorProto numbers them


def fold(model: Any) -> tuple[Any, int, str]:
    """The model with its shapes inferred, how many nodes were replaced, and a note where inference failed."""
    from onnx import numpy_helper

    values = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in model.graph.initializer
        if tensor.data_location != 1 and _may_be_a_setting(tensor) and _has_values(tensor)
    }
    replaced = 0
    model, note = inferred(model)
    for _ in range(_MOST_ROUNDS):
        found = _round(model, values)
        if not found or note:
            break
        replaced += len(found)
        kept = [node for node in model.graph.node if not (node.output and node.output[0] in found)]
        del model.graph.node[:]
        model.graph.node.extend(kept)
        model.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in found.items())
        model, note = inferred(model)
    return model, replaced, note


def _round(model: Any, values: dict[str, Any]) -> dict[str, Any]:
    """The results of all nodes that can be worked out by now; they join ``values``."""
    import numpy as np

    dims = {
        value.name: [size.dim_value if size.HasField("dim_value") else None for size in shape.dim]
        for value in (*model.graph.value_info, *model.graph.input)
        if value.type.tensor_type.HasField("shape")
        for shape in (value.type.tensor_type.shape,)
    }
    found: dict[str, Any] = {}
    for node in model.graph.node:
        if node.domain not in ("", "ai.onnx") or len(node.output) != 1 or node.output[0] in values:
            continue
        if node.op_type == "Shape" and node.input and not node.attribute:
            sizes = dims.get(node.input[0])
            result = None if sizes is None or None in sizes else np.array(sizes, np.int64)
        else:
            result = _evaluated(node, values)
        if result is not None:
            found[node.output[0]] = values[node.output[0]] = result
    return found


def _evaluated(node: Any, values: dict[str, Any]) -> Any:
    """The one result of ``node``, if all it takes is known and it is small; else None."""
    if node.op_type not in _FOLDED or not all(name in values for name in node.input if name):
        return None
    if node.op_type != "Constant" and not node.input:
        return None
    if node.op_type == "ConstantOfShape" and prod(map(int, values[node.input[0]])) > MOST_VALUES:
        return None
    if node.op_type == "Constant" and not any(_is_small(each.t.dims) for each in node.attribute):
        return None
    from onnx.reference import ReferenceEvaluator

    try:
        (result,) = ReferenceEvaluator(node).run(None, {name: values[name] for name in node.input if name})
    except Exception:  # noqa: BLE001  # a node that cannot be evaluated stays a node
        return None
    return result if getattr(result, "size", MOST_VALUES + 1) <= MOST_VALUES else None


def _may_be_a_setting(tensor: Any) -> bool:
    """Whole numbers may be shapes or axes; more than a few fractions are weights, and stay themselves."""
    return _is_small(tensor.dims) and (tensor.data_type in INTEGERS or prod(tensor.dims) <= _MOST_FRACTIONS)


def _is_small(dims: Any) -> bool:
    return all(size >= 0 for size in dims) and prod(dims) <= MOST_VALUES


def _has_values(tensor: Any) -> bool:
    """Whether as many values stand in it as its sizes claim."""
    from onnx import numpy_helper

    try:
        return bool(numpy_helper.to_array(tensor).size == prod(tensor.dims))
    except Exception:  # noqa: BLE001  # a tensor that cannot be read has no values
        return False
