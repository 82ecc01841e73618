"""Characters to runs: where a line breaks, where a space stands, and how the characters of a run look."""

import re
import unicodedata

import numpy as np
from numpy.typing import NDArray

from .page import Box, Frame, Run
from .pdfium import Characters
from .script import LOWERED, RAISED, SCRIPT_SIZE, characters, large_sign, superscript

# Shares of the font size. Scripts stand within half of it above or below; columns are a whole one apart.
_SAME_LINE = 0.62
_WIDE_GAP = 0.8
_BACKWARDS = 0.6
_SPACE = 0.24
_DROPPED = 1.7
_MAX_SIZE = 1000.0
_MAX_COORDINATE = 20_000.0

_OPERATORS = frozenset("=+−×÷∑∏∫√∈∉⊂⊆∪∩≤≥≈≠∼∇∂∞→←⇒⇔∀∃·∗⊙⊕⊗‖∥⟨⟩αβγδεϵζηθικλμνξπρσςτυφϕχψωΓΔΘΛΞΠΣΦΨΩℓℒℝ𝔼")
# In formulas hats and tildes may follow their letter; then they stay as they are.
_SPACING_ACCENT = re.compile("([´¨ˇ˚]) ?(?=[A-Za-zı])|(?<![A-Za-z])([ˆ˜])(?=[A-Za-zı])")
_COMBINING = {"´": "\u0301", "¨": "\u0308", "ˇ": "\u030c", "˚": "\u030a", "ˆ": "\u0302", "˜": "\u0303"}


def find_runs(read: Characters, page_box: Box, rotation: int) -> tuple[list[Run], list[Run], Frame, int]:
    """Runs of upright text, runs of text turned against it, the frame of the former, and unreadable characters.

    Args:
        read: the characters, in PDF coordinates.
        page_box: the visible part of the page in PDF coordinates: left, bottom, right, top.
        rotation: quarter turns clockwise by which the page is displayed.
    """
    width, height = page_box.width, page_box.height
    displayed = (height, width) if rotation % 2 else (width, height)
    drawn = np.flatnonzero(_is_drawn(read))
    if not len(drawn):
        return [], [], Frame(*displayed), 0
    objects = read.objects[drawn]
    directions = (_directions(read.matrices)[objects] - rotation) % 4
    counts = np.bincount(directions, minlength=4)
    # A page that is mostly sideways, such as a wide table, is read sideways.
    main = int(np.argmax(counts)) if counts.max() > 2 * counts[0] else 0
    frame = Frame(*displayed, main)
    upright, unreadable = _runs(read, drawn[directions == main], page_box, rotation, main)
    turned: list[Run] = []
    for direction in range(4):
        if direction != main and counts[direction]:
            found, missing = _runs(read, drawn[directions == direction], page_box, rotation, direction)
            unreadable += missing
            turned += [_turned_back(run, Frame(*displayed, direction), frame) for run in found]
    return upright, turned, frame, unreadable


def _is_drawn(read: Characters) -> NDArray[np.bool_]:
    """Characters that stand on the page: neither made up by PDFium, nor blank, nor absurdly large or far."""
    boxes = read.boxes
    sane = np.isfinite(boxes).all(axis=1) & (np.abs(boxes) < _MAX_COORDINATE).all(axis=1)
    sane &= np.isfinite(read.origins).all(axis=1) & (np.abs(read.origins) < _MAX_COORDINATE).all(axis=1)
    return sane & (read.objects >= 0) & ~_is_blank(read.codes)


def _is_blank(codes: NDArray[np.int64]) -> NDArray[np.bool_]:
    spaces = np.array([0, 9, 10, 13, 32, 0xA0, 0x3000, *range(0x2000, 0x2010), 0x202F, 0x205F, 0xFEFF])
    return np.isin(codes, spaces)


def _directions(matrices: NDArray[np.float64]) -> NDArray[np.int64]:
    """Quarter turns counter-clockwise of each text object's writing direction."""
    matrices = np.nan_to_num(matrices)
    return np.round(np.arctan2(matrices[:, 1], matrices[:, 0]) / (np.pi / 2)).astype(np.int64) % 4


