"""The last output as classes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from cnnviz.jobs.run.top_classes import top_classes

LOGITS = np.array([0.5, -2, 3, 3, 1], np.float32)


def test_logits_become_probabilities_and_the_largest_come_first() -> None:
    found = top_classes("linear", LOGITS, top=5)
    assert [each.label for each in found] == ["class 2", "class 3", "class 4", "class 0", "class 1"]
    np.testing.assert_allclose(
        [each.probability or 0 for each in found], softmax(LOGITS.astype(float))[[2, 3, 4, 0, 1]]
    )
    assert [each.value for each in found] == [3, 3, 1, 0.5, -2]
    assert [each.number for each in found] == [2, 3, 4, 0, 1]


@pytest.mark.parametrize("kind", ["softmax", "reshape", "identity"])
def test_probabilities_are_left_as_they_are(kind: str) -> None:
    values = softmax(LOGITS).astype(np.float32)
    for each in top_classes(kind, values):
        assert each.probability == each.value


def test_those_of_a_sigmoid_need_not_sum_to_1() -> None:
    found = top_classes("sigmoid", np.array([0.9, 0.8, 0.1]))
    assert [each.probability for each in found] == [0.9, 0.8, 0.1]


def test_large_logits_do_not_overflow() -> None:
    first, second = top_classes("linear", np.array([1e4, -1e4]))
    assert (first.probability, second.probability) == (1, 0)


@pytest.mark.parametrize("shape", [(5,), (5, 1, 1)])
def test_one_number_a_class_may_stand_on_maps_of_one_cell(shape: tuple[int, ...]) -> None:
    assert len(top_classes("globalavgpool", LOGITS.reshape(shape))) == 5


@pytest.mark.parametrize("shape", [(5, 1), (1, 5), (5, 2, 1), (2, 5, 5)])
def test_maps_and_tables_are_no_classes(shape: tuple[int, ...]) -> None:
    assert top_classes("conv", np.zeros(shape)) == ()


def test_numbers_that_are_not_finite_are_no_classes() -> None:
    assert top_classes("linear", np.array([1, np.nan])) == ()


def test_labels_count_where_there_are_as_many() -> None:
    assert [each.label for each in top_classes("linear", LOGITS, "abcde", 2)] == ["c", "d"]
    assert [each.label for each in top_classes("linear", LOGITS, "abcd", 1)] == ["class 2"]
    assert top_classes("linear", LOGITS, top=0) == ()
