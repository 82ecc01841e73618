import gc
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sota_rag.index.errors import QuarantineError
from sota_rag.index.types import Kind
from sota_rag.ingest.formats.rst import MAX_CHARS, parse_rst


def kinds(text: str) -> list[tuple[str, str]]:
    parsed = parse_rst(text.encode())
    return [(block.kind.value, parsed.text[block.start : block.end]) for block in parsed.blocks]


def test_sections_and_metadata():
    text = "Guide\n=====\n\n:Author: Jane Doe\n:Date: 2021-05-06\n\nOne\n---\n\nA *b*\nc.\n\nInner\n~~~~~\n\nd\n"
    parsed = parse_rst(text.encode())
    levels = [(block.level, block.title) for block in parsed.blocks if block.level]
    assert levels == [(1, "Guide"), (2, "One"), (3, "Inner")]
    assert (parsed.meta.title, parsed.meta.authors, parsed.meta.published) == ("Guide", ("Jane Doe",), "2021-05-06")
    assert parsed.kind is Kind.GUIDE
    assert ("paragraph", "A b c.") in kinds(text)


def test_a_malformed_date_is_left_out():
    assert parse_rst(b"T\n=\n\n:Date: $Date$\n\ntext").meta.title == "T"


def test_roles_of_sphinx_are_their_text():
    text = "See :ref:`the guide <guide>`, :func:`~a.b.fit`, :class:`a.C`, :math:`x^2` and :term:`epoch`."
    assert kinds(text) == [("paragraph", "See the guide, fit, a.C, $x^2$ and epoch.")]


def test_directives_of_sphinx():
    text = (
        ".. toctree::\n   :maxdepth: 2\n\n   a\n\n.. code-block:: python\n   :linenos:\n   :caption: x\n\n   def f():\n"
        "       pass\n\n.. math::\n   :label: one\n\n   a = b\n\n.. note:: Take\n   care.\n\n.. versionadded:: 1.2\n\n"
        ".. py:function:: fit(x)\n   :module: m\n\n   Fits.\n\n   :param x: data\n\n"
        ".. mytheme-card:: Card\n   :color: red\n\n   Words.\n"
    )
    assert kinds(text) == [
        ("code", "def f():\n    pass"),
        ("formula", "$$\na = b\n$$"),
        ("paragraph", "Note:"),
        ("paragraph", "Take care."),
        ("paragraph", "Added in version 1.2"),
        ("paragraph", "fit(x)"),
        ("paragraph", "Fits."),
        ("list", "- param x: data"),
        ("paragraph", "Card"),
        ("paragraph", "Words."),
    ]


def test_nothing_is_included_and_nothing_raw(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    text = (
        f"Words.\n\n.. include:: {secret}\n\n.. literalinclude:: {secret}\n\n.. csv-table:: T\n   :file: {secret}\n\n"
        f".. raw:: html\n   :file: {secret}\n\n.. raw:: html\n\n   <b>raw</b>\n\n"
        f".. code-block::\n   :include: {secret}\n"
    )
    found = " ".join(text for _, text in kinds(text))
    assert found.startswith("Words.")
    assert "secret\n" not in found + "\n"
    assert "<b>" not in found


def test_lists_literals_and_quotes():
    text = (
        "- one\n- two\n\n  more\n\n  3. x\n  4. y\n\nterm\n  meaning\n\n"
        "Thus::\n\n  a  b\n\n  c\n\n>>> 1\n1\n\n    Quoted.\n"
    )
    assert kinds(text) == [
        ("list", "- one\n- two\n\n  more\n  3. x\n  4. y"),
        ("list", "- term: meaning"),
        ("paragraph", "Thus:"),
        ("code", "a  b\n\nc"),
        ("code", ">>> 1\n1"),
        ("quote", "Quoted."),
    ]


def test_tables_notes_and_pictures():
    text = (
        "==== ====\na    b\n==== ====\n1    2|3\n==== ====\n\nSee [1]_ and [Doe]_.\n\n.. [1] A note.\n"
        ".. [Doe] A paper.\n\n.. figure:: x.png\n   :alt: A cat\n\n   The caption.\n"
    )
    assert kinds(text) == [
        ("table", "| a | b |\n|---|---|\n| 1 | 2\\|3 |"),
        ("paragraph", "See [1] and [Doe]."),
        ("footnote", "[1] A note."),
        ("reference_list", "[Doe] A paper."),
        ("figure", "A cat"),
        ("caption", "The caption."),
    ]


def test_what_docutils_cannot_read_is_kept_and_nothing_is_printed(capfd):
    found = " ".join(
        text for _, text in kinds("Words *unclosed and |missing|.\n\n+---+\n| broken\n\n.. image::\n\nEnd.")
    )
    assert "unclosed" in found
    assert "broken" in found
    assert capfd.readouterr() == ("", "")


def test_one_document_leaves_no_role_to_the_next():
    first = kinds(".. role:: loud(strong)\n\n.. default-role:: math\n\n:loud:`a` `b`")
    assert kinds(":loud:`a` `b`") == first == [("paragraph", "a b")]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b".. a comment", "no text"),
        (b"\xff", "UTF-8"),
        (b"x" * (MAX_CHARS + 1), "split it"),
        (b"w\n\n+" + b"-+" * 1001 + b"\n|" + b" |" * 1001 + b"\n+" + b"-+" * 1001, "line 3 .* 1001 columns"),
        (b"= " * 1001 + b"\n" + b"a " * 1001 + b"\n" + b"= " * 1001, "1001 columns"),
        ("\n\n".join(" " * depth + "x" for depth in range(400)).encode(), "nested too deeply"),
    ],
)
def test_what_cannot_be_read(data, message):
    with pytest.raises(QuarantineError, match=message):
        parse_rst(data)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "a *b*",
                "Title",
                "=====",
                "- x",
                "",
                "",
                "  in",
                "::",
                ".. note::",
                ".. x::",
                ".. [1] n",
                "[1]_",
                "`q",
                "e\u0301",
                "|s|",
            ]
        ),
        max_size=20,
    )
)
def test_blocks_hold_every_character_once(keeps_promises, lines):
    try:
        parsed = parse_rst("\n".join(lines).encode())
    except QuarantineError:
        return
    assert keeps_promises(parsed)


