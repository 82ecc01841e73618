"""What stands around a number: its bound, the hyperparameter it is the value of, and what it counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from ....index.analysis import STOP_WORDS, terms
from . import number_words
from .hyperparameters import LONGEST, assigned_key, is_bare, key_of
from .lexemes import Form, Lexeme, at, glued


class Bound(StrEnum):
    """How a number limits the quantity that it states."""

    EXACT = "exact"
    APPROX = "approx"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    MORE = "more"
    LESS = "less"


def _phrases(table: dict[Bound, str]) -> dict[tuple[str, ...], Bound]:
    return {tuple(phrase.split()): bound for bound, phrases in table.items() for phrase in phrases.split(",")}


_MORE = "more,greater,larger,higher,bigger,longer,later,better,wider,deeper"
_LESS = "less,fewer,smaller,lower,shorter,earlier"
_BEFORE = _phrases(
    {
        Bound.APPROX: "about,around,roughly,approximately,approx,circa,ca,c.,nearly,almost,close to,~,≈,some,plus or minus,"
        "±,in the order of,on the order of,an estimated,estimated",
        Bound.AT_LEAST: "at least,at the least,≥,>=,minimum of,minimum,min,as many as at least,as few as,as little as,"
        "no smaller than,no lower than,no shorter than,no earlier than,a minimum of,"
        + ",".join(f"{no} {word} than" for no in ("no", "not") for word in ("less", "fewer")),
        Bound.AT_MOST: "at most,at the most,up to,≤,<=,maximum of,maximum,max,as much as,as many as,as high as,as large as,"
        "within,no larger than,no higher than,no longer than,no later than,not exceed,not exceeding,never exceed,"
        "never exceeds,cannot exceed,without exceeding," + ",".join(f"{no} more than" for no in ("no", "not")),
        Bound.MORE: ">,exceeds,exceed,exceeded,exceeding,beyond,above,over,upwards of,"
        + ",".join(f"{word} than" for word in _MORE.split(",")),
        Bound.LESS: "<,below,under,beneath," + ",".join(f"{word} than" for word in _LESS.split(",")),
    }
)
_AFTER = _phrases(
    {
        Bound.AT_LEAST: "+,or more,or greater,or higher,or above,or larger,or longer,or better,or later,and above,and up,"
        "and more,and later,at least,minimum,onwards,onward,upwards",
        Bound.AT_MOST: "or less,or fewer,or lower,or smaller,or below,or shorter,or under,or earlier,and below,at most,"
        "maximum,max",
    }
)
DATE_BOUNDS = _phrases(
    {
        Bound.LESS: "before,prior to,earlier than",
        Bound.MORE: "after,later than",
        Bound.AT_LEAST: "since,from",
        Bound.AT_MOST: "until,till,by,no later than",
    }
)
_LONGEST_BOUND = 4
# Behind these, "over" compares or spans, and is no limit.
_COMPARED = frozenset(
    "preferred prefer prefers improvement improvements improve improves improved improving gain gains advantage win wins "
    "speedup speedups increase reduction averaged average averages computed summed evaluated taken".split()
)
_FILLERS = frozenset("a an the its only just total $ € £".split())
_APPROX = Bound.APPROX

# What may stand between the name of a hyperparameter and its value.
_LINKS = frozenset(
    "= : := ≈ ~ ( < > ≤ ≥ of is was are were be being to at set equal equals a an the value values default defaults fixed "
    "from between by as usually typically often commonly only just starts $".split()
)
_MAX_LINKS = 6
_ASSIGNS = frozenset("= := ≈ ≤ ≥ < >".split())

# Words at which a noun phrase ends.
_STOPS = STOP_WORDS | frozenset(
    "from per than so we you he she i our your who which what when where while whose because although though whereas "
    "across between through during within without via under over above below after before since until against among "
    "around about toward towards versus vs can could may might must should would do does did done has have had having "
    "were been being am also only just even still yet each both every either neither nor instead rather thus hence "
    "therefore however together respectively alone away apart ago too again once then here now out up down off "
    "does plus minus times always perhaps less more fewer greater higher lower larger smaller faster slower better worse "
    "longer shorter otherwise sometimes besides all any some most many much one ones same needs uses gives takes "
    "requires reaches achieves outperforms beats performs improves exceeds suffices remains becomes reduces lets allows "
    "makes gets fits yields used using trained reported compared given based published released introduced called named "
    "said suffice holding containing".split()
)
# Nouns too, but verbs behind the size of a model: "the 7B runs on".
_VERBS = frozenset("runs costs matches trains works shows means helps increases scores loses wins gains drops".split())
_SINGULAR = frozenset("bias gas atlas alias lens canvas chaos less".split())
_PLURAL = frozenset("people data criteria media phenomena children men women gpus tpus cpus feet".split())
_MODEL_WORDS = frozenset("model models transformer transformers network networks version variant lm llm".split())
_MAX_NOUNS = 6
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


def opens_sentence(row: Sequence[Lexeme], place: int) -> bool:
    """Whether a sentence or cell begins at a place."""
    if place <= 0 or row[place].gap == 2:
        return True
    before = row[place - 1]
    if before.text in "|;":
        return True
    return (
        before.text in ".!?" and row[place].gap > 0 and at(row, place - 2) not in ("vs", "approx", "al", "e", "g", "ca")
    )


def bound_before(row: Sequence[Lexeme], first: int, table: dict[tuple[str, ...], Bound] = _BEFORE) -> tuple[Bound, int]:
    """The bound in the words before a number, and the place where they begin."""
    here = first
    while here > 0 and at(row, here - 1) in _FILLERS and not opens_sentence(row, here):
        here -= 1
    for start, skipped in ((first, first), (here, here)):
        for length in range(_LONGEST_BOUND, 0, -1):
            begin = start - length
            phrase = tuple(at(row, place) for place in range(begin, start))
            if (
                begin >= 0
                and phrase in table
                and not any(opens_sentence(row, place) for place in range(begin + 1, start + 1))
            ):
                bound = table[phrase]
                if phrase == ("over",) and at(row, begin - 1) in _COMPARED:
                    return Bound.EXACT, first
                if bound is _APPROX and begin > 0:  # "up to about 8"
                    further, place = bound_before(row, begin, table)
                    return (further, place) if further is not Bound.EXACT else (bound, begin)
                return bound, begin
        if start == here:
            break
    return Bound.EXACT, first


def bound_after(row: Sequence[Lexeme], behind: int) -> tuple[Bound, int]:
    """The bound in the words behind a number, and the place after them."""
    for length in (2, 1):
        phrase = tuple(at(row, behind + offset) for offset in range(length))
        if phrase in _AFTER and not opens_sentence(row, behind):
            if phrase == ("+",) and not glued(row, behind):
                continue
            return _AFTER[phrase], behind + length
    return Bound.EXACT, behind


def key_before(row: Sequence[Lexeme], first: int) -> str | None:
    """The hyperparameter whose value a number is: "rank 16", "rank=16", "a batch size of 512", "$\\beta_2 = 0.95$"."""
    here, links = first, []
    while here > 0 and len(links) < _MAX_LINKS and not opens_sentence(row, here):
        word = at(row, here - 1)
        if word == "-" and glued(row, here) and not links:
            here -= 1
            continue
        if word not in _LINKS:
            break
        links.append(word)
        here -= 1
        if word in _ASSIGNS and here > 0:
            return _identifier(row, here)
    if here == 0 or opens_sentence(row, here):
        return None
    for length in range(LONGEST, 0, -1):
        key = _key_ending_at(row, here, length)
        if key is not None and (length > 1 or not is_bare(at(row, here - 1)) or "of" in links):
            return key
    letter = at(row, here - 1)
    return letter if len(letter) == 1 and letter.isalpha() and letter not in "ai" and links[-1:] == ["of"] else None


def _key_ending_at(row: Sequence[Lexeme], here: int, length: int) -> str | None:
    """A known key of so many words, with or without hyphens, that ends before a place; with its index, as in β_1."""
    index = ""
    if at(row, here - 1).isdecimal() and glued(row, here - 1):
        index, here = at(row, here - 1), here - 1
        here -= at(row, here - 1) == "_"
    found: list[str] = []
    while here > 0 and len(found) < length:
        word = at(row, here - 1)
        if word not in ("-", "_"):
            found.insert(0, word)
        here -= 1
    key = key_of(tuple(found)) if len(found) == length else None
    return key + index if key and at(row, here - 1) not in ("_", ".") else None


def _identifier(row: Sequence[Lexeme], here: int) -> str | None:
    """The identifier that ends before a place, with its index: "lora_alpha", "d_k", "β_1", "learning rate"."""
    for length in range(LONGEST, 1, -1):
        if key := _key_ending_at(row, here, length):
            return key
    begin = here - 1
    while begin > 0 and glued(row, begin) and (row[begin].form is not Form.SIGN or row[begin].text in "_-"):
        begin -= 1
    if row[begin].form is Form.SIGN and begin < here - 1:
        begin += 1
    if row[begin].form is not Form.WORD:
        return None
    return assigned_key("".join(lexeme.text for lexeme in row[begin:here])) or None


def key_after(row: Sequence[Lexeme], behind: int) -> str | None:
    """The hyperparameter that a number stands before: "a 3e-4 learning rate", "0.1 dropout"."""
    for length in range(LONGEST, 0, -1):
        found: list[str] = []
        place = behind
        while place < len(row) and len(found) < length and not opens_sentence(row, place):
            if row[place].text != "-":
                if row[place].form is not Form.WORD:
                    break
                found.append(at(row, place))
            place += 1
        key = key_of(tuple(found)) if len(found) == length and row[behind].form is Form.WORD else None
        if key and not is_bare(key):
            follows = place < len(row) and (
                row[place].form is Form.NUMERAL or at(row, place) in ("=", "of", "is", ":", "-")
            )
            return None if follows else key
    return None


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
    """The end of the words and digits that hyphens join to a word, and whether there are any."""
    end = place + 1
    while glued(row, end) and (row[end].form is not Form.SIGN or (row[end].text in "-_/" and glued(row, end + 1))):
        if row[end].text == "/" and len(at(row, end + 1)) < 3:  # "tokens/s"
            break
        end += 1
    return end, end > place + 1


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
