"""Checks of a corpus as data, over files of the tests' own."""

import json
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sota_rag.app.corpus_forms import lint_form
from sota_rag.index import SentenceTransformerEncoder, practice_problems
from sota_rag.index.snapshot import open_current
from sota_rag.index.structure import blocks_of
from sota_rag.ingest.corpus import indexed_corpus, read_corpus
from sota_rag.ingest.findings import CHECKS, Severity, count_by_severity
from sota_rag.ingest.lint import lint
from sota_rag.ingest.lint_documents import arxiv_year
from sota_rag.ingest.lint_front_matter import front_matter_findings
from sota_rag.ingest.pipeline import ingest
from sota_rag.ingest.reading import InlineReader
from sota_rag.ingest.stats import corpus_stats, cut_blocks

READER = InlineReader(SentenceTransformerEncoder().count_tokens)
HEAD = "---\ntitle: Adapters\ndate: 2021-06\nstatus: current\n---\n"
SOUND = HEAD + "# Adapters\n\nLoRA freezes the pretrained weights and trains two small matrices beside each of them.\n"


@pytest.fixture
def guides(tmp_path):
    folder = tmp_path / "guides"
    folder.mkdir()
    (folder / "sound.md").write_text(SOUND)
    return folder


def findings(*paths, **options):
    return lint(read_corpus(paths, READER), **options)


def said(found, code):
    return [(finding.document_id, finding.message) for finding in found if finding.code == code]


def test_a_sound_corpus_has_no_findings(guides):
    assert findings(guides, links=True) == []


def test_a_file_that_cannot_be_read_is_an_error_with_its_reason(guides):
    (guides / "bad.md").write_bytes(b"\x00")
    (finding,) = findings(guides)
    assert (finding.code, finding.severity, finding.document_id) == ("quarantined", Severity.ERROR, "guides/bad.md")
    assert "NUL at byte 0" in finding.message


def test_a_yaml_file_that_is_no_registry_is_a_remark(guides):
    (guides / "config.yaml").write_text("a: 1\n")
    assert [(finding.code, finding.severity) for finding in findings(guides)] == [("ignored", Severity.INFO)]


def test_equal_texts_are_told_once(guides):
    (guides / "copy.md").write_text(SOUND.replace("\n", "\r\n"), newline="")
    assert said(findings(guides), "duplicate-text") == [("guides/sound.md", "has the text of 'guides/copy.md'")]


def test_missing_metadata_is_told_each_by_its_code(guides):
    (guides / "bare.md").write_text("A router sends each token to a few experts, and only those experts run.\n")
    assert [finding.code for finding in findings(guides)] == ["no-title", "no-date", "no-status"]


def test_front_matter_that_was_ignored_is_told_with_its_value(guides):
    (guides / "late.md").write_text(SOUND.replace("2021-06", "Junetember").replace("two small", "2 small"))
    ((document, message),) = said(findings(guides), "metadata-ignored")
    assert document == "guides/late.md"
    assert "'Junetember'" in message


def test_a_sidecar_beside_no_document_is_told_but_one_beside_a_document_is_not(guides):
    (guides / "sound.md.meta.yaml").write_text("kind: guide\n")
    (guides / "gone.md.meta.yaml").write_text("kind: guide\n")
    (guides / ".hidden.md.meta.yaml").write_text("kind: guide\n")
    assert said(findings(guides), "orphaned-sidecar") == [
        ("guides/gone.md.meta.yaml", "there is no 'gone.md' beside it")
    ]


def test_two_documents_with_one_arxiv_id(guides):
    for name in ("a", "b"):
        (guides / f"{name}.md").write_text(SOUND.replace("status:", "arxiv_id: 2106.09685\nstatus:") + f"\n{name}\n")
    assert said(findings(guides), "same-arxiv-id") == [
        ("guides/b.md", "claims arXiv id 2106.09685, as 'guides/a.md' does")
    ]


@pytest.mark.parametrize(
    ("arxiv_id", "year"),
    [
        ("1706.03762", 2017), ("0704.0001", 2007), ("cs/9901001", 1999), ("cs/0112017", 2001), ("cs.CL/9108001", 1991),
        ("1713.00001", None), ("cs/x", None), ("", None),
    ],
)  # fmt: skip
def test_the_year_in_an_arxiv_id(arxiv_id, year):
    assert arxiv_year(arxiv_id) == year


