"""How well a paper's structure is parsed: headings, page numbers of quotes, sentences across columns and pages.

Everything is compared by letters and digits alone, so that hyphens and line ends do not count.
"""

import json
import re
import time
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pypdfium2 import PdfDocument
from sota_rag.index.blocks import BlockKind
from sota_rag.index.errors import QuarantineError
from sota_rag.ingest.loaders import LoadedDocument, load
from sota_rag.ingest.metadata import DocumentMeta

GOLD = Path(__file__).parent / "papers"
CONTEXT_WORDS = 10
# Of a paper's running text at most this many words in a row are kept in the result file.
KEPT_WORDS = 6

_NUMBERING = re.compile(r"^(?:appendix\s+)?(?:[a-z]|[ivx]+|\d+)(?:\.\d+)*[.:]?\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Letters:
    """Letters and digits of a text, case-folded, with the offset of each: for search across hyphens and line ends."""

    text: str
    offsets: list[int]

    @staticmethod
    def of(text: str) -> "Letters":
        """Letters of a text; compatibility forms such as ligatures are spelt out."""
        pairs = [
            (letter, offset)
            for offset, character in enumerate(text)
            for letter in unicodedata.normalize("NFKC", character).casefold()
            if letter.isalnum()
        ]
        return Letters("".join(letter for letter, _ in pairs), [offset for _, offset in pairs])


@dataclass(frozen=True, slots=True)
class Heading:
    """A section heading of the gold or of the parser; pages count from 1."""

    page: int
    title: str

    def keys(self) -> set[str]:
        """The title in lower case without punctuation, with its numbering and without."""
        lower = " ".join(unicodedata.normalize("NFKC", self.title).casefold().split())
        forms = (lower, _NUMBERING.sub("", lower))
        return {" ".join("".join(c for c in form if c.isalnum() or c == " ").split()) for form in forms}

    def spaceless(self) -> set[str]:
        """The keys without their spaces."""
        return {key.replace(" ", "") for key in self.keys()}


def gold(name: str) -> Any:
    """One of the gold files: its entries."""
    form = json.loads((GOLD / f"{name}.json").read_text(encoding="utf-8"))
    return form["papers"] if "papers" in form else form["items"]


def gold_headings(path: Path, entry: dict[str, Any]) -> list[Heading]:
    """Headings of a paper: those listed by hand, or its own outline with the corrections and additions."""
    if not entry.get("outline"):
        return [Heading(page, title) for page, title in entry["headings"]]
    corrections = entry.get("corrections", {})
    headings = []
    pdf = PdfDocument(path)
    try:
        for mark in pdf.get_toc():
            title, target = mark.get_title(), mark.get_dest()
            page = target.get_index() if target else None
            fix = corrections.get(title, {})
            if page is not None:
                headings.append(Heading(fix.get("page", page + 1), fix.get("title", title)))
    finally:
        pdf.close()
    return headings + [Heading(page, title) for page, title in entry.get("added", [])]


def match_headings(expected: list[Heading], found: list[Heading], entry: dict[str, Any]) -> dict[str, Any]:
    """Which headings were found (same title, page off by one at most), which were missed, which are none."""
    left, missed, spacing = list(found), [], []
    for heading in expected:
        near = [other for other in left if abs(other.page - heading.page) <= 1]
        near.sort(key=lambda other: abs(other.page - heading.page))
        same = next((other for other in near if heading.keys() & other.keys()), None)
        alike = same or next((other for other in near if heading.spaceless() & other.spaceless()), None)
        if alike:
            left.remove(alike)
        if not same:
            (spacing if alike else missed).append(f"{heading.page}: {heading.title}")
    title = Letters.of(entry["title"]).text
    optional = [Letters.of(text).text for text in entry.get("optional", [])]

    def counts(heading: Heading) -> bool:
        letters = Letters.of(heading.title).text
        own_title = heading.page == 1 and letters in title
        return not own_title and not any(form.startswith(tuple(optional)) for form in (letters, *heading.spaceless()))

    wrong = [heading for heading in left if counts(heading)]
    hits = len(expected) - len(missed) - len(spacing)
    return {
        "gold": len(expected),
        "found": hits,
        "recall": hits / len(expected),
        "recall_ignoring_spaces": (hits + len(spacing)) / len(expected),
        "precision": (hits + len(spacing)) / max(1, hits + len(spacing) + len(wrong)),
        "missed": missed,
        "spacing_differs": spacing,
        "no_heading": [f"{heading.page}: {' '.join(heading.title.split()[:KEPT_WORDS])}" for heading in wrong],
    }


def parse(path: Path, name: str) -> tuple[LoadedDocument | None, dict[str, Any]]:
    """Read one paper and say how long it took; None and the reason when it was refused."""
    data = path.read_bytes()
    started, cpu_started = time.perf_counter(), time.process_time()
    try:
        loaded = load(path.name, data, document_id=name, source=name, sidecar=None, flags=DocumentMeta())
    except QuarantineError as error:
        return None, {"quarantined": str(error)}
    elapsed_ms, cpu_ms = (time.perf_counter() - started) * 1000, (time.process_time() - cpu_started) * 1000
    pages = len(loaded.layout.sizes) if loaded.layout else 0
    per_page = {"ms_per_page": elapsed_ms, "cpu_ms_per_page": cpu_ms}
    return loaded, {"pages": pages, **{key: round(ms / max(1, pages), 2) for key, ms in per_page.items()}}


def found_headings(loaded: LoadedDocument) -> list[Heading]:
    """What the parser took for headings, with their pages."""
    headings = [block for block in loaded.blocks if block.kind is BlockKind.HEADING]
    layout = loaded.layout
    return [Heading((layout.page_at(block.start) if layout else None) or 0, block.title) for block in headings]


def judge_quote(item: dict[str, Any], loaded: LoadedDocument, letters: Letters) -> dict[str, Any]:
    """Where the parser has a quote, and on which page it puts it."""
    at = letters.text.find(Letters.of(item["quote"]).text)
    page = loaded.layout.page_at(letters.offsets[at]) if at >= 0 and loaded.layout else None
    return {**item, "page_found": page, "right": page == item["page"]}


def judge_join(item: dict[str, Any], loaded: LoadedDocument, letters: Letters) -> dict[str, Any]:
    """Whether the words before and after a join are neighbours; prints the text around it."""
    before, after = Letters.of(item["before"]).text, Letters.of(item["after"]).text
    at = letters.text.find(before + after)
    cut = (at if at >= 0 else letters.text.find(before)) + len(before) - 1
    end = letters.offsets[cut] + 1 if cut >= len(before) - 1 else None
    text = loaded.document.text
    if end is None:
        shown = "(the words before the join are not in the text)"
    else:
        left, right = text[:end].split()[-CONTEXT_WORDS:], text[end : end + 400].split()[:CONTEXT_WORDS]
        mark = " ‖ " if text[end].isspace() else "‖"  # no spaces: the join runs through a word
        shown = f"{' '.join(left)}{mark}{' '.join(right)}"
    print(f"{'joined' if at >= 0 else 'BROKEN'}  {item['file']} page {item['page']}, {item['between']}: {shown}")
    return {**item, "joined": at >= 0}


def measure_parsing(papers: Path) -> dict[str, Any]:
    """Parts that need no index: headings, quotes and joins of every paper."""
    headings, files, documents = gold("headings"), {}, {}
    row = "{:<28} {:>5} {:>5} {:>6} {:>7} {:>9} {:>9} {:>8}"
    print(row.format("file", "pages", "gold", "found", "recall", "unspaced", "precision", "cpu ms/p"))
    for name, entry in headings.items():
        loaded, report = parse(papers / name, name)
        expected = gold_headings(papers / name, entry)
        report |= match_headings(expected, found_headings(loaded) if loaded else [], entry)
        files[name] = report
        if loaded:
            documents[name] = (loaded, Letters.of(loaded.document.text))
            report["warnings"] = list(loaded.warnings)
        cells = [f"{report[key]:.3f}" for key in ("recall", "recall_ignoring_spaces", "precision")]
        cells.append(str(report.get("cpu_ms_per_page", "refused")))
        print(row.format(name, report.get("pages", "-"), report["gold"], report["found"], *cells))
    quotes = [judge_quote(item, *documents[item["file"]]) for item in gold("quotes") if item["file"] in documents]
    for item in (item for item in quotes if not item["right"]):
        print(f"page wrong: {item['file']} page {item['page']}, not {item['page_found']}: {item['quote']!r}")
    joins = [judge_join(item, *documents[item["file"]]) for item in gold("joins") if item["file"] in documents]
    total, found = (sum(report[key] for report in files.values()) for key in ("gold", "found"))
    spacing, wrong = (sum(len(r[key]) for r in files.values()) for key in ("spacing_differs", "no_heading"))
    read = [report for report in files.values() if "pages" in report]
    pages = sum(report["pages"] for report in read)
    times = {
        key: round(sum(report["pages"] * report[key] for report in read) / max(1, pages), 2)
        for key in ("ms_per_page", "cpu_ms_per_page")
    }
    totals = {
        "heading_recall": round(found / total, 4),
        "heading_recall_ignoring_spaces": round((found + spacing) / total, 4),
        "heading_precision": round((found + spacing) / max(1, found + spacing + wrong), 4),
        "gold_headings": total,
        "pages": pages,
        **times,
        "quotes_on_the_right_page": f"{sum(item['right'] for item in quotes)} of {len(gold('quotes'))}",
        "joined": f"{sum(item['joined'] for item in joins)} of {len(gold('joins'))}",
    }
    return {"totals": totals, "files": files, "quotes": quotes, "joins": joins}
