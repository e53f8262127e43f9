"""What the user names -> bytes or arrays: regular files and `-` only, bounded, and never a pickle."""

from cnnviz.files.npy import npy_array
from cnnviz.files.npz import npz_member
from cnnviz.files.regular import (
    MAX_FILE_BYTES,
    MAX_KERNEL_BYTES,
    open_regular,
    open_source,
    printable,
    read_bytes,
)
from cnnviz.files.safetensors import safetensors_tensor

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_KERNEL_BYTES",
    "npy_array",
    "npz_member",
    "open_regular",
    "open_source",
    "printable",
    "read_bytes",
    "safetensors_tensor",
]