@pytest.mark.parametrize(("published", "odd"), [("2016", True), ("2017", False), ("2021", False), ("2022", True)])
def test_a_date_before_its_arxiv_id_or_years_after_it_is_told(guides, published, odd):
    head = HEAD.replace("2021-06", f"{published}\narxiv_id: 1706.03762")
    (guides / "attention.md").write_text(SOUND.replace(HEAD, head) + "\nAttention.\n")
    found = said(findings(guides), "year-against-arxiv")
    assert bool(found) == odd
    if odd:
        assert found[0][1] == f"is dated {published}, and its arXiv id 1706.03762 was given in 2017"


def test_a_superseded_document_needs_a_successor_in_a_document_or_a_registry(guides):
    old = SOUND.replace("current", "superseded").replace("Adapters", "Bottlenecks")
    (guides / "old.md").write_text(old)
    assert [document for document, _ in said(findings(guides), "superseded-by-nothing")] == ["guides/old.md"]
    (guides / "new.md").write_text(old.replace("superseded", "current") + "\nSecond edition.\n")
    assert said(findings(guides), "superseded-by-nothing") == []


def test_problems_of_practice_registries_are_findings(guides):
    (guides / "registry.yaml").write_text(
        "recommendations:\n"
        "  - id: warmup\n    recommendation: Warm the learning rate up linearly.\n    superseded_by: [nowhere]\n"
        "  - id: twin\n    recommendation: Decay it by a cosine.\n"
        "  - id: twin\n    recommendation: Decay it by a line.\n"
    )
    found = [f for f in findings(guides) if f.code.startswith("practice-")]
    assert [(f.code, f.practice_id, f.severity) for f in found] == [
        ("practice-dangling-target", "warmup", Severity.ERROR),
        ("practice-duplicate-id", "twin", Severity.ERROR),
    ]
    assert found[0].document_id == "guides/registry.yaml"
    assert "'nowhere'" in found[0].message


def test_every_code_of_a_practice_problem_is_described():
    source = Path(practice_problems.__file__).read_text(encoding="utf-8")
    levels = dict(re.findall(r'"([a-z_]+)",\s*"(error|warning|info)"', source))
    # The line that defines the levels themselves.
    levels.pop("error")
    assert len(levels) >= 11
    described = {code.removeprefix("practice-"): str(check.severity) for code, check in CHECKS.items()}
    assert {code.replace("_", "-"): level for code, level in levels.items()}.items() <= described.items()


def test_documents_without_headings_with_long_sections_and_of_fragments(guides):
    sentence = "A learning rate that is too high makes the loss diverge, and one too low wastes compute. "
    (guides / "plain.txt").write_text("\n\n".join(sentence * 8 for _ in range(8)))
    (guides / "long.md").write_text(HEAD + "# Long\n\n" + "\n\n".join(sentence * 5 for _ in range(60)))
    found = findings(guides)
    assert [document for document, _ in said(found, "no-headings")] == ["guides/plain.txt"]
    ((document, message),) = said(found, "long-section")
    assert (document, message.split(" has ")[0]) == ("guides/long.md", "section 'Long'")
    # The chunker joins short sections, so fragments are put together by hand.
    entries = read_corpus([guides / "long.md"], READER)
    (entry,) = entries
    cut = tuple(replace(passage, token_count=5) for passage in entry.passages)
    ((_, message),) = said(lint([replace(entry, passages=cut)]), "fragments")
    assert message == f"{len(cut)} of {len(cut)} passages have fewer than 32 tokens"


def test_garbled_text_is_told_with_its_line_but_a_quoted_character_is_not(guides):
    (guides / "quotes.md").write_text(SOUND + "\nThe replacement character looks like \ufffd.\n")
    (guides / "garbled.md").write_text(HEAD + "# Études\n\n" + "\ufffdtudes de \ue000 sch\ufffdma. " * 4 + "\n")
    (finding,) = [f for f in findings(guides) if f.code == "garbled-text"]
    assert (finding.document_id, finding.line) == ("guides/garbled.md", 8)
    assert finding.message.endswith("(U+E000, U+FFFD)")


