"""What a language model writes for a strategy: asked for in the time there is, cleaned, held against the question.

Nothing a model writes is searched before it has passed `queries_in` or `passage_in`. They are written for the weakest
model: it repeats the question, answers it instead, loops, copies its instructions, or writes about bread.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ...index.errors import LanguageModelError, ModelError
from ..llm.types import Cancellation, Deadlines, LanguageModel, Message, Request, Role, Sampling, transcribe
from .content import asked_terms, content_terms, names, numbers, words

MAX_QUERY_WORDS = 32
MAX_PASSAGE_WORDS = 120

_BULLET = re.compile(r"^\s*(?:[-*•–—>#]+\s+|\(?\d{1,2}[.):]\)?\s+|\(?[a-z][.)]\s+)+", re.IGNORECASE)
_LABEL = re.compile(
    r"^\s*\**(?:sub-?question|question|query|rewording|reworded question|rewritten question|standalone question|"
    r"passage|answer|q|a)\s*\d{0,2}\**\s*[:.)]\**\s+",
    re.IGNORECASE,
)
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufffd]")
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"'”)]?\s+")
_QUOTES = "\"'`“”‘’*_ "


@dataclass(frozen=True, slots=True)
class Written:
    """What came of asking a model.

    Attributes:
        text: what it wrote; empty when it failed.
        whole: whether it ended by itself; else the last line may be cut short.
        problem: why there is no text, in words that go on after `not run: `; empty when there is.
    """

    text: str
    whole: bool = True
    problem: str = ""


def write(
    model: LanguageModel | None,
    messages: tuple[Message, ...],
    sampling: Sampling,
    *,
    grammar: str | None = None,
    cancel: Cancellation | None = None,
    deadline: float | None = None,
) -> Written:
    """Ask a model; a failure is told and never raised, for a strategy must not cost the answer.

    Args:
        model: None when there is none.
        messages: the prompt.
        sampling: how tokens are chosen.
        grammar: GBNF, used only where the model can be held to one.
        cancel: stops it.
        deadline: `time.monotonic()` seconds; each phase gets what is left of it at most.
    """
    if model is None:
        return Written("", problem="no language model is set up")
    left = None if deadline is None else deadline - time.monotonic()
    if left is not None and left <= 0:
        return Written("", problem="the time is up")
    usual = Deadlines()
    limits = (
        usual
        if left is None
        else Deadlines(*(min(left, s) for s in (usual.queue_s, usual.prompt_s, usual.generation_s)))
    )
    try:
        held = grammar if grammar and model.info.grammar else None
        request = Request(messages, sampling, limits, held, adapted=False)
        said = transcribe(model.generate(request, cancel))
    except (LanguageModelError, ModelError) as error:
        return Written("", problem=f"the language model failed: {str(error).rstrip('.')}")
    reason = said.finished.reason if said.finished else "cancelled"
    if reason == "cancelled":
        return Written("", problem="it was stopped")
    return Written(said.text, reason == "stop")


def queries_in(
    written: Written, question: str, messages: Sequence[Message], *, most: int
) -> tuple[tuple[str, ...], str]:
    """The usable queries in a text, one a line, and what is wrong with the first unusable one.

    Args:
        written: what the model wrote.
        question: what was asked; a query must share a content term with it, and a name if it has any, hold no number
            that it lacks, and not say the same again.
        messages: the prompt, whose instructions must not come back as a query.
        most: how many are kept.

    Returns:
        The queries, and why the first line that was thrown away was, or why there is none; empty when all is well.
    """
    lines = written.text.splitlines()
    if not written.whole and lines and not lines[-1].rstrip().endswith("?"):
        lines = lines[:-1]
    kept: list[str] = []
    wrong = ""
    for line in lines:
        query = cleaned(line)
        if not query:
            continue
        problem = _unusable(query, (question, *kept), messages)
        if problem:
            wrong = wrong or problem
        elif len(kept) < most:
            kept.append(query)
    if not kept and not wrong:
        wrong = "it wrote no whole line"
    return tuple(kept), wrong


def passage_in(written: Written, question: str, messages: Sequence[Message]) -> tuple[str, str]:
    """The passage in a text, at most `MAX_PASSAGE_WORDS` words of whole sentences; or why it is of no use.

    Returns:
        The passage, or an empty string; and what is wrong with it, or an empty string.
    """
    text = " ".join(cleaned(line, cut=False) for line in written.text.splitlines())
    sentences = list(dict.fromkeys(_SENTENCE_END.split(text.strip())))
    if not written.whole and len(sentences) > 1:
        sentences = sentences[:-1]
    kept: list[str] = []
    for sentence in sentences:
        # Sentence by sentence, so that a passage may open with the question or an echo and go on well.
        if not sentence or _echoes(sentence, messages) or content_terms(sentence) == content_terms(question):
            continue
        if sum(len(words(other)) for other in (*kept, sentence)) > MAX_PASSAGE_WORDS:
            break
        kept.append(sentence)
    passage = " ".join(kept)
    if not passage:
        return "", "it wrote nothing besides the question and its instructions"
    if not content_terms(passage) & asked_terms(question):
        return "", f"{_short(passage)} shares no word with the question"
    return passage, ""


def cleaned(line: str, *, cut: bool = True) -> str:
    """A line without numbering, bullets, labels, quotes and invisible characters.

    Args:
        line: as written.
        cut: end it at the first question mark; what small models add after it is talk.
    """
    text = _UNSEEN.sub("", line)
    for _ in range(2):
        text = _LABEL.sub("", _BULLET.sub("", text)).strip(_QUOTES)
    text = " ".join(text.split())
    text = text[: text.index("?") + 1] if cut and "?" in text else text
    return text if any(letter.isalpha() for letter in text) else ""


def _unusable(query: str, known: Sequence[str], messages: Sequence[Message]) -> str:
    """What is wrong with a query; empty when nothing is. `known` holds the question first, then the queries kept."""
    question = known[0]
    if len(words(query)) > MAX_QUERY_WORDS:
        return f"{_short(query)} has more than {MAX_QUERY_WORDS} words"
    if _echoes(query, messages):
        return f"{_short(query)} repeats the instructions"
    if not content_terms(query) & asked_terms(question):
        return f"{_short(query)} shares no word with the question"
    named = frozenset().union(*map(content_terms, names(question)))
    if named and not named & content_terms(query):
        return f"{_short(query)} lacks the names of the question"
    if numbers(query) - numbers(question):
        return f"{_short(query)} holds a number that the question lacks"
    if any(content_terms(query) == content_terms(other) for other in known):
        return f"{_short(query)} says the same again"
    return ""


def _echoes(text: str, messages: Sequence[Message]) -> bool:
    """Whether half of a text's words stand in runs of four that the instructions hold too."""
    instructed = " ".join(message.content for message in messages if message.role is Role.SYSTEM)
    runs = set(_fours(instructed))
    said = [word.lower() for word in words(text)]
    covered = {place + step for place, four in enumerate(_fours(text)) if four in runs for step in range(4)}
    return len(covered) * 2 >= len(said) > 0


def _fours(text: str) -> list[tuple[str, ...]]:
    said = [word.lower() for word in words(text)]
    return [tuple(said[place : place + 4]) for place in range(len(said) - 3)]


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:59] + "…")
