"""A kernel as it forms, as the frames of an animation: its cells, its map beside the target's, the loss."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cnnviz.lessons.learn import Learned, Step, milestones
from cnnviz.render import line_chart, tone
from cnnviz.render.animation import Palette
from cnnviz.render.kernels.lines import numbers
from cnnviz.render.learn.text import cosine_text
from cnnviz.render.lettering import SMALLEST, Color, Font, ascii_text, fitting, font, heading
from cnnviz.render.line_chart import Axes, Curve
from cnnviz.render.lines import number_text, scale_text
from cnnviz.render.theme import DARK, LIGHT, Theme, fitted, hang

MOST: Final = 60
"""Frames of an animation, at most."""

_WIDTH: Final = 900
_MARGIN: Final = 28
_SQUARE: Final = 240  # of the kernel
_MAP: Final = (214, 284)  # height and width of a map, at most
_NARROWEST: Final = 100  # of a map's place: its heading wants room
_GAP: Final = 18
_TOP: Final = 88  # of the panels
_CHART: Final = 210  # its height
_GREYS: Final = 16
_GREYS_ELSEWHERE: Final = 64  # than in a GIF, whose files they would make half as large again
_TINTS: Final = 10  # of each sign


class _Lettering(NamedTuple):
    """How the cells of the kernel are written in every frame."""

    digits: int
    letters: Font


def frames(
    learned: Learned, names: tuple[str, str], suffix: str, *, dark: bool = False, most: int = MOST
) -> tuple[list[NDArray[np.uint8]], Palette]:
    """The frames (H, 900) as codes of a palette, at most ``most``, more of them early.

    ``names`` are those of the picture and of the target; ``suffix`` decides how many greys there are.
    """
    theme = DARK if dark else LIGHT
    palette = Palette(_colors(theme, suffix))
    scale = tone.fit(learned.exercise.samples[0].target[np.newaxis], None)
    steps = [learned.steps[number] for number in milestones(learned.last.number, most)]
    lettering = _lettering([step.kernel for step in steps])
    pages = (_page(learned, step, names, theme, scale, lettering) for step in steps)
    return [palette.codes(page) for page in pages], palette


def _colors(theme: Theme, suffix: str) -> list[Color]:
    """Greys of the maps, between ink and paper too, the tints of cells, and the theme's own."""
    tints = [theme.tint(sign * each, _TINTS) for each in range(1, _TINTS + 1) for sign in (1, -1)]
    plain = [theme.paper, theme.ink, theme.faint, theme.mark, theme.plus, theme.minus]
    greys = _GREYS if suffix == ".gif" else _GREYS_ELSEWHERE
    levels = [round(255 * each / (greys - 1)) for each in range(greys)]
    return [*plain, *((level, level, level) for level in levels), *tints]


