"""What a page says of itself: title, authors, date, arXiv id, and whether it is a paper."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml.html import HtmlElement
from pydantic import ValidationError

from ...metadata import DocumentMeta

_MAX_VALUE = 1000
_MAX_AUTHORS = 500
_MAX_JSON = 200_000

_TITLES = ("citation_title", "dc.title", "og:title", "twitter:title")
_DATES = (
    "citation_publication_date", "citation_date", "citation_online_date", "dc.date", "article:published_time",
    "og:article:published_time", "date", "pubdate", "datepublished", "dcterms.created",
)  # fmt: skip
_AUTHORS = ("citation_author", "dc.creator", "author", "article:author")
_ARXIV = re.compile(
    r"(?:arxiv\.org/(?:abs|pdf|html)/|^arxiv:|^/html/)((?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?)", re.I
)
_ARXIV_MARK = re.compile(r"arXiv:(\d{4}\.\d{4,5}(?:v\d+)?)")
_DATE = re.compile(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?(?!\d)")
# Two to five words that begin like names; van, de and initials among them.
_NAME = re.compile(r"[^\W\d_][\w.'’-]{0,30}(?: [^\W\d_][\w.'’-]{0,30}){1,4}")
_SITE = re.compile(r"\s+(?:[|·•—–»]|::|-)\s+")


@dataclass(frozen=True, slots=True)
class Head:
    """Metadata of a page, and whether it is a paper rather than a guide."""

    meta: DocumentMeta
    paper: bool
    warnings: tuple[str, ...] = ()


def read_head(root: HtmlElement) -> Head:
    """Metadata from `meta` elements, JSON-LD, the title and, for LaTeXML, the document; of the whole, unpruned page."""
    values = _meta_values(root)
    linked = _linked_data(root)
    latexml = root.find(".//article[@class='ltx_document']") is not None or _has_class(root, "ltx_document")
    arxiv_id = _arxiv_id(root, values)
    found: dict[str, Any] = {
        "title": _title(root, values, latexml),
        "authors": _authors(root, values, linked, latexml),
        "published": _published(root, values, linked),
        "arxiv_id": arxiv_id,
    }
    warnings: list[str] = []
    for key, value in list(found.items()):
        try:
            DocumentMeta.model_validate({key: value})
        except ValidationError:
            warnings.append(f"its {key} {value!r} is ignored: not a {key} as expected")
            del found[key]
    paper = latexml or arxiv_id is not None or "citation_title" in values
    return Head(DocumentMeta.model_validate(found), paper, tuple(warnings))


def _meta_values(root: HtmlElement) -> dict[str, list[str]]:
    """Contents of the `meta` elements by their name in lower case."""
    values: dict[str, list[str]] = {}
    for element in root.iter("meta"):
        name = element.get("name") or element.get("property") or element.get("itemprop") or ""
        content = " ".join(element.get("content", "")[:_MAX_VALUE].split())
        if name and content:
            values.setdefault(name.strip().lower(), []).append(content)
    return values


def _first(values: dict[str, list[str]], names: tuple[str, ...]) -> str | None:
    return next((values[name][0] for name in names if name in values), None)


def _title(root: HtmlElement, values: dict[str, list[str]], latexml: bool) -> str | None:
    declared = _first(values, _TITLES[:2])
    if declared:
        return declared
    headings = [_text(heading) for heading in root.iter("h1")]
    headings = [heading for heading in headings if heading]
    if latexml and headings:
        return headings[0]
    title = _first(values, _TITLES[2:]) or next((_text(title) for title in root.iter("title")), "")
    return _without_site(title, headings, _first(values, ("og:site_name",))) or None


def _without_site(title: str, headings: list[str], site: str | None) -> str:
    """A title less the name of the site, which stands behind (or before) it."""
    for heading in headings:
        if heading and title.startswith(heading) and _SITE.match(title, len(heading)):
            return heading
    if site and title.endswith(site):
        shorter = _SITE.split(title[: -len(site)] + "x")
        return title[: -len(site)].rstrip(" |·•—–»:-") if len(shorter) > 1 else title
    pieces = _SITE.split(title)
    return pieces[0] if len(pieces) > 1 and len(pieces[0]) >= 3 else title


def _authors(root: HtmlElement, values: dict[str, list[str]], linked: list[dict[str, Any]], latexml: bool) -> list[str]:
    for name in _AUTHORS:
        given = [value for value in values.get(name, ()) if "://" not in value]
        if given:
            return [_natural(author) for value in given[:_MAX_AUTHORS] for author in _split(value, name)]
    for entry in linked:
        authors = entry.get("author")
        people = authors if isinstance(authors, list) else [authors]
        named = [person.get("name") if isinstance(person, dict) else person for person in people[:_MAX_AUTHORS]]
        named = [" ".join(name.split()) for name in named if isinstance(name, str) and name.strip()]
        if named:
            return named
    return _latexml_authors(root) if latexml else []


def _latexml_authors(root: HtmlElement) -> list[str]:
    """Names in the byline of a paper, where each stands by itself; addresses are in the same place, marked or not."""
    names: list[str] = []
    for person in root.iter("span"):
        if _is(person, "ltx_personname") and len(names) < _MAX_AUTHORS:
            first = "".join(_first_line(person))
            names += [
                name for part in re.split(r",|&|\band\b", first) if _NAME.fullmatch(name := " ".join(part.split()))
            ]
    return names


def _first_line(person: HtmlElement) -> Iterator[str]:
    """Text up to the first line break, without marks for addresses."""
    yield person.text or ""
    for child in person:
        if child.tag == "br":
            return
        if child.tag != "sup" and not _is(child, "ltx_note"):
            yield "".join(child.itertext())
        yield child.tail or ""


def _split(value: str, name: str) -> list[str]:
    return [value] if name == "citation_author" else [part for part in re.split(r"\s*;\s*|\s+and\s+", value) if part]


def _natural(author: str) -> str:
    """`Vaswani, Ashish` as a person writes it."""
    family, comma, given = author.partition(",")
    return f"{given.strip()} {family.strip()}" if comma and "," not in given and given.strip() else author


def _published(root: HtmlElement, values: dict[str, list[str]], linked: list[dict[str, Any]]) -> str | None:
    given = [_first(values, (name,)) for name in _DATES]
    given += [entry.get("datePublished") for entry in linked]
    given += [element.get("datetime") for element in list(root.iter("time"))[:1]]
    for value in given:
        found = _DATE.match(value.strip()) if isinstance(value, str) else None
        if found:
            return "-".join([found[1], *(part.zfill(2) for part in found.groups()[1:] if part)])
    return None


def _arxiv_id(root: HtmlElement, values: dict[str, list[str]]) -> str | None:
    declared = _first(values, ("citation_arxiv_id",))
    if declared:
        return declared
    links = [link.get("href", "") for link in root.iter("link") if "canonical" in link.get("rel", "").split()]
    links += [link.get("href", "") for link in root.iter("base")]
    links += [values[name][0] for name in ("og:url", "citation_pdf_url") if name in values]
    for link in links:
        found = _ARXIV.search(link[:_MAX_VALUE])
        if found:
            return found[1]
    for element in root.iter():
        if element.get("id") == "watermark-tr" and (mark := _ARXIV_MARK.search(_text(element))):
            return mark[1]
    return None


def _linked_data(root: HtmlElement) -> list[dict[str, Any]]:
    """The objects of the page's JSON-LD that have an author or a date."""
    entries: list[dict[str, Any]] = []
    for script in root.iter("script"):
        text = script.text or ""
        if script.get("type", "").strip().lower() != "application/ld+json" or len(text) > _MAX_JSON:
            continue
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            continue
        entries += [entry for entry in _objects(value) if "author" in entry or "datePublished" in entry]
    return entries


def _objects(value: object) -> Iterator[dict[str, Any]]:
    candidates = value if isinstance(value, list) else [value]
    for candidate in candidates:
        if isinstance(candidate, dict):
            yield candidate
            graph = candidate.get("@graph")
            yield from (entry for entry in graph if isinstance(entry, dict)) if isinstance(graph, list) else ()


def _text(element: HtmlElement) -> str:
    return " ".join("".join(element.itertext()).split())[:_MAX_VALUE]


def _is(element: HtmlElement, name: str) -> bool:
    return name in element.get("class", "").split()


def _has_class(root: HtmlElement, name: str) -> bool:
    return any(_is(element, name) for element in root.iter("article", "div"))
