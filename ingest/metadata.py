"""What a document says of itself: front matter, sidecar and flags.

Front matter may be foreign (Jekyll, Hugo, MyST), so unknown keys are fine there and a bad value costs
a warning. A sidecar (`NAME.meta.yaml`) was written for us, so a mistake in it is reported, not ignored.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from ..index.errors import QuarantineError
from ..index.types import Kind, Status
from .normalise import canonical_text, decode

MAX_CHARS = 64 * 1024
"""Longest front matter or sidecar that is parsed: YAML can keep a parser busy for long."""

_MAX_DEPTH = 40
_MAX_NUMBER = 100
"""Longest whole number, in characters: Python neither reads nor writes one of thousands of digits."""

# First one present wins.
_ALIASES = {
    "published": ("published", "date", "year"),
    "authors": ("authors", "author"),
    "arxiv_id": ("arxiv_id", "arxiv"),
}
_YEARS = range(1800, 2101)
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?:[T ].*)?")
_ARXIV = re.compile(r"(?:arxiv:)?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?", re.IGNORECASE)
# The first line of front matter is a key; otherwise the dashes are a horizontal rule.
_FIRST_KEY = re.compile(r"(?:[^\S\n]*(?:#[^\n]*)?\n)*+[\"']?\w[\w .-]{0,80}[\"']?[ \t]*:(?:\s|$)")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)


class DocumentMeta(BaseModel):
    """What is declared about a document; None, or no authors, where nothing is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str | None = None
    kind: Kind | None = None
    published: str | None = None
    status: Status | None = None
    authors: tuple[str, ...] = ()
    arxiv_id: str | None = None

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Validate a mapping that may use the aliases.

        Raises:
            pydantic.ValidationError: a value is invalid or a key unknown.
        """
        return cls.model_validate(_without_aliases(values))

    @field_validator("title", mode="before")
    @classmethod
    def _title(cls, value: object) -> object:
        if value is None or isinstance(value, (list, dict)):
            return value
        return " ".join(canonical_text(str(value)).split()) or None

    @field_validator("kind", "status", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.strip().lower() or None if isinstance(value, str) else value

    @field_validator("published", mode="before")
    @classmethod
    def _published(cls, value: object) -> object:
        return None if value is None else _iso_date(value)

    @field_validator("authors", mode="before")
    @classmethod
    def _authors(cls, value: object) -> object:
        return _names(value)

    @field_validator("arxiv_id", mode="before")
    @classmethod
    def _arxiv_id(cls, value: object) -> object:
        if value is None or value == "":
            return None
        found = _ARXIV.fullmatch(str(value).strip())
        if not found:
            raise ValueError("not an arXiv identifier such as 2106.09685")
        return found.group(1).lower()


def front_matter_span(text: str) -> tuple[int, int] | None:
    """Span of the YAML front matter with both its `---` lines, or None.

    A document that merely opens with a horizontal rule has none.
    """
    opening = re.match(r"---[ \t]*\n", text)
    if not opening or not _FIRST_KEY.match(text, opening.end()):
        return None
    closing = _CLOSING.search(text, opening.end())
    return (0, closing.end()) if closing else None


def front_matter_values(text: str) -> dict[str, Any]:
    """The mapping in a document's front matter, dates and fractions as text; empty where it has none.

    Raises:
        ValueError: it cannot be used, in words: broken, too long, nested too deep, with aliases, or no mapping.
    """
    span = front_matter_span(text)
    return _load_yaml(text[: span[1]].partition("\n")[2].rpartition("\n")[0]) if span else {}


def read_front_matter(text: str) -> tuple[DocumentMeta, tuple[str, ...]]:
    """Metadata in a document's front matter, and a warning in words for each thing that was ignored."""
    try:
        values = front_matter_values(text)
    except ValueError as error:
        return DocumentMeta(), (f"front matter ignored: {error}",)
    known = {key: value for key, value in _without_aliases(values).items() if key in DocumentMeta.model_fields}
    try:
        return DocumentMeta.model_validate(known), ()
    except ValidationError as error:
        problems = _problems(error)
        good = {key: value for key, value in known.items() if key not in problems}
        warnings = tuple(
            f"front matter: {key} {_shown(known[key])} ignored: {reason}" for key, reason in problems.items()
        )
        return DocumentMeta.model_validate(good), warnings


