"""Download a file in pieces that survive an interruption.

    NAME.part         what has arrived
    NAME.part.json    from where, and the validator that says which file it is a piece of (RFC 9110, 13.1.5)

A piece is continued only if the server says, by way of If-Range, that it is still the same file; a server that has no
validators or ignores ranges is asked for the whole file again.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .durable import write_durably
from .errors import PaperError
from .polite import PoliteClient, TransientError

if TYPE_CHECKING:
    from requests import Response

MAX_BYTES = 200_000_000
PDF_MAGIC = b"%PDF-"
_PDF_END = b"%%EOF"
_PDF_END_WITHIN = 1024
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15})")


@dataclass(frozen=True, slots=True)
class Watch:
    """Told how a download goes; a download that is taken up again begins again.

    Attributes:
        begin: called with the bytes that are there already and the whole size, or None where it is not known.
        advance: called with the size of each piece in bytes.
        end: called when an attempt is over, however it ended.
    """

    begin: Callable[[int, int | None], None] = lambda have, total: None
    advance: Callable[[int], None] = lambda size: None
    end: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class _Piece:
    """What has arrived of a file.

    Attributes:
        size: in bytes; 0 where nothing can be continued.
        validator: for If-Range.
    """

    size: int = 0
    validator: str = ""


def download_pdf(
    client: PoliteClient, url: str, part: Path, *, max_bytes: int = MAX_BYTES, watch: Watch = Watch()
) -> None:
    """Bring a PDF to `part`, complete and flushed to the disk; interrupted, what has arrived stays for the next call.

    Raises:
        PaperError: the server refuses or keeps failing, or what it sends is no PDF or larger than `max_bytes`.
        UnreachableError: the host cannot be reached.
    """

    def attempt() -> None:
        have = _read_piece(part, url)
        # The body of an answer to If-Range is the rest of that very file, or the whole of a newer one.
        headers = {"Range": f"bytes={have.size}-", "If-Range": have.validator} if have.size else {}
        with client.open(url, headers) as response:
            _receive(client, response, url, part, have, max_bytes, watch)

    try:
        client.retry(attempt)
    except _NotWantedError as error:
        discard(part)
        raise PaperError(str(error)) from error
    _state_file(part).unlink(missing_ok=True)


def discard(part: Path) -> None:
    """Forget what has arrived."""
    part.unlink(missing_ok=True)
    _state_file(part).unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """Hex sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _NotWantedError(Exception):
    """What arrives is not what was asked for; nothing of it is kept."""


def _receive(
    client: PoliteClient, response: "Response", url: str, part: Path, have: _Piece, max_bytes: int, watch: Watch
) -> None:
    if response.status_code == 416:
        discard(part)
        raise TransientError(f"{url} has no such range any more", 0.0)
    offset, total = _span_of(response, part, have)
    if response.headers.get("Content-Type", "").startswith("text/"):
        # What has arrived before stays: such a page is often a passing one.
        raise PaperError(
            f"{url} sent {response.headers['Content-Type'][:60]!r} instead of a PDF; open it in a browser to see why"
        )
    if total is not None and total > max_bytes:
        raise _NotWantedError(_too_large(url, max_bytes))
    if offset == 0:
        discard(part)
        _write_state(part, url, response)
    arrived = offset
    watch.begin(offset, total)
    try:
        with part.open("ab") as file:
            for chunk in client.chunks(response):
                if arrived == 0 and not PDF_MAGIC.startswith(chunk[: len(PDF_MAGIC)]):
                    raise _NotWantedError(f"{url} sent something that is no PDF (it begins with {chunk[:16]!r})")
                arrived += len(chunk)
                if arrived > max_bytes:
                    raise _NotWantedError(_too_large(url, max_bytes))
                file.write(chunk)
                watch.advance(len(chunk))
            file.flush()
            os.fsync(file.fileno())
    finally:
        watch.end()
    _check_end(response, url, part, arrived, total)


def _span_of(response: "Response", part: Path, have: _Piece) -> tuple[int, int | None]:
    """Where the body begins in the file, and the size of the whole file if the server says."""
    length = response.headers.get("Content-Length", "")
    if response.status_code == 200:
        return 0, int(length) if length.isascii() and length.isdigit() else None
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if (
        not found
        or int(found[1]) != have.size
        or int(found[2]) + 1 != int(found[3])
        or _validator(response) not in ("", have.validator)
    ):
        discard(part)
        raise TransientError("the server sent another range than it was asked for", 0.0)
    return have.size, int(found[3])


def _check_end(response: "Response", url: str, part: Path, arrived: int, total: int | None) -> None:
    if total is not None and arrived != total:
        raise TransientError(f"{url} sent {arrived} of {total} bytes")
    with part.open("rb") as file:
        # The first piece may have been shorter than the mark that it was compared with.
        if file.read(len(PDF_MAGIC)) != PDF_MAGIC:
            raise _NotWantedError(f"{url} sent {arrived} bytes that are no PDF")
        file.seek(max(0, arrived - _PDF_END_WITHIN))
        # Without a length or chunks, the end of the connection is all that tells the end of the file.
        open_ended = total is None and "chunked" not in response.headers.get("Transfer-Encoding", "")
        if open_ended and _PDF_END not in file.read():
            raise TransientError(f"{url} sent a PDF without its end")


def _too_large(url: str, max_bytes: int) -> str:
    return f"{url} is larger than {max_bytes / 1e6:.0f} MB; raise the setting papers.max_mb to fetch it all the same"


def _state_file(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _validator(response: "Response") -> str:
    """A strong entity tag, else the date of the last change; empty where there is neither."""
    tag = response.headers.get("ETag", "")
    if tag:
        return "" if tag.startswith("W/") else tag
    return response.headers.get("Last-Modified", "")


def _write_state(part: Path, url: str, response: "Response") -> None:
    """Say what the piece belongs to, before it exists."""
    write_durably(_state_file(part), json.dumps({"url": url, "validator": _validator(response)}).encode())


def _read_piece(part: Path, url: str) -> _Piece:
    """What has arrived of this file and can be continued."""
    try:
        state = json.loads(_state_file(part).read_bytes())
        size = part.stat().st_size
        if state["url"] == url and isinstance(state["validator"], str) and state["validator"]:
            return _Piece(size, state["validator"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return _Piece()
