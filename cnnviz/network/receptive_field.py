"""Receptive fields through a network, along every path.

A field is the hull of what a unit sees on any path, as cells of the picture and of the padding around it, as
if every map went on for ever; `cnnviz.network.seen` names the very pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TypeAlias

from cnnviz.geometry import EACH, Field
from cnnviz.network.spec import Shape, Sight


class Extent(Enum):
    """Fields that are no rectangle of a size."""

    WHOLE = "all"
    """The whole picture: behind flatten, linear layers and global pools."""
    UNKNOWN = "?"
    """Behind an unknown operator, where paths have different jumps, or after too long a pattern."""


View: TypeAlias = tuple[Field, Field] | Extent
"""What the units of a layer see of the picture, down and across."""


def first_view(shape: Shape) -> View:
    """What the picture sees of itself; a vector has no places."""
    return (EACH, EACH) if len(shape) == 3 else Extent.WHOLE


def composed(sight: Sight, inner: View) -> View:
    """What units see of the picture that see ``sight`` of a layer whose own view is ``inner``."""
    if sight is None or inner is Extent.WHOLE:
        return Extent.WHOLE
    if isinstance(inner, Extent):
        return inner
    fields = [outer and outer.through(deeper) for outer, deeper in zip(sight, inner, strict=True)]
    vertical, horizontal = fields
    return Extent.UNKNOWN if vertical is None or horizontal is None else (vertical, horizontal)


def joined(views: Sequence[View]) -> View:
    """All paths together; unknown where their jumps differ."""
    if Extent.WHOLE in views:
        return Extent.WHOLE
    first, *others = views
    for other in others:
        if isinstance(first, Extent) or isinstance(other, Extent):
            return Extent.UNKNOWN
        vertical, horizontal = (a.joined(b) for a, b in zip(first, other, strict=True))
        if vertical is None or horizontal is None:
            return Extent.UNKNOWN
        first = (vertical, horizontal)
    return first


def different_jumps(views: Sequence[View]) -> bool:
    """Whether paths meet whose units lie differently far apart: no unit sees one place on both."""
    jumps = {tuple(field.jump for field in view) for view in views if not isinstance(view, Extent)}
    return len(jumps) > 1
