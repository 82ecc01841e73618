"""What goes through the pipes between a worker and its parent: frames, jobs, answers.

A frame is a length in eight bytes and so many bytes. A job is two of them, what is known of the file and the file; an
answer is one: JSON, or a picture. Nothing is unpickled, and an answer is believed only after `read_answer` or
`read_picture` has checked everything that the rest of the program takes for granted.
"""

import hashlib
import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, pairwise
from math import isfinite
from unicodedata import is_normalized

from pydantic import TypeAdapter, ValidationError

from ...index.errors import QuarantineError
from ...index.layout import Layout
from ...index.store import FileState
from ...index.types import DocumentInfo, Passage, passage_id
from ..loaders import LoadedDocument
from ..metadata import DocumentMeta
from ..normalise import canonical_text
from ..reading import ReadJob, ReadResult
from .pictures import PictureJob, flaw_of

LENGTH = struct.Struct(">Q")
MAX_DETAIL = 2000
"""Longest reason, in characters; a worker cuts longer ones, a parent refuses them."""

_ANSWER = TypeAdapter(ReadResult)
_REASON = TypeAdapter(str)
_ENDINGS = (FileState.INDEXED, FileState.QUARANTINED, FileState.IGNORED)


class MalformedError(ValueError):
    """An answer that no worker gives; the message says what is wrong with it."""


def frame(payload: bytes) -> bytes:
    """The payload behind its length."""
    return LENGTH.pack(len(payload)) + payload


def write_job(job: ReadJob | PictureJob) -> list[bytes]:
    """The frames of a job, in parts, so that the file is not copied."""
    known = {"page": job.page, "width": job.width} if isinstance(job, PictureJob) else _known(job)
    return [frame(json.dumps(known).encode()), LENGTH.pack(len(job.data)), job.data]


def _known(job: ReadJob) -> dict[str, object]:
    return {
        "key": job.key,
        "document_id": job.document_id,
        "path": job.path,
        "sidecar": None if job.sidecar is None else job.sidecar.model_dump(mode="json"),
        "flags": job.flags.model_dump(mode="json"),
    }


def read_job(known: bytes, data: bytes) -> ReadJob | PictureJob:
    """What `write_job` wrote; a worker trusts its parent."""
    form = json.loads(known)
    if "page" in form:
        return PictureJob(data, form["page"], form["width"])
    sidecar = None if form["sidecar"] is None else DocumentMeta.model_validate(form["sidecar"])
    flags = DocumentMeta.model_validate(form["flags"])
    return ReadJob(form["key"], form["document_id"], form["path"], data, sidecar, flags)


def write_answer(result: ReadResult) -> bytes:
    """A result as JSON. What the document's text tells is left out: ids and texts of passages."""
    bare = tuple(replace(passage, id="", document_id="", text="") for passage in result.passages)
    return _ANSWER.dump_json(replace(result, detail=_sendable(result.detail), passages=bare))


def write_refusal(reason: str) -> bytes:
    """Why there is no picture, in place of one."""
    return _REASON.dump_json(_sendable(reason))


def _sendable(reason: str) -> str:
    """A reason may quote the file, and with it half of a character."""
    return reason[:MAX_DETAIL].encode(errors="replace").decode()


def read_answer(payload: bytes, job: ReadJob) -> ReadResult:
    """The result that a worker sent for a job, checked and completed.

    Raises:
        MalformedError: it is not what an honest worker can have sent.
    """
    try:
        result = _ANSWER.validate_json(payload, strict=True)
    except (ValidationError, RecursionError, MemoryError) as error:
        raise MalformedError(_first_problem(error)) from error
    loaded = result.loaded
    _require(result.key == job.key and result.state in _ENDINGS, "the result of another job")
    _require(len(result.detail) <= MAX_DETAIL, "an endless reason")
    _require((result.state == FileState.INDEXED) == (loaded is not None), "a result without its document")
    if loaded is None:
        _require(not result.passages, "passages without their document")
        return result
    _check_document(loaded, job)
    text = loaded.document.text
    _check_spans("passages", [(p.start, p.end) for p in result.passages], len(text), apart=False)
    pages = len(loaded.layout.sizes) if loaded.layout else 0
    passages = tuple(_completed(result.passages, text, job.document_id, pages))
    return replace(result, passages=passages)


