"""Which layers of a network are looked at: by name, by pattern, or by kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Final

from cnnviz.errors import UsageError
from cnnviz.expressions import did_you_mean
from cnnviz.network import operations as op
from cnnviz.network.kinds import KINDS, names
from cnnviz.network.spec import Layer, Operation


def _kinds(*operations: type[Operation]) -> frozenset[str]:
    return frozenset(name for name in names() if KINDS[name].make in operations)


# Kinds and not operations: ONNX has much that leaves every number at its place and is none, as Cast.
GROUPS: Final = {
    "convs": _kinds(op.Conv, op.Depthwise, op.ConvTransposed),
    "activations": _kinds(op.Activation, op.LeakyRelu, op.PRelu, op.Elu) - {"identity"}
    | {"celu", "clip", "shrink", "swish", "thresholdedrelu"},
    "pools": _kinds(op.MaxPool, op.AveragePool, op.LpPool, op.AdaptivePool, op.GlobalPool) | {"globallppool"},
}
"""Names that stand for several kinds; those that are only ONNX's are among them."""

_MOST_NAMED: Final = 5
"""Names in a refusal."""


def chosen(layers: Sequence[Layer], patterns: Iterable[str] = ()) -> list[str]:
    """The names of ``layers`` that one of ``patterns`` means, in their order.

    A pattern is a name (``conv1``), one with ``*`` and ``?`` (``features.*``), a kind (``relu``), a group
    (``convs``, ``activations``, ``pools``), ``all``, or several with commas between. Of a name that
    is a path, as PyTorch gives them (``/features/features.0/Conv``), a part is enough. Without a pattern they
    are the layers of every group.

    >>> from cnnviz.network.chain import read_chain
    >>> layers = read_chain(["conv:6,5", "relu", "maxpool:2", "flatten"]).layers
    >>> chosen(layers), chosen(layers, ["relu"]), chosen(layers, ["*1"])
    (['conv1', 'relu1', 'maxpool1'], ['relu1'], ['conv1', 'relu1', 'maxpool1', 'flatten1'])

    Raises
    ------
    UsageError
        For a pattern that means no layer.
    """
    wanted: set[str] = set()
    names = {layer.name for layer in layers}
    given = [each for pattern in patterns for each in ([pattern] if pattern in names else pattern.split(","))]
    for pattern in given or GROUPS:
        meant = {layer.name for layer in layers if _means(pattern, layer)}
        if given and not meant:
            others = (*_parts(layers), *GROUPS, "all")
            hint = "the network has none" if pattern in GROUPS else closest(pattern, layers, others)
            raise UsageError(f"no layer has the name or kind {pattern!r}; {hint}")
        wanted |= meant
    return [layer.name for layer in layers if layer.name in wanted]


def one(layers: Sequence[Layer], pattern: str) -> str:
    """The one of ``layers`` that ``pattern`` means: its name, a part of that, or these with ``*`` and ``?``.

    >>> from cnnviz.network.known import find
    >>> one(find("googlenet").layers, "*3a.concat")
    'inception3a.concat'

    Raises
    ------
    UsageError
        For a pattern that means none, or several.
    """
    names = [layer.name for layer in layers]
    meant = [pattern] if pattern in names else [name for name in names if _calls(pattern, name)]
    if not meant:
        raise UsageError(f"no layer has the name {pattern!r}; {closest(pattern, layers, _parts(layers))}")
    if len(meant) > 1:
        some = ", ".join([*meant[:_MOST_NAMED], *["..."] * (len(meant) > _MOST_NAMED)])
        raise UsageError(f"{pattern!r} means {len(meant)} layers, and it takes one: {some}")
    return meant[0]


def closest(name: str, layers: Sequence[Layer], others: Iterable[str] = ()) -> str:
    """What to try in place of ``name``, for the end of a message; ``conv1`` stands for convolutions.

    A name that others begin with, up to a dot, is a block of layers: it is answered with its own.

    >>> from cnnviz.network.known import find
    >>> closest("conv1", find("vgg11").layers), closest("conv4", find("lenet5").layers)
    ('conv layers: features.0, features.3, features.6, ...', 'did you mean conv2 or conv1?')
    """
    known = dict.fromkeys([*(layer.name for layer in layers), *others])
    inside = [each for each in known if each.startswith(f"{name}.")]
    close = did_you_mean(name, inside or known, most=_MOST_NAMED, listed=_MOST_NAMED)
    kind = KINDS.get(name.rstrip("0123456789"))
    alike = [layer.name for layer in layers if kind is not None and layer.kind == kind.name]
    if close.startswith("did you mean") or kind is None or not alike:
        return close
    return f"{kind.name} layers: {', '.join([*alike[:3], *(['...'] if len(alike) > 3 else [])])}"


def _parts(layers: Sequence[Layer]) -> Iterator[str]:
    return (part for layer in layers for part in layer.name.split("/") if part)


def _means(pattern: str, layer: Layer) -> bool:
    if pattern in GROUPS:
        return layer.kind in GROUPS[pattern]
    return pattern in ("all", layer.kind) or _calls(pattern, layer.name)


def _calls(pattern: str, name: str) -> bool:
    """Whether it is the name, or a part of it that is a path, character by character or by its stars."""
    return any(pattern == each or fnmatchcase(each, pattern) for each in (name, *name.split("/")))
