"""A kernel as it forms, as text for a terminal, as plain lines and as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from cnnviz.files import printable
from cnnviz.lessons.learn import Learned, Step, milestones
from cnnviz.lessons.loss import POWER_ITERATIONS
from cnnviz.render.kernels.lines import block, lay
from cnnviz.render.lines import number_text
from cnnviz.render.schema import json_line

if TYPE_CHECKING:
    from rich.text import Text

SHOWN: Final = 6
"""Steps whose kernels are printed."""

_FEWER: Final = 4  # of kernels of more than five rows
_ALIKE: Final = 0.99  # cosine from which kernels look the same
_OFFSET: Final = 4e-4  # of the variance: a constant that is worth a word


def text(learned: Learned, names: tuple[str, str], notes: Sequence[str], width: int) -> Text:
    """How it was learned, the kernel at a few steps, how close it came; ``names`` of picture and target."""
    from rich.text import Text

    result = Text()
    result.append(f"{printable(names[0])}: learning the kernel behind {printable(names[1])}\n\n", "bold")
    for line in (*map(printable, notes), *_setting(learned)):
        result.append(line + "\n")
    result.append("\n")
    count = SHOWN if learned.exercise.size[0] <= 5 else _FEWER
    steps = [learned.steps[number] for number in milestones(learned.last.number, count)]
    like = learned.last.kernel
    blocks = [block(step.kernel, _heading(learned, step), like=like, room=width) for step in steps]
    lay(result, blocks, width)
    for line in _ending(learned):
        result.append(line + "\n")
    result.right_crop(1)
    return result


def _heading(learned: Learned, step: Step) -> tuple[str, ...]:
    close = learned.closeness(step)
    lines = f"step {step.number}", f"loss {number_text(step.loss)}"
    return lines if close is None else (*lines, f"cosine {cosine_text(close.cosine)}")


def _setting(learned: Learned) -> Iterator[str]:
    """How one descends, a sentence each."""
    exercise, settings = learned.exercise, learned.settings
    height, width = exercise.size
    yield (
        f"A {height}x{width} kernel, from noise (seed {settings.seed}), by gradient descent on the mean "
        f"squared error between its map and the target: {exercise.count} values."
    )
    yield "The gradient is itself a convolution: of the picture, with the error as the kernel."
    yield _mean(learned)
    chosen = "given" if settings.learning_rate is not None else "half of the one that diverges"
    yield (
        f"Learning rate {number_text(learned.learning_rate)} ({chosen}), momentum {settings.momentum:g}; "
        f"largest curvature {number_text(learned.curvature)} by {POWER_ITERATIONS} power iterations."
    )
    if learned.overshoots:
        yield (
            "The loss rises now and then: momentum carries a step on, past the lowest point (it overshoots), "
            "until the gradient turns it round."
        )


def _mean(learned: Learned) -> str:
    """What is done about it, and what that does to the condition number."""
    exercise, numbers = learned.exercise, learned.condition
    if exercise.keep_mean:
        done = "The mean of the picture is left in"
    else:
        done = f"The mean of the picture, {number_text(exercise.mean)}, is subtracted first"
    if numbers is None or exercise.size == (1, 1):  # of one cell it is 1, whatever is done
        return f"{done}."
    if math.isinf(numbers.centred):
        return f"{done}. Its patches cannot tell all kernels apart: the condition number is infinite."
    centred, with_mean = _condition(numbers.centred), _condition(numbers.with_mean)
    if exercise.keep_mean:
        return f"{done}: condition number {with_mean}; without it {centred}."
    return f"{done}: condition number {centred} in place of {with_mean}."


def _ending(learned: Learned) -> Iterator[str]:
    """How close it came."""
    last, close = learned.last, learned.closeness(learned.last)
    left = learned.unexplained(last)
    steps = f"{last.number} step{'s' * (last.number != 1)}"
    yield f"After {steps} the loss is {number_text(last.loss)}" + (
        f": the map explains {_percent(1 - left)} of the target's variance."
        if left is not None and left <= 1
        else "."
    )
    shifted = last.offset**2 > _OFFSET * learned.exercise.variance and left is not None and left < 1e-3
    if learned.known is None or shifted:
        yield f"The target is this kernel's map plus {number_text(last.offset)}, as far as it is explained."
    if learned.known is None or close is None or close.cosine is None:
        return
    yield (
        f"The cosine to the target's kernel is {cosine_text(close.cosine)} (1: the same "
        f"direction), the largest difference of a cell {number_text(close.largest_difference)}."
    )
    if close.cosine < _ALIKE and left is not None and left < 1 - _ALIKE:
        yield _apart(learned, learned.known.shape)


def _apart(learned: Learned, known: tuple[int, ...]) -> str:
    """Why the maps agree and the kernels do not."""
    size, numbers = learned.exercise.size, learned.condition
    if size[0] < known[0] or size[1] < known[1]:
        return "The maps agree as far as a smaller kernel can make them."
    if numbers is not None and math.isinf(numbers.centred):
        return "The maps agree where the kernels do not: this picture cannot tell such kernels apart."
    return (
        "The maps agree before the kernels do: what the picture hardly shows hardly changes the map. "
        "More --steps find it."
    )


def plain(learned: Learned, notes: Sequence[str]) -> list[str]:
    """A line for each of a few steps, its kernel as ``-k`` takes it, then the facts; cells apart by tabs."""
    lines = ["step\tloss\tcosine\tkernel"]
    for number in milestones(learned.last.number, SHOWN):
        step = learned.steps[number]
        close = learned.closeness(step)
        cosine = "-" if close is None else cosine_text(close.cosine)
        rows = "; ".join(" ".join(f"{value:.6f}" for value in row) for row in step.kernel.tolist())
        lines.append("\t".join((str(step.number), number_text(step.loss), cosine, rows)))
    sentences = (*notes, *_setting(learned), *_ending(learned))
    return [*lines, *map(printable, sentences)]


def document(learned: Learned, names: tuple[str, str], notes: Sequence[str]) -> str:
    """Everything but the kernels of most steps as one JSON document, one line."""
    close, numbers, last = learned.closeness(learned.last), learned.condition, learned.last
    shown = [learned.steps[number] for number in milestones(last.number, SHOWN)]
    left = learned.unexplained(last)
    return json_line(
        {
            "picture": names[0],
            "target": names[1],
            "notes": list(notes),
            "size": learned.exercise.size,
            "values": learned.exercise.count,
            "mean_subtracted": None if learned.exercise.keep_mean else learned.exercise.mean,
            "seed": learned.settings.seed,
            "momentum": learned.settings.momentum,
            "learning_rate": learned.learning_rate,
            "curvature": learned.curvature,
            "condition": numbers and numbers._asdict(),
            "losses": [step.loss for step in learned.steps],
            "steps": [_entry(step) for step in shown],
            "kernel": last.kernel.tolist(),
            "offset": last.offset,
            "explained": None if left is None else 1 - left,
            "cosine": close and close.cosine,
            "largest_difference": close and close.largest_difference,
        }
    )


def _entry(step: Step) -> dict[str, object]:
    return {"step": step.number, "loss": step.loss, "kernel": step.kernel.tolist(), "offset": step.offset}


def _condition(value: float) -> str:
    return f"{value:,.0f}"


def cosine_text(value: float | None) -> str:
    """Rounded toward 0, so that only what is 1 reads as 1.

    >>> cosine_text(0.99998), cosine_text(1.0), cosine_text(-0.03), cosine_text(None)
    ('0.99998', '1', '-0.03', '-')
    """
    if value is None:
        return "-"
    places = 5 if abs(value) > _ALIKE else 3
    return f"{math.trunc(value * 10**places) / 10**places:g}"


def _percent(share: float) -> str:
    """Rounded down, so that only everything reads as everything.

    >>> _percent(0.9999999), _percent(0.5)
    ('99.9999 %', '50.0 %')
    """
    places = 4 if share > _ALIKE else 1
    return f"{math.floor(share * 100 * 10**places) / 10**places:.{places}f} %"
