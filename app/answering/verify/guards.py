"""What an alignment gives away: contradictions, doubts and reservations, each in words for the reader."""

import re
from collections.abc import Sequence

from .align import Alignment
from .lexicon import OPPOSITES
from .tokens import Token, Unit

# A single quote opens behind a space and closes before one; within a word it is an apostrophe.
_QUOTED = re.compile(
    r"[\"“”](?P<double>[^\"“”]{3,300})[\"“”]|[‹«](?P<angle>[^‹›«»]{3,300})[›»]|"
    r"(?<!\w)[‘'](?=\S)(?P<single>(?:[^‘’']|(?<=\w)[’'](?=\w)){3,300})(?<=\S)[’'](?!\w)"
)
_LATIN = re.compile(r"[A-Za-z]")
_ENGLISH = frozenset(
    "the a an of is are was were be to in and for with that by on as it this from can not or at which has have its "
    "than use uses when more most only no without into but also does do".split()
)
_OTHER = (
    frozenset(
        "le la les des du un une est et dans pour que qui sur par avec der die das und ist ein eine nicht mit von den "
        "dem el los las una es para con por del il lo gli di che e o os uma em na no se zu auf im werden sont".split()
    )
    - _ENGLISH
)


# Below this share of the claim, sentence and claim may be about different things: nothing is contradicted then.
SAME_MATTER = 0.6


def contradictions(alignment: Alignment, sentence: Sequence[Token]) -> list[str]:
    """What the claim says and the sentence denies, or the other way round."""
    if alignment.covered < SAME_MATTER:
        return []
    unmet = [token for token in alignment.absent + alignment.displaced if token.unit is Unit.NEGATION]
    passed = [token for token in alignment.passed_over if token.unit is Unit.NEGATION]
    said = {token.key for token in sentence if token.unit is Unit.DIRECTION}
    turned = [token for token in alignment.absent if token.unit is Unit.DIRECTION and OPPOSITES.get(token.key) in said]
    return [
        *(f"the passage says it without {token.text!r}" for token in unmet),
        *(f"the passage says {token.text!r} there" for token in passed),
        *(f"the passage says the opposite of {token.text!r}" for token in turned),
    ]


def doubts(alignment: Alignment) -> list[str]:
    """What may turn the meaning round, so that words alone cannot tell."""
    words = [token for token in alignment.displaced if token.unit is Unit.WORD]
    shuffled = [f"the order of words differs ({', '.join(repr(token.text) for token in words[:3])})"] if words else []
    return [*swaps(alignment), *shuffled]


def swaps(alignment: Alignment) -> list[str]:
    """Of the doubts those about names, quantities and directions, which no rewording moves about freely."""
    return [
        *(
            f"{token.text!r} stands in another place there"
            for token in alignment.displaced
            if token.unit in (Unit.NAME, Unit.QUANTITY, Unit.DIRECTION)
        ),
        *(f"the passage speaks of {token.text!r} in between" for token in _rivals(alignment)),
        *(
            f"the passage does not say {token.text!r}"
            for token in alignment.absent
            if token.unit in (Unit.SWEEPING, Unit.DIRECTION)
        ),
    ]


def _rivals(alignment: Alignment) -> list[Token]:
    """Names and quantities that the claim passed over and that may be what its words belong to."""
    measures = {token.measure for token in alignment.met if token.unit is Unit.QUANTITY}
    rivals = [
        token
        for token in alignment.between
        if token.unit is Unit.NAME or (token.unit is Unit.QUANTITY and token.measure in measures)
    ]
    # "DPO matches PPO and needs no reward model" says nothing of PPO: another name before, other words behind.
    if alignment.loose_subject:
        rivals += [token for token in alignment.lead if token.unit is Unit.NAME]
    return rivals


def reservations(alignment: Alignment) -> list[str]:
    """What the sentence holds back and the claim does not."""
    return [
        f"the passage says {token.text!r}, which is left out"
        for token in alignment.passed_over
        if token.unit is Unit.RESERVATION or (token.unit is Unit.SWEEPING and token.key == "onli")
    ]


def missing_quotes(claim: str, passage: str) -> list[str]:
    """Quotations of the claim, three characters or longer, that stand nowhere in the passage word for word."""
    held = " ".join(passage.replace("’", "'").split())
    quoted = (" ".join((match[match.lastgroup or 0]).split()).strip(" .,;:!?") for match in _QUOTED.finditer(claim))
    return [quote for quote in quoted if quote and not _stands(quote.replace("’", "'"), held)]


def _stands(quote: str, held: str) -> bool:
    """Whether whole words of a text are the quotation; only its first letter may change case."""
    first = f"[{re.escape(quote[0].lower() + quote[0].upper())}]" if quote[0].isalpha() else re.escape(quote[0])
    return re.search(rf"(?<!\w){first}{re.escape(quote[1:])}(?!\w)", held) is not None


def is_english(text: str) -> bool:
    """Whether a sentence can be English: mostly Latin letters, and no more function words of other languages."""
    letters = [character for character in text if character.isalpha()]
    if letters and sum(bool(_LATIN.match(character)) for character in letters) < 0.7 * len(letters):
        return False
    words = re.findall(r"[^\W\d_]+", text.lower())
    foreign = sum(word in _OTHER for word in words)
    return foreign < 2 or foreign <= sum(word in _ENGLISH for word in words)
