"""What PyTorch refuses is refused here: an error of ours, a ValueError too, one line that helps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import numpy as np
import pytest

from cnnviz.errors import CnnvizError, KernelError, ShapeError, UsageError
from cnnviz.ops import avg_pool2d, conv2d, global_avg_pool2d, global_max_pool2d, max_pool2d
from tests.oracles import Array

X = np.ones((2, 4, 5))
W = np.ones((2, 2, 3, 3))


def ones(*shape: int) -> Array:
    return np.ones(shape)


class Refusal(NamedTuple):
    """``said`` holds parts of the message, in order, with three dots in between."""

    name: str
    error: type[CnnvizError]
    said: str
    call: Callable[[], Any]


def shape(name: str, said: str, *, x: Any = X, weight: Any = W, **arguments: Any) -> Refusal:
    return Refusal(name, ShapeError, said, lambda: conv2d(x, weight, **arguments))


def numbers(name: str, said: str, *, x: Any = X, weight: Any = W, **arguments: Any) -> Refusal:
    return Refusal(name, KernelError, said, lambda: conv2d(x, weight, **arguments))


def pool(name: str, said: str, size: Any, of: Callable[..., Any] = max_pool2d, **arguments: Any) -> Refusal:
    return Refusal(name, ShapeError, said, lambda: of(X, size, **arguments))


SIZES = [
    shape("large kernel", "spans 5x5 ... input of 4x5 ... more padding", weight=ones(1, 2, 5, 5)),
    shape("large kernel, padded", "spans 7x3 ... input of 6x7", weight=ones(1, 2, 7, 3), padding=1),
    shape("large kernel, dilated", "spans 5x5 ... input of 4x5 ... smaller kernel", dilation=2),
    shape("wide kernel", "spans 1x6 ... input of 4x5", weight=ones(1, 2, 1, 6)),
    shape("tall kernel", "spans 5x1 ... input of 4x5", weight=ones(1, 2, 5, 1)),
    shape("no rows", "(2, 0, 5) ... no values", x=ones(2, 0, 5), padding=3),
    shape("no columns", "(1, 2, 4, 0) ... no values", x=ones(1, 2, 4, 0), padding=3),
    shape("no channels", "(0, 4, 5) ... only a batch may be empty", x=ones(0, 4, 5)),
    shape("no channel axis", "(4, 5) ... (C, H, W) ... (N, C, H, W)", x=X[0]),
    shape("five axes", "(1, 1, 2, 4, 5) ... (C, H, W)", x=X[np.newaxis, np.newaxis]),
    shape("bias of another length", "bias has shape (3,) ... (2,)", bias=[1, 2, 3]),
    shape("bias as a number", "bias has shape () ... (2,)", bias=1),
    shape("bias as a column", "bias has shape (2, 1) ... (2,)", bias=[[1], [2]]),
]
CHANNELS = [
    shape("too few channels", "(2, 2, 3, 3) ... reads 2 channels ... x has 1", x=X[:1]),
    shape("too many channels", "(2, 2, 3, 3) ... reads 2 channels ... x has 3", x=ones(3, 4, 5)),
    shape("channels of other groups", "groups 2 reads 4 channels ... x has 2", groups=2),
    shape("groups and maps", "groups is 3 ... not divide the 2 maps", x=ones(6, 4, 5), groups=3),
    *(
        shape(f"groups {value!r}", f"groups is {value!r} ... at least 1", groups=value)
        for value in (0, -1, 1.0, True, "1", None)
    ),
]
STEPS = [
    shape(f"{name} {value!r}", f"{name} is {value!r}", **{name: value})
    for name in ("stride", "dilation")
    for value in (0, -1, 1.5, True, np.True_, "2", None, (), (1,), (1, 1, 1), (1, 0), (1, 1.0), [2, -1])
]
PADDINGS = [
    *(
        shape(f"padding {value!r}", f"padding is {value!r}", padding=value)
        for value in (
            -1,
            1.5,
            True,
            None,
            "sane",
            "",
            (),
            (1,),
            (1, 2, 3, 4),
            (0, -1),
            ((1, 1), 2),
            ((1, 1),),
        )
    ),
    shape("a negative side", "padding is -2; it must be 0 or more", padding=((0, 0), (0, -2))),
    shape("half a cell", "padding holds 1.5 ... integers", padding=((0, 0), (0, 1.5))),
    *(
        shape(f"{mode} {padding}", f"{mode} {said}", padding=padding, padding_mode=mode)
        for mode, padding, said in (
            ("reflect", (4, 0), "padding of 4 ... input height of at least 5, not 4 ... replicate"),
            ("reflect", (0, 5), "padding of 5 ... input width of at least 6, not 5 ... less padding"),
            ("reflect", ((4, 0), (0, 0)), "padding of 4 ... at least 5, not 4"),
            ("reflect", ((0, 0), (0, 5)), "padding of 5 ... at least 6, not 5"),
            ("circular", (5, 0), "padding of 5 ... input height of at least 5, not 4"),
            ("circular", (0, 6), "padding of 6 ... input width of at least 6, not 5"),
            ("circular", ((0, 5), (0, 0)), "padding of 5 ... at least 5, not 4"),
        )
    ),
    shape(
        "same, too far",
        "reflect padding of 4 ... at least 5",
        weight=ones(1, 2, 9, 1),
        padding="same",
        padding_mode="reflect",
    ),
    *(
        shape(
            f"padding_mode {mode!r}", f"{mode!r} ... zeros, reflect, replicate, circular", padding_mode=mode
        )
        for mode in ("constant", "symmetric", "", None, 1)
    ),
]
VALUES = [
    numbers("a 2-D weight", "(3, 3) ... (maps, channels/groups, height, width)", weight=W[0, 0]),
    numbers("a weight without rows", "(2, 2, 0, 3) ... no values", weight=W[:, :, :0]),
    numbers("a weight without maps", "(0, 2, 3, 3) ... no values", weight=W[:0]),
    numbers("a ragged weight", "weight is ragged", weight=[[[[1, 2], [3]]]]),
    numbers("a ragged picture", "x is ragged", x=[[[1, 2], [3]]]),
    numbers("no picture", "x holds object", x=None),
    *(
        numbers(
            f"{name} of {kind}", f"{name} holds {np.dtype(kind)} ... float64", **{name: values.astype(kind)}
        )
        for name, values in (("x", X), ("weight", W), ("bias", np.ones(2)))
        for kind in ("bool", "c16", "U3", "O", "m8[s]")
    ),
    Refusal("unknown engine", UsageError, "'tap' ... taps?", lambda: conv2d(X, W, engine=cast("Any", "tap"))),
]
POOLS = [
    pool("large window", "spans 6x6 ... input of 4x5", 6),
    pool("large window, dilated", "spans 5x5 ... input of 4x5", 3, dilation=2),
    pool("padding beyond half", "padding is 2 ... half of its 3x3", 3, padding=2),
    pool("padding beyond half, one side", "half of its 3x3", 3, padding=((0, 0), (0, 2))),
    pool("padding beyond half, dilated", "half of its 2x2", 2, stride=1, padding=2, dilation=3),
    pool("a padding word", "'same' ... amounts, not words", 2, padding="same"),
    pool("negative padding", "padding is -1", 2, padding=-1),
    *(
        pool(f"{of.__name__} {value!r}", f"kernel_size is {value!r}", value, of)
        for of in (max_pool2d, avg_pool2d)
        for value in (0, -1, 1.5, True, "2", None, (1, 2, 3), (2, 0))
    ),
    *(
        pool(f"{of.__name__} {name} {value!r}", f"{name} is {value!r}", 2, of, **{name: value})
        for of, name in ((max_pool2d, "stride"), (avg_pool2d, "stride"), (max_pool2d, "dilation"))
        for value in (0, -1, 1.5, True, "2", (1, 2, 3), (2, 0))
    ),
    *(
        pool(f"divisor {value!r}", f"{value!r} ... other than 0", 2, avg_pool2d, divisor_override=value)
        for value in (0, 1.5, True, "2")
    ),
]


@pytest.mark.parametrize(
    "refusal",
    [*SIZES, *CHANNELS, *STEPS, *PADDINGS, *VALUES, *POOLS],
    ids=lambda refusal: cast("Refusal", refusal).name,
)
def test_refused(refusal: Refusal) -> None:
    with pytest.raises(refusal.error) as caught:
        refusal.call()
    rest = message = str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert "\n" not in message
    for part in refusal.said.split(" ... "):
        assert part in rest, message
        rest = rest.partition(part)[2]


@pytest.mark.parametrize("empty", [(4, 5), (1, 0, 5), (2, 1, 4, 0), (0, 4, 5), (1, 0, 4, 5)])
def test_pooling_needs_maps_with_values(empty: tuple[int, ...]) -> None:
    calls: list[Callable[[Array], Array]] = [
        lambda x: max_pool2d(x, 1),
        lambda x: avg_pool2d(x, 1),
        global_max_pool2d,
        global_avg_pool2d,
    ]
    for call in calls:
        with pytest.raises(ShapeError) as caught:
            call(np.ones(empty))
        assert str(empty) in str(caught.value)


@pytest.mark.parametrize("of", [max_pool2d, avg_pool2d])
def test_pooling_needs_numbers(of: Callable[..., Array]) -> None:
    for kind in ("bool", "U3", "O", "c16"):
        with pytest.raises(KernelError, match=r"x holds .* values; it takes integers, float32 or float64"):
            of(X.astype(kind), 2)


@pytest.mark.skipif(np.dtype("g").itemsize == 8, reason="long double is float64 here")
def test_long_doubles_are_refused_rather_than_rounded() -> None:
    with pytest.raises(KernelError, match=r"weight holds .*; it takes integers, float32 or float64"):
        conv2d(X, W.astype("g"))


def test_what_just_fits_is_taken() -> None:
    assert conv2d(X, W, padding=((3, 3), (4, 4)), padding_mode="reflect").shape == (2, 8, 11)
    assert conv2d(X, W, padding=((4, 4), (5, 5)), padding_mode="circular").shape == (2, 10, 13)
    assert conv2d(X, ones(1, 2, 4, 5)).shape == (1, 1, 1)
    assert max_pool2d(X, 4, 1, 2).shape == (2, 5, 6)
    assert max_pool2d(X, (4, 5)).shape == (2, 1, 1)


def test_numpys_integers_and_lists_are_amounts_too() -> None:
    strange: dict[str, Any] = {"stride": np.int64(2), "padding": [1, np.uint8(0)], "groups": np.int8(1)}
    assert conv2d(X, W, **strange).shape == (2, 2, 2)
    assert avg_pool2d(X, cast("Any", [np.int16(2), 1]), divisor_override=cast("int", np.int64(3))).shape == (
        2,
        2,
        5,
    )
