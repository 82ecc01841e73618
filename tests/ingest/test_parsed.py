from hypothesis import given
from hypothesis import strategies as st
from sota_rag.index.blocks import Block, BlockKind
from sota_rag.ingest.normalise import canonical_text
from sota_rag.ingest.parsed import TextBuilder


def test_blocks_are_a_blank_line_apart_and_a_heading_has_its_title():
    builder = TextBuilder()
    assert builder.add(BlockKind.HEADING, "  A \r\n head ", level=2) == Block(BlockKind.HEADING, 0, 8, 2, "A head")
    assert builder.add(BlockKind.PARAGRAPH, " \u200b\n") is None
    assert builder.add(BlockKind.CODE, "\n  if x:\n    y\n") == Block(BlockKind.CODE, 10, 23)
    assert builder.text == "A \n head\n\n  if x:\n    y"


@given(st.lists(st.tuples(st.sampled_from(BlockKind), st.text(max_size=20))))
def test_the_whole_is_canonical_and_covered(parts):
    builder = TextBuilder()
    for kind, raw in parts:
        builder.add(kind, raw)
    text = builder.text
    assert canonical_text(text) == text
    end = 0
    for block in builder.blocks:
        assert not text[end : block.start].strip() and block.start < block.end
        end = block.end
    assert end == len(text)
