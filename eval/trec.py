"""TREC files: runs (`topic Q0 document rank score tag`) and qrels (`topic 0 document grade`).

The form is that of trec_eval, which every tool of the field reads: columns parted by white space, one line a document.
"""

import math
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import numpy as np

from ..index.errors import EvaluationError, UnwritableError
from .lines import read_lines
from .measures import Qrels, Run, total_order
from .run_file import RunFile

_FLOAT32_MAX = float(np.finfo(np.float32).max)
_RUN_FORM = "a TREC run has lines `topic Q0 document rank score tag`"
_QRELS_FORM = "TREC qrels have lines `topic 0 document grade`"
_Value = TypeVar("_Value", int, float)

_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")


def trec_run_lines(run: Run, tag: str) -> Iterator[str]:
    """Lines `topic Q0 document rank score tag` of a TREC run file, best first, ranks from 1.

    trec_eval ignores the rank, reads scores as float32 and breaks ties by descending id. A score that would
    tie with the one before it is therefore written one float32 step lower: every tool reads the same order.

    Raises:
        EvaluationError: an id or the tag is empty or has white space in it, or a score is no finite float32.
    """
    _check_field(tag)
    for topic_id, scores in run.items():
        _check_field(topic_id)
        previous = np.float32(np.inf)
        for rank, (document_id, score) in enumerate(total_order(scores), start=1):
            _check_field(document_id)
            if abs(score) > _FLOAT32_MAX:
                raise EvaluationError(f"topic {topic_id!r}: score {score!r} does not fit a TREC run file")
            previous = min(np.float32(score), np.nextafter(previous, np.float32(-np.inf)))
            yield f"{topic_id} Q0 {document_id} {rank} {previous!s} {tag}"


def trec_qrels_lines(qrels: Qrels) -> Iterator[str]:
    """Lines `topic 0 document grade` of a TREC qrels file, in the order of the judgements.

    Raises:
        EvaluationError: an id is empty or has white space in it.
    """
    for topic_id, grades in qrels.items():
        _check_field(topic_id)
        for document_id, grade in grades.items():
            _check_field(document_id)
            yield f"{topic_id} 0 {document_id} {grade}"


def write_trec_run(path: Path, run: Run, tag: str) -> None:
    """Write a TREC run file.

    Raises:
        EvaluationError: as for `trec_run_lines`; nothing is written then.
        UnwritableError: the file cannot be written.
    """
    _write(path, trec_run_lines(run, tag))


def write_trec_qrels(path: Path, qrels: Qrels) -> None:
    """Write a TREC qrels file.

    Raises:
        EvaluationError: as for `trec_qrels_lines`; nothing is written then.
        UnwritableError: the file cannot be written.
    """
    _write(path, trec_qrels_lines(qrels))


def read_trec_run(
    path: Path, *, topics: Collection[str] | None = None, documents: Collection[str] | None = None
) -> dict[str, dict[str, float]]:
    """Topic id → document id → score of a TREC run file; ranks and tag are not looked at, as in trec_eval.

    Args:
        path: the file.
        topics: the only topic ids there can be; None for any.
        documents: the only document ids there can be; None for any.

    Raises:
        EvaluationError: the file cannot be read or is empty, or a line has other columns, a score that is no finite
            number, a document for the second time in its topic, or an unknown id (the message has file and line).
    """
    run: dict[str, dict[str, float]] = {}
    for where, line in read_lines(path, _RUN_FORM):
        fields = line.split()
        if len(fields) != 6:
            raise EvaluationError(f"{where}: {line[:60]!r} has {len(fields)} columns, not 6; {_RUN_FORM}")
        topic_id, _, document_id, _, score, _ = fields
        _check_known(topic_id, document_id, topics, documents, where)
        _keep(run.setdefault(topic_id, {}), topic_id, document_id, _score(score, where), "returned", where)
    if not run:
        raise EvaluationError(f"{path}: is an empty run; {_RUN_FORM}")
    return run


