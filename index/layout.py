"""Where a paged document's text stands on its pages, so that a viewer can mark a passage."""

import json
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class PageSpan:
    """A run of text on one line of a page, with its box.

    Attributes:
        start: first code point in the canonical text.
        end: one past the last.
        page: 1-based.
        x0: left edge, in points from the page's left.
        y0: upper edge, in points from the page's top.
        x1: right edge.
        y1: lower edge.
    """

    start: int
    end: int
    page: int
    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Pages and the boxes of every line on them.

    Attributes:
        sizes: width and height of each page in points (1/72 inch), in order.
        spans: by `start`, not overlapping; text in none of them (joins, separators) stands nowhere.
    """

    sizes: tuple[tuple[float, float], ...]
    spans: tuple[PageSpan, ...]

    def page_at(self, offset: int) -> int | None:
        """Page of the first text at or after an offset; of the last text when there is none after it."""
        index = self._first_after(offset)
        if index < len(self.spans):
            return self.spans[index].page
        return self.spans[-1].page if self.spans else None

    def regions(self, start: int, end: int) -> list[PageSpan]:
        """The boxes of `text[start:end]`, lines that are only partly within it cut in proportion."""
        return list(self._regions(start, end))

    def _regions(self, start: int, end: int) -> Iterator[PageSpan]:
        for index in range(self._first_after(start), len(self.spans)):
            span = self.spans[index]
            if span.start >= end or start >= end:
                return
            if span.y1 - span.y0 > span.x1 - span.x0 and span.end - span.start > 1:
                yield span  # a turned line is not cut: which way it runs is unknown
                continue
            width = (span.x1 - span.x0) / max(1, span.end - span.start)
            first, last = max(start, span.start), min(end, span.end)
            x0, x1 = span.x0 + (first - span.start) * width, span.x1 - (span.end - last) * width
            yield PageSpan(first, last, span.page, round(x0, 1), span.y0, round(x1, 1), span.y1)

    def _first_after(self, offset: int) -> int:
        """Position of the first span that ends after an offset."""
        return bisect_right(self.spans, offset, key=lambda span: span.end)

    def to_json(self) -> str:
        """As stored: sizes, and seven numbers a span."""
        spans = [[s.start, s.end, s.page, s.x0, s.y0, s.x1, s.y1] for s in self.spans]
        return json.dumps({"sizes": self.sizes, "spans": spans}, separators=(",", ":"))

    @classmethod
    def from_json(cls, stored: str) -> Self:
        """Read what `to_json` wrote."""
        form = json.loads(stored)
        return cls(tuple((w, h) for w, h in form["sizes"]), tuple(PageSpan(*span) for span in form["spans"]))
