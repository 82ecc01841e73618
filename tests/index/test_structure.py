from sota_rag.index.blocks import Block, BlockKind
from sota_rag.index.layout import Layout, PageSpan
from sota_rag.index.practices import Practice, PracticeStatus
from sota_rag.index.structure import Structure, blocks_of, layout_of, practices_of, structure_of

BLOCKS = [Block(BlockKind.HEADING, 0, 4, 2, 'A "head"'), Block(BlockKind.REFERENCE_LIST, 6, 90)]
LAYOUT = Layout(((612.0, 792.0),), (PageSpan(0, 4, 1, 72.0, 72.0, 100.5, 84.0),))
PRACTICE = Practice(
    "R-1", "p.yaml", 6, 30, "Warm up", year=2017, status=PracticeStatus.ATTIC, reason="é", superseded_by=("x", "y")
)


def test_round_trip():
    stored = structure_of(BLOCKS, LAYOUT, [PRACTICE])
    assert blocks_of(stored) == BLOCKS
    assert layout_of(stored) == LAYOUT
    assert practices_of(stored) == [PRACTICE]


def test_nothing_is_kept_of_nothing():
    assert structure_of([], None, []) == Structure()
    assert (blocks_of(Structure()), layout_of(Structure()), practices_of(Structure())) == ([], None, [])
