"""Questions with exact reference spans: `questions_df.csv` beside `corpora/*.md`.

The layout is that of the Chroma report's own data: columns `question`, `references` (a JSON list of objects with
`content`, `start_index`, `end_index`, in code points of the corpus file) and `corpus_id` (the file's name without its
suffix). Every index is checked against the text.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...index.errors import EvaluationError
from ...ingest.normalise import canonical_text
from ..spans import Span
from .questions import SpanQuestion

QUESTIONS = "questions_df.csv"
CORPORA = "corpora"
_COLUMNS = ("question", "references", "corpus_id")
_LAYOUT = f"a set of questions with reference spans has {QUESTIONS} and {CORPORA}/*.md"


def corpus_files(folder: Path) -> dict[str, Path]:
    """Corpus id → its file, by id.

    Raises:
        EvaluationError: there is none.
    """
    found = {path.stem: path for path in sorted((folder / CORPORA).glob("*.md"))}
    if not found:
        raise EvaluationError(f"no corpora below {str(folder / CORPORA)!r}; {_LAYOUT}")
    return found


def read_references(folder: Path, texts: Mapping[str, str], document_ids: Mapping[str, str]) -> list[SpanQuestion]:
    """Questions in the order of the file; a question's category is its corpus, its id the corpus and its number there.

    Args:
        folder: with `questions_df.csv` and `corpora/*.md`.
        texts: corpus id → canonical text of its document. Where it differs from the file's text, spans are carried
            over by the canonical length of what stands before them.
        document_ids: corpus id → id of its document.

    Raises:
        EvaluationError: a file cannot be read, a column is missing, or a row cannot be used: an unknown corpus, a
            question twice, references that are no such list, or indices that do not hold their content. The message
            has file and line.
    """
    raw = {corpus: _read(path) for corpus, path in corpus_files(folder).items()}
    questions: list[SpanQuestion] = []
    numbers: dict[str, int] = {}
    seen: dict[str, str] = {}
    for where, row in _rows(folder / QUESTIONS):
        corpus, question = row["corpus_id"], row["question"]
        if corpus not in raw or corpus not in texts:
            raise EvaluationError(f"{where}: corpus {corpus!r} is unknown; known are {', '.join(raw)}")
        if not question.strip():
            raise EvaluationError(f"{where}: the question is empty")
        if question in seen:
            raise EvaluationError(f"{where}: the question {question[:60]!r} was already asked at {seen[question]}")
        seen[question] = where
        numbers[corpus] = numbers.get(corpus, 0) + 1
        spans = [_checked(reference, raw[corpus], where) for reference in _references(row["references"], where)]
        questions.append(
            SpanQuestion(
                f"{corpus}-{numbers[corpus]:03d}",
                question,
                corpus,
                tuple(Span(document_ids[corpus], *_carried(span, raw[corpus], texts[corpus], where)) for span in spans),
            )
        )
    if not questions:
        raise EvaluationError(f"{folder / QUESTIONS}: holds no questions")
    return questions


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise EvaluationError(f"cannot read {str(path)!r} ({error.strerror}); {_LAYOUT}") from error
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{path}: not UTF-8 ({error.reason}); save it as UTF-8") from error


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Rows with the `file:line` at which they begin."""
    reader = csv.reader(io.StringIO(_read(path).removeprefix("\ufeff"), newline=""), strict=True)
    line = 1
    header: list[str] | None = None
    try:
        for fields in reader:
            where, line = f"{path}:{line}", reader.line_num + 1
            if header is None:
                header = fields
                if missing := [column for column in _COLUMNS if column not in header]:
                    raise EvaluationError(f"{where}: column {missing[0]!r} is missing; found {', '.join(header)}")
            elif len(fields) != len(header):
                raise EvaluationError(f"{where}: has {len(fields)} fields, and the header {len(header)}")
            else:
                yield where, dict(zip(header, fields, strict=True))
    except csv.Error as error:
        raise EvaluationError(f"{path}:{line}: not CSV ({error})") from error


def _references(said: str, where: str) -> list[dict[str, Any]]:
    try:
        references = json.loads(said)
    except (ValueError, RecursionError) as error:
        raise EvaluationError(f"{where}: references are not JSON ({error})") from error
    if not isinstance(references, list) or not references or not all(isinstance(one, dict) for one in references):
        raise EvaluationError(f"{where}: references {said[:60]!r} must be a list of one object or more")
    return references


def _checked(reference: Mapping[str, Any], text: str, where: str) -> tuple[int, int]:
    content, start, end = (reference.get(key) for key in ("content", "start_index", "end_index"))
    if not isinstance(content, str) or not content.strip():
        raise EvaluationError(f"{where}: a reference has the content {content!r}; it must be text")
    if type(start) is not int or type(end) is not int or not 0 <= start < end <= len(text):
        raise EvaluationError(
            f"{where}: a reference has the indices {start!r} to {end!r}, which are no span of {len(text)} code points"
        )
    if text[start:end] != content:
        raise EvaluationError(
            f"{where}: at {start} to {end} stands {text[start:end][:60]!r}, and not the content {content[:60]!r}"
        )
    return start, end


def _carried(span: tuple[int, int], raw: str, canonical: str, where: str) -> tuple[int, int]:
    """The span in the canonical text."""
    if raw == canonical:
        return span
    start, end = (len(canonical_text(raw[:place])) for place in span)
    if canonical[start:end].split() != canonical_text(raw[span[0] : span[1]]).split():
        raise EvaluationError(f"{where}: the reference at {span[0]} to {span[1]} is lost when its document is parsed")
    return start, end
