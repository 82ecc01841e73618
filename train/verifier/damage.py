"""True sentences made false by rule: one number, unit, name, negation, comparison, date, order or scope is changed."""

import random
import re
from collections.abc import Callable, Sequence

_NUMBER = re.compile(r"(?<![\w.,-])\d[\d,]*(?:\.\d+)?(?![\w.]*\d)")
_YEAR = re.compile(r"\b(1[6-9]\d\d|20[0-4]\d)\b")
_SPELT = "two three four five six seven eight nine ten".split()
_MONTHS = "January February March April May June July August September October November December".split()
_UNITS = (
    ("GB", "MB", "TB", "KB"),
    ("million", "billion", "trillion", "thousand"),
    ("ms", "s", "min"),
    ("seconds", "minutes", "hours", "milliseconds"),
    ("days", "weeks", "months", "years"),
    ("km", "miles", "metres"),
    ("kg", "mg", "g"),
    ("percent", "percentage points"),
    ("tokens", "parameters", "layers", "documents"),
    ("patients", "studies", "genes"),
)
_COMPARISONS = (
    ("more", "less"), ("more", "fewer"), ("higher", "lower"), ("larger", "smaller"), ("greater", "smaller"),
    ("faster", "slower"), ("better", "worse"), ("best", "worst"), ("longer", "shorter"), ("before", "after"),
    ("above", "below"), ("increase", "decrease"), ("increases", "decreases"), ("increased", "decreased"),
    ("increasing", "decreasing"), ("increased", "reduced"), ("increases", "reduces"), ("most", "least"),
    ("early", "late"), ("earlier", "later"), ("first", "last"), ("outperforms", "underperforms"), ("always", "never"),
    ("with", "without"), ("minimum", "maximum"), ("minimise", "maximise"), ("minimize", "maximize"),
    ("cheap", "expensive"), ("easy", "hard"), ("easier", "harder"), ("simple", "complex"), ("strong", "weak"),
    ("stronger", "weaker"), ("positive", "negative"), ("rise", "fall"), ("rises", "falls"), ("rose", "fell"),
    ("gain", "loss"), ("inside", "outside"), ("left", "right"), ("north", "south"), ("east", "west"), ("up", "down"),
    ("internal", "external"), ("same", "different"), ("improves", "worsens"), ("improve", "worsen"),
    ("improved", "worsened"), ("rarely", "often"), ("rich", "poor"), ("small", "large"), ("low", "high"),
    ("short", "long"), ("slow", "fast"), ("dense", "sparse"), ("open", "closed"), ("accept", "reject"),
    ("accepted", "rejected"), ("won", "lost"), ("wins", "loses"), ("supports", "opposes"), ("supported", "opposed"),
    ("allowed", "forbidden"), ("allows", "prevents"), ("allow", "prevent"), ("begin", "end"), ("began", "ended"),
    ("win", "lose"), ("old", "new"), ("older", "newer"), ("oldest", "newest"), ("largest", "smallest"),
    ("highest", "lowest"), ("fewest", "most"), ("upper", "lower"), ("major", "minor"), ("public", "private"),
)  # fmt: skip
_SCOPE = (
    ("some", "all"), ("many", "all"), ("most", "all"), ("often", "always"), ("usually", "always"),
    ("typically", "always"), ("sometimes", "always"), ("may", "must"), ("can", "must"), ("might", "will"),
    ("could", "will"), ("generally", "always"), ("several", "all"), ("a few", "all"), ("frequently", "always"),
    ("rarely", "never"), ("likely", "certainly"), ("approximately", "exactly"), ("about", "exactly"),
    ("nearly", "exactly"), ("almost all", "all"), ("at least one", "every"), ("partly", "entirely"),
    ("mainly", "only"), ("primarily", "only"), ("suggests", "proves"), ("suggest", "prove"),
)  # fmt: skip
_HELPER = re.compile(
    r"\b(is|are|was|were|can|could|will|would|should|does|do|did|has|have|had|may|might|must)\b(?! not\b|n't)"
)
_NOT = re.compile(
    r"\b(is|are|was|were|can|could|will|would|should|does|do|did|has|have|had|may|might|must) not ", re.IGNORECASE
)
_VERB_S = re.compile(
    r"\b((?:use|train|freeze|learn|need|require|improve|reduce|increase|provide|allow|contain|show|make|take|give|add|"
    r"keep|return|compute|support|store|run|produce|include|remove|help|prevent|replace|predict|represent|depend|begin|"
    r"want|live|work|play|mean|form|lead|hold|cause|carry|serve))(s) "
)
_NAME = re.compile(
    r"(?<![.!?] )(?<!^)\b(?:[A-Z][\w-]*[a-z0-9][\w-]*|[A-Z]{2,}[\w-]*)(?: (?:of |the |de )?[A-Z][\w-]*)*\b"
)
_RELATION = re.compile(r"\b(outperforms?|beats?|exceeds?|than|replaced|replaces|precedes|follows|causes|caused)\b")

