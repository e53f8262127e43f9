"""A network in one line: ``conv:6,5 relu maxpool:2 flatten linear:10``."""

from __future__ import annotations

from collections.abc import Sequence

from cnnviz.errors import CnnvizError, NetworkError, UsageError
from cnnviz.expressions import Expression, did_you_mean
from cnnviz.network.kinds import Kind, build, kind_named
from cnnviz.network.naming import Namer
from cnnviz.network.spec import INPUT, Layer, Network


def read_chain(words: Sequence[str], name: str = "") -> Network:
    """Read layers written as ``KIND[:value,...,key=value]``, each on the output of the one before.

    ``add``, ``mul`` and ``concat`` take the names of further layers, as ``add:conv1``.

    >>> [layer.name for layer in read_chain(["conv:6,5", "relu", "conv:16,5"]).layers]
    ['conv1', 'relu1', 'conv2']

    Raises
    ------
    NetworkError
        With a line for each layer that cannot be read.
    """
    layers: list[Layer] = []
    problems: list[str] = []
    known: dict[str, None] = {INPUT: None}  # ordered, for messages
    namer = Namer()
    for number, text in enumerate(words, 1):
        place = f"layer {number}, {text}"
        try:
            kind, others, given = layer_of(text)
            layer_name = namer.fresh(kind.name)
            before = layers[-1].name if layers else INPUT
            problems += [
                f"{place}: no layer {other!r} before it; {did_you_mean(other, known)}"
                for other in others
                if other not in known
            ]
            built = build(kind, given)
            problems += [f"{place}: {message}" for _, message in built.problems]
            if built.operation is not None:
                inputs = (before, *others)
                layers.append(Layer(layer_name, kind.name, built.operation, inputs, place, built.unknown))
                known[layer_name] = None
        except CnnvizError as error:
            problems.append(f"{place}: {error}")
    if not words:
        problems.append("a network needs layers; try conv:6,5 relu maxpool:2 flatten linear:10")
    if problems:
        raise NetworkError(*problems)
    return Network(tuple(layers), name)


def layer_of(text: str) -> tuple[Kind, tuple[str, ...], list[tuple[str, object]]]:
    """One layer of a chain: its kind, the names of layers it joins, and its parameters, not yet read.

    >>> kind, others, given = layer_of("conv:64,3x5,s=2")
    >>> kind.name, others, given
    ('conv', (), [('out', '64'), ('kernel', '3x5'), ('s', '2')])

    Raises
    ------
    UsageError
        For an unknown kind, and for too many values.
    """
    expression = Expression.parse(text)
    kind = kind_named(expression.name)
    positional, named = expression.positional, list(expression.named.items())
    if kind.joins:
        if not positional:
            raise UsageError(f"{kind.name} needs the name of a layer to join, as {kind.name}:conv1")
        return kind, positional, [*named]
    keys = [each.name for each in kind.parameters]
    if len(positional) > len(keys):
        takes = (
            f"{len(keys)} value{'' if len(keys) == 1 else 's'} ({', '.join(keys)})" if keys else "no values"
        )
        raise UsageError(f"{kind.name} takes {takes}, not {len(positional)}")
    return kind, (), [*zip(keys, positional, strict=False), *named]
