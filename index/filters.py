"""Filters to row masks, so that they act inside each leg and never after the cut."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from .types import DocumentInfo, Filters


def matches(document: DocumentInfo, filters: Filters) -> bool:
    """Whether a document passes the filters."""
    if filters.kinds and document.kind not in filters.kinds:
        return False
    if filters.statuses and document.status not in filters.statuses:
        return False
    if filters.sources and not any(fnmatchcase(document.source, glob) for glob in filters.sources):
        return False
    if filters.years:
        first, last = filters.years
        year = document.year
        return year is not None and (first is None or year >= first) and (last is None or year <= last)
    return True


def allowed_rows(
    documents: Sequence[DocumentInfo], row_documents: NDArray[np.int32], filters: Filters | None
) -> NDArray[np.bool_] | None:
    """Mask of the rows whose document passes: shape (rows,), bool; None when nothing is filtered.

    Args:
        documents: all documents.
        row_documents: position in `documents` of each row's document, shape (rows,).
        filters: the filters, or None.
    """
    if not filters:
        return None
    passing = np.array([matches(document, filters) for document in documents], dtype=np.bool_)
    return passing[row_documents]
