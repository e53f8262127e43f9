"""``cnnviz convolve``: every option, on real pictures, against SciPy and Pillow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.signal import correlate2d

from tests import oracles
from tests.cli.running import SAMPLES, SOBEL_X, Run, brightness, channels, files, npy, pixels, png, text_of

Array = NDArray[Any]
Values = Callable[..., Array]

SEED = np.random.default_rng(7)
COLORS = SEED.integers(0, 256, (13, 17, 3), dtype=np.uint8)
GRAY = np.asarray(Image.fromarray(COLORS).convert("L"), np.int64)
KERNEL = np.array([[1, -2, 3], [0, 4, -5]])
INLINE = "1 -2 3; 0 4 -5"


@pytest.fixture
def picture(tmp_path: Path) -> str:
    """A small colour picture of noise."""
    (tmp_path / "noise.png").write_bytes(png(COLORS))
    return "noise.png"


@pytest.fixture
def values(run: Run, picture: str, tmp_path: Path) -> Values:
    """The exact maps (F, H, W) of the small picture under the given arguments."""

    def call(*args: str, image: str = picture, kernel: str = INLINE) -> Array:
        done = run("convolve", image, "-k", kernel, *args, "-o", "values.npy", "-f", "-q")
        assert (done.code, done.err) == (0, "")
        maps: Array = np.load(tmp_path / "values.npy")
        return maps

    return call


def correlated(x: Array, **given: Any) -> Array:
    """One channel (H, W) under KERNEL, as SciPy and NumPy's padding have it."""
    return oracles.scipy_conv2d(x[np.newaxis, np.newaxis], KERNEL[np.newaxis, np.newaxis], **given)[0]


def both(word: str, stride: tuple[int, int] = (1, 1)) -> tuple[tuple[int, int], tuple[int, int]]:
    low, high = (oracles.amounts(word, GRAY.shape[a], KERNEL.shape[a], stride[a], 1) for a in (0, 1))
    return low, high


# What comes out


def test_the_cat_under_sobel_x_is_the_correlation_of_its_brightness(run: Run, tmp_path: Path) -> None:
    done = run("convolve", "sample:cat", "-k", "sobel-x", "--format", "npy")
    assert (done.code, done.err) == (0, "")
    expected = correlate2d(brightness("cat"), SOBEL_X, "valid")
    maps = np.load(tmp_path / "cat.sobel-x.npy")
    assert maps.dtype.kind == "i"
    assert np.array_equal(maps, expected[np.newaxis])
    assert done.table == [
        {
            "picture": "sample:cat",
            "kernel": "sobel-x",
            "input": "1x300x451",
            "output": "1x298x449",
            "range": f"{expected.min()}..{expected.max()}",
            "tone": "-212..212",
            "file": "cat.sobel-x.npy",
        }
    ]


def test_the_picture_of_a_map_has_zero_at_mid_grey_and_its_ends_at_the_percentile(
    run: Run, tmp_path: Path
) -> None:
    assert run("convolve", str(SAMPLES / "cat.png"), "--kernel", "sobel-x").code == 0
    values = correlate2d(brightness("cat"), SOBEL_X, "valid")
    end = np.percentile(np.abs(values), 99.5)
    assert end == 212
    expected = np.clip(np.rint(128 + values * (127 / end)), 1, 255)
    assert np.array_equal(pixels(tmp_path / "cat.sobel-x.png"), expected)


def test_a_step_of_8_bits_is_exact_under_sobel_x(values: Values) -> None:
    step = str(SAMPLES / "step.png")
    maps = values("--padding", "1", "--padding-mode", "replicate", image=step, kernel="sobel-x")
    assert maps.tolist() == [[[0, 0, 0, 1020, 1020, 0, 0, 0]] * 8]


def test_a_picture_says_how_it_was_made(run: Run, tmp_path: Path, picture: str) -> None:
    args = ("--stride", "2x1", "--padding", "1", "--padding-mode", "reflect", "--tone", "-7,9.5")
    assert run("convolve", picture, "-k", "sobel-x", *args, "-o", "made.png").code == 0
    text = text_of(tmp_path / "made.png")
    assert text["cnnviz:kernel"] == "sobel-x"
    assert text["cnnviz:stride"] == "2x1"
    assert text["cnnviz:padding"] == "1 reflect"
    assert json.loads(text["cnnviz:tone"]) == {"kind": "range", "low": -7, "high": 9.5, "codes": [0, 255]}


