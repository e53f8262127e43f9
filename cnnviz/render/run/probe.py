"""A unit of a network, as text, as JSON and as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cnnviz.files import printable
from cnnviz.lessons.explain import Explanation
from cnnviz.network.probe import PADDING, Unit
from cnnviz.network.seen import Seen
from cnnviz.network.spec import Shape
from cnnviz.render.explain import card as explain_card
from cnnviz.render.explain import text as explain
from cnnviz.render.explain.panels import Panel, whole
from cnnviz.render.lines import number_text
from cnnviz.render.run.layer_maps import LayerMaps

if TYPE_CHECKING:
    from rich.text import Text

_BAR: Final = 8  # times as wide as high


class Probed(NamedTuple):
    """The units from the one asked for to the last multiplication; what the first sees of the picture.

    ``seen`` is None where that is not known. ``picture`` (H, W[, 3]) is as the network sees it, ``maps``
    are those of the first unit's layer.
    """

    units: tuple[Unit, ...]
    seen: Seen | None
    input: Shape
    explanation: Explanation | None
    picture: NDArray[np.uint8]
    maps: LayerMaps


def lines(probed: Probed) -> list[str]:
    """The unit, what it sees, and where its value comes from."""
    said = []
    for unit in probed.units:
        row, column = unit.at
        why = f", {unit.why}" if unit.why else ""
        said.append(
            f"{unit.layer} ({unit.kind}), map {unit.channel}, row {row}, column {column}: "
            f"{number_text(unit.value)}{why}"
        )
    last = probed.units[-1]
    if probed.explanation is None and last.why != PADDING:
        said.append(_unexplained(last))
    return [said[0], _sight(probed), *said[1:]]


def _unexplained(unit: Unit) -> str:
    """Why no arithmetic is shown; the weight of a quantized model is made by other nodes of its graph."""
    if unit.kind in ("conv", "depthwise"):
        return f"the weight of {unit.layer} is worked out on the way: its multiplication is not shown"
    return "no single multiplication lies behind it"


def _sight(probed: Probed) -> str:
    """What the unit sees of the picture, in words."""
    seen = probed.seen
    if seen is None or seen.rectangle is None:
        return "what it sees of the picture is not known"
    (top, bottom), (left, right) = seen.rectangle
    size = f"{bottom - top + 1}x{right - left + 1}"
    place = f"it sees {size} pixels: rows {top} to {bottom}, columns {left} to {right}"
    if seen.pixels == seen.rectangle or seen.pixels is None:
        return place
    (top, bottom), (left, right) = seen.pixels
    return f"{place}; in the picture rows {top} to {bottom}, columns {left} to {right}, the rest is padding"


def text(probed: Probed, width: int) -> Text:
    """For a terminal: the way back, and the arithmetic."""
    from rich.text import Text

    result = Text("\n".join(map(printable, lines(probed))))
    if probed.explanation is None:
        return result
    result.append("\n\n")
    return result.append_text(explain.arithmetic(probed.explanation, width, white=0, read="input"))


def document(probed: Probed) -> dict[str, Any]:
    """As JSON."""
    seen = probed.seen
    return {
        "units": [unit._asdict() for unit in probed.units],
        "rectangle": seen and seen.rectangle,
        "pixels": seen and seen.pixels,
        "explanation": probed.explanation and explain.content(probed.explanation),
    }


def draw(probed: Probed, title: str, notes: Sequence[str] = (), *, dark: bool = False) -> NDArray[np.uint8]:
    """The receptive field on the picture, its crop, the unit in its map, and the arithmetic (H, 1280, 3)."""
    place = _in_its_map(probed)
    panels = [place]
    if probed.seen is not None and probed.seen.rectangle is not None:
        (top, bottom), (left, right) = probed.seen.rectangle
        box = top, left, bottom + 1, right + 1
        full = whole(probed.picture.shape)
        around = min(top, 0), min(left, 0), max(box[2], full[2]), max(box[3], full[3])
        field = Panel("the picture, and what the unit sees", probed.picture, box, around)
        close = [] if probed.seen.pixels is None else [Panel("what it sees", probed.picture, box, box)]
        panels = [field, *close, place]
    return explain_card.page(
        title, panels, probed.explanation, [*lines(probed), *notes], white=0, read="input", dark=dark
    )


def _in_its_map(probed: Probed) -> Panel:
    """Where the unit stands; where a map is one number, in the bar of all channels."""
    unit, maps = probed.units[0], probed.maps
    row, column = unit.at
    if not maps.is_vector:
        drawn, box = maps.colored(unit.channel), (row, column, row + 1, column + 1)
        return Panel("the unit in its map", drawn, box, whole(drawn.shape))
    cells = maps.colored(0)
    bar = cells.repeat(max(cells.shape[1] // _BAR, 1), axis=0)
    box = (0, unit.channel, len(bar), unit.channel + 1)
    return Panel("the unit among its channels", bar, box, whole(bar.shape))