def test_links_to_files_that_are_not_there(guides, tmp_path):
    (guides / "deep").mkdir()
    (guides / "deep" / "there.md").write_text(SOUND + "\nDeep.\n")
    (guides / "a b.png").write_bytes(b"")
    (guides / "links.md").write_text(
        SOUND
        + "\nLinks: [x](deep/there.md#top) [x](./deep/) [x](a%20b.png) [x](<a b.png>) [x](https://a.example/b.md) "
        "[x](#here) [x](mailto:a@b.example) [x](/absolute.md) [x](../../../../../../outside.md) `[x](code.md)`\n\n"
        '![picture](missing.png "a title") and [x](deep/gone.md)\n\n```\n[x](in-code.md)\n```\n'
    )
    found = [finding for finding in findings(guides, links=True) if finding.code == "broken-link"]
    assert [(finding.line, finding.message) for finding in found] == [
        (12, "link to 'missing.png'"),
        (12, "link to 'deep/gone.md'"),
    ]
    assert said(findings(guides), "broken-link") == []


def test_an_index_gives_the_findings_of_its_files(guides, tmp_path, hash_encoder):
    (guides / "bad.md").write_bytes(b"\x00")
    (guides / "bare.md").write_text("A router sends each token to a few experts, and only those experts run.\n")
    (guides / "late.md").write_text(SOUND.replace("2021-06", "Junetember").replace("two small", "2 small"))
    (guides / "copy.md").write_text(SOUND)
    ingest([guides], tmp_path / "index", encoder=hash_encoder, reader=READER)
    store = open_current(tmp_path / "index").store
    entries = indexed_corpus(store)
    assert lint(entries) == findings(guides)
    assert count_by_severity(lint(entries)) == {Severity.ERROR: 1, Severity.WARNING: 2, Severity.INFO: 4}
    stats = corpus_stats("000001", store)
    assert (stats.documents, stats.formats, stats.kinds) == (3, {".md": 3}, {"guide": 3})
    assert stats.files == {"indexed": 3, "duplicate": 1, "quarantined": 1}
    assert stats.years == {2021: 1, None: 2}
    assert stats.duplicates == (("guides/sound.md", "guides/copy.md"),)
    assert (stats.oldest, stats.newest) == (("2021-06", "guides/copy.md"),) * 2
    assert sum(stats.text_shares.values()) == pytest.approx(1)
    assert sum(stats.histogram.values()) == stats.passages == 3
    store.close()


def test_blocks_that_were_cut_are_those_in_which_a_passage_begins(guides):
    rows = "\n".join(f"| model {row} | {row}.5 | a remark of some words on what was measured |" for row in range(60))
    (guides / "table.md").write_text(
        HEAD + f"# Tables\n\n| a | b | c |\n| - | - | - |\n{rows}\n\nAfter it.\n\n| a | b |\n| - | - |\n| 1 | 2 |\n"
    )
    (entry,) = read_corpus([guides / "table.md"], READER)
    blocks = blocks_of(entry.structure)
    by_hand = {b.start for b in blocks if any(b.start < p.start < b.end for p in entry.passages)}
    assert cut_blocks(blocks, entry.passages) == by_hand
    assert [block.kind for block in blocks if block.start in by_hand] == ["table"]


def test_checking_takes_time_in_proportion_to_the_text(tmp_path):
    """Every line holds a broken link and an unclosed one; twice the lines take at most 2.5 times as long."""

    def seconds(lines):
        folder = tmp_path / str(lines)
        folder.mkdir()
        (folder / "a.md").write_text("# A\n\n" + "[x](gone.md) [y](" * lines)
        entries = read_corpus([folder], READER)
        best = float("inf")
        for _ in range(3):
            started = time.perf_counter()
            assert len(lint(entries, links=True)) >= lines
            best = min(best, time.perf_counter() - started)
        return best

    assert seconds(8_000) < 2.5 * seconds(4_000) + 0.05


def test_findings_are_ordered_and_their_form_is_json(guides):
    (guides / "bad.md").write_bytes(b"\x00")
    (guides / "bare.md").write_text("A router sends each token to a few experts, and only those experts run.\n")
    ranks = [list(Severity).index(finding.severity) for finding in findings(guides)]
    assert ranks == sorted(ranks)
    assert findings(guides) == findings(guides)
    form = json.loads(json.dumps(lint_form(findings(guides), 3)))
    assert form["counts"] == {"error": 1, "warning": 0, "info": 3}
    assert form["findings"][0].keys() == {
        "severity", "code", "document_id", "message", "line", "page", "start", "practice_id", "remedy",
    }  # fmt: skip


