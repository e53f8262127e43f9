"""The records: what a kernel is, what the registries hold, and what one feature map comes from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cnnviz.kernels.rows import Rows

Combine: TypeAlias = Literal["magnitude", "max", "sum"]
COMBINES: tuple[Combine, ...] = get_args(Combine)


@dataclass(frozen=True)
class Named:
    """A kernel of the catalogue: plain numbers, and where they come from.

    ``derivation`` says how the coefficients are built, ``source`` who published them, ``shows`` what the
    kernel responds to, ``family`` under which heading it is listed.
    """

    name: str
    rows: Rows
    derivation: str
    source: str
    shows: str
    family: str


@dataclass(frozen=True)
class Parameter:
    """One parameter of a family: its range, and its default as text (it may follow from another one)."""

    name: str
    default: str
    meaning: str
    least: float
    most: float
    whole: bool = False
    odd: bool = False

    @property
    def takes(self) -> str:
        """The values it takes, in words."""
        kind = "an odd whole number" if self.odd else "a whole number" if self.whole else "a number"
        return f"{kind} from {self.least:g} to {self.most:g}"


@dataclass(frozen=True)
class Family:
    """Kernels of one formula: ``build`` takes the parameters that were given, as keywords, and makes rows."""

    name: str
    parameters: tuple[Parameter, ...]
    build: Callable[..., Rows]
    derivation: str
    source: str
    shows: str
    family: str


@dataclass(frozen=True, eq=False)
class Kernel:
    """Weights with a name.

    ``weight`` is (kH, kW), or a bank (O, I, kH, kW): int64 for integer coefficients, else float32 or
    float64; always finite. ``name`` is as the user gave it; ``slug`` is fit for a file name: letters, digits
    and ``.-_`` only. ``about`` is the catalogue's record, if it is a kernel of the catalogue.
    """

    name: str
    slug: str
    weight: NDArray[Any]
    about: Named | Family | None = None

    @property
    def title(self) -> str:
        """The name, a file's without its folders: what a picture may say of it."""
        return os.path.basename(self.name)

    @property
    def is_bank(self) -> bool:
        """Whether ``weight`` is a whole layer's (O, I, kH, kW)."""
        return self.weight.ndim == 4


@dataclass(frozen=True, eq=False)
class Operator:
    """What one feature map comes from: one kernel, or the maps of several joined by ``combine``.

    ``combine`` is None exactly when there is one kernel; a bank gives one feature map for each of its O.
    """

    name: str
    slug: str
    kernels: tuple[Kernel, ...]
    combine: Combine | None = None

    def __post_init__(self) -> None:
        if (self.combine is None) != (len(self.kernels) == 1):
            raise ValueError(f"{len(self.kernels)} kernels and combine={self.combine!r} do not fit together")
