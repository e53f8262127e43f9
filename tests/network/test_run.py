"""The forward pass: against plain loops, by what it keeps and lets go, and by what it refuses."""

from __future__ import annotations

import tracemalloc
import weakref
from typing import Any

import numpy as np
import pytest

from cnnviz.errors import NetworkError
from cnnviz.network import known, values
from cnnviz.network import operations as op
from cnnviz.network.chain import read_chain
from cnnviz.network.document import network_of
from cnnviz.network.kinds import names as kind_names
from cnnviz.network.run import Summary, Trace, prepared, run
from cnnviz.network.shapes import shapes
from cnnviz.network.spec import Layer, Network
from cnnviz.network.weights import random_weights, wanted
from tests import oracles
from tests.oracles import Array

NONE = ((0, 0), (0, 0))

BRANCHING = network_of(
    {
        "input": [3, 10, 9],
        "layers": [
            {"name": "stem", "kind": "conv", "out": 6, "kernel": [3, 2], "padding": 1},
            {"name": "bn", "kind": "batchnorm", "eps": 0.001},
            {"name": "relu", "kind": "relu"},
            {"name": "pool", "kind": "maxpool", "kernel": 3, "stride": 2, "padding": 1},
            {"name": "left", "kind": "depthwise", "kernel": 3, "padding": 1},
            {"name": "leaky", "kind": "leakyrelu", "slope": 0.1},
            {
                "name": "right",
                "kind": "conv",
                "out": 6,
                "kernel": 1,
                "groups": 2,
                "bias": False,
                "inputs": ["pool"],
            },
            {"name": "sum", "kind": "add", "inputs": ["leaky", "right", "pool"]},
            {"name": "gate", "kind": "globalavgpool"},
            {"name": "sigmoid", "kind": "sigmoid"},
            {"name": "gated", "kind": "mul", "inputs": ["sum", "sigmoid"]},
            {"name": "up", "kind": "convt", "out": 4, "kernel": 2, "stride": 2},
            {"name": "wide", "kind": "upsample", "scale": 2, "inputs": ["sum"]},
            {"name": "both", "kind": "concat", "inputs": ["up", "wide"]},
            {"name": "mean", "kind": "avgpool", "kernel": 2, "ceil": True},
            {"name": "flat", "kind": "flatten"},
            {"name": "fc", "kind": "linear", "out": 5},
            {"name": "softmax", "kind": "softmax"},
        ],
    }
)


def by_loops(t: dict[str, Array], x: Array) -> dict[str, Array]:
    """`BRANCHING` written out."""
    y: dict[str, Array] = {}

    def conv(x: Array, name: str, **named: Any) -> Array:
        weight, bias = t[f"{name}.weight"], t.get(f"{name}.bias")
        out: Array = oracles.loops_conv2d(x[np.newaxis], weight, bias, **named)[0]
        return out

    def column(name: str) -> Array:
        return t[name][:, np.newaxis, np.newaxis]

    y["stem"] = conv(x, "stem", pads=((1, 1), (1, 1)))
    scaled = (y["stem"] - column("bn.running_mean")) / np.sqrt(column("bn.running_var") + 0.001)
    y["bn"] = scaled * column("bn.weight") + column("bn.bias")
    y["relu"] = np.where(y["bn"] > 0, y["bn"], 0)
    y["pool"] = oracles.loops_max_pool2d(y["relu"][np.newaxis], (3, 3), (2, 2), ((1, 1), (1, 1)))[0]
    y["left"] = conv(y["pool"], "left", pads=((1, 1), (1, 1)), groups=6)
    y["leaky"] = np.where(y["left"] > 0, y["left"], 0.1 * y["left"])
    y["right"] = conv(y["pool"], "right", groups=2)
    y["sum"] = y["leaky"] + y["right"] + y["pool"]
    y["gate"] = y["sum"].mean(axis=(1, 2), keepdims=True)
    y["sigmoid"] = 1 / (1 + np.exp(-y["gate"]))
    y["gated"] = y["sum"] * y["sigmoid"]
    channels, height, width = y["gated"].shape
    up = np.zeros((4, 2 * height, 2 * width)) + column("up.bias")
    for c, row, column_ in np.ndindex(channels, height, width):
        cells = t["up.weight"][c] * y["gated"][c, row, column_]
        up[:, 2 * row : 2 * row + 2, 2 * column_ : 2 * column_ + 2] += cells
    y["up"] = up
    y["wide"] = np.kron(y["sum"], np.ones((1, 2, 2)))
    y["both"] = np.concatenate([y["up"], y["wide"]])
    y["mean"] = oracles.loops_avg_pool2d(
        y["both"][np.newaxis], (2, 2), (2, 2), NONE, ceil_mode=True, count_include_pad=True
    )[0]
    y["flat"] = y["mean"].ravel()
    y["fc"] = t["fc.weight"] @ y["flat"] + t["fc.bias"]
    powers = np.exp(y["fc"] - y["fc"].max())
    y["softmax"] = powers / powers.sum()
    return y


