"""A text with its typesetting resolved: LaTeX, Markdown emphasis, superscripts and special spaces, as read aloud.

`$10^{-4}$`, `10⁻⁴` and `10<sup>-4</sup>` all become `10^-4`; each character knows where it came from.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass

_GREEK = dict(
    zip(
        "alpha beta gamma delta epsilon varepsilon eta theta lambda mu rho sigma tau phi psi omega pi".split(),
        "αβγδεεηθλμρστφψωπ",
        strict=True,
    )
)
_COMMANDS = {
    **_GREEK,
    "times": "×", "cdot": "·", "approx": "≈", "sim": "~", "simeq": "≈", "le": "≤", "leq": "≤", "leqslant": "≤",
    "ge": "≥", "geq": "≥", "geqslant": "≥", "lt": "<", "gt": ">", "pm": "±", "lesssim": "≤", "gtrsim": "≥",
}  # fmt: skip
_ENTITIES = {"nbsp": " ", "thinsp": " ", "lt": "<", "gt": ">", "le": "≤", "ge": "≥", "times": "×"}
_VULGAR = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅛": "1/8"}
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_CHARACTERS = {
    **dict.fromkeys("\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000\t", " "),
    **dict.fromkeys("−﹣－", "-"), "‐": "-", "‑": "-", "‒": "–", "µ": "μ", "≲": "≤", "≳": "≥", "⩽": "≤", "⩾": "≥",
    "∼": "~", "≃": "≈", "≅": "≈", "⋅": "·", "∙": "·", "✕": "×", "’": "'", **_VULGAR,
}  # fmt: skip

# Every repetition is bounded or over a class that its follower excludes, so that the time stays linear.
_TYPESETTING = re.compile(
    r"""
      \\[dt]?frac[ ]?\{(?P<over>[0-9.]{1,9})\}[ ]?\{(?P<under>[0-9.]{1,9})\}
    | \\(?:mathrm|mathit|mathsf|mathbf|text|textbf|textit|textrm|emph|operatorname|mbox)[ ]?(?P<opens>\{)
    | \\(?P<command>[A-Za-z]{1,20})(?P<gap>[ ]?)
    | \\(?P<escaped>[%$#&_{},;:!\ ])
    | \^\{(?P<upper>[^{}\n]{1,16})\}
    | _\{(?P<lower>[^{}\n]{1,16})\}
    | <sup>(?P<tag>[^<>\n]{1,16})</sup>
    | \{,\}(?P<comma>)
    | (?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]{1,16})
    | (?P<lowered>[₀-₉]{1,16})
    | &(?P<entity>nbsp|thinsp|lt|gt|le|ge|times);
    | (?P<emphasis>\*\*|`)
    | (?P<star>(?<![\w\s])\*|\*(?![\w\s]))
    | (?P<brace>[{}])
    | (?P<character>[\u00a0\u2000-\u200a\u202f\u3000\t−﹣－‐‑‒µ≲≳⩽⩾∼≃≅⋅∙✕’½⅓⅔¼¾⅕⅛])
    """,
    re.VERBOSE,
)
# Pandoc's rule for formulas in dollars: no white space inside the signs, and no digit after the second.
_FORMULA = re.compile(r"(?<![\\$])\$\$?(?![\s$])[^$\n]{1,400}(?<![\s\\])\$\$?(?![0-9$])")


@dataclass(frozen=True, slots=True)
class Typeset:
    """A text as read.

    Attributes:
        text: what is read.
        marks: positions in `text` at which a piece begins, ascending.
        starts: where each piece begins in the source.
        ends: where it ends there; None for a verbatim piece, in which positions run along.
    """

    text: str
    marks: tuple[int, ...]
    starts: tuple[int, ...]
    ends: tuple[int | None, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the source that was read as `text[start:end]`; not empty for `start < end`."""
        first = bisect_right(self.marks, start) - 1
        last = bisect_right(self.marks, end - 1) - 1
        verbatim, finish = self.ends[first] is None, self.ends[last]
        begin = self.starts[first] + (start - self.marks[first] if verbatim else 0)
        return begin, self.starts[last] + end - self.marks[last] if finish is None else finish


def typeset(text: str) -> Typeset:
    """Read a text; nothing is raised, for what is not understood stays as it is."""
    signs = _formula_signs(text)
    pieces: list[tuple[str, int, int | None]] = []
    here = 0
    for start, end, read in sorted([*signs, *_resolved(text)]):
        if start < here:
            continue
        if start > here:
            pieces.append((text[here:start], here, None))
        if read:
            pieces.append((read, start, end))
        here = end
    pieces.append((text[here:], here, None))
    marks, length = [], 0
    for read, _, _ in pieces:
        marks.append(length)
        length += len(read)
    return Typeset(
        "".join(read for read, _, _ in pieces),
        tuple(marks),
        tuple(start for _, start, _ in pieces),
        tuple(end for _, _, end in pieces),
    )


def _formula_signs(text: str) -> list[tuple[int, int, str]]:
    """The dollars around formulas: signs and not currency."""
    if "$" not in text:
        return []
    found = []
    for match in _FORMULA.finditer(text):
        inner = match.group().strip("$")
        width = (len(match.group()) - len(inner)) // 2
        found += [(match.start(), match.start() + width, ""), (match.end() - width, match.end(), "")]
    return found


def _resolved(text: str) -> list[tuple[int, int, str]]:
    return [(*match.span(), _reading(match)) for match in _TYPESETTING.finditer(text)]


def _reading(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    if kind == "under":
        return f"{match['over']}/{match['under']}"
    value = match[kind]
    simple = {
        "opens": "", "escaped": value if value in "%$#&_" else " ", "upper": f"^{value}", "tag": f"^{value}",
        "lower": f"_{value}", "comma": ",", "emphasis": "", "star": "", "brace": " ",
    }  # fmt: skip
    if kind in simple:
        return simple[kind]
    if kind == "gap":
        return _COMMANDS.get(match["command"], " ")
    if kind == "raised":
        return "^" + value.translate(_RAISED)
    if kind == "lowered":
        return "_" + value.translate(_LOWERED)
    return _ENTITIES[value] if kind == "entity" else _read_character(match)


def _read_character(match: re.Match[str]) -> str:
    """A character that stands for others; "1½" is 1.5, "½" is 1/2."""
    value = match["character"]
    if value in _VULGAR and match.start() and match.string[match.start() - 1].isdecimal():
        return {"½": ".5", "¼": ".25", "¾": ".75", "⅕": ".2", "⅛": ".125"}.get(value, _VULGAR[value])
    return _CHARACTERS[value]
