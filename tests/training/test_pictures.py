"""The pictures that shapes-net learns from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import ndimage

from cnnviz.network.trained import SHAPES_NET
from training.pictures import draw, pictures

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEEDS = range(40)


def plain(label: str) -> list[NDArray[np.uint8]]:
    """Pictures of ``label`` on grounds without noise: those with few colours."""
    drawn = [draw(label, np.random.default_rng(seed)) for seed in SEEDS]
    found = [each for each in drawn if len(np.unique(each @ np.array([65536, 256, 1]))) < 1000]
    assert 10 < len(found) < 30  # about half of them
    return found


def covered(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How much of each pixel the thing covers, if the upper left one shows the ground: (H, W), 0 to 1."""
    coded, counts = np.unique(picture @ np.array([65536, 256, 1]), return_counts=True)
    first, second = (coded[np.argsort(counts)[-2:], np.newaxis] // [65536, 256, 1] % 256).astype(float)
    ground, colour = (first, second) if (picture[0, 0] == first).all() else (second, first)
    along = colour - ground
    share: NDArray[np.float64] = (picture - ground) @ along / (along @ along)
    return share.clip(0, 1)


def test_a_seed_draws_the_same_pictures_again_and_another_seed_others() -> None:
    drawn, labels = pictures(12, seed=5)
    again, same = pictures(12, seed=5)
    assert np.array_equal(drawn, again)
    assert np.array_equal(labels, same)
    assert not np.array_equal(drawn, pictures(12, seed=6)[0])


@pytest.mark.parametrize("count", [0, 1, 4, 30])
def test_the_labels_come_equally_often(count: int) -> None:
    drawn, labels = pictures(count, seed=1)
    assert drawn.shape == (count, 64, 64, 3)
    assert drawn.dtype == np.uint8
    often = np.bincount(labels, minlength=4)
    assert often.sum() == count
    assert often.max() - often.min() <= 1


def test_labels_are_not_in_order() -> None:
    _, labels = pictures(40, seed=1)
    assert not np.array_equal(labels, np.arange(40) % 4)
    assert not np.array_equal(labels, np.sort(labels))


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(KeyError, match="hexagon"):
        draw("hexagon", np.random.default_rng(1))


@pytest.mark.parametrize("label", ["circle", "square", "triangle"])
def test_a_shape_is_one_piece_inside_the_picture(label: str) -> None:
    for picture in plain(label):
        share = covered(picture)
        _, pieces = ndimage.label(share > 0.5, np.ones((3, 3)))
        assert pieces == 1
        assert np.concatenate([share[0], share[-1], share[:, 0], share[:, -1]]).max() < 0.5


def test_stripes_are_many_pieces_and_reach_the_edge() -> None:
    for picture in plain("stripes"):
        share = covered(picture)
        _, pieces = ndimage.label(share > 0.5)
        assert pieces >= 3
        assert np.ptp(share[0]) + np.ptp(share[:, 0]) > 0.9


@pytest.mark.parametrize("label", SHAPES_NET.labels)
def test_edges_are_smooth(label: str) -> None:
    for picture in plain(label):
        share = covered(picture)
        assert np.mean((share > 0.05) & (share < 0.95)) > 0.005


@pytest.mark.parametrize(
    ("label", "least", "most"),
    # Of the smallest square box, turned as it fits best: a circle's area is pi/4 of it, a square's all of it.
    [("circle", 0.74, 0.82), ("square", 0.9, 1.06), ("triangle", 0.35, 0.62)],
)
def test_a_shape_fills_its_tightest_box_as_such_a_shape_does(label: str, least: float, most: float) -> None:
    for picture in plain(label):
        share = covered(picture)
        rows, columns = np.nonzero(share > 0.5)
        boxes = []
        for angle in np.linspace(0, np.pi / 2, 91):
            along = rows * np.cos(angle) + columns * np.sin(angle)
            across = columns * np.cos(angle) - rows * np.sin(angle)
            boxes.append((np.ptp(along) + 1) * (np.ptp(across) + 1))
        assert least < share.sum() / min(boxes) < most