def some(network: Network, shape: tuple[int, ...], seed: int = 0) -> dict[str, Array]:
    """Random parameters, batch normalisation's too."""
    values = np.random.default_rng(seed)
    made = {name: values.normal(size=size) for name, size in wanted(shapes(network, shape)).items()}
    return {name: np.abs(array) + 0.5 if name.endswith("var") else array for name, array in made.items()}


@pytest.mark.parametrize("kind", ["f4", "f8"])
@pytest.mark.parametrize("keep", ["all", "alternate", "none"])
def test_a_branching_network_agrees_with_the_loops_at_every_layer(kind: str, keep: str) -> None:
    tensors = some(BRANCHING, (3, 10, 9))
    x = np.random.default_rng(1).normal(size=(3, 10, 9)).astype(kind)
    expected = by_loops(tensors, x.astype("f8"))
    named = list(expected)
    kept = {"all": None, "alternate": set(named[::2]), "none": ()}[keep]
    before = x.copy()
    traces = list(run(BRANCHING, tensors, x, keep=kept))
    assert [trace.name for trace in traces] == named
    for trace in traces:
        if kept is not None and trace.name not in kept and trace.name != "softmax":
            assert trace.output is None
            assert trace.summary is None
            continue
        assert trace.output is not None
        assert trace.output.dtype == kind
        assert trace.output.shape == trace.shape == expected[trace.name].shape
        largest = np.abs(expected[trace.name]).max()
        error = np.abs(trace.output - expected[trace.name]).max()
        assert error <= (1e-5 if kind == "f4" else 1e-12) * largest, trace.name
    np.testing.assert_array_equal(x, before)


def test_prepared_kernels_give_the_same_as_plain_ones() -> None:
    network = read_chain(["conv:32,3,p=1", "relu", "conv:32,3,p=1", "batchnorm", "depthwise:3", "convt:2,3"])
    tensors = some(network, (16, 64, 64))
    x = np.random.default_rng(2).normal(size=(16, 64, 64)).astype("f4")
    kept = prepared(network, prepared(network, tensors))
    plain = [trace.output for trace in run(network, tensors, x)]
    for _ in range(2):
        for trace, expected in zip(run(network, kept, x), plain, strict=True):
            assert trace.output is not None
            assert expected is not None
            np.testing.assert_allclose(trace.output, expected, rtol=0, atol=1e-4 * np.abs(expected).max())


ONE_OF_EACH = {
    "conv": "conv:2,1", "depthwise": "depthwise:2", "convt": "convt:2,2", "maxpool": "maxpool:2",
    "avgpool": "avgpool:2", "lppool": "lppool:2", "adaptivemaxpool": "adaptivemaxpool:2",
    "adaptiveavgpool": "adaptiveavgpool:2", "linear": "linear:2", "pad": "pad:1", "upsample": "upsample:2",
    "add": "add:input", "mul": "mul:input", "concat": "concat:input",
}  # fmt: skip


