import hashlib

import pytest
from sota_rag.index.blocks import BlockKind
from sota_rag.index.errors import QuarantineError
from sota_rag.index.types import Kind, Status
from sota_rag.ingest.loaders import SUFFIXES, LoadedDocument, load
from sota_rag.ingest.metadata import DocumentMeta


def read(data: bytes, name: str = "deep/x.md", **given) -> LoadedDocument:
    metadata = {"sidecar": None, "flags": DocumentMeta()} | given
    return load(name, data, document_id="deep/x.md", source="deep/x.md", **metadata)


def test_markdown():
    loaded = read(b"# Title\r\n\r\nText e\xcc\x81\r\n")
    info = loaded.document.info
    assert loaded.document.text == "# Title\n\nText \u00e9\n"
    assert (info.title, info.kind, info.status, info.published) == ("Title", Kind.GUIDE, Status.UNKNOWN, None)
    assert info.sha256 == hashlib.sha256(loaded.document.text.encode()).hexdigest()
    assert [block.kind for block in loaded.blocks] == [BlockKind.HEADING, BlockKind.PARAGRAPH]


def test_sidecar_before_front_matter_before_flags():
    data = b"---\ntitle: Matter\ndate: 2020\n---\ntext"
    loaded = read(data, sidecar=DocumentMeta(title="Sidecar"), flags=DocumentMeta(published="1999", kind=Kind.NOTE))
    info = loaded.document.info
    assert (info.title, info.published, info.kind) == ("Sidecar", "2020", Kind.NOTE)


def test_title_falls_back_to_the_file_name():
    assert read(b"text", name="a/My notes.md").document.info.title == "My notes"


def test_warnings_are_handed_on():
    assert "status 'odd' ignored" in read(b"---\nstatus: odd\n---\ntext").warnings[0]


def test_mdx_is_read_as_mdx():
    loaded = read(b"<Tip>\n# One\n</Tip>\n\ntext", name="x.MDX")
    assert loaded.document.info.title == "One"


@pytest.mark.parametrize("data", [b"---\ntitle: x\n---\n", b"<!-- nothing -->\n", b"\xe2\x80\x8b\n"])
def test_nothing_to_read(data):
    with pytest.raises(QuarantineError, match="nothing in it can be indexed"):
        read(data)


def test_unknown_format():
    assert {".md", ".markdown", ".mdx"} <= SUFFIXES
    with pytest.raises(QuarantineError, match=r"'\.docx' is not supported"):
        read(b"x", name="x.docx")
