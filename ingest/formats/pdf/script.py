"""From glyph codes to readable characters: ligatures, hyphens, signs of the private use area, joined words."""

import re
import unicodedata
from collections.abc import Iterable

HYPHEN = "-"

SCRIPT_SIZE = 0.87
"""A script is smaller than this share of the size of the text that it belongs to;"""
RAISED = 0.18
"""its baseline is raised by at least this share of the text's size"""
LOWERED = 0.08
"""or lowered by at least this one."""

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
    # Bullets as word processors take them from the fonts Symbol and Wingdings.
    "\uf0b7": "•",
    "\uf0a7": "▪",
    "\uf0d8": "➢",
    "\uf0fc": "✓",
    "\uf071": "□",
    "\uf076": "•",
    "\ufffe": HYPHEN,
    "\xad": HYPHEN,
    "\u2010": HYPHEN,
    "\u2011": HYPHEN,
}
READABLE = {ord(sign): text for sign, text in _LIGATURES.items()}
"""For `str.translate`."""

_SUPERSCRIPTS = str.maketrans("0123456789+−-=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾")

# TeX's font of large signs has no names that Unicode knows: its codes come as they are, a sum as P or X.
_LARGE_SIGNS = {
    **dict.fromkeys((0x00, 0x10, 0x12, 0x20, 0xA1, 0xB3, 0xB5, 0xC3), "("),
    **dict.fromkeys((0x01, 0x11, 0x13, 0x21, 0xA2, 0xB4, 0xB6), ")"),
    **dict.fromkeys((0x02, 0x14, 0x22, 0x68), "["),
    **dict.fromkeys((0x03, 0x15, 0x23, 0x69), "]"),
    **dict.fromkeys((0x08, 0x1A, 0x28, 0x6E), "{"),
    **dict.fromkeys((0x09, 0x1B, 0x29, 0x6F), "}"),
    **dict.fromkeys((0x0A, 0x44, 0x2A), "⟨"),
    **dict.fromkeys((0x0B, 0x45, 0x2B), "⟩"),
    **dict.fromkeys((0x0C, 0x0D), "|"),
    **dict.fromkeys((0x50, 0x58), "∑"),
    **dict.fromkeys((0x51, 0x59), "∏"),
    **dict.fromkeys((0x52, 0x5A), "∫"),
    **dict.fromkeys((0x53, 0x5B), "⋃"),
    **dict.fromkeys((0x54, 0x5C), "⋂"),
    **dict.fromkeys((0x56, 0x5E), "⋀"),
    **dict.fromkeys((0x57, 0x5F), "⋁"),
    **dict.fromkeys((0x70, 0x71, 0x72, 0x73), "√"),
    **dict.fromkeys((0x62, 0x63, 0x64), "ˆ"),
    **dict.fromkeys((0x65, 0x66, 0x67), "˜"),
    # Pieces of tall brackets.
    **dict.fromkeys((*range(0x30, 0x44), 0x74, 0x75, 0x76, *range(0x7A, 0x7E)), ""),
}
LARGE_SIGNS = frozenset("∑∏∫⋃⋂⋀⋁√()[]{}⟨⟩|")
"""They may be taller than what they belong to, so that limits stand above and below them."""

_PRIVATE_OR_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ue000-\uf8ff\ufdd0-\ufdef\uffff\U000f0000-\U0010ffff]")


def superscript(text: str) -> str:
    """Raised characters where Unicode has them: 10⁻⁵ must not become 10-5."""
    return text.translate(_SUPERSCRIPTS)


def large_sign(code: int, text: str) -> str:
    """What a code of TeX's font of large signs stands for, empty for a piece of a bracket; else the text itself."""
    return _LARGE_SIGNS.get(code, "" if text == "\ufffd" else text)


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
