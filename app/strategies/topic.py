"""A follow-up made to stand alone by rule: the topic of the questions before it is put in front."""

import re
from collections.abc import Sequence

from ...index.view import MAX_QUERY_CHARS
from .content import content_terms, names, phrases
from .dependence import depends, is_fragment

MOST_PHRASES = 3

_ABOUT_A_NAME = re.compile(
    r"^\W*(?:and |but |so )?(?:(?:what|how) about|and|but|or)\s+(?:for |with |in )?(.+?)\W*$", re.I
)


def with_topic(question: str, asked: Sequence[str]) -> tuple[str, str]:
    """A follow-up with what it leaves out, and how it was done.

    Args:
        question: the follow-up.
        asked: the questions before it, oldest first; the latest that stands alone gives the topic, with those after it.

    Returns:
        The new question and a few words on how; the question itself and why when no topic is found.
    """
    exchanged = _exchanged(question, asked[-1]) if asked else ""
    if exchanged:
        return exchanged, "the name in the question before was exchanged"
    topic: list[str] = []
    for earlier in reversed(asked):
        topic = [phrase for phrase in _topic(question, earlier) if phrase not in topic] + topic
        # A question that depends itself says only what is new; what it depends on stands further back.
        if topic and (names(earlier) or not depends(earlier)):
            break
    made = f"{', '.join(topic[:MOST_PHRASES])}: {_lowered(question)}"
    if not topic or len(made) > MAX_QUERY_CHARS:
        return question, "the questions before name no topic that it lacks"
    return made, "the topic of the question before was put in front"


def _exchanged(question: str, earlier: str) -> str:
    """`What about QLoRA?` asks the question before of another name, when that question has just one."""
    about = _ABOUT_A_NAME.match(question)
    named, before = names(question), names(earlier)
    if about is None or len(named) != 1 or len(before) != 1 or about.group(1).lower() != named[0].lower():
        return ""
    if content_terms(named[0]) & content_terms(earlier):
        return ""
    return earlier.replace(before[0], about.group(1))


def _topic(question: str, earlier: str) -> list[str]:
    """What the earlier question is about and this one does not say.

    A pronoun stands for a name; a fragment leaves out the whole predicate, so it gets the phrases.
    """
    held = content_terms(question)
    candidates = [] if is_fragment(question) else names(earlier)
    return [phrase for phrase in candidates or phrases(earlier) if not content_terms(phrase) & held]


def _lowered(question: str) -> str:
    """The question with a small first letter, unless its first word is written like a name."""
    first = question.split(maxsplit=1)[0]
    return question[:1].lower() + question[1:] if first[1:].islower() else question
