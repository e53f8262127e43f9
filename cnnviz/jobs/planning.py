"""Before any work: which files every picture's job will write, and that none is in the way."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from cnnviz import images, outputs
from cnnviz.errors import CnnvizError, UsageError
from cnnviz.jobs.gathering import Found
from cnnviz.jobs.records import PictureJob
from cnnviz.kernels import Operator
from cnnviz.render import formats


def plan_jobs(
    pictures: Sequence[Found], template: PictureJob, target: outputs.Target, *, sheet: bool
) -> list[PictureJob]:
    """One job for each of ``pictures``, like ``template``, with its output paths filled in.

    Raises
    ------
    UsageError
        When one kernel's name stands for two, a single file is asked for and there are more results, or a
        sheet in a format that holds no picture.
    """
    if sheet and target.format not in ("png", "webp"):
        raise UsageError(f"a sheet is a picture, not {target.format}; use png or webp")
    slugs = [operator.slug for operator in template.operators]
    for slug in slugs:
        if slugs.count(slug) > 1:
            raise UsageError(f"two kernels are both called {slug}; their results would have one name")
    jobs = [_plan(picture, template, target, sheet=sheet) for picture in pictures]
    paths = [path for job in jobs for path in output_paths(job)]
    if target.stdout and len(paths) > 1:
        raise UsageError(
            f"-o - takes exactly one result, this makes {len(paths)}; use --format npz, or a folder"
        )
    return jobs


def output_paths(job: PictureJob) -> list[str]:
    """Every file that ``job`` writes."""
    return [path for paths in job.files for path in paths] if job.together is None else [job.together]


def check_outputs(jobs: Sequence[PictureJob], *, inputs: Iterable[str], force: bool) -> None:
    """Refuse what would overwrite: see `cnnviz.outputs.check`; pictures count as inputs too."""
    named = [images.locate(job.path) for job in jobs]
    paths = [path for job in jobs for path in output_paths(job) if path != "-" and not _is_kept(job, path)]
    make_folders = bool(jobs) and jobs[0].make_folders
    outputs.check(paths, inputs=[*named, *inputs], force=force, make_folders=make_folders)


def _is_kept(job: PictureJob, path: str) -> bool:
    return job.keep_existing and os.path.lexists(path)


def new_only(jobs: Sequence[PictureJob]) -> list[PictureJob]:
    """What is missing of the jobs, by names alone; a run that was stopped may have done half a picture."""
    left = [_missing(job) for job in jobs]
    return [job for job in left if not all(map(os.path.lexists, output_paths(job)))]


def without_own_results(jobs: Sequence[PictureJob]) -> list[PictureJob]:
    """The jobs whose picture is not a result of another one: a second run over a folder finds the first's."""
    results = {os.path.abspath(path) for job in jobs for path in output_paths(job)}
    return [job for job in jobs if os.path.abspath(job.path) not in results]


def _missing(job: PictureJob) -> PictureJob:
    """``job`` without the kernels whose maps are all there."""
    if job.together is not None or not job.operators:
        return replace(job, keep_existing=True)
    pairs = zip(job.operators, job.files, strict=True)
    left = [(each, files) for each, files in pairs if not all(map(os.path.lexists, files))]
    operators, files = tuple(each for each, _ in left), tuple(files for _, files in left)
    return replace(job, operators=operators, files=files, keep_existing=True)


def _plan(found: Found, template: PictureJob, target: outputs.Target, *, sheet: bool) -> PictureJob:
    picture, tree = found
    stem, parent = _names(picture)
    look = replace(template.look, format=target.format)
    job = replace(template, image=picture, path=picture, look=look, make_folders=target.makes_folders)

    def path(kernel: str, number: int | None = None) -> str:
        return target.path(stem=stem, kernel=kernel, parent=parent, map_number=number, tree=tree)

    operators: tuple[Operator | None, ...] = job.operators or (None,)
    if sheet or job.look.format == "npz":
        together = path("sheet" if sheet else "maps")
        return replace(job, files=((together,),) * len(operators), together=together)
    files = []
    for operator in operators:
        slug = operator.slug if operator is not None else job.pooling.slug if job.pooling else ""
        count = _count(job, operator)
        files.append(tuple(path(slug, number if count > 1 else None) for number in range(count)))
    return replace(job, files=tuple(files))


def _count(job: PictureJob, operator: Operator | None) -> int:
    """How many files the maps of ``operator`` become; asks the picture's header where that decides."""
    if operator is not None:
        if operator.kernels[0].is_bank:
            return formats.count(job.look.format, len(operator.kernels[0].weight), color=False)
        if job.convolution.channels in ("gray", "sum"):
            return 1
    try:
        header = images.probe(job.path, max_pixels=job.max_pixels, upright=False)
    except CnnvizError:
        return 1  # the job will fail with the same error, and be told of then
    color = job.is_color(operator, picture_is_color=header.is_color)
    return formats.count(job.look.format, header.channels, color=color)


def _names(picture: str) -> tuple[str, str]:
    """The picture's stem and the name of its folder."""
    if picture == "-":
        return "stdin", "."
    if picture.startswith(images.SAMPLE_PREFIX):
        return picture.removeprefix(images.SAMPLE_PREFIX), "sample"
    folder, name = os.path.split(picture)
    parent = os.path.basename(folder)
    if parent in ("", ".", ".."):
        with suppress(FileNotFoundError):  # the current folder may have been removed
            parent = os.path.basename(os.path.abspath(folder))
    return os.path.splitext(name)[0], parent or "."