# "the most common" and "speaks about" are other words than "most of them" and "about ten".
_BEFORE = {
    "most": r"(?= of\b| \w+s\b)",
    "about": r"(?= \d)",
    "nearly": r"(?= \d)",
    "approximately": r"(?= \d)",
    "few": r"(?= \w+s\b)",
}
_BOUND = re.compile(r"(?:over|more than|at least|up to|under|less than|fewer than|below|above|at most|beyond)\s+\W?$")

Rule = Callable[[str, random.Random, Sequence[str]], str | None]


def damaged(sentence: str, kind: str, dice: random.Random, names: Sequence[str]) -> str | None:
    """The sentence with one thing changed, or None where there is nothing of the kind in it.

    Args:
        sentence: one true sentence.
        kind: a key of `RULES`.
        dice: decides what and how.
        names: other names of the same document.
    """
    changed = RULES[kind](sentence, dice, names)
    return None if changed is None or changed == sentence else changed


def _numbers(sentence: str, dice: random.Random, _: Sequence[str]) -> str | None:
    found = [
        match
        for match in _NUMBER.finditer(sentence)
        if not _YEAR.fullmatch(match.group()) and not _BOUND.search(sentence[: match.start()])
    ]
    if not found:
        return _replaced_word(sentence, dice, [(one, other) for one in _SPELT for other in _SPELT if one != other])
    match = dice.choice(found)
    text = match.group()
    plain = text.replace(",", "")
    decimals = len(plain.partition(".")[2])
    value = float(plain)
    options = [
        value * 2,
        value * 10,
        value + 1,
        value / 2,
        value * 1.3,
        value * 0.7,
        value + 10**-decimals,
        value - 10**-decimals,
    ]
    made = [f"{option:,.{decimals}f}" if "," in text else f"{option:.{decimals}f}" for option in options if option >= 0]
    kept = [option for option in made if float(option.replace(",", "")) != value]
    if not kept:
        return None
    return sentence[: match.start()] + dice.choice(kept) + sentence[match.end() :]


def _dates(sentence: str, dice: random.Random, _: Sequence[str]) -> str | None:
    found = list(_YEAR.finditer(sentence))
    if found:
        match = dice.choice(found)
        year = int(match.group()) + dice.choice([-20, -10, -5, -3, -2, -1, 1, 2, 3, 5, 10, 20])
        return sentence[: match.start()] + str(year) + sentence[match.end() :]
    named = [(one, other) for one in _MONTHS if one != "May" for other in _MONTHS if other != one]
    return _replaced_word(sentence, dice, named, keep_case=False)


def _units(sentence: str, dice: random.Random, _: Sequence[str]) -> str | None:
    pairs = [(one, other) for family in _UNITS for one in family for other in family if one != other]
    dice.shuffle(pairs)
    for one, other in pairs:
        space = " " if len(one) == 1 else r"\s?"
        pattern = rf"(\d[\d,.]*{space}|\b(?:{'|'.join(_SPELT)}) ){re.escape(one)}\b"
        if found := re.search(pattern, sentence):
            return sentence[: found.start()] + found.group(1) + other + sentence[found.end() :]
    return None


def _names(sentence: str, dice: random.Random, names: Sequence[str]) -> str | None:
    found = [match for match in _NAME.finditer(sentence) if len(match.group()) > 2]
    if not found:
        return None
    match = dice.choice(found)
    mine = match.group().lower()
    others = [name for name in names if name not in sentence and name.lower() not in mine and mine not in name.lower()]
    if not others:
        return None
    digit = any(sign.isdigit() for sign in match.group())
    alike = [name for name in others if any(sign.isdigit() for sign in name) == digit] or others
    return sentence[: match.start()] + dice.choice(alike) + sentence[match.end() :]


