"""The nodes of a graph -> layers, in their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import prod
from typing import Any, Final, NamedTuple

from cnnviz.errors import FileError, ShapeError
from cnnviz.files import printable
from cnnviz.network.naming import Namer
from cnnviz.network.onnx.apart import folded
from cnnviz.network.onnx.folding import INTEGERS
from cnnviz.network.onnx.inputs import followed, further, set_sizes, size_of
from cnnviz.network.onnx.node import Constant, Node, without_batch
from cnnviz.network.onnx.operations import UNKNOWN, Given
from cnnviz.network.onnx.operators import KINDS, kind_of, operation_of
from cnnviz.network.onnx.reading import read_model
from cnnviz.network.operations import Activation
from cnnviz.network.spec import INPUT, Layer, Network, Operation, Shape

_FLOATS: Final = (1, 10, 11, 16)  # FLOAT, FLOAT16, DOUBLE, BFLOAT16, as TensorProto numbers them
_MOST_VALUES: Final = 64
# Attributes of a wrong type or number, sizes of 0: a damaged file, not a mistake of ours.
_NONSENSE: Final = (TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError, AttributeError)
_PASS_ON: Final = (
    *("Identity", "Cast", "DequantizeLinear"),
    *("Transpose", "Reshape", "Squeeze", "Unsqueeze", "Expand"),
)


class Graph(NamedTuple):
    """A graph as a network, and what its layers are in the file.

    ``input`` is the name of the input that is followed, ``shape`` its sizes without the batch; ``tensors``
    holds the name of what each layer puts out, ``nodes`` the node that each comes from. ``answers`` are the
    layers that put out what the graph says it does, and its names for that.
    """

    network: Network
    input: str
    shape: Shape
    tensors: Mapping[str, str]
    nodes: Mapping[str, Any]
    answers: Mapping[str, str]


def read_onnx(path: str, shape: Shape | None = None) -> Network:
    """The network of `read_graph`."""
    return read_graph(path, shape).network


def read_graph(path: str, shape: Shape | None = None) -> Graph:
    """Read the graph of the ONNX file ``path``; ``shape`` is its input's, where the file leaves it open.

    The batch counts as 1 and is left out of all shapes. What had to be passed over is in the notes.

    Raises
    ------
    FileError
        For a file that is no ONNX model, a graph that does not hold together, or an input that stays open.
    """
    model = read_model(path)
    picture, dims = followed(model.graph, shape)
    set_sizes(model.graph, picture, dims)
    learned = {tensor.name for tensor in model.graph.initializer if tensor.data_type in _FLOATS}
    model, replaced, note = folded(model)
    graph = _Graph(model, picture, dims, learned, replaced)
    for number, proto in enumerate(model.graph.node):
        try:
            graph.add(number, proto)
        except _NONSENSE:
            name = printable(proto.name or proto.op_type)
            raise FileError(f"node {number} ({name}): its attributes make no sense") from None
    if not graph.layers:
        raise FileError("none of its nodes depends on its input")
    notes = [note, *graph.notes(), *_not_followed(further(model.graph, picture))]
    network = Network(tuple(graph.layers), path, without_batch(dims), tuple(filter(None, notes)))
    return Graph(network, picture, without_batch(dims), graph.tensors, graph.nodes, graph.answers())


class _Graph:
    """What is known on the way through the nodes."""

    def __init__(self, model: Any, picture: str, dims: Shape, learned: set[str], replaced: int) -> None:
        self.layers: list[Layer] = []
        self.tensors: dict[str, str] = {}
        self.nodes: dict[str, Any] = {}
        self._made: dict[str, tuple[str, Shape]] = {picture: (INPUT, without_batch(dims))}
        self._constants = {
            tensor.name: _initializer(tensor, learned=tensor.name in learned)
            for tensor in model.graph.initializer
        }
        for tensor in model.graph.sparse_initializer:
            self._constants[tensor.values.name] = Constant(tuple(tensor.dims), learned=True)
        for value in model.graph.input:
            if value.name != picture:
                self._constants.setdefault(value.name, Constant(_dims(value)))
        self._external = sum(tensor.data_location == 1 for tensor in model.graph.initializer)
        self._outputs = [value.name for value in model.graph.output]
        infos = (*model.graph.value_info, *model.graph.output)
        self._inferred = {value.name: _dims(value) for value in infos}
        self._namer = Namer([INPUT])
        self._names = {INPUT}
        self._counted: set[str] = set()
        self._unknown: Counter[str] = Counter()
        self._gates: dict[str, str] = {}  # sigmoids, and what they take
        self._hidden = replaced
        self._differing: list[str] = []

    def add(self, number: int, proto: Any) -> None:
        """One node: layers for its outputs, or a constant."""
        place = f"node {number} ({printable(proto.name or proto.op_type)})"
        for name in proto.input:
            if name and name not in self._made and name not in self._constants:
                raise FileError(f"{place}: it takes {printable(name)!r}, which no node before it makes")
        node = self._node(proto)
        if not node.sources or proto.op_type in ("Shape", "Size"):
            if not node.sources and self._is_unknown(proto):
                self._unknown[self._called(proto)] += 1
            self._hidden += 1
            self._keep_constant(proto)
            return
        if self._is_unknown(proto):
            self._unknown[self._called(proto)] += 1
        # Behind an output whose shape nobody knows, nothing can be worked out.
        operations = operation_of(node) if all(node.shapes) else None
        if operations is None:
            seen = (UNKNOWN,) * len(node.sources)
            operations = [Given(shape, seen, node.learned) for shape in node.outputs]
        for position, operation in enumerate(operations):
            if position < len(proto.output) and proto.output[position]:
                self._keep_layer(place, node, position, operation, several=len(operations) > 1)
        self._counted.update(node.learned)

    def answers(self) -> dict[str, str]:
        """The layers that the graph's outputs come from; the last one where they come from none."""
        layers = {tensor: name for name, tensor in self.tensors.items()}
        found = {layers[name]: printable(name) for name in self._outputs if name in layers}
        last = self.layers[-1].name
        return found or {last: printable(self.tensors[last])}

    def notes(self) -> list[str]:
        """What was passed over, and where ONNX says otherwise."""
        notes = []
        if self._unknown:
            counted = ", ".join(
                f"{name}{f' ({times} times)' if times > 1 else ''}" for name, times in self._unknown.items()
            )
            notes.append(f"unknown operators: {counted}; fields behind them are not known")
        if self._hidden:
            notes.append(f"{self._hidden} nodes of constants and of arithmetic with shapes are not listed")
        if self._external:
            notes.append(f"{self._external} tensors lie in other files, which were not opened")
        return [*notes, *self._differing[:3]]

    def _is_unknown(self, proto: Any) -> bool:
        return proto.domain not in ("", "ai.onnx") or proto.op_type not in KINDS

    def _called(self, proto: Any) -> str:
        domain = "" if proto.domain in ("", "ai.onnx") else f"{proto.domain}::"
        return printable(f"{domain}{proto.op_type}")

    def _node(self, proto: Any) -> Node:
        constants, sources, shapes = {}, [], []
        for position, name in enumerate(proto.input):
            if name in self._made:
                sources.append(position)
                shapes.append(self._made[name][1])
            elif name:
                constant = self._constants[name]
                # A tensor that several nodes share is learned once.
                learned = constant.learned and name not in self._counted
                constants[position] = constant._replace(learned=learned)
        outputs = [self._shape(name) for name in proto.output]
        return Node(proto, constants, tuple(sources), tuple(shapes), outputs[0] if outputs else (), outputs)

    def _shape(self, name: str) -> Shape:
        dims = self._inferred.get(name)
        return () if dims is None else without_batch(dims)

    def _keep_constant(self, proto: Any) -> None:
        # What only passes a learned tensor on, in whatever shape, stays learned.
        first = self._constants.get(proto.input[0]) if proto.input else None
        for name in filter(None, proto.output):
            dims = self._inferred.get(name)
            whole = first is not None and None not in (dims, first.dims) and prod(dims) == prod(first.dims)  # type: ignore[arg-type]
            learned = proto.op_type in _PASS_ON and first is not None and first.learned and whole
            self._constants[name] = Constant(dims, learned=learned)

    def _keep_layer(
        self, place: str, node: Node, position: int, operation: Operation, *, several: bool
    ) -> None:
        shapes = node.shapes
        try:
            made = operation.made if isinstance(operation, Given) else operation.output(*shapes)
            # Where more of its inputs come from layers than we know of, as indices that are worked out.
            if len(operation.sights(*shapes)) != len(shapes):
                operation = Given(made, (UNKNOWN,) * len(shapes), node.learned)
        except ShapeError as error:
            raise FileError(f"{place}: {error}") from None
        expected = node.outputs[position]
        if expected and made and prod(expected) != prod(made):
            self._differing.append(f"{place} makes {made} here, {expected} by ONNX's shape inference")
        proto = node.proto
        if proto.op_type == "Reshape" and all(shapes) and made and prod(made) != prod(shapes[0]):
            self._differing.append(
                f"{place} makes {made} of {shapes[0]}: its sizes are those of another input"
            )
        name = self._name(node, f":{position}" if several else "")
        inputs = tuple(self._made[proto.input[source]][0] for source in node.sources)
        kind = self._called(proto) if self._is_unknown(proto) else kind_of(proto.op_type, operation)
        self.layers.append(self._recognised(Layer(name, kind, operation, inputs, place)))
        self._made[proto.output[position]] = name, made
        self.tensors[name], self.nodes[name] = proto.output[position], proto

    def _recognised(self, layer: Layer) -> Layer:
        """As it is, or ``x * sigmoid(x)`` as what exporters mean by it."""
        if layer.kind == "sigmoid":
            self._gates[layer.name] = layer.inputs[0]
        if layer.kind == "mul" and len(layer.inputs) == 2:
            for x, gate in (layer.inputs, layer.inputs[::-1]):
                if self._gates.get(gate) == x:
                    return layer._replace(kind="silu", operation=Activation(), inputs=(x,))
        return layer

    def _name(self, node: Node, suffix: str) -> str:
        """As the weights are called, or the node; else counted by kind."""
        module = next((name for name in node.proto.input if name.endswith(".weight")), "").removesuffix(
            ".weight"
        )
        for name in (module, node.proto.name):
            if name and f"{name}{suffix}" not in self._names:
                self._names.add(f"{name}{suffix}")
                return f"{name}{suffix}"
        while True:
            name = self._namer.fresh(KINDS.get(node.type) or node.type.lower())
            if name not in self._names:
                self._names.add(name)
                return name


def _not_followed(names: list[str]) -> list[str]:
    return [f"further inputs are not followed: {', '.join(names)}"] if names else []


def _dims(value: Any) -> Shape | None:
    """The sizes of a value, where all are known."""
    if not value.type.tensor_type.HasField("shape"):
        return None
    sizes = [size_of(dim) for dim in value.type.tensor_type.shape.dim]
    return None if None in sizes else tuple(size for size in sizes if size is not None)


def _initializer(tensor: Any, *, learned: bool) -> Constant:
    return Constant(tuple(tensor.dims), _values(tensor), learned=learned)


def _values(tensor: Any) -> tuple[float, ...] | None:
    """The numbers in a small tensor."""
    known = tensor.data_type in (*INTEGERS, *_FLOATS) and tensor.data_location != 1
    if not known or prod(tensor.dims) > _MOST_VALUES:
        return None
    from onnx import numpy_helper

    try:
        return tuple(numpy_helper.to_array(tensor).ravel().tolist())
    except (ValueError, TypeError):
        return None
