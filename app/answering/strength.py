"""How many independent documents say the same as a sentence."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...index import Kind
from ...index.analysis import terms
from ...index.practices import arxiv_key, title_key
from .sentences import Candidate

MIN_COSINE = 0.8
"""Least cosine of two sentences that say the same."""
MIN_COVERAGE = 0.75
"""Least share of the text's different content words, stemmed, that a sentence saying the same holds."""
COPIED = 0.8
"""Share of the longer one's words that two sentences have in common when one was copied from the other."""
CONTAINED = 0.95
"""The same share of the shorter one's, when it was copied and added to."""
MIN_CONTAINED = 8
"""A sentence of fewer words may stand within another one by chance."""
MOST_SENTENCES = 200
"""Sentences that are looked at, those with the highest cosine."""

_ARXIV_MENTION = re.compile(r"arXiv:?\s*(\d{4}\.\d{4,5})", re.IGNORECASE)
_YEAR_IN_HEADING = re.compile(r"\s*\((?:1[89]|20)\d\d\)$")

Agrees = Callable[[str, str], bool]
"""Whether an evidence sentence (second) states every quantity and name of a claim (first), with the same polarity."""


@dataclass(frozen=True, slots=True)
class Strength:
    """The documents that say the same as a sentence, each independent of the others.

    Attributes:
        documents: how many; 0 when none does.
        document_ids: one for each, of several that are not independent the earliest; the oldest first, undated last.
        years: their years of publication without repetitions, ascending; undated ones are left out.
    """

    documents: int
    document_ids: tuple[str, ...] = ()
    years: tuple[int, ...] = ()


def strength(
    text: str,
    vector: NDArray[np.float32],
    found: Sequence[Candidate],
    vectors: NDArray[np.float32],
    agrees: Agrees,
    *,
    min_cosine: float = MIN_COSINE,
) -> Strength:
    """Count the independent documents with a sentence that says the same.

    Two documents are not independent when they are the same text, the same arXiv paper, or a paper and its entry in a
    registry, or when the one copied the sentence from the other. A document that merely rephrases another one cannot
    be told from an independent one.

    Args:
        text: a sentence of the answer.
        vector: its unit vector, shape (dimension,).
        found: sentences of the retrieved passages.
        vectors: their unit vectors, shape (n, dimension).
        agrees: see `Agrees`.
        min_cosine: least cosine of a sentence that says the same.
    """
    cosine = vectors @ vector if len(found) else np.zeros(0, dtype=np.float32)
    order = np.lexsort((np.arange(len(found)), -cosine))[:MOST_SENTENCES]
    same = [
        found[place]
        for place in order.tolist()
        if cosine[place] >= min_cosine and _covers(found[place].text, text) and agrees(text, found[place].text)
    ]
    first = [min(group, key=_age).hit.document for group in _independent(same)]
    first.sort(key=lambda document: (document.published or "9999", document.id))
    years = sorted({document.year for document in first if document.year is not None})
    return Strength(len(first), tuple(document.id for document in first), tuple(years))


def _covers(sentence: str, text: str) -> bool:
    wanted = set(terms(text))
    return len(wanted & set(terms(sentence))) >= MIN_COVERAGE * len(wanted)


def _age(candidate: Candidate) -> tuple[str, bool, str]:
    """Order within a group: the earliest, undated ones last, a work before its entry in a registry."""
    document = candidate.hit.document
    return document.published or "9999", document.kind is Kind.REGISTRY, document.id


def _independent(same: Sequence[Candidate]) -> list[list[Candidate]]:
    """The sentences in groups that share an origin or a wording, in order of their first members."""
    groups: list[tuple[set[str], list[frozenset[str]], list[Candidate]]] = []
    for candidate in same:
        origins, words = _origins(candidate), _words(candidate.text)
        joined = [group for group in groups if group[0] & origins or any(_copied(words, other) for other in group[1])]
        groups = [group for group in groups if group not in joined]
        for group in joined:
            origins |= group[0]
        wordings = [words, *(wording for group in joined for wording in group[1])]
        groups.append((origins, wordings, [*(member for group in joined for member in group[2]), candidate]))
    return [members for _, _, members in groups]


def _origins(candidate: Candidate) -> set[str]:
    """What a sentence comes from, in every form that another one might name: document, text, paper, title of a work."""
    document, passage = candidate.hit.document, candidate.hit.passage
    if document.kind is Kind.REGISTRY:
        # A registry collects works: what one entry says and what another says come from different ones.
        papers = [f"arxiv:{found}" for found in _ARXIV_MENTION.findall(passage.text)]
        heading = passage.heading_path[-1:] if len(passage.heading_path) > 1 else ()
        named = {*papers, *(f"title:{_work_title(title)}" for title in heading)}
        return named or {f"document:{document.id}"}
    origins = {f"document:{document.id}"}
    if document.sha256:
        origins.add(f"sha256:{document.sha256}")
    if document.arxiv_id:
        origins.add(f"arxiv:{arxiv_key(document.arxiv_id) or document.arxiv_id}")
    if document.kind is Kind.PAPER:
        origins.add(f"title:{_work_title(document.title)}")
    return origins


def _work_title(title: str) -> str:
    return title_key(_YEAR_IN_HEADING.sub("", title))


def _words(text: str) -> frozenset[str]:
    """The words of a sentence, each with how often it occurred before."""
    seen: dict[str, int] = {}
    found: list[str] = []
    for word in re.findall(r"\w+", text.casefold()):
        seen[word] = seen.get(word, 0) + 1
        found.append(f"{word} {seen[word]}")
    return frozenset(found)


def _copied(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two sentences have so many words in common that one was copied."""
    common, (short, long) = len(one & other), sorted((len(one), len(other)))
    return common >= COPIED * long or (short >= MIN_CONTAINED and common >= CONTAINED * short)
