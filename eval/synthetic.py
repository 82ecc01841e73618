"""Drafted topics: what makes one acceptable, and the file that holds them apart from judged ones.

A drafted topic has the form of a judged one (see `topics.py`) with `"reviewed": false` and an `origin`. Drafting in the
manner of InPars (Bonifacio et al., SIGIR 2022) and filtering by round trip (Alberti et al., "Synthetic QA Corpora
Generation with Roundtrip Consistency", ACL 2019): what the filters keep is what the system answers already, so that
figures on drafted topics flatter it. They are for finding regressions and for training, never for reporting.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..index.errors import EvaluationError, UnwritableError, UsageError
from .lines import read_rows
from .topics import read_topics

CATEGORY = "synthetic"
ALIKE = 0.9
"""Cosine from which on two questions count as one."""

_EXPECTED = "a file of drafted topics is JSONL, as `sota-rag eval synthesize` writes it"
_WORD = re.compile(r"\w+(?:[-.]\w+)*")
_ASKS = re.compile(
    r"(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|does|do|did|can|could|should|would|will|has|have|"
    r"for|in|at|on|after|before|under|from|by|to|with|of)\b",
    re.IGNORECASE,
)
# Asked by somebody who has the text before them: "What does the fact say?"
_OF_THE_TEXT = re.compile(
    r"\b(?:(?:the|this|that|these|those|given|above|following|your|my)\s+(?:\w+\s+)?"
    r"(?:passages?|texts?|facts?|sentences?|paragraphs?|statements?|sections?|excerpts?|authors?|documents?|articles?|"
    r"answers?|questions?|topics?)|it says?|mentioned|according to the)\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(r"\b(?:it|its|they|them|their|this|that|these|those|he|she|his|her)\s*\?\Z", re.IGNORECASE)
# Weak models ask of anything what it is.
_WHAT_IS = re.compile(
    r"what\s+(?:(?:is|are)\s+(?P<named>[^?]+)|do(?:es)?\s+(?P<meant>[^?]+?)\s+mean|does\s+it\s+mean\b[^?]*)\?",
    re.IGNORECASE,
)
_WHAT_IT_DOES = re.compile(r"what\s+do(?:es)?\s+(?P<doer>[^?]+?)\s+do\?", re.IGNORECASE)
_TWICE = re.compile(r"\b(?:does|do|did)\b.*\b(?:does|do|did)\b(?!\?)", re.IGNORECASE)
_RELATES = re.compile(r"\b(?:between|of|for|in|on|to|with|from|by|than|when|that|about|at)\b", re.IGNORECASE)
_SAYS_WHAT = re.compile(r"\b(?:is|are|was|were|means?|denotes?|refers?|called)\b", re.IGNORECASE)
_ARTICLES = frozenset("a an the".split())
_FEWEST, _MOST, _COPIED = 4, 30, 8


@dataclass(frozen=True, slots=True)
class Draft:
    """A question drafted from a sentence.

    Attributes:
        question: as written.
        document_id: the sentence's document.
        quote: the sentence, verbatim.
        origin: what wrote it: model, prompt version, passage, seed.
    """

    question: str
    document_id: str
    quote: str
    origin: Mapping[str, Any]


def malformed(question: str, quote: str) -> str:
    """What is wrong with the wording of a question about a sentence; empty where nothing is."""
    words = _WORD.findall(question)
    if not question.endswith("?") or question.count("?") > 1 or "\n" in question:
        return "is not one question"
    if not _FEWEST <= len(words) <= _MOST:
        return f"has {len(words)} words, not {_FEWEST} to {_MOST}"
    if not _ASKS.match(question) or _TWICE.search(question):
        return "does not begin like a question"
    if _OF_THE_TEXT.search(question) or _POINTS_BACK.search(question):
        return "cannot be understood without the text"
    if _asks_what_it_is(question) and not _says_what_it_is(question, quote):
        return "asks what something is, which the sentence does not say"
    if (doing := _WHAT_IT_DOES.fullmatch(question)) and not _begins_with(quote, doing["doer"]):
        return "asks what something does, of which the sentence does not speak"
    if _shares_run(words, _WORD.findall(quote)):
        return f"copies {_COPIED} words in a row"
    return ""


def _asks_what_it_is(question: str) -> bool:
    """Whether nothing but the meaning of a name is asked for."""
    asked = _WHAT_IS.fullmatch(question)
    return bool(asked) and not (asked["named"] and _RELATES.search(asked["named"]))


def _says_what_it_is(question: str, quote: str) -> bool:
    """Whether a sentence has what is asked about before its first verb of being or meaning."""
    asked, verb = _WHAT_IS.fullmatch(question), _SAYS_WHAT.search(quote)
    name = (asked["named"] or asked["meant"] or "") if asked else ""
    words = {word.casefold() for word in _WORD.findall(name)} - _ARTICLES
    return bool(verb and words & {word.casefold() for word in _WORD.findall(quote[: verb.start()])})


def _begins_with(quote: str, name: str) -> bool:
    """Whether a sentence is about a name: but for articles it begins with it, and does not only say what it is."""
    said, named = ([w for w in map(str.casefold, _WORD.findall(text)) if w not in _ARTICLES] for text in (quote, name))
    follows = said[len(named) : len(named) + 1]
    return said[: len(named)] == named and not (follows and _SAYS_WHAT.fullmatch(follows[0]))


def _shares_run(question: list[str], quote: list[str]) -> bool:
    asked, said = ([word.casefold() for word in words] for words in (question, quote))
    runs = {tuple(said[start : start + _COPIED]) for start in range(len(said) - _COPIED + 1)}
    return any(tuple(asked[start : start + _COPIED]) in runs for start in range(len(asked) - _COPIED + 1))


class KnownQuestions:
    """Questions that a new one must not repeat.

    Args:
        questions: those known so far.
        vectors: their unit vectors, shape (questions, dimension), float32.
    """

    def __init__(self, questions: Iterable[str], vectors: NDArray[np.float32]) -> None:
        self._questions, self._vectors = list(questions), list(vectors)

    def nearest(self, vector: NDArray[np.float32]) -> str:
        """A known question that is about the same, at a cosine of `ALIKE` or more; empty for none."""
        if not self._vectors:
            return ""
        cosines = np.stack(self._vectors) @ vector
        place = int(np.argmax(cosines))
        return self._questions[place] if cosines[place] >= ALIKE else ""

    def add(self, question: str, vector: NDArray[np.float32]) -> None:
        """Let later ones not repeat this one."""
        self._questions.append(question)
        self._vectors.append(vector)


class DraftFile:
    """The file that drafted topics are appended to, one by one, and beside it one of those that were dropped.

    Both are written as the work goes, so that an interrupted run loses one draft at most and is taken up again.

    Args:
        path: the file, made if need be.

    Raises:
        EvaluationError: it holds topics that a person has judged, or cannot be understood.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.dropped_path = path, path.with_suffix(f".dropped{path.suffix or '.jsonl'}")
        self.questions: list[str] = []
        self._seen: set[tuple[str, str]] = set()
        self._number = 0
        if path.exists() and path.stat().st_size:
            self._read_kept()
        if self.dropped_path.exists():
            for _, row in read_rows(self.dropped_path, _EXPECTED):
                self._seen.add((str(row.get("document")), str(row.get("quote"))))

    def _read_kept(self) -> None:
        rows = list(read_rows(self.path, _EXPECTED, identifier="id"))
        if judged := next((where for where, row in rows if row.get("reviewed", True) is not False), None):
            raise EvaluationError(
                f"{judged}: is a topic that a person has judged; drafted topics never mix with such, name another file"
            )
        for topic in read_topics(self.path, unreviewed=True):
            self.questions.append(topic.question)
            self._seen.update((gold.document_id, gold.quote) for gold in topic.gold)
            digits = topic.id.removeprefix("y")
            self._number = max(self._number, int(digits) if digits.isdecimal() else 0)

    def has_seen(self, document_id: str, quote: str) -> bool:
        """Whether a question was drafted from this sentence already, kept or dropped."""
        return (document_id, quote) in self._seen

    def keep(self, draft: Draft) -> None:
        """Append a topic.

        Raises:
            UnwritableError: the file cannot be written.
        """
        self._number += 1
        row = {
            "id": f"y{self._number:04d}",
            "question": draft.question,
            "category": CATEGORY,
            "answerable": True,
            "gold": [{"document": draft.document_id, "quote": draft.quote}],
            "reviewed": False,
            "origin": dict(draft.origin),
        }
        _append(self.path, row)
        self.questions.append(draft.question)
        self._seen.add((draft.document_id, draft.quote))

    def drop(self, draft: Draft, why: str, detail: str) -> None:
        """Note what was dropped and why.

        Raises:
            UnwritableError: the file cannot be written.
        """
        row = {
            "question": draft.question,
            "document": draft.document_id,
            "quote": draft.quote,
            "dropped": why,
            "detail": detail,
        }
        _append(self.dropped_path, row)
        self._seen.add((draft.document_id, draft.quote))


def refuse_judged(path: Path) -> None:
    """Refuse a name that judged topics go by.

    Raises:
        UsageError: the file is called as those are.
    """
    if path.stem in ("train", "test"):
        raise UsageError(f"--output {str(path)!r}: judged topics go by that name; name another file")


def _append(path: Path, row: Mapping[str, Any]) -> None:
    try:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    except OSError as error:
        raise UnwritableError(f"cannot write {str(path)!r} ({error.strerror}); choose another path") from error
