"""One Markdown document as a file of every format, by simple templates."""

import html
import json
import re
import textwrap
from collections.abc import Callable

import yaml

from . import pdf

_UNDERLINES = "=-~^+#"
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def samples(text: str) -> dict[str, bytes]:
    """The document by suffix."""
    return {suffix: write(text) for suffix, write in _WRITERS.items()}


def _paragraphs(text: str) -> list[str]:
    return [part.strip() for part in _FENCE.sub("", text).split("\n\n") if part.strip()]


def _heading(paragraph: str) -> tuple[int, str]:
    """Level and title; level 0 for what is no heading."""
    marks = len(paragraph) - len(paragraph.lstrip("#"))
    one_line = "\n" not in paragraph and 0 < marks < 7
    return (marks, paragraph.strip("# ")) if one_line else (0, paragraph)


def _html(text: str) -> bytes:
    parts = []
    for paragraph in _paragraphs(text):
        level, words = _heading(paragraph)
        shown = html.escape(words)
        if level:
            parts.append(f"<h{level} id='s{len(parts)}'>{shown}</h{level}>")
        elif paragraph.startswith(("- ", "* ")):
            parts.append("<ul>" + "".join(f"<li>{html.escape(line[2:])}</li>" for line in words.splitlines()) + "</ul>")
        elif paragraph.startswith("|"):
            rows = (
                f"<tr>{''.join(f'<td>{html.escape(c)}</td>' for c in row.split('|'))}</tr>" for row in words.split("\n")
            )
            parts.append(f"<table>{''.join(rows)}</table>")
        else:
            parts.append(f"<p>{shown} <a href='#s0'>see</a> <em>also</em></p>")
    body = "<nav>Home</nav><main>" + "\n".join(parts) + "</main>"
    return f"<!DOCTYPE html><html><head><title>Sample</title></head><body>{body}</body></html>".encode()


def _latex(text: str) -> bytes:
    names = {1: "section", 2: "subsection", 3: "subsubsection", 4: "paragraph"}
    parts = [r"\documentclass{article}", r"\newcommand{\model}[1]{\textbf{#1}}", r"\begin{document}"]
    for paragraph in _paragraphs(text):
        level, words = _heading(paragraph)
        words = re.sub(r"([%&#_{}])", r"\\\1", words)
        if level:
            parts.append(f"\\{names.get(level, 'paragraph')}{{{words}}}\\label{{s{len(parts)}}}")
        elif paragraph.startswith(("- ", "* ")):
            items = "\n".join(f"\\item {line[2:]}" for line in words.splitlines())
            parts.append(f"\\begin{{itemize}}\n{items}\n\\end{{itemize}}")
        else:
            parts.append(words + r" \model{x}~\cite{a} \begin{equation} e = mc^2 \end{equation}")
    return "\n\n".join([*parts, r"\end{document}"]).encode()


def _notebook(text: str) -> bytes:
    cells: list[dict[str, object]] = []
    for number, paragraph in enumerate(_paragraphs(text)):
        cells.append({"cell_type": "markdown", "metadata": {}, "source": paragraph.splitlines(keepends=True)})
        if number % 5 == 4:
            output = {"output_type": "stream", "name": "stdout", "text": ["1\n", "2\n"]}
            cell = {"cell_type": "code", "metadata": {}, "execution_count": 1, "outputs": [output]}
            cells.append(cell | {"source": "print(1)\nprint(2)"})
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}, indent=1).encode()


def _rst(text: str) -> bytes:
    parts = []
    for paragraph in _paragraphs(text):
        level, words = _heading(paragraph)
        if level:
            parts.append(f"{words}\n{_UNDERLINES[level - 1] * max(4, len(words))}")
        else:
            parts.append(words)
            if len(parts) % 6 == 0:
                parts.append(".. note::\n\n   " + words.replace("\n", "\n   ")[:200])
    return "\n\n".join(parts).encode()


def _plain(text: str) -> bytes:
    return "\n\n".join(textwrap.fill(_heading(part)[1], 80) for part in _paragraphs(text)).encode()


def _pdf(text: str) -> bytes:
    return pdf.of_lines([line for part in _paragraphs(text) for line in [*textwrap.wrap(part, 90), ""]])


def _registry(text: str) -> bytes:
    works: dict[int, list[dict[str, object]]] = {}
    for number, part in enumerate(_paragraphs(text)):
        year = 2015 + number % 10
        work = {"title": part[:80], "year": year, "topics": ["sample"], "sota": [part]}
        works.setdefault(year, []).append(work | ({"attic": {"reason": "old"}} if number % 7 == 0 else {}))
    return yaml.safe_dump(works, allow_unicode=True, sort_keys=False).encode()


_WRITERS: dict[str, Callable[[str], bytes]] = {
    ".md": str.encode,
    ".mdx": str.encode,
    ".html": _html,
    ".tex": _latex,
    ".ipynb": _notebook,
    ".rst": _rst,
    ".txt": _plain,
    ".pdf": _pdf,
    ".yaml": _registry,
}
