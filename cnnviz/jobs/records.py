"""What is to be done to one picture: frozen, picklable, plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

from cnnviz import images
from cnnviz.jobs.settings import Activation, Convolution, Look, Pooling
from cnnviz.kernels import Operator


@dataclass(frozen=True)
class PictureJob:
    """What to do to one picture. ``operators`` is empty for pooling alone.

    A command makes one without a picture, as a template; `planning.plan_jobs` fills in ``image`` (as the user
    named it), ``path`` and ``files`` for each. ``files`` holds the output paths of each operator (of the
    picture itself when there is none); with ``together`` everything goes into that one file instead: a
    contact sheet, or an NPZ.
    """

    operators: tuple[Operator, ...] = ()
    convolution: Convolution = field(default_factory=Convolution)
    activation: Activation | None = None
    pooling: Pooling | None = None
    look: Look = field(default_factory=Look)
    image: str = ""
    path: str = ""
    files: tuple[tuple[str, ...], ...] = ()
    together: str | None = None
    make_folders: bool = False
    max_pixels: int = images.MAX_PIXELS
    frame: int = 0
    keep_existing: bool = False  # a file that is there under a result's name is left as it is
    tell_engine: bool = False  # how each map was computed, and why

    @property
    def op(self) -> str:
        """The command's name for it."""
        return "convolve" if self.operators else "pool"

    def is_color(self, operator: Operator | None, *, picture_is_color: bool) -> bool:
        """Whether the three maps are put back into one colour picture."""
        if operator is None:
            return picture_is_color
        return self.convolution.channels == "color" and not operator.kernels[0].is_bank
