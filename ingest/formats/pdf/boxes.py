"""Boxes around what is no running text: what stands between rules, and pictures."""

from collections.abc import Sequence

from ....index.blocks import BlockKind
from .asides import ALGORITHM, CAPTION
from .page import Box, Line, Page, merged
from .tables import cells, is_tabular, ruled_regions

_PROSE_WIDTH = 0.62
_MAX_GROUPS = 400


def find_boxes(page: Page, lines: Sequence[Line], body_size: float) -> list[tuple[Box, BlockKind]]:
    """Regions between rules, and pictures; a frame around running text is none."""
    found: list[tuple[Box, BlockKind]] = []
    tables: list[Box] = []
    for region in ruled_regions(page, lines)[:_MAX_GROUPS]:
        inside = [line for line in lines if region.box.grown(2).holds(*line.middle)]
        if not inside:
            continue
        if ALGORITHM.match(inside[0].text):
            found.append((region.box, BlockKind.CODE))
        elif is_tabular(inside):
            tables.append(_with_header(region.box, lines))
    found += [(box, BlockKind.TABLE) for box in merged(tables)]
    for box in page.pictures[:_MAX_GROUPS]:
        grown = box.grown(3)
        inside = [line for line in lines if grown.holds(*line.middle)]
        if inside and not _is_prose(inside, box, body_size):
            found.append((grown, BlockKind.FIGURE))
    return found


def _with_header(box: Box, lines: Sequence[Line]) -> Box:
    """A table's box with the rows of cells right above its first rule."""
    above = (line for line in lines if line.middle[1] < box.y0 and box.x0 - 6 <= line.middle[0] <= box.x1 + 6)
    for line in sorted(above, key=lambda line: -line.baseline):
        if box.y0 - line.box.y1 > 0.6 * line.size or len(cells(line)) < 2 or CAPTION.match(line.text):
            break
        box = Box(box.x0, line.box.y0, box.x1, box.y1)
    return box


def _is_prose(lines: Sequence[Line], box: Box, body_size: float) -> bool:
    """Whether most of the text in a box runs across it: then it is a frame, not a figure."""
    total = sum(len(line.text) for line in lines)
    running = sum(
        len(line.text)
        for line in lines
        if line.box.width > _PROSE_WIDTH * box.width
        and len(line.text) > 40
        and line.size > 0.75 * body_size
        and len(cells(line)) == 1
    )
    return running > 0.5 * total
