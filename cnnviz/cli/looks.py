"""What may stand behind the options that say how values are drawn: words, in either spelling, and ranges."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem

from cnnviz import colormaps
from cnnviz.errors import UsageError

# Written out here, so that a help text does not load NumPy; a test holds them against the code.
TONES = ("auto", "symmetric", "minmax", "abs", "clip")


class ToneType(click.ParamType[Any]):
    """A word, or ``LO,HI``."""

    name = "TONE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse, or fail with what was received and what is needed."""
        if value in TONES:
            return value
        try:
            low, high = (float(end) for end in value.split(","))
        except ValueError:
            low, high = 0, 0
        if not float("-inf") < low < high < float("inf"):
            self.fail(
                f"{value!r} is not a tone; it takes {', '.join(TONES)}, or LO,HI with LO < HI.", param, ctx
            )
        return low, high

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete the words."""
        return [CompletionItem(word) for word in TONES if word.startswith(incomplete)]


def american(text: str) -> str:
    """``text`` in the spelling of our words: one may write grey and colour too.

    >>> american("grey"), american("colour")
    ('gray', 'color')
    """
    return text.replace("grey", "gray").replace("colour", "color")


class ChannelsType(click.Choice[str]):
    """A choice of words, in either spelling."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """One of the words."""
        return super().convert(american(value), param, ctx)


class ColormapType(click.ParamType[str]):
    """The name of a colormap."""

    name = "COLORMAP"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Check that it exists."""
        name = american(value)
        try:
            colormaps.choose(name, symmetric=False)
        except UsageError as error:
            self.fail(str(error), param, ctx)
        return name

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete the names."""
        return [CompletionItem(name) for name in colormaps.NAMES if name.startswith(incomplete)]
