"""A follow-up question turned into one that stands alone, or left letter for letter when it does already."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...index.analysis import terms
from ...index.view import MAX_QUERY_CHARS
from ..llm.types import Cancellation, LanguageModel, Sampling
from .content import content_terms, numbers, words
from .dependence import PRONOUN, depends
from .prompts import follow_up_messages
from .topic import with_topic
from .written import cleaned, write

MAX_TOKENS = 64
TURNS_READ = 3
ANSWER_WORDS = 60
MOST_NEW_WORDS = 12

_NEGATION = re.compile(r"\b(?:not|no|never|without|none|cannot|\w+n't|\w+n’t)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer, earlier in the conversation."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Standalone:
    """A question that can be searched by itself.

    Attributes:
        question: as it is searched.
        changed: whether it differs from what was asked.
        how: a few words on why it was left alone or how it was changed.
    """

    question: str
    changed: bool
    how: str


def standalone(
    question: str,
    turns: Sequence[Turn],
    model: LanguageModel | None,
    *,
    cancel: Cancellation | None = None,
    seed: int = 0,
    deadline: float | None = None,
) -> Standalone:
    """Make a follow-up stand alone.

    A question that does not depend on what came before is left letter for letter. Otherwise the model rewrites it; its
    text is taken only when it keeps every content term and number of the follow-up, adds nothing that the conversation
    does not hold, and is one question that is not much longer. Failing that, a rule puts the topic of the question
    before in front.

    Args:
        question: as asked.
        turns: the conversation, oldest first.
        model: None leaves it to the rule.
        cancel: stops the model.
        seed: of the model's sampler.
        deadline: `time.monotonic()` seconds after which the model is stopped and the rule has its turn.
    """
    if not turns:
        return Standalone(question, False, "the first question of a conversation stands alone")
    reason = depends(question)
    if not reason:
        return Standalone(question, False, "it stands alone")
    problem = "no language model is set up"
    if model is not None:
        rewritten, problem = _rewritten(question, turns, model, cancel=cancel, seed=seed, deadline=deadline)
        if not problem:
            return Standalone(rewritten, True, f"rewritten by the language model, because of {reason}")
    made, how = with_topic(question, [turn.question for turn in turns])
    changed = made != question
    said = f"{how}, because of {reason}" if changed else f"left as it is: {how}"
    return Standalone(made, changed, said if model is None else f"{said} (the model's rewrite was not used: {problem})")


def _rewritten(
    question: str,
    turns: Sequence[Turn],
    model: LanguageModel,
    *,
    cancel: Cancellation | None,
    seed: int,
    deadline: float | None,
) -> tuple[str, str]:
    """The model's rewrite and what is wrong with it; empty when nothing is."""
    read = [(turn.question, " ".join(turn.answer.split()[:ANSWER_WORDS])) for turn in turns[-TURNS_READ:]]
    messages = follow_up_messages(read, question)
    written = write(model, messages, Sampling(max_tokens=MAX_TOKENS, seed=seed), cancel=cancel, deadline=deadline)
    if written.problem:
        return "", written.problem
    lines = [line for line in written.text.splitlines() if line.strip()]
    if not lines:
        return "", "it wrote nothing"
    rewritten = cleaned(lines[0], cut=False)
    conversation = " ".join(f"{asked} {answer}" for asked, answer in read)
    return rewritten, _unfaithful(rewritten, question, conversation)


def _unfaithful(rewritten: str, question: str, conversation: str) -> str:
    """What a rewrite loses, makes up or leaves open; empty when it can be trusted to ask the same."""
    own = content_terms(question)
    lost = own - content_terms(rewritten)
    if lost:
        return f"it lost {_named(lost)}"
    made_up = content_terms(rewritten) - own - frozenset(terms(conversation))
    if made_up:
        return f"it made up {_named(made_up)}"
    if content_terms(rewritten) == own:
        return "it added nothing"
    if numbers(question) - numbers(rewritten) or numbers(rewritten) - numbers(question) - numbers(conversation):
        return "it changed a number"
    if bool(_NEGATION.search(rewritten)) != bool(_NEGATION.search(question)):
        return "it changed a negation"
    if rewritten.count("?") > 1 or question.rstrip().endswith("?") != rewritten.endswith("?"):
        return "it is not one question"
    if len(words(rewritten)) > len(words(question)) + MOST_NEW_WORDS or len(rewritten) > MAX_QUERY_CHARS:
        return "it is much longer"
    return f"it still has {PRONOUN}" if depends(rewritten) == PRONOUN else ""


def _named(found: frozenset[str]) -> str:
    return ", ".join(repr(term) for term in sorted(found)[:3])
