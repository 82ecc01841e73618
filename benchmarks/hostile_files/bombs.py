"""Small files that ask for a lot, built by hand; `scale` 1 is the size that `benchmarks/hostile.py` uses."""

import json
import zlib
from collections.abc import Callable
from itertools import pairwise

from . import pdf

Build = Callable[[float], bytes]


def _n(count: float, scale: float) -> int:
    return max(2, int(count * scale))


def _text(unit: str, count: float, before: str = "", after: str = "") -> Build:
    return lambda scale: f"{before}{unit * _n(count, scale)}{after}".encode()


def _nested(opening: str, closing: str, depth: float, before: str = "", after: str = "") -> Build:
    return lambda scale: f"{before}{opening * _n(depth, scale)}words{closing * _n(depth, scale)}{after}".encode()


def _indented(item: str, step: int, depth: float, before: str = "") -> Build:
    """Each line further in than the one before: bytes grow with the square of the depth."""
    return lambda scale: (
        before + "".join(f"{' ' * (step * level)}{item}\n" for level in range(_n(depth, scale)))
    ).encode()


def _latex(body: str, preamble: str = "") -> str:
    return f"\\documentclass{{article}}{preamble}\\begin{{document}}\\section{{A}}Some text. {body}\\end{{document}}"


def _latex_run(unit: str, count: float) -> Build:
    return lambda scale: _latex(unit * _n(count, scale)).encode()


def _latex_nested(opening: str, closing: str, depth: float) -> Build:
    return lambda scale: _latex(opening * _n(depth, scale) + "x" + closing * _n(depth, scale)).encode()


def _macro_bomb(scale: float) -> bytes:
    names = "abcdefghijklmnopqrstuvwxyz"[: _n(26, max(scale, 0.5))]
    steps = "".join(f"\\newcommand{{\\{after}}}{{\\{before}\\{before}\\{before}}}" for before, after in pairwise(names))
    return _latex(f"\\{names[-1]} done", f"\\newcommand{{\\a}}{{boom}}{steps}").encode()


def _notebook(cells: list[object]) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def _many_cells(scale: float) -> bytes:
    cell = {"cell_type": "markdown", "metadata": {}, "source": ["# T\n", "Some text."]}
    return _notebook([cell] * _n(1e5, scale))


def _many_outputs(scale: float) -> bytes:
    output = {"output_type": "stream", "name": "stdout", "text": "line\n"}
    cell = {"cell_type": "code", "metadata": {}, "execution_count": 1, "source": "print()", "outputs": []}
    return _notebook([cell | {"outputs": [output] * _n(2e5, scale)}])


def _deep_notebook(scale: float) -> bytes:
    levels = _n(1e5, scale)
    return b'{"nbformat": 4, "cells": %s%s}' % (b"[" * levels, b"]" * levels)


def _aliases(scale: float) -> bytes:
    levels = range(1, _n(9, max(scale, 0.6)))
    first = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]"
    lines = [first, *(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in levels)]
    return "\n".join([*lines, "2020: *a5", ""]).encode()


def _many_practices(scale: float) -> bytes:
    entry = "- title: A title of a paper {}\n  year: 2020\n  sota: [Do this and that.]\n"
    return ("2020:\n" + "".join(entry.format(number) for number in range(_n(3e4, scale)))).encode()


def _page_tree(scale: float) -> bytes:
    levels = _n(1e4, scale)
    objects = [b"<</Type/Catalog/Pages 2 0 R>>"]
    objects += [b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % (level + 3) for level in range(levels)]
    objects.append(b"<</Type/Page/MediaBox[0 0 612 792]>>")
    return pdf.assemble(objects)


def _cyclic_tree(_: float) -> bytes:
    return pdf.one_page(
        pdf.stream(b"BT /F1 9 Tf 9 9 Td (x) Tj ET"), tree=b"<</Type/Pages/Kids[2 0 R 3 0 R 2 0 R]/Count 9>>"
    )


def _endless_count(_: float) -> bytes:
    return pdf.one_page(
        pdf.stream(b"BT /F1 9 Tf 9 9 Td (x) Tj ET"), tree=b"<</Type/Pages/Kids[3 0 R]/Count 100000000>>"
    )


def _same_page(scale: float) -> bytes:
    count = _n(1e5, scale)
    kids = b" ".join([b"3 0 R"] * count)
    tree = b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, count)
    return pdf.one_page(pdf.stream(b"BT /F1 9 Tf 9 9 Td (Some words on a page.) Tj ET"), tree=tree)


def _flate_bomb(scale: float) -> bytes:
    return pdf.one_page(_zeros(scale))