REGISTRY = """recommendations:
- id: peft/lora
  recommendation: Freeze the pretrained weights and train two small matrices.
  source: {paper: LoRA, year: 2021}
  status: standard
  documents: [guides/sound.md, guides/gone.md, guides/other.md]
"""


def test_documents_that_a_registry_names_must_be_there_and_say_it(guides):
    (guides / "other.md").write_text(HEAD.replace("Adapters", "Ovens") + "# Ovens\n\nOvens are hot.\n")
    (guides / "practices.yaml").write_text(REGISTRY)
    found = findings(guides)
    assert said(found, "practice-unknown-document") == [
        ("guides/practices.yaml", "names 'guides/gone.md', which is not there")
    ]
    ((_, silent),) = said(found, "practice-not-stated")
    assert "'guides/other.md'" in silent


WORDS = "every layer of the encoder reads all tokens at once and writes one vector for each of them"


def test_a_run_of_words_shared_with_a_source_is_an_error(guides, tmp_path):
    source = tmp_path / "source.txt"
    source.write_text(f"Some say that {WORDS}, others do not.")
    (guides / "copied.md").write_text(HEAD + f"# Copied\n\nAs is known, {WORDS.upper().lower()}.\n")
    found = findings(guides, against=read_corpus([source], READER))
    ((document, message),) = said(found, "shared-run")
    assert document == "guides/copied.md"
    assert "18 words in a row with 'source.txt': every layer of the encoder" in message
    assert [f.line for f in found if f.code == "shared-run"] == [8]


@pytest.mark.parametrize(
    "text",
    [
        " ".join(WORDS.split()[:9]),  # nine words
        f"`{WORDS}`",
        f"```\n{WORDS}\n```",
        "ViT Swin DeiT BEiT ResNet ConvNeXt CLIP SAM DINOv2 and MAE",  # names
    ],
)
def test_short_runs_code_and_names_are_not_copies(guides, tmp_path, text):
    source = tmp_path / "source.txt"
    source.write_text(f"{WORDS}. ViT Swin DeiT BEiT ResNet ConvNeXt CLIP SAM DINOv2 and MAE.")
    (guides / "own.md").write_text(HEAD + f"# Own\n\nSomething else:\n\n{text}\n")
    assert said(findings(guides, against=read_corpus([source], READER)), "shared-run") == []


def test_the_title_of_a_work_is_no_copy(guides, tmp_path):
    title = "On the uses of two small matrices beside a large frozen matrix of weights"
    (tmp_path / "list.md").write_text(f"# {title}\n\nSee {title}.\n")
    (guides / "own.md").write_text(HEAD + f"# Own\n\nThe paper {title} began it.\n")
    assert said(findings(guides, against=read_corpus([tmp_path / "list.md"], READER)), "shared-run") == []


def test_documents_that_are_nearly_the_same_are_told(guides):
    lines = [f"Practice number {n} says that layer {n * 7} is trained for {n * 3} steps." for n in range(40)]
    (guides / "one.md").write_text(HEAD + "# One\n\n" + "\n".join(lines))
    (guides / "two.md").write_text(HEAD + "# Two\n\n" + "\n".join(lines[:36]) + "\nAnd an ending of its own.\n")
    ((document, message),) = said(findings(guides), "near-duplicate")
    assert (document, "'guides/one.md'" in message) == ("guides/two.md", True)


def test_links_from_one_folder_into_another_are_looked_at(guides, tmp_path):
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "lora.md").write_text(SOUND.replace("Adapters", "LoRA"))
    (guides / "links.md").write_text(
        HEAD + "# Links\n\n[a](../papers/lora.md) [b](../papers/gone.md) [c](../else/x.md)\n"
    )
    assert said(findings(guides, papers, links=True), "broken-link") == [
        ("guides/links.md", "link to '../papers/gone.md'")
    ]


GUIDE = """---
title: Ovens
kind: guide
date: 2026-11-01
status: current
topics: [heat]
sources: [{title: On Heat, year: 1999, authors: Baker et al.}]
---

# Ovens

Ovens are hot.
"""
NOTE = """---
title: On Heat
kind: note
authors: [Ada Baker]
year: 2017
arxiv: "1701.00010"
venue: OvenConf 2017
status: historical
topics: [heat]
checked: [pdf]
---

# On Heat

The paper by Baker, 2017, claimed that heat bakes.
"""


