"""The vocabulary: what a document, a passage and a hit are.

Frozen, slotted dataclasses; change one with `dataclasses.replace`. Offsets count Unicode code points in a
document's canonical text, so `document.text[passage.start:passage.end] == passage.text` always holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

HEADING_SEPARATOR = " > "


class Kind(StrEnum):
    """What sort of text a document is."""

    GUIDE = "guide"
    PAPER = "paper"
    NOTE = "note"
    REGISTRY = "registry"
    OTHER = "other"


class Status(StrEnum):
    """Where a document stands in time, as its author or curator declared it."""

    CURRENT = "current"
    DRAFT = "draft"
    SUPERSEDED = "superseded"
    HISTORICAL = "historical"
    UNKNOWN = "unknown"


class Role(StrEnum):
    """What part a passage plays in its document; figure text and references are searched only when asked for."""

    BODY = "body"
    FOOTNOTE = "footnote"
    FIGURE = "figure"
    REFERENCES = "references"


SEARCHED_ROLES = (Role.BODY, Role.FOOTNOTE)
"""Roles that a search returns unless it asks for others."""


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """What is known of a document besides its text.

    Attributes:
        id: `ROOT/relative/path` in POSIX form, unique within an index; `ROOT` is the ingested folder's name.
        source: where a person finds it; equal to the id for files.
        title: from the metadata, else the first heading, else the file name.
        kind: guide, paper, note, registry or other.
        published: ISO date of any precision (`2021`, `2021-06`, `2021-06-17`), or None.
        status: declared standing; `unknown` where nobody said.
        authors: names in order.
        arxiv_id: such as `2106.09685`, or None.
        sha256: of the canonical text, in hex.
    """

    id: str
    source: str
    title: str
    kind: Kind = Kind.OTHER
    published: str | None = None
    status: Status = Status.UNKNOWN
    authors: tuple[str, ...] = ()
    arxiv_id: str | None = None
    sha256: str = ""

    @property
    def year(self) -> int | None:
        """Year of publication, or None."""
        return int(self.published[:4]) if self.published else None


@dataclass(frozen=True, slots=True)
class Document:
    """A document: its metadata and its canonical text (NFC, newline line ends, no invisible characters)."""

    info: DocumentInfo
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrievable span of a document.

    Attributes:
        id: `DOCUMENT_ID#ORDINAL` with the ordinal padded to five digits.
        document_id: the document it belongs to.
        ordinal: 0-based position among the document's passages.
        start: first code point of the span.
        end: one past the last code point.
        text: the span itself.
        heading_path: titles from the document's down to the innermost section's.
        token_count: word pieces of `contextual_text`, special tokens not counted.
        page: 1-based page on which it begins, for paged formats, else None.
        role: body, footnote, figure text or references.
        context: what the span needs to be understood and is not part of it: a cut table's caption and header row.
    """

    id: str
    document_id: str
    ordinal: int
    start: int
    end: int
    text: str
    heading_path: tuple[str, ...] = ()
    token_count: int = 0
    page: int | None = None
    role: Role = Role.BODY
    context: str = ""

    @property
    def contextual_text(self) -> str:
        """The string that is encoded and tokenised: heading path, context and text, each on lines of its own."""
        return "\n".join(part for part in (HEADING_SEPARATOR.join(self.heading_path), self.context, self.text) if part)


def passage_id(document_id: str, ordinal: int) -> str:
    """Id of the passage at a 0-based position of a document."""
    return f"{document_id}#{ordinal:05d}"


@dataclass(frozen=True, slots=True)
class Signals:
    """What each retrieval stage said of a passage; None where a stage was off or did not rank it.

    Attributes:
        dense_rank: 1-based rank among the dense candidates.
        dense_score: cosine in [-1, 1].
        bm25_rank: 1-based rank among the BM25 candidates.
        bm25_score: BM25 score, 0 or more, no upper bound.
        fused_score: score after fusion; its range depends on the fusion.
        rerank_score: the cross-encoder's score, as it comes.
        rerank_probability: that the passage answers, in [0, 1], where the cross-encoder is calibrated.
    """

    dense_rank: int | None = None
    dense_score: float | None = None
    bm25_rank: int | None = None
    bm25_score: float | None = None
    fused_score: float | None = None
    rerank_score: float | None = None
    rerank_probability: float | None = None


class Relation(StrEnum):
    """What a passage's practice is to the present: replaced, what replaced it, or put away without a successor."""

    SUPERSEDED = "superseded"
    SUCCESSOR = "successor"
    PUT_AWAY = "put_away"


@dataclass(frozen=True, slots=True)
class Counterpart:
    """The practice at the other end of a supersession.

    Attributes:
        id: as its registry has it.
        title: the recommendation, or the title of the work.
        year: of its source, or None.
        rank: of the hit that stands for it, or None when no hit does.
    """

    id: str
    title: str
    year: int | None = None
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class PracticeMark:
    """What a hit's passage recommends, and whether that still holds.

    Attributes:
        relation: what the practice is to the present.
        practice_id: as its registry has it.
        statement: the recommendation, or the title of the work.
        reason: why it was put away; on a successor, why its predecessor was.
        year: of the practice's source, or None.
        other: of what was superseded, its current successors; of a successor, what it stands above.
        note: what the reader should know besides; empty as a rule.
    """

    relation: Relation
    practice_id: str
    statement: str
    reason: str = ""
    year: int | None = None
    other: tuple[Counterpart, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage. The score belongs to the hit: the same passage scores differently elsewhere.

    A successor that was moved or put above what it superseded bears the score of the hit below it, while its signals
    stay its own.
    """

    passage: Passage
    document: DocumentInfo
    score: float
    rank: int
    signals: Signals = Signals()
    practice: PracticeMark | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """What one retrieval stage did, for `--explain`.

    Attributes:
        name: of the stage.
        count: how many candidates it left.
        detail: what it did, in words.
        late: whether it stopped for want of time, so that a faster machine may find other hits.
    """

    name: str
    count: int
    detail: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The hits of one query, best first, with how they came about.

    Attributes:
        query: as asked.
        generation: id of the index generation that served the whole query.
        hits: at most k, ordered by `(-score, passage id)`, but for successors that stand above what they superseded.
        timings_ms: wall time per stage, in milliseconds.
        stages: one entry per stage, in order.
        notes: what fell back or could not be done, in words for the user.
    """

    query: str
    generation: str
    hits: tuple[Hit, ...]
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    stages: tuple[Stage, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filters:
    """Which passages a search may return; applied inside every leg, before any cut.

    Attributes:
        kinds: allowed kinds; empty allows all.
        years: inclusive (first, last) publication year, either end None for open. Undated documents fail it.
        statuses: allowed statuses; empty allows all.
        sources: shell globs over the source, any of which may match (`*` crosses `/`); empty allows all.
        roles: allowed roles; empty allows `SEARCHED_ROLES`.
    """

    kinds: tuple[Kind, ...] = ()
    years: tuple[int | None, int | None] | None = None
    statuses: tuple[Status, ...] = ()
    sources: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.kinds or self.years or self.statuses or self.sources or self.roles)
