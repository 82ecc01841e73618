"""The encoding of LaTeX files: UTF-8, unless a file is not and says which other one it is in."""

import re

from ...normalise import decode

_DECLARED = re.compile(rb"\\(?:usepackage|RequirePackage)\s{0,9}\[([a-z0-9]{1,20})\]\s{0,9}\{inputenc\}")
_CODECS = {
    "latin1": "latin-1",
    "latin2": "iso8859-2",
    "latin9": "iso8859-15",
    "ansinew": "cp1252",
    "cp1252": "cp1252",
    "cp1250": "cp1250",
    "cp1251": "cp1251",
    "koi8-r": "koi8-r",
    "applemac": "mac-roman",
}


def declared_codec(data: bytes) -> str | None:
    r"""The codec that `\usepackage[…]{inputenc}` names, if it is an 8-bit one."""
    found = _DECLARED.search(data)
    return _CODECS.get(found.group(1).decode()) if found else None


def decode_latex(data: bytes, codec: str | None = None) -> str:
    """Text of a file: UTF-8 where it is, else in the codec that it, or its main file, declares.

    Raises:
        QuarantineError: it is empty, binary, or in an encoding that nobody declares.
    """
    codec = declared_codec(data) or codec
    if codec and b"\0" not in data and not _is_utf8(data):
        return data.decode(codec, errors="replace")
    return decode(data)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
