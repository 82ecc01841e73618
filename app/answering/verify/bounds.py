"""The bound that words beside a number set: about, at least, at most, more than, less than."""

from collections.abc import Sequence
from enum import StrEnum

from .lexemes import Lexeme, at, glued, opens_sentence


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
        Bound.APPROX: "about,around,roughly,approximately,approx,circa,ca,nearly,almost,close to,~,≈,some,"
        "plus or minus,±,in the order of,on the order of,an estimated,estimated",
        Bound.AT_LEAST: "at least,at the least,≥,>=,minimum of,minimum,min,as few as,as little as,no smaller than,"
        "no lower than,no shorter than,no earlier than,no less than,not less than,no fewer than,not fewer than",
        Bound.AT_MOST: "at most,at the most,up to,≤,<=,maximum of,maximum,max,as much as,as many as,as high as,"
        "as large as,within,no larger than,no higher than,no longer than,no later than,no more than,not more than,"
        "not exceed,not exceeding,never exceed,never exceeds,cannot exceed,without exceeding",
        Bound.MORE: ">,exceeds,exceed,exceeded,exceeding,beyond,above,over,upwards of,"
        + ",".join(f"{word} than" for word in _MORE.split(",")),
        Bound.LESS: "<,below,under,beneath," + ",".join(f"{word} than" for word in _LESS.split(",")),
    }
)
_AFTER = _phrases(
    {
        Bound.AT_LEAST: "+,or more,or greater,or higher,or above,or larger,or longer,or better,or later,and above,"
        "and up,and more,and later,at least,minimum,onwards,onward,upwards",
        Bound.AT_MOST: "or less,or fewer,or lower,or smaller,or below,or shorter,or under,or earlier,and below,"
        "at most,maximum,max",
    }
)
_BEFORE_DATES = _phrases(
    {
        Bound.LESS: "before,prior to,earlier than",
        Bound.MORE: "after,later than",
        Bound.AT_LEAST: "since,from",
        Bound.AT_MOST: "until,till,by,no later than",
    }
)
_LONGEST = 4
# Behind these, "over" compares or spans, and is no limit.
_COMPARED = frozenset(
    "preferred prefer prefers improvement improvements improve improves improved improving gain gains advantage win "
    "wins speedup speedups increase reduction averaged average averages computed summed evaluated taken".split()
)
_FILLERS = frozenset("a an the its only just total $ € £".split())
_MAX_FILLERS = 3


def bound_before(row: Sequence[Lexeme], first: int) -> tuple[Bound, int]:
    """The bound in the words before a number, and the place where they begin; of "up to about 8" the outer one."""
    bound, begin = phrase_before(row, first, _BEFORE)
    if bound is Bound.APPROX:
        outer, place = phrase_before(row, begin, _BEFORE)
        return (outer, place) if outer is not Bound.EXACT else (bound, begin)
    return bound, begin


def date_bound(row: Sequence[Lexeme], first: int) -> tuple[Bound, int]:
    """The bound before a date, and the place where it begins; "since a 2024 study found" gives a reason and no time."""
    bound, begin = phrase_before(row, first, _BEFORE_DATES)
    if any(at(row, place) in _FILLERS for place in range(begin, first)):
        return Bound.EXACT, first
    return bound, begin


def phrase_before(row: Sequence[Lexeme], first: int, table: dict[tuple[str, ...], Bound]) -> tuple[Bound, int]:
    """The longest phrase of a table that ends before a place, articles passed over, and the place where it begins."""
    bare = first
    while bare > max(0, first - _MAX_FILLERS) and at(row, bare - 1) in _FILLERS and not opens_sentence(row, bare):
        bare -= 1
    for end in dict.fromkeys((first, bare)):
        for length in range(min(_LONGEST, end), 0, -1):
            begin = end - length
            phrase = tuple(at(row, place) for place in range(begin, end))
            if phrase not in table or any(opens_sentence(row, place) for place in range(begin + 1, end + 1)):
                continue
            if phrase == ("over",) and at(row, begin - 1) in _COMPARED:
                return Bound.EXACT, first
            return table[phrase], begin
    return Bound.EXACT, first


def bound_after(row: Sequence[Lexeme], behind: int) -> tuple[Bound, int]:
    """The bound in the words behind a number, and the place after them."""
    if opens_sentence(row, behind) or (at(row, behind) == "+" and not glued(row, behind)):
        return Bound.EXACT, behind
    for length in (2, 1):
        phrase = tuple(at(row, behind + offset) for offset in range(length))
        if phrase in _AFTER:
            return _AFTER[phrase], behind + length
    return Bound.EXACT, behind
