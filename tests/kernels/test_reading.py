"""What a `-k` text means, and in which order it is tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnviz.errors import FileError, KernelError, UsageError
from cnnviz.kernels import GROUPS, MAGNITUDES, Kernel, Operator, read

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_name_comes_before_a_file_and_a_path_forces_the_file(folder: Path) -> None:
    (folder / "sobel-x").write_text("1 2\n3 4\n")
    assert read(["sobel-x"])[0].kernels[0].weight.shape == (3, 3)
    for path in ("./sobel-x", f"{folder}/sobel-x", "../" + folder.name + "/sobel-x"):
        (operator,) = read([path])
        assert operator.kernels[0].weight.tolist() == [[1, 2], [3, 4]]
        assert (operator.name, operator.slug) == (path, "sobel-x")


def test_inline_comes_before_a_file_of_that_name(folder: Path) -> None:
    (folder / "1").write_text("5 6\n")
    assert read(["1"])[0].kernels[0].weight.tolist() == [[1]]
    assert read(["./1"])[0].kernels[0].weight.tolist() == [[5, 6]]


def test_a_file_needs_no_suffix_if_it_is_there(folder: Path) -> None:
    (folder / "mine").write_text("1 2\n")
    assert read(["mine"])[0].kernels[0].weight.tolist() == [[1, 2]]


def test_inline_kernels_are_counted() -> None:
    operators = read(["1 -1", "sobel-x", "1; -1"])
    assert [(operator.name, operator.slug) for operator in operators] == [
        ("inline1", "inline1"),
        ("sobel-x", "sobel-x"),
        ("inline2", "inline2"),
    ]


def test_an_inline_kernel_equals_the_file_with_the_same_rows(folder: Path) -> None:
    (folder / "k.csv").write_text("1/9,-2\n0.5,3\n")
    np.testing.assert_array_equal(
        read(["1/9 -2; 0.5 3"])[0].kernels[0].weight, read(["k.csv"])[0].kernels[0].weight
    )


def test_integers_stay_integers_and_one_decimal_makes_floats() -> None:
    assert read(["1 2; 4/2 -1"])[0].kernels[0].weight.dtype == np.int64
    assert read(["1 2; 3 1.0"])[0].kernels[0].weight.dtype == np.float64


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sobelx", "no kernel named 'sobelx'; did you mean sobel-x"),
        ("sobelx", "(`cnnviz kernels` lists them all; a file needs its suffix)"),
        ("SOBEL-X", "did you mean sobel-x"),
        ("shapes-nt:conv1.weight", "no kernel named 'shapes-nt'; did you mean shapes-net"),
        ("gausian:sigma=2", "no kernel named 'gausian'; did you mean gaussian"),
        ("qqqq", "no kernel named 'qqqq' (`cnnviz kernels`"),
        ("", "no kernel named ''"),
        ("-", "no kernel named '-'"),
        ("a\nb", r"no kernel named 'a\nb'"),
        ("k.npy:a", "only .npz, .safetensors and .onnx files take a name after the colon"),
        ("w.npz:", "names nothing after its colon"),
        ("1 2; 3", "row 2 has 1 value, row 1 has 2"),
        ("1 0 x", "value 3: 'x' is not a number"),
        ("1 \u22121", "U+2212"),
        ("1/0", "divides by zero"),
        (";;1", "a value is missing"),
    ],
)
def test_a_text_that_means_nothing_is_a_usage_error(folder: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read([text])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_used_is_named(folder: Path) -> None:
    (folder / "k.txt").write_text("1 x\n")
    with pytest.raises(KernelError, match=r"^k\.txt: line 1, value 2: 'x' is not a number$"):
        read(["k.txt"])
    for text in ("nowhere.npy", "./nowhere", "a/b"):
        with pytest.raises(FileError, match=rf"^{text}: No such file"):
            read([text])
    with pytest.raises(FileError, match=r"^\.: is a directory$"):
        read(["."])


def test_a_file_named_as_a_dash_does_not_read_standard_input(folder: Path) -> None:
    (folder / "-").write_text("1 2\n")
    with pytest.raises(UsageError, match="no kernel named '-'"):
        read(["-"])
    assert read(["./-"])[0].kernels[0].weight.tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("w.npz:conv1.weight", "w-conv1.weight"),
        ("w.npz:a/b\x1b c", "w-a_b_c"),
        ("w.npz:../../etc", "w-.._.._etc"),
        ("w.npz:" + "n" * 300, "w-" + "n" * 58),
    ],
)
def test_a_slug_is_fit_for_a_file_name(folder: Path, text: str, slug: str) -> None:
    arrays: dict[str, Any] = {text.partition(":")[2]: np.eye(2)}
    np.savez(folder / "w.npz", **arrays)
    (operator,) = read([text])
    assert (operator.name, operator.slug) == (text, slug)


@pytest.mark.parametrize(
    ("name", "slug"), [("é猫.txt", "kernel"), (".hidden.txt", "hidden"), ("a b'c.txt", "a_b_c")]
)
def test_a_strange_file_name_makes_a_plain_slug(folder: Path, name: str, slug: str) -> None:
    (folder / name).write_text("1 2\n")
    assert read([f"./{name}"])[0].slug == slug


def test_a_bank_is_one_operator(folder: Path) -> None:
    np.save(folder / "bank.npy", np.ones((5, 3, 2, 2), dtype=np.float32))
    (operator,) = read(["bank.npy"])
    assert operator.kernels[0].is_bank
    assert operator.combine is None
    assert operator.kernels[0].weight.dtype == np.float32


@pytest.mark.parametrize("name", GROUPS)
def test_a_group_gives_one_operator_a_member(name: str) -> None:
    operators = read([name])
    assert [operator.name for operator in operators] == list(GROUPS[name])
    assert all(operator.combine is None for operator in operators)


@pytest.mark.parametrize("name", MAGNITUDES)
def test_an_edge_magnitude_is_one_operator_of_two_kernels(name: str) -> None:
    (operator,) = read([name])
    assert (operator.name, operator.slug, operator.combine) == (name, name, "magnitude")
    assert tuple(kernel.name for kernel in operator.kernels) == MAGNITUDES[name]


@pytest.mark.parametrize(
    ("texts", "combine", "name", "slug", "count"),
    [
        (["kirsch"], "max", "kirsch max", "kirsch-max", 8),
        (["sobel"], "sum", "sobel sum", "sobel-sum", 2),
        (["sobel-x", "sobel-y"], "magnitude", "magnitude(sobel-x, sobel-y)", "sobel-x-sobel-y-magnitude", 2),
        (["sobel-x", "1 -1"], "max", "max(sobel-x, inline1)", "sobel-x-inline1-max", 2),
        (
            ["laws", "box:5"],
            "max",
            "max(laws-l5l5, laws-l5e5, laws-l5s5, ..., box:5)",
            "laws-l5l5-and-25-more-max",
            26,
        ),
    ],
)
def test_combine_makes_one_operator_of_all(
    texts: list[str], combine: str, name: str, slug: str, count: int
) -> None:
    (operator,) = read(texts, combine)  # type: ignore[arg-type]  # one of the three, from the table above
    assert (operator.name, operator.slug, operator.combine) == (name, slug, combine)
    assert len(operator.kernels) == count


def test_one_kernel_alone_cannot_be_combined() -> None:
    for texts in ([], ["sobel-x"], ["1 -1"]):
        with pytest.raises(UsageError, match=f"joins the maps of several kernels, not of {len(texts)}"):
            read(texts, "max")


def test_a_bank_cannot_be_combined(folder: Path) -> None:
    np.save(folder / "bank.npy", np.ones((5, 3, 2, 2)))
    with pytest.raises(UsageError, match=r"'bank\.npy' is a bank of \(5, 3, 2, 2\)"):
        read(["bank.npy", "sobel-x"], "sum")


def test_an_operator_of_one_kernel_combines_nothing() -> None:
    kernel = Kernel("k", "k", np.eye(2))
    with pytest.raises(ValueError, match="do not fit together"):
        Operator("k", "k", (kernel,), "max")
    with pytest.raises(ValueError, match="do not fit together"):
        Operator("k", "k", (kernel, kernel))


def test_a_magnitude_is_not_taken_apart_among_others() -> None:
    with pytest.raises(UsageError, match="sobel is itself the magnitude of sobel-x and sobel-y"):
        read(["sobel", "prewitt"], "max")
    # The root of the sum of all squares is the magnitude of the magnitudes.
    assert len(read(["sobel", "prewitt"], "magnitude")[0].kernels) == 4