def test_pictures_times_kernels_are_listed_and_written_in_the_order_given(run: Run, tmp_path: Path) -> None:
    done = run("convolve", "sample:step", "sample:impulse", "-k", "sobel-y", "-k", "box:5", "-k", INLINE)
    assert done.code == 0
    expected = [
        (f"sample:{name}", kernel, f"{name}.{slug}.png")
        for name in ("step", "impulse")
        for kernel, slug in (("sobel-y", "sobel-y"), ("box:5", "box-size5"), ("inline1", "inline1"))
    ]
    assert [(row["picture"], row["kernel"], row["file"]) for row in done.table] == expected
    assert files(tmp_path) == {file for _, _, file in expected}


def test_16_bit_pixels_keep_every_bit(run: Run, tmp_path: Path) -> None:
    (tmp_path / "deep.png").write_bytes(png(np.array([[256, 257], [65535, 0]], np.uint16)))
    assert run("convolve", "deep.png", "-k", "1", "-o", "same.npy").code == 0
    assert np.load(tmp_path / "same.npy").tolist() == [[[256, 257], [65535, 0]]]


def test_an_array_is_a_picture_and_its_floats_stay(run: Run, tmp_path: Path) -> None:
    given = np.linspace(-1, 2, 3 * 4 * 5).reshape(3, 4, 5).astype(np.float32)
    (tmp_path / "maps.npy").write_bytes(npy(given))
    assert run("convolve", "maps.npy", "-k", "1 -1", "--channels", "each", "-o", "out.npy").code == 0
    assert np.allclose(np.load(tmp_path / "out.npy"), given[..., :-1] - given[..., 1:], atol=1e-6)


def test_an_array_with_channels_last_is_refused_with_the_way_out(run: Run, tmp_path: Path) -> None:
    (tmp_path / "last.npy").write_bytes(npy(COLORS))
    done = run("convolve", "last.npy", "-k", "box")
    assert done.code == 1
    assert "(13, 17, 3)" in done.err
    assert "transpose(2, 0, 1)" in done.err


def test_transparency_is_laid_over_white_and_said(run: Run, tmp_path: Path) -> None:
    clear = np.zeros((4, 4, 4), np.uint8)
    clear[0, 0] = 10, 10, 10, 255
    (tmp_path / "clear.png").write_bytes(png(clear))
    done = run("convolve", "clear.png", "-k", "1", "-o", "out.npy")
    assert (done.code, done.err) == (0, "cnnviz: clear.png: transparent: laid over white\n")
    assert np.load(tmp_path / "out.npy")[0, :2, :2].tolist() == [[10, 255], [255, 255]]


def test_of_an_animation_the_first_frame_is_used_and_that_is_said(run: Run, tmp_path: Path) -> None:
    first, second = (Image.new("L", (6, 6), value) for value in (10, 200))
    first.save(tmp_path / "two.gif", save_all=True, append_images=[second])
    done = run("convolve", "two.gif", "-k", "1", "-o", "out.npy")
    assert (done.code, done.err) == (0, "cnnviz: two.gif: 2 frames, using the first\n")
    assert set(np.load(tmp_path / "out.npy").ravel().tolist()) == {10}


# How the kernel is laid on


