"""Pictures cut back to what they show: a graphic's box may reach over the running text around it."""

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
_LEAST = 0.08
"""Share of its box that a picture keeps at least; one that is text throughout is a frame and stays whole."""
_MAX_PICTURES = 100


@dataclass(frozen=True, slots=True)
class BodyText:
    """How running text looks: font, size in points, and width of a full line."""

    style: str
    size: float
    width: float

    def is_full_line(self, run: Run) -> bool:
        """Whether a run is a whole line of it."""
        return self.looks_like(run) and len(run.text) >= _PROSE and run.box.width >= _FULL * self.width

    def looks_like(self, run: Run) -> bool:
        """Whether a run is set in its font and size."""
        return run.style == self.style and abs(run.size - self.size) < 0.15


def body_text(pages: Sequence[Page]) -> BodyText:
    """The look that most characters have, and how wide its lines usually are."""
    looks: Counter[tuple[str, float]] = Counter()
    for page in pages:
        for run in page.runs:
            looks[run.style, round(run.size, 1)] += len(run.text)
    if not looks:
        return BodyText("", 0.0, 0.0)
    style, size = looks.most_common(1)[0][0]
    likely = BodyText(style, size, 0.0)
    widths = Counter(
        round(run.box.width / 2)
        for page in pages
        for run in page.runs
        if len(run.text) >= _PROSE and likely.looks_like(run)
    )
    return replace(likely, width=2.0 * widths.most_common(1)[0][0]) if widths else replace(likely, width=page_width(pages))


def page_width(pages: Sequence[Page]) -> float:
    """Width of the widest page."""
    return max(page.width for page in pages)


def without_text(page: Page, body: BodyText) -> Page:
    """The page with each picture cut to its largest part without lines of running text."""
    if not page.pictures:
        return page
    likely = sorted((run for run in page.runs if body.looks_like(run)), key=lambda run: (run.baseline, run.box.x0))
    if not any(body.is_full_line(run) for run in likely):
        return page
    kept = [_cut(box, likely, body) for box in page.pictures[:_MAX_PICTURES]]
    return replace(page, pictures=kept + page.pictures[_MAX_PICTURES:])


def _cut(box: Box, likely: Sequence[Run], body: BodyText) -> Box:
    inside = _running(
        [run for run in likely if box.holds((run.box.x0 + run.box.x1) / 2, (run.box.y0 + run.box.y1) / 2)], body
    )
    if len(inside) < _MIN_INSIDE:
        return box
    edges = [box.y0]
    for run in inside:
        edges += [run.box.y0, run.box.y1]
    edges.append(box.y1)
    strips = [Box(box.x0, top, box.x1, bottom) for top, bottom in zip(edges[::2], edges[1::2], strict=True)]
    strips.append(Box(box.x0, box.y0, min(run.box.x0 for run in inside), box.y1))
    strips.append(Box(max(run.box.x1 for run in inside), box.y0, box.x1, box.y1))
    largest = max(strips, key=lambda strip: max(0.0, strip.width) * max(0.0, strip.height))
    large = largest.width * largest.height >= _LEAST * box.width * box.height
    return largest if large else box


def _running(likely: Sequence[Run], body: BodyText) -> list[Run]:
    """Full lines of running text, and the short ones right below them that end their paragraphs."""
    found: list[Run] = []
    last: dict[int, Run] = {}
    for run in likely:
        place = round(run.box.x0 / 8)
        above = next((last[near] for near in (place, place - 1, place + 1) if near in last), None)
        ends = above is not None and 0 < run.baseline - above.baseline < _LEADING * run.size
        if body.is_full_line(run) or ends:
            found.append(run)
            last[place] = run
    return found


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
