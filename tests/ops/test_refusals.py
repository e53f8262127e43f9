"""What PyTorch refuses is refused here: an error of ours, a ValueError too, one line that helps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import numpy as np
import pytest

from cnnviz.errors import CnnvizError, KernelError, ShapeError, UsageError
from cnnviz.ops import avg_pool2d, conv2d, global_avg_pool2d, global_max_pool2d, max_pool2d

X = np.ones((2, 4, 5))
W = np.ones((2, 2, 3, 3))


class Refusal(NamedTuple):
    name: str
    call: Callable[[], Any]
    error: type[CnnvizError]
    said: tuple[str, ...]


def conv(x: Any = X, weight: Any = W, **arguments: Any) -> Callable[[], Any]:
    return lambda: conv2d(x, weight, **arguments)


def pool(*arguments: Any, of: Callable[..., Any] = max_pool2d, x: Any = X, **named: Any) -> Callable[[], Any]:
    return lambda: of(x, *arguments, **named)


REFUSALS = [
    Refusal("kernel larger than the input", conv(weight=np.ones((1, 2, 5, 5))), ShapeError, ("5x5", "4x5", "more padding")),
    Refusal("kernel larger than the padded input", conv(weight=np.ones((1, 2, 7, 3)), padding=1), ShapeError, ("7x3", "6x7")),
    Refusal("dilated kernel larger than the input", conv(dilation=2), ShapeError, ("5x5", "4x5", "smaller kernel")),
    Refusal("too few channels", conv(x=X[:1]), ShapeError, ("reads 2 channels", "x has 1", "(2, 2, 3, 3)")),
    Refusal("too many channels", conv(x=np.ones((3, 4, 5))), ShapeError, ("reads 2 channels", "x has 3")),
    Refusal("channels of other groups", conv(groups=2), ShapeError, ("groups 2", "reads 4 channels", "x has 2")),
    Refusal("groups that do not divide the maps", conv(x=np.ones((6, 4, 5)), groups=3), ShapeError, ("groups is 3", "the 2 maps")),
    *(
        Refusal(f"groups {groups!r}", conv(groups=groups), ShapeError, (f"groups is {groups!r}", "at least 1"))
        for groups in (0, -1, 1.0, True, "1", None)
    ),
    *(
        Refusal(f"{name} {value!r}", conv(**{name: value}), ShapeError, (f"{name} is {value!r}",))
        for name in ("stride", "dilation")
        for value in (0, -1, 1.5, True, np.True_, "2", None, (), (1,), (1, 1, 1), (1, 0), (1, 1.0), [2, -1], (True, 1))
    ),
    *(
        Refusal(f"padding {value!r}", conv(padding=value), ShapeError, ("padding", repr(value)))
        for value in (-1, 1.5, True, None, "sane", "", (), (1,), (1, 2, 3, 4), (0, -1), ((1, 1), 2), ((1,), (1, 1)), ((1, 1),))
    ),
    Refusal("negative pad in pairs", conv(padding=((0, 0), (0, -2))), ShapeError, ("-2", "negative")),
    Refusal("fractional pad in pairs", conv(padding=((0, 0), (0, 1.5))), ShapeError, ("1.5", "integers")),
    Refusal("reflecting as far as the height", conv(padding=(4, 0), padding_mode="reflect"), ShapeError, ("padding of 4", "height", "at least 5", "not 4", "replicate")),
    Refusal("reflecting as far as the width", conv(padding=(0, 5), padding_mode="reflect"), ShapeError, ("padding of 5", "width", "at least 6", "not 5")),
    Refusal("going round more than once", conv(padding=(5, 0), padding_mode="circular"), ShapeError, ("circular", "padding of 5", "at least 5", "not 4")),
    Refusal("same, reflecting too far", conv(weight=np.ones((1, 2, 9, 1)), padding="same", padding_mode="reflect"), ShapeError, ("padding of 4", "at least 5")),
    *(
        Refusal(f"padding_mode {mode!r}", conv(padding_mode=mode), ShapeError, (repr(mode), "zeros, reflect, replicate, circular"))
        for mode in ("constant", "symmetric", "", None, 1)
    ),
    Refusal("a flat picture", conv(x=X[0]), ShapeError, ("(4, 5)", "(C, H, W)", "(N, C, H, W)")),
    Refusal("five axes", conv(x=X[np.newaxis, np.newaxis]), ShapeError, ("(1, 1, 2, 4, 5)",)),
    Refusal("no rows", conv(x=np.ones((2, 0, 5)), padding=3), ShapeError, ("(2, 0, 5)", "no values")),
    Refusal("no columns", conv(x=np.ones((1, 2, 4, 0)), padding=3), ShapeError, ("(1, 2, 4, 0)", "no values")),
    Refusal("no channels", conv(x=np.ones((0, 4, 5))), ShapeError, ("(0, 4, 5)",)),
    Refusal("a 2-D weight", conv(weight=W[0, 0]), KernelError, ("(3, 3)", "(maps, channels/groups, height, width)")),
    Refusal("a weight without rows", conv(weight=W[:, :, :0]), KernelError, ("(2, 2, 0, 3)", "no values")),
    Refusal("a weight without maps", conv(weight=W[:0]), KernelError, ("(0, 2, 3, 3)", "no values")),
    Refusal("bias of another length", conv(bias=[1, 2, 3]), ShapeError, ("bias has shape (3,)", "(2,)")),
    Refusal("bias as one number", conv(bias=1), ShapeError, ("bias has shape ()", "(2,)")),
    Refusal("bias as a column", conv(bias=[[1], [2]]), ShapeError, ("bias has shape (2, 1)",)),
    *(
        Refusal(f"{name} of {values.dtype}", conv(**{name: values}), KernelError, (f"{name} holds {values.dtype}", "float64"))
        for name, array in (("x", X), ("weight", W), ("bias", np.ones(2)))
        for values in (array.astype(bool), array.astype(complex), array.astype(str), array.astype(object), array.astype("m8[s]"))
    ),
    Refusal("ragged weight", conv(weight=[[[[1, 2], [3]]]]), KernelError, ("weight is ragged",)),
    Refusal("ragged x", conv(x=[[[1, 2], [3]]]), KernelError, ("x is ragged",)),
    Refusal("no x", conv(x=None), KernelError, ("x holds object",)),
    Refusal("unknown engine", conv(engine="tap"), UsageError, ("'tap'", "did you mean taps")),
    Refusal("window larger than the input", pool(6), ShapeError, ("6x6", "4x5")),
    Refusal("dilated window larger than the input", pool(3, dilation=2), ShapeError, ("5x5", "4x5")),
    Refusal("padding beyond half the window", pool(3, padding=2), ShapeError, ("padding is 2", "half of its 3x3")),
    Refusal("padding beyond half the window, one side", pool(3, padding=((0, 0), (0, 2))), ShapeError, ("half of its 3x3",)),
    Refusal("padding beyond half the window, dilated", pool(2, 1, 2, 3), ShapeError, ("half of its 2x2",)),
    Refusal("pooling with a padding word", pool(2, padding="same"), ShapeError, ("'same'", "amounts, not words")),
    *(
        Refusal(f"{of.__name__} {name} {value!r}", pool(**{"kernel_size": 2, name: value}, of=of), ShapeError, (f"{name} is {value!r}",))
        for of, name in ((max_pool2d, "kernel_size"), (avg_pool2d, "kernel_size"), (max_pool2d, "stride"), (avg_pool2d, "stride"), (max_pool2d, "dilation"))
        for value in (0, -1, 1.5, True, "2", (1, 2, 3), (2, 0))
    ),
    Refusal("pooling with negative padding", pool(2, padding=-1), ShapeError, ("padding is -1",)),
    *(
        Refusal(f"divisor {value!r}", pool(2, of=avg_pool2d, divisor_override=value), ShapeError, (f"divisor_override is {value!r}", "other than 0"))
        for value in (0, 1.5, True, "2")
    ),
    *(
        Refusal(f"{of.__name__} of {shape}", pool(*size, of=of, x=np.ones(shape)), ShapeError, (str(shape),))
        for of, size in ((max_pool2d, [1]), (avg_pool2d, [1]), (global_max_pool2d, []), (global_avg_pool2d, []))
        for shape in ((4, 5), (1, 0, 5), (2, 1, 4, 0), (0, 4, 5), (1, 0, 4, 5))
    ),
    Refusal("pooling booleans", pool(2, x=X > 0), KernelError, ("x holds bool",)),
    Refusal("averaging text", pool(2, of=avg_pool2d, x=X.astype(str)), KernelError, ("x holds <U",)),
]  # fmt: skip


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: cast("Refusal", refusal).name)
def test_refused(refusal: Refusal) -> None:
    with pytest.raises(refusal.error) as caught:
        refusal.call()
    message = str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert "\n" not in message
    assert [part for part in refusal.said if part not in message] == [], message


def test_the_largest_padding_that_fits_is_taken() -> None:
    """Beside what is refused stands what is not."""
    assert conv2d(X, W, padding=((3, 3), (4, 4)), padding_mode="reflect").shape == (2, 8, 11)
    assert conv2d(X, W, padding=((4, 4), (5, 5)), padding_mode="circular").shape == (2, 10, 13)
    assert conv2d(X, np.ones((1, 2, 4, 5))).shape == (1, 1, 1)
    assert max_pool2d(X, 4, 1, 2).shape == (2, 5, 6)
    assert max_pool2d(X, (4, 5)).shape == (2, 1, 1)


def test_numpys_integers_and_lists_are_taken_as_amounts() -> None:
    out = conv2d(
        X,
        W,
        stride=cast("int", np.int64(2)),
        padding=cast("Any", [1, np.uint8(0)]),
        groups=cast("int", np.int8(1)),
    )
    assert out.shape == (2, 2, 2)
