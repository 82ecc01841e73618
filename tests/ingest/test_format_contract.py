"""What every parser promises, whatever the file holds: see `Parsed`."""

import json
from io import BytesIO
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas
from sota_rag.index.errors import IgnoredError, QuarantineError
from sota_rag.index.types import Document, DocumentInfo
from sota_rag.ingest.chunk import ChunkSettings, chunk
from sota_rag.ingest.loaders import FORMATS, load, parser_of
from sota_rag.ingest.metadata import DocumentMeta
from sota_rag.ingest.normalise import canonical_text
from sota_rag.ingest.parsed import Parsed

MARKDOWN = """---
title: Adapters
date: 2024-05
---
# Adapters

LoRA *freezes* the weights[^1] and trains $BA$.

| model | score |
|---|---|
| a | 1.5 |

```python
x = [1, 2]
```

$$
W = W_0 + BA
$$

- one
- two

***

[ref]: http://x.org

[^1]: All of them.
"""
MDX = """import Tip from "x"

# Head

<Tip title="Careful now">

## Inner

Text in a tip.

</Tip>

{/* no */}
"""
HTML = """<html><head><title>Adapters</title></head><body><nav>menu</nav><main><h1>Adapters</h1>
<p>LoRA <em>freezes</em> H<sub>2</sub>O.</p><table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>
<pre>x = 1\n  y</pre><math display="block"><mi>x</mi></math><ul><li>one<li>two</ul></main></body></html>"""
LATEX = r"""\documentclass{article}\newcommand{\R}{\mathbb{R}}
\title{Adapters}\author{A \and B}\begin{document}\maketitle
\begin{abstract}Short.\end{abstract}\section{Method}Text $x\in\R$\footnote{Note.} \cite{a}.
\begin{equation}y=x\label{e}\end{equation}\begin{tabular}{ll}a&b\\1&2\end{tabular}
\begin{itemize}\item one\item two\end{itemize}
\begin{thebibliography}{9}\bibitem{a}A. Title.\end{thebibliography}\end{document}"""
RST = """Adapters
========

LoRA *freezes* ``weights``.

.. code-block:: python

   x = 1

.. math:: y = x

===== =====
a     b
===== =====
1     2
===== =====

* one
* two
"""
NOTEBOOK = json.dumps(
    {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {},
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": ["# Adapters\n", "\n", "Some text.\n", "\n", "---\n"]},
            {
                "cell_type": "code",
                "metadata": {},
                "execution_count": 1,
                "source": "print(1)",
                "outputs": [{"output_type": "stream", "name": "stdout", "text": "1\n"}],
            },
        ],
    }
)
REGISTRY = """2021:
  - title: Old way
    arxiv_id: "2103.00001"
    year: 2021
    sota: [Do it the old way]
    attic: {reason: It is worse, superseded_by: "2201.00001"}
2022:
  - title: New way
    arxiv_id: "2201.00001"
    year: 2022
    sota: [Do it the new way]
"""


def pdf() -> bytes:
    buffer = BytesIO()
    canvas = Canvas(buffer, invariant=True)
    canvas.setFont("Helvetica-Bold", 16)
    canvas.drawString(72, 760, "Adapters for Everyone")
    canvas.setFont("Helvetica", 10)
    for page in range(2):
        for line in range(30):
            canvas.drawString(72, 720 - 14 * line, f"Line {line} of page {page} says that weights are frozen and that")
        canvas.showPage()
        canvas.setFont("Helvetica", 10)
    canvas.save()
    return buffer.getvalue()


SAMPLES = {
    ".md": MARKDOWN.encode(),
    ".mdx": MDX.encode(),
    ".html": HTML.encode(),
    ".tex": LATEX.encode(),
    ".rst": RST.encode(),
    ".ipynb": NOTEBOOK.encode(),
    ".txt": b"Adapters\n========\n\nLoRA freezes the weights.\n\n  x = 1\n\n- one\n- two\n",
    ".yaml": REGISTRY.encode(),
    ".pdf": pdf(),
}
SMALL = ChunkSettings(max_tokens=64, target_tokens=40, heading_tokens=24, min_tokens=8)


def words(texts):
    return [len(text.split()) for text in texts]


def check(parsed: Parsed) -> None:
    text = parsed.text
    assert canonical_text(text) == text
    end = 0
    for block in parsed.blocks:
        assert end <= block.start < block.end <= len(text)
        assert not text[end : block.start].strip(), "text in no block"
        end = block.end
    assert not text[end:].strip(), "text in no block"
    if parsed.layout:
        assert all(before.end <= after.start for before, after in pairwise(parsed.layout.spans))
        assert all(0 <= span.start < span.end <= len(text) for span in parsed.layout.spans)
        assert all(1 <= span.page <= len(parsed.layout.sizes) for span in parsed.layout.spans)
    for practice in parsed.practices:
        assert 0 <= practice.start < practice.end <= len(text)
    document = Document(DocumentInfo("x", "x", "Title"), text)
    passages = chunk(document, parsed.blocks, words, SMALL, parsed.layout)
    assert passages == chunk(document, parsed.blocks, words, SMALL, parsed.layout)
    for before, after in pairwise(passages):
        assert before.end <= after.start
    for passage in passages:
        assert text[passage.start : passage.end] == passage.text
        assert (passage.page is not None) == bool(parsed.layout and parsed.layout.spans)


def test_there_is_a_sample_of_every_parser():
    assert {FORMATS[suffix] for suffix in SAMPLES} == set(FORMATS.values())


@pytest.mark.parametrize("suffix", SAMPLES)
def test_a_sound_file(suffix):
    parsed = parser_of(suffix)(SAMPLES[suffix])
    check(parsed)
    assert parsed == parser_of(suffix)(SAMPLES[suffix]) and not parsed.warnings
    loaded = load(f"x{suffix}", SAMPLES[suffix], document_id="x", source="x", sidecar=None, flags=DocumentMeta())
    assert loaded.document.info.title.startswith(("Adapters", "Head", "Practice registry"))


@st.composite
def damaged(draw: st.DrawFn, sample: bytes) -> bytes:
    """A sample with bytes changed, cut out, doubled or put in."""
    data = bytearray(sample)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        length = draw(st.integers(1, 40))
        match draw(st.sampled_from(["change", "cut", "double", "insert", "truncate"])):
            case "change":
                data[at : at + 1] = bytes([draw(st.integers(0, 255))])
            case "cut":
                del data[at : at + length]
            case "double":
                data[at:at] = data[at : at + length] * draw(st.integers(1, 20))
            case "insert":
                data[at:at] = draw(st.text(max_size=8)).encode("utf-8", "surrogatepass")
            case "truncate":
                del data[at:]
    return bytes(data)


@pytest.mark.parametrize("suffix", SAMPLES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(suffix, data):
    try:
        parsed = parser_of(suffix)(data.draw(damaged(SAMPLES[suffix])))
    except (QuarantineError, IgnoredError) as error:
        assert str(error)
        return
    check(parsed)


@pytest.mark.parametrize("suffix", SAMPLES)
@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_read_or_refused(suffix, data):
    try:
        parsed = parser_of(suffix)(data)
    except (QuarantineError, IgnoredError):
        return
    check(parsed)
