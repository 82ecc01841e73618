"""What a question is about: its content terms, its numbers, the names in it, and its phrases."""

import re
from collections.abc import Callable, Iterator

from ...index.analysis import is_question_word, query_terms, terms

# What follows an apostrophe is no part of the word: `LoRA's`, `what's`, `doesn't`.
_WORD = re.compile(r"([^\W_]+(?:[-_./][^\W_]+)*)(?:['’](?:s|t|re|ve|ll|d|m)\b)?")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")

# Abbreviations that are written like names and name nothing in particular.
_COMMON = frozenset("gpu gpus cpu cpus ram vram llm llms ai ml nlp kb mb gb tb kib mib gib tib ok faq us".split())

# What refers to something said elsewhere; without it these words are no content.
POINTING = frozenset(
    "it its itself they them their theirs this that these those he him his she her hers one ones former latter both "
    "either neither same other others another else instead too also again so such".split()
)

_JOINTS = frozenset({" ", " of ", " of the ", " of a ", " of an "})

# What is left of `doesn't` and its like.
_CONTRACTED = frozenset("don doesn didn isn aren wasn weren won couldn shouldn wouldn hasn haven hadn mustn".split())

# Verbs and words of measure that end or begin a run of content words without being part of the thing it names.
_LOOSE = frozenset(
    "train trains trained add adds added freeze freezes work works worked make makes made mean means take "
    "takes help helps give gives cost costs compare compares differ differs improve improves reduce reduces change "
    "changes happen happens run runs keep keeps say says cause causes require requires choose pick beat beats affect "
    "affects influence hurt hurts perform performs replace replaces replaced describe explain list show introduce "
    "introduced invented proposed difference differences good better best worse worst faster slower larger smaller "
    "often long big fast slow typical typically usually still ever exactly".split()
)


def words(text: str) -> list[str]:
    """Words of a text, in order, as they are written; compounds such as `GPT-4` are one word."""
    return [match[1] for match in _WORD.finditer(text)]


def content_words(text: str) -> list[str]:
    """Words that say what a text is about, in order: no question words, no words that point elsewhere."""
    return [match[1] for match in _WORD.finditer(text) if _is_content(match)]


def content_terms(text: str) -> frozenset[str]:
    """Index terms of the content words."""
    return frozenset(term for word in content_words(text) for term in terms(word))


def asked_terms(question: str) -> frozenset[str]:
    """Terms that a query made from a question must share: its content terms, else all its index terms."""
    return content_terms(question) or frozenset(query_terms(question))


def numbers(text: str) -> frozenset[str]:
    """Numbers in a text, also those inside words such as `7B`; thousands separators do not count."""
    return frozenset(match.group().replace(",", "") for match in _NUMBER.finditer(text))


def names(text: str) -> list[str]:
    """Names in a question, in order, each once: `LoRA`, `GPT-4`, `Llama 2 7B`.

    A word is taken for one when it has a capital after its first letter, or begins with one inside the text. Words that
    begin with a digit only continue a name. A text in capitals has none.
    """
    if not any(letter.islower() for letter in text):
        return []
    opening = _WORD.search(text)
    first = opening.start() if opening else 0
    found = _runs(text, _names_something(first), _continues_name(first), frozenset({" "}))
    return list({name.lower(): name for name in reversed(list(found))}.values())[::-1]


def phrases(text: str) -> list[str]:
    """Runs of content words in a question, in order, each once, such as `mixture of experts` or `65B model`."""
    trimmed = (_trimmed(run.split()) for run in _runs(text, _is_content, _is_content, _JOINTS))
    return list(dict.fromkeys(" ".join(kept) for kept in trimmed if kept))


def _trimmed(run: list[str]) -> list[str]:
    """A run without the loose words at its ends."""
    while run and run[-1].lower() in _LOOSE:
        run = run[:-1]
    while run and run[0].lower() in _LOOSE:
        run = run[1:]
    return run


def _is_content(match: re.Match[str]) -> bool:
    word = match[1].lower()
    return not is_question_word(word) and word not in POINTING and word not in _CONTRACTED


def _names_something(first: int) -> Callable[[re.Match[str]], bool]:
    """Whether a word begins a name, in a text whose first word stands at `first`."""

    def names_something(match: re.Match[str]) -> bool:
        word = match[1]
        if not word[0].isalpha() or word.lower() in _COMMON or not _is_content(match):
            return False
        return any(letter.isupper() for letter in word[1:]) or (word[0].isupper() and match.start() > first)

    return names_something


def _continues_name(first: int) -> Callable[[re.Match[str]], bool]:
    names_something = _names_something(first)
    return lambda match: names_something(match) or match[1][0].isdigit()


def _runs(
    text: str,
    begins: Callable[[re.Match[str]], bool],
    continues: Callable[[re.Match[str]], bool],
    joints: frozenset[str],
) -> Iterator[str]:
    """Longest stretches of words of one sort with nothing but one of the joints between them."""
    start = end = -1
    for match in _WORD.finditer(text):
        if start >= 0 and text[end : match.start()] in joints and continues(match):
            end = match.end(1)
        elif begins(match):
            if start >= 0:
                yield text[start:end]
            start, end = match.span(1)
    if start >= 0:
        yield text[start:end]
