"""Known networks by name: each a small file that reads like the table of its paper."""

from __future__ import annotations

from importlib import import_module
from typing import Final

from cnnviz.errors import UsageError
from cnnviz.expressions import Expression, did_you_mean
from cnnviz.network.known.record import Known
from cnnviz.network.preprocess import Preprocess
from cnnviz.network.spec import Network
from cnnviz.network.trained import Trained

# Read without importing any network, so that a chain and completion do not pay for them.
_MODULES: Final = {
    "lenet": ("lenet5",),
    "alexnet": ("alexnet", "alexnet-2012"),
    "tiny_vgg": ("tiny-vgg",),
    "vgg": ("vgg11", "vgg13", "vgg16", "vgg19"),
    "googlenet": ("googlenet", "googlenet-2014"),
    "inception": ("inception-v3",),
    "resnet": (
        *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
        *("resnet50-v1", "resnet101-v1", "resnet152-v1"),
    ),
    "mobilenet": ("mobilenet-v1", "mobilenet-v2"),
    "squeezenet": ("squeezenet1.0", "squeezenet1.1"),
    "densenet": ("densenet121",),
    "shapes_net": ("shapes-net",),
}


def names() -> list[str]:
    """Every known network, in the order of their publication."""
    return [name for module in _MODULES.values() for name in module]


def records() -> list[Known]:
    """Every known network with its title, source and parameters."""
    return [record for module in _MODULES for record in _records(module)]


def find(text: str) -> Network:
    """The network that ``text`` names: ``resnet50``, ``mobilenet-v1:width=0.5``.

    >>> network = find("lenet5")
    >>> network.input, len(network.layers)
    ((1, 28, 28), 12)

    Raises
    ------
    UsageError
        For an unknown name, a parameter it does not have, or a value out of range.
    """
    expression = Expression.parse(text)
    module = next((module for module, held in _MODULES.items() if expression.name in held), None)
    if module is None:
        raise UsageError(f"no network called {expression.name!r}; {did_you_mean(expression.name, names())}")
    record = next(record for record in _records(module) if record.name == expression.name)
    given = expression.bind(record.parameters)
    values = {key: _multiplier(record.name, key, value) for key, value in given.items()}
    labels = () if record.trained is None else record.trained.labels
    return Network(record.build(**values), text, record.input, preprocess=_preprocess(record), labels=labels)


def trained(text: str) -> Trained | None:
    """The weights that come along with the network that ``text`` names, if any do.

    >>> trained("shapes-net").labels, trained("lenet5")
    (('circle', 'square', 'triangle', 'stripes'), None)
    """
    name = text.partition(":")[0]
    held = (record for module, names in _MODULES.items() if name in names for record in _records(module))
    return next((record.trained for record in held if record.name == name), None)


def _preprocess(record: Known) -> Preprocess | None:
    """What it was trained on: as its own weights say, else as those that are published in colour."""
    if record.trained is not None:
        return record.trained.preprocess
    return record.preprocess if record.input[0] == 3 else None


def _records(module: str) -> tuple[Known, ...]:
    found: tuple[Known, ...] = import_module(f"{__name__}.{module}").NETWORKS
    return found


def _multiplier(name: str, key: str, text: str) -> float:
    try:
        value = float(text) if len(text) <= 20 else 0.0
    except ValueError:
        value = 0.0
    if not 0.01 <= value <= 100:
        raise UsageError(f"{name}: {key} is {text!r}; it takes a number from 0.01 to 100")
    return value