SHAPES = {
    "paragraphs": "para `x` *y*.\n\n",
    "unclosed markup": "word *a `b |c\n\n",
    "sections": "Title {n}\n=========\n\nwords\n\n",
    "simple tables": "==== ====\na    b\n==== ====\n1    2\n==== ====\n\n",
    "fields": "w\n\n:f{n}: value\n\n",
    "substitutions": ".. |s{n}| replace:: text\n\n|s{n}| here\n\n",
    "footnotes": "See [{n}]_.\n\n.. [{n}] note\n\n",
    "symbol footnotes": "See [*]_.\n\n.. [*] note\n\n",
    "distinct directives": ".. unit{n}:: arg\n\n   text\n\n",
    "comments": ".. left out\n\nwords\n\n",
    "transitions": "words\n\n----\n\n",
    "undefined references": "a_ b [1]_\n\n",
    "lists within an item": "  - x\n\n  words\n\n",
    "comments within a list": "  .. x\n\n  words\n\n",
    "nested lists": "- a\n\n  - b\n\n    - c\n\n      - d\n\n",
}


@pytest.mark.parametrize("unit", SHAPES.values(), ids=SHAPES.keys())
def test_doubling_the_size_at_most_doubles_the_time(processor_seconds, unit):
    half, whole = ("- a\n\n" + "".join(unit.format(n=n) for n in range(count)) for count in (100, 200))
    # Three tries: a machine that is slow in between measures one of the two too long.
    assert any(processor_seconds(parse_rst, whole) < 2.5 * processor_seconds(parse_rst, half) + 0.03 for _ in range(3))


@pytest.mark.parametrize("opening", ["- ", "1. ", "*a ", "`a ", "|a "])
def test_doubling_the_depth_at_most_doubles_the_time(opening):
    def tried(depth: int) -> float:
        start = time.process_time()
        with suppress(QuarantineError):
            parse_rst((opening * depth + "x").encode())
        return time.process_time() - start

    half, whole = (min(tried(depth) for _ in range(3)) for depth in (20_000, 40_000))
    assert whole < 2.5 * half + 0.02


def test_substitutions_are_put_in_wherever_they_are_defined():
    text = "|b| and |A b| and |none|.\n\n.. |b| replace:: one |a B|\n\n.. |a b| image:: x\n   :alt: Two\n"
    assert kinds(text) == [("paragraph", "one Two and Two and |none|.")]


def test_substitutions_within_themselves_or_without_end_stay_as_written():
    """Thirty that hold the one before twice would be a thousand million words."""
    laughs = "".join(f".. |s{n}| replace:: |s{n - 1}| |s{n - 1}|\n" for n in range(1, 31)) + ".. |s0| replace:: ha\n"
    assert "|s29|" in kinds(f"{laughs}\n|s30|\n")[0][1]
    assert kinds(".. |a| replace:: x |b|\n.. |b| replace:: y |a|\n\n|a|\n") == [("paragraph", "x y |a|")]


def test_footnotes_have_the_numbers_of_docutils():
    text = (
        "A [#]_ b [#n]_ c [*]_ d [#n]_ e [#]_ f [1]_ g [#none]_.\n\n"
        ".. [1] one\n.. [#] two\n.. [#n] three\n.. [*] star\n.. [#] four\n"
    )
    assert [text for _, text in kinds(text)] == [
        "A [2] b [3] c [*] d [3] e [4] f [1] g [#none].",
        *("[1] one", "[2] two", "[3] three", "[*] star", "[4] four"),
    ]


def test_what_is_left_out_is_said():
    text = "Words.\n\n.. include:: a.rst\n\n.. raw:: html\n\n   x\n\n.. include:: b.rst\n\n.. literalinclude:: c.py\n"
    (warning,) = parse_rst(text.encode()).warnings
    assert warning.endswith("left out: 'include' (2), 'literalinclude' (1), 'raw' (1)")


def test_paragraphs_without_markup_are_said_once():
    parsed = parse_rst(("*a* " * 1500 + "\n\n*b*\n\n" + "*c* " * 1500).encode())
    (warning,) = parsed.warnings
    assert warning.startswith("markup was not read in 2 of its paragraphs")
    assert "b" in [parsed.text[block.start : block.end] for block in parsed.blocks]


def test_a_thousand_directives_do_not_hide_the_next_ones():
    text = ".. note:: x\n\n" * 1001 + ".. after-a-thousand:: Card\n\n   Words.\n"
    assert kinds(text)[-2:] == [("paragraph", "Card"), ("paragraph", "Words.")]


def test_the_collector_is_as_it_was():
    was = gc.isenabled()
    try:
        for switch in (gc.disable, gc.enable):
            switch()
            enabled = gc.isenabled()
            parse_rst(b"words")
            assert gc.isenabled() is enabled
    finally:
        (gc.enable if was else gc.disable)()
