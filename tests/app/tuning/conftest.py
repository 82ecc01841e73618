"""A collection in which words tell everything and vectors nothing: BM25 is right, a hash encoder is noise."""

import json

import pytest
from sota_rag.app.settings import Settings
from sota_rag.app.tuning import tune as tuning

TOPICS = 30


class CountingEncoder:
    """The encoder it wraps, counting words as tokens."""

    def __init__(self, inner):
        self.inner, self.info = inner, inner.info

    def encode(self, texts):
        return self.inner.encode(texts)

    def count_tokens(self, texts):
        return [len(text.split()) for text in texts]


def write_collection(folder):
    """Two documents a topic share its word; the one that repeats it is relevant. Even topics are for training."""
    (folder / "qrels").mkdir(parents=True)
    corpus, queries, splits = [], [], {"train": [], "test": []}
    for number in range(2 * TOPICS):
        word = f"word{number}"
        corpus.append({"_id": f"d{number}", "title": "", "text": f"{word} {word} is told of {word} here"})
        corpus.append(
            {"_id": f"n{number}", "title": "", "text": f"once {word} is named, then come other things at length"}
        )
        queries.append({"_id": f"q{number}", "text": f"what of {word}"})
        splits["test" if number % 2 else "train"].append(f"q{number}\td{number}\t1")
    for name, rows in (("corpus", corpus), ("queries", queries)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    for split, lines in splits.items():
        text = "\n".join(["query-id\tcorpus-id\tscore", *lines]) + "\n"
        (folder / f"qrels/{split}.tsv").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def wordy(tmp_path_factory):
    return write_collection(tmp_path_factory.mktemp("collections") / "wordy")


@pytest.fixture
def encoder(hash_encoder):
    return CountingEncoder(hash_encoder)


@pytest.fixture
def by_vectors(monkeypatch, tmp_path, encoder, forget_surroundings):
    """Settings that trust the vectors alone, which is the worst that can be done here."""
    forget_surroundings(monkeypatch, tmp_path)
    monkeypatch.setenv("SOTA_RAG_RERANKER__ENABLED", "false")  # it would put right what is to be found out here
    monkeypatch.setattr(tuning, "make_encoder", lambda settings: encoder)
    return Settings.load(index=tmp_path / "data/index", search={"alpha": 1.0})
