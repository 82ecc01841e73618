"""Decomposition: a compound question searched part by part, since one passage seldom answers two questions."""

import re

from ..llm.types import Cancellation, LanguageModel, Sampling
from .content import content_terms, names
from .dependence import depends
from .prompts import decompose_messages, questions_grammar
from .topic import with_topic
from .written import queries_in, write

MOST = 3
MAX_TOKENS = 72

_COMPARISON = re.compile(
    r"\b(?:differences?|differs?|different|compar(?:e[sd]?|ing|isons?)|versus|vs|unlike|than|rather|trade-?offs?|"
    r"between .+ and)\b",
    re.IGNORECASE,
)
_SECOND_QUESTION = re.compile(
    r"(?:\band|\bor|,|;)\s+(?:also\s+)?(?:how|what|why|when|where|which|who|whom|whose|does|do|is|are|can|should|will)\b",
    re.IGNORECASE,
)
_CHOICE = re.compile(r"\b(?:which|better|best|prefer|choose|pick|should)\b.*\bor\b|\beither\b.*\bor\b", re.IGNORECASE)
_JOINED = re.compile(r"\s+(?:and|or)\s+|\s*[,;/]\s+", re.IGNORECASE)


def compound(question: str) -> str:
    """Why a question asks for several things; empty when it asks for one."""
    if len(asked_apart(question)) > 1:
        return "several questions"
    if _COMPARISON.search(question):
        return "a comparison"
    second = _SECOND_QUESTION.search(question)
    if second and content_terms(question[: second.start()]):
        return "two questions in one"
    if _CHOICE.search(question):
        return "a choice"
    if len(names(question)) > 1:
        return "two names"
    sides = _JOINED.split(question)
    if len(sides) > 1 and all(content_terms(side) for side in sides):
        return "two things joined"
    return ""


def asked_apart(question: str) -> list[str]:
    """The questions of a text by their question marks, as far as each has content of its own."""
    parts = [part.strip() for part in re.findall(r"[^?]+\?+", question)]
    return [part for part in parts if content_terms(part)]


def split(
    question: str,
    model: LanguageModel | None,
    *,
    cancel: Cancellation | None = None,
    seed: int = 0,
    deadline: float | None = None,
) -> tuple[tuple[str, ...], str]:
    """Up to `MOST` parts of a question; or none and, second, why.

    Questions with a question mark each are taken apart without the model.
    """
    if not compound(question):
        return (), "the question asks for one thing"
    apart = asked_apart(question)
    if len(apart) > 1:
        return tuple(_alone(part, apart[:place]) for place, part in enumerate(apart[:MOST])), ""
    messages = decompose_messages(question)
    sampling = Sampling(max_tokens=MAX_TOKENS, seed=seed)
    grammar = questions_grammar(2, MOST)
    written = write(model, messages, sampling, grammar=grammar, cancel=cancel, deadline=deadline)
    if written.problem:
        return (), written.problem
    queries, wrong = queries_in(written, question, messages, most=MOST)
    if not queries:
        return (), f"the model gave nothing usable: {wrong}"
    return tuple(_alone(query, [question]) for query in queries), ""


def _alone(part: str, before: list[str]) -> str:
    """A part with the topic put in front where it speaks of `it`."""
    return with_topic(part, before)[0] if depends(part) else part