def _runs(
    read: Characters, chosen: NDArray[np.int64], page_box: Box, rotation: int, direction: int
) -> tuple[list[Run], int]:
    """Runs of the chosen characters, all of one direction, in the frame in which they are upright."""
    boxes, origins = _upright(read, chosen, page_box, (rotation + direction) % 4)
    objects = read.objects[chosen]
    sizes = _sizes(read)[objects]
    # A box without extent, as some Type 3 fonts have it, is given that of the font.
    flat = (boxes[:, 3] - boxes[:, 1] < 0.3 * sizes) | (boxes[:, 3] - boxes[:, 1] > 4 * sizes)
    boxes[flat, 1], boxes[flat, 3] = (origins[:, 1] - 0.8 * sizes)[flat], (origins[:, 1] + 0.2 * sizes)[flat]
    gaps = boxes[1:, 0] - boxes[:-1, 2]
    larger = np.maximum(sizes[1:], sizes[:-1])
    # A letter as tall as two lines, with which some papers begin, is on neither of them.
    line_size = np.minimum(larger, _DROPPED * np.minimum(sizes[1:], sizes[:-1]))
    spaced = (np.diff(chosen) > 1) & (gaps > 0.05 * larger) | (gaps > _SPACE * larger)
    broken = np.abs(np.diff(origins[:, 1])) > _SAME_LINE * line_size
    broken |= (gaps > _WIDE_GAP * larger) | (gaps < -_BACKWARDS * larger)
    texts = characters(read.codes[chosen].tolist())
    starts = np.concatenate([[0], np.flatnonzero(broken) + 1])
    flags = _flags(read, objects, texts)
    _name_large_signs(read, chosen, objects, texts)
    unreadable = sum(text == "\ufffd" for text in texts)
    _mark_scripts(texts, starts, origins[:, 1], sizes, flags[:, 3])
    pieces = [text if not gap else " " + text for text, gap in zip(texts, [False, *spaced.tolist()], strict=True)]
    return _collected(read, pieces, starts, boxes, origins, sizes, objects, flags), unreadable


def _collected(
    read: Characters,
    pieces: list[str],
    starts: NDArray[np.int64],
    boxes: NDArray[np.float64],
    origins: NDArray[np.float64],
    sizes: NDArray[np.float64],
    objects: NDArray[np.int64],
    flags: NDArray[np.float64],
) -> list[Run]:
    ends = np.append(starts[1:], len(pieces))
    left, top = np.minimum.reduceat(boxes[:, 0], starts), np.minimum.reduceat(boxes[:, 1], starts)
    right, bottom = np.maximum.reduceat(boxes[:, 2], starts), np.maximum.reduceat(boxes[:, 3], starts)
    shares = np.add.reduceat(flags, starts, axis=0) / (ends - starts)[:, None]
    emphatic = (flags[:, 0] + flags[:, 1]) > 0
    runs: list[Run] = []
    for order, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        text = _accented("".join(pieces[start:end]).strip().replace("  ", " "))
        if not text:
            continue
        box = Box(float(left[order]), float(top[order]), float(right[order]), float(bottom[order]))
        middle = start + int(np.argmax(sizes[start:end]))
        bold, italic, mono, math = shares[order].tolist()
        until = end - start if emphatic[start:end].all() else int(np.argmin(emphatic[start:end]))
        runs.append(
            Run(
                text=text,
                box=box,
                baseline=float(origins[middle, 1]),
                size=round(float(sizes[middle]), 2),
                bold=bold,
                italic=italic,
                mono=mono,
                math=math,
                order=order,
                style=read.fonts[objects[start]].name,
                bold_until=len("".join(pieces[start : start + until]).strip()),
            )
        )
    return runs


def _name_large_signs(
    read: Characters, chosen: NDArray[np.int64], objects: NDArray[np.int64], texts: list[str]
) -> None:
    """Sums, integrals and tall brackets of TeX's own font, whose codes are those of letters."""
    table = np.array([font.large_signs for font in read.fonts], bool)
    for index in np.flatnonzero(table[objects]).tolist():
        code = int(read.codes[chosen[index]])
        texts[index] = large_sign(code, texts[index])


