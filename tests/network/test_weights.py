"""Parameters from files, by name and by order, and random ones."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from cnnviz.errors import FileError, PickleError, UsageError
from cnnviz.network import known
from cnnviz.network import weights as module
from cnnviz.network.chain import read_chain
from cnnviz.network.shapes import NetworkShapes, shapes
from cnnviz.network.weights import random_weights, read_weights, wanted
from tests.oracles import Array

FOUND = shapes(read_chain(["conv:4,3", "batchnorm", "prelu", "flatten", "linear:2"]), (1, 4, 4))

NAMES = (
    "conv1.weight", "conv1.bias",
    "batchnorm1.weight", "batchnorm1.bias", "batchnorm1.running_mean", "batchnorm1.running_var",
    "prelu1.weight", "linear1.weight", "linear1.bias",
)  # fmt: skip


def arrays(found: NetworkShapes = FOUND) -> dict[str, Array]:
    random = np.random.default_rng(0)
    return {name: random.normal(size=shape).astype("f4") for name, shape in wanted(found).items()}


def npz(folder: Path, held: dict[str, Array], name: str = "w.npz") -> str:
    np.savez(folder / name, **held)  # type: ignore[arg-type]  # a name for each
    return str(folder / name)


def safetensors(folder: Path, held: dict[str, Array]) -> str:
    save_file(held, folder / "w.safetensors")
    return str(folder / "w.safetensors")


both = pytest.mark.parametrize("save", [npz, safetensors])
Save = Callable[[Path, dict[str, Array]], str]


def lines(path: str, found: NetworkShapes = FOUND, **named: Any) -> tuple[str, ...]:
    with pytest.raises(FileError) as caught:
        read_weights(path, found, **named)
    assert all(line.isprintable() for line in caught.value.lines)
    return caught.value.lines


def test_what_is_wanted_comes_layer_by_layer_in_pytorchs_order() -> None:
    assert tuple(wanted(FOUND)) == NAMES
    assert wanted(FOUND)["linear1.weight"] == (2, 16)


def test_known_networks_want_the_state_dict_of_torchvision() -> None:
    network = known.find("resnet18")
    needed = wanted(shapes(network, (3, 224, 224)))
    assert len(needed) == 102  # of torchvision's 122 entries 20 are num_batches_tracked
    assert list(needed)[:7] == [
        *("conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var"),
        *("layer1.0.conv1.weight", "layer1.0.bn1.weight"),
    ]
    assert needed["layer2.0.downsample.0.weight"] == (128, 64, 1, 1)


@both
def test_all_are_read_by_their_names_as_float32(save: Save, tmp_path: Path) -> None:
    held = arrays()
    mixed = {name: array.astype("f8" if "conv" in name else "f2") for name, array in held.items()}
    found = read_weights(save(tmp_path, mixed), FOUND)
    assert tuple(found) == NAMES
    for name, array in found.items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, mixed[name].astype("f4"))


@both
def test_what_counts_batches_and_auxiliary_heads_are_passed_over(save: Save, tmp_path: Path) -> None:
    more = {"batchnorm1.num_batches_tracked": np.array(7), "aux1.conv.weight": np.ones(3, "f4")}
    more["AuxLogits.fc.bias"] = np.ones(2, "f4")
    assert tuple(read_weights(save(tmp_path, arrays() | more), FOUND)) == NAMES


@both
def test_missing_extra_and_wrong_shapes_are_all_listed_at_once(save: Save, tmp_path: Path) -> None:
    held = arrays()
    del held["conv1.bias"], held["batchnorm1.running_var"]
    held |= {"conv1.weight": np.ones((4, 3, 3), "f4"), "conv\x1b": np.ones(2, "f4")}
    assert lines(save(tmp_path, held)) == (
        "conv1.weight: has shape (4, 3, 3), but the layer takes (4, 1, 3, 3)",
        "conv1.bias: is missing; its shape is (4,)",
        "batchnorm1.running_var: is missing; its shape is (4,)",
        "conv\\x1b: no layer takes it",
    )


def test_by_order_names_do_not_count(tmp_path: Path) -> None:
    held = arrays()
    renamed = {f"module.{number}": array for number, array in enumerate(held.values())}
    renamed["module.num_batches_tracked"] = np.array(3)
    found = read_weights(npz(tmp_path, renamed), FOUND, by_order=True)
    assert tuple(found) == NAMES
    for name, array in held.items():
        np.testing.assert_array_equal(found[name], array)


def test_by_order_every_difference_is_listed(tmp_path: Path) -> None:
    held = {str(number): array for number, array in enumerate(arrays().values())}
    held["0"] = np.ones((2, 2), "f4")
    del held["8"]
    assert lines(npz(tmp_path, held), by_order=True) == (
        "1: 0 has shape (2, 2), but conv1.weight takes (4, 1, 3, 3)",
        "9: nothing is left for linear1.bias, which takes (2,)",
    )
    held = arrays() | {"more": np.ones(1, "f4")}
    assert lines(npz(tmp_path, held), by_order=True) == ("10: no layer is left for more of (1,)",)


def test_where_only_the_names_are_others_the_order_is_offered(tmp_path: Path) -> None:
    renamed = {f"module.{name}": array for name, array in arrays().items()}
    offer, *differences = lines(npz(tmp_path, renamed))
    assert offer.endswith("all shapes agree in order; --weights-by order takes them")
    assert differences == [
        *(f"{name}: is missing; its shape is {array.shape}" for name, array in arrays().items()),
        *(f"{name}: no layer takes it" for name in renamed),
    ]
    del renamed["module.conv1.bias"]
    assert "--weights-by" not in "".join(lines(npz(tmp_path, renamed)))
    one = shapes(read_chain(["conv:4,3,b=no"]), (1, 4, 4))
    sorted_file = safetensors(tmp_path, {"other": np.ones((4, 1, 3, 3), "f4")})
    assert "--weights-by" not in "".join(lines(sorted_file, one))


def test_safetensors_have_no_order_to_go_by(tmp_path: Path) -> None:
    (line,) = lines(safetensors(tmp_path, arrays()), by_order=True)
    assert "sorted by name" in line


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.full((4, 1, 3, 3), True), "holds bool values"),
        (np.full((4, 1, 3, 3), 1j), "holds complex128 values"),
        (np.full((4, 1, 3, 3), "a"), "holds <U1 values"),
        (np.full((4, 1, 3, 3), np.nan), r"holds nan at \(0, 0, 0, 0\)"),
        (np.full((4, 1, 3, 3), 1e300), r"holds inf at \(0, 0, 0, 0\)"),
    ],
)
def test_weights_are_finite_real_numbers(values: Array, message: str, tmp_path: Path) -> None:
    path = npz(tmp_path, arrays() | {"conv1.weight": values})
    with pytest.raises(FileError, match=f"^conv1.weight: {message}"):
        read_weights(path, FOUND)


def test_large_values_that_only_add_up_to_infinity_are_fine(tmp_path: Path) -> None:
    huge = np.full((4, 1, 3, 3), 3e38, "f4")
    found = read_weights(npz(tmp_path, arrays() | {"conv1.weight": huge}), FOUND)
    np.testing.assert_array_equal(found["conv1.weight"], huge)


@pytest.mark.parametrize(
    "name", ["model.pt", "model.pth", "pytorch_model.bin", "model.ckpt", "w.npz", "w.xyz"]
)
@pytest.mark.parametrize("what", ["pickle", "zip"])
def test_a_pickle_is_refused_with_the_two_lines_that_convert_it(name: str, what: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if what == "pickle":
        path.write_bytes(pickle.dumps({"conv1.weight": [1.0]}))
    else:
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("archive/data.pkl", pickle.dumps({}))
            file.writestr("archive/data/0", bytes(16))
    with pytest.raises(PickleError, match="a pickle as PyTorch writes it; refused") as caught:
        read_weights(str(path), FOUND)
    (_,) = caught.value.lines
    _, convert = caught.value.program
    compile("\n".join(caught.value.program), "<message>", "exec")
    assert f"torch.load({str(path)!r}, 'cpu', weights_only=True)" in convert
    assert repr(str(path.with_suffix(".npz"))) in convert


def test_the_lines_that_convert_do_it(tmp_path: Path) -> None:
    """With a stand-in for the two things of PyTorch that they use."""
    held = arrays()

    class Tensor:
        def __init__(self, values: Array) -> None:
            self.values = values

        def float(self) -> Tensor:
            return self

        def numpy(self) -> Array:
            return self.values

    class Torch:
        @staticmethod
        def load(path: str, where: str, *, weights_only: bool) -> dict[str, Tensor]:
            assert (path, where, weights_only) == (str(tmp_path / "model.pt"), "cpu", True)
            return {name: Tensor(array) for name, array in held.items()}

    (tmp_path / "model.pt").write_bytes(b"\x80\x02.")
    with pytest.raises(PickleError) as caught:
        read_weights(str(tmp_path / "model.pt"), FOUND)
    imports, convert = caught.value.program
    assert imports == "import numpy, torch"
    exec(convert, {"numpy": np, "torch": Torch})  # what the message says
    assert tuple(read_weights(str(tmp_path / "model.npz"), FOUND)) == NAMES


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("w.txt", b"hello", "its name must end in .npz or .safetensors"),
        ("w.npz", b"hello", "not an NPZ archive"),
        ("w.npz", b"", "file is empty"),
        ("w.safetensors", b"hello", "damaged safetensors file"),
        ("w.safetensors", b"", "damaged safetensors file"),
    ],
)
def test_what_is_no_file_of_weights_is_refused(name: str, data: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    (line,) = lines(str(tmp_path / name))
    assert message in line


@both
def test_a_truncated_file_is_refused(save: Save, tmp_path: Path) -> None:
    path = Path(save(tmp_path, arrays()))
    path.write_bytes(path.read_bytes()[:-40])
    (line,) = lines(str(path))
    assert "damaged" in line


@both
def test_more_than_the_limit_is_refused_before_it_is_read(
    save: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path, arrays())
    monkeypatch.setattr(module, "MAX_WEIGHT_BYTES", 100)
    assert "the limit is 100" in lines(path)[0]


def test_a_missing_file_and_a_directory_are_refused(tmp_path: Path) -> None:
    assert lines(str(tmp_path / "w.npz")) == ("No such file or directory",)
    assert lines(str(tmp_path)) == ("is a directory",)


def test_random_weights_are_the_same_for_the_same_seed() -> None:
    first, again, other = random_weights(FOUND, 3), random_weights(FOUND, 3), random_weights(FOUND, 4)
    assert tuple(first) == NAMES
    for name, shape in wanted(FOUND).items():
        assert first[name].shape == shape
        assert first[name].dtype == np.float32
        np.testing.assert_array_equal(first[name], again[name])
    assert (first["conv1.weight"] != other["conv1.weight"]).all()
    with pytest.raises(UsageError, match="the seed is -1"):
        random_weights(FOUND, -1)


def test_random_weights_keep_the_size_of_the_values() -> None:
    network = read_chain(
        [*["conv:64,3,p=1", "relu"] * 6, "convt:64,4,s=2,p=1", "relu", "depthwise:3", "batchnorm"]
    )
    found = shapes(network, (64, 16, 16))
    made = random_weights(found)
    assert made["conv2.weight"].std() == pytest.approx(np.sqrt(2 / (64 * 9)), rel=0.02)
    assert made["convt1.weight"].std() == pytest.approx(np.sqrt(2 / (64 * 4)), rel=0.02)
    assert made["depthwise1.weight"].std() == pytest.approx(np.sqrt(2 / 9), rel=0.1)
    for name, value in (("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 1)):
        assert (made[f"batchnorm1.{name}"] == value).all()
    assert not made["conv1.bias"].any()
    prelu = random_weights(shapes(read_chain(["prelu:64"]), (64, 1, 1)))
    assert (prelu["prelu1.weight"] == 0.25).all()
