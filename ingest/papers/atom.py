"""arXiv's answers in XML: metadata of papers (Atom, `api/query`) and the licence of one (OAI-PMH, `arXivRaw`).

What a server sends is read with suspicion: no document type declaration, so no entities; identifiers and licences
only in their known forms; everything else is text. Sizes are limited where the answer is received.

Formats: https://info.arxiv.org/help/api/user-manual.html, https://info.arxiv.org/help/oa/index.html
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode
from xml.etree import ElementTree
from xml.parsers import expat

from ...index.errors import UsageError
from .arxiv_id import ArxivId
from .errors import PaperError

_ATOM = "{http://www.w3.org/2005/Atom}"
_OAI = "{http://www.openarchives.org/OAI/2.0/}"
_RAW = "{http://arxiv.org/OAI/arXivRaw/}"
_LICENCE = re.compile(r"https?://(?:creativecommons|arxiv)\.org/[a-z0-9./-]{1,100}")
_CREATIVE_COMMONS = re.compile(r"https?://creativecommons\.org/licenses/([a-z-]+)/([0-9.]+)/?")

UNKNOWN_LICENCE = "unknown; assume that you may read it but not redistribute it"


@dataclass(frozen=True, slots=True)
class PaperMetadata:
    """What arXiv says of a paper.

    Attributes:
        id: with the version that is described.
        published: date of the first version, as `2021-06-17`.
    """

    id: ArxivId
    title: str
    authors: tuple[str, ...]
    published: str | None


def metadata_url(api_url: str, ids: Iterable[ArxivId]) -> str:
    """Address of the metadata of some papers, a hundred at most."""
    named = [str(paper) for paper in ids]
    return f"{api_url}?{urlencode({'id_list': ','.join(named), 'max_results': len(named)}, safe=',/')}"


def licence_url(oai_url: str, paper: ArxivId) -> str:
    """Address of a paper's record, which holds its licence."""
    query = {"verb": "GetRecord", "identifier": f"oai:arXiv.org:{paper.paper}", "metadataPrefix": "arXivRaw"}
    return f"{oai_url}?{urlencode(query, safe=':/')}"


def parse_feed(data: bytes) -> list[PaperMetadata]:
    """Papers of an Atom feed, in its order.

    For an unknown paper arXiv sends an entry without an identifier, or none; neither is returned.

    Raises:
        PaperError: it is no Atom feed.
    """
    feed = _parse(data, "metadata")
    if feed.tag != f"{_ATOM}feed":
        raise PaperError(f"arXiv's metadata is no Atom feed but {feed.tag[:80]!r}; run it again later")
    papers = []
    for entry in feed.iterfind(f"{_ATOM}entry"):
        # http://arxiv.org/abs/2106.09685v2; the path of an error is api/errors.
        _, _, said = _text(entry, f"{_ATOM}id").partition("/abs/")
        title = _text(entry, f"{_ATOM}title")
        try:
            paper = ArxivId.parse(said)
        except UsageError:
            continue
        names = (_text(author, f"{_ATOM}name") for author in entry.iterfind(f"{_ATOM}author"))
        published = re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", _text(entry, f"{_ATOM}published"))
        papers.append(PaperMetadata(paper, title, tuple(filter(None, names)), published[0] if published else None))
    return papers


def find_metadata(papers: Iterable[PaperMetadata], wanted: ArxivId) -> PaperMetadata | None:
    """The version that is wanted, or the newest one if none is named."""
    versions = [paper for paper in papers if wanted in (paper.id, paper.id.unversioned)]
    return max(versions, key=lambda paper: paper.id.version or 0, default=None)


def parse_licence(data: bytes, paper: ArxivId) -> str | None:
    """Address of a paper's licence, or None where arXiv does not say; its record speaks for the newest version only.

    Raises:
        PaperError: it is no record of that paper.
    """
    root = _parse(data, "licence record")
    record = root.find(f"{_OAI}GetRecord/{_OAI}record/{_OAI}metadata/{_RAW}arXivRaw")
    if record is None or _text(record, f"{_RAW}id").lower() != paper.paper:
        raise PaperError("arXiv has no licence record of it")
    versions = [element.get("version", "") for element in record.iterfind(f"{_RAW}version")]
    licence = _text(record, f"{_RAW}license")
    if not _LICENCE.fullmatch(licence) or (versions and paper.version and f"v{paper.version}" != versions[-1]):
        return None
    return licence


def licence_name(url: str | None) -> str:
    """A licence in words, what it allows where that is not well known."""
    if url is None:
        return UNKNOWN_LICENCE
    if found := _CREATIVE_COMMONS.fullmatch(url):
        return f"CC {found[1].upper()} {found[2]}"
    if "creativecommons.org/publicdomain/zero/" in url:
        return "CC0 1.0"
    if "arxiv.org/licenses/nonexclusive-distrib/" in url:
        return "arXiv's own; you may read it but not redistribute it"
    return url


def _parse(data: bytes, what: str) -> ElementTree.Element:
    """Parse XML that has no document type declaration: entities are how a few lines grow to gigabytes."""
    watch = expat.ParserCreate()
    watch.StartDoctypeDeclHandler = _refuse_doctype
    try:
        watch.Parse(data, True)
        return ElementTree.fromstring(data)
    except (expat.ExpatError, ElementTree.ParseError, ValueError, LookupError) as error:
        raise PaperError(f"arXiv's {what} cannot be read ({error}); run it again later") from error


def _refuse_doctype(*_declared: object) -> None:
    raise ValueError("it declares a document type, which could hide an entity bomb")


def _text(element: ElementTree.Element, path: str) -> str:
    return " ".join((element.findtext(path) or "").split())