def _mark_scripts(
    texts: list[str],
    starts: NDArray[np.int64],
    baselines: NDArray[np.float64],
    sizes: NDArray[np.float64],
    math: NDArray[np.float64],
) -> None:
    """Raised digits become superscripts; other exponents and indices in formulas get a mark: x^T, d_k."""
    if len(texts) < 2:
        return
    lengths = np.diff(np.append(starts, len(texts)))
    largest = np.maximum.reduceat(sizes, starts)
    # The baseline of a run is that of its largest character; here the lowest of those.
    is_large = sizes >= np.repeat(0.99 * largest, lengths)
    baseline = np.maximum.reduceat(np.where(is_large, baselines, -np.inf), starts)
    largest, baseline = np.repeat(largest, lengths), np.repeat(baseline, lengths)
    small = sizes < SCRIPT_SIZE * largest
    first = np.zeros(len(texts), bool)
    first[starts] = True
    raised = small & (baseline - baselines > RAISED * largest)
    for index in np.flatnonzero(raised & first).tolist():
        # What is raised at the beginning of a line is the mark of a footnote: it stays, apart from the text.
        while index < len(texts) and raised[index]:
            raised[index] = False
            index += 1
        if index < len(texts) and not first[index]:
            texts[index] = f" {texts[index]}"
    after_math = np.roll(math, 1) > 0
    for index in np.flatnonzero(raised).tolist():
        text = superscript(texts[index])
        opens = text == texts[index] and text.isalpha() and after_math[index] and not raised[index - 1]
        texts[index] = f"^{text}" if opens else text
    lowered = small & (baselines - baseline > LOWERED * largest)
    begins = lowered & ~first & ~np.roll(lowered, 1) & after_math
    for index in np.flatnonzero(begins).tolist():
        # The second half of a sign beyond the basic plane is empty.
        before = texts[index - 1] or texts[index - 2]
        if before[-1:].isalpha() and texts[index][:1].isalnum():
            texts[index] = f"_{texts[index]}"


def _upright(
    read: Characters, chosen: NDArray[np.int64], page_box: Box, turns: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Boxes (left, top, right, bottom) and origins with the origin at the top left, after clockwise quarter turns."""
    left, top, right, bottom = (read.boxes[chosen, column].astype(np.float64) for column in range(4))
    x, y = read.origins[chosen, 0], read.origins[chosen, 1]
    west, south, east, north = page_box.x0, page_box.y0, page_box.x1, page_box.y1
    if turns == 0:
        boxes, origins = (left - west, north - top, right - west, north - bottom), (x - west, north - y)
    elif turns == 1:
        boxes, origins = (bottom - south, left - west, top - south, right - west), (y - south, x - west)
    elif turns == 2:
        boxes, origins = (east - right, bottom - south, east - left, top - south), (east - x, y - south)
    else:
        boxes, origins = (north - top, east - right, north - bottom, east - left), (north - y, east - x)
    stacked = np.stack(boxes, axis=1)
    ordered = np.concatenate(
        [np.minimum(stacked[:, :2], stacked[:, 2:]), np.maximum(stacked[:, :2], stacked[:, 2:])], axis=1
    )
    return ordered, np.stack(origins, axis=1)


def _sizes(read: Characters) -> NDArray[np.float64]:
    """Font size in points of each text object as it appears."""
    scale = np.hypot(np.nan_to_num(read.matrices[:, 2]), np.nan_to_num(read.matrices[:, 3]))
    return np.clip(np.nan_to_num(np.abs(read.sizes) * scale), 0.5, _MAX_SIZE)


def _flags(read: Characters, objects: NDArray[np.int64], texts: list[str]) -> NDArray[np.float64]:
    """Bold, italic, mono and math of each character, `(n, 4)` of 0 and 1."""
    table = np.array([[font.bold, font.italic, font.mono, font.math] for font in read.fonts], np.float64)
    flags = table[objects]
    flags[:, 3] = np.maximum(flags[:, 3], [text in _OPERATORS for text in texts])
    return flags


def _accented(text: str) -> str:
    """TeX's older fonts draw é as an accent and a letter: put them together; NFC."""
    if not text.isascii():
        text = _SPACING_ACCENT.sub("\x00\\1\\2", text) if any(sign in _COMBINING for sign in text) else text
        if "\x00" in text:
            parts = text.split("\x00")
            # Each part begins with the accent and then the letter it belongs to.
            whole = [("i" if part[1] == "ı" else part[1]) + _COMBINING[part[0]] + part[2:] for part in parts[1:]]
            text = parts[0] + "".join(whole)
        text = unicodedata.normalize("NFC", text)
    return text


def _turned_back(run: Run, own: Frame, target: Frame) -> Run:
    """A run with its box in another frame of the same page."""
    shown = own.displayed(run.box)
    box = into(shown, target)
    return Run(
        run.text, box, box.y1, run.size, run.bold, run.italic, run.mono, run.math, run.order, run.style, run.bold_until
    )


def into(box: Box, frame: Frame) -> Box:
    """From the page as displayed to the frame in which its text is upright; undoes `Frame.displayed`."""
    if frame.quarter_turns == 1:
        return Box(frame.height - box.y1, box.x0, frame.height - box.y0, box.x1)
    if frame.quarter_turns == 2:
        return Box(frame.width - box.x1, frame.height - box.y1, frame.width - box.x0, frame.height - box.y0)
    if frame.quarter_turns == 3:
        return Box(box.y0, frame.width - box.x1, box.y1, frame.width - box.x0)
    return box
