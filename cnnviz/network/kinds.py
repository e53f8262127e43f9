"""The kinds of layers by name: what a chain or a file may say, and the operation it comes to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from cnnviz.errors import CnnvizError, UsageError
from cnnviz.expressions import did_you_mean
from cnnviz.geometry import PADDING_WORDS
from cnnviz.network import operations as op
from cnnviz.network.parameters import (
    REQUIRED,
    UNKNOWN,
    Parameter,
    choice,
    count,
    flag,
    number,
    padding,
    pairs,
)
from cnnviz.network.spec import Operation


class Kind(NamedTuple):
    """A kind of layer: its parameters in the order in which plain values are taken, and what it makes."""

    name: str
    make: Callable[..., Operation]
    parameters: tuple[Parameter, ...] = ()
    about: str = ""
    aliases: tuple[str, ...] = ()

    joins: bool = False
    """Whether it takes several inputs."""

    @property
    def keys(self) -> dict[str, str]:
        """Every spelling of a parameter's name, and the name."""
        return {key: each.name for each in self.parameters for key in (each.name, *each.aliases)}

    def parameter(self, key: str) -> Parameter:
        """The parameter named ``key``; raises `UsageError` with the closest names."""
        name = self.keys.get(key)
        if name is None:
            known = [each.name for each in self.parameters]
            raise UsageError(f"{self.name} has no parameter {key!r}; {did_you_mean(key, known)}")
        return next(each for each in self.parameters if each.name == name)


class Built(NamedTuple):
    """An operation, with the name of a parameter given as ``_``; or what is wrong, by parameter."""

    operation: Operation | None
    unknown: str | None = None
    problems: tuple[tuple[str, str], ...] = ()


_CONV: Final = (
    pairs("kernel", REQUIRED, "k", "kernel_size"),
    pairs("stride", (1, 1), "s", "strides"),
    padding("padding", (0, 0), "p", "pad", words=PADDING_WORDS),
    pairs("dilation", (1, 1), "d", "dilation_rate"),
)
_GROUPS: Final = count("groups", 1, "g")
_BIAS: Final = flag("bias", True, "b", "use_bias")
_OUT: Final = count("out", REQUIRED, "o", "out_channels", "filters")
_POOL: Final = (
    pairs("kernel", REQUIRED, "k", "kernel_size", "size", "pool_size"),
    pairs("stride", None, "s", "strides"),
    padding("padding", (0, 0), "p", "pad", words=("valid", "same", "same-lower")),
)
_CEIL: Final = flag("ceil", False, "c", "ceil_mode")
_DILATION: Final = _CONV[3]

_PLAIN: Final = {
    "relu": "0 where negative",
    "relu6": "between 0 and 6",
    "selu": "self-normalising ELU",
    "gelu": "x times the normal distribution at x",
    "silu": "x times sigmoid(x), also called swish",
    "mish": "x times tanh(softplus(x))",
    "sigmoid": "1 / (1 + exp(-x))",
    "tanh": "between -1 and 1",
    "hardswish": "silu in straight lines",
    "hardsigmoid": "sigmoid in straight lines",
    "softplus": "log(1 + exp(x))",
    "softsign": "x / (1 + |x|)",
    "softmax": "probabilities over the channels",
    "logsoftmax": "their logarithms",
    "identity": "what comes in",
}

