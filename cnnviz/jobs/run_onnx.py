"""An ONNX file for `cnnviz run`: by onnxruntime, or by the own engine where it has the operators."""

from __future__ import annotations

from importlib.util import find_spec

from cnnviz.errors import CnnvizError, FileError
from cnnviz.geometry import Pair
from cnnviz.jobs.run_bounds import check_size
from cnnviz.network.model import Model
from cnnviz.network.onnx.graph import read_graph
from cnnviz.network.onnx.own_weights import own_network, own_weights
from cnnviz.network.onnx.session import Session, whole_model
from cnnviz.network.own import Own
from cnnviz.network.shapes import shapes


def onnx_model(path: str, size: Pair | None, backend: str) -> Model:
    """The model in the file ``path``, on pictures of ``size``.

    Raises
    ------
    FileError
        For a file that cannot be read or run; it begins with its name.
    """
    try:
        graph = read_graph(path, None if size is None else _shape(path, size))
        check_size(shapes(graph.network, graph.shape, strict=False))
        model = whole_model(path)
        installed = find_spec("onnxruntime") is not None
        if backend == "own" or (backend == "auto" and not installed):
            return Own(own_network(graph, model), graph.shape, own_weights(graph, model))
        if not installed:
            raise FileError("running it needs the package onnxruntime: pip install onnxruntime")
        return Session(graph, model)
    except CnnvizError as error:
        raise FileError(*(f"{path}: {_here(line)}" for line in error.lines)) from None


def _here(line: str) -> str:
    """An open input is said with `shapes` in mind."""
    return line.replace("its shape, as --input 3x224x224", "its height and width, as --size 224x224")


def _shape(path: str, size: Pair) -> tuple[int, int, int]:
    """The input of that height and width, with the channels that the file says, or else three."""
    from cnnviz.files import parsed_onnx

    graph = parsed_onnx(path).graph
    held = {tensor.name for tensor in graph.initializer}
    for value in graph.input:
        dims = value.type.tensor_type.shape.dim
        if value.name not in held and len(dims) == 4:
            first, last = dims[1].dim_value, dims[3].dim_value
            if last in (1, 3) and first not in (1, 3):
                return *size, last
            return first or 3, *size
    return 3, *size
