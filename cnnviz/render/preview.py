"""A small picture in the terminal: two pixels to a character cell, the upper one a half block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnnviz.render.drawing import Drawing, colored

if TYPE_CHECKING:
    from rich.console import Console
    from rich.segment import Segment

UPPER_HALF = "▀"
SHADES = " .:-=+*#%@"  # dark to light, for terminals without colours
_MOST_ROWS = 40  # of character cells: a preview should not scroll away


def reduce(drawing: Drawing, columns: int) -> NDArray[np.uint8]:
    """The first picture of ``drawing`` at most ``columns`` across, (rows, columns, 3); never enlarged.

    The number of rows is even.

    >>> from cnnviz.render import tone
    >>> maps = np.zeros((1, 300, 450))
    >>> reduce(Drawing(maps, tone.fit(maps, "minmax")), 60).shape
    (40, 60, 3)
    """
    plane = drawing.planes()[0][:]
    height, width = plane.shape[:2]
    scale = min(columns / width, 2 * _MOST_ROWS / height, 1)
    across = max(round(width * scale), 1)
    down = max(round(height * scale / 2), 1) * 2
    colors = Image.fromarray(colored(plane, drawing.palette)).convert("RGB")
    return np.asarray(colors.resize((across, down), Image.Resampling.BOX))


def draw(colors: NDArray[np.uint8], console: Console) -> None:
    """Print ``colors`` (rows, columns, 3), an even number of rows, as half as many lines."""
    from rich.color import Color
    from rich.segment import Segment
    from rich.style import Style

    # Sixteen colours are too few: a map would be two or three of them.
    plain = console.color_system in (None, "standard", "windows") or console.no_color
    for upper, lower in zip(colors[::2], colors[1::2], strict=True):
        if plain or "utf" not in console.encoding:
            brightness = (upper.astype(int) + lower).sum(axis=1) * len(SHADES) // (6 * 255 + 1)
            console.out("".join(SHADES[level] for level in brightness).rstrip(), highlight=False)
            continue
        cells = (
            Segment(UPPER_HALF, Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below)))
            for above, below in zip(upper.tolist(), lower.tolist(), strict=True)
        )
        console.print(_Line([*cells, Segment.line()]), soft_wrap=True)


class _Line:
    """Segments that Rich prints as they are."""

    def __init__(self, segments: list[Segment]) -> None:
        self._segments = segments

    def __rich_console__(self, *_: object) -> list[Segment]:
        return self._segments