@pytest.mark.parametrize(
    ("args", "given"),
    [
        ((), {}),
        (("--stride", "2"), {"stride": (2, 2)}),
        (("--stride", "2x3"), {"stride": (2, 3)}),
        (("--padding", "1"), {"pads": ((1, 1), (1, 1))}),
        (("--padding", "1x2"), {"pads": ((1, 1), (2, 2))}),
        (("--padding", "1,2,3,4"), {"pads": ((1, 2), (3, 4))}),
        (("--padding", "valid"), {}),
        (("--padding", "same"), {"pads": both("same")}),
        (("--padding", "same-lower"), {"pads": both("same-lower")}),
        (("--padding", "full"), {"pads": both("full")}),
        (("--padding", "same", "--stride", "3x2"), {"pads": both("same", (3, 2)), "stride": (3, 2)}),
        (("--dilation", "2"), {"dilation": (2, 2)}),
        (("--dilation", "3x2"), {"dilation": (3, 2)}),
        *(
            (
                ("--padding", "4", "--padding-mode", mode, "--stride", "1x2", "--dilation", "2"),
                {"pads": ((4, 4), (4, 4)), "padding_mode": mode, "stride": (1, 2), "dilation": (2, 2)},
            )
            for mode in ("zeros", "reflect", "replicate", "circular")
        ),
    ],
)
def test_stride_padding_and_dilation_are_those_of_scipy(
    values: Values, args: tuple[str, ...], given: dict[str, Any]
) -> None:
    assert np.array_equal(values(*args), correlated(GRAY, **given))


def test_same_at_stride_1_keeps_the_size(run: Run, picture: str) -> None:
    (row,) = run("convolve", picture, "-k", INLINE, "--padding", "same", "-n").table
    assert row["input"] == row["output"] == "1x13x17"


def test_flip_turns_the_kernel_by_180_degrees_and_nothing_else(values: Values) -> None:
    flipped = correlate2d(GRAY, KERNEL[::-1, ::-1], "valid")
    assert np.array_equal(values("--flip"), flipped[np.newaxis])
    assert not np.array_equal(values(), flipped[np.newaxis])


@pytest.mark.parametrize("engine", ["taps", "matmul", "scipy", "reference"])
def test_every_engine_gives_the_same_numbers(values: Values, engine: str) -> None:
    args = ("--padding", "2", "--stride", "2", "--channels", "each")
    assert np.array_equal(values(*args, "--engine", engine), values(*args))


def test_the_defaults_may_be_written_out_and_change_no_byte(run: Run, tmp_path: Path, picture: str) -> None:
    written = "--stride 1 --padding 0 --padding-mode zeros --dilation 1 --channels gray --engine auto"
    shown = "--tone auto --colormap gray --format png --max-pixels 200000000 --bias 0"
    assert run("convolve", picture, "-k", "sobel-x", "-o", "a.png").code == 0
    assert (
        run("convolve", picture, "-k", "sobel-x", "-o", "b.png", *written.split(), *shown.split()).code == 0
    )
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


# Kernels and channels


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("k.txt", b"# mine\n1 -2 3\n0 4 -5\n"),
        ("k.csv", b"1,-2,3\r\n0,4,-5\r\n"),
        ("k.tsv", b"1\t-2\t3\n0\t4\t-5\n"),
        ("k.json", b"[[1, -2, 3], [0, 4, -5]]"),
        ("k.npy", npy(KERNEL)),
    ],
)
def test_a_kernel_from_a_file_is_the_inline_one(
    values: Values, tmp_path: Path, name: str, data: bytes
) -> None:
    (tmp_path / name).write_bytes(data)
    assert np.array_equal(values(kernel=name), correlated(GRAY))


def test_a_kernel_is_picked_out_of_an_archive_by_its_key(values: Values, tmp_path: Path) -> None:
    np.savez(tmp_path / "k.npz", other=np.ones((2, 2)), mine=KERNEL)
    assert np.array_equal(values(kernel="k.npz:mine"), correlated(GRAY))


def test_a_bank_of_depth_3_reads_the_colours_and_every_output_is_a_map(
    run: Run, tmp_path: Path, picture: str
) -> None:
    bank = SEED.integers(-5, 6, (4, 3, 2, 2))
    (tmp_path / "bank.npy").write_bytes(npy(bank))
    done = run("convolve", picture, "-k", "bank.npy")
    assert [row["file"] for row in done.table] == [f"noise.bank.{number:03d}.png" for number in range(4)]
    assert {row["output"] for row in done.table} == {"4x12x16"}
    assert files(tmp_path) == {"noise.png", "bank.npy", *(row["file"] for row in done.table)}
    assert run("convolve", picture, "-k", "bank.npy", "-o", "maps.npy").code == 0
    expected = oracles.scipy_conv2d(COLORS.transpose(2, 0, 1)[np.newaxis].astype(np.int64), bank)
    assert np.array_equal(np.load(tmp_path / "maps.npy"), expected[0])


