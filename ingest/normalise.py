r"""From bytes to canonical text: decided once, before the first offset exists.

Canonical text has `\n` line ends, NFC form and no invisible characters. Every offset stored anywhere counts
code points of it, so nothing may normalise a second time. Never NFKC: it would turn x² into x2.
"""

import codecs
import re
import unicodedata
from functools import cache

from ..index.errors import QuarantineError

# \r\n first, so that it becomes one line end. FF, VT, NEL, LS and PS end a line as well.
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")

# What a reader cannot see but a model reads, and where instructions are hidden: controls, soft hyphen,
# zero-width and bidirectional controls, invisible operators, variation selectors, BOM, tag characters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\U000e0100-\U000e01ef]"
)
_MOST_MARKS = 30
# A lone surrogate cannot be written as UTF-8, so not hashed or stored either.
_SURROGATE = re.compile("[\ud800-\udfff]")

_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def canonical_text(raw: str) -> str:
    r"""Line ends to `\n`, invisible characters removed, NFC; idempotent, in linear time.

    In text that is not NFC yet, a character keeps at most its first thirty combining marks.
    """
    text = _LINE_ENDS.sub("\n", raw)
    text = _INVISIBLE.sub("", text)
    text = _SURROGATE.sub("\ufffd", text)
    if unicodedata.is_normalized("NFC", text):
        return text
    return unicodedata.normalize("NFC", _stacked_marks().sub(r"\1", text))


@cache
def _stacked_marks() -> re.Pattern[str]:
    """More than thirty combining marks on one character, the most of Unicode's stream-safe text (UAX #15, 13).

    Marks out of order cost the normalisation the square of their number.
    """
    marks = "".join(chr(code) for code in range(0x300, 0x1E94B) if unicodedata.combining(chr(code)))
    return re.compile(f"([{marks}]{{{_MOST_MARKS}}})[{marks}]+")


def decode(data: bytes) -> str:
    """Text of a file: UTF-8, with or without BOM, or UTF-16 with one.

    Raises:
        QuarantineError: the bytes are empty, blank, binary or in another encoding.
    """
    if data.startswith(_UTF32):
        raise QuarantineError("it is UTF-32; convert it with: iconv -f UTF-32 -t UTF-8")
    for mark, encoding in _UTF16.items():
        if data.startswith(mark):
            return require_text(_decode_utf16(data[len(mark) :], encoding))
    if (nul := data.find(b"\0")) >= 0:
        raise QuarantineError(f"it is binary, not text (NUL at byte {nul})")
    try:
        return require_text(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise QuarantineError(
            f"it is not UTF-8 (byte {error.start} is 0x{data[error.start]:02x}); convert it, for example "
            "with: iconv -f WINDOWS-1252 -t UTF-8"
        ) from error


def require_text(text: str) -> str:
    """The text itself if a reader would see anything in it.

    Raises:
        QuarantineError: it is empty or blank.
    """
    if not text or text.isspace():
        raise QuarantineError("it is empty; nothing in it can be indexed")
    return text


def _decode_utf16(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise QuarantineError(
            f"it starts with a UTF-16 mark but is not UTF-16 at byte {error.start + 2}; save it as UTF-8"
        ) from error
