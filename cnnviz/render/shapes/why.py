"""The sums behind a row: each formula with its numbers, and what a stride leaves over."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import prod

from cnnviz.geometry import TransposedWindow, Window, extent, unseen
from cnnviz.network import operations as op
from cnnviz.network.receptive_field import Extent, View, first_view
from cnnviz.network.shapes import LayerShape, NetworkShapes
from cnnviz.network.spec import INPUT
from cnnviz.render.shapes.text import fraction_text

_AXES = (("height", "row"), ("width", "column"))


def why(shapes: NetworkShapes, layer: LayerShape) -> list[str]:
    """The sums of one layer, a line each.

    >>> from cnnviz.network.chain import read_chain
    >>> from cnnviz.network.shapes import shapes
    >>> found = shapes(read_chain(["conv:96,11,s=4"]), (3, 224, 224))
    >>> for line in why(found, found.layers[0]): print(line)
    (224 + 2*0 - 11)/4 + 1 = 54.25 -> 54: 1 row and 1 column are never seen; padding 2 or input 227 gives 55
    96*(3*11*11 + 1) = 34,944 parameters
    34,848 weights * 54*54 places = 101,616,768 MACs
    field 1 + (11 - 1)*1 = 11, jump 1*4 = 4
    """
    return [*_size(layer), *_costs(layer), *_field(shapes, layer)]


def _size(layer: LayerShape) -> Iterator[str]:
    window, operation = layer.window, layer.layer.operation
    if isinstance(window, Window):
        ceil = isinstance(operation, op.Pool) and operation.ceil and not isinstance(operation.padding, str)
        yield from _by_axis(window, lambda axis: _window_sum(window, axis, ceil=ceil))
    elif isinstance(window, TransposedWindow):
        yield from _by_axis(window, lambda axis: _transposed_sum(window, axis))
    elif isinstance(operation, op.AdaptivePool):
        for n, out in dict.fromkeys(zip(layer.inputs[0][1:], operation.out, strict=True)):
            yield (
                f"{n}/{out} = {fraction_text(Fraction(n, out))}: "
                f"window i goes from floor(i*{n}/{out}) to before ceil((i + 1)*{n}/{out})"
            )
    elif isinstance(operation, op.Flatten) and len(layer.inputs[0]) > 1:
        yield f"{'*'.join(map(str, layer.inputs[0]))} = {layer.output[0]:,} numbers"
    elif isinstance(operation, op.Concat):
        yield f"{' + '.join(str(shape[0]) for shape in layer.inputs)} = {layer.output[0]} channels"


def _by_axis(window: Window | TransposedWindow, line) -> Iterator[str]:  # type: ignore[no-untyped-def]
    """One line where both axes have the same numbers, else one each."""
    numbers = [
        (
            window.size[axis],
            window.kernel[axis],
            window.stride[axis],
            window.pads[axis],
            window.dilation[axis],
            window.output[axis],
        )
        for axis in (0, 1)
    ]
    if numbers[0] == numbers[1]:
        yield line(None)
    else:
        for axis, (name, _) in enumerate(_AXES):
            yield f"{name}: {line(axis)}"


def _window_sum(window: Window, axis: int | None, *, ceil: bool) -> str:
    at = axis or 0
    n, k, s, d = window.size[at], window.kernel[at], window.stride[at], window.dilation[at]
    (low, high), output = window.pads[at], window.output[at]
    span = str(k) if d == 1 else f"({d}*({k} - 1) + 1)"
    exact = Fraction(n + low + high - extent(k, d), s) + 1
    said = f"({n} + {_pads_sum(low, high)} - {span})/{s} + 1 = {_decimal(exact)}"
    if exact.denominator > 1 or exact != output:
        said += f" -> {output}"
    if ceil and exact.denominator > 1:
        up = -(-exact.numerator // exact.denominator)
        said += (
            " (rounded up)"
            if up == output
            else f" (rounded up, but the window at {up} would start in the padding)"
        )
    missed = unseen(n, k, s, low, d, output)
    if missed:
        said += f": {_lost(missed, axis)} never seen"
        if s <= extent(k, d) and d == 1:
            # What one place more needs: the smallest padding on both sides, or the smallest input.
            more = output * s + extent(k, d)
            said += f"; padding {max(-(-(more - n) // 2), 0)} or input {more - low - high} gives {output + 1}"
    return said


def _transposed_sum(window: TransposedWindow, axis: int | None) -> str:
    at = axis or 0
    n, k, s, d = window.size[at], window.kernel[at], window.stride[at], window.dilation[at]
    (low, high), more = window.pads[at], window.output_padding[at]
    span = f"({k} - 1)" if d == 1 else f"{d}*({k} - 1)"
    return f"({n} - 1)*{s} - {_pads_sum(low, high, minus=True)} + {span} + {more} + 1 = {window.output[at]}"


def _pads_sum(low: int, high: int, *, minus: bool = False) -> str:
    return f"2*{low}" if low == high else f"{low} {'-' if minus else '+'} {high}"


def _lost(missed: int, axis: int | None) -> str:
    names = [word for _, word in _AXES] if axis is None else [_AXES[axis][1]]
    counted = [f"{missed} {name}{'' if missed == 1 else 's'}" for name in names]
    return f"{' and '.join(counted)} {'is' if missed == 1 and axis is not None else 'are'}"


def _decimal(value: Fraction) -> str:
    """As many decimals as it needs, four at most."""
    return f"{float(value):.4f}".rstrip("0").rstrip(".") if value.denominator > 1 else str(value)


def _costs(layer: LayerShape) -> Iterator[str]:
    operation, tensors = layer.layer.operation, layer.tensors
    weight = tensors.get("weight")
    if weight is None:
        return
    if isinstance(operation, op.BatchNorm):
        yield f"2*{weight[0]} = {layer.parameters:,} parameters: a weight and a bias a channel"
        return
    if not layer.macs:
        yield f"{layer.parameters:,} parameters"
        return
    biased = "bias" in tensors
    if isinstance(operation, op.ConvTransposed):
        inner = "*".join(map(str, weight))
        yield f"{inner}{f' + {operation.out}' if biased else ''} = {layer.parameters:,} parameters"
        places = "*".join(map(str, layer.inputs[0][1:]))
    else:
        inner = "*".join(map(str, weight[1:]))
        one = f"({inner} + 1)" if biased else inner
        yield f"{weight[0]}*{one} = {layer.parameters:,} parameters"
        places = "*".join(map(str, layer.output[1:]))
    over = f" * {places} places" if places else ""
    yield f"{prod(weight):,} weights{over} = {layer.macs:,} MACs"


def _field(shapes: NetworkShapes, layer: LayerShape) -> Iterator[str]:
    if layer.view is Extent.WHOLE:
        if None in layer.sights:
            yield "field: the whole picture"
        return
    window = layer.window
    if isinstance(layer.view, Extent) or not isinstance(window, Window):
        return
    before = _view_of(shapes, layer.layer.inputs[0])
    if isinstance(before, Extent) or not all(field.exact for field in (*before, *layer.view)):
        return
    lines = []
    for axis in (0, 1):
        jump = fraction_text(before[axis].jump)
        k, s, d = window.kernel[axis], window.stride[axis], window.dilation[axis]
        span = f"({k} - 1)" if d == 1 else f"{d}*({k} - 1)"
        lines.append(
            f"field {before[axis].size} + {span}*{jump} = {layer.view[axis].size}, "
            f"jump {jump}*{s} = {fraction_text(layer.view[axis].jump)}"
        )
    yield from (
        [lines[0]]
        if lines[0] == lines[1]
        else [f"{name}: {line}" for (name, _), line in zip(_AXES, lines, strict=True)]
    )


def _view_of(shapes: NetworkShapes, name: str) -> View:
    return first_view(shapes.input) if name == INPUT else shapes[name].view
