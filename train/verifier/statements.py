"""A question and its answer as a statement, by rule, where a rule fits."""

import re

_BE = r"(?:was|is|were|are)"
_COPULA = re.compile(rf"^(?:who|what) ({_BE}) ((?:the|a|an|his|her|its|their)\b.+)$", re.IGNORECASE)
_SUBJECT = re.compile(
    r"^who (?!was\b|is\b|were\b|are\b|did\b|does\b|do\b|has\b|had\b|can\b|will\b)(\w+.*)$", re.IGNORECASE
)
_WHICH = re.compile(
    r"^(?:which|what) ((?:\w+ ){1,3}?)"
    r"(was|is|were|are|has|had|can|could|will|would|uses|used|became|led|made|won)\b (.+)$",
    re.IGNORECASE,
)
_OBJECT = re.compile(r"^(?:what|who|whom) (did|does|do|can|could|will|would) (.+)$", re.IGNORECASE)
_PLACE = re.compile(rf"^(?:when|where|in (?:what|which) \w+) (did|does|do|{_BE}) (.+)$", re.IGNORECASE)
_QUANTITY = re.compile(r"^how (?:many|much) (.+)$", re.IGNORECASE)
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
    if found := _OBJECT.match(plain):
        helper, rest = found.groups()
        return _sentence(f"{rest.rstrip()} {said}" if helper.lower() == "do" else _moved(helper, rest, said))
    if found := _PLACE.match(plain):
        helper, rest = found.groups()
        return _sentence(f"{rest} {helper}: {said}" if re.fullmatch(_BE, helper.lower()) else f"{rest}: {said}")
    if (found := _QUANTITY.match(plain)) and said[:1].isdigit():
        return _sentence(f"the number of {found.group(1)} is {said}")
    return None


def _moved(helper: str, rest: str, said: str) -> str:
    """The helping verb behind the subject, as well as that can be guessed: before the last word."""
    words = rest.split()
    return f"{' '.join(words[:-1])} {helper} {words[-1]} {said}" if len(words) > 1 else f"{rest} {helper} {said}"


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text[:1].upper() + text[1:] + "."
