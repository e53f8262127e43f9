"""Which files a job will write, decided and checked before any work."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnnviz.errors import OutputError, UsageError
from cnnviz.images import locate
from cnnviz.jobs.gathering import Found
from cnnviz.jobs.planning import check_outputs, output_paths, plan_jobs
from cnnviz.jobs.records import PictureJob
from cnnviz.jobs.settings import Pooling
from cnnviz.outputs import Target
from tests.jobs.making import COLOURS, GREY, make_job


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture
def colours(saved: Callable[..., str]) -> str:
    return saved(COLOURS)


def planned(
    pictures: list[str], template: PictureJob, output: str | None = None, **named: Any
) -> list[PictureJob]:
    sheet = named.pop("sheet", False)
    return plan_jobs(
        [Found(picture) for picture in pictures],
        template,
        Target.parse(output, named.pop("file_format", None)),
        sheet=sheet,
    )


@pytest.mark.parametrize(
    ("kernels", "settings", "names"),
    [
        (["sobel-x"], {}, ["picture.sobel-x.png"]),
        (["sobel-x", "sobel"], {}, ["picture.sobel-x.png", "picture.sobel.png"]),
        (["gaussian:size=7,sigma=1.5"], {}, ["picture.gaussian-size7-sigma1.5.png"]),
        (["1 0 -1", "1/2 1"], {}, ["picture.inline1.png", "picture.inline2.png"]),
        (["kirsch"], {"combine": "max"}, ["picture.kirsch-max.png"]),
        (["sobel-x"], {"channels": "each"}, [f"picture.sobel-x.00{n}.png" for n in range(3)]),
        (["sobel-x"], {"channels": "each", "file_format": "npy"}, ["picture.sobel-x.npy"]),
        (["sobel-x"], {"channels": "color"}, ["picture.sobel-x.png"]),
        (["sobel-x"], {"channels": "sum"}, ["picture.sobel-x.png"]),
        (["sobel-x", "box"], {"file_format": "npz"}, ["picture.maps.npz"]),
        (["sobel-x", "box"], {"sheet": True}, ["picture.sheet.png"]),
        (["BANK"], {}, ["picture.bank.000.png", "picture.bank.001.png"]),
        (["BANK"], {"channels": "color"}, ["picture.bank.000.png", "picture.bank.001.png"]),
        ([], {"pooling": Pooling("max", (2, 2))}, ["picture.max2.png"]),
        ([], {"pooling": Pooling("avg", (2, 3), (1, 1))}, ["picture.avg2x3-stride1.png"]),
        ([], {"pooling": Pooling("max", None)}, ["picture.global-max.png"]),
        ([], {"pooling": Pooling("max", (2, 2)), "file_format": "tiff"}, ["picture.max2.tiff"]),
    ],
)
def test_results_are_named_after_the_picture_and_the_kernel(
    tmp_path: Path, colours: str, kernels: list[str], settings: dict[str, Any], names: list[str]
) -> None:
    np.save(tmp_path / "bank.npy", np.ones((2, 1, 2, 2)))
    kernels = [str(tmp_path / "bank.npy") if text == "BANK" else text for text in kernels]
    assert output_paths(make_job(colours, kernels, **settings)) == names


@pytest.mark.parametrize(
    ("picture", "name", "parent"),
    [
        ("photos/cat.png", "cat", "photos"),
        ("photos/cat.v2.jpeg", "cat.v2", "photos"),
        ("cat", "cat", "work"),
        ("./cat.png", "cat", "work"),
        ("sample:cat", "cat", "sample"),
        ("-", "stdin", "."),
        ("/cat.png", "cat", "."),
        ("photos/{kernel}.png", "{kernel}", "photos"),
        ("photos/.hidden", ".hidden", "photos"),
        ("a b/$(x); *?.png", "$(x); *?", "a b"),
        ("photos/bad\udcff.png", "bad\udcff", "photos"),
    ],
)
def test_the_fields_of_a_template(picture: str, name: str, parent: str) -> None:
    (job,) = planned([picture], make_job("x"), "{parent}|{stem}|{kernel}|{map}.png")
    assert job.files == ((f"{parent}|{name}|sobel-x|0.png",),)
    assert (job.image, job.path) == (picture, picture)


def test_the_suffix_of_the_output_decides_the_format() -> None:
    for name in ("a.npy", "a.npz", "a.tiff", "a.webp", "a.png"):
        assert make_job("x", output=name).look.format == name.partition(".")[2]
    assert make_job("x", output="{stem}.tif").look.format == "tiff"
    assert make_job("x", output="out/", file_format="npy").look.format == "npy"


@pytest.mark.parametrize("name", ["a.npy", "a.npz", "a.tiff"])
def test_a_sheet_is_a_picture(name: str) -> None:
    with pytest.raises(UsageError, match=rf"a sheet is a picture, not {name[2:]}; use png or webp"):
        make_job("x", output=name, sheet=True)


def test_two_kernels_of_one_name_are_refused() -> None:
    with pytest.raises(UsageError, match="two kernels are both called sobel-x"):
        make_job("x", ["sobel-x", "box", "sobel-x"])


def test_standard_output_takes_one_result(colours: str) -> None:
    assert output_paths(make_job(colours, output="-")) == ["-"]
    assert output_paths(make_job(colours, ["sobel-x", "box"], output="-", sheet=True)) == ["-"]
    assert output_paths(make_job(colours, output="-", channels="each", file_format="npy")) == ["-"]
    several: list[tuple[list[str], dict[str, Any]]] = [
        (["sobel-x", "box"], {}),
        (["sobel-x"], {"channels": "each"}),
    ]
    for kernels, settings in several:
        with pytest.raises(UsageError, match="-o - takes exactly one result, this makes"):
            make_job(colours, kernels, output="-", **settings)
    with pytest.raises(UsageError, match="this makes 2"):
        planned([colours, "sample:cat"], make_job("x"), "-")


def test_one_file_for_several_results_is_refused_before_any_work(colours: str) -> None:
    for jobs in (
        planned([colours], make_job("x", ["sobel-x", "box"]), "one.png"),
        planned([colours, "sample:cat"], make_job("x"), "one.png"),
        planned([colours, colours], make_job("x")),
        planned([colours], make_job("x", channels="each"), "{stem}.png"),
    ):
        with pytest.raises(UsageError, match="two results would be written to"):
            check_outputs(jobs, inputs=[], force=True)
    assert os.listdir() == []


def test_pictures_of_one_name_from_two_folders_collide_and_a_template_parts_them() -> None:
    pictures = ["one/cat.png", "two/cat.jpg"]
    with pytest.raises(UsageError, match="two results"):
        check_outputs(planned(pictures, make_job("x")), inputs=[], force=False)
    jobs = planned(pictures, make_job("x"), "{parent}-{stem}.png")
    check_outputs(jobs, inputs=[], force=False)
    assert [output_paths(job) for job in jobs] == [["one-cat.png"], ["two-cat.png"]]


def test_no_picture_and_no_kernel_file_is_overwritten(colours: str) -> None:
    (job,) = planned([colours], make_job("x"), colours)
    for force in (False, True):
        with pytest.raises(UsageError, match="is an input and is never overwritten"):
            check_outputs([job], inputs=[], force=force)
    Path("kernel.npy").touch()
    jobs = planned(["sample:cat"], make_job("x"), "kernel.npy")
    with pytest.raises(UsageError, match="is an input"):
        check_outputs(jobs, inputs=["kernel.npy"], force=True)
    with pytest.raises(OutputError, match=r"kernel\.npy exists"):
        check_outputs(jobs, inputs=[], force=False)


def test_a_sample_is_an_input_too() -> None:
    jobs = planned(["sample:cat"], make_job("x"), locate("sample:cat"))
    with pytest.raises(UsageError, match="is an input"):
        check_outputs(jobs, inputs=[], force=True)
    with pytest.raises(UsageError, match="no sample named 'dog'"):
        check_outputs(planned(["sample:dog"], make_job("x")), inputs=[], force=True)


def test_a_picture_that_cannot_be_read_is_planned_and_fails_later(stored: Callable[..., str]) -> None:
    bad = stored(b"not a picture", "bad.png")
    assert output_paths(make_job(bad, channels="each")) == ["bad.sobel-x.png"]


def test_folders_are_made_for_folders_and_templates_only(colours: str) -> None:
    for output, made in (("out/", True), ("{parent}/{stem}.png", True), ("out/a.png", False), (None, False)):
        (job,) = planned([colours], make_job("x"), output)
        assert job.make_folders == made
    check_outputs(planned([colours], make_job("x"), "out/"), inputs=[], force=False)
    with pytest.raises(OutputError, match="out is not a folder"):
        check_outputs(planned([colours], make_job("x"), "out/a.png"), inputs=[], force=False)


def test_grey_pictures_have_one_map_each(saved: Callable[..., str], stored: Callable[..., str]) -> None:
    assert len(output_paths(make_job(saved(GREY), channels="each"))) == 1
    assert len(output_paths(make_job(stored(np.zeros((7, 9, 9))), channels="each"))) == 7
    assert len(output_paths(make_job(stored(np.zeros((7, 9, 9))), [], pooling=Pooling("max", (2, 2))))) == 7