def _negation(sentence: str, dice: random.Random, _: Sequence[str]) -> str | None:
    if found := _NOT.search(sentence):
        return sentence[: found.end() - 4] + sentence[found.end() :]
    helpers = list(_HELPER.finditer(sentence))
    if helpers:
        match = dice.choice(helpers[:2])
        return f"{sentence[: match.end()]} not{sentence[match.end() :]}"
    if found := _VERB_S.search(sentence):
        return f"{sentence[: found.start()]}does not {found.group(1)} {sentence[found.end() :]}"
    return None


def _comparison(sentence: str, dice: random.Random, _: Sequence[str]) -> str | None:
    both = [*_COMPARISONS, *((other, one) for one, other in _COMPARISONS)]
    return _replaced_word(sentence, dice, both)


def _scope(sentence: str, dice: random.Random, _: Sequence[str]) -> str | None:
    return _replaced_word(sentence, dice, list(_SCOPE), keep_case=False)


def _swapped(sentence: str, dice: random.Random, _: Sequence[str]) -> str | None:
    found = [match for match in _NAME.finditer(sentence) if len(match.group()) > 2]
    first = re.match(r"[A-Z][\w-]*[A-Z0-9][\w-]*\b", sentence)
    spans = [(first.start(), first.end())] if first else []
    spans += [match.span() for match in found if not spans or match.start() >= spans[0][1]]
    pairs = [
        (one, other)
        for place, one in enumerate(spans)
        for other in spans[place + 1 :]
        if sentence[slice(*one)] != sentence[slice(*other)]
        and sentence[one[1] : other[0]].strip() not in (",", "and", ", and", "or", ", or", "/")
        and _RELATION.search(sentence[one[1] : other[0]])
    ]
    if not pairs:
        return None
    (a, b), (c, d) = dice.choice(pairs)
    return sentence[:a] + sentence[c:d] + sentence[b:c] + sentence[a:b] + sentence[d:]


def _replaced_word(
    sentence: str, dice: random.Random, pairs: list[tuple[str, str]], *, keep_case: bool = True
) -> str | None:
    pairs = list(pairs)
    dice.shuffle(pairs)
    for one, other in pairs:
        if found := re.search(rf"\b{one}\b{_BEFORE.get(one, '')}", sentence, re.IGNORECASE if keep_case else 0):
            new = other.capitalize() if keep_case and found.group()[0].isupper() else other
            return sentence[: found.start()] + new + sentence[found.end() :]
    return None


RULES: dict[str, Rule] = {
    "number": _numbers,
    "date": _dates,
    "unit": _units,
    "name": _names,
    "negation": _negation,
    "comparison": _comparison,
    "scope": _scope,
    "swap": _swapped,
}
"""What can be changed."""


def names_of(text: str) -> list[str]:
    """Names of a document, in order, each once; a word that it also has in small letters is none."""
    small = set(re.findall(r"\b[a-z][\w-]*", text))
    found = [match.group() for match in _NAME.finditer(text) if len(match.group()) > 2]
    return [name for name in dict.fromkeys(found) if not all(word.lower() in small for word in name.split())]


_OPENING = re.compile(
    r"^(?:However|Moreover|Furthermore|In addition|Therefore|Thus|Also|For example|In practice|Finally), "
)
_ASIDE = re.compile(r" ?\([^()]{3,80}\)")
_CLAUSE = re.compile(r", (?:which|who|so|but|because|while|whereas|since|although)\b[^,]*\.$")


def shortened(sentence: str, dice: random.Random) -> str:
    """The same sentence with less around it, as an answer would have it; still true."""
    changed = sentence
    if dice.random() < 0.7 and (found := _OPENING.match(changed)):
        rest = changed[found.end() :]
        changed = rest[:1].upper() + rest[1:]
    if dice.random() < 0.5:
        changed = _ASIDE.sub("", changed)
    if dice.random() < 0.5 and (found := _CLAUSE.search(changed)) and len(changed[: found.start()].split()) >= 6:
        changed = f"{changed[: found.start()]}."
    return changed
