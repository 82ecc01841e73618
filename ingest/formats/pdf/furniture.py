"""Running heads, page numbers and side stamps: what stands on page after page and belongs to no sentence."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from statistics import median_low

from .page import Page, Run

_EDGE = 0.12
"""Share of the page's height at its top and bottom in which furniture stands."""
_MIN_PAGES = 3
_PROSE = 30
"""Characters from which a run shows where text stands."""
_LONG = 60
"""Characters from which a run is no running head."""
_MIN_RUNS = 4
_ROOM = 1.8
"""Room between a running head and the text, in font sizes."""
_LARGEST = 1.05
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"(?:page\s*)?[-–—]?\s*(?:\d{1,4}|[ivxl]{1,6})\s*[-–—]?(?:\s*(?:of|/)\s*\d{1,4})?", re.IGNORECASE
)
_STAMP = re.compile(r"arXiv:\s?\S+\s.{0,80}\d{4}")

Row = tuple[str, int]


def without_furniture(pages: Sequence[Page]) -> tuple[list[Page], list[str]]:
    """The pages without it, and the texts of side stamps.

    A line at the top or bottom edge is furniture when the same words, numbers aside, stand at the same height on at
    least three pages, or when it is a page number outside of the text.
    """
    rows = [_edge_rows(page) for page in pages]
    seen = Counter(key for page in rows for key in {(text, where) for (text, where), _ in page})
    kept: list[Page] = []
    stamps: list[str] = []
    needed = min(_MIN_PAGES, max(2, len(pages)))
    heads = _running_heads(pages)
    for page, edge in zip(pages, rows, strict=True):
        dropped = heads.get(page.number, set[int]())
        extent = _extent(page)
        for (text, where), runs in edge:
            near = sum(seen[text, where + shift] for shift in (-1, 0, 1))
            if near >= needed or (_is_page_number(runs) and runs[0].baseline in extent):
                dropped.update(id(run) for run in runs)
        own = [run for run in page.turned if _STAMP.match(run.text)]
        stamps += [run.text for run in own]
        outside = {id(run) for run in own}
        kept.append(
            replace(
                page,
                runs=[run for run in page.runs if id(run) not in dropped],
                turned=[run for run in page.turned if id(run) not in outside],
            )
        )
    return kept, stamps


def _running_heads(pages: Sequence[Page]) -> dict[int, set[int]]:
    """Runs of heads whose words change, by page: above the text, at a height that no text ever reaches.

    A head stands at the same height on at least three pages and a third of all; it is no larger than the text, as a
    slide's title is, and leaves more room below than lines do.
    """
    tops = {page.number: top for page in pages if (top := _top_row(page))}
    heights = Counter(round(top[0].baseline / 2) for top in tops.values())
    own = {id(run) for top in tops.values() for run in top}
    text = [run for page in pages for run in page.runs if len(run.text) >= _PROSE and id(run) not in own]
    reached = min((run.baseline for run in text), default=0.0)
    found: dict[int, set[int]] = {}
    for number, top in tops.items():
        height = round(top[0].baseline / 2)
        times = sum(heights[height + shift] for shift in (-1, 0, 1))
        if times >= max(_MIN_PAGES, len(pages) / 3) and top[0].baseline < reached - _ROOM * top[0].size:
            found[number] = {id(run) for run in top}
    # What the first page alone says, such as where a paper has appeared, is no running head.
    first = pages[0].number if pages else 0
    if first in found and _words(tops[first]) not in {_words(top) for number, top in tops.items() if number != first}:
        del found[first]
    return found


def _words(row: Sequence[Run]) -> frozenset[str]:
    """The texts of a row without numbers."""
    return frozenset(text for run in row if (text := _DIGITS.sub("", run.text).strip().casefold()))


def _top_row(page: Page) -> list[Run]:
    """The uppermost row of a page if it is short, small, within the upper edge and apart from what is below."""
    if len(page.runs) < _MIN_RUNS:
        return []
    first = min(run.baseline for run in page.runs)
    row = [run for run in page.runs if run.baseline < first + 2]
    below = min((run.baseline for run in page.runs if run.baseline >= first + 2), default=first)
    usual = median_low(run.size for run in page.runs)
    small = all(run.size <= _LARGEST * usual and len(run.text) <= _LONG for run in row)
    apart = below - first > _ROOM * row[0].size
    return row if small and apart and first < _EDGE * page.height else []


def _edge_rows(page: Page) -> list[tuple[Row, list[Run]]]:
    """Rows at the upper and lower edge: their words without numbers, and their height in steps of 4 points."""
    rows: dict[int, list[Run]] = {}
    for run in page.runs:
        if run.baseline < _EDGE * page.height or run.baseline > (1 - _EDGE) * page.height:
            rows.setdefault(round(run.baseline / 2), []).append(run)
    found: list[tuple[Row, list[Run]]] = []
    for height, runs in rows.items():
        runs.sort(key=lambda run: run.box.x0)
        text = _DIGITS.sub("#", " ".join(run.text for run in runs)).casefold()
        found.append(((text, height // 2), runs))
        if len(runs) > 1:
            # The title of the section changes, the author's name beside it does not.
            found += [
                ((_DIGITS.sub("#", run.text).casefold(), height // 2), [run]) for run in runs if len(run.text) > 3
            ]
    return found


def _is_page_number(runs: list[Run]) -> bool:
    return len(runs) == 1 and bool(_PAGE_NUMBER.fullmatch(runs[0].text))


def _extent(page: Page) -> tuple[float, float]:
    """Baselines of the uppermost and the lowest text."""
    baselines = [run.baseline for run in page.runs]
    return (min(baselines), max(baselines)) if baselines else (0.0, 0.0)
