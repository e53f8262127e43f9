"""Kernels: a catalogue with derivations and sources, families with parameters, and the user's own.

The registries hold plain numbers and are read without NumPy; arrays are made when a kernel is used.
"""

from cnnviz.kernels.catalogue import ROTATE
from cnnviz.kernels.kernel import COMBINES, Combine, Family, Kernel, Named, Operator, Parameter
from cnnviz.kernels.properties import Properties, properties
from cnnviz.kernels.readers import contents, split_key
from cnnviz.kernels.reading import read
from cnnviz.kernels.registry import ALIASES, FAMILIES, GROUPS, MAGNITUDES, NAMED, names

__all__ = [
    "read",
    "contents",
    "split_key",
    "names",
    "properties",
    "Kernel",
    "Operator",
    "Combine",
    "Named",
    "Family",
    "Parameter",
    "Properties",
    "NAMED",
    "FAMILIES",
    "ALIASES",
    "MAGNITUDES",
    "GROUPS",
    "ROTATE",
    "COMBINES",
]
