"""Filters to row masks, so that they act inside each leg and never after the cut."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from .types import SEARCHED_ROLES, DocumentInfo, Filters, Role

_ROLES = tuple(Role)


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


def role_codes(roles: Iterable[Role]) -> NDArray[np.int8]:
    """Roles as numbers, for masks: shape (rows,), int8."""
    return np.array([_ROLES.index(role) for role in roles], dtype=np.int8)


def allowed_rows(
    documents: Sequence[DocumentInfo],
    row_documents: NDArray[np.int32],
    row_roles: NDArray[np.int8],
    filters: Filters | None,
) -> NDArray[np.bool_] | None:
    """Mask of the rows that a search may return: shape (rows,), bool; None when that is all of them.

    Args:
        documents: all documents.
        row_documents: position in `documents` of each row's document, shape (rows,).
        row_roles: `role_codes` of the rows, shape (rows,).
        filters: the filters, or None.
    """
    roles = (filters.roles if filters else ()) or SEARCHED_ROLES
    allowed = np.isin(row_roles, role_codes(roles))
    if filters:
        passing = np.array([matches(document, filters) for document in documents], dtype=np.bool_)
        return allowed & passing[row_documents]
    return None if allowed.all() else allowed
