"""The corpus that ships is what its README says: documents, practices and topics fit together."""

import json
import re
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from sota_rag.eval.topics_lint import topic_findings
from sota_rag.index.practices import PracticeStatus
from sota_rag.index.snapshot import open_current
from sota_rag.index.structure import practices_of
from sota_rag.ingest.corpus import indexed_corpus
from sota_rag.ingest.lint import lint
from sota_rag.ingest.lint_front_matter import front_matter_findings

ROOT = Path(__file__).parents[1]
CORPUS = ROOT / "corpus"
GUIDES, NOTES = sorted((CORPUS / "guides").glob("*.md")), sorted((CORPUS / "papers").glob("*.md"))
TOPIC_FILES = [CORPUS / "topics.jsonl", ROOT / "train" / "gate" / "questions.jsonl"]
TOPIC_FILES += [ROOT / "benchmarks" / f"starter_questions{number}.jsonl" for number in ("", "_2", "_3")]


@pytest.fixture(scope="module")
def entries(shipped_index):
    with closing(open_current(shipped_index).store) as store:
        return indexed_corpus(store)


@pytest.fixture(scope="module")
def practices(entries):
    return {practice.id: practice for entry in entries for practice in practices_of(entry.structure)}


def body(path):
    """What is read: without front matter, code and formulas."""
    return re.sub(r"```.*?```|\$\$.*?\$\$", "", path.read_text(encoding="utf-8").split("---\n", 2)[2], flags=re.DOTALL)


def questions(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_there_is_nothing_to_mend(entries):
    assert len(entries) == len(GUIDES) + len(NOTES) + 1
    assert [*lint(entries, links=True), *front_matter_findings(entries)] == []


@pytest.mark.parametrize("path", TOPIC_FILES, ids=lambda path: path.stem)
def test_every_quote_of_the_questions_stands_in_its_document(entries, path, tmp_path):
    texts = {entry.document.info.id: entry.document.text for entry in entries}
    # The questions of the gate and of the benchmarks bear a key of their own beside those of topics.
    rows = [{key: value for key, value in row.items() if key not in ("style", "origin")} for row in questions(path)]
    plain = tmp_path / path.name
    plain.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert list(topic_findings(plain, texts)) == []


def test_guides_and_notes_have_their_lengths():
    assert len(GUIDES) >= 45
    assert len(NOTES) >= 130
    for path in GUIDES:
        assert 900 <= len(body(path).split()) <= 2500, path.name
    for path in NOTES:
        assert 150 <= len(body(path).split()) <= 350, path.name


def test_a_note_says_what_its_bibliography_was_checked_against_or_that_it_was_not():
    for path in NOTES:
        meta = yaml.safe_load(path.read_text(encoding="utf-8").split("---\n")[1])
        checked = meta.get("checked", [])
        assert set(checked) <= {"anthology", "pdf", "seeds", "guides", "public-index"}, path.name
        assert bool(checked) is not bool(meta.get("unverified")), path.name


def test_practices_have_a_history(practices):
    away = [practice for practice in practices.values() if practice.superseded_by]
    assert len(practices) >= 180
    assert len(away) >= 35
    for practice in practices.values():
        assert practice.title and practice.year and practice.topic and practice.documents, practice.id
        assert (practice.status is PracticeStatus.ATTIC) == bool(practice.superseded_by), practice.id
    assert all(practice.reason and re.fullmatch(r"\d{4}(-\d\d)?", practice.put_away_on) for practice in away)
    branches = [practice for practice in away if len(practice.superseded_by) > 1]
    chains = [p for p in away for target in p.superseded_by if practices[target].superseded_by]
    returned = [practice for practice in practices.values() if practice.returns]
    assert min(len(branches), len(chains), len(returned)) >= 5
    assert all(practice.returns in practices for practice in returned)
    assert any(practice.confidence == "low" for practice in practices.values())


def test_the_questions_of_the_benchmarks_are_apart_from_those_that_were_trained_on():
    trained = {row["question"].lower() for row in questions(TOPIC_FILES[1])}
    for path in TOPIC_FILES[2:]:
        rows = questions(path)
        assert (len(rows), sum(row["answerable"] for row in rows)) == (40, 20)
        assert not trained & {row["question"].lower() for row in rows}
