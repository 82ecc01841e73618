"""What is current practice, since when, and what it replaced: a part of the answer of its own, and its words."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ...index.analysis import STOP_WORDS

_MOST_REPLACED = 3
# Words that open a reason without naming anything, so that their capital can go inside a sentence.
_OPENING = STOP_WORDS | frozenset(
    "one more most many few its later newer both all we our when while each some every models training".split()
)


class PracticeState(StrEnum):
    """Where a practice stands."""

    STANDARD = "standard"
    EXPERIMENTAL = "experimental"
    CURRENT = "current"
    PUT_AWAY = "put_away"


_LEADS = {
    PracticeState.STANDARD: "Standard",
    PracticeState.EXPERIMENTAL: "Experimental",
    PracticeState.CURRENT: "Current practice",
}


@dataclass(frozen=True, slots=True)
class Replaced:
    """A practice that another one took the place of.

    Attributes:
        statement: the recommendation, or the title of the work.
        year: of its source, or None.
        reason: why it was put away, as its registry says, or empty.
        passages: ids of the hits' passages that are about it, best first.
        until: when it was put away: a year, a month or a day; or empty.
    """

    statement: str
    year: int | None = None
    reason: str = ""
    passages: tuple[str, ...] = ()
    until: str = ""


@dataclass(frozen=True, slots=True)
class CurrentPractice:
    """A practice that was asked about, with its history.

    Attributes:
        statement: the recommendation, or the title of the work.
        since: year of its source, or None.
        state: `standard` or `experimental` as its registry says; `current` where it replaced another one and the
            registry does not say; `put_away` where nothing is known to have taken its place.
        source: title of the work that it comes from; empty where that is the statement, or unknown.
        replaced: what it took the place of, oldest first.
        reason: why it was put away, or empty.
        first: year of an earlier source of the same recommendation that had been replaced meanwhile; else None.
        passages: ids of the hits' passages that are about it, best first; empty where it is only named.
        confidence: how sure its registry is of it, such as `low`; empty where it does not say.
    """

    statement: str
    since: int | None
    state: PracticeState
    source: str = ""
    replaced: tuple[Replaced, ...] = ()
    reason: str = ""
    first: int | None = None
    passages: tuple[str, ...] = ()
    confidence: str = ""

    @property
    def text(self) -> str:
        """In words, such as `Standard since 2023: cool once; replaced warm restarts (2017), because …`."""
        return practice_sentences([self])[0]


def practice_sentences(parts: Iterable[CurrentPractice], markers: Mapping[str, int] | None = None) -> list[str]:
    """One string for each practice, in their order; a reason that several share is given once.

    Args:
        parts: of `current_practice`.
        markers: marker of each cited passage by its id; what is not cited bears none.
    """
    numbers = markers or {}
    told: set[tuple[str, str]] = set()
    return [_sentence(part, numbers, told) for part in parts]


def _sentence(part: CurrentPractice, markers: Mapping[str, int], told: set[tuple[str, str]]) -> str:
    # Where it is told until when the former practice held, the year of the source is not since when this one does.
    dated = any(old.until for old in part.replaced)
    when = f" ({part.since})" if dated and part.source and part.since else ""
    source = f", from {_plain(part.source)}{when}" if part.source else ""
    named = f"{_plain(part.statement)}{source}{_cited(part.passages, markers)}"
    history = _history(part.replaced, markers, told, part.statement)
    doubt = f"{_plain(part.confidence)} confidence" if part.confidence else ""
    if part.state is PracticeState.PUT_AWAY:
        about = "; ".join(filter(None, (f"a practice of {part.since}" if part.since else "", doubt)))
        of = f" ({about})" if about else ""
        own = _closed(f"No longer recommended{of}: {named}{_because(part.reason, part.statement)}")
        return f"{own} {_closed(f'It had replaced {history}')}" if history else own
    again = " again" if part.first else ""
    first = f" (first in {part.first})" if part.first else ""
    since = f" since {part.since}" if part.since and not dated else ""
    sure = f" ({doubt})" if doubt else ""
    lead = f"{_LEADS[part.state]}{again}{since}{sure}{first}: {named}"
    return _closed(f"{lead}; replaced {history}" if history else lead)


def _history(replaced: Sequence[Replaced], markers: Mapping[str, int], told: set[tuple[str, str]], context: str) -> str:
    """What was replaced, practices that share a reason together."""
    shown = replaced[:_MOST_REPLACED]
    groups: dict[str, list[Replaced]] = {}
    for old in shown:
        groups.setdefault(old.reason, []).append(old)
    said: list[str] = []
    for reason, members in groups.items():
        names = " and ".join(f"“{_plain(old.statement)}”{_span(old)}{_cited(old.passages, markers)}" for old in members)
        before = all((old.statement, reason) in told for old in members)
        told.update((old.statement, reason) for old in members)
        known = " ".join((context, *(old.statement for old in members)))
        said.append(f"{names}, for the same reason" if reason and before else f"{names}{_because(reason, known)}")
    more = len(replaced) - len(shown)
    return "; and ".join([*said, *([f"{more} more"] if more else [])])


def _span(old: Replaced) -> str:
    """Its years in brackets: of its source, and when it was put away; a source may well tell of it afterwards."""
    until = _plain(old.until)
    if not until:
        return f" ({old.year})" if old.year else ""
    since = f"{old.year} " if old.year and str(old.year) <= until[:4] else ""
    return f" ({since}until {until})"


def _because(reason: str, known: str) -> str:
    """The reason as a clause where it is one sentence with a subject; otherwise quoted as its registry has it.

    Args:
        reason: as written.
        known: what is said around it: a word that stands there with a small initial, and never with a capital one, is
            no name.
    """
    reason = " ".join(reason.split())
    if not reason:
        return ""
    first, rest = reason.split(" ")[0], reason.rstrip(".!")
    if ". " in rest or first.lower().endswith("ed"):
        return f" (reason given: “{reason}”)"
    around = f"{known} {rest[1:]}"
    named = re.search(rf"\S {re.escape(first)}\b", around)
    common = first.lower() in _OPENING or (re.search(rf"\b{re.escape(first.lower())}\b", around) and not named)
    small = common and (len(first) == 1 or first[1:].islower())
    return f", because {rest[:1].lower() if small else rest[:1]}{rest[1:]}"


def _cited(passages: Iterable[str], markers: Mapping[str, int]) -> str:
    numbers = sorted({markers[passage] for passage in passages if passage in markers})
    return f" {''.join(f'[{number}]' for number in numbers)}" if numbers else ""


def _plain(said: str) -> str:
    """What a registry says, as it stands within a sentence."""
    return " ".join(said.split()).rstrip(".;")


def _closed(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
