"""What the greys of a picture stand for."""

from __future__ import annotations

from cnnviz.render.lines import number_text
from cnnviz.render.tone import Tone


def greys_text(tone: Tone) -> str:
    """The values of black and of white, on one line.

    >>> greys_text(Tone("symmetric", -212, 212, 0)), greys_text(Tone("minmax", 3, 3, 0))
    ('black -212, white 212, mid-grey 0', 'all 3')
    """
    if tone.low == tone.high:
        return f"all {number_text(tone.low)}"
    ends = f"black {number_text(tone.low)}, white {number_text(tone.high)}"
    return f"{ends}, mid-grey 0" if tone.kind == "symmetric" else ends
