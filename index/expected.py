"""What somebody expects a search to find, looked up in an index: its passages, or why there are none."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .errors import UsageError
from .store import FileRecord, FileState
from .trace import Lost
from .view import View

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Expected:
    """Passages of which a search should find one.

    Attributes:
        name: what they stand for: a document, a passage or a quote.
        passages: their ids; empty where the index has none.
        lost: the stage before any search that lost them; None where there are passages.
        detail: what became of them there.
    """

    name: str
    passages: tuple[str, ...] = ()
    lost: Lost | None = None
    detail: str = ""


def expected_document(view: View, document_id: str) -> Expected:
    """All passages of a document, or what became of its file."""
    passages = tuple(passage.id for passage in view.passages(document_id))
    if passages:
        return Expected(document_id, passages)
    if any(info.id == document_id for info in view.documents()):
        return Expected(document_id, (), Lost.NOT_INDEXED, "the document gave no passage")
    record = next((record for record in view.files() if record.document_id == document_id), None)
    if record is None:
        return Expected(document_id, (), Lost.NOT_PARSED, "no such file is among those that were ingested")
    if record.state is FileState.DUPLICATE:
        return Expected(document_id, (), Lost.NOT_INDEXED, f"it has the text of {record.detail}, which stands for it")
    why = "set aside" if record.state is FileState.QUARANTINED else "passed over"
    return Expected(document_id, (), Lost.NOT_PARSED, f"its file was {why}: {record.detail}")


def expected_passage(view: View, passage_id: str) -> Expected:
    """One passage; where the index cuts its document otherwise, it is not indexed."""
    document = expected_document(view, passage_id.rpartition("#")[0])
    if passage_id in document.passages:
        return Expected(passage_id, (passage_id,))
    if document.passages:
        return Expected(passage_id, (), Lost.NOT_INDEXED, "its document is cut otherwise in this index")
    return Expected(passage_id, (), document.lost, document.detail)


def expected_name(view: View, name: str) -> Expected:
    """What a person means: a passage id, a document id, the end of one, or a glob that only one matches.

    Files that were set aside can be meant as well.

    Raises:
        UsageError: nothing has that name, or several have.
    """
    known = _known(info.id for info in view.documents()) | _known(map(_document_of, view.files()))
    if name not in known and "#" in name and name.rpartition("#")[0] in known:
        found = expected_passage(view, name)
        if found.passages:
            return found
        raise UsageError(f"there is no passage {name!r}; `sota-rag corpus show` lists those of a document")
    if name in known:
        return expected_document(view, name)
    meant = sorted(key for key in known if key.endswith(f"/{name}") or key.endswith(name) or fnmatchcase(key, name))
    if len(meant) == 1:
        return expected_document(view, meant[0])
    if not meant:
        raise UsageError(f"no document is called {name!r} or ends so; `sota-rag corpus show` lists the documents")
    others = f" and {len(meant) - _NAMED} more" if len(meant) > _NAMED else ""
    raise UsageError(f"{name!r} could be {', '.join(map(repr, meant[:_NAMED]))}{others}; name one of them")


def _known(ids: Iterable[str]) -> set[str]:
    return {identity for identity in ids if identity}


def _document_of(record: FileRecord) -> str:
    return record.document_id
