"""Compose what is current practice from the practices behind the hits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ...index import Hit
from ...index.analysis import is_question_word, query_terms, terms
from ...index.practices import Practice, PracticeStatus, arxiv_key, title_key
from ...index.successors import PassagePractice
from .practice import CurrentPractice, PracticeState, Replaced

MIN_ASKED = 0.5
"""Least share of the question's terms that a practice and its history must hold, unless a passage of it is cited."""
MIN_ASKED_IN_USE = 0.6
"""The same for a practice without a history, whose title and topics count as its words: nothing else speaks for it."""
MIN_COVERAGE = 0.75
"""Least share of a statement's content words that a paper's passage must hold to state it, as in links."""
MIN_WORDS = 3
"""A statement of fewer different content words says too little to be recognised in a paper."""


def current_practice(
    question: str,
    hits: Sequence[Hit],
    practices: Iterable[PassagePractice],
    *,
    weights: Mapping[str, float] | None = None,
    cited: Collection[str] = (),
    mode: str = "current",
    limit: int = 3,
) -> tuple[CurrentPractice, ...]:
    """Practices that the question is about: those with a history first, then by the best hit behind them.

    Args:
        question: as asked.
        hits: of the search, best first.
        practices: `View.practices(hits)`.
        weights: the question's terms with their rarity; without them all terms count alike.
        cited: ids of the passages that the answer cites; what their marks name is told in any case.
        mode: the search's; in `history` nothing is composed.
        limit: practices at most.
    """
    if mode == "history":
        return ()
    given = weights if weights is not None else dict.fromkeys(query_terms(question), 1.0)
    asked = {term: weight for term, weight in given.items() if not is_question_word(term)}
    behind = list(practices)
    rank = {hit.passage.id: place for place, hit in enumerate(hits)}
    drafts = _histories(hits, [entry for entry in behind if entry.named])
    told = [draft for draft in drafts if draft.passages() & set(cited) or _share(asked, draft.words()) >= MIN_ASKED]
    histories = sorted(told, key=lambda draft: (min(map(rank.__getitem__, draft.passages())), draft.practice.key))
    spoken = {title_key(practice.statement) for draft in drafts for practice in (draft.practice, *draft.predecessors())}
    in_use = [part for part in _in_use(hits, behind, asked) if title_key(part.statement) not in spoken]
    in_use.sort(key=lambda part: (-_share(asked, [part.statement]), rank[part.passages[0]], part.statement))
    return tuple([*(draft.finished() for draft in histories), *in_use][:limit])


@dataclass(slots=True)
class _Old:
    """A practice that was replaced, while its passages are being gathered."""

    practice: Practice
    reason: str
    passages: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class _Draft:
    """A practice that replaced others or was put away itself, while its history is being gathered."""

    practice: Practice
    members: frozenset[str]  # keys of the practices that it stands for
    put_away: bool = False
    reason: str = ""
    own: dict[str, None] = field(default_factory=dict)  # passages that are about it
    met: dict[str, None] = field(default_factory=dict)  # passages whose marks name it or what it replaced
    replaced: dict[str, _Old] = field(default_factory=dict)

    def passages(self) -> set[str]:
        return set(self.met)

    def predecessors(self) -> list[Practice]:
        return [old.practice for old in self.replaced.values()]

    def words(self) -> list[str]:
        """Everything that registries say of it and of what it replaced."""
        of = [self.practice, *self.predecessors()]
        reasons = [self.reason, *(old.reason for old in self.replaced.values())]
        return [*reasons, *(text for practice in of for text in (practice.statement, practice.title, practice.topic))]

    def finished(self) -> CurrentPractice:
        same = title_key(self.practice.statement)
        olds = sorted(self.replaced.values(), key=lambda old: (old.practice.year or 9999, old.practice.key))
        earlier = [o.practice.year for o in olds if title_key(o.practice.statement) == same and o.practice.year]
        replaced = tuple(
            Replaced(
                old.practice.statement,
                old.practice.year,
                old.reason,
                tuple(old.passages),
                old.practice.put_away_on,
            )
            for old in olds
            if title_key(old.practice.statement) != same
        )
        state = PracticeState.PUT_AWAY if self.put_away else _state(self.practice)
        first = min(earlier, default=None)
        return replace(
            _current(self.practice, state, passages=tuple(self.own)),
            replaced=replaced,
            reason=self.reason,
            first=first if first != self.practice.year else None,
        )


def _current(practice: Practice, state: PracticeState, *, passages: tuple[str, ...]) -> CurrentPractice:
    source = "" if title_key(practice.title) == title_key(practice.statement) else practice.title
    return CurrentPractice(
        practice.statement, practice.year, state, source, passages=passages, confidence=practice.confidence
    )


