"""The JSON forms of `sota-rag corpus`."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ..index.blocks import Block
from ..index.types import DocumentInfo, Passage
from ..ingest.findings import Finding, count_by_severity
from ..ingest.stats import CorpusStats
from .corpus_lookup import Subject
from .corpus_show import around


def stats_form(stats: CorpusStats) -> dict[str, Any]:
    """`corpus stats --json`."""
    form = asdict(stats)
    form["years"] = {str(year or "undated"): count for year, count in stats.years.items()}
    names = ("p5", "p50", "p95")
    form["token_quantiles"] = dict(zip(names, stats.token_quantiles, strict=True)) if stats.token_quantiles else None
    form["duplicates"] = dict(stats.duplicates)
    form["largest"], form["smallest"] = dict(stats.largest), dict(stats.smallest)
    for key, pair in (("oldest", stats.oldest), ("newest", stats.newest)):
        form[key] = {"published": pair[0], "document_id": pair[1]} if pair else None
    return form


def lint_form(findings: Sequence[Finding], checked: int) -> dict[str, Any]:
    """`corpus lint --json`."""
    return {
        "checked": checked,
        "counts": {str(severity): count for severity, count in count_by_severity(findings).items()},
        "findings": [
            {"severity": finding.severity, **asdict(finding), "remedy": finding.check.remedy} for finding in findings
        ],
    }


def listing_form(documents: Sequence[DocumentInfo], passages: Sequence[int]) -> dict[str, Any]:
    """`corpus show --json` without a document."""
    pairs = zip(documents, passages, strict=True)
    return {"documents": [{**asdict(info), "passages": count} for info, count in pairs]}


def subject_form(subject: Subject, *, text: bool = False) -> dict[str, Any]:
    """`corpus show DOC --json`; the text only where it was asked for."""
    layout = subject.layout
    form: dict[str, Any] = {
        "document": asdict(subject.document.info),
        "origin": subject.origin,
        "characters": len(subject.document.text),
        "pages": [list(size) for size in layout.sizes] if layout else None,
        "warnings": list(subject.warnings),
        "blocks": [_block_form(block, subject) for block in subject.blocks],
        "passages": [asdict(passage) for passage in subject.passages],
    }
    if text:
        form["text"] = subject.document.text
    return form


def at_form(subject: Subject, offset: int) -> dict[str, Any]:
    """`corpus show DOC --at OFFSET --json`."""
    block, passage = around(subject.blocks, offset), around(subject.passages, offset)
    layout = subject.layout
    return {
        "document_id": subject.document.info.id,
        "offset": offset,
        "page": layout.page_at(offset) if layout else None,
        "block": _block_form(block, subject) | _regions(block, subject) if isinstance(block, Block) else None,
        "passage": asdict(passage) | _regions(passage, subject) if isinstance(passage, Passage) else None,
    }


def _block_form(block: Block, subject: Subject) -> dict[str, Any]:
    return {**asdict(block), "page": subject.layout.page_at(block.start) if subject.layout else None}


def _regions(span: Block | Passage, subject: Subject) -> dict[str, Any]:
    regions = subject.layout.regions(span.start, span.end) if subject.layout else []
    return {"regions": [asdict(region) for region in regions]}
