"""Fetch one file over HTTP so that an interrupted download goes on where it stopped, in this run or in the next.

Bytes gather beside the target under a name that holds the version, and are renamed when all of them are there. The
hub's own client begins anew in every process, which a file of several gigabytes does not deserve.
"""

import glob
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ..ingest.papers.durable import move_durably
from ..ingest.progress import Progress

if TYPE_CHECKING:
    import httpx2

_CHUNK = 1 << 18
_FRUITLESS_TRIES = 4
_FIRST_WAIT_S = 0.5
_MB = 1_000_000


def download(
    url: str,
    target: Path,
    *,
    version: str,
    size: int | None,
    headers: Mapping[str, str],
    progress: Progress,
) -> None:
    """Put the file of an address in its place.

    A connection that breaks is made again, and given up after four tries in a row that bring nothing.

    Args:
        url: that always means the same bytes.
        target: in a folder that is created if need be; replaced if it exists.
        version: of the bytes; a part of another version is not continued.
        size: in bytes, None where it is not known.
        headers: of the request; those that identify somebody do not follow a redirect to another host.
        progress: counts megabytes.

    Raises:
        httpx2.HTTPError: the server cannot be reached, or answers with an error.
        OSError: the file cannot be written.
    """
    import httpx2

    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{version[:12]}.part")
    progress.begin("fetch", -(-size // _MB) if size is not None else 0, "MB")
    try:
        with (
            httpx2.Client(follow_redirects=True, timeout=httpx2.Timeout(30, connect=10)) as client,
            part.open("ab") as file,
        ):
            counter = _Megabytes(progress, file.tell())
            fruitless = 0
            while fruitless < _FRUITLESS_TRIES:
                before = file.tell()
                try:
                    with client.stream("GET", url, headers={**headers, **_range(before)}) as response:
                        _write(response, file, counter)
                    break
                except httpx2.TransportError:
                    fruitless = 0 if file.tell() > before else fruitless + 1
                    if fruitless == _FRUITLESS_TRIES:
                        raise
                    time.sleep(_FIRST_WAIT_S * 2**fruitless)
            file.flush()
            os.fsync(file.fileno())
        move_durably(part, target)
        _forget_parts(target)
    finally:
        progress.end()


def _forget_parts(target: Path) -> None:
    """Remove what was begun of other versions."""
    for part in target.parent.glob(f".{glob.escape(target.name)}.*.part"):
        part.unlink(missing_ok=True)


class _Megabytes:
    """Tells whole megabytes to a progress."""

    def __init__(self, progress: Progress, there: int) -> None:
        self._progress, self._told = progress, 0
        self.reach(there)

    def reach(self, position: int) -> None:
        """So many bytes are there."""
        whole = position // _MB
        if whole > self._told:
            self._progress.advance(whole - self._told)
            self._told = whole


def _range(start: int) -> dict[str, str]:
    return {"Range": f"bytes={start}-"} if start else {}


def _write(response: "httpx2.Response", file: BinaryIO, counter: _Megabytes) -> None:
    """Add the body to the file, or begin anew where the server does not continue."""
    start = file.tell()
    if response.status_code == 416 and start:
        # Nothing follows: all of it had come. That it is right is for the hash to tell.
        return
    response.raise_for_status()
    found = re.match(r"bytes (\d+)-", response.headers.get("content-range", ""))
    if start and (response.status_code != 206 or found is None or int(found[1]) != start):
        file.truncate(0)
        file.seek(0)
    for data in response.iter_raw(_CHUNK):
        file.write(data)
        counter.reach(file.tell())