def _page(
    learned: Learned,
    step: Step,
    names: tuple[str, str],
    theme: Theme,
    scale: tone.Tone,
    lettering: _Lettering | None,
) -> NDArray[np.uint8]:
    target = _map_picture(learned.exercise.samples[0].target, scale)
    chart = _TOP + _SQUARE + _GAP
    page = Image.new("RGB", (_WIDTH, chart + _CHART + _MARGIN // 2), theme.paper)
    pen = ImageDraw.Draw(page)
    title = f"{names[0]}: learning the kernel behind {names[1]}"
    line, letters = heading(title, names, _WIDTH - 2 * _MARGIN, 21)
    pen.text((_MARGIN, 14), line, theme.ink, letters)
    _facts(pen, theme, learned, step)
    _kernel(pen, theme, step.kernel, learned.last.kernel, lettering)
    left = _MARGIN + _SQUARE + _GAP
    for name, picture in (("its map", _map_picture(learned.map(step), scale)), ("the target", target)):
        pen.text((left, _TOP - 20), name, theme.ink, font(14))
        hang(page, picture, (left, _TOP), theme)
        left += max(target.width, _NARROWEST) + _GAP
    pen.text((_MARGIN + _SQUARE + _GAP, _TOP + target.height + 8), scale_text(scale), theme.ink, font(13))
    _loss(pen, theme, learned, step, (_MARGIN, chart, _WIDTH - _MARGIN, chart + _CHART))
    return np.asarray(page)


def _facts(pen: ImageDraw.ImageDraw, theme: Theme, learned: Learned, step: Step) -> None:
    """The step, its loss, and how close it is, each at a place of its own so that only digits move."""
    close = learned.closeness(step)
    facts = [f"step {step.number} of {learned.last.number}", f"loss {number_text(step.loss)}"]
    if close is not None and close.cosine is not None:
        facts.append(f"cosine to the target's kernel {cosine_text(close.cosine)}")
    for place, fact in zip((0, 150, 290), facts, strict=False):
        pen.text((_MARGIN + place, 42), ascii_text(fact), theme.ink, font(16))


def _kernel(
    pen: ImageDraw.ImageDraw,
    theme: Theme,
    kernel: NDArray[Any],
    last: NDArray[Any],
    lettering: _Lettering | None,
) -> None:
    """The cells, tinted by the largest of the ``last`` step, and their numbers where there is room."""
    pen.text((_MARGIN, _TOP - 20), "the kernel", theme.ink, font(14))
    side, largest = _side(kernel), float(np.abs(last).max())
    texts = [] if lettering is None else numbers(kernel, last, lettering.digits)
    for row, column in np.ndindex(kernel.shape):
        left, top = _MARGIN + column * side, _TOP + row * side
        back = _tint(theme, float(kernel[row, column]), largest)
        pen.rectangle((left, top, left + side, top + side), back, theme.faint)
        if lettering is not None:
            middle = (left + side / 2, top + side / 2)
            pen.text(middle, texts[row][column].strip(), theme.ink, lettering.letters, anchor="mm")


def _lettering(kernels: Sequence[NDArray[Any]]) -> _Lettering | None:
    """Three digits of the last kernel, or two, in the font in which those of all fit: only digits move."""
    side = _side(kernels[-1])
    for digits in (3, 2):
        rows = chain.from_iterable(numbers(kernel, kernels[-1], digits) for kernel in kernels)
        labels = {text.strip() for row in rows for text in row}
        letters = fitting(sorted(labels), side - 6, max(side // 4, SMALLEST))
        if letters is not None:
            return _Lettering(digits, letters)
    return None


def _side(kernel: NDArray[Any]) -> int:
    """Pixels of a cell."""
    height, width = kernel.shape
    side: int = _SQUARE // max(height, width)
    return side


def _tint(theme: Theme, value: float, largest: float) -> Color:
    """One of the tints that the palette holds."""
    steps = round(_TINTS * min(abs(value) / largest, 1)) if largest else 0
    return theme.tint(steps if value > 0 else -steps, _TINTS)


def _map_picture(values: NDArray[Any], scale: tone.Tone) -> Image.Image:
    """A map in the target's tone, as large as its place."""
    codes = tone.encode(values, scale)
    size = fitted(codes.shape, _MAP)
    grows = size[0] > codes.shape[1]
    # The mean of neighbours of both signs is grey, and edges would fade.
    kind = Image.Resampling.NEAREST if grows or scale.kind == "symmetric" else Image.Resampling.BOX
    return Image.fromarray(codes).resize(size, kind).convert("RGB")


def _loss(
    pen: ImageDraw.ImageDraw, theme: Theme, learned: Learned, step: Step, box: tuple[int, int, int, int]
) -> None:
    """The loss so far; what is to come stands faintly, so that the axes do not move."""
    points = [(float(each.number), each.loss) for each in learned.steps]
    curves = [Curve("all steps", points, theme.faint)]
    curves += [Curve("so far", points[: step.number + 1], theme.minus)] if step.number else []
    up = "loss (mean squared error)" + ("; it rises where momentum overshoots" if learned.overshoots else "")
    axes = Axes("step", up, right=float(max(learned.last.number, 1)), logarithmic=True)
    line_chart.draw(pen, box, theme, axes, curves)
