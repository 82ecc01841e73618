"""Following folders, by events of the real file system."""

import logging
import os
import shutil
import threading
import time
from contextlib import contextmanager

import pytest
from sota_rag.index import Retriever, SentenceTransformerEncoder
from sota_rag.index.errors import IndexBusyError, IngestError
from sota_rag.ingest import watch as watching
from sota_rag.ingest.file_events import FileEvents, remote_filesystem
from sota_rag.ingest.pipeline import ingest
from sota_rag.ingest.reading import InlineReader
from sota_rag.ingest.watch import listing, watch

QUIET_S = 0.15
PATIENCE_S = 5.0
COUNT = SentenceTransformerEncoder().count_tokens


class CountingSync:
    """Notes the names of the files that each sync saw; raises what it was told to."""

    def __init__(self, *paths):
        self.paths, self.seen, self.errors = paths, [], []

    def __call__(self):
        names = sorted(path.name for path in listing(self.paths))
        if self.errors:
            raise self.errors.pop(0)
        self.seen.append(names)

    def __len__(self):
        return len(self.seen)


@contextmanager
def following(sync, *paths, **options):
    stop = threading.Event()
    options = {"quiet_s": QUIET_S, "since": listing(paths), "stop": stop, **options}
    thread = threading.Thread(target=watch, args=(paths, sync), kwargs=options)
    thread.start()
    time.sleep(0.1)
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def eventually(condition, seconds=PATIENCE_S):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def settles_at(sync, count):
    """Whether so many syncs happen, and no more."""
    reached = eventually(lambda: len(sync) >= count)
    time.sleep(3 * QUIET_S)
    return reached and len(sync) == count


@pytest.fixture
def guides(tmp_path):
    folder = tmp_path / "guides"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.md").write_text("# A\n")
    return folder


def test_without_a_listing_the_watch_begins_with_a_sync_and_then_is_silent(guides):
    sync = CountingSync(guides)
    with following(sync, guides, since=None):
        assert settles_at(sync, 1)
    assert sync.seen == [["a.md"]]


def test_what_changed_between_the_last_sync_and_the_watch_is_followed(guides):
    sync, before, notices = CountingSync(guides), listing([guides]), []
    (guides / "b.md").write_text("# B\n")
    with following(sync, guides, since=before, notice=notices.append):
        assert settles_at(sync, 1)
    assert notices == []


@pytest.mark.parametrize("poll", [False, True])
def test_a_new_file_a_changed_one_and_a_deleted_one_are_each_followed(guides, monkeypatch, poll):
    monkeypatch.setattr(watching, "_POLL_S", 0.1)
    sync = CountingSync(guides)
    with following(sync, guides, poll=poll):
        (guides / "b.md").write_text("# B\n")
        assert settles_at(sync, 1)
        (guides / "b.md").write_text("# B, second edition\n")
        assert settles_at(sync, 2)
        (guides / "b.md").unlink()
        assert settles_at(sync, 3)
    assert sync.seen == [["a.md", "b.md"], ["a.md", "b.md"], ["a.md"]]


def test_a_save_by_way_of_a_temporary_file_is_one_sync(guides):
    sync = CountingSync(guides)
    with following(sync, guides):
        for turn in range(3):
            (guides / "a.md~").write_text(f"# A {turn}\n")
            (guides / "a.md").rename(guides / ".a.md.backup")
            (guides / "a.md~").replace(guides / "a.md")
        assert settles_at(sync, 1)


# watchdog says so, and goes on, when a folder that left comes back.
@pytest.mark.filterwarnings("ignore:Callback with id:RuntimeWarning")
def test_renames_new_folders_and_moves_in_and_out_are_followed(guides, tmp_path):
    sync = CountingSync(guides)
    with following(sync, guides):
        (guides / "a.md").rename(guides / "z.md")
        assert settles_at(sync, 1)
        (guides / "new" / "newer").mkdir(parents=True)
        (guides / "new" / "newer" / "b.md").write_text("# B\n")
        assert settles_at(sync, 2)
        (guides / "new" / "newer" / "c.md").write_text("# C\n")
        assert settles_at(sync, 3)
        (guides / "new").rename(tmp_path / "out")
        assert settles_at(sync, 4)
        (tmp_path / "out").rename(guides / "back")
        assert settles_at(sync, 5)
        (guides / "back" / "newer" / "c.md").write_text("# C, second edition\n")
        assert settles_at(sync, 6)
    assert sync.seen == [
        ["z.md"],
        ["b.md", "z.md"],
        ["b.md", "c.md", "z.md"],
        ["z.md"],
        ["b.md", "c.md", "z.md"],
        ["b.md", "c.md", "z.md"],
    ]


