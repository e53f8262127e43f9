"""Operators that move numbers about: where places are kept, so are receptive fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from cnnviz.geometry import Field, Pair
from cnnviz.network import operations as op
from cnnviz.network.onnx.node import Node
from cnnviz.network.onnx.operations import OWN, UNKNOWN, Given
from cnnviz.network.spec import Operation, Shape, Sight

Operations: TypeAlias = Sequence[Operation] | None


def kept(shape: Shape, made: Shape) -> bool:
    """Whether height and width, the last two axes, are as before.

    >>> kept((8, 7, 7), (2, 4, 7, 7)), kept((8, 7, 7), (392,))
    (True, False)
    """
    return len(shape) >= 3 and len(made) >= 3 and shape[-2:] == made[-2:]


def _reshaped(node: Node) -> Operations:
    """Places are kept where the last two axes are (channel shuffle); otherwise any may be anywhere."""
    return [Given(node.output, (OWN if kept(node.shapes[0], node.output) else None,))]


def _flattened(node: Node) -> Operations:
    from_channels = node.attribute("axis", 1) in (1, -len(node.shapes[0]))
    return [op.Flatten()] if from_channels else _reshaped(node)


def _transposed(node: Node) -> Operations:
    order = tuple(node.attribute("perm") or ())
    in_place = order[-2:] == (len(order) - 2, len(order) - 1) and kept(node.shapes[0], node.output)
    return [Given(node.output, (OWN if in_place else None,))]


def _sliced(node: Node) -> Operations:
    if len(node.sources) > 1:
        return None
    shape = node.shapes[0]
    if kept(shape, node.output):
        return [Given(node.output, (OWN,))]
    rank = len(shape) + 1  # with the batch
    if "starts" in {each.name for each in node.proto.attribute}:  # before opset 10
        starts, axes, steps = node.attribute("starts"), node.attribute("axes"), None
    else:
        starts, axes, steps = node.integers(1), node.integers(3), node.integers(4)
    if starts is None or (3 in node.constants and axes is None) or (4 in node.constants and steps is None):
        return [Given(node.output, (UNKNOWN,))]
    cuts = zip(starts, steps or [1] * len(starts), strict=False)
    taken = dict(zip((axis % rank for axis in axes or range(len(starts))), cuts, strict=False))
    return [Given(node.output, (_shifted(shape, node.output, rank, taken),))]


def _shifted(shape: Shape, made: Shape, rank: int, taken: dict[int, tuple[int, int]]) -> Sight:
    """What units see that were cut out from ``start`` on, every ``step``-th."""
    if rank != 4 or len(made) != 3:
        return UNKNOWN
    fields = []
    for axis, n in ((2, shape[1]), (3, shape[2])):
        start, step = taken.get(axis, (0, 1))
        begin = max(min(start + n if start < 0 else start, n - 1), 0)
        if step < 1:
            return UNKNOWN
        fields.append(Field.sliding(1, step, -begin))
    return fields[0], fields[1]


def _split(node: Node) -> Operations:
    """One output behind the other along an axis."""
    shape = node.shapes[0]
    rank = len(shape) + 1
    axis = node.attribute("axis", 0) % rank
    operations, begin = [], 0
    for made in node.outputs:
        if kept(shape, made):
            sight: Sight = OWN
        else:
            sight = _shifted(shape, made, rank, {axis: (begin, 1)})
        operations.append(Given(made, (sight,)))
        begin += made[axis - 1] if len(made) == len(shape) and axis else 0
    return operations


def _padded(node: Node) -> Operations:
    if node.sources != (0,):
        return None
    shape = node.shapes[0]
    old = len(node.proto.input) == 1  # before version 11
    pads = tuple(node.attribute("pads") or ()) if old else node.integers(1)
    value = node.values(2) if 2 in node.constants else (node.attribute("value", 0.0),)
    if pads is None or 3 in node.constants or len(pads) != 2 * (len(shape) + 1) or len(shape) != 3:
        return [Given(node.output, (OWN if kept(shape, node.output) else UNKNOWN,))]
    before, after = pads[: len(pads) // 2], pads[len(pads) // 2 :]
    if any(before[:2]) or any(after[:2]) or min(pads) < 0 or value is None:
        return [Given(node.output, ((Field.sliding(1, 1, before[2]), Field.sliding(1, 1, before[3])),))]
    return [op.Pad(((before[2], after[2]), (before[3], after[3])), value[0])]


def _resized(node: Node) -> Operations:
    """By whole numbers upwards: repeated or blended; all else is not worked out."""
    if node.sources != (0,):
        return None
    scale = _scale(node)
    mode = node.attribute("mode", "nearest")
    where, rounding = "asymmetric", "floor"
    if not _is_old_resize(node):
        where = node.attribute("coordinate_transformation_mode", "half_pixel")
        rounding = node.attribute("nearest_mode", "round_prefer_floor")
    centred = where in ("half_pixel", "pytorch_half_pixel")
    # Every cell as often as every other.
    repeated = rounding.startswith("round") if centred else (where, rounding) == ("asymmetric", "floor")
    if scale is None or not (repeated if mode == "nearest" else centred and mode == "linear"):
        return [Given(node.output, (UNKNOWN,))]
    return [op.Upsample(scale, "nearest" if mode == "nearest" else "bilinear")]


def _is_old_resize(node: Node) -> bool:
    """Before version 11: the picture and the scales, and no word on how places are found."""
    return len(node.proto.input) <= 2


def _scale(node: Node) -> Pair | None:
    """How many times as high and as wide it becomes, where that is known to be whole."""
    shape, made = node.shapes[0], node.output
    if len(shape) != 3 or made[:1] != shape[:1] or min(made) < 1 or made[1] % shape[1] or made[2] % shape[2]:
        return None
    scale = made[1] // shape[1], made[2] // shape[2]
    # 2.1 times 8 is 16 too, but then other cells are taken.
    given = node.attribute("scales") or node.values(1 if _is_old_resize(node) else 2)
    by_size = 3 in node.constants
    return scale if by_size or (given is not None and tuple(given[-2:]) == scale) else None


def _to_space(node: Node) -> Operations:
    block = node.attribute("blocksize", 1)
    field = Field((0,) * block, (0,) * block) if 0 < block <= 64 else None
    return [Given(node.output, ((field, field),))]


def _to_depth(node: Node) -> Operations:
    block = node.attribute("blocksize", 1)
    return [Given(node.output, ((Field.sliding(block, block),) * 2 if block > 0 else UNKNOWN,))]


RESHAPING: Final[dict[str, tuple[Callable[[Node], Operations], str]]] = {
    "Flatten": (_flattened, "flatten"),
    "Reshape": (_reshaped, ""),
    "Squeeze": (_reshaped, ""),
    "Unsqueeze": (_reshaped, ""),
    "Expand": (_reshaped, ""),
    "Tile": (_reshaped, ""),
    "Gather": (_reshaped, ""),
    "Transpose": (_transposed, ""),
    "Slice": (_sliced, ""),
    "Split": (_split, ""),
    "Pad": (_padded, "pad"),
    "Resize": (_resized, "upsample"),
    "Upsample": (_resized, "upsample"),
    "DepthToSpace": (_to_space, ""),
    "SpaceToDepth": (_to_depth, ""),
}
