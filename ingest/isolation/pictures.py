"""The other kind of job: one page of a PDF as a picture, drawn in a worker and checked by its parent."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

MAX_PIXELS = 4_000_000
"""Most pixels of a picture: 12 MB before compression. A page that would have more is drawn smaller."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">IIBBBBB")
_CHANNELS = {0: 1, 2: 3}  # grey, colour


@dataclass(frozen=True, slots=True)
class PictureJob:
    """A page to draw.

    Attributes:
        data: the PDF file.
        page: 1-based.
        width: most pixels across.
    """

    data: bytes
    page: int
    width: int


def draw(job: PictureJob) -> bytes:
    """The PNG; called in a worker only, for PDFium must not meet anybody's files in any other process.

    Raises:
        QuarantineError: the page cannot be drawn.
    """
    from ..formats.pdf.rendering import page_picture  # loads PDFium

    return page_picture(job.data, job.page, job.width, max_pixels=MAX_PIXELS)


def flaw_of(picture: bytes, job: PictureJob) -> str | None:
    """What is wrong with a picture that a worker sent, or None.

    A browser is to decode it: so it must be the plain kind of PNG that `page_picture` writes, with nothing beside the
    pixels, and inflate to just as many of them as its header says.
    """
    if not picture.startswith(_SIGNATURE):
        return "no PNG"
    chunks = list(_chunks(picture))
    kinds = [kind for kind, _ in chunks]
    if kinds != [b"IHDR", b"IDAT", b"IEND"] or chunks[2][1] or len(chunks[0][1]) != _HEADER.size:
        return "a PNG with other parts than header and pixels"
    width, height, depth, colour, *methods = _HEADER.unpack(chunks[0][1])
    if depth != 8 or colour not in _CHANNELS or any(methods):
        return "a PNG of another kind"
    if not (1 <= width <= job.width and height >= 1 and width * height <= MAX_PIXELS):
        return f"a picture of {width} by {height} pixels"
    return None if _inflates(chunks[1][1], height * (1 + width * _CHANNELS[colour])) else "other pixels than announced"


def _chunks(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each part, as far as they are sound; a broken one has no kind."""
    place = len(_SIGNATURE)
    while place < len(picture):
        length = int.from_bytes(picture[place : place + 4])
        kind, payload = picture[place + 4 : place + 8], picture[place + 8 : place + 8 + length]
        check = picture[place + 8 + length : place + 12 + length]
        if int.from_bytes(check) != zlib.crc32(kind + payload) or len(check) != 4:
            yield b"", b""
            return
        yield kind, payload
        place += 12 + length


def _inflates(pixels: bytes, length: int) -> bool:
    """Whether they inflate to so many bytes and no more."""
    inflater = zlib.decompressobj()
    try:
        return len(inflater.decompress(pixels, length + 1)) == length and inflater.eof and not inflater.unused_data
    except zlib.error:
        return False
