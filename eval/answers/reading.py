"""Reading-comprehension sets as collections: questions whose passage is there, whether it answers them or not.

SQuAD 2.0: Rajpurkar, Jia and Liang, "Know What You Don't Know", ACL 2018. CLAPnq: Rosenthal et al., "CLAPnq: Cohesive
Long-form Answers from Passages in Natural Questions for RAG systems", TACL 2025. QASA: Lee et al., "QASA: Advanced
Question Answering on Scientific Articles", ICML 2023. All passages of a set are indexed, not only those of the
questions that are asked.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...index.errors import EvaluationError
from ...ingest.normalise import canonical_text
from ...ingest.sentences import sentence_spans
from ..beir import BeirDocument
from ..lines import read_rows, text_of
from ..topics import Gold
from .types import Question

ANSWERABLE, UNANSWERABLE = "answerable", "unanswerable"
_SQUAD = "the SQuAD 2.0 layout is one JSON document with data, paragraphs and qas"
_CLAPNQ = "CLAPnq is JSONL with id, input, passages and output"
_QASA = "QASA is one JSON document of numbered questions"
_CLAPNQ_FILES = {ANSWERABLE: "clapnq_dev_answerable.jsonl", UNANSWERABLE: "clapnq_dev_unanswerable.jsonl"}


@dataclass(frozen=True, slots=True)
class ReadingSet:
    """Documents with questions about them.

    Attributes:
        name: short; documents stand in an index as `NAME/ID`, and gold names them so.
        documents: all of the set.
        questions: in the order of the file.
        notes: what the reader of figures must know of the set.
    """

    name: str
    documents: Sequence[BeirDocument]
    questions: Sequence[Question]
    notes: tuple[str, ...] = ()


def sample(questions: Sequence[Question], limit: int | None, seed: int = 0) -> list[Question]:
    """So many questions by chance, in their order, with as many answerable ones among them as their share asks for."""
    if limit is None or limit >= len(questions):
        return list(questions)
    kinds = [[q for q in questions if q.answerable], [q for q in questions if not q.answerable]]
    first = round(limit * len(kinds[0]) / len(questions))
    drawn = random.Random(seed)
    kept = {q.id for kind, n in zip(kinds, (first, limit - first), strict=True) for q in drawn.sample(kind, n)}
    return [question for question in questions if question.id in kept]


def read_squad(path: Path) -> ReadingSet:
    """SQuAD 2.0 with its labels; gold is the sentence that holds the answer.

    Raises:
        EvaluationError: the file is not in the layout (the message names the place in it).
    """
    documents: list[BeirDocument] = []
    questions: list[Question] = []
    for a, article in enumerate(_list(_load(path, _SQUAD), "data", str(path), _SQUAD)):
        title = _text(article, "title", f"{path}: data[{a}]").replace("_", " ")
        for p, paragraph in enumerate(_list(article, "paragraphs", f"{path}: data[{a}]", _SQUAD)):
            where = f"{path}: data[{a}].paragraphs[{p}]"
            document = BeirDocument(f"{a:03d}-{p:03d}", title, _text(paragraph, "context", where))
            documents.append(document)
            for q, row in enumerate(_list(paragraph, "qas", where, _SQUAD)):
                questions.append(_squad_question(row, document, f"{where}.qas[{q}]"))
    return _checked(ReadingSet("squad2", documents, questions), path)


def _squad_question(row: Any, document: BeirDocument, where: str) -> Question:
    name, text = _text(row, "id", where), _text(row, "question", where)
    if "is_impossible" not in row:
        raise EvaluationError(f"{where}: has no 'is_impossible'; take the file with labels (dev-v2.0.json)")
    if row["is_impossible"]:
        return Question(name, text, UNANSWERABLE, answerable=False)
    answers = _list(row, "answers", where, _SQUAD)
    if not answers:
        raise EvaluationError(f"{where}: is answerable, yet has no answers")
    spans, gold = sentence_spans(document.text), {}
    for place, answer in enumerate(answers):
        said, start = _text(answer, "text", where), answer.get("answer_start")
        if not isinstance(start, int) or document.text[start : start + len(said)] != said:
            raise EvaluationError(f"{where}.answers[{place}]: {said[:60]!r} does not stand at {start!r} of its context")
        inside = [document.text[a:b] for a, b in spans if a < start + len(said) and start < b]
        gold |= dict.fromkeys(map(canonical_text, inside))
    references = tuple(dict.fromkeys(answer["text"] for answer in answers))
    return Question(
        name, text, ANSWERABLE, gold=tuple(Gold(f"squad2/{document.id}", q) for q in gold), references=references
    )


def read_clapnq(folder: Path) -> ReadingSet:
    """The development part of CLAPnq, answerable and unanswerable; gold are the selected sentences.

    Raises:
        EvaluationError: a file is missing or a line cannot be used.
    """
    documents: dict[tuple[str, str], BeirDocument] = {}
    questions: list[Question] = []
    for kind, file in _CLAPNQ_FILES.items():
        for where, row in read_rows(folder / file, _CLAPNQ, identifier="id"):
            passages = _list(row, "passages", where, _CLAPNQ)
            if len(passages) != 1:
                raise EvaluationError(f"{where}: has {len(passages)} passages; CLAPnq questions have one")
            key = _text(passages[0], "title", where), _text(passages[0], "text", where)
            document = documents.setdefault(key, BeirDocument(f"{len(documents):04d}", *key))
            outputs = _list(row, "output", where, _CLAPNQ)
            said = text_of(row, "input", where)
            if kind == UNANSWERABLE:
                questions.append(Question(row["id"], said, kind, answerable=False))
                continue
            quotes = [quote for output in outputs for quote in _list(output, "selected_sentences", where, _CLAPNQ)]
            gold = tuple(Gold(f"clapnq/{document.id}", quote) for quote in dict.fromkeys(map(canonical_text, quotes)))
            answers = dict.fromkeys(_text(output, "answer", where) for output in outputs)
            questions.append(Question(row["id"], said, kind, gold=gold, references=tuple(filter(None, answers))))
    return _checked(ReadingSet("clapnq", list(documents.values()), questions), folder)


def read_qasa(path: Path) -> ReadingSet:
    """The questions of QASA that their papers do not answer, with the passages that they were asked about.

    The file does not hold the papers. What is indexed of each are the sentences that gave rise to questions, and the
    passages that annotators cited.

    Raises:
        EvaluationError: the file is not in the layout.
    """
    rows = _load(path, _QASA)
    papers: dict[str, tuple[str, dict[str, None]]] = {}
    questions: list[Question] = []
    for number, row in rows.items():
        where = f"{path}: question {number!r}"
        paper = _text(row, "paper_id", where)
        _, texts = papers.setdefault(paper, (_text(row, "title", where), {}))
        texts |= dict.fromkeys([_text(row, "question_trigger_sentence", where)])
        texts |= dict.fromkeys(_text(one, "context", where) for one in _list(row, "evidential_info", where, _QASA))
        questions.append(Question(f"q{number}", _text(row, "question", where), UNANSWERABLE, answerable=False))
    documents = [BeirDocument(paper, title, "\n\n".join(texts)) for paper, (title, texts) in papers.items()]
    note = "QASA's file holds no papers: only the passages that its questions were asked about are in the index"
    return _checked(ReadingSet("qasa", documents, questions, (note,)), path)


def hidden_gold(questions: Sequence[Question]) -> Iterator[Question]:
    """Each answerable question once more with the documents of its gold hidden, which makes it unanswerable.

    Another document may say the same; such a topic is judged too hard on.
    """
    for question in questions:
        if question.answerable:
            yield replace(
                question,
                id=f"{question.id}/hidden",
                category="hidden gold",
                answerable=False,
                gold=(),
                references=(),
                hidden=tuple(dict.fromkeys(gold.document_id for gold in question.gold)),
                origin=question.cluster,
            )


def _load(path: Path, expected: str) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EvaluationError(f"cannot read {str(path)!r} ({error.strerror}); {expected}") from error
    except (ValueError, RecursionError) as error:
        raise EvaluationError(f"{path}: not JSON ({error}); {expected}") from error
    if not isinstance(data, dict):
        raise EvaluationError(f"{path}: is no JSON object; {expected}")
    return data


def _list(row: Any, key: str, where: str, expected: str) -> list[Any]:
    value = row.get(key) if isinstance(row, dict) else None
    if not isinstance(value, list):
        raise EvaluationError(f"{where}: {key!r} is {type(value).__name__}, not a list; {expected}")
    return value


def _text(row: Any, key: str, where: str) -> str:
    if not isinstance(row, dict):
        raise EvaluationError(f"{where}: {str(row)[:60]!r} is not an object")
    return text_of(row, key, where)


def _checked(found: ReadingSet, path: Path) -> ReadingSet:
    seen: set[str] = set()
    for question in found.questions:
        if question.id in seen:
            raise EvaluationError(f"{path}: question id {question.id!r} occurs twice")
        if not question.text.strip():
            raise EvaluationError(f"{path}: question {question.id!r} is empty")
        seen.add(question.id)
    if not seen:
        raise EvaluationError(f"{path}: holds no questions")
    return found
