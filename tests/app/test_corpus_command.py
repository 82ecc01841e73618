"""`sota-rag corpus`: what it prints, and its JSON forms, on a small index made with the embedded encoder."""

import json
import os
import subprocess
import sys

import pytest
from sota_rag.app import compose
from sota_rag.app.cli import main
from sota_rag.app.corpus_lookup import Subject
from sota_rag.app.corpus_show import at_lines, cut_lines, head_lines
from sota_rag.app.terminal import bar, excerpt, table
from sota_rag.index import Document, DocumentInfo, Passage
from sota_rag.index.blocks import Block, BlockKind
from sota_rag.index.layout import Layout, PageSpan

pytestmark = pytest.mark.usefixtures("surroundings")

ROWS = "\n".join(f"| model {row} | {row}.5 | a remark of some words on what was measured there |" for row in range(40))
LORA = f"""---
title: Low-rank adapters
date: 2021-06-17
status: current
authors: [Ann Author, Bo Writer]
arxiv_id: 2106.09685
---
# Low-rank adapters

LoRA trains between 0.1% and 1% of the parameters of a language model. The frozen weights stay in place.

## Results

| model | score | remark |
| --- | --- | --- |
{ROWS}

## Merging

A LoRA adapter can be merged into the frozen weights before serving, which removes its latency.
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus") / "guides"
    (folder / "old").mkdir(parents=True)
    (folder / "lora.md").write_text(LORA, encoding="utf-8")
    (folder / "fusion.md").write_text("# Fusion\n\nReciprocal rank fusion joins two rankings into one.\n")
    (folder / "old" / "fusion.md").write_text("# Fusion of old\n\nScores were added up after scaling.\n")
    (folder / "copy.md").write_text("# Fusion\n\nReciprocal rank fusion joins two rankings into one.\n")
    (folder / "bad.md").write_bytes(b"\x00")
    return folder


@pytest.fixture(scope="module")
def index(folder, minilm, tmp_path_factory, forget_surroundings):
    index = tmp_path_factory.mktemp("corpus") / "index"
    with pytest.MonkeyPatch.context() as patch:
        forget_surroundings(patch, folder)
        patch.setattr(compose, "make_encoder", lambda settings: minilm)
        assert main(["ingest", str(folder), "--index", str(index)]) == 0
    return index


@pytest.fixture
def run(capsys, index):
    """Run `corpus`: what it printed on standard output (or, where it fails, on standard error)."""

    def run_command(*arguments, status=0, at=index):
        capsys.readouterr()
        assert main(["corpus", *map(str, arguments), "--index", str(at)]) == status
        printed = capsys.readouterr()
        return printed.err if status and not printed.out else printed.out

    return run_command


def test_show_prints_the_head_every_block_and_where_passages_begin(run):
    out = run("show", "guides/lora.md")
    for line in (
        "guides/lora.md",
        "  title    Low-rank adapters",
        "  status   current",
        "  authors  Ann Author; Bo Writer",
        "  arXiv    2106.09685",
        "  from     generation 000001",
    ):
        assert line in out.splitlines()
    assert "metadata ×" in out
    assert "heading 2" in out
    assert "… table" in out
    assert out.count("── passage ") == int(out.split(" passages of")[0].split()[-1]) >= 4
    assert "── passage 0 · " in out
    assert " tokens · body · Low-rank adapters" in out


def test_every_passage_of_the_index_has_its_line_in_order(run):
    form = json.loads(run("show", "guides/lora.md", "--json"))
    lines = [line for line in run("show", "guides/lora.md").splitlines() if line.startswith("──")]
    for passage, line in zip(form["passages"], lines, strict=True):
        assert f"passage {passage['ordinal']} · {passage['start']:,}–{passage['end']:,} · " in line
    assert [block["kind"] for block in form["blocks"]].count("table") == 1


def test_blocks_alone_passages_alone_and_the_text_alone(run, folder):
    blocks = run("show", "lora.md", "--blocks")
    assert "──" not in blocks
    assert "table" in blocks
    passages = run("show", "lora.md", "--passages")
    assert "heading 2" not in passages
    assert (
        "  A LoRA adapter can be merged into the frozen weights before serving, which removes its latency." in passages
    )
    assert run("show", "lora.md", "--text").strip() == LORA.strip()


def test_json_has_the_text_only_where_it_is_asked_for(run):
    form = json.loads(run("show", "lora.md", "--json", "--text"))
    assert form["text"] == LORA
    for passage in form["passages"]:
        assert form["text"][passage["start"] : passage["end"]] == passage["text"]
    assert "text" not in json.loads(run("show", "lora.md", "--json"))


def test_at_shows_the_block_and_the_passage_around_an_offset(run):
    offset = LORA.index("can be merged")
    out = run("show", "lora.md", "--at", offset)
    assert "⟦c⟧an be merged" in out
    assert "paragraph" in out
    form = json.loads(run("show", "lora.md", "--at", offset, "--json"))
    assert form["passage"]["start"] <= offset < form["passage"]["end"]
    assert form["block"]["kind"] == "paragraph"
    assert (form["page"], form["block"]["regions"]) == (None, [])
    assert "metadata" in run("show", "lora.md", "--at", 1)
    assert "passage: none" in run("show", "lora.md", "--at", 1)
    assert f"from 0 to {len(LORA) - 1}" in run("show", "lora.md", "--at", len(LORA), status=2)


def test_a_document_on_pages_is_shown_with_pages_and_rectangles():
    text = "Title\n\nFirst line.\nSecond line."
    spans = (
        PageSpan(0, 5, 1, 72.0, 80.0, 122.0, 92.0),
        PageSpan(7, 18, 1, 72.0, 700.0, 182.0, 712.0),
        PageSpan(19, 31, 2, 72.0, 72.0, 192.0, 84.0),
    )
    subject = Subject(
        Document(DocumentInfo("a.pdf", "a.pdf", "Title"), text),
        (Block(BlockKind.HEADING, 0, 5, 1, "Title"), Block(BlockKind.PARAGRAPH, 7, 31)),
        Layout(((612.0, 792.0),) * 2, spans),
        (Passage("a.pdf#00000", "a.pdf", 0, 7, 31, text[7:31], ("Title",), 9, 1),),
        (),
        "generation 000001",
    )
    assert "  size    31 characters, 2 pages, 2 blocks, 1 passages of 9 tokens" in head_lines(subject)
    assert list(cut_lines(subject)) == [
        "   0–5   heading 1       p. 1    Title",
        "",
        "── passage 0 · 7–31 · 9 tokens · p. 1 · body · Title",
        "   7–31  paragraph       p. 1    First line. Second line.",
    ]
    lines = at_lines(subject, 20)
    # "First line." whole, and of the block both lines, each on its page.
    assert lines.count("  p. 1  x 72.0–182.0  y 700.0–712.0 pt") == 2
    assert lines.count("  p. 2  x 72.0–192.0  y 72.0–84.0 pt") == 2


def test_without_a_document_all_are_listed(run):
    lines = run("show").splitlines()
    assert [line.split()[0] for line in lines] == ["guides/copy.md", "guides/lora.md", "guides/old/fusion.md"]
    assert lines[0].split()[1:] == ["1", "Fusion"]


def test_an_unknown_document_is_an_error_that_names_the_nearest(run):
    said = run("show", "guides/lara.md", status=2)
    assert "no document, and no file, is called 'guides/lara.md'" in said
    assert "'guides/lora.md'" in said
    assert "sota-rag corpus show --index" in said
    assert "'guides/lora.md'" in run("show", "lara.md", status=2)
    assert "nearest" not in run("show", "zzzzzz", status=2)


def test_an_ambiguous_end_of_an_id_is_an_error_and_a_whole_name_goes_first(run):
    assert "is the end of 2 ids" in run("show", "fusion.md", status=2)
    assert run("show", "old/fusion.md").startswith("guides/old/fusion.md\n")


def test_a_file_that_was_set_aside_gives_its_reason(run):
    assert "quarantined: it is binary, not text (NUL at byte 0)" in run("show", "bad.md", status=1)
    assert "the same text as 'guides/copy.md'" in run("show", "guides/fusion.md", status=1)


def test_a_file_on_disk_is_read_now_with_or_without_an_index(run, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")  # the folders of a test have long names, and the line shall not break
    note = tmp_path / "note.md"
    note.write_text("# Note\n\nWeight decay is applied to matrices only.\n")
    for at in (None, tmp_path / "none"):
        out = run("show", note, **({"at": at} if at else {}))
        assert out.startswith("note.md\n")
        assert f"{note}, read now" in out
        assert "── passage 0" in out
    note.write_bytes(b"\x00")
    assert "quarantined: it is binary" in run("show", note, status=1)
    assert "no index at" in run("show", "guides/lora.md", status=1, at=tmp_path / "none")


def test_stats_counts_everything(run):
    form = json.loads(run("stats", "--json"))
    assert (form["documents"], form["generation"]) == (3, "000001")
    assert form["files"] == {"indexed": 3, "duplicate": 1, "quarantined": 1}
    assert form["reasons"] == {"quarantined: it is binary, not text (NUL at byte 0)": 1}
    assert form["statuses"] == {"unknown": 2, "current": 1}
    assert form["years"] == {"2021": 1, "undated": 2}
    assert form["atomic"]["table"] == {"count": 1, "cut": 1}
    assert form["headings"] == {"1": 3, "2": 2}
    assert sum(form["histogram"].values()) == form["passages"]
    assert form["token_quantiles"]["p5"] <= form["token_quantiles"]["p50"] <= form["token_quantiles"]["p95"] <= 254
    assert form["oldest"] == {"published": "2021-06-17", "document_id": "guides/lora.md"}
    assert form["duplicates"] == {"guides/fusion.md": "guides/copy.md"}


def test_stats_prints_bars(run):
    out = run("stats")
    assert "documents   3: 3 guide" in out
    assert "1 table (1 cut, larger than the window)" in out
    assert "passages by tokens" in out
    assert "█" in out


def test_stats_loads_no_model(run, monkeypatch):
    monkeypatch.setattr(compose, "make_encoder", lambda settings: pytest.fail("a model was asked for"))
    run("stats")
    run("lint")
    run("show", "lora.md")


def test_lint_prints_findings_by_code_with_what_to_do_and_a_summary(run):
    out = run("lint")
    assert "error quarantined (1): a file could not be read\n    guides/bad.md: it is binary" in out
    assert "  → keep one of the two" in out
    assert out.splitlines()[-1] == "5 files checked: 1 error, 1 warning, 4 remarks"
    form = json.loads(run("lint", "--json"))
    assert (form["checked"], form["counts"]) == (5, {"error": 1, "warning": 1, "info": 4})


def test_lint_reads_paths_now_and_looks_at_their_links(run, tmp_path):
    (tmp_path / "a.md").write_text("---\ndate: 2024\nstatus: current\n---\n# A\n\nSee [the other](b.md).\n")
    out = run("lint", tmp_path / "a.md", at=tmp_path / "none")
    assert "warning broken-link (1)" in out
    assert "a.md:7: link to 'b.md'" in out


def test_strict_fails_for_warnings_but_not_for_remarks(run, tmp_path):
    (tmp_path / "a.md").write_text("# A\n\nThe other.\n")
    run("lint", tmp_path / "a.md", "--strict")
    (tmp_path / "a.md").write_text("# A\n\nSee [the other](b.md).\n")
    run("lint", tmp_path / "a.md")
    assert "broken-link" in run("lint", tmp_path / "a.md", "--strict", status=1)
    assert "does not exist" in run("lint", tmp_path / "gone", status=1)
    assert "a PATH is empty" in run("lint", "", status=2)


def test_the_codes_are_in_the_help_and_the_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom sota_rag.app.cli import main\n"
        "try:\n    main(['corpus', 'lint', '--help'])\nexcept SystemExit:\n    pass\n"
        "print([name for name in ('numpy', 'torch', 'pydantic') if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True).stdout
    assert "warning  broken-link" in out
    assert out.splitlines()[-1] == "[]"


def test_a_reader_that_goes_away_is_no_error(index):
    command = f"{sys.executable} -m sota_rag.app.cli corpus show lora.md --text --index {index} | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60, env=dict(os.environ))
    assert (done.stdout, done.stderr) == ("---\n", "")


def test_the_first_words_of_a_text():
    assert excerpt("one\n two  three", 20) == "one two three"
    assert excerpt("one two three", 8) == "one two…"
    assert excerpt("word " * 1_000_000, 12) == "word word w…"
    assert excerpt("a" + " " * 1_000 + "b", 12) == "a…"
    assert bar(0) == ""
    assert bar(0.001, 10) == "█"
    assert bar(0.5, 10) == "█" * 5
    assert table([("a", "x"), ("long", "y")]) == ["  a     x", "  long  y"]


def test_lint_compares_with_other_texts_checks_topics_and_front_matter(run, tmp_path):
    said = "two small matrices learn what changes while the large one beside them stays as it was"
    (tmp_path / "a.md").write_text(f"---\ndate: 2024\nstatus: current\n---\n# A\n\nIn adapters {said}.\n")
    (tmp_path / "source.txt").write_text(f"We find that {said}.\n")
    gold = [{"document": "a.md", "quote": "In adapters two small matrices learn everything."}]
    topic = {"id": "t1", "question": "What learns?", "answerable": True, "gold": gold}
    (tmp_path / "topics.jsonl").write_text(json.dumps(topic) + "\n")
    flags = ("--against", tmp_path / "source.txt", "--topics", tmp_path / "topics.jsonl", "--front-matter")
    out = run("lint", tmp_path / "a.md", "--strict", *flags, status=1)
    assert "error topic-quote-not-found (1)" in out
    assert "error shared-run (1)" in out
    assert "warning front-matter-form" in out
    assert "a PATH is empty" in run("lint", "--against", "", status=2)


def test_lint_says_so_where_there_is_nothing_to_compare_with(run, folder, tmp_path):
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    assert "holds no text beside the corpus's own;" in run("lint", "--against", nothing, status=2)
    assert "holds no text beside the corpus's own;" in run("lint", folder, "--against", folder, status=2)
    (nothing / "bad.md").write_bytes(b"\x00")
    assert "own (nothing/bad.md: it is binary" in run("lint", "--against", nothing, status=2)
    (nothing / "good.md").write_text("# Ovens\n\nOvens are hot.\n")
    assert "error source-unread (1)" in run("lint", "--against", nothing)
