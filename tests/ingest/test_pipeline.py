"""Ingestion end to end over real files in a temporary folder, with the encoder's real tokenizer."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from sota_rag.index import Kind, Retriever, SentenceTransformerEncoder, Status
from sota_rag.index.errors import EncoderMismatchError, IngestError
from sota_rag.index.generations import generation_folder, published, read_current, read_current_manifest
from sota_rag.index.repair import verify
from sota_rag.index.snapshot import open_current
from sota_rag.ingest import gather
from sota_rag.ingest.chunk import ChunkSettings
from sota_rag.ingest.collection import CollectionDocument, ingest_collection
from sota_rag.ingest.metadata import DocumentMeta
from sota_rag.ingest.pipeline import ingest
from sota_rag.ingest.reading import InlineReader

COUNT = SentenceTransformerEncoder().count_tokens

LORA = """---
title: Low-rank adaptation
date: 2021-06-17
status: current
---
# Low-rank adaptation

LoRA freezes the pretrained weights and trains two small matrices. It was proposed in 2021.

## Memory

| model | share |
| --- | --- |
| GPT-3 175B | 0.01% |

Adapters can be merged after training.
"""
MOE = "# Mixture of experts\n\nA router sends each token to a few experts. Only those experts run.\n"


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "guides"
    (folder / "deep").mkdir(parents=True)
    (folder / "lora.md").write_text(LORA, encoding="utf-8")
    (folder / "deep" / "moe.md").write_text(MOE, encoding="utf-8")
    return folder


@pytest.fixture
def run(tmp_path, hash_encoder):
    """Ingest into the test's index and return the report."""

    def go(*paths, **options):
        options.setdefault("encoder", hash_encoder)
        reader = InlineReader(COUNT, options.pop("chunking", ChunkSettings()))
        return ingest(paths, tmp_path / "index", reader=reader, **options)

    return go


def passages(index):
    snapshot = open_current(index)
    found = snapshot.store.all_passages()
    for passage in found:
        assert snapshot.store.document(passage.document_id).text[passage.start : passage.end] == passage.text
    return found


def test_a_first_run_indexes_every_file_with_its_metadata(run, corpus, tmp_path, hash_encoder):
    report = run(corpus)
    assert report.published
    assert report.added == ("guides/deep/moe.md", "guides/lora.md")
    assert (report.documents, report.encoded, report.cached) == (2, report.passages, 0)
    assert verify(tmp_path / "index") == {}
    with Retriever.open(tmp_path / "index", encoder=hash_encoder) as retriever:
        moe, lora = retriever.documents()
    assert (lora.title, lora.published, lora.status, lora.kind) == (
        "Low-rank adaptation",
        "2021-06-17",
        "current",
        "guide",
    )
    assert (moe.title, moe.published, moe.status) == ("Mixture of experts", None, Status.UNKNOWN)
    assert any("| GPT-3 175B | 0.01% |" in passage.text for passage in passages(tmp_path / "index"))


def test_a_second_run_encodes_and_publishes_nothing(run, corpus, tmp_path, hash_encoder):
    first = run(corpus)
    hash_encoder.encoded.clear()
    second = run(corpus)
    assert not second.published
    assert second.generation == first.generation
    assert (second.unchanged, second.added, second.changed) == (2, (), ())
    assert hash_encoder.encoded == []
    assert published(tmp_path / "index") == [first.generation]


def test_a_changed_file_alone_is_encoded_again(run, corpus, hash_encoder):
    run(corpus)
    hash_encoder.encoded.clear()
    (corpus / "deep" / "moe.md").write_text(MOE + "\nMixtral routes each token to two of eight experts.\n")
    report = run(corpus)
    assert report.changed == ("guides/deep/moe.md",)
    assert report.unchanged == 1
    assert hash_encoder.encoded
    assert all("Mixture of experts" in text for text in hash_encoder.encoded)


def test_deleted_and_renamed_files_are_followed(run, corpus, tmp_path, hash_encoder):
    run(corpus)
    (corpus / "deep" / "moe.md").unlink()
    hash_encoder.encoded.clear()
    (corpus / "lora.md").rename(corpus / "adapters.md")
    report = run(corpus)
    assert report.removed == ("guides/deep/moe.md", "guides/lora.md")
    assert report.added == ("guides/adapters.md",)
    assert hash_encoder.encoded == []  # the same strings under another name
    assert {passage.document_id for passage in passages(tmp_path / "index")} == {"guides/adapters.md"}


