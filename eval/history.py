"""Runs over time: the run files of some folders, grouped into series of what can be compared.

A series has one kind, one name and the same topics; its runs differ by date, code, settings and corpus.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..index.errors import EvaluationError
from .run_file import RunFile
from .statistics import Interval


@dataclass(frozen=True, slots=True)
class Entry:
    """One run of a series.

    Attributes:
        path: the run file.
        created: UTC, ISO 8601.
        default: the system that stands for the run.
        fingerprints: what the run was made with.
        measures: of that system.
    """

    path: Path
    created: str
    default: str
    fingerprints: Mapping[str, Any]
    measures: Mapping[str, Interval]

    @property
    def code(self) -> str:
        """Fingerprint of the code, short."""
        return str(self.fingerprints.get("code", ""))[:8]

    def as_dict(self) -> dict[str, Any]:
        """The form used in JSON."""
        return {
            "file": str(self.path),
            "created": self.created,
            "default": self.default,
            "code": self.fingerprints.get("code", ""),
            "corpus": self.fingerprints.get("corpus", ""),
            "settings": self.fingerprints.get("settings", ""),
            "measures": {name: interval.as_dict() for name, interval in self.measures.items()},
        }


@dataclass(frozen=True, slots=True)
class Series:
    """Runs that can be compared, oldest first.

    Attributes:
        kind: of evaluation.
        name: what was measured on.
        topics: fingerprint of the topics.
        topic_count: how many topics.
        entries: the runs.
    """

    kind: str
    name: str
    topics: str
    topic_count: int
    entries: tuple[Entry, ...]

    @property
    def measures(self) -> tuple[str, ...]:
        """Names of all measures of its runs, those of the latest run first."""
        return tuple(dict.fromkeys(name for entry in reversed(self.entries) for name in entry.measures))

    def as_dict(self) -> dict[str, Any]:
        """The form used in JSON."""
        return {
            "kind": self.kind,
            "name": self.name,
            "topics": self.topic_count,
            "topics_fingerprint": self.topics,
            "runs": [entry.as_dict() for entry in self.entries],
        }


@dataclass(frozen=True, slots=True)
class History:
    """What some folders hold.

    Attributes:
        series: by kind, then by name, then by number of topics.
        broken: file → why it could not be used; the other runs stand.
    """

    series: tuple[Series, ...]
    broken: Mapping[str, str]

    def only(self, measures: Sequence[str]) -> "History":
        """The same with these measures alone, and without the series that have none of them; all where none is named.

        Raises:
            EvaluationError: no run has a measure of that name.
        """
        if not measures:
            return self
        known = dict.fromkeys(name for series in self.series for name in series.measures)
        for name in measures:
            if name not in known:
                raise EvaluationError(f"no run has a measure {name!r}; there are {', '.join(known) or 'none'}")
        kept = (
            replace(series, entries=tuple(_narrowed(entry, measures) for entry in series.entries))
            for series in self.series
        )
        return replace(self, series=tuple(series for series in kept if series.measures))

    def as_dict(self) -> dict[str, Any]:
        """The form used in JSON."""
        return {"series": [series.as_dict() for series in self.series], "broken": dict(self.broken)}


def read_history(folders: Sequence[Path]) -> History:
    """Read every `*.json` below the folders; a file that is no run file is named in `broken` and left out.

    Raises:
        EvaluationError: a folder does not exist, or there is no file in any.
    """
    paths: dict[Path, None] = {}
    for folder in folders:
        if not folder.is_dir():
            raise EvaluationError(f"there is no folder {str(folder)!r}; name one that holds run files")
        paths |= dict.fromkeys(sorted(folder.rglob("*.json")))
    if not paths:
        raise EvaluationError(
            f"no run files in {', '.join(repr(str(folder)) for folder in folders)}; write one with --output"
        )
    groups: dict[tuple[str, str, int, str], list[Entry]] = {}
    broken: dict[str, str] = {}
    for path in paths:
        try:
            run = RunFile.read(path)
        except EvaluationError as error:
            broken[str(path)] = str(error)
            continue
        entry = Entry(path, run.created, run.default, run.fingerprints, run.measures)
        groups.setdefault((run.kind, run.name, len(run.topics), topics_fingerprint(run)), []).append(entry)
    series = tuple(
        Series(kind, name, topics, count, tuple(sorted(entries, key=lambda entry: (entry.created, str(entry.path)))))
        for (kind, name, count, topics), entries in sorted(groups.items(), key=lambda item: item[0])
    )
    return History(series, broken)


def topics_fingerprint(run: RunFile) -> str:
    """Hex sha256 over ids and words of the topics, in any order."""
    told = sorted((key, topic.text) for key, topic in run.topics.items())
    return hashlib.sha256(json.dumps(told, ensure_ascii=True).encode()).hexdigest()


def _narrowed(entry: Entry, measures: Sequence[str]) -> Entry:
    return replace(entry, measures={name: entry.measures[name] for name in measures if name in entry.measures})
