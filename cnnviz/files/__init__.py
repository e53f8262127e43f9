"""What the user names -> bytes or arrays: regular files and `-` only, bounded, and never a pickle."""

from cnnviz.files.bundled import WEIGHTS
from cnnviz.files.memory import at_most
from cnnviz.files.npy import npy_array
from cnnviz.files.npz import npz_arrays, npz_member, npz_shapes
from cnnviz.files.onnx_tensors import onnx_shapes, onnx_tensor, open_beside, parsed_onnx
from cnnviz.files.pickles import PICKLE_SUFFIXES, holds_pytorchs, pickle_refused
from cnnviz.files.regular import (
    MAX_FILE_BYTES,
    MAX_KERNEL_BYTES,
    open_regular,
    open_source,
    printable,
    read_bytes,
)
from cnnviz.files.safetensors import safetensors_shapes, safetensors_tensor, safetensors_tensors

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_KERNEL_BYTES",
    "PICKLE_SUFFIXES",
    "WEIGHTS",
    "at_most",
    "holds_pytorchs",
    "npy_array",
    "npz_arrays",
    "npz_member",
    "npz_shapes",
    "open_beside",
    "onnx_shapes",
    "onnx_tensor",
    "parsed_onnx",
    "open_regular",
    "open_source",
    "pickle_refused",
    "printable",
    "read_bytes",
    "safetensors_shapes",
    "safetensors_tensor",
    "safetensors_tensors",
]
