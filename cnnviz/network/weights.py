"""The parameters of a network: from a file, by the names of its layers or by their order; or random ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from math import prod, sqrt
from typing import TYPE_CHECKING, Any, Final

from cnnviz.errors import CnnvizError, FileError, UsageError
from cnnviz.files import (
    PICKLE_SUFFIXES,
    holds_pytorchs,
    npz_arrays,
    open_regular,
    pickle_refused,
    printable,
    safetensors_tensors,
)
from cnnviz.files.npy import looks_pickled
from cnnviz.network.operations import ConvTransposed, PRelu
from cnnviz.network.shapes import NetworkShapes
from cnnviz.network.spec import Shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_WEIGHT_BYTES: Final = 4 * 2**30
"""The longest file of weights, and the most memory that those of one network may take."""

_TRAINING_ONLY: Final = ("num_batches_tracked",)
_AUXILIARY: Final = ("aux1.", "aux2.", "AuxLogits.")
"""Heads of torchvision's networks that take part in training only."""


def wanted(found: NetworkShapes) -> dict[str, Shape]:
    """Every parameter and statistic of a network by name, layer by layer, with its shape.

    >>> from cnnviz.network.chain import read_chain
    >>> from cnnviz.network.shapes import shapes
    >>> wanted(shapes(read_chain(["conv:6,5", "batchnorm"]), (1, 28, 28)))["conv1.weight"]
    (6, 1, 5, 5)
    """
    return {f"{each.name}.{name}": shape for each in found.layers for name, shape in each.kept.items()}


def read_weights(path: str, found: NetworkShapes, *, by_order: bool = False) -> dict[str, NDArray[Any]]:
    """Read the parameters of a network, as float32, from the ``.npz`` or ``.safetensors`` file ``path``.

    Their names are ``LAYER.weight``, ``.bias``, ``.running_mean`` and ``.running_var``, as in PyTorch's state
    dicts (whose ``num_batches_tracked`` is passed over, as are the auxiliary heads of torchvision's
    networks). ``by_order``: names do not count, but the arrays stand in the order of the layers.

    Raises
    ------
    FileError
        For a file that cannot be read, or is a pickle; with a line for each parameter that is missing, of
        another shape, or that no layer takes; for values that are no finite real numbers.
    """
    _refuse_pickles(path)
    needed = wanted(found)
    names: dict[str, str] = {}
    is_sorted = path.lower().endswith(".safetensors")

    def pick(held: Mapping[str, Shape]) -> Sequence[str]:
        usable = {name: shape for name, shape in held.items() if not _passed_over(name, needed)}
        if by_order:
            check_order(needed, usable)
        else:
            check(found, usable, FileError, extra=True, ordered=not is_sorted)
        names.update(zip(needed, usable if by_order else needed, strict=True))
        return list(names.values())

    if is_sorted:
        if by_order:
            raise FileError(
                "safetensors files hold their tensors sorted by name, not in the order of the layers; "
                "match by name, or write an .npz file"
            )
        arrays = safetensors_tensors(path, pick, limit=MAX_WEIGHT_BYTES)
    elif path.lower().endswith(".npz"):
        arrays = npz_arrays(path, pick, limit=MAX_WEIGHT_BYTES)
    else:
        raise FileError("not a file of weights; its name must end in .npz or .safetensors")
    return {name: _numbers(arrays.pop(source), source) for name, source in names.items()}


def check(
    found: NetworkShapes,
    held: Mapping[str, Shape],
    error: type[CnnvizError],
    *,
    extra: bool = False,
    ordered: bool = False,
) -> None:
    """Compare names and shapes with what the layers take; raises ``error`` with a line for each difference.

    ``extra``: whether something that no layer takes is a difference too. ``ordered``: whether the order
    tells something where names do not.
    """
    needed = wanted(found)
    lines = [
        f"{name}: has shape {held[name]}, but the layer takes {shape}"
        for name, shape in needed.items()
        if name in held and tuple(held[name]) != shape
    ]
    missing = {name: shape for name, shape in needed.items() if name not in held}
    lines += [f"{name}: is missing; its shape is {shape}" for name, shape in missing.items()]
    if extra:
        lines += [f"{printable(name)}: no layer takes it" for name in held if name not in needed]
    if lines and ordered and list(map(tuple, held.values())) == list(needed.values()):
        lines.insert(0, "its names are others, but all shapes agree in order; --weights-by order takes them")
    if lines:
        raise error(*lines)


