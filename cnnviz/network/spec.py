"""A network as data: layers with names, what each does, and whose outputs it takes."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, ClassVar, Final, NamedTuple, Self, TypeAlias, dataclass_transform

from cnnviz.errors import ShapeError, UsageError
from cnnviz.geometry import EACH, Field, TransposedWindow, Window
from cnnviz.network.preprocess import Preprocess

Shape: TypeAlias = tuple[int, ...]
"""(C, H, W) for maps, (N,) for a vector; ONNX graphs have others. The batch is left out."""

Sight: TypeAlias = tuple[Field | None, Field | None] | None
"""Which cells of an input the units see, down and across; None for all; a field of None is not known."""

INPUT: Final = "input"
"""The name by which layers take the picture itself."""


class LayerError(ShapeError):
    """A layer that cannot work on its inputs, and the ``key`` that is to blame."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


@dataclass_transform(frozen_default=True)
class Operation:
    """What a layer does. Shapes in, shapes out: the arithmetic of sizes and not of values.

    A subclass names its parameters as a dataclass does. It is none, since `dataclasses` writes and compiles
    code for every class at every start (measured: 0.3 ms each, for 20 classes a fifth of the 30 ms that
    `shapes` may take beside Click).

    >>> class Scale(Operation):
    ...     by: int
    ...     bias: bool = True
    >>> Scale(3), Scale(3) == Scale(by=3, bias=True), Scale(3).replaced(by=4).by
    (Scale(by=3, bias=True), True, 4)
    """

    _parameters: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        own = inspect.get_annotations(cls)
        cls._parameters += tuple(name for name in own if name not in cls._parameters)

    def __init__(self, *values: Any, **named: Any) -> None:
        given = dict(zip(self._parameters, values, strict=False)) | named
        missing = [name for name in self._parameters if name not in given and not hasattr(type(self), name)]
        if missing or len(given) != len(values) + len(named) or not given.keys() <= set(self._parameters):
            raise TypeError(f"{type(self).__name__} takes {self._parameters}, not {values} and {named}")
        self.__dict__.update(given)  # past __setattr__, which refuses

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be changed; see replaced")

    def replaced(self, **changes: Any) -> Self:
        """The same with other values for some parameters."""
        return type(self)(**(self.__dict__ | changes))

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __repr__(self) -> str:
        values = zip(self._parameters, self._values(), strict=True)
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in values)})"

    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self._parameters)

    def output(self, *inputs: Shape) -> Shape:
        """The shape it makes of ``inputs``; raises `LayerError`."""
        return inputs[0]

    def tensors(self, *inputs: Shape) -> dict[str, Shape]:  # most have none
        """What it learns, by PyTorch's names: ``weight``, ``bias``."""
        return {}

    def statistics(self, *inputs: Shape) -> dict[str, Shape]:  # most have none
        """What it keeps of training and does not learn: ``running_mean``, ``running_var``."""
        return {}

    def macs(self, *inputs: Shape) -> int:  # most count none
        """Multiply-accumulates of its weights, for one picture."""
        return 0

    def sights(self, *inputs: Shape) -> tuple[Sight, ...]:
        """Which cells of each input its units see: their own, unless it says otherwise."""
        return ((EACH, EACH),) * len(inputs)

    def window(self, *inputs: Shape) -> Window | TransposedWindow | None:  # most have none
        """The window it slides, resolved."""
        return None


class Layer(NamedTuple):
    """A named operation on the outputs of the layers named in ``inputs``.

    ``kind`` is its name in a chain or file; ``place`` says where it was written, for messages; ``unknown`` is
    the parameter that was given as ``_``.
    """

    name: str
    kind: str
    operation: Operation
    inputs: tuple[str, ...]
    place: str = ""
    unknown: str | None = None

    def problem(self, message: str, key: str = "") -> str:
        """One line on what is wrong here: ``layers[3].kernel: ...``."""
        where = f"{self.place}.{key}" if key and self.place.endswith("]") else self.place or self.name
        return f"{where}: {message}"


class Network(NamedTuple):
    """Layers in an order in which each comes after those it takes; the last one is the output.

    ``preprocess`` and ``labels`` are those that the file gives: how a picture is prepared, what classes mean.
    """

    layers: tuple[Layer, ...]
    name: str = ""
    input: Shape | None = None
    notes: Sequence[str] = ()
    preprocess: Preprocess | None = None
    labels: tuple[str, ...] = ()

    @property
    def asked(self) -> Asked | None:
        """The number given as ``_``; raises `UsageError` where there are two."""
        asked = [
            Asked(index, layer, layer.unknown)
            for index, layer in enumerate(self.layers)
            if layer.unknown is not None
        ]
        if len(asked) > 1:
            first, second, *_ = (each.layer.name for each in asked)
            raise UsageError(f"two numbers are asked for, in {first} and {second}; ask for one at a time")
        return asked[0] if asked else None


class Asked(NamedTuple):
    """A number given as ``_``: which layer of the network, and which of its parameters."""

    number: int
    layer: Layer
    key: str
