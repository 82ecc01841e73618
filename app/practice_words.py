"""What a hit's practice is to the present, in the few words that fit beside a hit."""

from ..index.types import Counterpart, PracticeMark, Relation


def chip(mark: PracticeMark) -> str:
    """Such as `practice of 2021, superseded → see hit 1`."""
    of = f" of {mark.year}" if mark.year else ""
    if mark.relation is Relation.SUPERSEDED:
        return f"practice{of}, superseded → {_where(mark.other, 'see')}"
    if mark.relation is Relation.PUT_AWAY:
        return f"practice{of}, no longer recommended"
    return f"current practice{of}, in place of {_where(mark.other, '').strip()}"


def explained(mark: PracticeMark) -> str:
    """The practice, why it was put away, and by what it was replaced, in sentences."""
    parts = [f"Practice: {_closed(mark.statement)}"]
    if mark.reason:
        label = (
            "It took the place of another one because" if mark.relation is Relation.SUCCESSOR else "Put away because"
        )
        parts.append(f"{label}: {_closed(mark.reason)}")
    if mark.relation is Relation.SUPERSEDED:
        parts.append(f"Current: {_closed('; '.join(other.title.rstrip('.') for other in mark.other))}")
    if mark.note:
        parts.append(f"Note: {mark.note}.")
    return " ".join(parts)


def _closed(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _where(others: tuple[Counterpart, ...], see: str) -> str:
    """Ranks of the hits at the other end, each once, and titles of those that are not among the hits."""
    ranked = [f"{see} hit {other.rank}".strip() if other.rank else other.title for other in others]
    return ", ".join(dict.fromkeys(ranked))
