"""Working backwards: which number for a ``_`` gives the wanted output, and which inputs lose nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import lcm, prod
from typing import Final, NamedTuple

from cnnviz.errors import CnnvizError, UsageError
from cnnviz.geometry import EACH, Window
from cnnviz.network import operations as op
from cnnviz.network.kinds import KINDS
from cnnviz.network.parameters import MAX_COUNT
from cnnviz.network.shapes import shapes
from cnnviz.network.spec import INPUT, Asked, Layer, LayerError, Network, Shape

MAX_TRIED: Final = 4096
"""The largest kernel, stride, padding, dilation, input or period that is tried."""

_MOST_LAYERS_SENT: Final = 250_000
"""How many layers are worked out at the most to answer one question: some seconds."""

_MOST_CELLS: Final = 30_000_000
"""How many cells are looked at to find out at which inputs nothing is lost."""


class Answer(NamedTuple):
    """The numbers that give the wanted output; where there are none, the nearest with what they give."""

    asked: Asked
    fits: tuple[int, ...]
    nearest: tuple[tuple[int, Shape], ...] = ()


class Inputs(NamedTuple):
    """The square inputs that a network takes: the smallest, and those at which nothing is lost.

    Nothing is lost at ``n`` when ``n % modulus`` is among ``residues`` (of the sizes just above the smallest
    a few more may lose nothing); a ``modulus`` of 0: not worked out.
    """

    smallest: int
    output: Shape
    modulus: int
    residues: tuple[int, ...]


def solved(network: Network, asked: Asked, shape: Shape, output: Shape) -> Answer:
    """Every integer in place of the ``_`` with which ``network`` makes ``output`` of ``shape``.

    >>> from cnnviz.network.chain import read_chain
    >>> network = read_chain(["conv:64,7,s=2,p=_"])
    >>> solved(network, network.asked, (3, 224, 224), (64, 112, 112)).fits
    (3,)

    Raises
    ------
    NetworkError
        When the layers before the unknown one do not fit together.
    """
    given = _before(network, asked, shape)
    made = []
    most = _most_tried(network)
    for number in _candidates(asked.key, [given[name] for name in asked.layer.inputs], output, most):
        layers = (_with(asked, number), *network.layers[asked.number + 1 :])
        try:
            made.append((number, _sent(layers, given)))
        except CnnvizError:  # this number does not fit
            continue
    fits = tuple(number for number, found in made if found == output)
    nearest = sorted(made, key=lambda each: (_distance(each[1], output), each[0]))[:2]
    return Answer(asked, fits, () if fits else tuple(sorted(nearest)))


def arriving(network: Network, asked: Asked, shape: Shape) -> Shape:
    """The shape that comes to the layer with the ``_``.

    Raises
    ------
    NetworkError
        When the layers before it do not fit together.
    """
    return _before(network, asked, shape)[asked.layer.inputs[0]]


def _before(network: Network, asked: Asked, shape: Shape) -> dict[str, Shape]:
    """The outputs of all layers before the one with the ``_``."""
    before = shapes(network._replace(layers=network.layers[: asked.number]), shape)
    return {INPUT: shape, **{layer.name: layer.output for layer in before.layers}}


def inputs(network: Network, channels: int) -> Inputs:
    """The square inputs of so many ``channels`` that ``network`` takes.

    >>> from cnnviz.network.chain import read_chain
    >>> inputs(read_chain(["conv:96,11,s=4", "maxpool:3,s=2"]), 3)
    Inputs(smallest=19, output=(96, 1, 1), modulus=8, residues=(3,))

    Raises
    ------
    UsageError
        When it takes none up to `MAX_TRIED`; the message says why not.
    """
    smallest, refusal = 0, ""
    most = _most_tried(network)
    for n in range(1, most + 1):
        try:
            output = _sent(network.layers, {INPUT: (channels, n, n)})
        except CnnvizError as error:
            refusal = str(error)
        else:
            smallest = n
            break
    if not smallest:
        raise UsageError(f"no square input up to {most} fits; at {most}: {refusal}")
    period = _period(network, (channels, smallest, smallest))
    if period > MAX_TRIED or period * (smallest + 2 * period) * len(network.layers) > _MOST_CELLS:
        return Inputs(smallest, output, 0, ())
    # A period on, every window has two places at least, and the pattern of what is left over repeats.
    sizes = range(smallest + period, smallest + 2 * period)
    residues = {n % period for n in sizes if _nothing_lost(network, (channels, n, n))}
    modulus = next(
        m
        for m in range(1, period + 1)
        if period % m == 0 and all((residue + m) % period in residues for residue in residues)
    )
    return Inputs(smallest, output, modulus, tuple(sorted({residue % modulus for residue in residues})))


def _most_tried(network: Network) -> int:
    return max(min(MAX_TRIED, _MOST_LAYERS_SENT // max(len(network.layers), 1)), 1)


def _sent(layers: Sequence[Layer], given: dict[str, Shape]) -> Shape:
    """The output of the last of ``layers``, without costs and fields; raises `LayerError`."""
    made = dict(given)
    for layer in layers:
        made[layer.name] = layer.operation.output(*(made[name] for name in layer.inputs))
    return made[layers[-1].name]


def _with(asked: Asked, number: int) -> Layer:
    """The layer with ``number`` in place of its ``_``."""
    spread = KINDS[asked.layer.kind].parameter(asked.key).spread or int
    return asked.layer._replace(operation=asked.layer.operation.replaced(**{asked.key: spread(number)}))


def _candidates(key: str, inputs: Sequence[Shape], output: Shape, most: int) -> Iterator[int]:
    """The integers worth trying, ascending, about ``most`` at the most."""
    if key in ("out", "multiplier", "groups", "slopes"):
        total = prod(output)
        small = min(total, most)
        yield from range(1, small + 1)
        if key != "groups":
            # Behind a flatten, out is a divisor of what is asked for.
            large = {total // divisor for divisor in range(1, small + 1) if total % divisor == 0}
            yield from sorted(number for number in large if small < number <= MAX_COUNT)
        return
    largest = max(max(shape) for shape in (*inputs, output))
    yield from range(0 if key in ("padding", "output_padding") else 1, min(2 * largest + 64, most) + 1)


def _distance(found: Shape, wanted: Shape) -> float:
    if len(found) != len(wanted):
        return float("inf")
    return sum(abs(a - b) / b for a, b in zip(found, wanted, strict=True))


def _period(network: Network, shape: Shape) -> int:
    """After how many pixels every window of the network stands as before: the product of the strides."""
    found = shapes(network, shape, strict=False)
    jumps: dict[str, tuple[int, ...] | None] = {INPUT: (1,)}
    period = 1
    for layer in found.layers:
        sources = [jumps[name] for name in layer.layer.inputs]
        fixed = None in layer.sights or isinstance(layer.layer.operation, op.AdaptivePool) or None in sources
        if fixed:  # from here on the sizes no longer follow the input's
            jumps[layer.name] = None
            continue
        jump = lcm(*(each for source in sources if source is not None for each in source))
        stride = layer.window.stride if isinstance(layer.window, Window) else (1, 1)
        jumps[layer.name] = tuple(jump * step for step in stride)
        period = lcm(period, *(jump * step for step in stride))
    return period


def _nothing_lost(network: Network, shape: Shape) -> bool:
    """Whether every cell of every map is seen by one of the layers that take it, along either axis."""
    made = {INPUT: shape}
    seen: dict[tuple[str, int], set[int]] = {}
    for layer in network.layers:
        sources = [made[name] for name in layer.inputs]
        try:
            made[layer.name] = layer.operation.output(*sources)
        except LayerError:
            return False
        sights = layer.operation.sights(*sources)
        for name, source, sight in zip(layer.inputs, sources, sights, strict=True):
            for axis, n in enumerate(source[1:]):
                field = None if sight is None else sight[axis]
                units = range(made[layer.name][1 + axis]) if field is not None else range(0)
                cells = set(range(n)) if field in (None, EACH) else field.seen(units, n)
                seen[name, axis] = seen.get((name, axis), set()) | cells
    return all(len(cells) == made[name][1 + axis] for (name, axis), cells in seen.items())
