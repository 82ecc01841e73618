"""Documents that can be made twice as large or twice as deep, to see what that costs."""

from collections.abc import Callable

from .samples import samples

_TEXT = """# Title {n}

A paragraph of *some* words with a [link](target) and `code`, and e.g. an abbreviation. It has a second sentence.

- an item
- another item

## Section {n}

| a | b |
|---|---|
| 1 | 2 |

More words about $x^2$ stand here, because every document needs a few of them. This is the last sentence.
"""


def of_size(suffix: str, count: int) -> bytes:
    """A document of `count` parts, of some 400 characters each."""
    return samples("\n".join(_TEXT.format(n=number) for number in range(count)))[suffix]


def _around(opening: str, closing: str, before: str = "", after: str = "") -> Callable[[int], bytes]:
    return lambda depth: (before + opening * depth + "words" + closing * depth + after).encode()


_LATEX = (r"\documentclass{article}\begin{document}\section{A}", r"\end{document}")

DEPTHS: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "md quotes": (".md", _around("> ", "")),
    "md brackets": (".md", _around("[", "](b)", before="# ")),
    "md front matter": (".md", _around("[", "]", "---\ntitle: ", "\n---\nWords.\n")),
    "txt marks": (".txt", _around("\u0315\u0300\u05ae", "")),
    "mdx tags": (".mdx", _around("<div>\n\n", "\n\n</div>")),
    "html divs": (".html", _around("<div>a ", " b</div>")),
    "html spans": (".html", _around("<span>a", "b</span>", before="<p>")),
    "html lists": (".html", _around("<ul><li>a ", "</li></ul>")),
    "html tables": (".html", _around("<table><tr><td>a ", "</td></tr></table>")),
    "tex groups": (".tex", _around("{a ", " b}", *_LATEX)),
    "tex commands": (".tex", _around(r"\emph{a ", " b}", *_LATEX)),
    "tex environments": (".tex", _around(r"\begin{quote}a ", r" b\end{quote}", *_LATEX)),
    "tex fractions": (".tex", _around(r"\frac{a}{", "}", _LATEX[0] + "$", "$" + _LATEX[1])),
    "ipynb arrays": (".ipynb", _around("[", "]", '{"cells": ')),
    "rst marks": (".rst", _around("*a ", " b*")),
    "yaml flow": (".yaml", _around("[", "]", "papers: ")),
    "pdf arrays": (".pdf", _around("[", "]", "%PDF-1.4\n1 0 obj\n")),
}
"""What is nested, in which format, and how."""