def test_a_file_with_the_same_text_is_indexed_once_and_takes_over_when_the_first_leaves(run, corpus, tmp_path):
    (corpus / "zz.md").write_text(MOE.replace("\n", "\r\n"), newline="")
    report = run(corpus)
    assert report.duplicates == {"guides/zz.md": "guides/deep/moe.md"}
    assert read_current_manifest(tmp_path / "index").counts.duplicates == 1
    assert not run(corpus).published
    (corpus / "deep" / "moe.md").unlink()
    report = run(corpus)
    assert report.added == ("guides/zz.md",)
    assert report.duplicates == {}


def test_files_that_cannot_be_read_are_set_aside_with_their_reason(run, corpus, tmp_path):
    (corpus / "binary.md").write_bytes(b"\x00\x01\x02")
    (corpus / "latin.md").write_bytes("# Études\n\nCafé.".encode("latin-1"))
    (corpus / "empty.md").write_text("  \n")
    (corpus / "gone.md").symlink_to(corpus / "nowhere.md")
    report = run(corpus)
    assert {record.path: record.state for record in report.quarantined} == dict.fromkeys(
        ["binary.md", "empty.md", "gone.md", "latin.md"], "quarantined"
    )
    assert all(record.detail for record in report.quarantined)
    assert report.documents == 2
    assert not run(corpus).published
    (corpus / "latin.md").write_text("# Études\n\nA coffee house.", encoding="utf-8")
    assert run(corpus).added == ("guides/latin.md",)


def test_a_sidecar_speaks_first_and_a_change_in_it_is_noticed(run, corpus, tmp_path, hash_encoder):
    run(corpus, flags=DocumentMeta(status=Status.HISTORICAL))
    (corpus / "lora.md.meta.yaml").write_text("status: superseded\nkind: paper\n")
    report = run(corpus, flags=DocumentMeta(status=Status.HISTORICAL))
    assert report.changed == ("guides/lora.md",)
    with Retriever.open(tmp_path / "index", encoder=hash_encoder) as retriever:
        moe, lora = retriever.documents()
    assert (lora.status, lora.kind, moe.status) == (Status.SUPERSEDED, Kind.PAPER, Status.HISTORICAL)
    (corpus / "lora.md.meta.yaml").write_text("staus: superseded\n")
    (quarantined,) = run(corpus).quarantined
    assert "staus" in quarantined.detail


def test_other_roots_stay_and_rebuild_drops_them(run, corpus, tmp_path):
    other = tmp_path / "notes"
    other.mkdir()
    (other / "dpo.md").write_text("# DPO\n\nDPO trains on pairs of answers without a reward model.\n")
    run(corpus)
    report = run(other)
    assert (report.added, report.removed, report.documents) == (("notes/dpo.md",), (), 3)
    assert not run(other / "dpo.md").published  # it lies in a folder that is known
    report = run(other, rebuild=True)
    assert (report.documents, report.encoded) == (1, 0)


def test_a_file_is_absorbed_by_its_folder_when_that_is_given_later(run, corpus):
    assert run(corpus / "lora.md").added == ("lora.md",)
    report = run(corpus)
    assert (report.removed, report.added) == (("lora.md",), ("guides/deep/moe.md", "guides/lora.md"))
    assert report.duplicates == {}


def test_a_copy_in_another_root_is_a_duplicate_until_the_original_leaves(run, corpus, tmp_path):
    other = tmp_path / "notes"
    other.mkdir()
    (other / "copy.md").write_text(MOE)
    run(corpus)
    assert run(other, corpus).duplicates == {"notes/copy.md": "guides/deep/moe.md"}
    (corpus / "deep" / "moe.md").unlink()
    report = run(corpus)
    assert (report.added, report.removed) == (("notes/copy.md",), ("guides/deep/moe.md",))


def test_a_copy_in_another_root_is_read_when_the_original_says_something_else(run, corpus, tmp_path):
    other = tmp_path / "notes"
    other.mkdir()
    (other / "copy.md").write_text(MOE)
    run(other, corpus)
    (corpus / "deep" / "moe.md").write_text(MOE.replace("few", "handful of"))
    report = run(corpus)
    assert (report.added, report.changed, report.duplicates) == (("notes/copy.md",), ("guides/deep/moe.md",), {})
    assert {p.text for p in passages(tmp_path / "index")} >= {MOE.strip().split("\n\n")[1]}


