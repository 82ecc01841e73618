"""Measure how PDF papers are parsed and found: `python benchmarks/papers.py PAPERS_DIR [--guides DIR] [--index DIR]`.

The gold in `benchmarks/papers/` was made from rendered pages and the files' own outlines, without looking at what the
parser gives. Parsing: section headings, page numbers of short quotes, sentences that go on in the next column or on
the next page. Retrieval, on an index of the papers and the guides: running heads inside passages, values of tables in
the first five hits, entries of reference lists among the first ten hits of questions on content.
"""

import argparse
import json
import platform
import re
import subprocess
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from papers_parsing import gold, measure_parsing
from sota_rag.app.compose import open_retriever, run_ingestion
from sota_rag.app.settings import Settings
from sota_rag.app.terminal import TerminalProgress
from sota_rag.index import Retriever
from sota_rag.index.builder import software_version
from sota_rag.index.types import Passage, Role

HERE = Path(__file__).parent
TABLE_HITS, QUESTION_HITS, DOCUMENTS, DEEP_HITS = 5, 10, 10, 200
RUNNING_HEAD_LIMIT = 1 / 500
SHORT_LINE, LONG_LINE = 120, 500

# What entries of bibliographies are made of; running text that cites has one of these now and then, an entry several.
_ENTRY_SIGNS = [
    re.compile(pattern)
    for pattern in (
        r"^\[\d+\] ?[A-Z]",
        r"\b[Aa]r[Xx]iv(?:\.org|:\d| preprint)|\bCoRR\b|\babs/\d{4}\.",
        r"\b[Ii]n:? (?:Proceedings|Proc\.|Advances|International|Findings|Annual|Conference|[A-Z]{4,})",
        r"\bpages? \d+|\bpp\. ?\d+|\d+\(\d+\)|\b\d+:\d+[-–]\d+",
        r"https?://|\bdoi\b|\bURL\b",
        r"(?:\b[A-Z]\. ?(?:[A-Z]\. ?)?[A-Z][a-zà-ž]+,? ){2}|(?:\b[A-Z][a-zà-ž]+, [A-Z]\.(?:[;,]| and)? ?){2}",
        r"(?:\b[A-Z][\w.-]+ (?:[A-Z]\. ?)?[A-Z][\w-]+, ){2,}",
        r"[.,(] ?(?:19|20)\d\d[a-z]?\)?\.(?: |$)",
    )
]


def looks_like_references(text: str) -> bool:
    """Whether most of a passage is bibliography entries, judged by its letters alone."""
    lines = [line for line in text.splitlines() if line.strip()]
    return 2 * sum(len(line) for line in lines if _looks_like_entry(line)) > sum(map(len, lines))


def _looks_like_entry(line: str) -> bool:
    """Whether a line is an entry, or part of one; the longer it is, the more signs running text has by chance."""
    signs = sum(bool(sign.search(line)) for sign in _ENTRY_SIGNS)
    return signs >= 1 + (len(line) >= SHORT_LINE) + (len(line) >= LONG_LINE)


def measure_retrieval(retriever: Retriever, *, guides: bool) -> dict[str, Any]:
    """Parts that need an index: running heads, values of tables, reference lists among the hits."""
    retriever.search("warm up")
    return {
        "running_heads": measure_running_heads(retriever),
        "tables": measure_tables(retriever, guides=guides),
        "content_questions": measure_questions(retriever),
    }


def measure_running_heads(retriever: Retriever) -> dict[str, Any]:
    """Share of the papers' passages that hold a running head or the stamp along the first page."""
    strings = {item["file"]: item["strings"] for item in gold("running_heads")}
    total, spoilt = 0, []
    for info in retriever.documents():
        heads = next((heads for file, heads in strings.items() if same_file(info.id, file)), None)
        if heads is not None:
            passages = retriever.view().passages(info.id)
            total += len(passages)
            spoilt += [p.id for p in passages if any(head in " ".join(p.text.split()) for head in heads)]
    share = len(spoilt) / max(1, total)
    print(f"running heads: {len(spoilt)} of {total} passages, share {share:.4f}, limit {RUNNING_HEAD_LIMIT}")
    return {"passages": total, "share": round(share, 5), "limit": RUNNING_HEAD_LIMIT, "with_running_head": spoilt}


def same_file(document_id: str, file: str) -> bool:
    """Whether a document is the file that the gold means; file names are unique among papers and guides."""
    return document_id.endswith(f"/{Path(file).name}")