def test_a_sidecar_is_followed(guides):
    sync = CountingSync(guides)
    with following(sync, guides):
        (guides / "a.md.meta.yaml").write_text("status: current\n")
        assert settles_at(sync, 1)


def test_what_no_ingestion_reads_does_not_trigger(guides):
    index = guides / "index"
    index.mkdir()
    sync = CountingSync(guides)
    with following(sync, guides, unheard=[index]):
        (guides / ".hidden.md").write_text("# H\n")
        (guides / ".git").mkdir()
        (guides / ".git" / "a.md").write_text("# H\n")
        (guides / "picture.png").write_bytes(b"png")
        (guides / "empty").mkdir()
        (index / "staging-000002").mkdir()
        (index / "staging-000002" / "x.html").write_text("x")
        (index / "staging-000002" / "x.html").unlink()
        (guides / "a.md").read_text()
        assert settles_at(sync, 0)


def test_a_single_file_is_followed_through_its_replacement_but_not_its_neighbours(guides):
    sync = CountingSync(guides / "a.md")
    with following(sync, guides / "a.md"):
        (guides / "b.md").write_text("# B\n")
        assert settles_at(sync, 0)
        (guides / "a.new").write_text("# A, second edition\n")
        (guides / "a.new").replace(guides / "a.md")
        assert settles_at(sync, 1)


def test_a_storm_of_files_is_one_sync(guides):
    sync = CountingSync(guides)
    with following(sync, guides, quiet_s=0.5):
        for number in range(2_000):
            (guides / "deep" / f"{number}.md").write_text("# N\n")
        assert eventually(lambda: len(sync) == 1)
        time.sleep(1)
    assert [len(names) for names in sync.seen] == [2_001]


def test_a_change_during_a_sync_starts_another_one_afterwards(guides):
    busy, go = threading.Event(), threading.Event()
    counting = CountingSync(guides)

    def sync():
        counting()
        busy.set()
        assert go.wait(PATIENCE_S)

    with following(sync, guides):
        (guides / "b.md").write_text("# B\n")
        assert busy.wait(PATIENCE_S)
        (guides / "c.md").write_text("# C\n")
        time.sleep(2 * QUIET_S)
        assert len(counting) == 1
        go.set()
        assert eventually(lambda: len(counting) == 2)
    assert counting.seen[-1] == ["a.md", "b.md", "c.md"]


def test_a_failed_sync_is_reported_and_repeated_after_growing_pauses(guides, monkeypatch):
    monkeypatch.setattr(watching, "_FIRST_PAUSE_S", 0.1)
    sync, failures = CountingSync(guides), []
    sync.errors = [IndexBusyError("busy"), OSError(28, "No space left on device"), IngestError("x")]
    with following(sync, guides, failed=lambda error, pause_s: failures.append((type(error), pause_s))):
        (guides / "b.md").write_text("# B\n")
        assert settles_at(sync, 1)
    assert failures == [(IndexBusyError, 0.1), (OSError, 0.2), (IngestError, 0.4)]


def test_an_unexpected_error_is_logged_and_does_not_end_the_watch(guides, monkeypatch, caplog):
    monkeypatch.setattr(watching, "_FIRST_PAUSE_S", 0.1)
    sync = CountingSync(guides)
    sync.errors = [ZeroDivisionError()]
    with caplog.at_level(logging.ERROR), following(sync, guides):
        (guides / "b.md").write_text("# B\n")
        assert settles_at(sync, 1)
    assert "ZeroDivisionError" in caplog.text


def test_a_folder_that_vanishes_is_waited_for_and_then_heard_again(guides, tmp_path):
    sync, failures = CountingSync(guides), []
    with following(sync, guides, failed=lambda error, pause_s: failures.append(error)):
        guides.rename(tmp_path / "elsewhere")
        assert eventually(lambda: failures)
        assert isinstance(failures[0], IngestError)
        assert len(sync) == 0
        shutil.copytree(tmp_path / "elsewhere", guides)
        assert eventually(lambda: len(sync) == 1)
        (guides / "b.md").write_text("# B\n")
        assert eventually(lambda: sync.seen[-1] == ["a.md", "b.md"])


