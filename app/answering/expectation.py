"""What kind of answer a question expects, and whether a sentence could hold it."""

import re
from enum import StrEnum


class Expected(StrEnum):
    """The kind of fact a question asks for."""

    NUMBER = "number"
    YEAR = "year"
    ANYTHING = "anything"


_ASKS_YEAR = re.compile(r"\b(?:when (?:was|were|did|is)|(?:what|which|in which) year)\b", re.IGNORECASE)
_ASKS_NUMBER = re.compile(
    r"\b(?:how (?:many|much|large|big|long|fast|often|small|high|deep|far)|at what|size|length|cost|ratio|factor|"
    r"margin|perplexity|(?:what|which|usual|default|typical) (?:number|value|rank|fraction|percentage|percent|share|"
    r"score|learning rate|batch size|accuracy|weight|beta|epsilon|temperature|ndcg\S*))\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
# A number that counts or measures something: not the digits of a name ("GPT-3", "MiniLM-L6"), with units allowed.
_NUMBER = re.compile(
    r"(?<![\w.-])(\d[\d,.]*)(?=$|[^\w]|(?:[BMKx%]|GB|MB|bit|st|nd|rd|th)\b)|"
    r"\b(two|three|four|five|six|seven|eight|nine|ten|half|twice|double|quarter|third|dozen|"
    r"hundreds?|thousands?|millions?|billions?)\b",
    re.IGNORECASE,
)


def expected(question: str) -> Expected:
    """The kind of fact the question asks for."""
    if _ASKS_YEAR.search(question):
        return Expected.YEAR
    return Expected.NUMBER if _ASKS_NUMBER.search(question) else Expected.ANYTHING


def could_answer(question: str, sentence: str) -> bool:
    """Whether the sentence holds a fact of the kind asked for that the question did not bring along itself."""
    kind = expected(question)
    if kind is Expected.YEAR:
        return bool(_YEAR.search(sentence))
    if kind is Expected.NUMBER:
        new = _numbers(sentence) - _numbers(question)
        return any(not _YEAR.fullmatch(number) for number in new)
    return True


def _numbers(text: str) -> set[str]:
    return {match.group().strip(".,").lower() for match in _NUMBER.finditer(text)}
