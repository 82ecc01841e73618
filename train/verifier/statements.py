"""A question and its answer as a statement, by rule, where a rule fits."""

import re

_BE = r"(?:was|is|were|are)"
_COPULA = re.compile(rf"^(?:who|what) ({_BE}) ((?:the|a|an|his|her|its|their)\b.+)$", re.IGNORECASE)
_SUBJECT = re.compile(
    r"^who (?!was\b|is\b|were\b|are\b|did\b|does\b|do\b|has\b|had\b|can\b|will\b)(\w+.*)$", re.IGNORECASE
)
_WHICH = re.compile(
    r"^(?:which|what) ((?:\w+ ){1,3}?)(has|had|can|uses|used|became|led|made|won)\b (.+)$", re.IGNORECASE
)
_OBJECT = re.compile(r"^(?i:what|who|whom) (did|does|can|could|will|would) ((?:\S+ ){1,4})([a-z]{3,})$")
_PLACE = re.compile(r"^(?:when|where|in (?:what|which) \w+) (?:did|does|do) (.+)$", re.IGNORECASE)
_NO_VERB = {"for", "from", "with", "about", "into", "under", "like", "after", "before", "over", "the", "and", "through"}
_VERB = re.compile(r"^(was|is|were|are|did|does|do|has|had|can|could)\b", re.IGNORECASE)


def statement(question: str, answer: str) -> str | None:
    """What a person says who answers in a full sentence; None where no rule fits.

    Grammar is that of a quick pen: "The Normans did adopt the feudal doctrines."
    """
    plain, said = question.strip().rstrip("?").strip(), answer.strip().rstrip(".")
    if found := _COPULA.match(plain):
        verb, rest = found.groups()
        return _sentence(f"{rest} {verb} {said}")
    if found := _SUBJECT.match(plain):
        return _sentence(f"{said} {found.group(1)}")
    if (found := _WHICH.match(plain)) and not _VERB.match(found.group(1)):
        kind, verb, rest = found.groups()
        return _sentence(f"the {kind.strip()} that {verb} {rest} is {said}")
    if (found := _OBJECT.match(plain)) and found.group(3).lower() not in _NO_VERB:
        helper, subject, verb = found.groups()
        return _sentence(f"{subject.strip()} {helper} {verb} {said}")
    if found := _PLACE.match(plain):
        return _sentence(f"{found.group(1)}: {said}")
    return None


def clean_statement(question: str, answer: str) -> str | None:
    """A statement whose grammar is good, of a question with its capital letters; None where no rule gives one."""
    words = question.strip().rstrip("?").strip()
    if _COPULA.match(words) or _SUBJECT.match(words):
        return statement(question, answer)
    return None


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text[:1].upper() + text[1:] + "."
