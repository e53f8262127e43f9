"""A name of the catalogue, with its arguments -> a kernel."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from cnnviz.errors import KernelError, UsageError
from cnnviz.expressions import Expression
from cnnviz.kernels.checks import from_numbers
from cnnviz.kernels.kernel import Family, Kernel, Named, Parameter
from cnnviz.kernels.registry import ALIASES, FAMILIES, NAMED
from cnnviz.kernels.rows import turned
from cnnviz.kernels.text import number

ROTATE: Final = Parameter("rotate", "0", "turn counter-clockwise, in degrees", -360, 360)
"""The parameter that every kernel of the catalogue takes, beside its own."""


def catalogue_kernel(text: str) -> Kernel:
    """Build the kernel that ``text`` names: ``sobel-x``, ``gaussian:size=7``, ``kirsch-n:rotate=90``.

    >>> kernel = catalogue_kernel("box:5")
    >>> kernel.name, kernel.slug, kernel.weight.shape
    ('box:5', 'box-size5', (5, 5))

    Raises
    ------
    UsageError
        For a parameter it does not have, or a value out of range.
    """
    expression = Expression.parse(text)
    record = _record(expression.name)
    parameters = record.parameters if isinstance(record, Family) else ()
    if len(expression.positional) > len(parameters):
        extra = expression.positional[len(parameters)]
        raise UsageError(f"{text!r}: {extra!r} needs a key; {record.name} takes {takes(record)}")
    # Every argument in the declared order, so that one kernel has one slug.
    given = expression.bind([parameter.name for parameter in (*parameters, ROTATE)])
    values = {
        parameter.name: _value(record.name, parameter, given[parameter.name])
        for parameter in (*parameters, ROTATE)
        if parameter.name in given
    }
    slug = "-".join([record.name, *(f"{key}{value}" for key, value in values.items())])
    angle = values.pop("rotate", 0)
    try:
        rows = turned(record.build(**values) if isinstance(record, Family) else record.rows, angle)
    except UsageError as error:
        raise UsageError(f"{text!r}: {error}") from None
    about = record if angle == 0 else _about_turned(record, angle)
    return Kernel(text, slug, from_numbers(rows), about)


def takes(record: Named | Family) -> str:
    """One line on the parameters of ``record``, with ranges and defaults.

    >>> takes(FAMILIES["box"])
    'size: a whole number from 1 to 1001 (3); rotate: a number from -360 to 360 (0)'
    """
    parameters = (*(record.parameters if isinstance(record, Family) else ()), ROTATE)
    return "; ".join(f"{each.name}: {each.takes} ({each.default})" for each in parameters)


def _record(name: str) -> Named | Family:
    name = ALIASES.get(name, name)
    return NAMED.get(name) or FAMILIES[name]


def _value(name: str, parameter: Parameter, text: str) -> float:
    try:
        value = number(text)
    except KernelError:
        value = float("nan")
    fits = parameter.least <= value <= parameter.most
    if not fits or (parameter.whole and not isinstance(value, int)) or (parameter.odd and value % 2 == 0):
        raise UsageError(f"{name}: {parameter.name} is {text!r}; it takes {parameter.takes}")
    return value


def _about_turned(record: Named | Family, angle: float) -> Named | Family:
    by = f"turned by {angle:g} degrees" + ("" if abs(angle) == 180 else " counter-clockwise")
    return replace(record, derivation=f"{record.derivation}; {by}", shows=f"{record.shows}; {by}")
