"""Statistics and findings of a corpus, in lines for a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from ..ingest.findings import Finding, Severity, count_by_severity
from ..ingest.stats import HISTOGRAM_STEP, CorpusStats
from .terminal import bar, excerpt, line_width, table, wrapped

_SHOWN = 10
_REMARKS_SHOWN = 3


def stats_lines(stats: CorpusStats) -> list[str]:
    """All numbers, the most asked for first."""
    return [
        *table(_totals(stats), indent=""),
        *_bars("passages by tokens", _histogram(stats)),
        *_bars("text by kind of block", stats.text_shares, percent=True),
        *_bars("documents by year", {str(year or "undated"): count for year, count in stats.years.items()}),
        *_listing("largest documents, in passages", [(str(count), key) for key, count in stats.largest]),
        *_listing("smallest documents, in passages", [(str(count), key) for key, count in stats.smallest]),
        *_listing("set aside", [(str(count), reason) for reason, count in stats.reasons.items()]),
        *_listing("duplicates", [(key, f"same text as {original}") for key, original in stats.duplicates]),
        *_listing("undated", [("", key) for key in stats.undated]),
    ]


def _totals(stats: CorpusStats) -> list[tuple[str, str]]:
    levels = ", ".join(f"{count:,} of level {level}" for level, count in stats.headings.items())
    atomic = ", ".join(
        f"{found.count:,} {kind if kind == 'code' or found.count == 1 else kind + 's'}"
        + (f" ({found.cut:,} cut, larger than the window)" if found.cut else "")
        for kind, found in stats.atomic.items()
    )
    rows = [
        ("generation", stats.generation),
        ("documents", f"{stats.documents:,}: {_counts(stats.kinds)}"),
        ("formats", _counts(stats.formats)),
        ("statuses", _counts(stats.statuses)),
        ("dates", _dates(stats)),
        ("files", _counts(stats.files)),
        ("text", f"{stats.characters:,} characters"),
        ("passages", f"{stats.passages:,}: {_counts(stats.roles)}"),
        ("tokens", f"{stats.tokens:,} word pieces{_quantiles(stats.token_quantiles)}"),
        ("headings", levels or "none"),
        ("kept whole", atomic),
    ]
    return [(label, value) for label, value in rows if value]


def _dates(stats: CorpusStats) -> str:
    if stats.oldest is None or stats.newest is None:
        return "none"
    (first, oldest), (last, newest) = stats.oldest, stats.newest
    undated = f"; {len(stats.undated):,} undated" if stats.undated else ""
    return f"{first} ({oldest}) to {last} ({newest}){undated}"


def _quantiles(quantiles: Sequence[float]) -> str:
    if not quantiles:
        return ""
    p5, median, p95 = quantiles
    return f"; a passage has {median:.0f} (median), 9 in 10 have {p5:.0f} to {p95:.0f}"


def _histogram(stats: CorpusStats) -> dict[str, int]:
    if not stats.histogram:
        return {}
    bounds = range(0, max(stats.histogram) + 1, HISTOGRAM_STEP)
    return {f"{low}–{low + HISTOGRAM_STEP - 1}": stats.histogram.get(low, 0) for low in bounds}


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _bars(title: str, values: Mapping[str, float], *, percent: bool = False) -> list[str]:
    if not values:
        return []
    most, wide = max(values.values()), max(map(len, values))
    shown = [(f"{value:.1%}" if percent else f"{value:,.0f}") for value in values.values()]
    room = max(map(len, shown))
    lines = [
        f"  {name:>{wide}}  {number:>{room}}  {bar(value / most if most else 0)}".rstrip()
        for (name, value), number in zip(values.items(), shown, strict=True)
    ]
    return ["", title, *lines]


def _listing(title: str, rows: Sequence[tuple[str, str]]) -> list[str]:
    if not rows:
        return []
    wide = max(len(label) for label, _ in rows[:_SHOWN])
    lines = [
        f"  {label:>{wide}}  {excerpt(text, max(30, line_width() - wide - 4))}".rstrip()
        for label, text in rows[:_SHOWN]
    ]
    return ["", title, *lines, *_more(len(rows) - _SHOWN)]


def lint_lines(findings: Iterable[Finding], checked: int) -> list[str]:
    """Findings by code, gravest first, each code with what to do; and a summary."""
    findings = list(findings)
    lines: list[str] = []
    for code, group in groupby(findings, key=lambda finding: finding.code):
        own = list(group)
        check = own[0].check
        shown = _REMARKS_SHOWN if check.severity is Severity.INFO else _SHOWN
        lines += [f"{check.severity} {code} ({len(own):,}): {check.meaning}"]
        lines += [wrapped(_finding_text(finding), "    ") for finding in own[:shown]]
        lines += [*_more(len(own) - shown, "    "), wrapped(f"→ {check.remedy}", "  "), ""]
    return [*lines, summary(findings, checked)]


def summary(findings: Iterable[Finding], checked: int) -> str:
    """Counts by severity, on one line."""
    counts = count_by_severity(findings)
    plural = {Severity.ERROR: "errors", Severity.WARNING: "warnings", Severity.INFO: "remarks"}
    said = ", ".join(
        f"{count:,} {plural[severity][:-1] if count == 1 else plural[severity]}" for severity, count in counts.items()
    )
    return f"{checked:,} {'file' if checked == 1 else 'files'} checked: {said}"


def _finding_text(finding: Finding) -> str:
    place = f":{finding.line}" if finding.line else f" p. {finding.page}" if finding.page else ""
    practice = f" [{finding.practice_id}]" if finding.practice_id else ""
    return f"{finding.document_id}{place}{practice}: {finding.message}"


def _more(left: int, indent: str = "  ") -> list[str]:
    return [f"{indent}and {left:,} more; see them all with --json"] if left > 0 else []