def test_passages_of_a_duplicate_do_not_count_as_taken_from_the_cache(run, tmp_path):
    folder = tmp_path / "twins"
    folder.mkdir()
    for name in ("a.txt", "b.txt"):  # the name is the title, which is encoded with the text
        (folder / name).write_text("One and the same sentence stands in both of these files.\n")
    report = run(folder)
    assert (report.passages, report.encoded, report.cached) == (1, 2, 0)


def test_everything_cannot_be_forgotten(run, corpus):
    run(corpus)
    with pytest.raises(IngestError, match="nothing would be left in the index"):
        run(forget=[corpus])


def test_a_reader_is_closed_when_the_encoder_fails(corpus, tmp_path, hash_encoder, monkeypatch):
    closed = []
    reader = InlineReader(COUNT)
    monkeypatch.setattr(reader, "close", lambda: closed.append(True))
    monkeypatch.setattr(hash_encoder, "encode", lambda texts: (_ for _ in ()).throw(OSError("no room")))
    with pytest.raises(OSError, match="no room"):
        ingest([corpus], tmp_path / "index", encoder=hash_encoder, reader=reader)
    assert closed == [True]


def test_nothing_is_pruned_when_a_listing_fails(run, corpus, tmp_path):
    first = run(corpus)
    with pytest.raises(IngestError, match="does not exist; nothing was changed"):
        run(corpus, tmp_path / "missing")
    for path in sorted(corpus.rglob("*.md")):
        path.unlink()
    with pytest.raises(IngestError, match=r"no documents .* nothing was changed"):
        run(corpus)
    assert read_current(tmp_path / "index").generation == first.generation


def test_an_unknown_format_and_two_files_of_one_name_are_refused(run, corpus, tmp_path):
    (tmp_path / "slides.pptx").write_bytes(b"x")
    with pytest.raises(IngestError, match="no known format"):
        run(tmp_path / "slides.pptx")
    twin = tmp_path / "elsewhere" / "guides"
    twin.mkdir(parents=True)
    (twin / "lora.md").write_text("# Other\n\nAnother text.\n")
    with pytest.raises(IngestError, match="common parent"):
        run(corpus, twin)


def test_links_out_of_the_folder_hidden_files_and_loops_are_left_out(run, corpus, tmp_path):
    (tmp_path / "secret.md").write_text("# Secret\n\nNot part of the corpus.\n")
    (corpus / "leak.md").symlink_to(tmp_path / "secret.md")
    (corpus / "loop").symlink_to(corpus)
    (corpus / ".hidden.md").write_text("# Hidden\n")
    assert run(corpus).documents == 2


def test_names_that_are_not_utf8_and_names_with_control_characters(run, corpus, tmp_path):
    try:
        Path(os.fsdecode(os.fsencode(corpus) + b"/caf\xe9.md")).write_text("# Cafe\n\nA name in Latin-1.\n")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    (corpus / "a\nb.md").write_text("# Newline\n\nA name with a line end.\n")
    (corpus / ("n" * 250 + ".md")).write_text("# Long\n\nA very long name.\n")
    assert "guides/caf\\udce9.md" in run(corpus).added


def test_another_encoder_is_refused_with_the_command_and_rebuild_takes_it(run, corpus, make_hash_encoder):
    run(corpus)
    with pytest.raises(EncoderMismatchError, match=r"sota-rag ingest .*guides --index .* --rebuild"):
        run(corpus, encoder=make_hash_encoder(name="other"))
    assert run(corpus, encoder=make_hash_encoder(name="other"), rebuild=True).published


def test_another_chunker_reads_every_root_again(run, corpus, tmp_path):
    other = tmp_path / "notes"
    other.mkdir()
    (other / "dpo.md").write_text("# DPO\n\nDPO trains on pairs of answers without a reward model.\n")
    run(corpus)
    run(other)
    report = run(other, chunking=ChunkSettings(target_tokens=64))
    assert len(report.changed) == 3


def test_the_vector_cache_outlives_the_index(run, corpus, tmp_path, hash_encoder):
    run(corpus)
    hash_encoder.encoded.clear()
    (tmp_path / "index" / "CURRENT").unlink()
    report = run(corpus, rebuild=True)
    assert (report.encoded, hash_encoder.encoded) == (0, [])


def test_vectors_belong_to_their_passages(run, corpus, tmp_path, hash_encoder):
    run(corpus)
    index = tmp_path / "index"
    vectors = np.load(generation_folder(index, read_current(index).generation) / "vectors.npy")
    expected = hash_encoder.encode([passage.contextual_text for passage in passages(index)])
    np.testing.assert_array_equal(vectors, expected)


