"""What kind of answer a question expects, and whether a sentence could hold it."""

import re
from enum import StrEnum
from itertools import dropwhile, takewhile

from ...index.analysis import is_question_word, terms


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


_FORMULA = re.compile(r"\$[^$]+\$")
_COUNTED = re.compile(r"\bhow many ((?:[\w-]+[ ,]?){1,4})", re.IGNORECASE)
_UNITS = {
    "gigabytes": re.compile(r"\d ?GB\b"),
    "megabytes": re.compile(r"\d ?MB\b"),
    "milliseconds": re.compile(r"\d ?ms\b"),
    "percent": re.compile(r"\d ?%"),
}


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
        return any(not _YEAR.fullmatch(number) for number in new) and _names_what_is_counted(question, sentence)
    return True


def _names_what_is_counted(question: str, sentence: str) -> bool:
    """After "how many", a word of the phrase that is counted must stand in the sentence, or its unit."""
    asked = _COUNTED.search(question)
    if asked is None:
        return True
    following = re.findall(r"[\w-]+", asked.group(1).lower())
    # "of Mixtral's parameters", "training runs do I": its first words that say something.
    words = list(takewhile(lambda word: not is_question_word(word), dropwhile(is_question_word, following)))[:2]
    held = set(terms(sentence))
    return not words or any(
        held & set(terms(word)) or (word in _UNITS and _UNITS[word].search(sentence)) for word in words
    )


def _numbers(text: str) -> set[str]:
    # A formula is full of numbers that count nothing; one that states a value (`$k = 60$`) is kept.
    text = _FORMULA.sub(lambda formula: formula.group() if "=" in formula.group() else " ", text)
    return {match.group().strip(".,").lower() for match in _NUMBER.finditer(text)}
