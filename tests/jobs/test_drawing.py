"""Which tone `auto` stands for, by kernel, activation and input; and the settings in words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnviz.jobs.description import settings_text
from cnnviz.jobs.picture import run
from cnnviz.jobs.settings import Pooling, padding_text
from cnnviz.kernels import read
from cnnviz.render.tone import Tone
from tests.jobs.making import COLOURS, GREY, make_job

MAX2 = Pooling("max", (2, 2))


@pytest.fixture
def toned(tmp_path: Path) -> Callable[..., Tone]:
    def tone_of(*args: Any, **named: Any) -> Tone:
        (result,) = run(make_job(*args, output=tmp_path / "a.npy", **named)).results
        assert result.tone is not None
        return result.tone

    return tone_of


@pytest.mark.parametrize(
    ("kernel", "settings", "kind"),
    [
        ("sobel-x", {}, "symmetric"),
        ("laplacian-4", {"channels": "sum"}, "symmetric"),
        ("log:sigma=1", {}, "symmetric"),
        ("gabor:theta=45,size=7", {}, "symmetric"),
        ("sobel-x", {"bias": (1000,)}, "symmetric"),
        ("sobel-x", {"activation": "tanh"}, "symmetric"),
        ("sobel-x", {"activation": "leaky-relu"}, "symmetric"),
        ("sobel-x", {"activation": "relu"}, "abs"),
        ("sobel-x", {"activation": "sigmoid"}, "abs"),
        ("gaussian", {"activation": "relu"}, "abs"),
        ("sobel", {}, "abs"),
        ("sobel", {"bias": (-50,)}, "symmetric"),
        ("gaussian", {}, "clip"),
        ("box:5", {"channels": "each"}, "clip"),
        ("sharpen", {}, "clip"),
        ("identity", {"pooling": MAX2}, "clip"),
        ("box", {"channels": "sum"}, "minmax"),
        ("gaussian", {"activation": "tanh"}, "minmax"),
        ("1 1", {}, "minmax"),
        ("1 1", {"bias": (-300,)}, "symmetric"),
        ("1 -3 1", {}, "symmetric"),
        ("0.0000001 0.0000001", {}, "minmax"),
    ],
)
def test_auto_is_decided_by_the_kernel_and_what_follows_it(
    toned: Callable[..., Tone], saved: Callable[..., str], kernel: str, settings: dict[str, Any], kind: str
) -> None:
    assert toned(saved(COLOURS), [kernel], **settings).kind == kind


@pytest.mark.parametrize("value", [0, 7, 255])
def test_a_batch_is_drawn_alike_whatever_the_pictures_hold(
    toned: Callable[..., Tone], saved: Callable[..., str], value: int
) -> None:
    flat = saved(np.full((9, 9), value, np.uint8))
    assert toned(flat, ["sobel-x"]).kind == "symmetric"
    assert toned(flat, ["sobel-x"], activation="relu").kind == "abs"
    assert toned(flat, ["gaussian"]) == Tone("clip", 0, 255, 0)


def test_a_bank_and_floats_are_decided_by_their_values(
    toned: Callable[..., Tone], stored: Callable[..., str], saved: Callable[..., str]
) -> None:
    bank = stored(np.ones((2, 1, 3, 3)) / 9, "bank.npy")
    assert toned(saved(GREY), [bank]).kind == "minmax"
    assert toned(saved(GREY), [stored(np.array([[[[-1, 1]]]]), "edges.npy")]).kind == "symmetric"
    assert toned(saved(GREY), [bank], activation="softmax").kind == "abs"
    floats = np.linspace(0, 1, 81).reshape(9, 9)
    assert toned(stored(floats), ["gaussian"]).kind == "minmax"
    assert toned(stored(floats - 0.5), ["gaussian"]).kind == "symmetric"
    assert toned(stored(floats), ["sobel-x"]).kind == "symmetric"


def test_clip_ends_at_the_white_of_the_picture(
    toned: Callable[..., Tone], saved: Callable[..., str], stored: Callable[..., str]
) -> None:
    assert toned(saved(GREY), ["box"]).high == 255
    for kind in ("PNG", "TIFF", "PPM"):
        assert toned(saved(GREY.astype(np.uint16), kind), ["box"]) == Tone("clip", 0, 65535, 0)
    assert toned(stored(np.zeros((9, 9))), ["box"], tone="clip").high == 1


@pytest.mark.parametrize("asked", ["symmetric", "minmax", "abs", "clip", (-3.0, 4.5)])
def test_a_tone_that_is_asked_for_is_taken(
    toned: Callable[..., Tone], saved: Callable[..., str], asked: Any
) -> None:
    for kernel in ("sobel-x", "gaussian", "sobel"):
        tone = toned(saved(COLOURS), [kernel], tone=asked)
        assert tone.kind == ("range" if isinstance(asked, tuple) else asked)
    if isinstance(asked, tuple):
        assert (tone.low, tone.high) == asked


def test_pixels_that_are_only_pooled_stay_as_they_are(
    toned: Callable[..., Tone], saved: Callable[..., str], stored: Callable[..., str]
) -> None:
    for mode in ("max", "avg"):
        pooling = Pooling(mode, (2, 2))
        assert toned(saved(COLOURS), [], pooling=pooling) == Tone("clip", 0, 255, 0)
        assert toned(saved(GREY.astype(np.uint16)), [], pooling=pooling) == Tone("clip", 0, 65535, 0)
    assert toned(stored(GREY - 250.0), [], pooling=MAX2).kind == "symmetric"


def test_every_catalogued_kernel_is_drawn_by_its_sum(
    toned: Callable[..., Tone], saved: Callable[..., str]
) -> None:
    picture = saved(np.random.default_rng(9).integers(0, 256, (40, 40), np.uint8))
    for operator in read(["all"]):
        if operator.combine is not None:
            continue
        total = float(operator.kernels[0].weight.sum())
        kind = toned(picture, [operator.name]).kind
        if abs(total) < 1e-9:
            assert kind == "symmetric", operator.name
        elif abs(total - 1) < 1e-6:
            assert kind == "clip", operator.name


def test_paddings_are_written_as_one_would_type_them() -> None:
    for padding, text in (
        (0, "0"), (2, "2"), ((2, 2), "2"), ((1, 2), "1x2"), (((1, 2), (3, 4)), "1,2,3,4"), ("same", "same"),
    ):  # fmt: skip
        assert padding_text(padding) == text  # type: ignore[arg-type]  # forms of a padding


def test_the_settings_that_all_maps_share_are_said_in_one_line(saved: Callable[..., str]) -> None:
    picture = saved(GREY)
    assert settings_text(make_job(picture)) == "stride 1, no padding"
    assert (
        settings_text(
            make_job(
                picture,
                stride=(1, 2),
                padding="same",
                padding_mode="reflect",
                dilation=(2, 2),
                flip=True,
                activation="relu",
                pooling=MAX2,
            )
        )
        == "stride 1x2, padding same (reflect), dilation 2, kernel flipped, relu, pool max:2"
    )
    assert settings_text(make_job(picture, [], pooling=MAX2)) == "pool max:2"
