"""What the user names as a network: a chain of layers, a known name, or a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from cnnviz.errors import CnnvizError, FileError, UsageError, named
from cnnviz.expressions import did_you_mean
from cnnviz.files import PICKLE_SUFFIXES, pickle_refused
from cnnviz.network import known
from cnnviz.network.chain import read_chain
from cnnviz.network.kinds import KINDS
from cnnviz.network.spec import Network, Shape

DOCUMENT_SUFFIXES: Final = (".toml", ".json")
ONNX_SUFFIX: Final = ".onnx"


class Source(NamedTuple):
    """The words for a network, and what they are: ``chain``, ``known`` or ``file``."""

    words: tuple[str, ...]
    what: str = "chain"

    @classmethod
    def named(cls, given: Sequence[str]) -> Source:
        """Tell a chain from a name and from a file; nothing is opened.

        >>> Source.named(["conv:6,5 relu"]), Source.named(["./net.toml"]).what
        (Source(words=('conv:6,5', 'relu'), what='chain'), 'file')

        Raises
        ------
        UsageError
            For no words, and for one that is none of them.
        PickleError
            For a file of PyTorch's own.
        """
        if not given:
            raise UsageError(
                "a network is missing; try cnnviz shapes lenet5, or a chain: --input 1x28x28 conv:6,5 relu"
            )
        word = given[0]
        if len(given) == 1:
            _refuse_weights(word)
        if len(given) == 1 and word.partition(":")[0] in known.names():
            return cls((word,), "known")
        if len(given) == 1 and (word.lower().endswith((*DOCUMENT_SUFFIXES, ONNX_SUFFIX)) or "/" in word):
            return cls((word,), "file")
        words = tuple(part for text in given for part in text.split())
        if len(words) == 1 and ":" not in word and word not in KINDS:
            close = did_you_mean(word, [*known.names(), *KINDS])
            hint = close if close.startswith("did you mean") else "cnnviz shapes --list names them"
            raise UsageError(f"no network or layer called {word!r}; {hint}")
        return cls(words)

    def read(self, shape: Shape | None) -> Network:
        """The network; ``shape`` is the input asked for, which an ONNX graph may need.

        Raises
        ------
        NetworkError, UsageError, FileError
            For what is wrong in a chain, a name or a file; a `FileError` begins with the path.
        """
        if self.what == "chain":
            return read_chain(self.words)
        if self.what == "known":
            return known.find(self.words[0])
        try:
            return self._read_file(shape)
        except FileError as error:
            raise self.blamed(error) from None

    def _read_file(self, shape: Shape | None) -> Network:
        path = self.words[0]
        if path.lower().endswith(ONNX_SUFFIX):
            from cnnviz.network.onnx import read_onnx

            return read_onnx(path, shape)
        if not path.lower().endswith(DOCUMENT_SUFFIXES):
            raise FileError("not a network; its name must end in .toml, .json or .onnx")
        from cnnviz.network.document import read_document

        return read_document(path)

    @property
    def is_onnx(self) -> bool:
        """Whether it is the file of a trained model."""
        return self.what == "file" and self.words[0].lower().endswith(ONNX_SUFFIX)

    @property
    def strict(self) -> bool:
        """Whether paths whose jumps differ are a mistake: not in a model that works as it is."""
        return not self.is_onnx

    def blamed(self, error: CnnvizError) -> CnnvizError:
        """``error`` as that of the file, or as wrong usage."""
        if self.what == "file":
            return FileError(*(f"{self.words[0]}: {line}" for line in error.lines))
        return UsageError(*error.lines)


def _refuse_weights(word: str) -> None:
    """A file of weights does not say what to do with them."""
    if word.lower().endswith(PICKLE_SUFFIXES):
        with named(word):
            raise pickle_refused(word, as_network=True)
    if word.lower().endswith((".npz", ".safetensors")):
        raise UsageError(
            f"{word} holds weights; name the network too: cnnviz run NETWORK IMAGE --weights {word}"
        )
