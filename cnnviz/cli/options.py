"""The options that convolve and pool share, and what they come to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from typing import Any, Final

import click

from cnnviz.cli import looks, types
from cnnviz.cli.command import DEBUG, batch_option, drawing_option, output_option, picture_option
from cnnviz.errors import UsageError

# Written out here, so that a help text loads neither NumPy nor Pillow; a test holds them against the code.
FORMATS = ("png", "npy", "npz", "webp", "tiff")
MAX_PIXELS = 200_000_000

FRAME: Final = picture_option(
    "--frame",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Which frame of an animation, or page of a TIFF.",
)
LARGEST: Final = picture_option(
    "--max-pixels",
    type=click.IntRange(min=1),
    default=MAX_PIXELS,
    show_default=True,
    help="Refuse larger pictures before decoding them.",
)


@dataclass(frozen=True)
class BatchOptions:
    """Which of many pictures are done, and by whom."""

    recursive: bool
    files_from: tuple[str, ...]
    null: bool
    skip_existing: bool
    fail_fast: bool
    jobs: int | None
    shard: tuple[int, int] | None
    scheduler: str | None
    frame: int

    def check(self) -> None:
        """Refuse options that contradict each other."""
        if self.null and not self.files_from:
            raise UsageError("-0 says how the names of --files-from end; give --files-from too")


@dataclass(frozen=True)
class OutputOptions:
    """How results are drawn, where they go, and what is printed."""

    batch: BatchOptions

    tone: Any
    colormap: str
    output: str | None
    file_format: str | None
    sheet: bool
    force: bool
    dry_run: bool
    show: bool
    as_json: bool
    ndjson: bool
    plain: bool
    quiet: bool
    verbose: bool
    debug: bool
    max_pixels: int

    def check(self) -> None:
        """Refuse options that contradict each other."""
        self.batch.check()
        machine = "--json" if self.as_json else "--ndjson"
        if self.as_json and self.ndjson:
            raise UsageError("--json prints one document, --ndjson a line for each result; drop one")
        if (self.as_json or self.ndjson) and self.output == "-":
            raise UsageError(f"{machine} and -o - both want standard output; give -o a file")
        if self.as_json and (self.show or self.plain):
            raise UsageError("--json prints one document and nothing else; drop --show and --plain")
        if self.ndjson and (self.show or self.plain):
            raise UsageError("--ndjson prints lines of JSON and nothing else; drop --show and --plain")
        if self.force and self.batch.skip_existing:
            raise UsageError("--force does existing results again, --skip-existing leaves them; drop one")
        if self.batch.skip_existing and self.output == "-":
            raise UsageError("--skip-existing looks for files; give -o a file or a folder")
        if self.quiet and self.verbose:
            raise UsageError("-q and -v contradict each other; drop one")
        if self.sheet and self.file_format not in (None, "png", "webp"):
            raise UsageError(f"a sheet is a picture, not {self.file_format}; use --format png or webp")


_IMAGES = click.argument(
    "pictures", metavar="[IMAGE]...", nargs=-1, type=click.Path(readable=False, allow_dash=True)
)

_OPTIONS: tuple[Callable[..., Any], ...] = (
    drawing_option(
        "--colormap",
        type=looks.ColormapType(),
        default="gray",
        show_default=True,
        help="gray, viridis, magma, inferno, cividis, vik (diverging), or auto: vik for symmetric tones, "
        "else viridis.",
    ),
    drawing_option(
        "--sheet",
        is_flag=True,
        help="One labelled page with the picture and all its maps and their scales, in place of single maps.",
    ),
    output_option(
        "-o",
        "--output",
        metavar="PATH",
        help="A folder (ends in / or exists), a file for one result, a template with {stem} {kernel} "
        "{map:03d} {parent}, or - for standard output. Default: {stem}.{kernel}.png in the current "
        "folder.",
    ),
    output_option(
        "--format",
        "file_format",
        type=click.Choice(FORMATS, case_sensitive=False),
        help="png (8 bit), webp (the same, lossless), npy and npz (exact values), tiff (float32). Default: "
        "by the suffix of -o, else png.",
    ),
    output_option("-f", "--force", is_flag=True, help="Overwrite existing files (never an input)."),
    output_option("-n", "--dry-run", is_flag=True, help="Print shapes and names; write nothing."),
    drawing_option("--show", is_flag=True, help="Preview the maps in the terminal."),
    output_option("--json", "as_json", is_flag=True, help="Print one JSON document in place of the table."),
    output_option(
        "--ndjson", is_flag=True, help="Print a line of JSON for each result or failure, as they come."
    ),
    output_option("--plain", is_flag=True, help="Print tab-separated lines, as into a pipe."),
    output_option("-q", "--quiet", is_flag=True, help="Print errors only."),
    output_option("-v", "--verbose", is_flag=True, help="Say which engine was chosen, and why."),
    LARGEST,
    DEBUG,
)

_BATCH: tuple[Callable[..., Any], ...] = (
    batch_option(
        "-r",
        "--recursive",
        is_flag=True,
        help="Of a folder take all pictures in it and below; -o keeps the tree.",
    ),
    batch_option(
        "--files-from",
        metavar="FILE",
        multiple=True,
        type=click.Path(readable=False, allow_dash=True),
        help="Take more names from FILE, one a line; - is standard input.",
    ),
    batch_option("-0", "--null", is_flag=True, help="Names in --files-from end with NUL (find -print0)."),
    batch_option(
        "--skip-existing",
        is_flag=True,
        help="Skip results whose file already exists, to resume a run.",
    ),
    batch_option("--fail-fast", is_flag=True, help="End at the first picture that fails."),
    batch_option(
        "-j",
        "--jobs",
        type=click.IntRange(1, 1024),
        metavar="N",
        help="How many pictures at a time. Default: as many as there are cores.",
    ),
    batch_option(
        "--shard",
        type=types.ShardType(),
        help="Do the I-th of N shares (every N-th picture), for N machines with one disk.",
    ),
    batch_option(
        "--scheduler",
        metavar="ADDRESS",
        help="Hand the pictures to a Dask cluster (tcp://host:8786), or to a local one: local.",
    ),
    FRAME,
)


def _tone(auto: str) -> Callable[..., Any]:
    return drawing_option(
        "--tone",
        type=looks.ToneType(),
        default="auto",
        show_default=True,
        metavar="auto|symmetric|minmax|abs|clip|LO,HI",
        help="Which values are drawn black and white. symmetric: 0 is mid-grey; abs: |value| from 0; "
        "both end at the 99.5th percentile of |value|. minmax: smallest to largest. clip: 0 to the picture's "
        f"white. auto {auto}",
    )


def output_options(
    command: Callable[..., Any], *, auto: str = "decides by the kernel, so that a batch is drawn alike."
) -> Callable[..., Any]:
    """Add IMAGE... and the shared options, behind the command's own in its help.

    ``auto`` says what that tone does. The command receives them as ``pictures`` and ``options``.
    """

    @wraps(command)
    def collected(**given: Any) -> Any:
        batch = BatchOptions(**{field.name: given.pop(field.name) for field in fields(BatchOptions)})
        names = [field.name for field in fields(OutputOptions) if field.name != "batch"]
        options = OutputOptions(batch, **{name: given.pop(name) for name in names})
        options.check()
        return command(options=options, **given)

    decorated: Callable[..., Any] = collected
    for decorate in reversed((_IMAGES, _tone(auto), *_OPTIONS, *_BATCH)):
        decorated = decorate(decorated)
    return decorated
