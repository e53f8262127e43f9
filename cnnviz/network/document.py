"""A network from a TOML or JSON file: named layers, and whose outputs each takes.

::

    name = "a residual block"
    input = [16, 32, 32]        # channels, height, width
    layers = [
        { name = "first", kind = "conv", out = 16, kernel = 3, padding = 1 },
        "relu",
        { kind = "conv", out = 16, kernel = 3, padding = "same" },
        { kind = "add", inputs = ["conv1", "input"] },
    ]

Without ``inputs`` a layer takes the output of the one above; ``input`` is the picture. A text is a layer as a
chain has it. ``scale``, ``mean``, ``std`` and ``layout`` say how a picture is prepared, as
`cnnviz.network.preprocess` has it, ``labels`` what the classes mean.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final, NamedTuple

from cnnviz.errors import CnnvizError, FileError, NetworkError, UsageError
from cnnviz.expressions import did_you_mean, whole_numbers
from cnnviz.files import printable, read_bytes
from cnnviz.network.chain import layer_of
from cnnviz.network.kinds import Kind, build, kind_named
from cnnviz.network.naming import Namer
from cnnviz.network.parameters import MAX_COUNT
from cnnviz.network.preprocess import KEYS, read_labels, read_preprocess
from cnnviz.network.spec import INPUT, Layer, Network, Shape

MAX_DOCUMENT_BYTES: Final = 2**20
"""The longest file that describes a network."""

_KEYS: Final = ("name", "input", "layers", *KEYS, "labels")
_LAYER_KEYS: Final = ("name", "kind", "inputs")

_MOST_HINTS: Final = 200
"""Problems that end with the closest names; each compares hundreds, 2 ms."""
_MOST_DOTS: Final = 1000
"""In a line of TOML: for a key ``a.a.a...`` tomllib takes the square of its parts in time."""


class _Entry(NamedTuple):
    """One item of ``layers``, its parameters not yet read."""

    number: int
    name: str
    kind: Kind
    given: tuple[tuple[str, object], ...]
    inputs: tuple[str, ...] | None
    joined: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"layers[{self.number}]"


class Problems:
    """Everything that is wrong with a file, in the order of its layers."""

    def __init__(self) -> None:
        self._found: list[tuple[int, str]] = []

    def add(self, line: str, number: int = -1) -> None:
        """One problem, of layer ``number`` or of the whole."""
        self._found.append((number, line))

    def in_order(self) -> list[str]:
        """The lines, those of the whole first."""
        return [line for _, line in sorted(self._found, key=lambda each: each[0])]

    def __len__(self) -> int:
        return len(self._found)


def read_document(path: str) -> Network:
    """Read the network that the TOML or JSON file ``path`` describes.

    Raises
    ------
    FileError
        When the file cannot be read, or is neither TOML nor JSON.
    NetworkError
        For what is wrong in it: a line for each problem, with its place.
    """
    data = read_bytes(path, limit=MAX_DOCUMENT_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileError("not text in UTF-8") from None
    content = _json(text) if path.lower().endswith(".json") else _toml(text)
    return network_of(content)


def network_of(content: Any) -> Network:
    """The network in the tables and arrays of a file, already parsed.

    >>> network_of({"input": "1x8x8", "layers": ["conv:4,3", "relu"]}).input
    (1, 8, 8)
    """
    if not isinstance(content, dict):
        raise NetworkError("it holds no table with the key layers")
    problems = Problems()
    for key in content:
        if key not in _KEYS:
            problems.add(f"{key}: unknown key; {did_you_mean(key, _KEYS)}")
    shape = _input(content.get("input"), problems)
    name = content.get("name", "")
    if not isinstance(name, str):
        problems.add(f"name: is {name!r:.60}; it takes text")
    preprocess, labels = read_preprocess(content, problems.add), read_labels(content, problems.add)
    items = content.get("layers")
    if not isinstance(items, list) or not items:
        problems.add("layers: needs an array of layers, as ['conv:6,5', 'relu']")
        raise NetworkError(*problems.in_order())
    entries = _entries(items, problems)
    layers = _layers(entries, problems)
    ordered = _ordered(layers, problems) if len(entries) == len(layers) else layers
    if problems:
        raise NetworkError(*problems.in_order())
    return Network(tuple(ordered), str(name), shape, _dead_ends(layers), preprocess, labels)


def _entries(items: Sequence[object], problems: Problems) -> list[_Entry]:
    """Every item with its kind and a name; given names first, so that none is given away."""
    taken = [item["name"] for item in items if isinstance(item, dict) and isinstance(item.get("name"), str)]
    namer = Namer([*taken, INPUT])
    entries = []
    seen: set[str] = set()
    for number, item in enumerate(items):
        place = f"layers[{number}]"
        try:
            entry = _entry(number, item, namer)
        except CnnvizError as error:
            for line in error.lines:
                problems.add(f"{place}{line}" if line.startswith(".") else f"{place}: {line}", number)
            continue
        if entry.name in seen:
            problems.add(f"{place}.name: a second layer {printable(entry.name)!r}", number)
        seen.add(entry.name)
        entries.append(entry)
    return entries


def _entry(number: int, item: object, namer: Namer) -> _Entry:
    if isinstance(item, str):
        kind, others, parameters = layer_of(item)
        return _Entry(number, namer.fresh(kind.name), kind, tuple(parameters), None, others)
    if not isinstance(item, dict):
        raise UsageError(f"is {item!r:.60}; a layer is a table with a kind, or text as 'conv:6,5'")
    if not isinstance(item.get("kind"), str):
        raise UsageError('.kind: a layer needs a kind, as "conv"')
    try:
        kind = kind_named(item["kind"])
    except UsageError as error:
        raise UsageError(f".kind: {error}") from None
    name = item.get("name", None)
    if name is None:
        name = namer.fresh(kind.name)
    elif not isinstance(name, str) or not name.strip() or name == INPUT or len(name) > 200:
        raise UsageError(f".name: is {name!r:.60}; it takes a short text, other than {INPUT!r}")
    inputs = item.get("inputs")
    if isinstance(inputs, str):
        inputs = [inputs]
    if inputs is not None and not (
        isinstance(inputs, list) and inputs and all(isinstance(each, str) for each in inputs)
    ):
        raise UsageError(f".inputs: is {inputs!r:.60}; it takes the names of layers, as ['conv1', 'input']")
    given = tuple((key, value) for key, value in item.items() if key not in _LAYER_KEYS)
    return _Entry(number, name, kind, given, None if inputs is None else tuple(inputs))


def _layers(entries: Sequence[_Entry], problems: Problems) -> list[Layer]:
    known = dict.fromkeys([INPUT, *(entry.name for entry in entries)])  # ordered, for messages
    layers = []
    before = INPUT
    for entry in entries:
        built = build(entry.kind, entry.given)
        for key, message in built.problems:
            problems.add(f"{entry.place}.{key}: {message}", entry.number)
        inputs = (before, *entry.joined) if entry.inputs is None else entry.inputs
        for message in _wrong_inputs(entry, inputs, known, hints=len(problems) < _MOST_HINTS):
            problems.add(f"{entry.place}.inputs: {message}", entry.number)
        before = entry.name
        if built.operation is not None:
            layers.append(
                Layer(entry.name, entry.kind.name, built.operation, inputs, entry.place, built.unknown)
            )
    return layers


def _wrong_inputs(
    entry: _Entry, inputs: Sequence[str], known: Collection[str], *, hints: bool
) -> Iterator[str]:
    kind = entry.kind
    for name in inputs:
        if name not in known:
            others = (other for other in known if other != entry.name)
            yield f"no layer {printable(name)!r}{f'; {did_you_mean(name, others)}' if hints else ''}"
    if kind.joins and len(inputs) < 2:
        yield f"{kind.name} joins two layers or more; name them"
    if not kind.joins and len(inputs) > 1:
        yield f"{kind.name} takes one input, not {len(inputs)}; join them by add or concat"


def _ordered(layers: Sequence[Layer], problems: Problems) -> list[Layer]:
    """The layers, each behind those it takes; as they stand in the file where that does."""
    before = {INPUT}
    for layer in layers:
        if not before.issuperset(layer.inputs):
            break
        before.add(layer.name)
    else:
        return list(layers)
    from graphlib import CycleError, TopologicalSorter

    named = {layer.name: layer for layer in layers}
    sorter = TopologicalSorter({layer.name: layer.inputs for layer in layers})
    try:
        return [named[name] for name in sorter.static_order() if name in named]
    except CycleError as error:
        cycle = error.args[1][:12]
        problems.add(f"{named[cycle[-1]].place}.inputs: a cycle: {' -> '.join(map(printable, cycle))}")
        return []


def _dead_ends(layers: Sequence[Layer]) -> tuple[str, ...]:
    used = {name for layer in layers for name in layer.inputs}
    unused = [layer.name for layer in layers[:-1] if layer.name not in used]
    return tuple(f"nothing takes the output of {printable(name)}" for name in unused)


def _input(value: object, problems: Problems) -> Shape | None:
    if value is None:
        return None
    try:
        shape = whole_numbers(value) if isinstance(value, str) else tuple(_sizes(value))
    except CnnvizError:
        shape = ()
    if len(shape) not in (1, 3) or not all(1 <= size <= MAX_COUNT for size in shape):
        problems.add(f"input: is {value!r:.60}; it takes [channels, height, width]")
        return None
    return shape


def _sizes(value: object) -> Iterator[int]:
    for size in value if isinstance(value, list) else [value]:
        if isinstance(size, bool) or not isinstance(size, int):
            raise UsageError("not a size")
        yield size


def _toml(text: str) -> Any:
    import tomllib

    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _MOST_DOTS:
            raise FileError(f"line {number} holds more than {_MOST_DOTS} dots; break it into several lines")
    try:
        content = tomllib.loads(text)
        repr(content)  # hexadecimal numbers of any length are read, but not all can be shown
        return content
    except (tomllib.TOMLDecodeError, ValueError) as error:
        raise FileError(f"not TOML: {printable(str(error))[:200]}") from None
    except RecursionError:
        raise FileError("not a network: its arrays are nested too deep") from None


def _json(text: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(pairs)
        if len(table) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            twice = next(key for key, count in counts.items() if count > 1)
            raise FileError(f"not a network: the key {printable(twice)!r} is given twice in one object")
        return table

    try:
        return json.loads(text, object_pairs_hook=once)
    except ValueError as error:
        raise FileError(f"not JSON: {printable(str(error))[:200]}") from None
    except RecursionError:
        raise FileError("not a network: its arrays are nested too deep") from None