def test_a_folder_that_is_suddenly_empty_is_not_followed(guides, tmp_path):
    """As when a drive is unmounted: its mount point is an empty folder."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "n.md").write_text("# N\n")
    sync, failures = CountingSync(guides, tmp_path / "notes"), []
    with following(sync, guides, tmp_path / "notes", failed=lambda error, pause_s: failures.append(str(error))):
        (guides / "a.md").rename(tmp_path / "a.md")
        assert eventually(lambda: failures)
        assert "held 1 files and now holds none" in failures[0]
        assert len(sync) == 0
        (tmp_path / "a.md").rename(guides / "a.md")
        assert eventually(lambda: len(sync) >= 1)


def test_a_change_that_the_system_did_not_announce_is_found_and_ends_the_listening(guides, monkeypatch):
    monkeypatch.setattr(watching, "_LOOK_S", 0.3)
    sync, notices = CountingSync(guides), []
    # To the handler everything lies in the folder that does not matter.
    with following(sync, guides, unheard=[guides], notice=notices.append):
        (guides / "b.md").write_text("# B\n")
        assert settles_at(sync, 1)
        assert eventually(lambda: notices)
    assert notices == ["a change was not announced by the system; looking for changes every few seconds instead"]


def test_where_the_system_cannot_listen_the_user_is_told_and_it_is_polled(guides, monkeypatch):
    monkeypatch.setattr(watching, "_POLL_S", 0.1)

    class Exhausted:
        emitters = ()

        def __init__(self):
            raise OSError(24, "inotify instance limit reached")

    monkeypatch.setattr("sota_rag.ingest.file_events.Observer", Exhausted)
    sync, notices = CountingSync(guides), []
    with following(sync, guides, notice=notices.append):
        (guides / "b.md").write_text("# B\n")
        assert settles_at(sync, 1)
    assert notices == [
        "the system announces no changes (inotify instance limit reached); "
        "looking for changes every few seconds instead"
    ]


def test_a_network_drive_is_polled_and_the_user_is_told(guides, monkeypatch):
    monkeypatch.setattr("sota_rag.ingest.file_events.remote_filesystem", lambda folder: "nfs4")
    notices = []
    events = FileEvents([guides], lambda certain: None, notices.append)
    assert events.polling
    assert "is on a network drive (nfs4)" in notices[0]
    events.close()


def test_network_drives_are_told_by_the_innermost_mount(tmp_path):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        "40 22 0:35 / /home/share\\040one rw - nfs4 server:/x rw\n"
        "41 40 8:2 / /home/share\\040one/local rw - ext4 /dev/sdb1 rw\n"
    )
    root = tmp_path.__class__("/home")
    assert remote_filesystem(root / "ann", mounts) is None
    assert remote_filesystem(root / "share one" / "papers", mounts) == "nfs4"
    assert remote_filesystem(root / "share one" / "local" / "papers", mounts) is None
    assert remote_filesystem(root, tmp_path / "missing") is None


def test_stamps_tell_a_change_that_keeps_size_and_modification_time(guides):
    before, kept = listing([guides]), (guides / "a.md").stat()
    time.sleep(0.02)
    (guides / "a.md").write_text("# B\n")
    os.utime(guides / "a.md", ns=(kept.st_atime_ns, kept.st_mtime_ns))
    assert listing([guides]) != before


def test_an_open_index_follows_edits_while_it_is_asked(tmp_path, guides, hash_encoder, make_hash_encoder):
    """Queries run in threads all the time; each change is found within 5 s of quiet, and no query fails."""
    index, searcher = tmp_path / "index", make_hash_encoder()
    reader = InlineReader(COUNT)

    def sync(retry=False):
        ingest([guides], index, encoder=hash_encoder, reader=reader, retry=retry)

    (guides / "a.md").write_text("# Adapters\n\nLoRA trains two small matrices.\n")
    seen = listing([guides])
    sync(retry=True)
    asking, failures, asked = threading.Event(), [], [0]
    with Retriever.open(index, encoder=searcher) as retriever:

        def ask():
            while not asking.is_set():
                try:
                    found = retriever.search("matrices router quantiles", 5)
                    assert all(hit.passage.text for hit in found.hits)
                    asked[0] += 1
                except Exception as error:
                    failures.append(error)
                time.sleep(0.005)

        def texts():
            return {hit.document.id: hit.passage.text for hit in retriever.search("matrices router quantiles", 9).hits}

        askers = [threading.Thread(target=ask) for _ in range(2)]
        for asker in askers:
            asker.start()
        with following(sync, guides, since=seen, quiet_s=0.3, unheard=[index]):
            (guides / "a.md").write_text("# Adapters\n\nLoRA trains two low-rank matrices.\n")
            assert eventually(lambda: "low-rank" in texts().get("guides/a.md", ""))
            (guides / "b.md").write_text("# Experts\n\nA router picks two experts.\n")
            assert eventually(lambda: "router" in texts().get("guides/b.md", ""))
            (guides / "b.md").rename(guides / "deep" / "experts.md")
            assert eventually(lambda: set(texts()) == {"guides/a.md", "guides/deep/experts.md"})
            (guides / "a.md").unlink()
            assert eventually(lambda: set(texts()) == {"guides/deep/experts.md"})
        asking.set()
        for asker in askers:
            asker.join()
    assert failures == []
    assert asked[0] > 20