@pytest.mark.parametrize("kind", kind_names())
def test_every_kind_there_is_can_be_run_and_gives_the_size_foretold(kind: str) -> None:
    chain = [*(["flatten"] if kind == "linear" else ["identity"]), ONE_OF_EACH.get(kind, kind)]
    network = read_chain(chain)
    x = np.random.default_rng(3).uniform(0.1, 1, (3, 4, 6))
    tensors = random_weights(shapes(network, x.shape))
    foretold = shapes(network, x.shape)
    for trace in run(network, tensors, x):
        assert trace.output is not None
        assert trace.output.shape == foretold[trace.name].output == trace.shape
        assert np.isfinite(trace.output).all()


def test_every_kind_does_what_its_name_says() -> None:
    x = np.array([[[-2.0, 1.0], [4.0, 8.0]], [[0.0, 3.0], [-1.0, 5.0]]])
    cases = {
        "globalmaxpool": [[[8]], [[5]]],
        "globalavgpool": [[[2.75]], [[1.75]]],
        "adaptivemaxpool:1x2": [[[4, 8]], [[0, 5]]],
        "adaptiveavgpool:2x1": [[[-0.5], [6]], [[1.5], [2]]],
        "maxpool:2": [[[8]], [[5]]],
        "avgpool:2": [[[2.75]], [[1.75]]],
        "avgpool:2,s=1,p=same,include_padding=no": [[[2.75, 4.5], [6, 8]], [[1.75, 4], [2, 5]]],
        "maxpool:2,s=1,p=same": [[[8, 8], [8, 8]], [[5, 5], [5, 5]]],
        "lppool:1x2,norm=1": [[[-1], [12]], [[3], [4]]],
        "relu": np.maximum(x, 0),
        "relu6": np.clip(x, 0, 6),
        "leakyrelu:0.5": np.where(x > 0, x, x / 2),
        "elu:2": np.where(x > 0, x, 2 * np.expm1(x)),
        "softmax": np.exp(x) / np.exp(x).sum(axis=0),
        "logsoftmax": np.log(np.exp(x) / np.exp(x).sum(axis=0)),
        "tanh": np.tanh(x),
        "softsign": x / (1 + np.abs(x)),
        "dropout": x,
        "identity": x,
        "flatten": x.ravel(),
        "pad:0x1": np.pad(x, ((0, 0), (0, 0), (1, 1))),
        "upsample:1x2": np.repeat(x, 2, axis=2),
        "upsample:1x2,bilinear": [
            [[-2, -1.25, 0.25, 1], [4, 5, 7, 8]],
            [[0, 0.75, 2.25, 3], [-1, 0.5, 3.5, 5]],
        ],
        "add:input": 2 * x,
        "mul:input": x * x,
        "concat:input": np.concatenate([x, x]),
        "lrn:3,alpha=3,beta=1,k=1": x / (1 + (x**2).sum(axis=0)),
    }
    for text, expected in cases.items():
        *_, last = run(read_chain([text]), {}, x)
        assert last.output is not None
        np.testing.assert_allclose(last.output, expected, rtol=1e-12, err_msg=text)


def test_a_vector_can_be_sent_through() -> None:
    network = read_chain(["linear:2", "relu", "softmax"])
    tensors = {"linear1.weight": np.eye(2), "linear1.bias": np.zeros(2)}
    *_, last = run(network, tensors, [0.0, -3.0])
    assert last.output is not None
    assert last.output.tolist() == [0.5, 0.5]


REDUCED = {"googlenet-2014": 224, "inception-v3": 75, "lenet5": 28, "alexnet": 63, "alexnet-2012": 224}


