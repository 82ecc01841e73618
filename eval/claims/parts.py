"""A development part and a test part for data that come without, so that no document is in both."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Literal, TypeVar

Part = Literal["dev", "test"]
Item = TypeVar("Item")


def half_of(source: str) -> Part:
    """The part a document belongs to: half of all documents each, whatever their order and number."""
    return "dev" if hashlib.sha256(source.encode()).digest()[0] < 128 else "test"


def connected(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Name of its connected component for each left-hand text of the pairs.

    Claims are connected where they share evidence, directly or by way of other claims; a component is named by its
    least claim.
    """
    parent: dict[str, str] = {}

    def root(text: str) -> str:
        parent.setdefault(text, text)
        while parent[text] != text:
            parent[text] = parent[parent[text]]
            text = parent[text]
        return text

    first_with: dict[str, str] = {}
    for claim, evidence in pairs:
        one, other = sorted((root(claim), root(first_with.setdefault(evidence, claim))))
        parent[other] = one
    return {claim: root(claim) for claim in parent}


def unknown_elsewhere(items: Sequence[Item], sources: Sequence[str], elsewhere: Iterable[str]) -> list[Item]:
    """Items whose source is not among those of another part."""
    known = frozenset(elsewhere)
    return [item for item, source in zip(items, sources, strict=True) if source not in known]
