"""A PDF put together by hand: objects, a cross-reference table, a trailer."""

import zlib
from collections.abc import Sequence

FONT = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"


def assemble(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A file of the objects, numbered from 1; the first is the catalogue."""
    parts, offsets, position = [b"%PDF-1.7\n"], [], 9
    for number, body in enumerate(objects, 1):
        offsets.append(position)
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, body))
        position += len(parts[-1])
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table))
    parts.append(
        b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, position)
    )
    return b"".join(parts)


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """A stream object as it is."""
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(data), entries, data)


def deflated(data: bytes, entries: bytes = b"") -> bytes:
    """A compressed stream object."""
    return stream(zlib.compress(data, 9), b"/Filter/FlateDecode" + entries)


def one_page(content: bytes, *more: bytes, resources: bytes = b"", tree: bytes = b"") -> bytes:
    """A file of one page: content is object 4, the font 5, further objects follow from 6."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>%s>>>>"
    pages = tree or b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
    return assemble([b"<</Type/Catalog/Pages 2 0 R>>", pages, page % resources, content, FONT, *more])


def of_lines(lines: Sequence[str], lines_per_page: int = 50) -> bytes:
    """A readable file with the lines set in Helvetica."""
    pages = [lines[first : first + lines_per_page] for first in range(0, len(lines), lines_per_page)] or [[]]
    kids = b" ".join(b"%d 0 R" % (4 + 2 * number) for number in range(len(pages)))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(pages)), FONT]
    for number, page in enumerate(pages):
        shown = b"".join(b"(%s) Tj T*\n" % _string(line) for line in page)
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>>>>>"
            % (5 + 2 * number)
        )
        objects.append(deflated(b"BT /F1 10 Tf 14 TL 50 740 Td\n" + shown + b"ET"))
    return assemble(objects)


def _string(line: str) -> bytes:
    plain = line.encode("latin-1", "replace")
    return plain.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
