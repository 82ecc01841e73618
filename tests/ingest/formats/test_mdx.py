"""MDX: what is Markdown, what is markup, and what of the markup is read."""

import time

import pytest
from sota_rag.index.blocks import BlockKind
from sota_rag.ingest.formats.markdown import parse_markdown, parse_mdx


def kinds(text: str) -> list[tuple[str, str]]:
    return [(block.kind.value, text[block.start : block.end]) for block in parse_markdown(text, mdx=True)]


def test_jsx_does_not_swallow_headings():
    text = "<Tip>\n# One\ntext\n</Tip>\n\n<Callout\n  kind={'x'}\n/>\n## Two\n"
    assert [block.title for block in parse_markdown(text, mdx=True) if block.level] == ["One", "Two"]


def test_markdown_within_components_is_markdown_indented_or_not():
    text = (
        "<Tabs items={['a > b', `c`]}>\n    <Tab>\n        ## Inside\n        - one\n\n"
        "        ```py\n        # no heading\n        <Tip>\n        ```\n    </Tab>\n</Tabs>\nText.\n"
    )
    assert kinds(text) == [
        ("metadata", "<Tabs items={['a > b', `c`]}>\n    <Tab>"),
        ("heading", "        ## Inside"),
        ("list", "        - one"),
        ("code", "        ```py\n        # no heading\n        <Tip>\n        ```"),
        ("metadata", "    </Tab>\n</Tabs>"),
        ("paragraph", "Text."),
    ]


@pytest.mark.parametrize(
    "markup",
    [
        "import { A } from 'a'\nimport B from \"b\"",
        "import {\n  A,\n  B,\n} from 'a'",
        "export const x = 1",
        "export const meta = {\n  a: [\n\n    1,\n  ],\n}",
        "<Tip warning={true}>",
        '<CourseFloatingBanner\n  notebooks={[\n    {label: "Google Colab", value: "http://x"},\n]} />',
        "<iframe\n  src='x'\n></iframe>",
        "{/* a note\n\n# of two paragraphs */}",
        "{#if fw === 'pt'}",
        "{:else}",
        "{/if}",
        "{items.map((item) => (\n  <Card key={item} />\n))}",
        "<Tip> {/* note */} </Tip>",
        "<style>\n.a { color: red }\n\n# b { }\n</style>",
    ],
)
def test_what_nobody_reads_is_metadata(markup):
    assert kinds(f"{markup}\n# Title\n") == [("metadata", markup), ("heading", "# Title")]


@pytest.mark.parametrize(
    "markup",
    [
        '<Tip title="Careful">',
        '<img alt="A cat" src="c.png"/>',
        "<Tab label='Python'>",
        '<Question\n\tchoices={[\n\t\t{\n\t\t\ttext: "It\'s > that",\n\n\t\t\texplain: "Yes"\n\t\t}\n\t]}\n/>',
    ],
)
def test_attributes_with_words_are_read(markup):
    assert kinds(f"{markup}\n\n# Title\n") == [("html", markup), ("heading", "# Title")]


@pytest.mark.parametrize(
    "text",
    ["importing is hard", "import the model", "export it", "<b>word</b>", "{x} y", "< 5 apples", "<Tip>so</Tip>"],
)
def test_lines_with_words_stay_paragraphs(text):
    assert kinds(text) == [("paragraph", text)]


def test_braces_within_formulas_are_no_expressions():
    text = "$$\n\\frac\n{a}\n{b}\n$$"
    assert kinds(text) == [("formula", text)]


@pytest.mark.parametrize("opening", ["<Tip", "{", "<A b='", "export const a = {", "<table>", "{/*"])
def test_an_opening_without_end_does_not_swallow_the_rest(opening):
    blocks = parse_markdown(f"{opening}\n\n# One\n\n<Tip>\n\n# Two\n", mdx=True)
    assert [block.title for block in blocks if block.level] == ["One", "Two"]


def test_front_matter_and_offsets():
    parsed = parse_mdx(b"---\ntitle: T\n---\n\nimport A from 'a'\n\n<A/>\n\n# Head\n")
    assert parsed.meta.title == "T"
    head = parsed.blocks[-1]
    assert (head.kind, parsed.text[head.start : head.end]) == (BlockKind.HEADING, "# Head")


@pytest.mark.parametrize(
    "unit", ["<A\n", '<A b="\n', "{a\n\n", "export const x = {\n", "<a>{", "import { a\n", "{'", "<p "]
)
def test_time_is_linear(unit):
    def seconds(size: int) -> float:
        text = unit * (size // len(unit))
        best = 9.0
        for _ in range(3):
            begun = time.process_time()
            parse_markdown(text, mdx=True)
            best = min(best, time.process_time() - begun)
        return best

    assert seconds(40_000) < 2.5 * seconds(20_000) + 0.2