def form_findings(folder, name, text):
    (folder / name).write_text(text)
    return [finding.message for finding in front_matter_findings(read_corpus([folder / name], READER))]


def test_the_front_matter_of_guides_and_notes(guides):
    assert form_findings(guides, "guide.md", GUIDE) == []
    assert form_findings(guides, "note.md", NOTE) == []
    assert form_findings(guides, "practices.yaml", REGISTRY) == []
    assert form_findings(guides, "plain.md", "# Plain\n\nText.\n")[0] == "title: Field required"


@pytest.mark.parametrize(
    ("text", "old", "new", "told"),
    [
        (GUIDE, "topics: [heat]\n", "", "topics: Field required"),
        (GUIDE, "date: 2026-11-01", "date: soon", "date: Input should be a valid date such as 2021-06-17, not 'soon'"),
        (GUIDE, "date: 2026-11-01", "date: 2024-02-30", "date such as 2021-06-17, not '2024-02-30'"),
        (GUIDE, "date: 2026-11-01", "date: '20261101'", "date such as 2021-06-17, not '20261101'"),
        (GUIDE, "year: 1999", "year: then", "sources.0.year: Input should be a valid integer, not 'then'"),
        (GUIDE, "kind: guide\n", "kind: guide\nmood: good\n", "mood: Extra inputs are not permitted"),
        (NOTE, "authors: [Ada Baker]", "authors: []", "authors: List should have at least 1 item"),
        (NOTE, '"1701.00010"', '"17.10"', "arxiv: String should match pattern"),
        (NOTE, "checked: [pdf]", "checked: [pdf]\nunverified: true", "say either what it was `checked` against"),
        (NOTE, "checked: [pdf]\n", "", "say either what it was `checked` against"),
    ],
)
def test_front_matter_that_departs_from_the_form_is_told(guides, text, old, new, told):
    (message,) = form_findings(guides, "bad.md", text.replace(old, new))
    assert told in message


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("mood: " + "[" * 3_000, "nested deeper than 40 levels"),
        ("mood: !!int abc", "broken YAML (invalid literal for int() with base 10: 'abc')"),
        ("mood: " + "9" * 5_000, "broken YAML in line 1 (a number of 5000 characters)"),
        ("mood: !!timestamp x", "broken YAML (AttributeError)"),
        (
            "m0: &m0 {k: v}\n" + "\n".join(f"m{n}: &m{n} {{<<: [*m{n - 1}, *m{n - 1}]}}" for n in range(1, 40)),
            "YAML aliases are not allowed",
        ),
        ("mood: [unclosed", "broken YAML in line 2"),
        ("mood: x\n----", "broken YAML in line 3"),
    ],
)
def test_front_matter_that_cannot_be_used_is_one_finding(guides, line, told):
    (message,) = form_findings(guides, "bad.md", GUIDE.replace("---\n", f"---\n{line}\n", 1))
    assert message.startswith("front matter: ")
    assert told in message


def test_what_of_the_sources_cannot_be_read_is_told_as_such(guides, tmp_path):
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "binary.md").write_bytes(b"\x00")
    (sources / "config.yaml").write_text("a: 1\n")
    found = findings(guides, against=read_corpus([sources], READER))
    assert [(f.code, f.severity, f.document_id) for f in found] == [
        ("source-unread", Severity.ERROR, "sources/binary.md"),
        ("source-ignored", Severity.INFO, "sources/config.yaml"),
    ]
    assert "NUL at byte 0" in found[0].message


def test_a_corpus_within_the_folder_that_it_is_compared_with_is_no_copy_of_itself(guides, tmp_path):
    (guides / "own.md").write_text(HEAD + f"# Own\n\nAs is known, {WORDS}.\n")
    (guides / "bad.md").write_bytes(b"\x00")
    against = read_corpus([tmp_path], READER)
    assert len(against) == 3
    assert [f.code for f in findings(guides, against=against)] == ["quarantined"]
    # A copy elsewhere is a duplicate of the corpus's own file, and told all the same.
    (tmp_path / "z-copy.md").write_text((guides / "own.md").read_text())
    ((document, message),) = said(findings(guides, against=read_corpus([tmp_path], READER)), "shared-run")
    assert document == "guides/own.md"
    assert f"with '{tmp_path.name}/z-copy.md'" in message
