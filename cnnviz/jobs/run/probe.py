"""One unit of a network: what it sees of the picture, and the multiplication that its value comes from."""

from __future__ import annotations

import numpy as np

from cnnviz.geometry import Pair
from cnnviz.jobs.run.network_input import Input
from cnnviz.jobs.settings import Array
from cnnviz.lessons.explain import Explanation, explain
from cnnviz.lessons.layer import Layer
from cnnviz.network import operations as op
from cnnviz.network.chosen import one
from cnnviz.network.model import Model
from cnnviz.network.probe import Unit, find, path
from cnnviz.network.probe import check as check_unit
from cnnviz.network.seen import seen_by
from cnnviz.network.shapes import NetworkShapes, shapes
from cnnviz.network.spec import INPUT
from cnnviz.render.run.layer_maps import LayerMaps
from cnnviz.render.run.probe import Probed


def check(model: Model, name: str, channel: int, at: Pair | None) -> tuple[NetworkShapes, str]:
    """The shapes of the network, and the whole name of the layer that ``name`` means.

    Raises
    ------
    UsageError
        For a layer or a unit that is not there.
    """
    found = shapes(model.network, model.shape, strict=False)
    name = one(model.network.layers, name)
    check_unit(found[name].output, name, channel, at)
    return found, name


def probe(model: Model, given: Input, name: str, channel: int, at: Pair | None) -> Probed:
    """Run the network once more, and keep what lies on the way to the unit.

    Raises
    ------
    UsageError
        For a layer or a unit that is not there.
    """
    found, name = check(model, name, channel, at)
    names = path(found, name, channel)
    outputs = {INPUT: given.values}
    for layer, values in model.outputs(given.values, names):
        if layer.name in names:
            outputs[layer.name] = np.array(values)
    units = find(found, outputs, name, channel, at)
    first, last = units[0], units[-1]
    return Probed(
        tuple(units),
        seen_by(found, name, first.at),
        found.input,
        _explained(model, found, outputs, last),
        given.seen,
        LayerMaps(name, first.kind, outputs[name]),
    )


def _explained(
    model: Model, found: NetworkShapes, outputs: dict[str, Array], unit: Unit
) -> Explanation | None:
    """The multiplication behind the unit of a convolution; None for anything else."""
    layer = found[unit.layer]
    operation, weight = layer.layer.operation, model.parameters(layer.layer).get("weight")
    if not isinstance(operation, op.Conv | op.Depthwise) or weight is None or layer.window is None:
        return None
    depth = weight.shape[1]
    source = outputs[layer.layer.inputs[0]]
    group = unit.channel // (len(weight) * depth // len(source))
    bias = model.parameters(layer.layer).get("bias")
    one = Layer(
        weight[unit.channel : unit.channel + 1],
        0 if bias is None else float(bias[unit.channel]),
        operation.stride,
        layer.window.pads,
        "zeros",
        operation.dilation,
    )
    explanation, _ = explain(source[group * depth : (group + 1) * depth], one, unit.at)
    return explanation