def read_trec_qrels(
    path: Path, *, topics: Collection[str] | None = None, documents: Collection[str] | None = None
) -> dict[str, dict[str, int]]:
    """Topic id → document id → grade of a TREC qrels file; 0 or less means judged and not relevant.

    Args:
        path: the file.
        topics: as for `read_trec_run`.
        documents: as for `read_trec_run`.

    Raises:
        EvaluationError: as for `read_trec_run`; a grade is no integer.
    """
    qrels: dict[str, dict[str, int]] = {}
    for where, line in read_lines(path, _QRELS_FORM):
        fields = line.split()
        if len(fields) != 4:
            hint = "; three columns are BEIR's form: measure with --beir" if len(fields) == 3 else ""
            raise EvaluationError(f"{where}: {line[:60]!r} has {len(fields)} columns, not 4; {_QRELS_FORM}{hint}")
        topic_id, _, document_id, grade = fields
        if not _INTEGER.fullmatch(grade):
            raise EvaluationError(f"{where}: grade {grade!r} is not an integer")
        _check_known(topic_id, document_id, topics, documents, where)
        _keep(qrels.setdefault(topic_id, {}), topic_id, document_id, int(grade), "judged", where)
    if not qrels:
        raise EvaluationError(f"{path}: holds no judgements; {_QRELS_FORM}")
    return qrels


def run_of(run: RunFile, system: str | None = None) -> dict[str, dict[str, float]]:
    """The rankings that a retrieval run file keeps: topic id → document id → score.

    White space in ids, as file names have it, is percent-encoded: in TREC files it parts columns. `qrels_of` does the
    same.

    Args:
        run: a run file of `eval retrieval`.
        system: which system; None for the default one.

    Raises:
        EvaluationError: the run keeps no rankings, or none of that system.
    """
    name = run.default if system is None else system
    rankings = _kept(run, "rankings")
    if name not in rankings:
        raise EvaluationError(f"run {run.name!r} keeps no rankings of {name!r}; it has those of {', '.join(rankings)}")
    try:
        return {
            _one_word(topic): {_one_word(document): float(score) for document, score in ranking}
            for topic, ranking in rankings[name].items()
        }
    except (TypeError, ValueError, AttributeError) as error:
        raise EvaluationError(f"the rankings of {name!r} in run {run.name!r} are damaged ({error})") from error


def qrels_of(run: RunFile) -> dict[str, dict[str, int]]:
    """The judgements that a retrieval run file keeps: topic id → document id → grade.

    Raises:
        EvaluationError: the run keeps none.
    """
    try:
        return {
            _one_word(topic): {_one_word(document): int(grade) for document, grade in grades.items()}
            for topic, grades in _kept(run, "qrels").items()
        }
    except (TypeError, ValueError, AttributeError) as error:
        raise EvaluationError(f"the judgements in run {run.name!r} are damaged ({error})") from error


def _one_word(identifier: str) -> str:
    return re.sub(r"\s", lambda found: quote(found.group()), identifier)


def _kept(run: RunFile, key: str) -> Mapping[str, dict]:
    kept = run.details.get(key)
    if not isinstance(kept, dict) or not kept:
        raise EvaluationError(
            f"run {run.name!r} (kind {run.kind!r}) keeps no {key}; those of `sota-rag eval retrieval` and "
            "`sota-rag eval measure` do"
        )
    return kept


def _write(path: Path, lines: Iterator[str]) -> None:
    text = "".join(f"{line}\n" for line in lines)
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UnwritableError(f"cannot write {str(path)!r} ({error.strerror}); choose another path") from error


def _keep(values: dict[str, _Value], topic: str, document: str, value: _Value, verb: str, where: str) -> None:
    if document in values:
        raise EvaluationError(f"{where}: document {document!r} is {verb} twice for topic {topic!r}")
    values[document] = value


def _score(text: str, where: str) -> float:
    try:
        score = float(text)
    except ValueError:
        score = math.nan
    if not math.isfinite(score):
        raise EvaluationError(f"{where}: score {text!r} is no finite number")
    return score


def _check_known(
    topic: str, document: str, topics: Collection[str] | None, documents: Collection[str] | None, where: str
) -> None:
    if topics is not None and topic not in topics:
        raise EvaluationError(f"{where}: topic {topic!r} is not among the {len(topics)} topics of the collection")
    if documents is not None and document not in documents:
        raise EvaluationError(f"{where}: document {document!r} is not in the collection")


def _check_field(value: str) -> None:
    if not value or value.split() != [value]:
        raise EvaluationError(f"{value!r} cannot stand in a TREC run file: it is empty or has white space in it")
