r"""The LaTeX of a formula on a page, from where its generator left it.

LaTeXML, Wikipedia and KaTeX write the source beside their MathML, MathJax 2 into a script, Sphinx and MkDocs as text
between `\(` and `\)` that a script would typeset. Only MathML without any of this has to be converted.
"""

import re

from lxml.html import HtmlElement

from .mathml import latex_of

_TEX_ENCODINGS = frozenset({"application/x-tex", "application/x-latex", "text/x-tex", "text/latex", "tex", "latex"})
# LaTeXML breaks long attributes with a comment sign at the end of a line.
_BROKEN_LINE = re.compile(r"(?<!\\)%[ \t]*\n[ \t]*")
_STYLE = re.compile(r"\\(?:displaystyle|textstyle|scriptstyle)(?![A-Za-z])\s*")
_RAW = re.compile(r"\\\[.*\\\]|\$\$.+\$\$|\\begin\{(equation|align|gather)\*?\}.*\\end\{\1\*?\}", re.DOTALL)
_DELIMITERS = (("\\[", "\\]"), ("\\(", "\\)"), ("$$", "$$"), ("$", "$"))


def math_source(math: HtmlElement) -> str:
    """LaTeX of a `math` element on one line, without delimiters; empty when it says nothing."""
    for annotation in math.iter("annotation"):
        if annotation.get("encoding", "").strip().lower() in _TEX_ENCODINGS:
            source = tidy("".join(annotation.itertext()))
            if source:
                return source
    return tidy(math.get("alttext", "")) or tidy(latex_of(math))


def tidy(source: str) -> str:
    r"""Source on one line, without delimiters, `\displaystyle` and the braces around it."""
    source = " ".join(_BROKEN_LINE.sub("", source).split())
    for opening, closing in _DELIMITERS:
        if len(source) >= len(opening) + len(closing) and source.startswith(opening) and source.endswith(closing):
            source = source[len(opening) : -len(closing)].strip()
            break
    if source.startswith(("{\\displaystyle", "{\\textstyle")) and source.endswith("}"):
        source = source[1:-1]
    # A second one would have been set for effect, within a fraction or a cell.
    return _STYLE.sub("", source, count=1).strip() if source.startswith("\\") else source.strip()


def is_display(math: HtmlElement) -> bool:
    """Whether a `math` element, or a MathJax script, stands on a line of its own."""
    if math.tag == "script":
        return "mode=display" in math.get("type", "").replace(" ", "")
    return math.get("display") == "block" or math.get("mode") == "display"


def displayed(source: str, number: str = "") -> str:
    """A formula block, with the number that the text refers to it by."""
    return f"$${source}$$ {number}".rstrip()


def inline(source: str) -> str:
    """A formula within a sentence."""
    return f"${source}$"


def is_raw(text: str) -> bool:
    r"""Whether a block is one displayed formula between its marks, for a script to typeset."""
    if not text.startswith(("$$", "\\")) or text.count("$$") > 2 or text.count("\\[") > 1:
        return False
    return _RAW.fullmatch(text) is not None