def _histories(hits: Sequence[Hit], named: Sequence[PassagePractice]) -> list[_Draft]:
    """Every practice that the marks name or lead to, with what it replaced; in hit order."""
    found: list[_Draft] = []
    by_member: dict[str, _Draft] = {}
    for entry in named:
        standing = entry.standing
        for group in standing.successors if standing else ():
            # Any member of a work may stand for it as a successor; the first one met is told of.
            draft = next((by_member[member.key] for member in group if member.key in by_member), None)
            if draft is None:
                found.append(draft := _Draft(group[0], frozenset(member.key for member in group)))
                by_member |= dict.fromkeys(draft.members, draft)
            draft.met[entry.passage_id] = None
            if standing and not _returned(draft.practice, entry.practice):
                draft.replaced.setdefault(_identity(entry.practice), _Old(entry.practice, standing.reason))
    current = {draft.practice.key: draft for draft in found}
    for entry in named:
        if entry.standing is None or entry.standing.successors:
            continue
        key = entry.practice.key
        if key not in current:
            found.append(current.setdefault(key, _Draft(entry.practice, frozenset((key,)))))
        current[key].put_away, current[key].reason = True, entry.standing.reason
        current[key].met[entry.passage_id] = None
    _gather_passages(hits, named, found)
    return found


def _gather_passages(hits: Sequence[Hit], named: Sequence[PassagePractice], drafts: Sequence[_Draft]) -> None:
    """Give every practice the passages that are about it: those whose own mark it is, and those that marks point at."""
    by_rank = {hit.rank: hit.passage.id for hit in hits}
    marks = {hit.passage.id: hit.practice for hit in hits if hit.practice}
    olds = [old for draft in drafts for old in draft.replaced.values()]
    for entry in named:
        mark = marks[entry.passage_id]
        if (mark.practice_id, mark.statement) == (entry.practice.id, entry.practice.statement):
            passage = entry.passage_id
        else:
            ranks = [o.rank for o in mark.other if (o.id, o.title) == (entry.practice.id, entry.practice.statement)]
            passage = next((by_rank[rank] for rank in ranks if rank in by_rank), None)
        if passage is None:
            continue
        for draft in drafts:
            if entry.practice.key in draft.members:
                draft.own[passage] = None
        for old in olds:
            if _identity(old.practice) == _identity(entry.practice):
                old.passages[passage] = None


def _identity(practice: Practice) -> str:
    """What tells practices apart: the same statement of the same work may stand in several registries."""
    return f"{practice.work_key or practice.key}|{title_key(practice.statement)}"


def _returned(current: Practice, old: Practice) -> bool:
    """Whether each is declared the other's successor: then neither is told of as having replaced the other."""
    names = {old.id, title_key(old.title), title_key(old.statement), old.arxiv_id or old.id}
    return any({target, title_key(target), arxiv_key(target)} & names for target in current.superseded_by)


def _in_use(
    hits: Sequence[Hit], behind: Iterable[PassagePractice], asked: Mapping[str, float]
) -> list[CurrentPractice]:
    """Recommendations without a history that a hit's passage holds and that the question is about."""
    texts = {hit.passage.id: hit.passage.text for hit in hits}
    parts: dict[str, CurrentPractice] = {}
    for entry in behind:
        practice, passage = entry.practice, entry.passage_id
        if entry.standing or practice.work or _state(practice) is PracticeState.CURRENT or not _about(practice, asked):
            continue
        if not entry.entry and not _states(texts[passage], practice.statement):
            continue
        made = _current(practice, _state(practice), passages=(passage,))
        earlier = parts.setdefault(title_key(practice.statement), made)
        years = [year for year in (earlier.since, practice.year) if year is not None]
        passages = tuple(dict.fromkeys((*earlier.passages, passage)))
        parts[title_key(practice.statement)] = replace(earlier, since=min(years, default=None), passages=passages)
    return list(parts.values())


def _about(practice: Practice, asked: Mapping[str, float]) -> bool:
    """Whether the statement itself shares a word with the question, and with its title and topic enough of them."""
    words = [practice.statement, practice.title, practice.topic]
    return _share(asked, words[:1]) > 0 and _share(asked, words) >= MIN_ASKED_IN_USE


def _states(text: str, statement: str) -> bool:
    wanted = set(terms(statement))
    return len(wanted) >= MIN_WORDS and len(wanted & set(terms(text))) >= MIN_COVERAGE * len(wanted)


def _share(asked: Mapping[str, float], texts: Iterable[str]) -> float:
    """Share of the question's terms, by weight, that some texts hold: 0 to 1."""
    held = set(terms(" ".join(texts)))
    whole = sum(asked.values())
    return sum(weight for term, weight in asked.items() if term in held) / whole if whole else 0.0


def _state(practice: Practice) -> PracticeState:
    known = {PracticeStatus.STANDARD: PracticeState.STANDARD, PracticeStatus.EXPERIMENTAL: PracticeState.EXPERIMENTAL}
    return known.get(practice.status, PracticeState.CURRENT)
