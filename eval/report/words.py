"""Figures and texts as a report shows them."""

import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..statistics import Interval

if TYPE_CHECKING:
    from markupsafe import Markup

MINUS = "−"
MISSING = "–"


def figure(value: float) -> str:
    """Three decimals below ten, fewer above; a real minus sign."""
    size = abs(value)
    text = f"{size:.3f}" if size < 10 else f"{size:,.1f}" if size < 1000 else f"{size:,.0f}"
    return f"{MINUS}{text}" if value < 0 and text.strip("0.,") else text


def signed(value: float) -> str:
    """As `figure`, with a plus sign where it is one; what rounds to zero has no sign."""
    text = figure(value)
    return f"+{text}" if value > 0 and text.strip("0.,") else text


def ends(interval: Interval) -> str:
    """The ends of an interval; parted by a dash unless one of them has a minus sign."""
    return f"{figure(interval.low)}{' to ' if interval.low < 0 else '–'}{figure(interval.high)}"


def spoken(interval: Interval) -> str:
    """Mean and ends, for a plot's alternative text."""
    return f"{figure(interval.mean)} ({figure(interval.low)} to {figure(interval.high)})"


def milliseconds(value: float) -> str:
    """A latency with as many digits as it deserves."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def label(text: str, longest: int = 24) -> str:
    """One line for a plot: no control characters, cut in the middle where it is too long."""
    line = " ".join("".join(letter if unicodedata.category(letter)[0] != "C" else " " for letter in text).split())
    if len(line) <= longest:
        return line
    kept = longest - 1
    return f"{line[: kept - kept // 3].rstrip()}…{line[len(line) - kept // 3 :].lstrip()}"


def with_code(text: str) -> "Markup":
    """A sentence, escaped, with what stands in backticks set as code."""
    from markupsafe import Markup, escape

    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested values as (dotted key, text)."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        elif isinstance(value, float):
            yield f"{prefix}{key}", figure(value)
        else:
            yield f"{prefix}{key}", MISSING if value is None or value == "" else str(value)


def when(created: str) -> str:
    """A run's time to the minute, as a reader writes it; as it stands where it is no time."""
    try:
        return datetime.fromisoformat(created).strftime("%Y-%m-%d %H:%M UTC")
    except ValueError:
        return created
