import threading

import pytest
from sota_rag.index import Document, DocumentInfo, Kind, Passage, Status
from sota_rag.index.blocks import Block, BlockKind
from sota_rag.index.layout import Layout
from sota_rag.index.practices import Practice
from sota_rag.index.store import FileRecord, FileState, PassageStore, write_store
from sota_rag.index.structure import Structure, structure_of
from sota_rag.index.types import Role

TEXT = "Zürich 东京 🦙 \x00 \u2028 e\u0301 \"quoted\" 'single'; -- end"
DOCUMENTS = [
    Document(DocumentInfo("a/ü.md", "a/ü.md", "Ünïcode 🦙"), TEXT),
    Document(
        DocumentInfo(
            "b.pdf", "https://x.org/b?c=d", 'The "B"', Kind.PAPER, "2021-06", Status.SUPERSEDED, ("A. Ö", "B"),
            "2106.09685", "ab" * 32,
        ),
        "",
    ),
]  # fmt: skip
PASSAGES = [
    Passage("a/ü.md#00000", "a/ü.md", 0, 0, 6, TEXT[0:6], ("Ünïcode 🦙", "a > b"), 3),
    Passage("a/ü.md#00001", "a/ü.md", 1, 7, len(TEXT), TEXT[7:], (), 9, page=2, role=Role.FOOTNOTE),
]
FILES = [
    FileRecord("/r", "b.pdf", "b.pdf", "ff", FileState.QUARANTINED, "cannot be read 'ü'"),
    FileRecord("/r", "a/ü.md", "a/ü.md", "ee", FileState.INDEXED),
]

PRACTICE = Practice("R-1", "b.pdf", 0, 0, "Warm up")
STRUCTURES = {
    "b.pdf": structure_of([], Layout(((612, 792),), ()), [PRACTICE]),
    "a/ü.md": structure_of([Block(BlockKind.PARAGRAPH, 0, 6)], None, []),
}
LINKS = [(1, "b.pdf#R-1@0", "statement"), (0, "b.pdf#R-1@0", "source")]


@pytest.fixture
def store(tmp_path):
    write_store(tmp_path / "passages.sqlite", DOCUMENTS, PASSAGES, FILES, STRUCTURES, LINKS)
    opened = PassageStore(tmp_path / "passages.sqlite")
    yield opened
    opened.close()


def test_documents_round_trip(store):
    assert store.documents() == [document.info for document in DOCUMENTS]
    assert [store.document(document.info.id) for document in DOCUMENTS] == DOCUMENTS


def test_passages_round_trip(store):
    assert store.all_passages() == PASSAGES
    assert store.document_passages("a/ü.md") == PASSAGES
    assert store.document_passages("b.pdf") == []
    assert store.row_documents() == ["a/ü.md", "a/ü.md"]
    for passage in store.all_passages():
        assert store.document(passage.document_id).text[passage.start : passage.end] == passage.text


def test_passages_come_in_the_order_asked_for(store):
    assert store.passages([1, 0, 1]) == [PASSAGES[1], PASSAGES[0], PASSAGES[1]]
    assert store.passages([]) == []
    with pytest.raises(KeyError):
        store.passages([2])


def test_structures_practices_and_links_round_trip(store):
    assert store.structures() == STRUCTURES
    assert store.structure("a/ü.md") == STRUCTURES["a/ü.md"]
    assert store.structure("unknown") == Structure()
    assert store.practices() == [PRACTICE]
    assert store.practice_links() == sorted(LINKS)
    assert store.row_roles() == [Role.BODY, Role.FOOTNOTE]


def test_files_come_by_path(store):
    assert store.files() == [FILES[1], FILES[0]]


def test_unknown_document(store):
    with pytest.raises(KeyError, match="nowhere"):
        store.document("nowhere")


def test_more_rows_than_sqlite_takes_parameters(tmp_path):
    # The limit of a default build is 32,766; Debian's is 250,000.
    size = 33_000
    made = [Passage(f"d#{n:05}", "d", n, 0, 0, "") for n in range(size)]
    write_store(tmp_path / "big.sqlite", [Document(DocumentInfo("d", "d", "D"), "")], made, [])
    store = PassageStore(tmp_path / "big.sqlite")
    store._db.setlimit(9, 32_766)  # SQLITE_LIMIT_VARIABLE_NUMBER
    rows = list(range(size))[::-1]
    assert [passage.ordinal for passage in store.passages(rows)] == rows
    store.close()


def test_reading_leaves_no_files_behind_and_survives_deletion(tmp_path, store):
    assert [path.name for path in tmp_path.iterdir()] == ["passages.sqlite"]
    (tmp_path / "passages.sqlite").unlink()
    assert store.all_passages() == PASSAGES


def test_many_threads(store):
    failures = []

    def read():
        for _ in range(50):
            failures.extend(["mixed"] if store.passages([0, 1]) != PASSAGES else [])

    threads = [threading.Thread(target=read) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
