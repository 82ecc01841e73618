"""Which hyperparameter a number is the value of: "rank 16", "a batch size of 512", "a 3e-4 learning rate"."""

from collections.abc import Sequence

from .hyperparameters import LONGEST, assigned_key, is_bare, key_of
from .lexemes import Form, Lexeme, at, glued, opens_sentence

# What may stand between the name of a hyperparameter and its value.
_LINKS = frozenset(
    "= : := ≈ ~ ( < > ≤ ≥ of is was are were be being to at set equal equals a an the value values default defaults "
    "fixed from between by as usually typically often commonly only just starts $".split()
)
_MAX_LINKS = 6
_OWNS = frozenset("= of is : -".split())
_ASSIGNS = frozenset("= := ≈ ≤ ≥ < >".split())


def key_before(row: Sequence[Lexeme], first: int) -> str | None:
    """The hyperparameter whose value a number is: "rank 16", "rank=16", "a batch size of 512", "β_2 = 0.95"."""
    here = first
    links: list[str] = []
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
    return None if here == 0 or opens_sentence(row, here) else _known_key(row, here, links)


def _known_key(row: Sequence[Lexeme], here: int, links: list[str]) -> str | None:
    """The hyperparameter that ends before a place; a single letter is one only where "of" or "=" says so."""
    for length in range(LONGEST, 0, -1):
        key = _key_ending_at(row, here, length)
        if key is not None and (length > 1 or not is_bare(at(row, here - 1)) or "of" in links):
            return key
    letter = at(row, here - 1)
    alone = len(letter) == 1 and letter.isalpha() and letter not in "ai" and not glued(row, here - 1)
    return letter if alone and links[-1:] == ["of"] else None


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
        words, place = _words_from(row, behind, length)
        key = key_of(words) if len(words) == length else None
        if key and not is_bare(key):
            # "8, alpha 16" and "16 rank = 8": the key belongs to the number behind it.
            own = place < len(row) and (row[place].form is Form.NUMERAL or at(row, place) in _OWNS)
            return None if own else key
    return None


def _words_from(row: Sequence[Lexeme], place: int, count: int) -> tuple[tuple[str, ...], int]:
    """So many words from a place on, hyphens between them passed over, and the place behind them."""
    found: list[str] = []
    while place < len(row) and len(found) < count and not opens_sentence(row, place):
        if row[place].form is Form.WORD:
            found.append(at(row, place))
        elif not found or row[place].text != "-":
            break
        place += 1
    return tuple(found), place
