"""From glyph codes to readable characters: ligatures, hyphens, signs of the private use area, joined words."""

import re
import unicodedata
from collections.abc import Iterable

HYPHEN = "-"

# Canonical text is NFC, which leaves these as they are; a reader searching for "fine" would not find them.
_LIGATURES = {
    "ﬀ": "ff",
    "ﬁ": "fi",
    "ﬂ": "fl",
    "ﬃ": "ffi",
    "ﬄ": "ffl",
    "ﬅ": "st",
    "ﬆ": "st",
    "Ĳ": "IJ",
    "ĳ": "ij",
    "\u2000": " ",
    "\u2001": " ",
    "\u2002": " ",
    "\u2003": " ",
    "\u2004": " ",
    "\u2005": " ",
    "\u2006": " ",
    "\u2007": " ",
    "\u2008": " ",
    "\u2009": " ",
    "\u200a": " ",
    "\u202f": " ",
    "\u205f": " ",
    "\u3000": " ",
    "\xa0": " ",
    "\t": " ",
    # PDFium marks a hyphen at a line's end with one of these; some fonts call their hyphen a soft one.
    "\x02": HYPHEN,
    "\ufffe": HYPHEN,
    "\xad": HYPHEN,
    "\u2010": HYPHEN,
    "\u2011": HYPHEN,
}
READABLE = {ord(sign): text for sign, text in _LIGATURES.items()}
"""For `str.translate`."""

_PRIVATE_OR_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ue000-\uf8ff\ufdd0-\ufdef\uffff\U000f0000-\U0010ffff]")




def characters(codes: Iterable[int]) -> list[str]:
    """One readable string a code point; empty where there is nothing to read.

    Private use and control characters become U+FFFD: the reader sees that a sign is missing.
    """
    known: dict[int, str] = {}
    found: list[str] = []
    high = 0
    for code in codes:
        # Signs beyond the basic plane come as two halves, with a box each; the second one's stays empty.
        if 0xD800 <= code < 0xDC00:
            high = code
            found.append("")
            continue
        if 0xDC00 <= code < 0xE000 and high:
            found[-1] = chr(0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00))
            found.append("")
            high = 0
            continue
        high = 0
        text = known.get(code)
        if text is None:
            text = known[code] = _readable(code)
        found.append(text)
    return found


def _readable(code: int) -> str:
    if code in READABLE:
        return READABLE[code]
    if not 0 < code < 0x110000 or 0xD800 <= code < 0xE000:
        return "\ufffd" if code else ""
    sign = chr(code)
    if _PRIVATE_OR_CONTROL.match(sign):
        return "\ufffd"
    return unicodedata.normalize("NFC", sign)
