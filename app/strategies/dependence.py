"""Whether a question can be understood alone, by rule.

A rule that says "it depends" too often would change questions that were fine, so every pattern looks for the other
side first: a pronoun for the noun it stands for, a comparative for its `than`, an `it` for the `it is worth` that means
nothing.
"""

import re
from collections.abc import Callable

from .content import content_words, names

PRONOUN = "a pronoun"

_OPENING = re.compile(r"^\W*(?:(?:and|but|or|so|then|also|ok|okay|well|hm+|ah)\b|(?:what|how) about\b)", re.IGNORECASE)
_BARE = re.compile(
    r"^\W*(?:why(?: (?:not|so|is that))?|how(?: so| come| exactly)?|since when|really|says who|when|where|who|which|"
    r"such as|for (?:example|instance)|like what|in what way|what else|and|example|examples|explain|go on|"
    r"(?:tell me )?more|more details?|elaborate|what (?:for|does that mean)|how (?:much|many|long|often|far|big|fast)"
    r"(?: more| less| longer| faster| slower| bigger| better)?)\W*$",
    re.IGNORECASE,
)
_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|am|be|been|do|does|did|can|could|should|would|will|shall|has|have|had|may|might|must|isn't|"
    r"aren't|doesn't|don't|didn't|can't|won't|what's|how's|where's)\b",
    re.IGNORECASE,
)
_FRAGMENT = re.compile(
    r"^\W*(?:for|with|without|in|on|at|by|under|after|before|during|from|using|even|only|not|than|instead of)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"[,;:]|\b(?:and|or|but|when|if|because|which|that|while|after|before|so|once|until|since|as|how|what|why|where|who)\b",
    re.I,
)
# `it` that stands for what follows, or for nothing.
_EMPTY_IT = re.compile(
    r"\b(?:(?:is|was|isn't|be|become|becomes|makes?|made|find|found) it (?:still |really |ever |always |even |also |"
    r"not )?(?:\w+ )?(?:to|that|for|when|if|whether|worth|enough|better|necessary|possible|who|which)\b|"
    r"(?:does|do|did|will|would|can) it (?:\w+ )?(?:take|cost|need|require|matter|make sense|help|pay|hurt|work better)"
    r"\b[^?]*?\b(?:to|if|whether|how|which|when|that)\b|"
    r"it (?:is|was|'s|takes|took|seems|matters|makes sense|costs|pays)\b[^?]*?\b(?:to|that|if|whether)\b)",
    re.IGNORECASE,
)
_MINE = re.compile(r"\b(?:my|our) \w+", re.IGNORECASE)
_IT = re.compile(r"\b(?:it|its|itself|it's)\b", re.IGNORECASE)
_THEY = re.compile(r"\b(?:they|them|their|theirs|themselves|he|she|his|her|him)\b", re.IGNORECASE)
_THIS = re.compile(
    r"\b(?:this|these)\b"
    r"(?! (?:days?|years?|week|month|corpus|collection|folder|index|library|guides?|documents|question))",
    re.IGNORECASE,
)
_THOSE = re.compile(r"\bthose\b(?! (?:that|of|who|with|in|which)\b)", re.IGNORECASE)
_THAT = re.compile(
    r"^\W*that\b|\b(?:is|was|does|did|do|can|could|will|would|should|about|of|like|with|for|after|before|than|from|on|by|to|"
    r"at|under|why|how|use|using|explain|clarify|mean)\s+that\b(?! of\b)|\bthat\W*$",
    re.IGNORECASE,
)
_ONE = re.compile(
    r"\b(?:which|that|this|first|second|third|last|other|another|better|best|newer|older|latest|smaller|larger|same|old|"
    r"new) ones?\b|\bones\b",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"\b(?:the (?:former|latter|two|others?|second|third|previous|above|rest)|of the two|(?:you|we) (?:just )?(?:said|"
    r"mentioned|described|wrote|listed)|mentioned above|again|otherwise|"
    r"the same(?= (?:true|case|thing|way|for|with|go|goes|apply|applies|hold|holds)\b|\W*$)|"
    r"(?:do|does|did|done) so|such an?)\b|\binstead\b(?! of)|^(?!.*\b(?:and|or)\b).*\bboth\b|"
    r"\b(?:either|neither)\b(?!.*\b(?:n?or)\b)|\b(?:too|as well|either|then)\W*$",
    re.IGNORECASE,
)
_ELSE = re.compile(r"\b(?:what|who|where|how|anything|something|which) else\b", re.IGNORECASE)
_THE_WORK = re.compile(
    r"\bthe (?:paper|authors?|method|technique|approach|algorithm|study|experiments?|trick)s?\b"
    r"(?! (?:of|by|on|about|that|which|from|called|named|in|behind|for|with|to)\b)",
    re.IGNORECASE,
)
_COMPARATIVE = re.compile(
    r"^\W*(?:(?:and |so )?which(?: one)? (?:is|are|was|were|works?|performs?|does|do|needs?|uses?|costs?|runs?|should|"
    r"would)\b|"
    r"(?:is|are|was|were)\b).*\b(?:\w{2,}er|better|worse|more|less|more \w+|less \w+|best|preferable)\W*$",
    re.IGNORECASE,
)
_OTHER_SIDE = re.compile(
    r"\bthan\b|\bor\b|\bbetween\b|\bcompared\b|\bvs\b|\bversus\b|\bamong\b|\bof the\b|,", re.IGNORECASE
)
_NOT_COMPARATIVE = re.compile(
    r"\b(?:number|parameter|transformer|adapter|layer|optimi[sz]er|router|tokeni[sz]er|encoder|decoder|reranker|retriever|"
    r"paper|order|answer|computer|buffer|filter|header|pointer|trainer|learner|user|ever|never|other|under|over|after|"
    r"together|whether|either|server|cluster|power|error|number|classifier|embedder|master|offer|matter)\W*$",
    re.IGNORECASE,
)


