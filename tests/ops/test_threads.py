"""Work shared by threads: all of it once, errors through, and as many threads as asked for."""

from __future__ import annotations

import os
import signal
import threading
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.ops import conv2d, threads
from cnnviz.ops.convolution import planner, thresholds
from cnnviz.ops.convolution.planner import Engine
from cnnviz.ops.threads import cores, scratch, share


@given(count=st.integers(1, 200), threads=st.integers(1, 5), grain=st.integers(1, 60))
def test_every_place_is_done_once(count: int, threads: int, grain: int) -> None:
    done = np.zeros(count, int)

    def work(first: int, last: int) -> None:
        done[first:last] += 1

    share(work, count, threads, grain=grain)
    assert (done == 1).all()


def test_one_thread_works_where_it_was_called() -> None:
    names: set[str] = set()
    share(lambda _first, _last: names.add(threading.current_thread().name), 100, 1)
    assert names == {threading.current_thread().name}


def test_an_error_comes_out_and_what_has_not_begun_is_left() -> None:
    begun: list[int] = []

    def work(first: int, _last: int) -> None:
        begun.append(first)
        if first == 0:
            raise ValueError("no")
        time.sleep(0.05)

    with pytest.raises(ValueError, match="no"):
        share(work, 160, 2)
    assert len(begun) < 16


@pytest.mark.parametrize("engine", ["taps", "separable", "matmul", "fourier", "winograd"])
@pytest.mark.parametrize("kind", ["u1", "f4"])
def test_threads_change_no_bit(engine: Engine, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(5)
    x = values.integers(0, 256, (2, 3, 70, 50)).astype(kind)
    weight = np.multiply.outer([1, 2, 1], [-1, 0, 1])[np.newaxis, np.newaxis].repeat(3, 1).repeat(4, 0)
    alone = conv2d(x, weight, padding=1, engine=engine)
    monkeypatch.setattr(planner, "_threads", lambda *_: 3)
    for name in ("THREADED_TAPS_BAND", "COLUMNS_BAND", "WINOGRAD_BAND"):
        monkeypatch.setattr(thresholds, name, 2000)
    shared = conv2d(x, weight, padding=1, engine=engine)
    if engine in ("fourier", "winograd") and kind == "f4":
        np.testing.assert_allclose(shared, alone, rtol=0, atol=1e-6 * np.abs(alone).max())
    else:
        np.testing.assert_array_equal(shared, alone)


def test_there_is_a_core() -> None:
    assert cores() >= 1


def test_scratch_is_kept_and_each_threads_own() -> None:
    first = scratch("a name of this test", (4, 5), np.dtype(np.float32))
    assert np.shares_memory(scratch("a name of this test", (3,), np.dtype(np.int16)), first)
    large = (threads._MOST_KEPT + 1,)  # would be held on to for good
    assert not np.shares_memory(
        scratch("large", large, np.dtype(np.uint8)), scratch("large", large, np.dtype(np.uint8))
    )
    others: list[np.ndarray] = []
    thread = threading.Thread(target=lambda: others.append(scratch("a name of this test", (4,), first.dtype)))
    thread.start()
    thread.join()
    assert not np.shares_memory(others[0], first)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded")
def test_a_forked_process_starts_threads_of_its_own() -> None:
    share(lambda _first, _last: None, 100, 2)
    child = os.fork()
    if child == 0:
        signal.alarm(5)
        share(lambda _first, _last: None, 100, 2)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
