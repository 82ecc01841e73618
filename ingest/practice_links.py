"""Which passages are about a practice: those of its registry entry, of its paper, and those that state it elsewhere.

Only practices with a history are linked: what was put away, and what took its place. Nothing else moves or is
marked in a search.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from ..index.analysis import terms
from ..index.practices import Practice, Practices
from ..index.types import SEARCHED_ROLES, DocumentInfo, Passage
from .sentences import sentence_spans

MIN_COSINE = 0.55
"""Least cosine of a statement with a sentence that states it; of the whole passage it would be diluted.

Chosen by reading, with all-MiniLM-L6-v2: of the 24,000 sentences in 303 public guides, 34 hold `MIN_COVERAGE` of the
words of one of a registry's 119 statements. 15 of them reach this cosine, and 12 of these speak of the practice; of the
19 below it 3 do.
"""
MIN_COVERAGE = 0.75
"""Least share of a statement's content words, stemmed, that the sentence must hold."""
MIN_DECLARED_COVERAGE = 0.4
"""The same in a document that the registry itself names as stating it; the best such sentence of it counts."""
MIN_DECLARED_COSINE = 0.5
"""Least cosine of a statement with that sentence."""
_DECLARED_SENTENCES = 2
MIN_WORDS = 3
"""A statement of fewer different content words (`gpt training`) says too little to be recognised elsewhere."""

Encode = Callable[[Sequence[str]], NDArray[np.float32]]

HOW = ("registry", "source", "statement")
"""Kinds of link; where several hold between a practice and a passage, the first one counts."""


@dataclass(frozen=True, slots=True)
class PracticeLink:
    """A passage that is about a practice.

    Attributes:
        practice: the practice's key.
        document_id: the registry that the practice stands in.
        passage_id: the passage.
        how: `registry`, the passage overlaps the practice's entry; `source`, it is of the paper that the practice
            comes from; `statement`, it states the practice in another document.
    """

    practice: str
    document_id: str
    passage_id: str
    how: str


def link(
    practices: Iterable[Practice], documents: Iterable[DocumentInfo], passages: Sequence[Passage], encode: Encode
) -> list[PracticeLink]:
    """All links, by passage id and practice key, one for each such pair; deterministic.

    Figure text and references are not linked: a search does not return them unless it is asked to.

    Args:
        practices: of all registries, with their documents' ids set.
        documents: all documents.
        passages: all passages, each document's in order.
        encode: unit vectors of strings, shape (n, dimension); called once, with every statement and sentence that
            share enough words, a thousand or more in a corpus of some hundred documents; not at all without any.
    """
    involved = Practices(practices).involved()
    if not involved:
        return []
    body = [passage for passage in passages if passage.role in SEARCHED_ROLES]
    others = elsewhere(involved, body)
    statements = [practice for practice in involved if not practice.work]
    found: dict[tuple[str, str], PracticeLink] = {}
    stated = _stating(_declared(statements, others), _stated(statements, others), encode)
    kinds = (_entries(involved, body), _sources(involved, tuple(documents), body), stated)
    for how, pairs in zip(HOW, kinds, strict=True):
        for practice, passage in pairs:
            new = PracticeLink(practice.key, practice.document_id, passage.id, how)
            found.setdefault((passage.id, practice.key), new)
    return [found[pair] for pair in sorted(found)]


def link_rows(
    practices: Iterable[Practice], documents: Iterable[DocumentInfo], passages: Sequence[Passage], encode: Encode
) -> list[tuple[int, str, str]]:
    """The links as the store keeps them: passage row, practice key and how; passages must come in passage-id order."""
    rows = {passage.id: row for row, passage in enumerate(passages)}
    return [
        (rows[found.passage_id], found.practice, found.how) for found in link(practices, documents, passages, encode)
    ]


def elsewhere(practices: Iterable[Practice], passages: Iterable[Passage]) -> list[Passage]:
    """Passages that may state one of the practices: what a search returns, outside these practices' registries."""
    registries = {practice.document_id for practice in practices}
    return [p for p in passages if p.role in SEARCHED_ROLES and p.document_id not in registries]


class Sentences:
    """A document's sentences by the words that they hold: made once, and asked for each practice that names it.

    Args:
        passages: of the document, in order.
    """

    def __init__(self, passages: Iterable[Passage]) -> None:
        self._sentences: list[tuple[Passage, str]] = []
        self._holding: dict[str, list[int]] = {}
        for passage in passages:
            for sentence in _sentences(passage):
                for word in frozenset(terms(sentence)):
                    self._holding.setdefault(word, []).append(len(self._sentences))
                self._sentences.append((passage, sentence))

    def stating(self, statement: str) -> list[tuple[Passage, str]]:
        """Sentences that hold `MIN_DECLARED_COVERAGE` of a statement's content words, each with its passage.

        Those that hold most of them come first; none holds a statement that has no such words.
        """
        wanted = frozenset(terms(statement))
        held = Counter(place for word in wanted for place in self._holding.get(word, ()))
        enough = [place for place, count in held.items() if count >= MIN_DECLARED_COVERAGE * len(wanted)]
        return [self._sentences[place] for place in sorted(enough, key=lambda place: (-held[place], place))]


