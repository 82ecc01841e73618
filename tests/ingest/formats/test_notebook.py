import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sota_rag.index.errors import QuarantineError
from sota_rag.index.types import Kind
from sota_rag.ingest.formats.notebook import MAX_OUTPUT, parse_notebook
from sota_rag.ingest.normalise import canonical_text
from sota_rag.ingest.parsed import Parsed


def markdown(source: object) -> dict[str, object]:
    return {"cell_type": "markdown", "source": source, "attachments": {"a.png": {"image/png": "QUJD" * 99}}}


def code(source: object, *outputs: dict[str, object]) -> dict[str, object]:
    return {"cell_type": "code", "source": source, "outputs": list(outputs)}


def parse(*cells: dict[str, object]) -> Parsed:
    return parse_notebook(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode())


def kinds(*cells: dict[str, object]) -> list[tuple[str, str]]:
    parsed = parse(*cells)
    return [(block.kind.value, parsed.text[block.start : block.end]) for block in parsed.blocks]


def stream(text: object) -> dict[str, object]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def test_cells_in_order_with_markdown_as_real_blocks():
    frame = {"text/html": "<table>...</table>", "text/plain": ["   a\n", "0  1"], "image/png": "QUJD"}
    assert kinds(
        markdown(
            [
                "# Linear regression\n",
                "\n",
                "We fit $w$:\n",
                "$$y = Xw$$\n",
                "\n",
                "| a | b |\n",
                "|---|---|\n",
                "| 1 | 2 |",
            ]
        ),
        code(["import torch\n", "x = 1"], stream(["one\n", "two\n"]), {"output_type": "execute_result", "data": frame}),
        {"cell_type": "raw", "source": "Raw words."},
        code("plot()", {"output_type": "display_data", "data": {"image/png": "QUJD"}}),
    ) == [
        ("heading", "# Linear regression"),
        ("paragraph", "We fit $w$:"),
        ("formula", "$$y = Xw$$"),
        ("table", "| a | b |\n|---|---|\n| 1 | 2 |"),
        ("code", "import torch\nx = 1"),
        ("output", "one\ntwo\n   a\n0  1"),
        ("paragraph", "Raw words."),
        ("code", "plot()"),
    ]


def test_kind_and_levels():
    parsed = parse(markdown("## A *b*\n\ntext"))
    assert (parsed.kind, parsed.blocks[0].level, parsed.blocks[0].title) == (Kind.GUIDE, 2, "A b")


def test_tracebacks_lose_their_colours_and_progress_bars_their_past():
    error = {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["\x1b[0;31mE\x1b[0m", "line"]}
    assert kinds(code("x", error))[1] == ("output", "E\nline")
    assert kinds(code("x", {**error, "traceback": []}))[1] == ("output", "E: v")
    assert kinds(code("x", stream(" 10%\r 50%\r100%\r\ndone\r\n")))[1] == ("output", "100%\ndone")


def test_long_outputs_are_cut_with_a_warning():
    parsed = parse(code("train()", stream("loss 0.1\n" * 10_000)))
    assert len(parsed.text) <= MAX_OUTPUT + 20
    assert parsed.text.endswith("loss 0.1")
    assert parsed.warnings == ("outputs of 1 cells were cut after 4000 characters",)


def test_images_within_the_source_are_not_text():
    assert "QUJD" not in parse(markdown("A ![x](data:image/png;base64,QUJDQUJD) b"), code("1")).text


def test_version_three():
    cells = [
        {"cell_type": "heading", "level": 2, "source": ["Old\n"]},
        {"cell_type": "code", "input": "print(1)", "outputs": [{"output_type": "pyout", "text": ["1"]}]},
    ]
    parsed = parse_notebook(json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}).encode())
    assert parsed.text == "## Old\n\nprint(1)\n\n1"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"{", "JSON breaks in line 1"),
        (b"[]", "is a list"),
        (b'{"nbformat": 9, "cells": []}', "nbformat is 9"),
        (b'{"cells": []}', "nbformat is None"),
        (b'{"nbformat": 4}', "no list of cells"),
        (b'{"nbformat": 4, "cells": [1]}', "no list of cells"),
        (b'{"nbformat": 4, "cells": []}', "none of its cells"),
        (b'{"nbformat": 4, "cells": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"nbformat": ' + b"1" * 10_000 + b"}", "unreadable value"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_what_is_no_notebook(data, message):
    with pytest.raises(QuarantineError, match=message):
        parse_notebook(data)


_VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=3), max_leaves=6
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "cell_type": st.sampled_from(["markdown", "code", "raw", "heading", 3]),
                "source": _VALUES,
                "outputs": st.lists(
                    st.fixed_dictionaries({"output_type": st.just("stream"), "text": _VALUES}), max_size=2
                ),
            }
        ),
        max_size=5,
    )
)
def test_whatever_cells_hold(cells):
    try:
        parsed = parse(*cells)
    except QuarantineError:
        return
    assert canonical_text(parsed.text) == parsed.text
    ends = [0, *(block.end for block in parsed.blocks)]
    assert all(block.start >= end for block, end in zip(parsed.blocks, ends, strict=False))


def duration(count: int) -> float:
    cells = [markdown("# T\n\ntext *a*"), code("x = 1", stream("1\n\x1b[31m" * 20))] * count
    times = []
    for _ in range(3):
        start = time.process_time()
        parse(*cells)
        times.append(time.process_time() - start)
    return min(times)


def test_time_grows_with_the_size():
    assert duration(600) < 2.5 * duration(300) + 0.2