def test_progress_is_told_stage_by_stage(run, corpus):
    class Recorder:
        def __init__(self):
            self.stages, self.done = [], 0

        def begin(self, stage, total, unit):
            self.stages.append((stage, total, unit))
            self.done = 0

        def advance(self, amount=1):
            self.done += amount

        def end(self):
            assert self.done == self.stages[-1][1]

    recorder = Recorder()
    report = run(corpus, progress=recorder)
    assert recorder.stages == [
        ("reading", 2, "files"),
        ("encoding", report.passages, "passages"),
        ("publishing", 1, "generation"),
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can drop privileges to see a folder refuse them")
def test_a_folder_without_read_permission_changes_nothing():
    script = (
        "import os, sys; from pathlib import Path; from sota_rag.ingest.discover import discover\n"
        "from sota_rag.index.errors import IngestError\n"
        "os.seteuid(65534)\n"
        "try: discover([Path(sys.argv[1])])\n"
        "except IngestError as error: print(error)"
    )
    # pytest's own temporary folders are closed to other users.
    with tempfile.TemporaryDirectory() as name:
        corpus = Path(name)
        corpus.chmod(0o755)
        (corpus / "a.md").write_text(MOE)
        (corpus / "closed").mkdir(mode=0o700)
        done = subprocess.run([sys.executable, "-c", script, name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "cannot list" in done.stdout
    assert "nothing was changed" in done.stdout


def test_a_generation_that_was_never_named_is_adopted(run, corpus, tmp_path):
    other = tmp_path / "notes"
    other.mkdir()
    (other / "dpo.md").write_text("# DPO\n\nDPO trains on pairs of answers without a reward model.\n")
    run(corpus)
    run(other)
    (tmp_path / "index" / "CURRENT").unlink()  # as if the writer was killed just before it wrote this file
    report = run(corpus)
    assert (report.documents, report.published, report.generation) == (3, False, "000002")


def test_documents_do_not_enter_the_index_of_a_collection(run, corpus, tmp_path, hash_encoder):
    ingest_collection(
        [CollectionDocument("1", "Title", "Some text of a collection.")],
        "tiny",
        tmp_path / "index",
        encoder=hash_encoder,
        count_tokens=COUNT,
    )
    with pytest.raises(IngestError, match="judged collection"):
        run(corpus)


def test_flags_are_remembered_and_stay_with_their_path(run, corpus, tmp_path, hash_encoder):
    other = tmp_path / "notes"
    other.mkdir()
    (other / "dpo.md").write_text("# DPO\n\nDPO trains on pairs of answers without a reward model.\n")
    run(other, flags=DocumentMeta(status=Status.CURRENT))
    assert not run(other).published
    run(corpus, chunking=ChunkSettings(target_tokens=64), flags=DocumentMeta(status=Status.DRAFT))
    with Retriever.open(tmp_path / "index", encoder=hash_encoder) as retriever:
        statuses = {document.id: document.status for document in retriever.documents()}
    assert statuses == {
        "guides/deep/moe.md": Status.DRAFT,
        "guides/lora.md": Status.CURRENT,  # says so itself
        "notes/dpo.md": Status.CURRENT,
    }
    with pytest.raises(IngestError, match="would change all of it"):
        run(other / "dpo.md", flags=DocumentMeta(status=Status.DRAFT), chunking=ChunkSettings(target_tokens=64))


def test_two_folders_of_one_name_are_refused_also_in_two_runs(run, corpus, tmp_path):
    first = run(corpus)
    twin = tmp_path / "elsewhere" / "guides"
    twin.mkdir(parents=True)
    (twin / "lora.md").write_text(LORA)
    with pytest.raises(IngestError, match=r"would both hold a document 'guides/lora.md'"):
        run(twin)
    assert read_current(tmp_path / "index").generation == first.generation


def test_a_folder_that_is_gone_can_be_forgotten(run, corpus, tmp_path):
    other = tmp_path / "notes"
    other.mkdir()
    (other / "dpo.md").write_text("# DPO\n\nDPO trains on pairs of answers without a reward model.\n")
    run(other, corpus)
    (other / "dpo.md").unlink()
    other.rmdir()
    with pytest.raises(IngestError, match="ingested earlier, has to be read again and is gone"):
        run(corpus, chunking=ChunkSettings(target_tokens=64))
    report = run(forget=[other])
    assert (report.removed, report.documents) == (("notes/dpo.md",), 2)
    with pytest.raises(IngestError, match="cannot be forgotten"):
        run(forget=[other])


def test_links_in_a_circle_and_pipes_do_not_stop_a_run(run, corpus):
    (corpus / "a.md").symlink_to(corpus / "b.md")
    (corpus / "b.md").symlink_to(corpus / "a.md")
    os.mkfifo(corpus / "pipe.md")
    report = run(corpus)
    assert report.documents == 2
    assert {record.path for record in report.quarantined} == {"a.md", "b.md", "pipe.md"}


# --- what the file system does to a run


def test_a_file_that_cannot_be_read_any_more_is_kept_as_it_was(run, corpus, monkeypatch):
    run(corpus)
    real = gather.read_bytes

    def refuse(path, root):
        if path.name == "lora.md":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, root)

    monkeypatch.setattr(gather, "read_bytes", refuse)
    (corpus / "deep" / "moe.md").write_text(MOE + "\nMore.\n")
    report = run(corpus)
    assert (report.changed, report.removed, report.documents) == (("guides/deep/moe.md",), (), 2)
    assert report.warnings == (
        ("guides/lora.md", "cannot be read (Permission denied); kept as it was, mend it and run again"),
    )


def test_a_file_that_vanishes_between_listing_and_reading_costs_nothing_else(run, corpus, monkeypatch):
    real = gather.read_bytes

    def vanish(path, root):
        if path.name == "lora.md":
            path.unlink(missing_ok=True)
        return real(path, root)

    monkeypatch.setattr(gather, "read_bytes", vanish)
    report = run(corpus)
    assert (report.documents, [record.path for record in report.quarantined]) == (1, ["lora.md"])
    assert "No such file" in report.quarantined[0].detail
    assert run(corpus).quarantined == ()


def test_a_sidecar_that_leads_out_of_the_folder_is_not_read(run, corpus, tmp_path):
    (tmp_path / "elsewhere.yaml").write_text("title: Secret\n")
    (corpus / "lora.md.meta.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    (record,) = run(corpus).quarantined
    assert record.path == "lora.md" and "leads out of" in record.detail and "meta.yaml" in record.detail


def test_odd_names_are_labels_and_nothing_else(run, corpus, tmp_path):
    names = ["a..\\..\\x.md", "a\x01\x1b[31mb\n.md", "a\u202eb.md", "x" * 252 + ".md", "%2e%2e%2fx.md", "$(touch y).md"]
    names += ["a\u2401\u241b[31mb\u240a.md"]  # what the second is shown as
    for number, name in enumerate(names):
        (corpus / name).write_text(f"# Number {number}\n\nA text of its own: {number}.\n")
    report = run(corpus)
    assert (report.quarantined, report.duplicates, report.documents) == ((), {}, 2 + len(names))
    assert all(name.isprintable() for name in report.added)
    assert "guides/a␁␛[31mb␊.md" in report.added and "guides/a␁␛[31mb␊~.md" in report.added
    assert sorted(path.name for path in tmp_path.iterdir()) == ["guides", "index"]
    assert not run(corpus).published


def test_a_quarantined_file_is_tried_again_unless_told_otherwise(run, corpus, tmp_path, hash_encoder):
    (corpus / "bad.md").write_bytes(b"\x00")
    read: list[str] = []

    class Counting(InlineReader):
        def read(self, jobs):
            for job in jobs:
                read.append(job.path)
                yield from super().read([job])

    def again(**options):
        read.clear()
        return ingest([corpus], tmp_path / "index", encoder=hash_encoder, reader=Counting(COUNT), **options)

    run(corpus)
    assert [record.path for record in again(retry=False).quarantined] == ["bad.md"] and read == []
    assert [record.path for record in again().quarantined] == ["bad.md"] and read == ["bad.md"]


def test_a_reader_that_answers_in_another_order_changes_nothing(corpus, tmp_path, hash_encoder):
    (corpus / "zz.md").write_text(MOE.replace("\n", "\r\n"), newline="")

    class Backwards(InlineReader):
        def read(self, jobs):
            yield from reversed(list(super().read(jobs)))

    for name, reader in (("a", InlineReader(COUNT)), ("b", Backwards(COUNT))):
        ingest([corpus], tmp_path / name, encoder=hash_encoder, reader=reader)
    assert passages(tmp_path / "a") == passages(tmp_path / "b")
    assert read_current_manifest(tmp_path / "a").counts == read_current_manifest(tmp_path / "b").counts