def test_a_bank_of_depth_1_reads_the_brightness(values: Values, tmp_path: Path) -> None:
    (tmp_path / "bank.npy").write_bytes(npy(np.stack([KERNEL, -KERNEL])[:, np.newaxis]))
    once = correlated(GRAY)
    assert np.array_equal(values(kernel="bank.npy"), np.concatenate([once, -once]))


def test_channels_each_makes_one_map_a_channel(run: Run, tmp_path: Path, values: Values) -> None:
    expected = [
        correlate2d(channel.astype(np.int64), KERNEL, "valid") for channel in COLORS.transpose(2, 0, 1)
    ]
    assert np.array_equal(values("--channels", "each"), expected)
    done = run("convolve", "noise.png", "-k", INLINE, "--channels", "each")
    assert [row["file"] for row in done.table] == [f"noise.inline1.{number:03d}.png" for number in range(3)]


def test_channels_sum_adds_the_channels_up_as_a_layer_does(values: Values) -> None:
    expected = correlate2d(COLORS.astype(np.int64).sum(axis=2), KERNEL, "valid")
    assert np.array_equal(values("--channels", "sum"), expected[np.newaxis])


def test_channels_color_puts_the_three_maps_into_one_colour_picture(run: Run, tmp_path: Path) -> None:
    done = run("convolve", "sample:cat", "-k", "identity", "--padding", "same", "--channels", "color")
    assert [row["file"] for row in done.table] == ["cat.identity.png"]
    assert np.array_equal(pixels(tmp_path / "cat.identity.png").transpose(2, 0, 1), channels("cat"))


def test_channels_of_a_grey_picture_are_one(run: Run) -> None:
    done = run("convolve", "sample:step", "-k", "box", "--channels", "each")
    assert [(row["output"], row["file"]) for row in done.table] == [("1x6x6", "step.box.png")]


@pytest.mark.parametrize(
    ("how", "join"),
    [
        ("magnitude", lambda a, b: np.sqrt(a.astype(float) ** 2 + b.astype(float) ** 2)),
        ("max", np.maximum),
        ("sum", np.add),
    ],
)
def test_combine_joins_the_maps_of_all_kernels_into_one(
    values: Values, how: str, join: Callable[[Array, Array], Array]
) -> None:
    maps = values("-k", "2 1 0; 3 0 1", "--combine", how)
    expected = join(correlated(GRAY), correlate2d(GRAY, [[2, 1, 0], [3, 0, 1]], "valid"))
    assert maps.shape == (1, 12, 15)
    assert np.allclose(maps, expected, rtol=1e-6)


def test_sobel_alone_is_the_magnitude_of_its_two_directions(values: Values) -> None:
    x, y = correlate2d(GRAY, SOBEL_X, "valid"), correlate2d(GRAY, SOBEL_X.T, "valid")
    assert np.allclose(values(kernel="sobel"), np.hypot(x, y), rtol=1e-6)
    joined = values("-k", "sobel-y", "--combine", "magnitude", kernel="sobel-x")
    assert np.array_equal(joined, values(kernel="sobel"))


def test_the_compass_is_the_largest_of_its_eight_directions(values: Values, run: Run) -> None:
    each = [
        values(kernel=f"kirsch-{direction}") for direction in ("n", "ne", "e", "se", "s", "sw", "w", "nw")
    ]
    assert np.array_equal(values("--combine", "max", kernel="kirsch"), np.max(each, axis=0))
    (row,) = run("convolve", "noise.png", "-k", "kirsch", "--combine", "max", "-n").table
    assert row["file"] == "noise.kirsch-max.png"


# What happens to the values


@pytest.mark.parametrize(("bias", "added"), [("5", 5), ("-7", -7), ("0.25", 0.25)])
def test_a_bias_is_added_to_every_value(values: Values, bias: str, added: float) -> None:
    maps = values("--bias", bias)
    assert np.array_equal(maps, correlated(GRAY) + added)
    assert maps.dtype.kind == ("i" if isinstance(added, int) else "f")


