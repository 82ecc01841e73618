"""The shipped corpus and the questions about it fit together."""

import datetime
import json
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
GUIDES = {f"guides/{path.name}": path.read_text(encoding="utf-8") for path in (ROOT / "corpus" / "guides").glob("*.md")}
QUESTION_FILES = (
    "corpus/topics/train.jsonl",
    "benchmarks/starter_questions.jsonl",
    "benchmarks/starter_questions_2.jsonl",
    "benchmarks/starter_questions_3.jsonl",
)


def questions(name):
    return [json.loads(line) for line in (ROOT / name).read_text(encoding="utf-8").splitlines()]


def test_six_guides_with_dates_status_and_sources():
    assert len(GUIDES) == 6
    for name, text in GUIDES.items():
        meta = yaml.safe_load(text.split("---\n")[1])
        assert isinstance(meta["date"], datetime.date), name
        assert meta["status"] == "current"
        assert meta["kind"] == "guide"
        assert len(meta["sources"]) >= 5
        assert all(source["title"] and source["year"] for source in meta["sources"])


@pytest.mark.parametrize("name", QUESTION_FILES)
def test_every_gold_quote_stands_in_its_guide(name):
    rows = questions(name)
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert bool(row["gold"]) == row["answerable"], row["id"]
        for quote in row["gold"]:
            assert quote["quote"] in GUIDES[quote["document"]], row["id"]


def test_no_test_question_was_trained_on():
    trained = {row["question"].lower() for row in questions(QUESTION_FILES[0])}
    for name in QUESTION_FILES[1:]:
        rows = questions(name)
        assert (len(rows), sum(row["answerable"] for row in rows)) == (40, 20)
        assert not trained & {row["question"].lower() for row in rows}
