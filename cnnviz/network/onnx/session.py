"""An ONNX model run by onnxruntime, with the outputs of its layers laid open."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cnnviz.errors import FileError
from cnnviz.files import printable
from cnnviz.network.model import Output
from cnnviz.network.onnx.graph import Graph
from cnnviz.network.onnx.own_weights import layer_weights
from cnnviz.network.spec import Layer, Network, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Session:
    """As `cnnviz.network.model.Model`: only the layers ``wanted``, and the last, come out.

    A batch that the model fixes to more than one picture is set to 1, and other fixed sizes to those of the
    ``graph``.
    """

    def __init__(self, graph: Graph, model: Any) -> None:
        self._graph = graph
        self._model = model
        self.shape: Shape = graph.shape
        self._running: tuple[Sequence[str], Any] | None = None
        self._type, self._batch = _one_picture(model.graph, graph.input, graph.shape)

    @property
    def text(self) -> str:
        """What runs it."""
        import onnxruntime

        return f"onnxruntime {onnxruntime.__version__}"

    @property
    def network(self) -> Network:
        """Its layers, in the order of the graph."""
        return self._graph.network

    def parameters(self, layer: Layer) -> Mapping[str, NDArray[Any]]:
        """What a layer learned, where it lies in the file."""
        try:
            return layer_weights(self._graph, self._model, layer)
        except FileError:
            return {}

    def outputs(self, x: NDArray[Any], wanted: Collection[str]) -> Iterator[Output]:
        """The outputs of the layers ``wanted`` and of the last one, without the batch.

        Layers are left out whose output holds no numbers: a sequence, a text, nothing.

        Raises
        ------
        FileError
            For what onnxruntime cannot run, in its words.
        """
        import numpy as np

        last = self.network.layers[-1].name
        shown = [layer for layer in self.network.layers if layer.name in wanted or layer.name == last]
        names = [self._graph.tensors[layer.name] for layer in shown]
        if self._running is None or self._running[0] != names:
            self._running = names, self._session(names)
        batch = x[np.newaxis].astype(self._type, copy=False)
        try:
            made = self._running[1].run(names, {self._graph.input: batch})
        except Exception as error:  # noqa: BLE001  # C++ raises what it likes
            raise self._refused(error) from None
        for layer, values in zip(shown, made, strict=True):
            if isinstance(values, np.ndarray) and values.dtype.kind in "fiub" and values.size:
                numbers = values.astype(np.uint8) if values.dtype.kind == "b" else np.atleast_1d(values)
                yield Output(layer, numbers[0] if numbers.ndim > 1 and len(numbers) == 1 else numbers)

    def _refused(self, error: Exception) -> FileError:
        fixed = f"; its batch was fixed to {self._batch} pictures, and is 1 here" if self._batch > 1 else ""
        return FileError(f"onnxruntime cannot run it: {_first_line(error)}{fixed}")

    def _session(self, tensors: Sequence[str]) -> Any:
        import onnxruntime

        held = {value.name for value in self._model.graph.output}
        for name in tensors:
            if name not in held:
                self._model.graph.output.add().name = name
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        try:
            return onnxruntime.InferenceSession(
                self._model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # noqa: BLE001  # C++ raises what it likes
            raise self._refused(error) from None


def _one_picture(graph: Any, picture: str, shape: Shape) -> tuple[Any, int]:
    """Set the input ``picture`` to one of ``shape``; its NumPy type, and what the batch was (0: open)."""
    import numpy as np
    from onnx import helper

    kind = next(value.type.tensor_type for value in graph.input if value.name == picture)
    try:
        dtype = np.dtype(helper.tensor_dtype_to_np_dtype(kind.elem_type))
    except KeyError:
        dtype = np.dtype(np.float32)
    batch = int(kind.shape.dim[0].dim_value) if kind.shape.dim else 0
    fixed = tuple(size.dim_value for size in kind.shape.dim)
    if all(fixed) and len(fixed) == len(shape) + 1 and fixed != (1, *shape):
        for dim, size in zip(kind.shape.dim, (1, *shape), strict=True):
            dim.dim_value = size
        del graph.value_info[:]  # sizes for the other input
        for value in graph.output:
            value.type.tensor_type.ClearField("shape")
    return dtype, batch


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return printable(lines[0])[:300]


def whole_model(path: str) -> Any:
    """The model of the ONNX file ``path`` with all its weights, also those that lie in files beside it.

    Raises
    ------
    FileError
        When it cannot be read, or its weights lie outside of its folder.
    """
    from cnnviz.files import beside_model, parsed_onnx

    model = parsed_onnx(path)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                beside_model(path, entry.value)
    from onnx import external_data_helper

    try:
        external_data_helper.load_external_data_for_model(model, os.path.dirname(path) or ".")
    except Exception as error:  # noqa: BLE001  # it checks paths and lengths, and raises what it likes
        raise FileError(f"its weights cannot be read: {_first_line(error)}") from None
    return model
