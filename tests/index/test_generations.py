import json
import os
import shutil
import signal
import sys

import pytest
from sota_rag.index import Retriever
from sota_rag.index.errors import DamagedIndexError, IndexBusyError, MissingIndexError, UnwritableError
from sota_rag.index.generations import (
    collect,
    current_file,
    generation_folder,
    new_staging,
    point_current_at,
    published,
    read_current,
    writer_lock,
)
from sota_rag.index.repair import verify

HOLD = """
import sys, time
from pathlib import Path
from sota_rag.index.generations import writer_lock
with writer_lock(Path(sys.argv[1])):
    print("ready", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def again(index, small, hash_encoder):
    """Publish the same documents again, n times."""

    def publish(times=1):
        for _ in range(times):
            small.publish(index, small.documents_of(small.guides), hash_encoder)

    return publish


def test_publication_names_the_new_generation(index, again):
    assert read_current(index).generation == "000001"
    again()
    assert read_current(index).generation == "000002"
    assert published(index) == ["000001", "000002"]
    assert verify(index) == {}
    assert not list(index.glob("staging-*"))
    assert not (index / "CURRENT.new").exists()


def test_the_parent_is_the_generation_before(index, again, hash_encoder):
    again()
    with Retriever.open(index, encoder=hash_encoder) as retriever:
        assert retriever.manifest.parent == "000001"


def test_the_next_writer_removes_what_a_dead_one_left(index):
    leftover = index / "staging-000002"
    leftover.mkdir()
    (leftover / "vectors.npy").write_bytes(b"half")
    with writer_lock(index):
        assert not leftover.exists()


def test_reading_leaves_staging_alone(index, hash_encoder):
    (index / "staging-000002").mkdir()
    Retriever.open(index, encoder=hash_encoder).close()
    assert (index / "staging-000002").exists()


def test_an_orphan_generation_is_harmless(index, again, hash_encoder):
    # Killed between the rename of the folder and the rename of CURRENT.
    before = current_file(index).read_bytes()
    again()
    current_file(index).write_bytes(before)
    with Retriever.open(index, encoder=hash_encoder) as retriever:
        assert retriever.search("weights").generation == "000001"
    assert verify(index) == {}
    again()
    assert read_current(index).generation == "000003"


def test_an_orphan_first_generation_does_not_stop_the_next_writer(index, again):
    current_file(index).unlink()
    again()
    assert read_current(index).generation == "000002"


def test_a_half_written_pointer_is_harmless(index, hash_encoder):
    (index / "CURRENT.new").write_text('{"gener')
    Retriever.open(index, encoder=hash_encoder).close()


def test_publication_fails_before_the_pointer_moves(index, again, monkeypatch):
    from pathlib import Path

    rename = Path.rename

    def full(self, target):
        if self.name.startswith("staging-"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OSError, match="No space"):
        again()
    assert read_current(index).generation == "000001"
    assert verify(index) == {}
    monkeypatch.undo()
    again()
    assert verify(index) == {}
    assert not list(index.glob("staging-*"))


def test_collect_keeps_the_newest(index, again):
    again(5)
    with writer_lock(index):
        assert collect(index, keep=3) == ["000001", "000002", "000003"]
    assert published(index) == ["000004", "000005", "000006"]
    with writer_lock(index):
        assert collect(index, keep=3) == []
        assert collect(index, keep=1) == ["000004", "000005"]
    assert verify(index) == {}


def test_collect_keeps_the_current_one_even_if_it_is_old(index, again):
    again(4)
    point_current_at(index, "000001")
    with writer_lock(index):
        assert collect(index, keep=2) == ["000002", "000003", "000004"]
    assert published(index) == ["000001", "000005"]
    assert verify(index) == {}


def test_generations_are_numbered_not_spelled(tmp_path):
    for name in ("999999", "1000000", "000002", "notes", "12"):
        generation_folder(tmp_path, name).mkdir(parents=True)
    assert published(tmp_path) == ["000002", "999999", "1000000"]
    assert new_staging(tmp_path)[0] == "1000001"


def test_a_second_process_is_told_to_wait(index, holder, again):
    process = holder(HOLD, index)
    with pytest.raises(IndexBusyError, match="another process"), writer_lock(index):
        pass
    assert read_current(index).generation == "000001"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    again()
    assert read_current(index).generation == "000002"


def test_a_second_process_gets_the_error(index, small):
    with writer_lock(index):
        done = small.run(HOLD, index, check=False)
    assert "IndexBusyError" in done.stderr


def test_a_busy_index_keeps_the_writers_staging(index, holder):
    holder(HOLD, index)
    (index / "staging-000002").mkdir()
    with pytest.raises(IndexBusyError), writer_lock(index):
        pass
    assert (index / "staging-000002").exists()


def test_the_lock_is_released_after_an_error(index):
    with pytest.raises(RuntimeError, match="boom"), writer_lock(index):
        raise RuntimeError("boom")
    with writer_lock(index):
        pass


def test_a_writer_in_the_same_thread_is_busy_too(index):
    with writer_lock(index), pytest.raises(IndexBusyError), writer_lock(index):
        pass


def test_readers_need_no_lock(index, holder, hash_encoder):
    holder(HOLD, index)
    with Retriever.open(index, encoder=hash_encoder) as retriever:
        assert retriever.search("weights").hits


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"000001", b"[]", b"null", b"\xff", b'{"generation": 1, "manifest_sha256": ""}',
        b'{"generation": "../x", "manifest_sha256": ""}', b'{"generation": "000001"}', b'{"generation": "0000',
    ],
)  # fmt: skip
def test_damaged_pointer(index, hash_encoder, data):
    current_file(index).write_bytes(data)
    with pytest.raises(DamagedIndexError, match=f"CURRENT' is damaged.*sota-rag index repair --index {index}"):
        Retriever.open(index, encoder=hash_encoder)


def test_pointer_to_a_generation_that_is_not_there(index, hash_encoder):
    shutil.rmtree(generation_folder(index, "000001"))
    with pytest.raises(DamagedIndexError, match=r"000001/manifest\.json.*sota-rag index repair"):
        Retriever.open(index, encoder=hash_encoder)


def test_pointer_with_another_manifest_hash(index, hash_encoder):
    data = json.loads(current_file(index).read_text())
    current_file(index).write_text(json.dumps(data | {"manifest_sha256": "0" * 64}))
    with pytest.raises(DamagedIndexError, match="altered"):
        Retriever.open(index, encoder=hash_encoder)


def test_missing_pointer_beside_generations(index, hash_encoder):
    current_file(index).unlink()
    with pytest.raises(MissingIndexError, match=f"CURRENT' is missing.*sota-rag index repair --index {index}"):
        Retriever.open(index, encoder=hash_encoder)


def test_an_index_folder_that_is_a_file(tmp_path):
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UnwritableError, match="--index"), writer_lock(path):
            pass


@pytest.mark.skipif(sys.platform == "win32", reason="no such permissions")
@pytest.mark.parametrize("inside", ["", "new/index"])
def test_unwritable_folder(tmp_path, small, inside):
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(folder.stat().st_mode | 0o055)
    done = small.run(
        """
        import os, sys
        from pathlib import Path
        from sota_rag.index.errors import UnwritableError
        from sota_rag.index.generations import writer_lock
        if os.geteuid() == 0:
            os.setegid(65534)
            os.seteuid(65534)
        try:
            with writer_lock(Path(sys.argv[1])):
                print("written")
        except UnwritableError as error:
            print(error)
        """,
        locked / inside,
    )
    assert "cannot write to" in done.stdout
    assert "Permission denied" in done.stdout
    assert "--index" in done.stdout