def read_sidecar(path: Path) -> DocumentMeta:
    """Metadata in a sidecar, given its own path: `x.md.meta.yaml` or `x.meta.yaml`.

    Raises:
        QuarantineError: it cannot be read, is not a YAML mapping, or has an unknown key or an invalid value.
    """
    try:
        with path.open("rb") as file:
            data = file.read(4 * MAX_CHARS + 1)
        values = _load_yaml(canonical_text(decode(data)))
        return DocumentMeta.from_mapping(values)
    except ValidationError as error:
        key, reason = next(iter(_problems(error).items()))
        if key not in DocumentMeta.model_fields:
            known = ", ".join(DocumentMeta.model_fields)
            fault = f"the unknown key {key!r}; known are {known}"
        else:
            fault = f"an invalid {key} ({reason}); correct or remove it"
        raise QuarantineError(f"its sidecar {path.name} has {fault}") from error
    except (OSError, ValueError, QuarantineError) as error:
        raise QuarantineError(f"its sidecar {path.name}: {error}; correct or remove it") from error


def merge(*sources: DocumentMeta | None) -> DocumentMeta:
    """For each field the first source that says something wins; given in order of precedence."""
    merged: dict[str, Any] = {}
    for source in sources:
        if source is not None:
            for key in DocumentMeta.model_fields:
                if key not in merged and getattr(source, key):
                    merged[key] = getattr(source, key)
    return DocumentMeta.model_construct(**merged)


class _PlainLoader(yaml.SafeLoader):
    """The safe loader without dates and floats: 2021-13-45 would break the file, 2106.09680 lose its zero."""


def _whole_number(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    length = len(str(loader.construct_scalar(node)))
    if length > _MAX_NUMBER:
        raise yaml.constructor.ConstructorError(
            problem=f"a number of {length} characters", problem_mark=node.start_mark
        )
    return loader.construct_yaml_int(node)


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":float"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_PlainLoader.add_constructor("tag:yaml.org,2002:int", _whole_number)


def _load_yaml(text: str) -> dict[str, Any]:
    """A YAML mapping with string keys; ValueError says in words what else it is."""
    if len(text) > MAX_CHARS:
        raise ValueError(f"longer than {MAX_CHARS} characters")
    try:
        danger = _danger(text)
        values = None if danger else yaml.load(text, Loader=_PlainLoader)
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ValueError(f"broken YAML{line} ({error.problem})") from error
    except (yaml.YAMLError, RecursionError, ArithmeticError, LookupError, AttributeError, TypeError) as error:
        # PyYAML raises all of these for malformed tags and deep nesting.
        raise ValueError(f"broken YAML ({type(error).__name__})") from error
    except ValueError as error:
        # And this for a value that its tag does not fit: !!int abc.
        raise ValueError(f"broken YAML ({error!s:.100})") from error
    if danger:
        raise ValueError(danger)
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ValueError("not a YAML mapping of keys to values")
    return {str(key): value for key, value in values.items()}


def _danger(text: str) -> str:
    """Why YAML would be too costly to build, in words; empty where it is not.

    Aliases are how ten lines of YAML become gigabytes ("billion laughs"), also by merge keys; metadata has no use for
    them. Deep nesting costs the scanner the square of its depth.
    """
    depth = 0
    for event in yaml.parse(text, Loader=_PlainLoader):
        if isinstance(event, yaml.AliasEvent):
            return "YAML aliases are not allowed"
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            return f"nested deeper than {_MAX_DEPTH} levels"
    return ""


def _without_aliases(values: Mapping[str, Any]) -> dict[str, Any]:
    renamed = dict(values)
    for field, aliases in _ALIASES.items():
        present = [renamed.pop(alias) for alias in aliases if alias in renamed]
        said = [value for value in present if value is not None]
        if said:
            renamed[field] = said[0]
    return renamed


def _problems(error: ValidationError) -> dict[str, str]:
    """First problem of each key."""
    problems: dict[str, str] = {}
    for problem in error.errors():
        key = str(problem["loc"][0]) if problem["loc"] else ""
        problems.setdefault(key, problem["msg"].removeprefix("Value error, "))
    return problems


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 80 else shown[:79] + "…"


def _iso_date(value: object) -> str:
    if isinstance(value, datetime):
        value = value.date()
    found = None
    if isinstance(value, date) or (isinstance(value, (int, str)) and not isinstance(value, bool)):
        found = _DATE.fullmatch(str(value).strip())
    if not found:
        raise ValueError("not a date such as 2021, 2021-06 or 2021-06-17")
    year, month, day = found.groups()
    try:
        date(int(year), int(month or 1), int(day or 1))
    except ValueError as error:
        raise ValueError(f"no such date ({error})") from error
    if int(year) not in _YEARS:
        raise ValueError(f"the year is not within {_YEARS.start} to {_YEARS.stop - 1}")
    return "-".join(part for part in (year, month, day) if part)


def _names(value: object) -> object:
    if value is None:
        return ()
    if isinstance(value, str):
        value = re.split(r"\s*;\s*|\s+and\s+", value.strip())
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, (list, tuple)):
        return value
    # Hugo and Quarto write authors as mappings with a name.
    names = [entry.get("name") if isinstance(entry, Mapping) else entry for entry in value]
    return tuple(" ".join(name.split()) if isinstance(name, str) else name for name in names if name != "")