def check_order(needed: Mapping[str, Shape], held: Mapping[str, Shape]) -> None:
    """Compare the shapes one by one; raises `FileError` with a line for each that differs."""
    lines = []
    pairs = zip_longest(needed.items(), held.items())
    for number, (ours, theirs) in enumerate(pairs, 1):
        if theirs is None:
            lines.append(f"{number}: nothing is left for {ours[0]}, which takes {ours[1]}")
        elif ours is None:
            lines.append(f"{number}: no layer is left for {printable(theirs[0])} of {theirs[1]}")
        elif ours[1] != tuple(theirs[1]):
            lines.append(
                f"{number}: {printable(theirs[0])} has shape {theirs[1]}, but {ours[0]} takes {ours[1]}"
            )
    if lines:
        raise FileError(*lines)


def random_weights(found: NetworkShapes, seed: int = 0) -> dict[str, NDArray[Any]]:
    """Random parameters that keep the size of the values from layer to layer; the same for the same seed.

    Weights are normal with variance 2 / (inputs of a unit) (He, Zhang, Ren, Sun: Delving Deep into
    Rectifiers, 2015, equation 10), biases 0, slopes of PReLU 1/4; batch normalisation leaves all as it is.

    >>> from cnnviz.network.chain import read_chain
    >>> from cnnviz.network.shapes import shapes
    >>> made = random_weights(shapes(read_chain(["conv:6,5", "batchnorm"]), (1, 28, 28)), seed=1)
    >>> made["conv1.weight"].shape, made["batchnorm1.running_var"].tolist()
    ((6, 1, 5, 5), [1.0, 1.0, 1.0, 1.0, 1.0, 1.0])

    Raises
    ------
    UsageError
        For a seed below 0.
    """
    import numpy as np

    if seed < 0:
        raise UsageError(f"the seed is {seed}; it takes 0 or more")
    random = np.random.default_rng(seed)
    made: dict[str, NDArray[Any]] = {}
    for each in found.layers:
        operation = each.layer.operation
        for name, shape in each.kept.items():
            key = f"{each.name}.{name}"
            if name == "weight" and isinstance(operation, PRelu):
                made[key] = np.full(shape, 0.25, np.float32)
            elif name == "weight" and len(shape) > 1:
                made[key] = random.standard_normal(shape, np.float32)
                made[key] *= np.float32(sqrt(2 / _inputs_of_a_unit(operation, shape)))
            else:
                made[key] = np.full(shape, name in ("weight", "running_var"), np.float32)
    return made


def _inputs_of_a_unit(operation: object, shape: Shape) -> float:
    if isinstance(operation, ConvTransposed):  # (C, O/groups, kH, kW): a unit is reached by some of the taps
        reached = prod(shape[2:]) / prod(operation.stride)
        return max(shape[0] / operation.groups * reached, 1)
    return prod(shape[1:])


def _passed_over(name: str, needed: Mapping[str, Shape]) -> bool:
    return name not in needed and (name.endswith(_TRAINING_ONLY) or name.startswith(_AUXILIARY))


def _numbers(values: NDArray[Any], name: str) -> NDArray[np.float32]:
    import numpy as np

    if values.dtype.kind not in "iuf" or values.dtype.itemsize > 8:
        raise FileError(f"{printable(name)}: holds {values.dtype} values; weights are real numbers")
    with np.errstate(over="ignore"):
        numbers = np.ascontiguousarray(values, np.float32)
    check_finite(numbers, name)
    return numbers


def check_finite(numbers: NDArray[Any], name: str) -> None:
    """Refuse weights of which one is infinite or no number; raises `FileError`."""
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):
        total = numbers.sum(dtype=np.float64)
    # A sum that is finite has finite terms only.
    if not np.isfinite(total) and not np.isfinite(numbers).all():
        place = tuple(map(int, np.argwhere(~np.isfinite(numbers))[0]))
        raise FileError(f"{printable(name)}: holds {numbers[place]} at {place}; every weight must be finite")


def _refuse_pickles(path: str) -> None:
    """Tell PyTorch's own files by name and by content."""
    with open_regular(path) as file:
        start = file.read(4096)
    # The length of a header of safetensors may look like a pickle.
    tensors = path.lower().endswith(".safetensors") and start[8:9] == b"{"
    pickled = looks_pickled(start) and not tensors
    if not pickled and not holds_pytorchs(start) and not path.lower().endswith(PICKLE_SUFFIXES):
        return
    raise pickle_refused(path)