def test_a_bias_may_be_one_a_map(values: Values) -> None:
    plain, shifted = values("--channels", "each"), values("--channels", "each", "--bias", "1,-2,30")
    assert (shifted - plain).transpose(1, 2, 0).reshape(-1, 3).tolist() == [[1, -2, 30]] * (12 * 15)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("relu", lambda v: np.maximum(v, 0)),
        ("leaky-relu", lambda v: np.where(v < 0, 0.01 * v, v)),
        ("sigmoid", lambda v: 1 / (1 + np.exp(-v))),
        ("tanh", np.tanh),
    ],
)
def test_an_activation_is_applied_to_every_value_after_the_bias(
    values: Values, name: str, function: Callable[[Array], Array]
) -> None:
    scaled = "1/64 -2/64 3/64; 0 4/64 -5/64"
    maps = values("--bias", "0.5", "--activation", name, kernel=scaled)
    assert np.allclose(maps, function(correlated(GRAY) / 64 + 0.5), rtol=1e-5, atol=1e-6)


def test_softmax_makes_the_maps_of_a_bank_sum_to_1_everywhere(values: Values, tmp_path: Path) -> None:
    (tmp_path / "bank.npy").write_bytes(npy(SEED.normal(0, 0.01, (5, 3, 2, 2))))
    maps, logits = values("--activation", "softmax", kernel="bank.npy"), values(kernel="bank.npy")
    assert np.allclose(maps, np.exp(logits) / np.exp(logits).sum(axis=0), rtol=1e-5)


@pytest.mark.parametrize(
    ("pool", "mode", "kernel", "given"),
    [
        ("max:2", "max", (2, 2), {}),
        ("max", "max", (2, 2), {}),
        ("avg:3", "avg", (3, 3), {}),
        ("max:2x3", "max", (2, 3), {}),
        ("avg:3,stride=2", "avg", (3, 3), {"stride": (2, 2)}),
        ("max:k=3,s=1x2,p=1", "max", (3, 3), {"stride": (1, 2), "pads": ((1, 1), (1, 1))}),
        ("max:size=2,ceil=yes", "max", (2, 2), {"ceil_mode": True}),
        ("avg:2,padding=1,ceil=no", "avg", (2, 2), {"pads": ((1, 1), (1, 1))}),
        ("max:global", "max", (12, 15), {}),
        ("avg:global", "avg", (12, 15), {}),
    ],
)
def test_maps_are_pooled_after_the_activation(
    values: Values, pool: str, mode: str, kernel: tuple[int, int], given: dict[str, Any]
) -> None:
    maps = np.maximum(correlated(GRAY), 0)[np.newaxis]
    loops = oracles.loops_max_pool2d if mode == "max" else oracles.loops_avg_pool2d
    expected = loops(maps, kernel, given.pop("stride", kernel), given.pop("pads", ((0, 0), (0, 0))), **given)
    assert np.allclose(values("--activation", "relu", "--pool", pool), expected[0], rtol=1e-6)


# How it is drawn


@pytest.mark.parametrize(
    ("tone", "kind", "low", "high"),
    [
        ("symmetric", "symmetric", -212.0, 212.0),
        ("abs", "abs", 0.0, 212.0),
        ("minmax", "minmax", -522.0, 503.0),
        ("clip", "clip", 0.0, 255.0),
        ("-100,50.5", "range", -100.0, 50.5),
    ],
)
def test_a_tone_says_which_values_are_black_and_white(
    run: Run, tmp_path: Path, tone: str, kind: str, low: float, high: float
) -> None:
    done = run("convolve", "sample:cat", "-k", "sobel-x", "--tone", tone, "--json")
    values = correlate2d(brightness("cat"), SOBEL_X, "valid")
    shown = np.abs(values) if kind == "abs" else values
    clipped = float(((shown < low) | (shown > high)).mean())
    (result,) = done.json["results"]
    assert result["tone"] == {
        "kind": kind,
        "low": low,
        "high": high,
        "clipped": pytest.approx(clipped, abs=1e-6),
    }
    first = 1 if kind == "symmetric" else 0
    codes = np.clip(np.rint(first + (shown - low) * ((255 - first) / (high - low))), first, 255)
    difference = pixels(tmp_path / "cat.sobel-x.png").astype(int) - codes
    # A value half way between two codes may fall to either.
    assert np.abs(difference).max() <= 1
    assert np.count_nonzero(difference) < 0.02 * difference.size


