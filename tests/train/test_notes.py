"""Claims about the notes that ship, which a verifier is trained on: balanced, apart from benchmarks."""

import json
from collections import Counter
from pathlib import Path

import pytest

from train.verifier.examples import CONTRADICTED, NEUTRAL, NOTES, SUPPORTED, notes

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def rows():
    return [json.loads(line) for line in NOTES.read_text(encoding="utf-8").splitlines()]


def test_evidence_stands_in_its_document_and_no_claim_does(rows):
    texts = {row["document"]: " ".join((ROOT / row["document"]).read_text(encoding="utf-8").split()) for row in rows}
    for row in rows:
        assert " ".join(row["evidence"].split()) in texts[row["document"]], row
        assert row["claim"] not in texts[row["document"]], row
    assert len({row["claim"] for row in rows}) == len(rows)


def test_half_are_true_and_length_does_not_tell(rows):
    labels = Counter(example.label for example in notes())
    assert set(labels) == {SUPPORTED, CONTRADICTED, NEUTRAL}
    assert 0.45 < labels[SUPPORTED] / len(rows) < 0.55
    words: dict[bool, list[int]] = {True: [], False: []}
    for row in rows:
        words[row["label"] == "supported"].append(len(row["claim"].split()))
    means = [sum(counts) / len(counts) for counts in words.values()]
    assert abs(means[0] - means[1]) < 1.5


def test_no_document_is_one_that_a_benchmark_asks_about(rows):
    lines = (ROOT / "benchmarks" / "rephrased_claims.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [" ".join(passage.split())[:80] for line in lines for passage in json.loads(line)["evidence"]]
    for document in {row["document"] for row in rows}:
        text = " ".join((ROOT / document).read_text(encoding="utf-8").split())
        assert not any(passage in text for passage in asked), document
    assert not [row for row in rows if "/guides/" in row["document"]]
