"""The JSON forms of results, as documented in ARCHITECTURE.md."""

from dataclasses import asdict
from typing import Any

from ..index import DocumentInfo, Hit, SearchResult
from ..index.expected import Expected
from ..index.trace import Trace
from ..index.types import PracticeMark
from ..ingest.report import IngestReport
from .answering import Answer, Citation, Receipt
from .answering.types import Conflict


def search_form(result: SearchResult, *, explain: bool = False) -> dict[str, Any]:
    """`search --json`."""
    form: dict[str, Any] = {
        "query": result.query,
        "generation": result.generation,
        "hits": [hit_form(hit) for hit in result.hits],
        "timings_ms": dict(result.timings_ms),
        "notes": list(result.notes),
    }
    if explain:
        form["stages"] = [asdict(stage) for stage in result.stages]
    return form


def expected_form(expected: Expected, trace: Trace | None) -> dict[str, Any]:
    """What was expected of a search and where it stood, the passage that got furthest first."""
    ordered = trace.furthest_first() if trace else []
    return {
        "expected": expected.name,
        "found": bool(ordered) and ordered[0].lost is None,
        "lost": ordered[0].lost if ordered else expected.lost,
        "detail": ordered[0].detail if ordered else expected.detail,
        "depth": trace.depth if trace else None,
        "searched": trace.searched if trace else None,
        "passages": [asdict(one) for one in ordered],
    }


def hit_form(hit: Hit) -> dict[str, Any]:
    """One hit."""
    passage = hit.passage
    return {
        "rank": hit.rank,
        "score": hit.score,
        "passage_id": passage.id,
        **_document_form(hit.document),
        "heading_path": list(passage.heading_path),
        "page": passage.page,
        "role": passage.role,
        "context": passage.context,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "signals": asdict(hit.signals),
        "practice": _mark_form(hit.practice),
    }


def answer_form(answer: Answer) -> dict[str, Any]:
    """`ask --json`."""
    return {
        "question": answer.question,
        "answer": answer.text,
        "abstained": answer.abstained,
        "reason": answer.reason,
        "mode": answer.mode,
        "confidence": answer.confidence,
        "standalone": answer.standalone or None,
        "sentences": [asdict(sentence) for sentence in answer.sentences],
        "citations": [_citation_form(citation) for citation in answer.citations],
        "hits": [hit_form(hit) for hit in answer.hits],
        "practices": [{**asdict(practice), "text": practice.text} for practice in answer.practices],
        "conflicts": [_conflict_form(conflict) for conflict in answer.conflicts],
        "strategies": [asdict(report) for report in answer.strategies],
        "drafting": asdict(answer.drafting) if answer.drafting else None,
        "timings_ms": dict(answer.timings_ms),
        "notes": list(answer.notes),
        "receipt": receipt_form(answer.receipt),
    }


def _conflict_form(conflict: Conflict) -> dict[str, Any]:
    form = asdict(conflict)
    for name, side in (("left", conflict.left), ("right", conflict.right)):
        form[name] = {**form[name], **_document_form(side.document)}
        del form[name]["document"]
    return form


def receipt_form(receipt: Receipt) -> dict[str, Any]:
    """What produced an answer; the fields as they are called, those of the parts nested."""
    return asdict(receipt)


def ingest_form(report: IngestReport) -> dict[str, Any]:
    """`ingest --json`."""
    form = asdict(report)
    for name, records in (("quarantined", report.quarantined), ("ignored", report.ignored)):
        form[name] = [{"root": r.root, "path": r.path, "reason": r.detail} for r in records]
    form["warnings"] = [{"document_id": key, "warning": text} for key, text in report.warnings]
    return form


def _citation_form(citation: Citation) -> dict[str, Any]:
    return {
        "marker": citation.marker,
        "passage_id": citation.passage_id,
        **_document_form(citation.document),
        "heading_path": list(citation.heading_path),
        "page": citation.page,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
        "practice": _mark_form(citation.practice),
    }


def _mark_form(mark: PracticeMark | None) -> dict[str, Any] | None:
    return asdict(mark) if mark else None


def _document_form(document: DocumentInfo) -> dict[str, Any]:
    return {
        "document_id": document.id,
        "source": document.source,
        "title": document.title,
        "status": document.status,
        "published": document.published,
    }