@pytest.mark.parametrize(
    ("args", "kind"),
    [
        (("-k", "sobel-x"), "symmetric"),
        (("-k", "log"), "symmetric"),
        (("-k", "gaussian"), "clip"),
        (("-k", "sharpen"), "clip"),
        (("-k", "sobel"), "abs"),
        (("-k", "sobel-x", "--activation", "relu"), "abs"),
        (("-k", "1 1"), "minmax"),
        (("-k", "1 1; 0 -1", "--bias", "-300"), "symmetric"),
    ],
)
def test_the_automatic_tone_follows_kernel_and_activation(run: Run, args: tuple[str, ...], kind: str) -> None:
    (result,) = run("convolve", "sample:cat", *args, "--json").json["results"]
    assert result["tone"]["kind"] == kind


@pytest.mark.parametrize("name", ["viridis", "magma", "inferno", "cividis", "vik"])
def test_a_colormap_gives_every_grey_one_colour_and_changes_nothing_else(
    run: Run, tmp_path: Path, name: str
) -> None:
    assert run("convolve", "sample:cat", "-k", "sobel-x", "-o", "gray.png").code == 0
    assert run("convolve", "sample:cat", "-k", "sobel-x", "--colormap", name, "-o", "c.png").code == 0
    with Image.open(tmp_path / "c.png") as picture:
        assert picture.mode == "P"
        assert np.array_equal(np.asarray(picture), pixels(tmp_path / "gray.png"))


@pytest.mark.parametrize(
    ("kernel", "same_as", "black"), [("sobel-x", "vik", None), ("box", "viridis", (68, 1, 84))]
)
def test_the_automatic_colormap_is_diverging_for_symmetric_tones(
    run: Run, tmp_path: Path, kernel: str, same_as: str, black: tuple[int, int, int] | None
) -> None:
    for number, name in enumerate(("auto", same_as)):
        args = ("--tone", "0,400") if black else ()
        done = run(
            "convolve", "sample:impulse", "-k", kernel, "--colormap", name, "-o", f"{number}.png", *args
        )
        assert done.code == 0
    assert (tmp_path / "0.png").read_bytes() == (tmp_path / "1.png").read_bytes()
    if black:
        assert tuple(pixels(tmp_path / "0.png")[0, 0]) == black


def test_webp_holds_the_pixels_of_the_png(run: Run, tmp_path: Path, picture: str) -> None:
    for colormap in ("gray", "vik"):
        for suffix in ("png", "webp"):
            args = ("--colormap", colormap, "-o", f"{colormap}.{suffix}")
            assert run("convolve", picture, "-k", "sobel-x", *args).code == 0
        one, other = (Image.open(tmp_path / f"{colormap}.{suffix}") for suffix in ("png", "webp"))
        assert other.format == "WEBP"
        assert np.array_equal(np.asarray(one.convert("RGB")), np.asarray(other.convert("RGB")))


def test_tiff_holds_the_values_as_float32(run: Run, tmp_path: Path, picture: str) -> None:
    for name in ("out.tiff", "out2.tif"):
        assert run("convolve", picture, "-k", INLINE, "-o", name).code == 0
        stored = pixels(tmp_path / name)
        assert stored.dtype == np.float32
        assert np.array_equal(stored, correlated(GRAY)[0])


def test_npz_holds_one_key_a_kernel(run: Run, tmp_path: Path, picture: str) -> None:
    done = run("convolve", picture, "-k", INLINE, "-k", "sobel-x", "--format", "npz")
    assert {row["file"] for row in done.table} == {"noise.maps.npz"}
    with np.load(tmp_path / "noise.maps.npz") as archive:
        assert set(archive) == {"inline1", "sobel-x"}
        assert np.array_equal(archive["inline1"], correlated(GRAY))
        assert np.array_equal(archive["sobel-x"][0], correlate2d(GRAY, SOBEL_X, "valid"))


