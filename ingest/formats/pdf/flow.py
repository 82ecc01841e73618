"""Blocks in reading order to blocks as they are read: paragraphs go on behind figures, columns and pages."""

from collections.abc import Sequence

from ....index.blocks import BlockKind
from .draft import Draft

_ASIDE = frozenset({BlockKind.FIGURE, BlockKind.TABLE, BlockKind.CAPTION, BlockKind.FOOTNOTE, BlockKind.CODE})
_RUNNING = frozenset({BlockKind.PARAGRAPH, BlockKind.LIST})
_END = (".", "!", "?", ":", ";", ".”", ".’", '."', ".)", "?)", "!)")


def joined_over_breaks(drafts: Sequence[Draft]) -> list[Draft]:
    """Put paragraphs together that a figure, a column's or a page's end has cut; what cut them follows behind."""
    found: list[Draft] = []
    last: Draft | None = None
    for draft in drafts:
        if draft.kind in _RUNNING and last is not None and _goes_on(last, draft):
            last.lines.extend(draft.lines)
            last.column = draft.column
            continue
        found.append(draft)
        if draft.kind not in _ASIDE:
            last = draft if draft.kind in _RUNNING else None
    return found


def _goes_on(last: Draft, draft: Draft) -> bool:
    """Whether a block is the rest of a paragraph that an aside, a column's or a page's end has cut."""
    before, line = last.lines[-1], draft.lines[0]
    moved = (
        line.page != before.page or line.baseline < before.baseline or line.baseline > before.baseline + 3 * line.size
    )
    if not moved or draft.kind is BlockKind.LIST or abs(before.size - line.size) > 0.08 * line.size:
        return False
    text = before.text.rstrip()
    indented = draft.indented and not _hangs_alike(last, draft)
    if text.endswith("-"):
        return True
    if text.endswith(_END):
        return line.text[:1].islower() and not indented
    full = last.column is None or before.box.x1 > last.column.right - 3 * before.size
    return (full or line.text[:1].islower()) and not indented


def _hangs_alike(last: Draft, draft: Draft) -> bool:
    """Whether a block stands as far in as the further lines of the list's item before it."""
    if last.kind is not BlockKind.LIST or last.column is None or draft.column is None:
        return False
    hanging = last.lines[-1].box.x0 - last.column.left
    return len(last.lines) == 1 or abs(draft.lines[0].box.x0 - draft.column.left - hanging) < 4
