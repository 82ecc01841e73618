r"""What control words mean in text: characters, accents, spaces, and those that mean nothing to a reader."""

import unicodedata
from functools import cache

from pylatexenc.latex2text import get_default_latex_context_db

_COMBINING = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323", "c": "\u0327", "k": "\u0328",
    "b": "\u0331", "t": "\u0361",
}  # fmt: skip
ACCENTS = frozenset(f"\\{mark}" for mark in _COMBINING)
"""Control words and symbols that put an accent on their argument."""

_OWN = {
    "\\ ": " ", "\\\n": " ", "\\\t": " ", "\\,": " ", "\\;": " ", "\\:": " ", "\\>": " ", "\\!": "", "\\/": "",
    "\\-": "", "\\@": "", "\\%": "%", "\\&": "&", "\\$": "$", "\\#": "#", "\\_": "_", "\\{": "{", "\\}": "}",
    "\\quad": " ", "\\qquad": " ", "\\thinspace": " ", "\\enspace": " ", "\\space": " ", "\\nobreakspace": " ",
    "\\ldots": "…", "\\dots": "…", "\\textellipsis": "…", "\\LaTeX": "LaTeX", "\\TeX": "TeX", "\\BibTeX": "BibTeX",
    "\\LaTeXe": "LaTeX2e", "\\textbackslash": "\\", "\\slash": "/", "\\i": "ı", "\\j": "ȷ", "\\S": "§", "\\P": "¶",
    "\\textbar": "|", "\\textasciitilde": "~", "\\textasciicircum": "^", "\\textunderscore": "_", "\\lbrack": "[",
    "\\rbrack": "]", "\\eg": "e.g.", "\\ie": "i.e.", "\\etal": "et al.", "\\etc": "etc.", "\\xspace": "",
    "\\cmark": "✓", "\\xmark": "✗", "\\checkmark": "✓", "\\today": "", "\\textquotesingle": "'",
    "\\newblock": " ", "\\natexlab": "", "\\textemdash": "—", "\\textendash": "–", "\\hfill": " ", "\\hfil": " ",
    "\\tabto": " ", "\\tab": " ", "\\hskip": " ", "\\allowbreak": "", "\\linebreak": " ", "\\nolinebreak": "",
    "\\iff": "⟺", "\\bullet": "•", "\\cdot": "·",
}  # fmt: skip


@cache
def symbols() -> dict[str, str]:
    r"""Control words and symbols that stand for characters, such as `\ss` for ß."""
    database = get_default_latex_context_db()
    found: dict[str, str] = {}
    for category in ("latex-base", "advanced-symbols"):
        for name, specification in database.d[category]["macros"].items():
            text = specification.simplify_repl
            if isinstance(text, str) and text and "%" not in text and text.isprintable():
                found[f"\\{name}"] = text
    return {**found, **_OWN}


def accented(accent: str, text: str) -> str:
    r"""A text with an accent such as `\'` on its first character."""
    base = {"ı": "i", "ȷ": "j"}.get(text[:1], text[:1])
    if not base.strip():
        return text
    return unicodedata.normalize("NFC", base + _COMBINING[accent[1:]]) + text[1:]


_TYPOGRAPHY = (("---", "—"), ("--", "–"), ("``", "“"), ("''", "”"), ("`", "'"))


def typeset(text: str) -> str:
    """Plain text with dashes and quotation marks as TeX would set them."""
    for written, shown in _TYPOGRAPHY:
        text = text.replace(written, shown)
    return text
