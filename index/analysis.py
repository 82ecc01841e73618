"""Text to terms for BM25; one analyzer serves indexing and querying.

Lower-cased runs of letters and digits, English stop words dropped, the rest stemmed with Snowball. Compounds
joined by `-`, `_`, `.` or `/` (`GPT-4`, `bge-small-en-v1.5`, `lora_alpha`) yield their parts and, joined, themselves,
so that both spellings meet.
"""

import hashlib
import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

ANALYZER_VERSION = "2"

_TOKEN = re.compile(r"[^\W_]+(?:[-_./][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")

# The Lucene/Elasticsearch list, which keeps "not" out as well: BM25 cannot see negation anyway.
STOP_WORDS = frozenset(
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these "
    "they this to was will with".split()
)

_QUESTION_WORDS = frozenset("what which who whom whose when where why how do does did can could should would".split())

_HELPERS = frozenset("is are was were has have had will would may might must".split())
_ASKS_ANYWHERE = frozenset("what who whom whose why how where".split())

# What people put around a question; kept in the index and in queries, where it does no harm.
_ASKING = frozenset(
    "i me my you your we our us get need use using used have has had than from am been were let want know tell just "
    "already also okay please someone something really actually about any some more most much many".split()
)

_local = threading.local()


def terms(text: str) -> list[str]:
    """Index terms of a text, in order, with repetitions."""
    return list(_terms(_folded(text)))


def query_terms(text: str) -> list[str]:
    """Index terms of a query: like `terms`, without the words that only make it a question."""
    kept = list(_terms(_folded(text), drop=_QUESTION_WORDS))
    return kept or terms(text)


def is_question_word(word: str) -> bool:
    """Whether a lower-case word says nothing of what is asked: a stop word, or one that only makes it a question."""
    return word in STOP_WORDS or word in _QUESTION_WORDS or word in _ASKING


def states(query: str) -> bool:
    """Whether a query states something, as a claim does that is to be checked, rather than ask or name a topic.

    It has five words or more, no question mark at its end, begins with no word that begins a question, and has none
    that asks wherever it stands.
    """
    words = _PART.findall(_folded(query))
    if len(words) < 5 or query.rstrip().endswith("?"):
        return False
    return words[0] not in _QUESTION_WORDS | _HELPERS and not _ASKS_ANYWHERE & set(words)


def _folded(text: str) -> str:
    """Lower case, composed: documents are stored in NFC, but macOS types and pastes letters decomposed."""
    return unicodedata.normalize("NFC", text).lower()


def _terms(text: str, drop: frozenset[str] = frozenset()) -> Iterator[str]:
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token.isalnum():
            if token not in STOP_WORDS and token not in drop:
                yield _stem(token)
            continue
        parts = _PART.findall(token)
        for part in parts:
            if part not in STOP_WORDS:
                yield _stem(part)
        yield _stem("".join(parts))


@lru_cache(maxsize=200_000)
def _stem(word: str) -> str:
    stemmer = getattr(_local, "stemmer", None)
    if stemmer is None:
        import Stemmer

        stemmer = _local.stemmer = Stemmer.Stemmer("english")
    return stemmer.stemWord(word)


def analyzer_fingerprint() -> str:
    """Hex sha256 of everything that decides which terms a text yields."""
    parts = [ANALYZER_VERSION, _TOKEN.pattern, *sorted(STOP_WORDS)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
