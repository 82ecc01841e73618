"""A chunker as it is named on the command line: `ours:200`, `fixed:200/50`, `recursive:400`, `sentences:200`."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ...index.errors import SettingsError, UsageError
from ...index.types import Passage, passage_id
from ...ingest.chunk import ChunkSettings, chunk
from ...ingest.loaders import LoadedDocument
from ...ingest.split import Count
from .baselines import fixed, recursive, sentences
from .tokens import TokenStarts

_OURS = re.compile(r"ours(?::(?P<target>\d{1,6}))?(?:\+(?P<grown>\d{1,6}))?")
_BASELINE = re.compile(r"(?P<kind>fixed|recursive|sentences):(?P<size>\d{1,6})(?:/(?P<overlap>\d{1,6}))?")
_BASELINES = {"fixed": fixed, "recursive": recursive, "sentences": sentences}

EXAMPLES = "ours, ours:150, ours:100+300, fixed:200/50, recursive:400/0 or sentences:200"


@dataclass(frozen=True, slots=True)
class Chunker:
    """A way to cut documents into passages, and what is shown of one that is found.

    Attributes:
        name: as on the command line.
        cut: document with its blocks, and the tokens of its text → passages in order.
        grow: a passage that is found grows by whole neighbours up to so many word pieces; 0 shows it as it is.
    """

    name: str
    cut: Callable[[LoadedDocument, TokenStarts], list[Passage]]
    grow: int = 0


def read_spec(spec: str, settings: ChunkSettings, count: Count) -> Chunker:
    """The chunker that a specification names.

    `ours[:TARGET][+GROWN]` is the chunker of the ingestion, with its own target or another one, and neighbours up
    to GROWN word pieces; `fixed`, `recursive` and `sentences` take `:SIZE[/OVERLAP]`.

    Args:
        spec: the specification.
        settings: those of `ours`, but for the target.
        count: the encoder's word pieces of each string.

    Raises:
        UsageError: it names none, or its sizes cannot be used.
    """
    if found := _OURS.fullmatch(spec):
        target, grown = found["target"], found["grown"]
        return _ours(spec, settings if target is None else _with_target(spec, settings, int(target)), count, grown)
    if found := _BASELINE.fullmatch(spec):
        return _baseline(spec, found["kind"], int(found["size"]), int(found["overlap"] or 0), count)
    raise UsageError(f"{spec!r} names no chunker; name one such as {EXAMPLES}")


def _with_target(spec: str, settings: ChunkSettings, target: int) -> ChunkSettings:
    if target > settings.max_tokens:
        raise UsageError(f"{spec!r}: the encoder reads {settings.max_tokens} word pieces; name a smaller target")
    try:
        return replace(settings, target_tokens=target)
    except SettingsError as error:
        raise UsageError(f"{spec!r}: {error}") from error


def _ours(name: str, settings: ChunkSettings, count: Count, grown: str | None) -> Chunker:
    def cut(loaded: LoadedDocument, tokens: TokenStarts) -> list[Passage]:
        return chunk(loaded.document, loaded.blocks, count, settings, loaded.layout)

    return Chunker(name, cut, int(grown or 0))


def _baseline(name: str, kind: str, size: int, overlap: int, count: Count) -> Chunker:
    split = _BASELINES[kind]
    if size < 1 or overlap >= size:
        raise UsageError(f"{name!r}: take a size of 1 or more and an overlap below it, such as {EXAMPLES}")

    def cut(loaded: LoadedDocument, tokens: TokenStarts) -> list[Passage]:
        text = loaded.document.text
        return _passages(loaded.document.info.id, text, split(text, tokens, size, overlap), count)

    return Chunker(name, cut)


def _passages(document_id: str, text: str, spans: Sequence[tuple[int, int]], count: Count) -> list[Passage]:
    """Bare passages: no heading path, no context."""
    texts = [text[start:end] for start, end in spans]
    return [
        Passage(passage_id(document_id, ordinal), document_id, ordinal, *span, said, token_count=pieces)
        for ordinal, (span, said, pieces) in enumerate(zip(spans, texts, count(texts), strict=True))
    ]
