"""What lies in a file of many arrays, as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cnnviz.expressions import shape_text
from cnnviz.files import printable
from cnnviz.render.schema import json_line


def listing(name: str, held: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
    """A line for each array that can be a kernel or a bank, and how many others there are.

    >>> held = {"fc.weight": (10, 72), "a.weight": (8, 3, 5, 5), "a.bias": (8,)}
    >>> print(*listing("net.npz", held), sep=chr(10))
    fc.weight  10x72    one kernel, or the weights of a dense layer
    a.weight   8x3x5x5  8 kernels of 5x5 over 3 channels
    1 other (biases and the like)
    cnnviz kernels show net.npz:a.weight looks at one
    """
    fit = {each: shape for each, shape in held.items() if 2 <= len(shape) <= 4 and 0 not in shape}
    names = max((len(printable(each)) for each in fit), default=0)
    sizes = max((len(shape_text(shape)) for shape in fit.values()), default=0)
    for each, shape in fit.items():
        yield f"{printable(each).ljust(names)}  {shape_text(shape).ljust(sizes)}  {_meaning(shape)}"
    others = len(held) - len(fit)
    if others:
        yield f"{others} other{'s' * (others > 1)} (biases and the like)"
    if fit:
        surest = max(fit, key=lambda each: len(fit[each]))
        yield f"cnnviz kernels show {printable(name)}:{printable(surest)} looks at one"


def document(held: Mapping[str, tuple[int, ...]]) -> str:
    """Every array with its shape as one JSON document."""
    return json_line({"arrays": [{"name": name, "shape": shape} for name, shape in held.items()]})


def _meaning(shape: tuple[int, ...]) -> str:
    if len(shape) == 2:
        return "one kernel, or the weights of a dense layer"
    maps, depth = (1, shape[0]) if len(shape) == 3 else shape[:2]
    return (
        f"{maps} kernel{'s' * (maps > 1)} of {shape_text(shape[-2:])} over {depth} channel{'s' * (depth > 1)}"
    )