_KINDS: Final = (
    Kind("conv", op.Conv, (_OUT, *_CONV, _GROUPS, _BIAS), "convolution", ("conv2d",)),
    Kind(
        "depthwise",
        op.Depthwise,
        (*_CONV, count("multiplier", 1, "m", "depth_multiplier"), _BIAS),
        "convolution of each channel by itself",
        ("dwconv",),
    ),
    Kind(
        "convt",
        op.ConvTransposed,
        (
            _OUT,
            *_CONV[:2],
            padding("padding", (0, 0), "p", "pad", words=("same",)),
            pairs("output_padding", (0, 0), "op", least=0),
            _DILATION,
            _GROUPS,
            _BIAS,
        ),
        "transposed convolution",
        ("convtranspose", "deconv"),
    ),
    Kind("maxpool", op.MaxPool, (*_POOL, _DILATION, _CEIL), "largest value of each window", ("max",)),
    Kind(
        "avgpool",
        op.AveragePool,
        (*_POOL, _CEIL, flag("include_padding", True, "count_include_pad")),
        "mean of each window",
        ("avg",),
    ),
    Kind(
        "lppool",
        op.LpPool,
        (*_POOL[:2], number("norm", 2.0, "n", "norm_type"), _CEIL),
        "p-norm of each window",
    ),
    Kind("globalmaxpool", op.GlobalPool, (), "largest value of each map", ("globalmax", "gmp")),
    Kind("globalavgpool", op.GlobalPool, (), "mean of each map", ("globalavg", "gap")),
    Kind(
        "adaptivemaxpool",
        op.AdaptivePool,
        (pairs("out", REQUIRED, "o", "output_size"),),
        "max of OUT windows",
    ),
    Kind(
        "adaptiveavgpool",
        op.AdaptivePool,
        (pairs("out", REQUIRED, "o", "output_size"),),
        "mean of OUT windows",
    ),
    *(
        Kind(name, op.Activation, (), about, ("swish",) if name == "silu" else ())
        for name, about in _PLAIN.items()
    ),
    Kind(
        "leakyrelu",
        op.LeakyRelu,
        (number("slope", 0.01, "negative_slope", "alpha"),),
        "slope*x where negative",
    ),
    Kind("prelu", op.PRelu, (count("slopes", 1, "num_parameters"),), "learned slopes where negative"),
    Kind("elu", op.Elu, (number("alpha", 1.0, "a"),), "exp(x) - 1 where negative"),
    Kind(
        "batchnorm",
        op.BatchNorm,
        (number("eps", 1e-5, "e"), flag("affine", True, "a")),
        "each channel by its statistics",
        ("bn",),
    ),
    Kind(
        "lrn",
        op.LocalResponseNorm,
        (
            count("size", 5, "n"),
            number("alpha", 1e-4, "a"),
            number("beta", 0.75, "b"),
            number("k", 1.0),
        ),
        "local response normalisation over channels",
    ),
    Kind("dropout", op.Dropout, (number("p", 0.5),), "nothing, but in training"),
    Kind("flatten", op.Flatten, (), "all numbers in one vector"),
    Kind(
        "linear",
        op.Linear,
        (
            count("out", REQUIRED, "o", "out_features", "units"),
            _BIAS,
            count("in_features", None, "in", "i"),
        ),
        "fully connected",
        ("dense", "fc"),
    ),
    Kind("pad", op.Pad, (padding("padding", REQUIRED, "p", "pad"),), "zeros around", ("zeropad",)),
    Kind(
        "upsample",
        op.Upsample,
        (
            pairs("scale", REQUIRED, "s", "size", "scale_factor"),
            choice("mode", "nearest", "m", words=("nearest", "bilinear")),
        ),
        "cells repeated or blended",
    ),
    Kind("add", op.Add, (), "sum with the layers named", ("sum",), joins=True),
    Kind("mul", op.Multiply, (), "product with the layers named", ("multiply",), joins=True),
    Kind("concat", op.Concat, (), "channels behind those of the layers named", ("cat",), joins=True),
)

_EXAMPLES: Final = {"out": "8", "kernel": "3", "padding": "1", "scale": "2"}
"""A value for each parameter that a kind cannot do without."""

KINDS: Final[Mapping[str, Kind]] = {name: kind for kind in _KINDS for name in (kind.name, *kind.aliases)}
"""Every name a layer may be called by."""


def kind_named(name: str) -> Kind:
    """The kind called ``name``; raises `UsageError` with the closest names."""
    kind = KINDS.get(name)
    if kind is None:
        raise UsageError(f"no layer called {name!r}; {did_you_mean(name, names())}")
    return kind


def names() -> list[str]:
    """The names of the kinds, without their aliases."""
    return [kind.name for kind in _KINDS]


def build(kind: Kind, given: Iterable[tuple[str, object]]) -> Built:
    """The operation that ``given`` parameters come to; all that is wrong with them, at once."""
    values: dict[str, Any] = {}
    problems: list[tuple[str, str]] = []
    unknown = None
    for key, value in given:
        try:
            parameter = kind.parameter(key)
            if parameter.name in values:
                problems.append((key, f"{parameter.name} is given twice"))
            elif value == UNKNOWN and parameter.spread is not None:
                values[parameter.name] = parameter.spread(1)
                if unknown is not None:
                    problems.append((key, "a second _; ask for one number at a time"))
                unknown = parameter.name
            else:
                values[parameter.name] = parameter.read(value)
        except CnnvizError as error:
            known = key in kind.keys
            problems.append((key, f"{key} {error}" if known and str(error).startswith("is ") else str(error)))
            values.setdefault(kind.keys.get(key, key), None)
    required = [each.name for each in kind.parameters if each.default is REQUIRED]
    missing = [name for name in required if name not in values]
    if missing:
        problems.append((missing[0], f"{kind.name} needs {' and '.join(missing)}, {usage(kind)}"))
    if problems:
        return Built(None, unknown, tuple(problems))
    defaults = {each.name: each.default for each in kind.parameters}
    return Built(kind.make(**(defaults | values)), unknown)


def usage(kind: Kind) -> str:
    """An example of what it needs, as a chain and as a file have it.

    >>> usage(KINDS["conv"])
    'such as conv:8,3 (out=8, kernel=3)'
    """
    needed = {each.name: _EXAMPLES[each.name] for each in kind.parameters if each.default is REQUIRED}
    named = ", ".join(f"{name}={value}" for name, value in needed.items())
    return f"such as {kind.name}:{','.join(needed.values())} ({named})"
