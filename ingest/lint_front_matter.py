"""Check front matter against the form of the shipped guides and paper notes.

It is read as ingestion reads it (`metadata`), so a date is still a text here, and YAML that could do harm is refused.
"""

import datetime
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from ..index.types import Kind
from .entries import Entry
from .findings import Finding
from .metadata import front_matter_values


def _day(value: object) -> object:
    """The day that a text such as 2021-06-17 names."""
    try:
        day = datetime.date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        day = None
    # fromisoformat also reads 20210617 and 2021-W24-4.
    if day is None or day.isoformat() != value:
        raise ValueError("Input should be a valid date such as 2021-06-17")
    return day


Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[list[Text], Field(min_length=1)]
Year = Annotated[int, Field(ge=1900, le=2100)]
Day = Annotated[datetime.date, BeforeValidator(_day)]
ArxivId = Annotated[str, Field(pattern=r"^(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Z]{2})?/\d{7})$")]

_STRICT = ConfigDict(extra="forbid", strict=True)
_MOST = 5
# What these say is complete without the value.
_PLAIN_PROBLEMS = frozenset({"missing", "extra_forbidden", "too_short"})


class Source(BaseModel):
    """A work that a guide rests on."""

    model_config = _STRICT

    title: Text
    year: Year
    authors: Text | None = None
    arxiv: ArxivId | None = None
    venue: Text | None = None
    url: Text | None = None


class GuideForm(BaseModel):
    """Front matter of a guide."""

    model_config = _STRICT

    title: Text
    kind: Literal["guide"]
    date: Day
    status: Literal["current", "draft", "superseded", "historical"]
    topics: Texts
    sources: Annotated[list[Source], Field(min_length=1)]


class NoteForm(BaseModel):
    """Front matter of a paper note.

    `checked` names what the bibliographic data was compared with; `unverified` says that there was nothing.
    """

    model_config = _STRICT

    title: Text
    kind: Literal["note"]
    authors: Texts
    year: Year
    arxiv: ArxivId | None = None
    venue: Text
    status: Literal["current", "superseded", "historical"]
    topics: Texts
    checked: Texts | None = None
    unverified: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.checked is None) is (self.unverified is None):
            raise ValueError("say either what it was `checked` against, or `unverified: true`")
        return self


_FORMS: dict[Kind, type[BaseModel]] = {Kind.GUIDE: GuideForm, Kind.NOTE: NoteForm}


def front_matter_findings(entries: Sequence[Entry]) -> Iterator[Finding]:
    """What departs from the form, for every guide and paper note; documents of other kinds have none."""
    for entry in entries:
        document = entry.document
        form = _FORMS.get(document.info.kind) if document else None
        if document is None or form is None:
            continue
        for message in _problems(form, document.text):
            yield Finding("front-matter-form", document.info.id, message, line=1)


def _problems(form: type[BaseModel], text: str) -> list[str]:
    """The first few departures from a form; only one where the front matter cannot be used at all."""
    try:
        values = front_matter_values(text)
    except ValueError as error:
        return [f"front matter: {error}"]
    try:
        form.model_validate(values)
    except ValidationError as error:
        return [_said(problem) for problem in error.errors()[:_MOST]]
    return []


def _said(problem: ErrorDetails) -> str:
    """A problem with its place and the value that is there."""
    message = problem["msg"].removeprefix("Value error, ")
    if not problem["loc"]:
        return f"front matter: {message}"
    value = "" if problem["type"] in _PLAIN_PROBLEMS else f", not {problem['input']!r:.60}"
    return f"{'.'.join(map(str, problem['loc']))}: {message}{value}"
