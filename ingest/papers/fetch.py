"""Papers from arXiv into the folder: metadata, licence, PDF.

Nothing is asked about a paper that is there and has its checksum. Metadata comes for up to a hundred papers at once;
licence and PDF take one request each. The exact version that the metadata describe is fetched, so that record and file
belong together even when a new version appears in between.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from ...index.types import Kind
from ..metadata import DocumentMeta
from ..progress import Progress, Silent
from .addresses import check_url
from .arxiv_id import ArxivId
from .atom import PaperMetadata, find_metadata, licence_url, metadata_url, parse_feed, parse_licence
from .download import MAX_BYTES, Watch, download_pdf
from .errors import PaperError, UnreachableError
from .folder import Library, State, new_record
from .outcome import Done, Outcome
from .polite import PoliteClient

BATCH = 100
# A collaboration's three thousand authors would not fit into a sidecar.
_MOST_AUTHORS = 100
_LONGEST_NAME = 100
_LONGEST_TITLE = 500

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where arXiv, or a mirror of it, answers.

    Attributes:
        api_url: metadata, in Atom.
        pdf_url: a PDF is below it, under its identifier.
        oai_url: licences, by OAI-PMH.
    """

    api_url: str = "https://export.arxiv.org/api/query"
    pdf_url: str = "https://arxiv.org/pdf"
    oai_url: str = "https://oaipmh.arxiv.org/oai"

    @classmethod
    def below(cls, base_url: str) -> "Endpoints":
        """Those of a mirror that keeps arXiv's paths."""
        base = base_url.rstrip("/")
        return cls(f"{base}/api/query", f"{base}/pdf", f"{base}/oai")

    def checked(self, delay_s: float) -> "Endpoints":
        """Addresses that may be asked every `delay_s` seconds.

        Raises:
            SettingsError: one of them is no https address (http on this machine), or arXiv's and the pause too short.
        """
        return Endpoints(
            check_url(self.api_url, "papers.api_url", delay_s),
            check_url(self.pdf_url, "papers.pdf_url", delay_s),
            check_url(self.oai_url, "papers.oai_url", delay_s),
        )


class Catalogue:
    """What arXiv knows about papers; asked in batches, and each licence once.

    Args:
        licences: whether to ask for licences; one request each.
    """

    def __init__(self, client: PoliteClient, endpoints: Endpoints, *, licences: bool = True) -> None:
        self._client, self._endpoints, self._licences = client, endpoints, licences
        self._papers: list[PaperMetadata] = []
        self._failed: dict[ArxivId, str] = {}

    def look_up(self, ids: Sequence[ArxivId]) -> None:
        """Ask for the metadata of some papers.

        Raises:
            UnreachableError: the host cannot be reached.
        """
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            try:
                self._papers += parse_feed(self._client.get_text(metadata_url(self._endpoints.api_url, batch)))
            except PaperError as error:
                self._failed |= dict.fromkeys(batch, str(error))

    def metadata(self, paper: ArxivId) -> PaperMetadata:
        """Metadata of a paper that was looked up.

        Raises:
            PaperError: the request for it failed, or arXiv has no such paper.
        """
        if paper in self._failed:
            raise PaperError(self._failed[paper])
        found = find_metadata(self._papers, paper)
        if found is None:
            raise PaperError("arXiv has no such paper or version; check the identifier")
        return found

    def licence(self, paper: ArxivId) -> str | None:
        """Address of a paper's licence, or None where it cannot be learnt: a paper is of use without it."""
        if not self._licences:
            return None
        try:
            return parse_licence(self._client.get_text(licence_url(self._endpoints.oai_url, paper)), paper)
        except UnreachableError as error:
            # Every further paper would wait for nothing.
            self._licences = False
            _log.warning("licences are not noted: %s", error)
        except PaperError as error:
            _log.warning("the licence of %s is not noted: %s", paper, error)
        return None


