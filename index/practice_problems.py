"""What is wrong, or odd, in practice registries: the corpus linter's part about practices."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .practices import Practice, Practices, PracticeStatus

Level = Literal["error", "warning", "info"]

_IN_USE = (PracticeStatus.STANDARD, PracticeStatus.EXPERIMENTAL)
# arXiv ids begin with year and month since April 2007.
_DATED_ID = re.compile(r"(\d\d)(0[1-9]|1[0-2])\.\d{4,5}")
_YEARS_APART = 1
_INVENTED = re.compile(
    r"\b(?:hallucinat\w{0,5}|fabricat\w{0,5}|made[ -]up|invented|does not (?:seem to )?exist|non-?existent|fictitious|"
    r"(?:cannot|can't|could not) be found)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a registry's author should look at.

    Attributes:
        code: a stable name of the kind of problem, such as `dangling_target`.
        level: `error` for what cannot be resolved, `warning` for what is likely wrong, `info` for a remark.
        message: one sentence with the offending value.
        document_id: the registry.
        practice_id: the entry's id as the registry has it.
        start: first code point of the entry in the registry's canonical text.
        end: one past the last.
    """

    code: str
    level: Level
    message: str
    document_id: str
    practice_id: str
    start: int
    end: int


def find_problems(practices: Practices) -> list[Problem]:
    """All problems, by document, place and code."""
    found = [problem for check in _CHECKS for problem in check(practices)]
    return sorted(found, key=lambda problem: (problem.document_id, problem.start, problem.code, problem.message))


def _problem(practice: Practice, code: str, level: Level, message: str) -> Problem:
    return Problem(code, level, message, practice.document_id, practice.id, practice.start, practice.end)


def _targets(practices: Practices) -> Iterator[Problem]:
    """Targets that name nothing, or the entry itself."""
    for practice in practices.all:
        own = practices.node(practice)
        for target in dict.fromkeys(practice.superseded_by):
            nodes = practices.targets(target)
            if not nodes:
                yield _problem(
                    practice,
                    "dangling_target",
                    "error",
                    f"superseded by {target!r}, which no registry has an entry for",
                )
            elif nodes == (own,):
                yield _problem(practice, "self_reference", "error", f"superseded by {target!r}, which is itself")
        references = [("see also", target) for target in practice.see_also]
        if practice.returns:
            references.append(("a return of", practice.returns))
        for how, target in dict.fromkeys(references):
            if not practices.targets(target):
                yield _problem(
                    practice,
                    "dangling_reference",
                    "warning",
                    f"{how} {target!r}, which no registry has an entry for",
                )


def _dead_ends(practices: Practices) -> Iterator[Problem]:
    for practice in practices.all:
        for end in practices.ends(practice) if practice.superseded_by else ():
            last = practices.members(end)[0]
            if practices.declarer(last):
                ended = last.title or last.statement
                yield _problem(
                    practice, "successor_put_away", "warning", f"its last successor {ended!r} was itself put away"
                )


def _cycles(practices: Practices) -> Iterator[Problem]:
    for node, target in practices.cycles:
        practice, other = practices.members(node)[0], practices.members(target)[0]
        yield _problem(
            practice,
            "cycle",
            "error",
            f"superseded by {other.id!r}, which its own chain of successors started from; that step is ignored",
        )


def _duplicates(practices: Practices) -> Iterator[Problem]:
    ids: dict[tuple[str, str], Practice] = {}
    works: dict[tuple[str, str], Practice] = {}
    for practice in practices.all:
        first = ids.setdefault((practice.document_id, practice.id), practice)
        if first is not practice:
            yield _problem(practice, "duplicate_id", "error", f"the id {practice.id!r} is given twice")
        if practice.work and practice.work_key:
            first = works.setdefault((practice.document_id, practice.work_key), practice)
            if first is not practice:
                yield _problem(
                    practice, "duplicate_work", "warning", f"the work {practice.title!r} has more than one entry"
                )


def _statuses(practices: Practices) -> Iterator[Problem]:
    for practice in practices.all:
        if practice.status_word:
            yield _problem(practice, "unknown_status", "warning", f"the status {practice.status_word!r} is none of "
                           f"{', '.join(PracticeStatus)}")  # fmt: skip
        declarer = practices.declarer(practice)
        if declarer and practice.status in _IN_USE:
            where = "its own entry" if declarer is practice else f"{declarer.id!r} in {declarer.document_id}"
            yield _problem(
                practice, "status_conflict", "warning", f"its status is {practice.status}, but {where} puts it away"
            )


def _years(practices: Practices) -> Iterator[Problem]:
    seen = set()
    for practice in practices.all:
        dated = _DATED_ID.fullmatch(practice.arxiv_id or "")
        said = (practice.document_id, practice.arxiv_id, practice.year)
        if dated is None or practice.year is None or said in seen:
            continue
        seen.add(said)
        submitted = 2000 + int(dated.group(1))
        if abs(practice.year - submitted) > _YEARS_APART:
            yield _problem(
                practice,
                "year_mismatch",
                "warning",
                f"its year is {practice.year}, but arXiv id {practice.arxiv_id} is of {submitted}",
            )


def _inventions(practices: Practices) -> Iterator[Problem]:
    for practice in practices.all:
        if found := _INVENTED.search(practice.reason):
            yield _problem(
                practice,
                "suspected_invention",
                "info",
                f"its reason says {found.group()!r}: check that the work exists",
            )


_CHECKS = (_targets, _dead_ends, _cycles, _duplicates, _statuses, _years, _inventions)