def depends(question: str) -> str:
    """What in a question points at something said before, in a few words; empty when it can stand alone."""
    for what, points in _RULES:
        if points(question):
            return what
    return ""


def is_fragment(question: str) -> bool:
    """Whether a question leaves its predicate to the one before: `Why?`, `And for 7B models?`, `What about QLoRA?`."""
    return any(points(question) for what, points in _RULES if what in _FRAGMENTS) and not _pronoun(question)


def _opens(question: str) -> bool:
    """`And how is it stored?` points back; `And` before a whole question with a name of its own is only tone."""
    opening = _OPENING.match(question)
    if not opening:
        return False
    about = opening.group().lower().endswith("about")
    return about or not (names(question) and _AUXILIARY.search(question) and len(content_words(question)) > 2)


def _elliptic(question: str) -> bool:
    """A question without a verb: a phrase with a preposition, or a question word and a noun."""
    if _BARE.match(question):
        return True
    if _AUXILIARY.search(question):
        return False
    said = question.rstrip("?!. ").split()
    if _FRAGMENT.match(question):
        return len(said) <= 6
    if names(question) or not question.rstrip().endswith("?"):
        return False
    opening = said[0].lower() if said else ""
    if opening in {"which", "whose"} or [word.lower() for word in said[:2]] in (["how", "many"], ["how", "much"]):
        return len(said) <= 3
    if opening == "what":
        return len(said) == 2 or (len(said) == 3 and not said[1].endswith("s"))
    return len(said) <= 3 and opening not in {"why", "how", "who", "when", "where"}


def _pronoun(question: str) -> bool:
    """A pronoun without a noun of its own before it in the question."""
    empty = [match.span() for match in _EMPTY_IT.finditer(question)]
    for match in _IT.finditer(question):
        if any(start <= match.start() < end for start, end in empty):
            continue
        if not _has_antecedent(question[: match.start()]):
            return True
    for match in _THEY.finditer(question):
        before = question[: match.start()]
        verb = _AUXILIARY.search(before)
        # `Which tasks do they help with`: what is asked for is not what `they` are.
        if not (_has_antecedent(before) or (verb and content_words(before[verb.end() :]))):
            return True
    if any(not names(question[: match.start()]) for match in _THAT.finditer(question)):
        return True
    if any(not content_words(question[: match.start()]) for match in _ONE.finditer(question)):
        return True
    return any(pattern.search(question) for pattern in (_THIS, _THOSE)) and not _explained(question)


def _has_antecedent(before: str) -> bool:
    """Whether what stands before a pronoun has a name, a `my model`, or a noun in an earlier clause for it."""
    if names(before) or _MINE.search(before):
        return True
    boundaries = [match.start() for match in _CLAUSE.finditer(before)]
    return bool(boundaries and content_words(before[: boundaries[-1]]))


def _explained(question: str) -> bool:
    """`this` and `those` after a colon or in a question that names two things itself."""
    return ":" in question or len(names(question)) > 1


def _points(question: str) -> bool:
    named = len(names(question))
    return bool((_POINTING.search(question) and named < 2) or (_ELSE.search(question) and not named))


def _names_no_work(question: str) -> bool:
    return bool(_THE_WORK.search(question)) and not names(question)


def _compares(question: str) -> bool:
    if _OTHER_SIDE.search(question) or _NOT_COMPARATIVE.search(question):
        return False
    return bool(_COMPARATIVE.match(question))


def _empty(question: str) -> bool:
    return not content_words(question)


_RULES: tuple[tuple[str, Callable[[str], bool]], ...] = (
    (PRONOUN, _pronoun),
    ("no content of its own", _empty),
    ("how it begins", _opens),
    ("no verb of its own", _elliptic),
    ("a word that points back", _points),
    ("a work that is not named", _names_no_work),
    ("a comparison with one side", _compares),
)
_FRAGMENTS = frozenset({"no content of its own", "how it begins", "no verb of its own", "a comparison with one side"})
