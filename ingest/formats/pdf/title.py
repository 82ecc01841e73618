"""The title on a first page: the lines that the file's metadata name, or those in the largest font."""

from collections.abc import Sequence

from .outline import letters
from .page import Line
from .titles import begins_document, is_section

_MAX_LINES = 6
_AMONG = 60
"""Lines of the first page among which a title stands."""
_LARGER = 1.1
_ALIKE = 0.93
_SUBTITLE, _SUBTITLE_OF_BODY = 0.8, 1.3
_STEP = 1.75
"""Distance of two baselines of a title, in font sizes, beyond which the second one is something else."""
_ALIGNED = 4.0


def find_title(lines: Sequence[Line], declared: str, body_size: float) -> tuple[Line, ...]:
    """The lines of a title, possibly none.

    Args:
        lines: of the first page, in reading order.
        declared: the title in the file's metadata, or empty.
        body_size: font size of the running text.
    """
    return _declared_title(lines, declared) or _largest_title(lines, body_size)


def _declared_title(lines: Sequence[Line], declared: str) -> tuple[Line, ...]:
    """The lines that together read as the title in the file's metadata."""
    wanted = letters(declared)
    if len(wanted) < 5:
        return ()
    for index in range(min(40, len(lines))):
        key = ""
        for count, line in enumerate(lines[index : index + _MAX_LINES]):
            key += letters(line.text)
            if key == wanted:
                return tuple(lines[index : index + count + 1])
            if not wanted.startswith(key):
                break
    return ()


def _largest_title(lines: Sequence[Line], body_size: float) -> tuple[Line, ...]:
    """The lines in the largest font among the first ones."""
    candidates = [line for line in lines[:_AMONG] if sum(sign.isalpha() for sign in line.text) >= 4]
    if not candidates:
        return ()
    largest = max(line.size for line in candidates)
    if largest < _LARGER * body_size:
        return ()
    first = next(line for line in candidates if line.size >= 0.97 * largest)
    if begins_document(first.text):
        return ()
    start = lines.index(first)
    title = [first]
    for line in lines[start + 1 : start + _MAX_LINES]:
        if not _goes_on(title, line, body_size):
            break
        title.append(line)
    return tuple(title)


def _goes_on(title: Sequence[Line], line: Line, body_size: float) -> bool:
    """Whether a line belongs to the title above it: as large and as bold, close, aligned, and no section's heading."""
    first, last = title[0], title[-1]
    subtitle = (
        line.style == first.style
        and line.size >= max(_SUBTITLE * first.size, _SUBTITLE_OF_BODY * body_size)
        and "," not in line.text
    )
    alike = line.size >= _ALIKE * first.size and (line.bold > 0.5) == (first.bold > 0.5)
    if is_section(line.text) or not (alike or subtitle):
        return False
    return 0 < line.baseline - last.baseline < _STEP * last.size and _aligned(first, line)


def _aligned(first: Line, line: Line) -> bool:
    """Whether two lines begin below each other, are centred on each other, or end below each other."""
    left, right = line.box.x0 - first.box.x0, line.box.x1 - first.box.x1
    return min(abs(left), abs(right), abs(left + right) / 2) < _ALIGNED