@pytest.mark.parametrize("suffix", ["png", "npy", "npz", "webp", "tiff"])
def test_a_format_may_be_asked_for_or_follows_from_the_suffix(run: Run, tmp_path: Path, suffix: str) -> None:
    assert run("convolve", "sample:step", "-k", "box", "--format", suffix).code == 0
    assert run("convolve", "sample:step", "-k", "box", "-o", f"by-suffix.{suffix}").code == 0
    written = f"step.{'maps' if suffix == 'npz' else 'box'}.{suffix}"
    assert files(tmp_path) == {written, f"by-suffix.{suffix}"}
    assert (tmp_path / written).read_bytes() == (tmp_path / f"by-suffix.{suffix}").read_bytes()


def test_a_sheet_is_one_page_with_the_picture_and_every_map(run: Run, tmp_path: Path) -> None:
    done = run("convolve", "sample:step", "-k", "identity", "-k", "sobel-x", "-k", "box", "--sheet")
    assert {row["file"] for row in done.table} == {"step.sheet.png"}
    assert files(tmp_path) == {"step.sheet.png"}
    page = pixels(tmp_path / "step.sheet.png")
    assert page.ndim == 3
    # The picture is enlarged to 320 pixels, half of them black and half white; 6 of 8 are left of a valid map.
    runs = {"".join(map(str, (row[:, 0] // 255).tolist())) for row in page}
    assert any("0" * 160 + "1" * 160 in row for row in runs)
    assert any("0" * 159 + "1" * 159 in row and "0" * 160 + "1" * 160 not in row for row in runs)


def test_a_sheet_grows_with_its_maps_and_may_be_webp(run: Run, tmp_path: Path) -> None:
    assert run("convolve", "sample:cat", "-k", "edges", "--sheet", "-o", "many.webp").code == 0
    assert run("convolve", "sample:cat", "-k", "box", "--sheet", "-o", "few.png").code == 0
    with Image.open(tmp_path / "many.webp") as many, Image.open(tmp_path / "few.png") as few:
        assert many.format == "WEBP"
        assert many.width * many.height > 4 * few.width * few.height


# What is said, and what is not done


def test_a_dry_run_says_the_same_shapes_and_files_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    args = ("convolve", "sample:cat", "sample:step", "-k", "edges", "--stride", "2", "-o", "out/")
    said = run(*args, "-n")
    assert said.code == 0
    assert files(tmp_path) == set()
    assert not (tmp_path / "out").exists()
    done = run(*args)
    for name in ("picture", "kernel", "input", "output", "file"):
        assert [row[name] for row in said.table] == [row[name] for row in done.table]
    assert {(row["range"], row["tone"]) for row in said.table} == {("-", "-")}


def test_quiet_prints_nothing_and_still_works(run: Run, tmp_path: Path) -> None:
    done = run("convolve", "sample:step", "-k", "box", "-q")
    assert (done.code, done.stdout, done.stderr) == (0, b"", b"")
    assert files(tmp_path) == {"step.box.png"}


def test_quiet_still_prints_errors(run: Run) -> None:
    done = run("convolve", "missing.png", "-k", "box", "-q")
    assert (done.code, done.out, done.err) == (1, "", "cnnviz: missing.png: No such file or directory\n")


def test_verbose_says_which_engine_and_why(run: Run) -> None:
    done = run("convolve", "sample:step", "-k", "box", "-k", "sobel-x", "-v", "--engine", "matmul")
    assert done.err.splitlines() == [
        f"cnnviz: sample:step: {kernel}: engine matmul: asked for" for kernel in ("box", "sobel-x")
    ]
    assert "engine taps: " in run("convolve", "sample:step", "-k", "box", "-v", "-n").err


def test_a_larger_picture_than_allowed_is_refused_with_both_numbers(run: Run, tmp_path: Path) -> None:
    done = run("convolve", "sample:cat", "-k", "box", "--max-pixels", "135299")
    assert done.code == 1
    assert "451x300 is 135300 pixels, the limit is 135299" in done.err
    assert "--max-pixels" in done.err
    assert files(tmp_path) == set()
    assert run("convolve", "sample:cat", "-k", "box", "--max-pixels", "135300").code == 0
