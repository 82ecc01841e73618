"""Pictures cut back to what they show: a graphic's box may reach over the running text around it."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .page import Box, Page, Run

_PROSE = 24
"""Characters from which a run is taken for running text."""
_TOLERANCE = 3.0
_MIN_BESIDE = 4
_MIN_INSIDE = 2
_FULL = 0.9
_LEADING = 1.6
_JUSTIFIED = 4
_LEAST_OF_TEXT = 0.02
_LEAST = 0.08
"""Share of its box that a part of a picture has at least; one that is text throughout is a frame and stays whole."""
_MAX_PICTURES = 100


@dataclass(frozen=True, slots=True)
class BodyText:
    """How running text looks: its fonts and sizes in points, and the width of a full line."""

    looks: frozenset[tuple[str, float]]
    width: float

    def looks_like(self, run: Run) -> bool:
        """Whether a run is set in one of its fonts and sizes."""
        return (run.style, round(run.size, 1)) in self.looks


def body_text(pages: Sequence[Page]) -> BodyText:
    """The look that most characters have, its smaller sizes, and how wide its lines usually are."""
    looks: Counter[tuple[str, float]] = Counter()
    for page in pages:
        for run in page.runs:
            if run.mono < 0.5:
                looks[run.style, round(run.size, 1)] += len(run.text)
    least = _LEAST_OF_TEXT * sum(looks.values())
    usual = looks.most_common(1)
    if not usual:
        return BodyText(frozenset(), 0.0)
    widths = Counter(
        round(run.box.width / 2)
        for page in pages
        for run in page.runs
        if len(run.text) >= _PROSE and (run.style, round(run.size, 1)) == usual[0][0]
    )
    width = 2.0 * widths.most_common(1)[0][0] if widths else max(page.width for page in pages)
    family = _family(usual[0][0][0])
    return BodyText(
        frozenset(look for look, times in looks.items() if times >= least and _family(look[0]) == family), width
    )


def _family(style: str) -> str:
    """A font's name without the size it was designed for, as in CMR10."""
    return style.rstrip("0123456789")


def without_text(page: Page, body: BodyText) -> Page:
    """The page with each picture cut to the parts without lines of running text."""
    if not page.pictures:
        return page
    likely = sorted((run for run in page.runs if body.looks_like(run)), key=lambda run: (run.baseline, run.box.x0))
    running = _running(likely, body)
    if not running:
        return page
    kept = [part for box in page.pictures[:_MAX_PICTURES] for part in _cut(box, running)]
    return replace(page, pictures=kept + page.pictures[_MAX_PICTURES:])


def _cut(box: Box, running: Sequence[Run]) -> list[Box]:
    """What is left of a picture above, between and below running text, or beside it."""
    inside = [run for run in running if box.holds((run.box.x0 + run.box.x1) / 2, (run.box.y0 + run.box.y1) / 2)]
    if len(inside) < _MIN_INSIDE:
        return [box]
    inside.sort(key=lambda run: run.baseline)
    edges = [box.y0]
    for run in inside:
        edges += [run.box.y0, run.box.y1]
    edges.append(box.y1)
    bands = [Box(box.x0, top, box.x1, bottom) for top, bottom in zip(edges[::2], edges[1::2], strict=True)]
    sides = [
        Box(box.x0, box.y0, min(run.box.x0 for run in inside), box.y1),
        Box(max(run.box.x1 for run in inside), box.y0, box.x1, box.y1),
    ]
    least = _LEAST * _area(box)
    chosen = max(bands, sides, key=lambda parts: max(map(_area, parts)))
    return [part for part in chosen if _area(part) >= least] or [box]


def _area(box: Box) -> float:
    return max(0.0, box.width) * max(0.0, box.height)


def _running(likely: Sequence[Run], body: BodyText) -> list[Run]:
    """Full lines of running text, and the short ones right below them that end their paragraphs.

    A line is full when it is as wide as a column, or begins and ends where several others do.
    """
    extents: Counter[tuple[int, int]] = Counter()
    for run in likely:
        if len(run.text) >= _PROSE:
            left, right = _extent(run)
            extents.update((left + x, right + y) for x in (-1, 0, 1) for y in (-1, 0, 1))
    found: list[Run] = []
    last: dict[int, Run] = {}
    for run in likely:
        place = round(run.box.x0 / 8)
        above = next((last[near] for near in (place, place - 1, place + 1) if near in last), None)
        ends = above is not None and 0 < run.baseline - above.baseline < _LEADING * run.size
        long = len(run.text) >= _PROSE
        if ends or (long and (run.box.width >= _FULL * body.width or extents[_extent(run)] >= _JUSTIFIED)):
            found.append(run)
            last[place] = run
    return found + _first_lines(likely, found)


def _first_lines(likely: Sequence[Run], found: Sequence[Run]) -> list[Run]:
    """What ends right above the end of a full line, behind a paragraph's indent or bold beginning."""
    known = {id(run) for run in found}
    ends: dict[int, list[float]] = {}
    for run in found:
        ends.setdefault(round(run.box.x1 / 2), []).append(run.baseline)
    first: list[Run] = []
    for run in likely:
        if id(run) in known or len(run.text) < _PROSE:
            continue
        below = [
            baseline
            for at in (-1, 0, 1)
            if (baselines := ends.get(round(run.box.x1 / 2) + at))
            for baseline in baselines[bisect_right(baselines, run.baseline) :][:1]
        ]
        if any(baseline - run.baseline < _LEADING * run.size for baseline in below):
            first.append(run)
    return first


def _extent(run: Run) -> tuple[int, int]:
    return round(run.box.x0 / 2), round(run.box.x1 / 2)


def without_overhang(page: Page, gutter: float | None) -> Page:
    """The page with pictures cut at the gutter where running text stands beside them: their margins overhang."""
    if gutter is None:
        return page
    prose = [run for run in page.runs if len(run.text) >= _PROSE and not run.box.x0 < gutter < run.box.x1]
    pictures: list[Box] = []
    for box in page.pictures:
        if box.x0 < gutter - _TOLERANCE and box.x1 > gutter + _TOLERANCE:
            right = (box.x0 + box.x1) / 2 > gutter
            beside = sum(
                1
                for run in prose
                if box.y0 < run.baseline < box.y1
                and (run.box.x0 > gutter) != right
                and not box.x0 < (run.box.x0 + run.box.x1) / 2 < box.x1
            )
            if beside >= _MIN_BESIDE:
                box = Box(gutter, box.y0, box.x1, box.y1) if right else Box(box.x0, box.y0, gutter, box.y1)
        pictures.append(box)
    return replace(page, pictures=pictures)