@pytest.mark.parametrize("name", known.names())
def test_every_known_network_runs_and_has_the_sizes_foretold(name: str) -> None:
    network = known.find(name)
    assert network.input is not None
    side = REDUCED.get(name, 64 if name == "tiny-vgg" else 32)
    shape = (network.input[0], side, side)
    foretold = shapes(network, shape)
    random = np.random.default_rng(0)
    tensors = {}
    for each, size in wanted(foretold).items():
        # Large ones are zeros: to make 140 million random numbers takes longer than to use them.
        if len(size) > 1 and np.prod(size) <= 1 << 18:
            tensors[each] = random.standard_normal(size, "f4") * np.float32(np.sqrt(2 / np.prod(size[1:])))
        elif len(size) > 1 or each.endswith(("bias", "running_mean")):
            tensors[each] = np.zeros(size, "f4")
        else:
            tensors[each] = np.ones(size, "f4")
    traces = run(network, tensors, random.random(shape, "f4"))
    for trace, expected in zip(traces, foretold.layers, strict=True):
        assert trace.output is not None
        assert trace.name == expected.name
        assert trace.output.shape == trace.shape == expected.output
        assert trace.output.dtype == np.float32
        assert np.isfinite(trace.output).all()


def test_a_result_is_let_go_with_its_last_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[Array]] = []

    def watched(work: values.Work) -> Array:
        out = work.x + 1
        made.append(weakref.ref(out))
        return out

    monkeypatch.setitem(values.VALUES, "tanh", (op.Activation, watched))
    network = network_of(
        {"layers": ["tanh", "tanh", "tanh", {"kind": "add", "inputs": ["tanh1", "tanh3"]}, "dropout", "tanh"]}
    )
    alive = []
    for trace in run(network, {}, np.zeros((1, 2, 2)), keep={"tanh2"}):
        name = trace.name
        del trace
        alive.append((name, "".join("x" if ref() is not None else "-" for ref in made)))
    assert alive == [
        ("tanh1", "x"),
        ("tanh2", "xx"),
        ("tanh3", "x-x"),
        ("add1", "x--"),  # the sum took the place of the first
        ("dropout1", "x--"),
        ("tanh4", "----"),
    ]


@pytest.mark.parametrize("keep", [(), None])
def test_a_long_chain_takes_the_memory_of_a_few_results(keep: tuple[str, ...] | None) -> None:
    network = read_chain(["conv:16,1", "relu", "batchnorm", "tanh", "dropout"] * 8)
    tensors = some(network, (16, 64, 64))
    x = np.ones((16, 64, 64), "f4")
    for _ in run(network, tensors, x, keep=keep):
        pass  # once before: scratch memory stays
    tracemalloc.start()
    for _ in run(network, tensors, x, keep=keep):
        pass
    assert tracemalloc.get_traced_memory()[1] < 5 * x.nbytes
    tracemalloc.stop()


def test_a_relu_behind_a_convolution_is_the_same_whatever_is_kept() -> None:
    network = read_chain(["conv:4,3,p=1", "relu", "depthwise:3,p=1", "relu", "conv:4,1", "relu", "add:conv2"])
    tensors = some(network, (2, 6, 6), seed=6)
    x = np.random.default_rng(6).normal(size=(2, 6, 6))
    full = {trace.name: trace.output for trace in run(network, tensors, x)}
    assert full["conv2"] is not None
    assert full["conv2"].min() < 0
    for keep in ((), {"relu1"}, {"conv1"}, {"conv2"}, {"relu2", "relu3"}):
        for trace in run(network, tensors, x, keep=keep):
            if trace.output is not None:
                expected = full[trace.name]
                assert expected is not None
                np.testing.assert_allclose(trace.output, expected, rtol=1e-12, atol=1e-12)


