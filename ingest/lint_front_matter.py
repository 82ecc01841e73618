"""Check front matter against the form of the shipped guides and paper notes."""

import datetime
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..index.types import Kind
from .entries import Entry
from .findings import Finding

Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[list[Text], Field(min_length=1)]
Year = Annotated[int, Field(ge=1900, le=2100)]
ArxivId = Annotated[str, Field(pattern=r"^(\d{4}\.\d{4,5}|[a-z-]+(\.[A-Z]{2})?/\d{7})$")]

_STRICT = ConfigDict(extra="forbid", strict=True)
_MOST = 5


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
    date: datetime.date
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
        try:
            form.model_validate(_front_matter(document.text))
        except ValidationError as error:
            for problem in error.errors()[:_MOST]:
                place = ".".join(map(str, problem["loc"]))
                message = f"{place or 'front matter'}: {problem['msg']}"
                yield Finding("front-matter-form", document.info.id, message, line=1)


def _front_matter(text: str) -> Any:
    """The mapping between the dashes; empty where there is none that YAML can read."""
    if not text.startswith("---\n"):
        return {}
    try:
        return yaml.safe_load(text[4:].partition("\n---")[0]) or {}
    except yaml.YAMLError:
        return {}
