"""Find the document that a user names: by id, by the end of an id, or as a file on disk."""

import shlex
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from ..index.blocks import Block
from ..index.errors import MissingIndexError, SotaRagError, UsageError
from ..index.layout import Layout
from ..index.snapshot import open_current
from ..index.store import FileRecord, FileState, PassageStore
from ..index.structure import Structure, blocks_of, layout_of
from ..index.types import Document, Passage
from ..ingest.corpus import read_corpus
from .settings import Settings

_SUGGESTIONS = 5


@dataclass(frozen=True, slots=True)
class Subject:
    """A document with everything that is known of it.

    Attributes:
        document: metadata and canonical text.
        blocks: in order.
        layout: for paged formats.
        passages: in order.
        warnings: what was said in reading it.
        origin: the generation it was taken from, or the file it was read from just now.
    """

    document: Document
    blocks: tuple[Block, ...]
    layout: Layout | None
    passages: tuple[Passage, ...]
    warnings: tuple[str, ...]
    origin: str


def find_subject(settings: Settings, name: str) -> Subject:
    """The document of a name; an id goes before a file on disk, and that before the end of an id.

    Raises:
        UsageError: nothing is known by that name, or several documents are.
        SotaRagError: it is known and was set aside; the message holds the reason.
        MissingIndexError: it is no file on disk, and there is no index.
    """
    path = Path(name).expanduser()
    try:
        snapshot = open_current(settings.index)
    except MissingIndexError:
        if path.is_file():
            return _read_now(settings, path)
        raise
    with closing(snapshot.store) as store:
        records = {record.document_id: record for record in store.files()}
        ids = list(dict.fromkeys([*(info.id for info in snapshot.documents), *records]))
        if name not in ids and path.is_file():
            return _read_now(settings, path)
        found = [name] if name in ids else _ending_in(ids, name)
        if not found:
            raise UsageError(_unknown(settings, ids, name))
        if len(found) > 1:
            shown = ", ".join(repr(key) for key in found[:_SUGGESTIONS])
            raise UsageError(f"{name!r} is the end of {len(found)} ids ({shown}); write more of the one that is meant")
        return _indexed(store, snapshot.generation, found[0], records.get(found[0]))


def _ending_in(ids: Sequence[str], name: str) -> list[str]:
    """Ids that end in a name, at the boundary of a folder where there are such."""
    return [key for key in ids if key.endswith(f"/{name}")] or [key for key in ids if name and key.endswith(name)]


def _unknown(settings: Settings, ids: Sequence[str], name: str) -> str:
    by_name = {key.rpartition("/")[2]: key for key in ids}
    near = get_close_matches(name, ids, _SUGGESTIONS, 0.5)
    near += [by_name[key] for key in get_close_matches(name.rpartition("/")[2], by_name, _SUGGESTIONS, 0.5)]
    nearest = ", ".join(repr(key) for key in list(dict.fromkeys(near))[:_SUGGESTIONS])
    return (
        f"no document, and no file, is called {name!r}{f'; nearest are {nearest}' if nearest else ''}; "
        f"list all with: sota-rag corpus show --index {shlex.quote(str(settings.index))}"
    )


def _indexed(store: PassageStore, generation: str, key: str, record: FileRecord | None) -> Subject:
    if record is not None and record.state != FileState.INDEXED:
        raise SotaRagError(_aside(key, record))
    structure: Structure = store.structure(key)
    return Subject(
        store.document(key),
        tuple(blocks_of(structure)),
        layout_of(structure),
        tuple(store.document_passages(key)),
        (record.detail,) if record and record.detail else (),
        f"generation {generation}",
    )


def _read_now(settings: Settings, path: Path) -> Subject:
    # Models are only named here: an indexed document is shown without them.
    from .compose import make_encoder, make_reader

    with closing(make_reader(settings, make_encoder(settings))) as reader:
        (entry,) = read_corpus([path], reader)
    if entry.document is None:
        raise SotaRagError(_aside(str(path), entry.record))
    blocks, layout = blocks_of(entry.structure), layout_of(entry.structure)
    return Subject(
        entry.document, tuple(blocks), layout, entry.passages, entry.warnings, f"{entry.file.location}, read now"
    )


def _aside(key: str, record: FileRecord) -> str:
    if record.state == FileState.DUPLICATE:
        return f"{key!r} is not indexed: it has the same text as {record.detail!r}; show that one"
    return f"{key!r} was {'quarantined' if record.state == FileState.QUARANTINED else 'ignored'}: {record.detail}"
