"""Front matter in TOML between `+++` lines, as Hugo and Zola have it."""

import re
import tomllib
from typing import Any

from pydantic import ValidationError

from ..metadata import MAX_CHARS, DocumentMeta

_SPAN = re.compile(r"\+\+\+[ \t]*\n(?P<body>.*?)^\+\+\+[ \t]*$", re.DOTALL | re.MULTILINE)
_KEYS = ("title", "date", "published", "author", "authors", "status", "kind", "arxiv_id")


def toml_span(text: str) -> tuple[int, int] | None:
    """Span of the front matter with both its `+++` lines, or None."""
    found = _SPAN.match(text)
    return found.span() if found else None


def read_toml(text: str) -> tuple[DocumentMeta, tuple[str, ...]]:
    """Metadata in a document's front matter, and a warning in words for what was ignored."""
    found = _SPAN.match(text)
    if not found:
        return DocumentMeta(), ()
    body = found.group("body")
    try:
        if len(body) > MAX_CHARS:
            raise ValueError(f"longer than {MAX_CHARS} characters")
        values = tomllib.loads(body)
    except (ValueError, RecursionError) as error:
        return DocumentMeta(), (f"front matter ignored: broken TOML ({str(error) or type(error).__name__})",)
    known: dict[str, Any] = {key: values[key] for key in _KEYS if key in values}
    warnings: list[str] = []
    while True:
        try:
            return DocumentMeta.from_mapping(known), tuple(warnings)
        except ValidationError as error:
            field = str(error.errors()[0]["loc"][0])
            reason = error.errors()[0]["msg"].removeprefix("Value error, ")
            aliases = {"published": ("published", "date"), "authors": ("authors", "author")}.get(field, (field,))
            known = {key: value for key, value in known.items() if key not in aliases}
            warnings.append(f"front matter: {field} ignored: {reason}")
