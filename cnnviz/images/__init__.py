"""Pictures -> arrays (C, H, W) with their stored values. The only room that opens pictures.

Formats are those of an allow-list and are told by content, never by name: left to itself Pillow would hand
a PostScript file named ``x.png`` to Ghostscript.
"""

from cnnviz.images.noted import Noted, read_noted
from cnnviz.images.opening import FORMATS, MAX_PIXELS
from cnnviz.images.picture import Channels, Picture
from cnnviz.images.reading import Header, probe, read
from cnnviz.images.samples import SAMPLE_PREFIX, locate, samples, title

__all__ = [
    "FORMATS",
    "MAX_PIXELS",
    "SAMPLE_PREFIX",
    "Channels",
    "Header",
    "Noted",
    "Picture",
    "locate",
    "probe",
    "read",
    "read_noted",
    "samples",
    "title",
]
