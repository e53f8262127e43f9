"""The colours of what is drawn for a slide, on light or dark paper."""

from __future__ import annotations

from typing import Final, NamedTuple

from PIL import Image, ImageDraw

from cnnviz.render.lettering import Color

READABLE: Final = 0.45
"""The strongest tint on which text can be read."""

_THINNEST: Final = 8  # pixels of a picture


class Theme(NamedTuple):
    """``mark`` frames what is talked about; ``plus`` and ``minus`` tint values by their sign."""

    paper: Color
    ink: Color
    faint: Color
    mark: Color
    plus: Color
    minus: Color

    def tint(self, value: float, largest: float, strongest: float = READABLE) -> Color:
        """The paper, tinted by the sign and the size of ``value``, at most with a share of ``strongest``."""
        toward = self.plus if value > 0 else self.minus
        share = strongest * min(abs(value) / largest, 1) if largest else 0
        return mixed(self.paper, toward, share)


LIGHT: Final = Theme(
    (255, 255, 255), (30, 30, 30), (205, 205, 205), (230, 90, 0), (190, 40, 40), (40, 80, 190)
)
DARK: Final = Theme(
    (24, 26, 30), (235, 235, 235), (80, 84, 92), (255, 160, 60), (255, 130, 120), (130, 170, 255)
)


def hang(page: Image.Image, picture: Image.Image, corner: tuple[int, int], theme: Theme) -> None:
    """Put ``picture`` on ``page`` at ``corner``, with a thin line around it: white would end in white."""
    left, top = corner
    page.paste(picture, corner)
    around = (left - 1, top - 1, left + picture.width, top + picture.height)
    ImageDraw.Draw(page).rectangle(around, outline=theme.faint)


def fitted(size: tuple[int, ...], room: tuple[float, float]) -> tuple[int, int]:
    """Width and height of a picture of ``size`` (height, width, ...) drawn in ``room`` (height, width).

    As large as fits; where that were too thin to be seen, drawn thicker than it is.

    >>> fitted((300, 450), (100, 900)), fitted((3000, 5), (300, 500))
    ((150, 100), (8, 300))
    """
    scale = min(room[0] / size[0], room[1] / size[1])
    return max(round(size[1] * scale), _THINNEST), max(round(size[0] * scale), _THINNEST)


def mixed(first: Color, second: Color, share: float = 0.5) -> Color:
    """So much of ``second`` mixed into ``first``.

    >>> mixed((0, 100, 200), (100, 100, 100))
    (50, 100, 150)
    """
    red, green, blue = (round(one + share * (other - one)) for one, other in zip(first, second, strict=True))
    return red, green, blue


def shade(value: float, white: float) -> tuple[Color, Color]:
    """A pixel as it looks, and the ink that can be read on it.

    >>> shade(0, 255), shade(300, 255)
    (((0, 0, 0), (255, 255, 255)), ((255, 255, 255), (0, 0, 0)))
    """
    level = round(255 * min(max(value / (white or 1), 0), 1))
    ink = 0 if level > 127 else 255
    return (level, level, level), (ink, ink, ink)
