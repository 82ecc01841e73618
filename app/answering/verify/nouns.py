"""What a number counts: the noun phrase behind it, and the words around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from ....index.analysis import STOP_WORDS, terms
from . import number_words
from .lexemes import Form, Lexeme, at, glued, opens_sentence

# Words at which a noun phrase ends.
_STOPS = STOP_WORDS | frozenset(
    "from per than so we you he she i our your who which what when where while whose because although though whereas "
    "across between through during within without via under over above below after before since until against among "
    "around about toward towards versus vs can could may might must should would do does did done has have had having "
    "were been being am also only just even still yet each both every either neither nor instead rather thus hence "
    "therefore however together respectively alone away apart ago too again once then here now out up down off plus "
    "minus times always perhaps less more fewer greater higher lower larger smaller faster slower better worse longer "
    "shorter otherwise sometimes besides all any some most many much one ones same needs uses gives takes requires "
    "reaches achieves outperforms beats performs improves exceeds suffices remains becomes reduces lets allows makes "
    "gets fits yields used using trained reported compared given based published released introduced called named said "
    "suffice holding containing".split()
)
# Nouns too, but verbs behind the size of a model: "the 7B runs on".
_VERBS = frozenset("runs costs matches trains works shows means helps increases scores loses wins gains drops".split())
_SINGULAR = frozenset("bias gas atlas alias lens canvas chaos less".split())
_PLURAL = frozenset("people data criteria media phenomena children men women gpus tpus cpus feet".split())
_MODEL_WORDS = frozenset("model models transformer transformers network networks version variant lm llm".split())
_MAX_NOUNS = 6
_MAX_CHAIN = 16
_REACH = 12


@dataclass(frozen=True, slots=True)
class Nouns:
    """What a number counts.

    Attributes:
        stems: of the noun phrase behind it, its head last; empty where no head can be told.
        near: stems of all words read for it.
        behind: place after the phrase.
    """

    stems: tuple[str, ...]
    near: tuple[str, ...]
    behind: int


def nouns_after(
    row: Sequence[Lexeme], behind: int, value: Decimal, *, sized: bool = False, keyed: bool = False
) -> Nouns:
    """The noun phrase behind a number.

    Args:
        row: the text.
        behind: place after the number.
        value: the number; what follows a 1 is singular.
        sized: whether the number is scaled as the size of a model is, "7B".
        keyed: whether it is the value of a hyperparameter, behind which a verb may follow.
    """
    if at(row, behind) == "-" and glued(row, behind) and glued(row, behind + 1, Form.WORD):
        return _compound(row, behind + 1)
    items: list[str] = []
    plural = False
    place = behind
    while place < len(row) and len(items) < _MAX_NOUNS and not (place > behind and opens_sentence(row, place)):
        lexeme = row[place]
        if lexeme.gap == 2 or lexeme.form is not Form.WORD:
            break
        end, chained = _chain(row, place)
        if not chained and (lexeme.lower in _STOPS or ((sized or keyed) and lexeme.lower in _VERBS)):
            break
        if lexeme.lower in number_words.ONES or lexeme.lower in number_words.SCALES:
            break
        ends_in_s = not chained and is_plural(lexeme.text)
        participle = lexeme.lower.endswith(("ed", "ing")) and not _noun_at(row, end)
        if value == 1 and items and (ends_in_s or participle):
            break
        items.append(noun_stem(row[end - 1] if chained else lexeme))
        place = end
        if ends_in_s:
            plural = True
            break
    near = tuple(item for item in items if item)
    if sized and (not plural or any(at(row, place - 1) == word for word in _MODEL_WORDS)):
        return Nouns((), (*near, "paramet"), place)
    return Nouns(near if plural or value == 1 else (), near, place)


def _noun_at(row: Sequence[Lexeme], place: int) -> bool:
    return place < len(row) and row[place].form is Form.WORD and row[place].gap == 1 and row[place].lower not in _STOPS


def _chain(row: Sequence[Lexeme], place: int) -> tuple[int, bool]:
    """The end of the words and digits that signs join to a word, and whether there are any."""
    end = place + 1
    while end < place + _MAX_CHAIN and glued(row, end) and _joins(row, end):
        end += 1
    return end, end > place + 1


def _joins(row: Sequence[Lexeme], place: int) -> bool:
    """Whether a lexeme goes on with a compound; the "/s" of "tokens/s" does not."""
    if row[place].form is not Form.SIGN:
        return True
    joined = row[place].text in "-_/" and glued(row, place + 1)
    return joined and not (row[place].text == "/" and len(at(row, place + 1)) < 3)


def _compound(row: Sequence[Lexeme], place: int) -> Nouns:
    """The words that hyphens join to a number: "12-layer", "two-stage"."""
    found = []
    while place < len(row) and row[place].form is Form.WORD and row[place].lower not in _STOPS:
        found.append(noun_stem(row[place]))
        place += 1
        if not (at(row, place) == "-" and glued(row, place) and glued(row, place + 1, Form.WORD)):
            break
        place += 1
    stems = tuple(item for item in found if item)
    return Nouns(stems, stems, place)


def is_plural(word: str) -> bool:
    """Whether a word looks like a plural noun."""
    lower = word.lower()
    if "'" in lower:
        return False
    if lower in _PLURAL or (len(word) > 2 and word[-1] == "s" and word[-2].isupper()):
        return True
    return len(lower) > 3 and lower.endswith("s") and not lower.endswith(("ss", "us", "is")) and lower not in _SINGULAR


def words_before(row: Sequence[Lexeme], first: int, floor: int) -> frozenset[str]:
    """Stems of the words before a number in its sentence, back to a place at most."""
    found = set()
    place = first - 1
    while place >= floor and place >= first - _REACH and not opens_sentence(row, place + 1):
        if row[place].form is Form.WORD and row[place].lower not in STOP_WORDS:
            found.add(noun_stem(row[place]))
            index = place + 1 + (at(row, place + 1) == "_")  # "k_1" is spelt "k1" as well
            if index < first and glued(row, place + 1) and glued(row, index, Form.NUMERAL):
                found.add(row[place].lower + row[index].text)
        place -= 1
    return frozenset(found)


def words_of_each(row: Sequence[Lexeme], start: int, end: int) -> frozenset[str]:
    """Stems of what the words between two places speak of one by one: "each token", "in every layer"."""
    return frozenset(
        noun_stem(row[place + 1])
        for place in range(start, min(end, len(row) - 1))
        if row[place].lower in ("each", "every") and row[place + 1].form is Form.WORD
    )


def noun_stem(lexeme: Lexeme) -> str:
    """The index term of a word, of an abbreviation in the plural that of its singular: "GPUs" is "gpu"."""
    text = lexeme.text
    if len(text) > 2 and text[-1] == "s" and (text[-2].isupper() or lexeme.lower in ("gpus", "tpus", "cpus")):
        return lexeme.lower[:-1]
    return stem(lexeme.lower)


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The index term of a word; empty for a stop word."""
    return "".join(terms(word)[-1:])
