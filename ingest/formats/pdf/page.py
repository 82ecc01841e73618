"""What is read from a page: runs of characters with their boxes, rules, pictures and drawings.

Coordinates are points in the frame in which the page's text reads upright, origin at its top left; `Frame` leads
back to the page as displayed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from .script import LOWERED, RAISED, SCRIPT_SIZE, superscript

_BULLET = re.compile(r"[•‣◦▪▸►●○■□–—*∗·\-]|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]?")
_BULLET_GAP = 0.25


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; x to the right, y downwards."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """Horizontal extent."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Vertical extent."""
        return self.y1 - self.y0

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies within."""
        return self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1

    def join(self, other: "Box") -> "Box":
        """The smallest rectangle around both."""
        return Box(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))

    def grown(self, margin: float) -> "Box":
        """The rectangle with a margin on every side."""
        return Box(self.x0 - margin, self.y0 - margin, self.x1 + margin, self.y1 + margin)

    def meets(self, other: "Box") -> bool:
        """Whether the two have a point in common."""
        return self.x0 <= other.x1 and other.x0 <= self.x1 and self.y0 <= other.y1 and other.y0 <= self.y1


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive characters on a baseline without a wide gap between them.

    Attributes:
        text: as it reads, single spaces between words.
        box: from the font's ascent to its descent.
        baseline: y on which the first character stands.
        size: font size in points, of most of its characters.
        bold: share of bold characters, 0 to 1.
        italic: share of italic characters.
        mono: share of characters in a fixed-pitch font.
        math: share of characters in a mathematical font, or that are mathematical operators.
        order: position in the page's content stream.
        style: name of the font of its first character, without the subset's prefix.
        bold_until: how many characters at its beginning are bold or italic.
    """

    text: str
    box: Box
    baseline: float
    size: float
    bold: float
    italic: float
    mono: float
    math: float
    order: int
    style: str
    bold_until: int


@dataclass(frozen=True, slots=True)
class Frame:
    """From the frame in which the text reads upright to the page as displayed.

    Attributes:
        width: of the page as displayed, in points.
        height: of the page as displayed.
        quarter_turns: how often the displayed page is turned clockwise to let its text read upright, 0 to 3.
    """

    width: float
    height: float
    quarter_turns: int = 0

    @property
    def upright_size(self) -> tuple[float, float]:
        """Width and height in the frame in which the text is upright."""
        return (self.height, self.width) if self.quarter_turns % 2 else (self.width, self.height)

    def displayed(self, box: Box) -> Box:
        """A box on the page as displayed, clipped to it."""
        if self.quarter_turns == 1:
            box = Box(box.y0, self.height - box.x1, box.y1, self.height - box.x0)
        elif self.quarter_turns == 2:
            box = Box(self.width - box.x1, self.height - box.y1, self.width - box.x0, self.height - box.y0)
        elif self.quarter_turns == 3:
            box = Box(self.width - box.y1, box.x0, self.width - box.y0, box.x1)
        return Box(
            min(max(box.x0, 0.0), self.width),
            min(max(box.y0, 0.0), self.height),
            min(max(box.x1, 0.0), self.width),
            min(max(box.y1, 0.0), self.height),
        )


@dataclass(frozen=True, slots=True)
class Page:
    """A page as read.

    Attributes:
        number: 1-based.
        frame: leads to the page as displayed.
        runs: upright text in content order.
        turned: text that reads in another direction: side stamps, labels of vertical axes.
        rules: thin horizontal lines.
        pictures: images, included graphics, and clusters of drawn lines.
        frames: drawn boxes, filled or not, that are large enough for text.
        unreadable: how many characters have no Unicode value.
    """

    number: int
    frame: Frame
    runs: list[Run]
    turned: list[Run]
    rules: list[Box]
    pictures: list[Box]
    unreadable: int = 0
    frames: list[Box] = field(default_factory=list)

    @property
    def width(self) -> float:
        """Width in the frame of the runs."""
        return self.frame.upright_size[0]

    @property
    def height(self) -> float:
        """Height in the frame of the runs."""
        return self.frame.upright_size[1]


@dataclass(slots=True, eq=False)
class Line:
    """Runs on a common baseline, left to right.

    Compared and hashed by identity: two lines may look the same.
    """

    page: int
    runs: list[Run]
    box: Box
    baseline: float
    size: float
    text: str = ""
    bold: float = 0.0
    italic: float = 0.0
    mono: float = 0.0
    math: float = 0.0

    def settle(self) -> "Line":
        """Order the runs and compute what depends on all of them."""
        runs = self.runs
        if len(runs) > 1:
            runs.sort(key=lambda run: (run.box.x0, run.order))
            if _is_large_bullet(runs[0], runs[1]):
                self.size = max(run.size for run in runs[1:])
        self.text = joined(runs, self.baseline, self.size)
        total = sum(len(run.text) for run in runs) or 1
        self.bold = sum(run.bold * len(run.text) for run in runs) / total
        self.italic = sum(run.italic * len(run.text) for run in runs) / total
        self.mono = sum(run.mono * len(run.text) for run in runs) / total
        self.math = sum(run.math * len(run.text) for run in runs) / total
        return self

    @property
    def middle(self) -> tuple[float, float]:
        """Centre of the box."""
        return (self.box.x0 + self.box.x1) / 2, (self.box.y0 + self.box.y1) / 2

    @property
    def style(self) -> str:
        """Font of the longest run."""
        return max(self.runs, key=lambda run: len(run.text)).style


def _is_large_bullet(first: Run, following: Run) -> bool:
    """Whether an item's bullet or number is set larger than the item."""
    apart = following.box.x0 - first.box.x1 > _BULLET_GAP * following.size
    return apart and first.size > following.size and not first.math and bool(_BULLET.fullmatch(first.text))


def joined(runs: list[Run], baseline: float, size: float) -> str:
    """Text of runs side by side; a space where there is a gap, scripts marked as such."""
    parts = [runs[0].text]
    if len(runs) > 1 and runs[0].size < SCRIPT_SIZE * size and runs[0].baseline < baseline - RAISED * size:
        # The mark of a footnote.
        parts.append(" ")
    for before, after in pairwise(runs):
        apart = after.box.x0 - before.box.x1 > 0.12 * max(before.size, after.size)
        text = after.text
        if apart:
            parts.append(" ")
        elif after.size < SCRIPT_SIZE * size:
            shift = after.baseline - baseline
            if shift < -RAISED * size:
                text = superscript(text)
            elif shift > LOWERED * size and before.math and before.text[-1].isalpha() and text[0].isalnum():
                text = f"_{text}"
        parts.append(text)
    return "".join(parts).replace("  ", " ")


def merged(boxes: Sequence[Box]) -> list[Box]:
    """Boxes that meet become one."""
    found: list[Box] = []
    for box in sorted(boxes, key=lambda box: (box.y0, box.x0)):
        whole = box
        for index in range(len(found) - 1, -1, -1):
            if found[index].meets(whole):
                whole = whole.join(found.pop(index))
        found.append(whole)
    return found
