import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sota_rag.index.blocks import Block, BlockKind
from sota_rag.ingest.formats.markdown import parse_markdown
from sota_rag.ingest.loaders import title_of
from sota_rag.ingest.normalise import canonical_text


def kinds(text: str, *, mdx: bool = False) -> list[tuple[str, str]]:
    return [(block.kind.value, text[block.start : block.end]) for block in parse_markdown(text, mdx=mdx)]


def test_spans_by_hand():
    text = "# A *b* `c`\n\nFirst\nline.\n\n***\n\nNext"
    assert parse_markdown(text) == [
        Block(BlockKind.HEADING, 0, 11, 1, "A b c"),
        Block(BlockKind.PARAGRAPH, 13, 24),
        Block(BlockKind.PARAGRAPH, 31, 35),
    ]


def test_every_kind():
    text = (
        "---\ntitle: T\n---\n# T\n- one\n- two\n\n  more\n\n> said\n> so\n\n```python\n# no heading\n```\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n<p>html</p>\n\n    indented\n\n$$\nx\n$$\n"
    )
    assert kinds(text) == [
        ("metadata", "---\ntitle: T\n---"),
        ("heading", "# T"),
        ("list", "- one"),
        ("list", "- two"),
        ("list", "  more"),
        ("quote", "> said\n> so"),
        ("code", "```python\n# no heading\n```"),
        ("table", "| a | b |\n|---|---|\n| 1 | 2 |"),
        ("html", "<p>html</p>"),
        ("code", "    indented"),
        ("formula", "$$\nx\n$$"),
    ]


def test_code_inside_a_list_item_is_code():
    assert kinds("1. Run:\n   ```sh\n   ls\n   ```\n   Done.\n") == [
        ("list", "1. Run:"),
        ("code", "   ```sh\n   ls\n   ```"),
        ("list", "   Done."),
    ]


@pytest.mark.parametrize(
    "formula",
    [
        "$$a = b$$",
        "$$\na = b\n$$",
        "$$a = b$$ (1)",
        "$$a = b.$$ {#eq:one}",
        "$$a\n= b$$,",
        "\\[ a = b \\]",
        "\\[\na\n\\]",
        "\\begin{align*}\na &= b \\\\\nc &= d\n\\end{align*}",
        "(**$$a = b$$**)",
    ],
)
def test_displayed_formula_alone_and_within_a_paragraph(formula):
    assert kinds(formula) == [("formula", formula)]
    assert kinds(f"As in\n{formula}\nwhere b is") == [
        ("paragraph", "As in"),
        ("formula", formula),
        ("paragraph", "where b is"),
    ]


@pytest.mark.parametrize("text", ["$$x$$ is one", "so $$x$$ is one", "$$ never closed", "$$ not\n\nover $$ blanks"])
def test_not_a_displayed_formula(text):
    assert {kind for kind, _ in kinds(text)} == {"paragraph"}


def test_unclosed_formula_does_not_swallow_the_rest():
    assert kinds("\\[ a\n\\[ b \\]\n") == [("paragraph", "\\[ a"), ("formula", "\\[ b \\]")]


def test_jsx_does_not_swallow_headings():
    text = "<Tip>\n# One\ntext\n</Tip>\n\n<Callout\n  kind={'x'}\n/>\n## Two\n"
    assert [block.title for block in parse_markdown(text, mdx=True) if block.level] == ["One", "Two"]


def test_what_nobody_reads_is_metadata():
    text = (
        "import { A } from 'a'\nimport B from \"b\"\n\nexport const x = 1\n\n<Tip>\n\n{#if a === 'b'}\n\n"
        "<iframe\n  src='x'\n></iframe>\n\n{/* note */}\n\n:label:`sec_x`\n"
    )
    assert {kind for kind, _ in kinds(text, mdx=True)} == {"metadata"}
    assert kinds("![](data:image/png;base64,AAAA)")[0][0] == "metadata"
    assert kinds("<!-- hidden -->\n")[0][0] == "metadata"


def test_what_can_be_read_is_not_metadata():
    for text in ("importing is hard", "import the model", "export it", '<img alt="A cat"/>', "<b>word</b>", "{x} y"):
        assert kinds(text, mdx=True)[0][0] == "paragraph", text


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("# Introduction[[intro]]", "Introduction"),
        ("## See [the *paper*](http://x) {#see}", "See the paper"),
        ("# <a name='x'></a>Name & `code_x`", "Name & code_x"),
        ("# ![Logo](x.png) Tool", "Logo Tool"),
        ("## [**Saving**] and (**Loading**)", "Saving and Loading"),
        ("Under\nlined\n=====", "Under lined"),
        ("# \\*plain\\* &amp; 2 < 3", "*plain* & 2 < 3"),
        ("#", ""),
    ],
)
def test_heading_titles(heading, title):
    (block,) = parse_markdown(heading)
    assert (block.kind, block.title) == (BlockKind.HEADING, title)


def test_headings_within_lists_and_quotes_are_no_sections():
    assert {kind for kind, _ in kinds("- # a\n\n> ## b\n")} == {"list", "quote"}


def test_title_of():
    assert title_of(parse_markdown("## Two\n\n# One\n")) == "One"
    assert title_of(parse_markdown("## Two\n\n### Three\n")) == "Two"
    assert title_of(parse_markdown("text")) is None


def test_nothing_is_lost_below_the_nesting_limit():
    text = "> " * 60 + "deep\n\n" + "- " * 60 + "deeper\n"
    assert covered(text)
    assert "deeper" in kinds(text)[-1][1]


LINES = (
    "# A\n|## B\n\n|text |\n|\n\n|- i\n|  - j\n|1. n\n|> q\n|>\n|```\n|    c\n|$$\n|$$x$$\n|\\[ y \\]\n|<div>\n|</p>\n"
    "|<!-- c\n|-->\n|---\n|***\n|=\n|[r]: http://x\n|\r\n|é漢\u0301|\t|import x from 'y'\n|-\n|title: x\n"
).split("|")
PIECES = st.sampled_from([*LINES, "| a | b |\n|---|---|\n", "| 1 | 2 |\n", "x" * 300])


def covered(text: str, *, mdx: bool = False) -> bool:
    """Check order and coverage; horizontal rules and reference definitions may stay out."""
    position = 0
    for block in parse_markdown(text, mdx=mdx):
        for line in text[position : block.start].split("\n"):
            assert not line.strip(" \t>") or is_silent(line), line
        assert position <= block.start < block.end <= len(text)
        assert block.start == 0 or text[block.start - 1] == "\n"
        assert block.end == len(text) or text[block.end] == "\n"
        position = block.end
    assert all(not line.strip(" \t>") or is_silent(line) for line in text[position:].split("\n"))
    return True


def is_silent(line: str) -> bool:
    return "[r]: " in line or not any(character.isalnum() for character in line)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join), st.booleans())
def test_blocks_are_ordered_and_cover(raw, mdx):
    assert covered(canonical_text(raw), mdx=mdx)


@pytest.mark.parametrize("unit", ["$$ x\n", "\\begin{align}\n", "\\[ a\n", "<!-- ", "![](data:", "[a]: b\n", "> - "])
def test_time_is_linear(unit):
    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        best = 9.0
        for _ in range(3):
            begun = time.perf_counter()
            parse_markdown(text)
            best = min(best, time.perf_counter() - begun)
        return best

    assert seconds(60_000) < 3 * seconds(30_000) + 0.05