def document_meta(paper: PaperMetadata) -> DocumentMeta:
    """What goes into a sidecar; of more than a hundred authors, the first hundred.

    Raises:
        PaperError: a value cannot be right, such as a date in the year 9999.
    """
    names = [name[:_LONGEST_NAME] for name in paper.authors[:_MOST_AUTHORS]]
    try:
        return DocumentMeta(
            title=paper.title[:_LONGEST_TITLE],
            kind=Kind.PAPER,
            published=paper.published,
            authors=tuple(names),
            arxiv_id=paper.id.paper,
        )
    except ValidationError as error:
        raise PaperError(
            f"arXiv's metadata cannot be right ({error.errors()[0]['msg']}); run it again later"
        ) from error


def fetch_papers(
    ids: Iterable[ArxivId],
    library: Library,
    client: PoliteClient,
    endpoints: Endpoints = Endpoints(),
    *,
    licences: bool = True,
    max_bytes: int = MAX_BYTES,
    progress: Progress | None = None,
) -> list[Outcome]:
    """Fetch the papers that are not there; one that fails does not keep the others.

    Raises:
        UnreachableError: the metadata cannot be asked for; nothing was changed.
    """
    wanted = list(dict.fromkeys(ids))
    outcomes = {paper: known for paper in wanted if (known := _known(paper, library))}
    missing = [paper for paper in wanted if paper not in outcomes]
    catalogue = Catalogue(client, endpoints, licences=licences)
    try:
        catalogue.look_up(missing)
    except UnreachableError as error:
        raise UnreachableError(
            f"{error}; nothing was changed: connect to a network and run it again, "
            "or add PDFs that you have with: sota-rag papers add FILE"
        ) from error
    unreachable = ""
    for number, paper in enumerate(missing, start=1):
        try:
            if unreachable:
                raise PaperError(f"not tried: {unreachable}")
            watch = _watch(progress or Silent(), f"{number} of {len(missing)}")
            outcomes[paper] = _fetch(paper, library, client, endpoints, catalogue, max_bytes, watch)
        except UnreachableError as error:
            unreachable = str(error)
            outcomes[paper] = Outcome(str(paper), Done.FAILED, detail=unreachable)
        except PaperError as error:
            outcomes[paper] = Outcome(str(paper), Done.FAILED, detail=str(error))
    return [outcomes[paper] for paper in wanted]


def _known(paper: ArxivId, library: Library) -> Outcome | None:
    """What can be said of a paper without asking; None if it has to be fetched."""
    name = paper.file_name
    path, state = str(library.path(name)), library.state(name, verify=True)
    if state is State.VERIFIED:
        meta = library.meta(name)
        return Outcome(str(paper), Done.UNCHANGED, name, library.records[name], meta.title if meta else None)
    if state is State.CHANGED:
        reason = f"{path!r} no longer has the checksum that was recorded; move it away to fetch it again"
        return Outcome(str(paper), Done.FAILED, detail=reason)
    if state is State.UNRECORDED:
        reason = f"{path!r} is there, but was not fetched; register it with sota-rag papers add, or move it away"
        return Outcome(str(paper), Done.FAILED, detail=reason)
    return None


def _fetch(
    paper: ArxivId,
    library: Library,
    client: PoliteClient,
    endpoints: Endpoints,
    catalogue: Catalogue,
    max_bytes: int,
    watch: Watch,
) -> Outcome:
    found = catalogue.metadata(paper)
    meta = document_meta(found)
    # Asked before the download, so that nothing can interrupt between its end and its record.
    licence = catalogue.licence(found.id)
    name, url = paper.file_name, f"{endpoints.pdf_url}/{found.id}"
    part = library.part(name)
    download_pdf(client, url, part, max_bytes=max_bytes, watch=watch)
    record = new_record(
        part, origin="fetched", source=url, arxiv_id=paper.paper, version=found.id.version, licence=licence
    )
    library.put(part, name, record, meta)
    return Outcome(str(paper), Done.FETCHED, name, record, meta.title)


def _watch(progress: Progress, stage: str) -> Watch:
    """A download's bytes as kilobytes of a stage."""
    arrived = 0

    def begin(have: int, total: int | None) -> None:
        nonlocal arrived
        arrived = have
        progress.begin(stage, (total or 0) // 1000, "kB")
        progress.advance(have // 1000)

    def advance(size: int) -> None:
        nonlocal arrived
        before, arrived = arrived, arrived + size
        progress.advance(arrived // 1000 - before // 1000)

    return Watch(begin, advance, progress.end)
