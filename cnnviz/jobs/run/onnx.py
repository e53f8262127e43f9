"""An ONNX file for `cnnviz run`: by onnxruntime, or by the own engine where it has the operators."""

from __future__ import annotations

from importlib.util import find_spec

from cnnviz.errors import CnnvizError, FileError
from cnnviz.expressions import shape_text
from cnnviz.files import parsed_onnx
from cnnviz.geometry import Pair
from cnnviz.jobs.run.bounds import check_size
from cnnviz.network.model import Model
from cnnviz.network.onnx.graph import read_graph
from cnnviz.network.onnx.inputs import InputError, further, of_size
from cnnviz.network.onnx.own_weights import check_weights, own_network, own_weights
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
        graph = read_graph(path, None if size is None else of_size(parsed_onnx(path).graph, *size))
        check_size(shapes(graph.network, graph.shape, strict=False))
        model = whole_model(path)
        others = further(model.graph, graph.input)
        if others:
            raise FileError(f"it takes {', '.join(others)} beside the picture; models of one input are run")
        check_weights(graph, model)
        installed = find_spec("onnxruntime") is not None
        if backend == "own" or (backend == "auto" and not installed):
            network, weights = own_network(graph, model), own_weights(graph, model)
            shapes(network, graph.shape, strict=False)  # which may know more than the graph did
            return Own(network, graph.shape, weights, graph.answers)
        if not installed:
            raise FileError("running it needs the package onnxruntime: pip install onnxruntime")
        return Session(graph, model)
    except InputError as error:
        how = "; give its height and width, as --size 224x224"
        if size is not None:
            how = f", which --size {shape_text(size)} does not fit"
        raise FileError(f"{path}: its input is {error.sizes}{how}") from None
    except CnnvizError as error:
        raise FileError(*(f"{path}: {line}" for line in error.lines)) from None
