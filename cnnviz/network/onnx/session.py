"""An ONNX model run by onnxruntime, with the outputs of its layers laid open."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any

from cnnviz.errors import NETWORK_OUT_OF_MEMORY, FileError
from cnnviz.files import printable
from cnnviz.network.model import Output
from cnnviz.network.onnx.graph import Graph
from cnnviz.network.onnx.own_weights import layer_weights
from cnnviz.network.spec import Layer, Network, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Session:
    """As `cnnviz.network.model.Model`: only the layers ``wanted``, and the model's outputs, come out.

    A batch that the model fixes to more than one picture is set to 1, and other fixed sizes to those of the
    ``graph``.
    """

    holds_all = True

    def __init__(self, graph: Graph, model: Any) -> None:
        self._graph = graph
        self._model = model
        self.shape: Shape = graph.shape
        self._running: tuple[Sequence[str], Any] | None = None
        self.answers = graph.answers
        self._type, self._fixed = _one_picture(model.graph, graph.input, graph.shape)

    @property
    def numbers(self) -> str:
        """What its input holds."""
        return str(self._type)

    @property
    def text(self) -> str:
        """What runs it."""
        return f"onnxruntime {_onnxruntime().__version__}"

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

    def ready(self, wanted: Collection[str]) -> None:
        """Have onnxruntime read the model; raises `FileError` as `outputs`."""
        self._session([self._graph.tensors[layer.name] for layer in self._layers(wanted)])

    def outputs(self, x: NDArray[Any], wanted: Collection[str]) -> Iterator[Output]:
        """The outputs of the layers ``wanted`` and of the model itself, without the batch.

        Layers are left out whose output holds no numbers: a sequence, a text, nothing.

        Raises
        ------
        FileError
            For what onnxruntime cannot run, in its words.
        """
        import numpy as np

        shown = self._layers(wanted)
        names = [self._graph.tensors[layer.name] for layer in shown]
        batch = x[np.newaxis].astype(self._type, copy=False)
        session = self._session(names)
        try:
            made = _interruptible(partial(session.run, names, {self._graph.input: batch}))
        except Exception as error:  # noqa: BLE001  # C++ raises what it likes
            raise self._refused(error) from None
        for layer, values in zip(shown, made, strict=True):
            if isinstance(values, np.ndarray) and values.dtype.kind in "fiub" and values.size:
                numbers = values.astype(np.uint8) if values.dtype.kind == "b" else np.atleast_1d(values)
                yield Output(layer, numbers[0] if numbers.ndim > 1 and len(numbers) == 1 else numbers)

    def _layers(self, wanted: Collection[str]) -> list[Layer]:
        names = {*wanted, *self.answers}
        return [layer for layer in self.network.layers if layer.name in names]

    def _refused(self, error: Exception) -> FileError:
        path = self.network.name
        if re.search("BFCArena|bad_alloc|[Ff]ailed to allocate", str(error)):
            return FileError(f"{path}: {NETWORK_OUT_OF_MEMORY}")
        was, here = ("x".join(map(str, sizes)) for sizes in (self._fixed, (1, *self.shape)))
        fixed = f"; its input was fixed to {was}, and is {here} here" if was not in ("", here) else ""
        return FileError(f"{path}: onnxruntime cannot run it: {_said(error)}{fixed}")

    def _session(self, tensors: Sequence[str]) -> Any:
        """That which gives ``tensors``; made once for all pictures."""
        if self._running is None or self._running[0] != tensors:
            self._running = tensors, self._made(tensors)
        return self._running[1]

    def _made(self, tensors: Sequence[str]) -> Any:
        onnxruntime = _onnxruntime()
        held = {value.name for value in self._model.graph.output}
        for name in tensors:
            if name not in held:
                self._model.graph.output.add().name = name
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        try:
            data, providers = self._model.SerializeToString(), ["CPUExecutionProvider"]
            return _interruptible(partial(onnxruntime.InferenceSession, data, options, providers=providers))
        except Exception as error:  # noqa: BLE001  # C++ raises what it likes
            raise self._refused(error) from None


def _onnxruntime() -> Any:
    """The package, told before it is loaded to do without telemetry (1.32 keeps a device ID at home)."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    return onnxruntime


def _interruptible(work: Callable[[], Any]) -> Any:
    """What ``work`` returns or raises, done by another thread: Python heeds no signal while C++ runs.

    Raised by a signal, this leaves the thread to itself: it ends with the process.
    """
    done: Future[Any] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001  # the caller's
            done.set_exception(error)

    Thread(target=run, daemon=True).start()
    return done.result()


def _one_picture(graph: Any, picture: str, shape: Shape) -> tuple[Any, Shape]:
    """Set the input ``picture`` to one of ``shape``; its NumPy type, and the sizes it had (none: open)."""
    import numpy as np
    from onnx import helper

    kind = next(value.type.tensor_type for value in graph.input if value.name == picture)
    try:
        dtype = np.dtype(helper.tensor_dtype_to_np_dtype(kind.elem_type))
    except KeyError:
        dtype = np.dtype(np.float32)
    fixed = tuple(size.dim_value for size in kind.shape.dim)
    if all(fixed) and len(fixed) == len(shape) + 1 and fixed != (1, *shape):
        for dim, size in zip(kind.shape.dim, (1, *shape), strict=True):
            dim.dim_value = size
        del graph.value_info[:]  # sizes for the other input
        for value in graph.output:
            value.type.tensor_type.ClearField("shape")
    return dtype, fixed if all(fixed) else ()


def _said(error: Exception) -> str:
    """What onnxruntime says, without its own numbers and frames.

    >>> _said(ValueError("[ONNXRuntimeError] : 1 : FAIL : Fatal error: my:Op(-1) is not a registered op"))
    'my:Op(-1) is not a registered op'
    >>> frame = "Non-zero status code returned while running Add node. Name:'sum' Status Message: "
    >>> _said(ValueError(frame + "/src/add.h:91 void onnx::Add(int) 5 by 7 was attempted"))
    "node 'sum': 5 by 7 was attempted"
    """
    frame = r"^(\[ONNXRuntimeError\] : \d+ : \w+ : )?(Fatal error: |This is an invalid model\. .* , Error )?"
    running = r"Non-zero status code returned while running \w+ node\. Name:('[^']*') Status Message: "
    source = r"(?:\S+:\d+ (?:\w+ )?\w+(?:::\w+)+\(.*?\) (?:const )?)?"
    return re.sub(running + source, r"node \1: ", re.sub(frame, "", _first_line(error)))[:300]


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return printable(lines[0][:2000])  # names in it may be of any length


def whole_model(path: str) -> Any:
    """The model of the ONNX file ``path`` with all its weights, also those that lie in files beside it.

    Raises
    ------
    FileError
        When it cannot be read, or its weights lie outside of its folder or are not there.
    """
    from cnnviz.files import at_most, open_beside, parsed_onnx
    from cnnviz.network.weights import MAX_WEIGHT_BYTES

    model = parsed_onnx(path)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                open_beside(path, entry.value).close()
    from onnx import external_data_helper

    try:
        with at_most(MAX_WEIGHT_BYTES):
            external_data_helper.load_external_data_for_model(model, os.path.dirname(path) or ".")
    except MemoryError:
        raise FileError(f"its weights take more than {MAX_WEIGHT_BYTES >> 20} MiB of memory") from None
    except Exception as error:  # noqa: BLE001  # it checks paths and lengths, and raises what it likes
        raise FileError(f"its weights cannot be read: {_first_line(error)[:300]}") from None
    return model