def test_what_is_kept_stays_what_it_was_and_cannot_be_written_to() -> None:
    network = read_chain(["conv:2,1", "relu", "dropout", "relu", "batchnorm", "add:conv1"])
    tensors = some(network, (2, 3, 3), seed=5)
    x = np.random.default_rng(4).normal(size=(2, 3, 3))
    alone = {trace.name: np.array(trace.output) for trace in run(network, tensors, x)}
    for kept in ({"conv1"}, {"relu1"}, {"dropout1", "relu2"}, {"batchnorm1"}):
        held = [trace for trace in run(network, tensors, x, keep=kept) if trace.output is not None]
        assert {trace.name for trace in held} == {*kept, "add1"}
        for trace in held:
            np.testing.assert_array_equal(trace.output, alone[trace.name])
            assert trace.output is not None
            with pytest.raises(ValueError, match="read-only"):
                trace.output[0] = 1


def test_a_summary_tells_the_range_the_mean_and_the_zeros() -> None:
    *_, last = run(read_chain(["relu"]), {}, [[[-1.0, 3.0], [0.0, 2.0]]])
    assert last.summary == (0.0, 3.0, 1.25, 0.5)
    assert last.summary is last.summary
    assert (last.kind, last.layer.name) == ("relu", "relu1")
    with pytest.raises(AttributeError):
        last.shape = (1,)  # type: ignore[misc]  # frozen


def test_a_summary_of_infinities_has_no_mean_and_of_nothing_below_0_no_minus() -> None:
    least, largest, mean, zeros = Summary.of(np.array([-np.inf, np.inf], "f4"))
    assert (least, largest, zeros) == (-np.inf, np.inf, 0)
    assert np.isnan(mean)
    assert str(Summary.of(np.array([-0.0])).minimum) == "0.0"


def test_whole_numbers_become_floats() -> None:
    (trace,) = run(read_chain(["relu"]), {}, np.full((1, 1, 1), 200, np.uint8))
    assert trace.output is not None
    assert trace.output.dtype == np.float32


def test_everything_that_is_wrong_is_said_before_anything_is_done() -> None:
    network = read_chain(["conv:2,3", "batchnorm"])
    with pytest.raises(NetworkError) as caught:
        run(network, {"conv1.weight": np.ones((2, 1, 3, 3)), "more": np.ones(1)}, np.ones((3, 8, 8)))
    assert caught.value.lines == (
        "conv1.weight: has shape (2, 1, 3, 3), but the layer takes (2, 3, 3, 3)",
        "conv1.bias: is missing; its shape is (2,)",
        "batchnorm1.weight: is missing; its shape is (2,)",
        "batchnorm1.bias: is missing; its shape is (2,)",
        "batchnorm1.running_mean: is missing; its shape is (2,)",
        "batchnorm1.running_var: is missing; its shape is (2,)",
    )
    with pytest.raises(NetworkError, match="does not fit into the padded input of 2x2"):
        run(network, {}, np.ones((3, 2, 2)))


def test_sizes_that_are_known_are_taken_and_those_of_something_else_refused() -> None:
    network, x = read_chain(["relu"]), np.ones((1, 2, 2))
    (trace,) = run(network, {}, x, sizes=shapes(network, (1, 2, 2)))
    assert trace.shape == (1, 2, 2)
    for wrong in (shapes(network, (1, 3, 2)), shapes(read_chain(["relu"]), (1, 2, 3))):
        with pytest.raises(NetworkError, match="another network or of"):
            run(network, {}, x, sizes=wrong)


def test_a_kind_that_cannot_be_run_is_named() -> None:
    strange = Layer("a", "fancy", op.Activation(), ("input",), "layers[0]")
    disguised = Layer("b", "conv", op.Activation(), ("a",))
    with pytest.raises(NetworkError) as caught:
        run(Network((strange, disguised)), {}, np.ones((1, 1, 1)))
    assert caught.value.lines == (
        "layers[0]: a layer of kind fancy cannot be run here",
        "b: a layer of kind conv cannot be run here",
    )


def test_a_trace_that_was_not_kept_holds_nothing() -> None:
    traces = list(run(read_chain(["relu", "relu", "relu"]), {}, np.ones((1, 1, 1)), keep=["relu2"]))
    assert [trace.output is None for trace in traces] == [True, False, False]
    assert isinstance(traces[0], Trace)
