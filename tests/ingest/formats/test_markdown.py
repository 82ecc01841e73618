import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sota_rag.index.blocks import Block, BlockKind
from sota_rag.ingest.formats.markdown import parse_markdown, parse_md
from sota_rag.ingest.loaders import title_of
from sota_rag.ingest.normalise import canonical_text


def kinds(text: str, *, mdx: bool = False) -> list[tuple[str, str]]:
    return [(block.kind.value, text[block.start : block.end]) for block in parse_markdown(text, mdx=mdx)]


def test_spans_by_hand():
    text = "# A *b* `c`\n\nFirst\nline.\n\n***\n\nNext"
    assert parse_markdown(text) == [
        Block(BlockKind.HEADING, 0, 11, 1, "A b c"),
        Block(BlockKind.PARAGRAPH, 13, 24),
        Block(BlockKind.METADATA, 26, 29),
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


def test_rules_and_definitions_are_metadata():
    text = "[a]: http://x\n[b]: http://y 'Y'\n\nSee [a].\n\n---\n***\n\nOn.\n"
    assert kinds(text) == [
        ("metadata", "[a]: http://x\n[b]: http://y 'Y'"),
        ("paragraph", "See [a]."),
        ("metadata", "---\n***"),
        ("paragraph", "On."),
    ]


def test_footnotes_end_at_the_next_and_at_text_that_is_not_indented():
    text = "Text.[^1]\n[^1]: http://x\n[^note]: Two\nlines.\n\n    And a paragraph.\n\nText again.\n"
    assert kinds(text) == [
        ("paragraph", "Text.[^1]"),
        ("footnote", "[^1]: http://x"),
        ("footnote", "[^note]: Two\nlines.\n\n    And a paragraph."),
        ("paragraph", "Text again."),
    ]


def test_admonitions_keep_their_title_and_free_what_they_hold():
    text = ":::tip Mind the gap\n# Inside\n- one\n:::\n\n::: {.note}\nText.\n:::\n"
    assert kinds(text) == [
        ("paragraph", ":::tip Mind the gap"),
        ("heading", "# Inside"),
        ("list", "- one"),
        ("metadata", ":::"),
        ("metadata", "::: {.note}"),
        ("paragraph", "Text."),
        ("metadata", ":::"),
    ]


@pytest.mark.parametrize("opening", [":::note[Read this]", ":::{admonition} Read this", "::: warning {.x} Read this"])
def test_an_admonition_with_a_title_is_read(opening):
    assert kinds(opening)[0][0] == "paragraph"


def test_tab_marks_and_labels_are_metadata():
    text = ":begin_tab:`mxnet`\nText.\n:end_tab:\n\n![Cat](c.png)\n:width:`400px`\n:label:`fig_cat`\n"
    assert kinds(text) == [
        ("metadata", ":begin_tab:`mxnet`"),
        ("paragraph", "Text."),
        ("metadata", ":end_tab:"),
        ("paragraph", "![Cat](c.png)"),
        ("metadata", ":width:`400px`\n:label:`fig_cat`"),
    ]


def test_marks_within_code_are_code():
    for inside in (":::", "<table>", "<!-- x", ":label:`a`", "$$", "[^1]: x"):
        text = f"```\n{inside}\n```\n\nText.\n"
        assert kinds(text) == [("code", f"```\n{inside}\n```"), ("paragraph", "Text.")]


def test_alerts_are_quotes():
    assert kinds("> [!NOTE]\n> Mind.\n") == [("quote", "> [!NOTE]\n> Mind.")]


def test_a_table_in_html_is_one_block_across_blank_lines():
    text = "<table>\n<tr><td>a</td></tr>\n\n    <tr><td>b</td></tr>\n</table>\n\nText.\n"
    assert kinds(text) == [("html", text.partition("\n\nText")[0]), ("paragraph", "Text.")]
    assert kinds(text, mdx=True) == kinds(text)


def test_toml_front_matter():
    text = '+++\ntitle = "T"\ndate = 2021-06-17\nauthors = ["A B"]\nweight = 1\n+++\n# H\n'
    parsed = parse_md(text.encode())
    assert (parsed.meta.title, parsed.meta.published, parsed.meta.authors) == ("T", "2021-06-17", ("A B",))
    assert [block.kind for block in parsed.blocks] == [BlockKind.METADATA, BlockKind.HEADING]


@pytest.mark.parametrize(
    ("body", "warning"),
    [("title = ", "broken TOML"), ('date = "soon"\ntitle = "T"', "published ignored"), ("a = " + "[" * 9000, "broken")],
)
def test_broken_toml_costs_a_warning(body, warning):
    parsed = parse_md(f"+++\n{body}\n+++\ntext".encode())
    assert warning in parsed.warnings[0]


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
    "|<Tip>\n|</Tip>\n|<A\n  b={{c: '>'}}\n/>\n|  <p title='t'>\n|{/* c\n|*/}\n"
    "|{#if x}\n|export const a = {\n|}\n|:::\n|:::tip T\n"
    "|:label:`x`\n|[^1]: f\n|    g\n|+++\n|<table>\n|</table>\n|~~~\n|> [!TIP]\n|1.\n|\\begin{align}\n|\\end{align}\n"
).split("|")
PIECES = st.sampled_from([*LINES, "| a | b |\n|---|---|\n", "| 1 | 2 |\n", "x" * 300])


def covered(text: str, *, mdx: bool = False) -> bool:
    """Check order and coverage: whole lines, none that is not blank left out."""
    position = 0
    for block in parse_markdown(text, mdx=mdx):
        assert not text[position : block.start].strip()
        assert position <= block.start < block.end <= len(text)
        assert block.start == 0 or text[block.start - 1] == "\n"
        assert block.end == len(text) or text[block.end] == "\n"
        position = block.end
    assert not text[position:].strip()
    return True


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join), st.booleans())
def test_blocks_are_ordered_and_cover(raw, mdx):
    assert covered(canonical_text(raw), mdx=mdx)


@pytest.mark.parametrize(
    "unit",
    [*"$$ x\n|\\begin{align}\n|\\[ a\n|<!-- |![](data:|[a]: b\n|> - |<table>\n|[^1]: a\n|:::\n|~~~\n".split("|")],
)
def test_time_is_linear(unit):
    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        best = 9.0
        for _ in range(3):
            begun = time.perf_counter()
            parse_markdown(text)
            best = min(best, time.perf_counter() - begun)
        return best

    assert seconds(40_000) < 3 * seconds(20_000) + 0.05


def test_a_stray_rule_does_not_make_a_heading_of_a_long_paragraph():
    paragraph = "A long sentence of a figure's legend. " * 10
    blocks = parse_markdown(f"{paragraph}\n=\n\nMore.\n")
    assert [block.kind for block in blocks] == [BlockKind.PARAGRAPH, BlockKind.PARAGRAPH]
    assert title_of(blocks) is None
    assert parse_markdown("A title over\ntwo lines\n===\n")[0].kind is BlockKind.HEADING
