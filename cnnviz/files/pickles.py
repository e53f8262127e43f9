"""PyTorch's own files, which run code when they are read: what they are called, and what converts them."""

from __future__ import annotations

import os
from typing import Final

from cnnviz.errors import PickleError

PICKLE_SUFFIXES: Final = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle")
"""What they are called."""


def holds_pytorchs(start: bytes) -> bool:
    """Whether a file that begins so is PyTorch's zip: its data.pkl comes first, in NumPy's an array."""
    return start.startswith(b"PK") and b"/data.pkl" in start[:4096]


def pickle_refused(path: str, *, as_network: bool = False) -> PickleError:
    """The error for the file ``path``, given as weights or kernels, or in place of a network."""
    target = f"{os.path.splitext(path)[0]}.npz"
    load = f"torch.load({path!r}, 'cpu', weights_only=True)"
    convert = (
        f"numpy.savez({target!r}, **{{name: tensor.float().numpy() for name, tensor in {load}.items()}})"
    )
    use = f", for: cnnviz run NETWORK IMAGE --weights {target}" if as_network else ""
    return PickleError(
        "a pickle as PyTorch writes it; refused, since reading it could run code. "
        f"Where PyTorch is, these two lines make {target} of its weights{use}",
        program=("import numpy, torch", convert),
    )