def read_picture(payload: bytes, job: PictureJob) -> bytes:
    """The picture that a worker sent for a job, checked.

    Raises:
        QuarantineError: the worker's own reason for sending none.
        MalformedError: it is not what an honest worker can have sent.
    """
    if not payload.startswith(b'"'):
        flaw = flaw_of(payload, job)
        _require(flaw is None, flaw or "")
        return payload
    try:
        reason = _REASON.validate_json(payload, strict=True)
    except ValidationError as error:
        raise MalformedError(_first_problem(error)) from error
    _require(len(reason) <= MAX_DETAIL, "an endless reason")
    raise QuarantineError(reason)


def _completed(passages: Sequence[Passage], text: str, document_id: str, pages: int) -> Iterator[Passage]:
    for ordinal, passage in enumerate(passages):
        _require(passage.ordinal == ordinal and passage.token_count >= 0, "a passage out of order")
        _require(passage.page is None or 1 <= passage.page <= pages, "a passage on a page that there is not")
        known = text[passage.start : passage.end]
        yield replace(passage, id=passage_id(document_id, ordinal), document_id=document_id, text=known)


def _check_document(loaded: LoadedDocument, job: ReadJob) -> None:
    info, text = loaded.document.info, loaded.document.text
    _require(info.id == job.document_id and info.source == job.document_id, "another document")
    # Also what keeps invisible characters out of the index. Marks that are out of order take `normalize` the square of
    # their number; `is_normalized` stops at the first of them.
    _require(is_normalized("NFC", text) and canonical_text(text) == text, "text that is not canonical")
    _require(info.sha256 == hashlib.sha256(text.encode()).hexdigest(), "a hash of another text")
    _check_metadata(info)
    _check_spans("blocks", [(block.start, block.end) for block in loaded.blocks], len(text))
    _require(all(block.level >= 0 for block in loaded.blocks), "a heading without a level")
    for practice in loaded.practices:
        _require(practice.document_id == job.document_id, "a practice of another document")
        _require(0 <= practice.start <= practice.end <= len(text), "a practice outside the text")
    if loaded.layout:
        _check_layout(loaded.layout, len(text))


def _check_metadata(info: DocumentInfo) -> None:
    """Dates and the like must be what `DocumentMeta` would have let in."""
    said = {"published": info.published, "authors": list(info.authors), "arxiv_id": info.arxiv_id}
    try:
        meta = DocumentMeta.model_validate(said)
    except ValidationError as error:
        raise MalformedError(_first_problem(error)) from error
    same = meta.published == info.published and meta.arxiv_id == info.arxiv_id and meta.authors == info.authors
    _require(same, "metadata that is not canonical")


def _check_layout(layout: Layout, length: int) -> None:
    _check_spans("lines", [(span.start, span.end) for span in layout.spans], length)
    pages = len(layout.sizes)
    _require(all(1 <= span.page <= pages for span in layout.spans), "a line on a page that there is not")
    boxes = [(span.x0, span.y0, span.x1, span.y1) for span in layout.spans]
    _require(all(map(isfinite, chain(*boxes, *layout.sizes))), "a box without an end")


def _check_spans(what: str, spans: Sequence[tuple[int, int]], length: int, *, apart: bool = True) -> None:
    """Spans are in order and within the text; `apart`: and do not overlap."""
    _require(all(0 <= start < end <= length for start, end in spans), f"{what} outside the text")
    in_order = all((before[1] if apart else before[0]) <= after[0] for before, after in pairwise(spans))
    _require(in_order, f"{what} out of order")


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise MalformedError(otherwise)


def _first_problem(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return type(error).__name__
    problem = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(str(part) for part in problem['loc'][:4])}: {problem['msg'][:120]}"
