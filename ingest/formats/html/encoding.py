"""The encoding of a web page: its mark, what it declares, else UTF-8 (after the WHATWG encoding standard)."""

import codecs
import re

from ....index.errors import QuarantineError
from ...normalise import decode, require_text

_DECLARED_WITHIN = 4096
"""Bytes; browsers look at the first 1,024, but some generators put long comments first."""

_DECLARATION = re.compile(
    rb"<(?:\?xml[^<>]{1,200}?encoding|meta\b[^<>]{1,400}?charset)\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w.:-]{1,40})",
    re.IGNORECASE,
)
# What a label means to browsers where it says less; UTF-16 that can be read as a declaration is not UTF-16.
_MEANT = {
    "ascii": "cp1252", "iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030",
    "shift_jis": "cp932", "euc_kr": "cp949", "big5": "big5hkscs", "utf-16": "utf-8", "utf-16-le": "utf-8",
    "utf-16-be": "utf-8", "tis-620": "cp874",
}  # fmt: skip
# Python's registry also holds codecs that unpack or encrypt.
_TEXT_CODECS = frozenset(
    {
        "utf-8",
        "cp1250",
        "cp1251",
        "cp1252",
        "cp1253",
        "cp1254",
        "cp1255",
        "cp1256",
        "cp1257",
        "cp1258",
        "cp866",
        "cp874",
    }
    | {"gb18030", "cp932", "cp949", "big5hkscs", "euc_jp", "iso2022_jp", "koi8-r", "koi8-u", "mac-roman"}
    | {f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)}
)


def decode_html(data: bytes) -> str:
    """Text of a page.

    Raises:
        QuarantineError: the bytes are empty, blank, binary or not in the encoding that they declare.
    """
    found = _DECLARATION.search(data, 0, _DECLARED_WITHIN)
    if found is None or data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in data:
        return decode(data)
    label = found[1].decode("ascii", "replace")
    codec = _codec(label)
    if codec == "utf-8":
        return decode(data)
    try:
        return require_text(data.decode(codec))
    except UnicodeDecodeError as error:
        raise QuarantineError(
            f"it declares the encoding {label!r} but byte {error.start} is 0x{data[error.start]:02x}; "
            "correct the declaration or save it as UTF-8"
        ) from error


def _codec(label: str) -> str:
    try:
        name = codecs.lookup(label).name
    except LookupError:
        name = ""
    name = _MEANT.get(name, name)
    if name not in _TEXT_CODECS:
        raise QuarantineError(
            f"it declares the unknown encoding {label!r}; correct the declaration or save it as UTF-8"
        )
    return name
