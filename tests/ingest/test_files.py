import os

import pytest
from sota_rag.index.errors import QuarantineError
from sota_rag.ingest.files import read_bytes


def test_bytes(tmp_path):
    (tmp_path / "a.md").write_bytes(b"text")
    assert read_bytes(tmp_path / "a.md", tmp_path) == b"text"


def test_a_link_inside_the_root_is_followed_and_one_that_leads_out_is_not(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.md").write_bytes(b"text")
    (tmp_path / "secret.md").write_bytes(b"secret")
    (root / "inside.md").symlink_to("a.md")
    (root / "outside.md").symlink_to("../secret.md")
    assert read_bytes(root / "inside.md", root) == b"text"
    with pytest.raises(QuarantineError, match=r"leads out of .*root"):
        read_bytes(root / "outside.md", root)
    (tmp_path / "linked").symlink_to(root)  # the root itself may be a link
    assert read_bytes(tmp_path / "linked" / "a.md", tmp_path / "linked") == b"text"


def test_what_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.md")
    with pytest.raises(QuarantineError, match="not a regular file"):
        read_bytes(tmp_path / "pipe.md", tmp_path)
    with pytest.raises(FileNotFoundError):
        read_bytes(tmp_path / "gone.md", tmp_path)
    (tmp_path / "loop.md").symlink_to("loop.md")
    with pytest.raises(OSError, match="symbolic links"):
        read_bytes(tmp_path / "loop.md", tmp_path)


def test_size(tmp_path):
    (tmp_path / "a.md").write_bytes(b"x" * 2_000_001)
    with pytest.raises(QuarantineError, match="larger than 2 MB; split it"):
        read_bytes(tmp_path / "a.md", tmp_path, 2_000_000)
    assert len(read_bytes(tmp_path / "a.md", tmp_path, 2_000_001)) == 2_000_001


def test_a_file_that_changes_while_it_is_read_is_read_again(tmp_path, monkeypatch):
    path = tmp_path / "a.md"
    path.write_bytes(b"old")
    real, reads = os.fstat, []

    def fstat(descriptor):
        reads.append(descriptor)
        if len(reads) == 2:  # between the read and the second look
            path.write_bytes(b"newer")
        return real(descriptor)

    monkeypatch.setattr(os, "fstat", fstat)
    assert read_bytes(path, tmp_path) == b"newer"


def test_a_file_that_keeps_changing_is_set_aside(tmp_path, monkeypatch):
    path = tmp_path / "a.md"
    path.write_bytes(b"")
    real = os.fstat

    def fstat(descriptor):
        with path.open("ab") as stream:
            stream.write(b"x")
        return real(descriptor)

    monkeypatch.setattr(os, "fstat", fstat)
    with pytest.raises(QuarantineError, match="keeps changing"):
        read_bytes(path, tmp_path)