def sentences_of_named(practices: Iterable[Practice], passages: Iterable[Passage]) -> dict[str, Sentences]:
    """The sentences of each document that a practice names, by document id; of passages as `elsewhere` gives them."""
    named = {document for practice in practices for document in practice.documents}
    by_document = _grouped(passage for passage in passages if passage.document_id in named)
    return {document: Sentences(siblings) for document, siblings in by_document.items()}


def _entries(practices: Sequence[Practice], passages: Sequence[Passage]) -> Iterator[tuple[Practice, Passage]]:
    """Practices with the passages of their registry that overlap their entries."""
    by_document = _grouped(passages)
    for practice in practices:
        siblings = by_document.get(practice.document_id, [])
        first = bisect_right(siblings, practice.start, key=lambda passage: passage.end)
        for passage in islice(siblings, first, None):
            if passage.start >= practice.end:
                break
            yield practice, passage


def _sources(
    practices: Sequence[Practice], documents: Sequence[DocumentInfo], passages: Sequence[Passage]
) -> Iterator[tuple[Practice, Passage]]:
    """Practices with the passages of their paper, unless their registry names documents that state them.

    A document that is not there says nothing of where a practice is stated.
    """
    known = {document.id for document in documents}
    by_document = _grouped(passages)
    papers: dict[str, list[str]] = {}
    for document in documents:
        if document.arxiv_id:
            papers.setdefault(document.arxiv_id, []).append(document.id)
    for practice in practices:
        if not known.isdisjoint(practice.documents):
            continue
        for paper in papers.get(practice.arxiv_id or "", ()):
            for passage in by_document.get(paper, ()):
                yield practice, passage


def _grouped(passages: Iterable[Passage]) -> dict[str, list[Passage]]:
    by_document: dict[str, list[Passage]] = {}
    for passage in passages:
        by_document.setdefault(passage.document_id, []).append(passage)
    return by_document


_Said = tuple[Practice, Passage, str]
"""A practice, a passage, and the sentence of it that may state the practice."""


def _stating(declared: Sequence[_Said], found: Sequence[_Said], encode: Encode) -> list[tuple[Practice, Passage]]:
    """Practices with the passages whose sentence is close enough in meaning, of all these that may state them.

    Of a document that the registry names the closest one counts.
    """
    if not declared and not found:
        return []
    cosines = _cosines([*declared, *found], encode)
    best: dict[tuple[str, str], tuple[float, Practice, Passage]] = {}
    for (practice, passage, _), cosine in zip(declared, cosines, strict=False):
        key = (practice.key, passage.document_id)
        if cosine >= MIN_DECLARED_COSINE and cosine > best.get(key, (0.0,))[0]:
            best[key] = (cosine, practice, passage)
    anywhere = zip(found, cosines[len(declared) :], strict=True)
    return [
        *((practice, passage) for _, practice, passage in best.values()),
        *((practice, passage) for (practice, passage, _), cosine in anywhere if cosine >= MIN_COSINE),
    ]


def _declared(practices: Sequence[Practice], passages: Sequence[Passage]) -> list[_Said]:
    """The sentences that share most words with a practice, in each document that its registry names."""
    named = sentences_of_named(practices, passages)
    return [
        (practice, passage, sentence)
        for practice in practices
        for document in dict.fromkeys(practice.documents)
        if document in named
        for passage, sentence in named[document].stating(practice.statement)[:_DECLARED_SENTENCES]
    ]


def _stated(practices: Sequence[Practice], passages: Sequence[Passage]) -> list[_Said]:
    """Sentences anywhere that hold `MIN_COVERAGE` of a practice's words."""
    words = {practice.key: frozenset(terms(practice.statement)) for practice in practices}
    telling = [practice for practice in practices if len(words[practice.key]) >= MIN_WORDS]
    wanted = frozenset(word for practice in telling for word in words[practice.key])
    found: list[_Said] = []
    for passage in passages if telling else ():
        held = wanted.intersection(terms(passage.text))
        likely = [practice for practice in telling if _covers(words[practice.key], held)]
        for sentence in _sentences(passage) if likely else ():
            said = wanted.intersection(terms(sentence))
            found += [(practice, passage, sentence) for practice in likely if _covers(words[practice.key], said)]
    return found


def _sentences(passage: Passage) -> list[str]:
    """Each on one line."""
    return [" ".join(passage.text[start:end].split()) for start, end in sentence_spans(passage.text)]


def _cosines(found: Sequence[_Said], encode: Encode) -> list[float]:
    """Of each statement with its sentence."""
    strings = list(dict.fromkeys(text for practice, _, sentence in found for text in (practice.statement, sentence)))
    place = {text: row for row, text in enumerate(strings)}
    vectors = encode(strings)
    return [float(vectors[place[practice.statement]] @ vectors[place[sentence]]) for practice, _, sentence in found]


def _covers(statement: frozenset[str], held: frozenset[str]) -> bool:
    return len(statement & held) >= MIN_COVERAGE * len(statement)