def _flate_twice(scale: float) -> bytes:
    size = _n(2**30, scale)
    packer = zlib.compressobj(9)
    inner = b"".join([*(packer.compress(bytes(2**20)) for _ in range(max(1, size >> 20))), packer.flush()])
    return pdf.one_page(pdf.stream(zlib.compress(inner, 9), b"/Filter[/FlateDecode/FlateDecode]"))


def _zeros(scale: float, entries: bytes = b"") -> bytes:
    packer = zlib.compressobj(9)
    count = max(1, _n(2**30, scale) >> 20)
    return pdf.stream(
        b"".join([*(packer.compress(bytes(2**20)) for _ in range(count)), packer.flush()]),
        b"/Filter/FlateDecode" + entries,
    )


def _image_bomb(scale: float) -> bytes:
    image = b"/Type/XObject/Subtype/Image/Width 100000/Height 100000/BitsPerComponent 8/ColorSpace/DeviceRGB"
    return pdf.one_page(
        pdf.stream(b"q 600 0 0 700 0 0 cm /I Do Q"), _zeros(scale, image), resources=b"/XObject<</I 6 0 R>>"
    )


def _own_form(_: float) -> bytes:
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 612 792]/Resources<</XObject<</X 6 0 R>>>>"
    return pdf.one_page(pdf.stream(b"/X Do"), pdf.stream(b"/X Do /X Do", form), resources=b"/XObject<</X 6 0 R>>")


def _form_doubling(scale: float) -> bytes:
    """Each form draws the next one twice: two to the power of their number."""
    levels = _n(28, max(scale, 0.5))
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 612 792]/Resources<</Font<</F1 5 0 R>>/XObject<</X %d 0 R>>>>"
    forms = [pdf.stream(b"/X Do /X Do", form % (7 + level)) for level in range(levels)]
    last = pdf.stream(b"BT /F1 9 Tf 9 9 Td (x) Tj ET", form % 6)
    return pdf.one_page(pdf.stream(b"/X Do"), *forms, last, resources=b"/XObject<</X 6 0 R>>")


def _content(unit: bytes, count: float) -> Build:
    return lambda scale: pdf.one_page(pdf.deflated(unit * _n(count, scale)))


def _scattered(scale: float) -> bytes:
    side = int(_n(2e5, scale) ** 0.5)
    words = b"".join(
        b"BT /F1 3 Tf %d %d Td (w%d) Tj ET\n" % (600 * column // side, 780 * row // side, row)
        for row in range(side)
        for column in range(side)
    )
    return pdf.one_page(pdf.deflated(words))


def _outline_cycle(_: float) -> bytes:
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/Outlines 6 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        pdf.stream(b"BT /F1 9 Tf 9 700 Td (A heading and some text.) Tj ET"),
        pdf.FONT,
        b"<</Type/Outlines/First 7 0 R/Last 7 0 R/Count 2>>",
        b"<</Title(One)/Parent 6 0 R/Next 8 0 R/First 8 0 R/Dest[3 0 R/Fit]>>",
        b"<</Title(Two)/Parent 7 0 R/Next 7 0 R/First 7 0 R/Dest[3 0 R/Fit]>>",
    ]
    return pdf.assemble(objects)


def _table(spans: str) -> Build:
    row = f"<tr><td {spans}>a</td></tr>"
    return lambda scale: f"<html><body><h1>T</h1><table>{row * _n(200, scale)}</table></body></html>".encode()


def _pdf_arrays(scale: float) -> bytes:
    levels = _n(1e6, scale)
    return pdf.one_page(b"[" * levels + b"]" * levels)