def measure_tables(retriever: Retriever, *, guides: bool) -> dict[str, Any]:
    """Whether the value stands in the text of the first hits, in the file that has it."""
    rows = []
    for item in gold("tables"):
        if item["corpus"] == "papers" or guides:
            hits = retriever.search(item["query"], TABLE_HITS).hits
            value = re.compile(rf"(?<![\d.]){re.escape(item['value'])}(?!\d|\.\d)")
            ranks = [h.rank for h in hits if same_file(h.document.id, item["file"]) and value.search(h.passage.text)]
            rows.append({**item, "rank": min(ranks, default=None)})
            print(f"table value at rank {rows[-1]['rank']}: {item['query']} → {item['value']}")
    found = {kind: [row["rank"] is not None for row in rows if row["corpus"] == kind] for kind in ("papers", "guides")}
    return {**{kind: f"{sum(hits)} of {len(hits)}" for kind, hits in found.items()}, "queries": rows}


def measure_questions(retriever: Retriever) -> dict[str, Any]:
    """How many of the first ten hits are entries of reference lists, and whether the answering paper is found."""
    rows, declared, missed = [], [], []
    total = 0
    for item in gold("content_questions"):
        hits = retriever.search(item["question"], DEEP_HITS).hits
        documents = list(dict.fromkeys(hit.document.id for hit in hits))[:DOCUMENTS]
        first: list[Passage] = [hit.passage for hit in hits[:QUESTION_HITS]]
        total += len(first)
        entries = [p.id for p in first if p.role is Role.REFERENCES]
        # Guides have tables full of citations on purpose; only papers have lists of references.
        papers = [p for p in first if p.document_id.endswith(".pdf") and p.role is not Role.REFERENCES]
        more = [p.id for p in papers if looks_like_references(p.text)]
        declared, missed = declared + entries, missed + more
        ranks = [rank for rank, name in enumerate(documents, 1) if same_file(name, item["file"])]
        rows.append({**item, "document_rank": min(ranks, default=None), "references": entries, "look_alike": more})
    answered = sum(row["document_rank"] is not None for row in rows)
    print(f"reference lists: {len(declared)} hits of {total} by role, {len(missed)} more by their looks: {missed}")
    print(f"the answering paper is among the first {DOCUMENTS} documents: {answered} of {len(rows)} questions")
    return {
        "hits": total,
        "share_from_references": round((len(declared) + len(missed)) / max(1, total), 4),
        "share_by_role": round(len(declared) / max(1, total), 4),
        "answering_file_among_documents": round(answered / len(rows), 4),
        "questions": rows,
    }


def commit() -> str:
    """The checked-out commit, with `+` when tracked files differ from it."""

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=HERE, capture_output=True, text=True, check=True).stdout.strip()

    return git("rev-parse", "HEAD") + ("+" if git("status", "--porcelain", "--untracked-files=no") else "")


def retrieval(settings: Settings, roots: Iterable[Path], *, guides: bool) -> dict[str, Any]:
    """Measure on the index of the settings, which is made first unless it exists."""
    if not (settings.index / "CURRENT").exists():
        report = run_ingestion(settings, roots, progress=TerminalProgress())
        print(f"{report.documents} documents, {report.passages} passages in {report.seconds['total']:.0f} s")
    with open_retriever(settings) as retriever:
        return measure_retrieval(retriever, guides=guides)


def main() -> None:
    """Measure, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("papers", type=Path, help="folder that holds classic/ and recent/")
    parser.add_argument("--guides", type=Path, help="folder of the nlp-progress guides")
    parser.add_argument("--index", type=Path, help="index to make, or to use as it is; a temporary one by default")
    parser.add_argument("--parsing-only", action="store_true", help="leave out everything that needs an index")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "papers.json")
    arguments = parser.parse_args()
    result: dict[str, Any] = {
        "software": software_version(),
        "commit": commit(),
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
        "parsing": measure_parsing(arguments.papers),
    }
    print(json.dumps(result["parsing"]["totals"], indent=1))
    if not arguments.parsing_only:
        roots = [arguments.papers, *([arguments.guides] if arguments.guides else [])]
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(index=arguments.index or Path(folder) / "index")
            result["settings"] = settings.model_dump(mode="json", exclude={"index", "papers"})
            result["retrieval"] = retrieval(settings, roots, guides=arguments.guides is not None)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
