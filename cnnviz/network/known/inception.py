"""Inception v3, without its auxiliary head.

C. Szegedy, V. Vanhoucke, S. Ioffe, J. Shlens, Z. Wojna: "Rethinking the Inception Architecture for Computer
Vision", arXiv 1512.00567 (2015), table 1 and figures 5 to 7, 10. Names and channels are torchvision's.
"""

from __future__ import annotations

from cnnviz.network.known.building import Builder
from cnnviz.network.known.record import Known
from cnnviz.network.preprocess import BOTH_SIGNS
from cnnviz.network.spec import Layer

STEM = (
    ("Conv2d_1a_3x3", "conv:32,3,s=2"),
    ("Conv2d_2a_3x3", "conv:32,3"),
    ("Conv2d_2b_3x3", "conv:64,3,p=1"),
    ("maxpool1", "maxpool:3,s=2"),
    ("Conv2d_3b_1x1", "conv:80,1"),
    ("Conv2d_4a_3x3", "conv:192,3"),
    ("maxpool2", "maxpool:3,s=2"),
)

Paths = tuple[tuple[tuple[str, str], ...], ...]
"""Paths side by side, each of convolutions one behind the other; a pool has its name too."""


def _a(behind_pool: int) -> Paths:
    return (
        (("branch1x1", "64,1"),),
        (("branch5x5_1", "48,1"), ("branch5x5_2", "64,5,p=2")),
        (("branch3x3dbl_1", "64,1"), ("branch3x3dbl_2", "96,3,p=1"), ("branch3x3dbl_3", "96,3,p=1")),
        (("pool", "avgpool:3,s=1,p=1"), ("branch_pool", f"{behind_pool},1")),
    )


_B: Paths = (
    (("branch3x3", "384,3,s=2"),),
    (("branch3x3dbl_1", "64,1"), ("branch3x3dbl_2", "96,3,p=1"), ("branch3x3dbl_3", "96,3,s=2")),
    (("pool", "maxpool:3,s=2"),),
)


def _c(width: int) -> Paths:
    across, down = f"{width},1x7,p=0x3", f"{width},7x1,p=3x0"
    return (
        (("branch1x1", "192,1"),),
        (("branch7x7_1", f"{width},1"), ("branch7x7_2", across), ("branch7x7_3", "192,7x1,p=3x0")),
        (
            ("branch7x7dbl_1", f"{width},1"),
            *(("branch7x7dbl_2", down), ("branch7x7dbl_3", across), ("branch7x7dbl_4", down)),
            ("branch7x7dbl_5", "192,1x7,p=0x3"),
        ),
        (("pool", "avgpool:3,s=1,p=1"), ("branch_pool", "192,1")),
    )


_D: Paths = (
    (("branch3x3_1", "192,1"), ("branch3x3_2", "320,3,s=2")),
    (
        *(("branch7x7x3_1", "192,1"), ("branch7x7x3_2", "192,1x7,p=0x3")),
        *(("branch7x7x3_3", "192,7x1,p=3x0"), ("branch7x7x3_4", "192,3,s=2")),
    ),
    (("pool", "maxpool:3,s=2"),),
)

MODULES = {
    "Mixed_5b": _a(32),
    "Mixed_5c": _a(64),
    "Mixed_5d": _a(64),
    "Mixed_6a": _B,
    "Mixed_6b": _c(128),
    "Mixed_6c": _c(160),
    "Mixed_6d": _c(160),
    "Mixed_6e": _c(192),
    "Mixed_7a": _D,
}


def inception_v3() -> tuple[Layer, ...]:
    """The layers of Inception v3."""
    net = Builder()
    for name, text in STEM:
        _add(net, name, text)
    for name, paths in MODULES.items():
        into = net.last
        net.add(f"{name}.concat", "concat", *(_path(net, name, path, into) for path in paths))
    for name in ("Mixed_7b", "Mixed_7c"):
        _widest(net, name)
    net.add("avgpool", "adaptiveavgpool:1")
    net.add("dropout", "dropout")
    net.add("flatten", "flatten")
    net.add("fc", "linear:1000")
    return net.layers


def _path(net: Builder, module: str, path: tuple[tuple[str, str], ...], into: str) -> str:
    for number, (name, text) in enumerate(path):
        written = text if "pool:" in text else f"conv:{text}"
        _add(net, f"{module}.{name}", written, *([into] if number == 0 else []))
    return net.last


def _add(net: Builder, name: str, text: str, *inputs: str) -> str:
    if "pool:" in text:
        return net.add(name, text, *inputs)
    net.add(f"{name}.conv", f"{text},b=no", *inputs)
    net.add(f"{name}.bn", "batchnorm:eps=0.001")
    return net.add(f"{name}.relu", "relu")


def _widest(net: Builder, name: str) -> None:
    """The last modules (figure 7), whose 3x3 paths split once more into 1x3 and 3x1."""
    into = net.last
    paths = [_path(net, name, (("branch1x1", "320,1"),), into)]
    for number, path in (
        ("2", (("branch3x3_1", "384,1"),)),
        ("3", (("branch3x3dbl_1", "448,1"), ("branch3x3dbl_2", "384,3,p=1"))),
    ):
        split = _path(net, name, path, into)
        stem = path[0][0].removesuffix("_1")
        across = _add(net, f"{name}.{stem}_{number}a", "conv:384,1x3,p=0x1", split)
        down = _add(net, f"{name}.{stem}_{number}b", "conv:384,3x1,p=1x0", split)
        paths.append(net.add(f"{name}.{stem}.concat", "concat", across, down))
    paths.append(_path(net, name, (("pool", "avgpool:3,s=1,p=1"), ("branch_pool", "192,1")), into))
    net.add(f"{name}.concat", "concat", *paths)


NETWORKS = (
    Known(
        "inception-v3",
        "Inception v3, 299x299, without its auxiliary head (torchvision)",
        "Szegedy, Vanhoucke, Ioffe, Shlens, Wojna: Rethinking the Inception Architecture (2015), table 1",
        (3, 299, 299),
        inception_v3,
        preprocess=BOTH_SIGNS,
    ),
)