BOMBS: dict[str, tuple[str, Build]] = {
    "pdf: a gigabyte of zeros in a page": (".pdf", _flate_bomb),
    "pdf: the same, compressed twice": (".pdf", _flate_twice),
    "pdf: an image of ten gigapixels": (".pdf", _image_bomb),
    "pdf: page tree 10,000 deep": (".pdf", _page_tree),
    "pdf: page tree that holds itself": (".pdf", _cyclic_tree),
    "pdf: says it has 100,000,000 pages": (".pdf", _endless_count),
    "pdf: one page 100,000 times": (".pdf", _same_page),
    "pdf: a form that draws itself": (".pdf", _own_form),
    "pdf: 28 forms that draw the next one twice": (".pdf", _form_doubling),
    "pdf: 1,000,000 text objects in one place": (".pdf", _content(b"BT /F1 9 Tf 9 9 Td (a) Tj ET\n", 1e6)),
    "pdf: 200,000 words all over a page": (".pdf", _scattered),
    "pdf: 1,000,000 saved states": (".pdf", _content(b"q 1 0 0 1 1 1 cm\n", 1e6)),
    "pdf: 500,000 lines drawn": (".pdf", _content(b"1 1 m 600 1 l S 2 2 m 2 700 l S\n", 2.5e5)),
    "pdf: outline in a circle": (".pdf", _outline_cycle),
    "pdf: arrays 1,000,000 deep": (".pdf", _pdf_arrays),
    "html: 10,000 elements deep": (".html", _nested("<div>", "</div>", 1e4)),
    "html: 10,000 formatting elements deep": (".html", _nested("<b><i>", "", 1e4)),
    "html: 10,000 lists deep": (".html", _nested("<ul><li>a", "</li></ul>", 1e4)),
    "html: 10,000 quotes deep": (".html", _nested("<blockquote>", "</blockquote>", 1e4)),
    "html: 3,000 tables deep": (".html", _nested("<table><tr><td>", "</td></tr></table>", 3e3)),
    "html: 1,000,000 links": (".html", _text("<a href='x'>y</a> ", 1e6)),
    "html: 1,000,000 empty elements": (".html", _text("<p><b></b></p>", 1e6, "<h1>T</h1>Words.")),
    "html: colspan 1,000,000": (".html", _table("colspan=1000000")),
    "html: rowspan and colspan": (".html", _table("rowspan=65534 colspan=1000")),
    "html: unclosed comments": (".html", _text("<!--", 1e6, "<p>Words.</p>")),
    "html: entities": (".html", _text("&lt;&amp;&#x1d400;", 1e6, "<p>")),
    "html: an entity bomb": (
        ".xhtml",
        lambda _: (
            b'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY a "aaaaaaaaaa">'
            + b"".join(
                b'<!ENTITY %c "%s">' % (after, b"&%c;" % before * 10)
                for before, after in zip(b"abcdefghi", b"bcdefghij", strict=True)
            )
            + b"]><html><body><p>&j;</p></body></html>"
        ),
    ),
    "html: attributes": (".html", _text(" a='b'", 1e6, "<p", ">Words.</p>")),
    "md: quotes 10,000 deep": (".md", _text("> ", 1e4, "# T\n\n", "words")),
    "md: lists 10,000 deep on a line": (".md", _text("- ", 1e4, "# T\n\n", "words")),
    "md: lists deep by indentation": (".md", _indented("- a", 2, 2e3)),
    "md: 1,000,000 links": (".md", _text("[a](b) ", 1e6)),
    "md: 100,000 definitions": (".md", _text("[a]: b\n", 1e5, "Words.\n\n")),
    "md: brackets": (".md", _text("[", 1e6, "# ")),
    "md: brackets and a parenthesis": (".md", _text("[a](", 5e5)),
    "md: emphasis": (".md", _text("*a **a ", 3e5, "# ")),
    "md: underscores": (".md", _text("a_", 1e6, "# ")),
    "md: backticks of all lengths": (
        ".md",
        lambda scale: "".join("`" * length + " " for length in range(1, _n(2500, scale))).encode(),
    ),
    "md: unclosed comments": (".md", _text("<!--", 1e6)),
    "md: open tags": (".md", _text("<a ", 1e6, "<div>")),
    "md: dollars": (".md", _text("$a$$b", 5e5)),
    "md: 100,000 headings": (".md", _text("# T\n## U\n### V\n", 3.3e4)),
    "md: a table of 200,000 rows": (".md", _text("| 1 | 2 |\n", 2e5, "| a | b |\n|---|---|\n")),
    "md: a table of 20,000 columns": (
        ".md",
        lambda scale: "\n".join(cell * _n(2e4, scale) + "|" for cell in ("| a ", "|---", "| b ", "| c ")).encode(),
    ),
    "md: fences": (".md", _text("```\n~~~\n", 3e5)),
    "md: front matter nested": (".md", _nested("[", "]", 3e4, before="---\ntitle: ", after="\n---\nWords.\n")),
    "md: an alias bomb in front matter": (".md", lambda scale: b"---\n" + _aliases(scale) + b"---\nWords.\n"),
    "mdx: braces": (".mdx", _nested("{", "}", 5e5)),
    "mdx: tags": (".mdx", _nested("<A b={", "}>", 1e5)),
    "mdx: imports": (".mdx", _text("import {a} from ", 2e5)),
    "md: a line of 45 MB": (".md", _text("word ", 9e6)),
    "md: a word of 45 MB": (".md", _text("a", 4.5e7)),
    "txt: a line of 45 MB": (".txt", _text("word ", 9e6)),
    "txt: 10,000,000 lines": (".txt", _text("a\n", 1e7)),
    "txt: combining marks": (".txt", _text("\u0301", 1e6, "a")),
    "txt: combining marks out of order": (".txt", _text("\u0315\u0300\u05ae", 1e6, "a")),
    "tex: braces 100,000 deep": (".tex", _latex_nested("{", "}", 1e5)),
    "tex: open braces": (".tex", _latex_run("{", 1e6)),
    "tex: environments 10,000 deep": (".tex", _latex_nested(r"\begin{quote}", r"\end{quote}", 1e4)),
    "tex: lists 10,000 deep": (".tex", _latex_nested(r"\begin{itemize}\item a", r"\end{itemize}", 1e4)),
    "tex: macros 10,000 deep": (".tex", _latex_nested(r"\textbf{", "}", 1e4)),
    "tex: fractions 10,000 deep": (
        ".tex",
        lambda scale: _latex(r"\[" + r"\frac{a}{" * _n(1e4, scale) + "b" + "}" * _n(1e4, scale) + r"\]").encode(),
    ),
    "tex: a macro bomb": (".tex", _macro_bomb),
    "tex: a macro of itself": (".tex", lambda _: _latex(r"\a", r"\newcommand{\a}{\a\a}").encode()),
    "tex: def of itself": (".tex", lambda _: _latex(r"\a{x}", r"\def\a#1{\a{#1#1}}").encode()),
    "tex: input of everything": (
        ".tex",
        lambda _: _latex(r"\input{/etc/passwd}\input{../../secret}\include{self}" * 9).encode(),
    ),
    "tex: dollars": (".tex", _latex_run("$a$$b", 5e5)),
    "tex: 100,000 sections": (".tex", _latex_run("\\section{A}\nwords\n\n", 1e5)),
    "tex: ampersands": (
        ".tex",
        lambda scale: _latex(r"\begin{tabular}{cc}" + "a&" * _n(5e5, scale) + r"\end{tabular}").encode(),
    ),
    "tex: multicolumn 1,000,000": (
        ".tex",
        lambda scale: _latex(
            r"\begin{tabular}{cc}" + r"\multicolumn{1000000}{c}{a}\\" * _n(200, scale) + r"\end{tabular}"
        ).encode(),
    ),
    "ipynb: 100,000 cells": (".ipynb", _many_cells),
    "ipynb: 200,000 outputs": (".ipynb", _many_outputs),
    "ipynb: arrays 100,000 deep": (".ipynb", _deep_notebook),
    "ipynb: a number of a million digits": (
        ".ipynb",
        lambda scale: b'{"nbformat": 4, "cells": [' + b"9" * _n(1e6, scale) + b"]}",
    ),
    "rst: quotes by indentation": (".rst", _indented("a", 1, 2e3)),
    "rst: lists by indentation": (".rst", _indented("* a\n", 2, 1e3)),
    "rst: inline marks": (".rst", _text("*a `b ", 3e5)),
    "rst: 100,000 substitutions": (".rst", _text("|a| ", 1e5, ".. |a| replace:: |a| |a|\n\n")),
    "rst: directives": (".rst", _text(".. note::\n\n   a\n\n", 3e4)),
    "rst: include and raw": (
        ".rst",
        lambda _: b"T\n=\n\n.. include:: /etc/passwd\n\n.. raw:: html\n   :file: /etc/passwd\n\nWords.\n",
    ),
    "rst: references": (".rst", _text("`a`_ b_ ", 1e5)),
    "rst: a table": (".rst", _text("+--+--+\n|a |b |\n", 2e4, "", "+--+--+\n")),
    "rst: headings": (
        ".rst",
        lambda scale: "".join(
            f"{mark * 4}\nT{n}\n{mark * 4}\n\nwords\n\n" for n in range(_n(3e3, scale)) for mark in "=-~"
        ).encode(),
    ),
    "yaml: an alias bomb": (".yaml", _aliases),
    "yaml: flow 10,000 deep": (".yaml", _nested("[", "]", 1e4, before="papers: ")),
    "yaml: mappings deep": (".yaml", _indented("a:", 1, 2e3, before="papers:\n")),
    "yaml: 30,000 practices": (".yaml", _many_practices),
    "yaml: a tag": (".yaml", lambda _: b"papers: !!python/object/apply:os.system ['touch /tmp/hostile']\n"),
    "yaml: a line of 45 MB": (".yaml", _text("word ", 9e6, "papers: ")),
}
"""What each is, its suffix, and how it is built at a scale."""
