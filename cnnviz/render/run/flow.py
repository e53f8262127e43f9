"""A whole network on one page: the picture, some maps of each layer, and what it says in the end.

A map keeps its column from a convolution through normalisation, activation and pooling: what each of them
does to it can be read downwards.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cnnviz.expressions import shape_text
from cnnviz.render.lettering import ascii_text, fitting, font, write
from cnnviz.render.lines import number_text
from cnnviz.render.run.layer_maps import LayerMaps
from cnnviz.render.run.layer_sheet import fitted_size, resized
from cnnviz.render.theme import DARK, LIGHT, Theme

MOST: Final = 8
"""Maps a layer."""

MOST_LAYERS: Final = 28
"""Layers on the page; of more, evenly many are left out."""

_READING: Final = (
    "maps are numbered by channel; those of largest positive values come first; a block keeps its columns",
    "one scale for all maps of a layer that are shown; the 0.5 % of largest values may lie beyond it",
)
_WIDTH: Final = 1040
_MARGIN: Final = 24
_NAMES: Final = 232  # pixels for what stands beside the maps
_SIDE: Final = 84  # a map's longer side
_NUMBER: Final = 14  # pixels for the channel above a map
_STEP: Final = 114  # from a strip to the next
_APART: Final = 96  # from a map to the next
_PICTURE: Final = 196
_LINE: Final = 20
_FOLD, _FOLDS = 34, 3  # letters a line of a long name, and such lines
_BAR: Final = (30, _WIDTH - 2 * _MARGIN - _NAMES)  # a vector's height and width
_SCALE: Final = (7, 120)  # of the bar of colours


class TopClass(NamedTuple):
    """One class: its label, output, probability where outputs are logits or probabilities, and number."""

    label: str
    value: float
    probability: float | None = None
    number: int | None = None

    @property
    def text(self) -> str:
        """The class and how sure the network is of it.

        >>> TopClass("cat", 8.25, 0.9312).text
        'cat: 93.1 % (8.25)'
        """
        return f"{self.label}: {self.numbers}"

    @property
    def numbers(self) -> str:
        """How sure it is, and the output itself."""
        value = number_text(self.value)
        return value if self.probability is None else f"{100 * self.probability:.1f} % ({value})"


class Strip(NamedTuple):
    """A layer on the page: maps of some ``channels``, reduced, so that no more of it has to be kept.

    Its scale is that of these maps: the strongest of many would all be of its last colour. A vector is one
    bar of cells: a cell for each of ``of_channels``, and no ``channels``.
    """

    name: str
    detail: str
    ends: str
    scale: Image.Image
    maps: tuple[Image.Image, ...]
    channels: tuple[int, ...]
    of_channels: int

    @classmethod
    def of(cls, layer: LayerMaps, channels: Sequence[int]) -> Strip:
        """The strip of ``layer`` with its maps of ``channels``."""
        shown = layer if layer.is_vector else layer.some(channels)
        height, width = _BAR if layer.is_vector else fitted_size(layer.maps.shape[1:], _SIDE)
        signed = layer.is_signed
        return cls(
            layer.name,
            f"{layer.kind}, {layer.shape_text}",
            shown.ends,
            Image.fromarray(shown.bar(*_SCALE)),
            tuple(
                resized(shown.colored(number), height, width, signed=signed)
                for number in range(len(shown.maps))
            ),
            () if layer.is_vector else tuple(channels),
            layer.maps.shape[2 if layer.is_vector else 0],
        )


class Flow(NamedTuple):
    """What is drawn: the ``picture`` (H, W[, 3]) as the network sees it, a strip a layer, its ``classes``.

    A line for each of the ``notes`` stands below the title. ``output`` says what the classes come from.
    """

    title: str
    notes: Sequence[str]
    picture: NDArray[np.uint8]
    strips: Sequence[Strip]
    classes: Sequence[TopClass]
    output: str = ""


def draw(flow: Flow, *, dark: bool = False) -> NDArray[np.uint8]:
    """The page (H, 1040, 3)."""
    theme = DARK if dark else LIGHT
    strips = _some(flow.strips)
    some = len(strips) < len(flow.strips)
    numbered = any(strip.channels for strip in strips)
    notes = [*flow.notes, *_READING * numbered]
    notes += [f"{len(strips)} of {len(flow.strips)} layers are shown"] * some
    classes = 26 * len(flow.classes) + 24 if flow.classes else 0
    top = 60 + _LINE * len(notes)
    picture = max(fitted_size(flow.picture.shape[:2], _PICTURE)[0], 40) + 24
    height = top + picture + len(strips) * _STEP + classes + _MARGIN
    page = Image.new("RGB", (_WIDTH, height), theme.paper)
    pen = ImageDraw.Draw(page)
    room = _WIDTH - 2 * _MARGIN
    write(pen, (_MARGIN, 16), flow.title, 22, theme.ink, room)
    for number, note in enumerate(notes):
        write(pen, (_MARGIN, 46 + _LINE * number), note, 14, theme.ink, room)
    _picture(page, pen, theme, flow.picture, top)
    top += picture
    for strip in strips:
        _strip(page, pen, theme, strip, top)
        top += _STEP
    if flow.classes:
        _classes(pen, theme, flow, top)
    return np.asarray(page)


def _some(strips: Sequence[Strip]) -> Sequence[Strip]:
    if len(strips) <= MOST_LAYERS:
        return strips
    places = np.linspace(0, len(strips) - 1, MOST_LAYERS).round().astype(int).tolist()
    return [strips[place] for place in places]


def _picture(
    page: Image.Image, pen: ImageDraw.ImageDraw, theme: Theme, picture: NDArray[np.uint8], top: int
) -> None:
    height, width = fitted_size(picture.shape[:2], _PICTURE)
    write(pen, (_MARGIN, top), "the picture", 16, theme.ink, _NAMES)
    write(
        pen,
        (_MARGIN, top + 22),
        f"{shape_text(picture.shape[:2])}, as the network sees it",
        12,
        theme.ink,
        _NAMES - 12,
    )
    grows = height > picture.shape[0]
    kind = Image.Resampling.NEAREST if grows else Image.Resampling.BOX
    page.paste(Image.fromarray(picture).convert("RGB").resize((width, height), kind), (_MARGIN + _NAMES, top))


def _strip(page: Image.Image, pen: ImageDraw.ImageDraw, theme: Theme, strip: Strip, top: int) -> None:
    """A layer: its name, shape and scale, and its maps, each below the number of its channel."""
    room = _NAMES - 12
    below = _name(pen, theme, strip.name, top, room)
    write(pen, (_MARGIN, below), strip.detail, 12, theme.ink, room)
    write(pen, (_MARGIN, below + 18), strip.ends, 12, theme.ink, room)
    page.paste(strip.scale, (_MARGIN, below + 37))
    if strip.of_channels > len(strip.channels) > 0:
        some = f"{len(strip.channels)} of {strip.of_channels} channels"
        write(pen, (_MARGIN, below + 49), some, 12, theme.ink, room)
    left = _MARGIN + _NAMES
    for place, image in enumerate(strip.maps):
        page.paste(image, (left + place * _APART, top + _NUMBER))
    for place, channel in enumerate(strip.channels):
        write(pen, (left + place * _APART, top), str(channel), 11, theme.ink, _SIDE)
    if not strip.channels:
        pen.text((left, top), "0", theme.ink, font(11))
        last = str(strip.of_channels - 1)
        pen.text((left + _BAR[1], top), last, theme.ink, font(11), anchor="ra")


def _name(pen: ImageDraw.ImageDraw, theme: Theme, name: str, top: int, room: int) -> int:
    """The name of a layer; a long one in smaller letters, or on a few lines, of which the last are kept."""
    line = ascii_text(name)
    letters = fitting([line], room, 16)
    if letters is not None:
        pen.text((_MARGIN, top + 16), line, theme.ink, letters, anchor="ls")
        return top + 22
    folded = list(_folded(line))
    lines = folded if len(folded) <= _FOLDS else [f"...{folded[-_FOLDS]}", *folded[1 - _FOLDS :]]
    for number, part in enumerate(lines):
        write(pen, (_MARGIN, top + 13 * number), part, 11, theme.ink, room)
    return top + 13 * len(lines) + 4


def _folded(line: str) -> Iterator[str]:
    """Parts of a line, broken before a slash or a dot where there is one near the end."""
    while len(line) > _FOLD:
        place = max(line.rfind("/", 0, _FOLD), line.rfind(".", 0, _FOLD))
        place = place if place > _FOLD // 2 else _FOLD
        yield line[:place]
        line = line[place:]
    yield line


def _classes(pen: ImageDraw.ImageDraw, theme: Theme, flow: Flow, top: int) -> None:
    """The top classes as bars, the numbers before the labels: these may be cut."""
    write(pen, (_MARGIN, top + 6), "what it says", 16, theme.ink, _NAMES)
    write(pen, (_MARGIN, top + 28), flow.output, 12, theme.ink, _NAMES - 12, keep_end=True)
    largest = max((abs(each.value) for each in flow.classes), default=0) or 1
    left = _MARGIN + _NAMES
    numbers = left + 376
    label = numbers + max(math.ceil(font(15).getlength(each.numbers)) for each in flow.classes) + 16
    for number, each in enumerate(flow.classes):
        row = top + 8 + 26 * number
        share = abs(each.value) / largest if each.probability is None else each.probability
        pen.rectangle((left, row, left + max(round(360 * share), 1), row + 17), theme.minus)
        pen.text((numbers, row), each.numbers, theme.ink, font(15))
        write(pen, (label, row), each.label, 15, theme.ink, _WIDTH - label - _MARGIN)
