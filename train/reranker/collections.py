"""Questions with the passages that answer them, from published collections and from the documents that ship.

Every reader gives one `Collection`: its texts, and questions with the rows of the texts that answer them. Only training
parts are read; `PARTS` says for each collection what that is. SciFact is not among them, in any split: it is the
measure of what the model does on a collection it has never seen.
"""

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from sota_rag.app.compose import starter_corpus, starter_topics
from sota_rag.eval.claims import read_set
from sota_rag.eval.claims.parts import half_of
from sota_rag.eval.spans import GoldPassages
from sota_rag.eval.topics import Gold
from sota_rag.index import Passage

from ..documents import Cut, read_documents
from ..words import detokenised, sentences, windows

QUESTIONS = Path(__file__).parents[1] / "gate" / "questions.jsonl"
MOST_PASSAGES = 5000
PASSAGE_WORDS = 130
"""How long the passages are that long texts are cut into, in words: about what the index holds."""
_GENERIC = re.compile(
    r"^(summary|introduction|overview|exercises?|discussions?|conclusions?|references?|quiz|notes?|resources|examples?|"
    r"background|motivation|results?|usage|setup|tips|further reading|appendix|contents)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a collection.

    Attributes:
        text: as people put it.
        positives: rows of the texts that answer it; none where nothing does.
        near: rows that look as if they did and do not.
        excluded: rows of which it is not known.
        answers: strings; a text that holds one is not taken for a wrong one.
    """

    text: str
    positives: tuple[int, ...] = ()
    near: tuple[int, ...] = ()
    excluded: tuple[int, ...] = ()
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """Texts, and questions about them."""

    name: str
    texts: list[str]
    asked: list[Asked]


def held_out_article(title: str) -> bool:
    """Whether a SQuAD article is kept for testing: a quarter of them, by a hash of the title."""
    return hashlib.sha256(title.encode()).digest()[0] < 64


def squad(folder: Path, *, held_out: bool = False) -> Collection:
    """SQuAD 2.0 dev (Rajpurkar et al., ACL 2018), articles by `held_out_article`.

    A question that its paragraph does not answer has that paragraph as a near one.
    """
    articles = json.loads((folder / "reading" / "squad2" / "dev-v2.0.json").read_text(encoding="utf-8"))["data"]
    texts: list[str] = []
    asked: list[Asked] = []
    for article in articles:
        if held_out_article(article["title"]) is not held_out:
            continue
        for paragraph in article["paragraphs"]:
            row = len(texts)
            texts.append(f"{article['title'].replace('_', ' ')}\n{paragraph['context']}")
            for question in paragraph["qas"]:
                text = question["question"].strip()
                if question["is_impossible"]:
                    asked.append(Asked(text, near=(row,)))
                else:
                    answers = {answer["text"] for answer in question["answers"]}
                    asked.append(Asked(text, (row,), answers=tuple(sorted(answers))))
    return Collection("squad", texts, asked)


def qed(folder: Path) -> Collection:
    """QED (Lamm et al., TACL 2021): questions of Natural Questions with the passage that holds the answer."""
    texts: list[str] = []
    asked: list[Asked] = []
    for row in _lines(folder / "reading" / "qed" / "qed-dev.jsonlines"):
        answers = {part["string"] for answer in row["original_nq_answers"] for part in answer}
        asked.append(Asked(row["question_text"], (len(texts),), answers=tuple(sorted(answers))))
        texts.append(f"{row['title_text']}\n{detokenised(row['paragraph_text'])}")
    return Collection("qed", texts, asked)


def clapnq(folder: Path) -> Collection:
    """CLAPnq dev (Rosenthal et al., TACL 2025): the passage of an unanswerable question is a near one."""
    texts: list[str] = []
    asked: list[Asked] = []
    for name, answerable in (("answerable", True), ("unanswerable", False)):
        for row in _lines(folder / "reading" / "clapnq" / f"clapnq_dev_{name}.jsonl"):
            for passage in row["passages"]:
                place = (len(texts),)
                texts.append(f"{passage['title']}\n{detokenised(passage['text'])}")
                asked.append(Asked(row["input"], place) if answerable else Asked(row["input"], near=place))
    return Collection("clapnq", texts, asked)


def pubmedqa(folder: Path) -> Collection:
    """PubMedQA (Jin et al., EMNLP 2019): the title's question, and the conclusion as a claim, for the abstract."""
    texts: list[str] = []
    asked: list[Asked] = []
    for row in json.loads((folder / "reading" / "pubmedqa" / "ori_pqal.json").read_text(encoding="utf-8")).values():
        parts = windows(sentences(" ".join(row["CONTEXTS"])), PASSAGE_WORDS)
        rows = tuple(range(len(texts), len(texts) + len(parts)))
        texts += parts
        asked.append(Asked(row["QUESTION"], rows))
        if conclusion := sentences(row["LONG_ANSWER"]):
            asked.append(Asked(conclusion[0], rows))
    return Collection("pubmedqa", texts, asked)


def halueval(folder: Path) -> Collection:
    """HaluEval-QA (Li et al., EMNLP 2023), dev part: a question and the knowledge that answers it."""
    texts: list[str] = []
    asked: list[Asked] = []
    for row in _lines(folder / "claims" / "halueval" / "qa_data.json"):
        if half_of(row["knowledge"]) == "dev":
            asked.append(Asked(row["question"], (len(texts),), answers=(row["right_answer"],)))
            texts.append(row["knowledge"])
    return Collection("halueval", texts, asked)


def expertqa(folder: Path) -> Collection:
    """ExpertQA (Malaviya et al., NAACL 2024): experts' questions and the beginning of an answer to each.

    Questions of the test parts of its claims are left out.
    """
    root = folder / "claims" / "expertqa" / "data" / "lfqa"
    tests = {row["question"] for name in ("domain_test", "rand_test") for row in _lines(root / f"{name}.jsonl")}
    texts: list[str] = []
    asked: list[Asked] = []
    for row in _lines(root / "rand_lfqa_train.json"):
        if row["question"] in tests:
            continue
        parts = windows(sentences(row["answer"]), PASSAGE_WORDS)
        if parts:
            rows = range(len(texts), len(texts) + len(parts))
            texts += parts
            asked.append(Asked(row["question"], (rows[0],), excluded=tuple(rows[1:])))
    return Collection("expertqa", texts, asked)


def factcheck(folder: Path) -> Collection:
    """Factcheck-GPT (Wang et al., 2023), dev part: claims and pieces of evidence that speak for or against them."""
    claims = {claim.text for claim in read_set("factcheck_gpt", folder / "claims" / "factcheck_gpt", "dev")}
    texts: dict[str, int] = {}
    relevant: dict[str, set[int]] = {}
    irrelevant: dict[str, set[int]] = {}
    for row in _lines(folder / "claims" / "factcheck_gpt" / "subtask3_claim_evidence_stance.jsonl"):
        if row["claim"] not in claims:
            continue
        parts = windows(sentences(row["evidence"]), PASSAGE_WORDS)
        if not parts:
            continue
        place = texts.setdefault(parts[0], len(texts))
        side = irrelevant if row["stance"] == "irrelevant" else relevant
        side.setdefault(row["claim"], set()).add(place)
    asked = [
        Asked(claim, tuple(sorted(rows)), near=tuple(sorted(irrelevant.get(claim, set()) - rows)))
        for claim, rows in relevant.items()
    ]
    return Collection("factcheck", list(texts), asked)


def wice(folder: Path) -> Collection:
    """WiCE (Kamoi et al., EMNLP 2023), dev part: claims and the windows of the cited article that hold evidence."""
    texts: list[str] = []
    asked: list[Asked] = []
    for row in _lines(folder / "claims" / "wice" / "data" / "entailment_retrieval" / "claim" / "dev.jsonl"):
        if not row["supporting_sentences"]:
            continue
        first = set(row["supporting_sentences"][0])
        parts = windows(row["evidence"], PASSAGE_WORDS)
        places = range(len(texts), len(texts) + len(parts))
        texts += parts
        held = [sum(row["evidence"][place] in part for place in first) for part in parts]
        best = max(held, default=0)
        if not best:
            continue
        positives = tuple(place for place, count in zip(places, held, strict=True) if count == best)
        unsure = tuple(place for place, count in zip(places, held, strict=True) if 0 < count < best)
        asked.append(Asked(row["claim"], positives, excluded=unsure))
    return Collection("wice", texts, asked)


def scifact(folder: Path) -> Collection:
    """SciFact's train claims in BEIR's layout (Thakur et al., NeurIPS 2021); to measure with, never to train on."""
    root = folder / "beir" / "scifact"
    rows = list(_lines(root / "corpus.jsonl"))
    place = {row["_id"]: number for number, row in enumerate(rows)}
    asked = {row["_id"]: row["text"] for row in _lines(root / "queries.jsonl")}
    relevant: dict[str, list[int]] = {}
    for line in (root / "qrels" / "train.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, grade = line.split("\t")
        if int(grade) > 0:
            relevant.setdefault(query, []).append(place[document])
    texts = [f"{row['title']}\n{row['text']}" for row in rows]
    return Collection("scifact", texts, [Asked(asked[query], tuple(places)) for query, places in relevant.items()])


def topics(shipped: Mapping[str, Cut]) -> Collection:
    """The dev part of the shipped topics and the gate's training questions, over the documents that ship."""
    passages = [passage for cut in shipped.values() for passage in cut.passages]
    row = {passage.id: place for place, passage in enumerate(passages)}
    golds = GoldPassages(lambda name: shipped[name].document, lambda name: shipped[name].passages)
    made = [
        (question["question"], [Gold(gold["document"], gold["quote"]) for gold in question["gold"]])
        for question in _lines(QUESTIONS)
    ]
    made += [(topic.question, list(topic.gold)) for topic in starter_topics("dev").read()]
    asked = [
        Asked(text, tuple(sorted({row[name] for gold in quotes for name in golds.holding(gold)})))
        for text, quotes in made
    ]
    return Collection("topics", [passage.contextual_text for passage in passages], asked)


def headings(cuts: Mapping[str, Cut], *, name: str, seed: int) -> Collection:
    """Headings of guides and the sections below them, headings taken out; sentences and the rest of their passage.

    A third of the questions are such sentences (the inverse cloze task; Lee et al., ACL 2019). Of many documents some
    are drawn.
    """
    dice = random.Random(seed)
    names = sorted(cuts)
    dice.shuffle(names)
    passages: list[Passage] = []
    for document in names:
        passages += cuts[document].passages if len(passages) < MOST_PASSAGES else ()
    texts = [passage.text for passage in passages]
    asked: list[Asked] = []
    sections: dict[tuple[str, ...], list[int]] = {}
    for place, passage in enumerate(passages):
        sections.setdefault((passage.document_id, *passage.heading_path), []).append(place)
    for (_, *path), rows in sections.items():
        heading = path[-1] if path else ""
        if len(heading.split()) < 2 or _GENERIC.match(heading) or len(texts[rows[0]].split()) < 25:
            continue
        words = f"{path[0]}: {heading}" if len(path) > 1 and dice.random() < 0.4 else heading
        asked.append(Asked(words, (rows[0],), excluded=tuple(rows[1:])))
    asked += _cloze(passages, texts, dice, len(asked) // 2)
    return Collection(name, texts, asked)


def _cloze(passages: Sequence[Passage], texts: list[str], dice: random.Random, count: int) -> Iterator[Asked]:
    """Sentences as questions; the passages without them are appended to `texts`."""
    for place in dice.sample(range(len(passages)), min(len(passages), 3 * count)):
        found = sentences(passages[place].text)
        long = [number for number, sentence in enumerate(found) if 8 <= len(sentence.split()) <= 40]
        if len(found) < 4 or not long or count <= 0:
            continue
        taken = dice.choice(long)
        texts.append(" ".join(found[:taken] + found[taken + 1 :]))
        yield Asked(found[taken], (len(texts) - 1,), excluded=(place,))
        count -= 1


PUBLISHED: dict[str, Callable[[Path], Collection]] = {
    "squad": squad,
    "qed": qed,
    "clapnq": clapnq,
    "pubmedqa": pubmedqa,
    "halueval": halueval,
    "expertqa": expertqa,
    "factcheck": factcheck,
    "wice": wice,
}
"""Readers of the published collections, each of the folder that holds `reading/` and `claims/`."""


def makers(data: Path, seed: int) -> dict[str, Callable[[], Collection]]:
    """Everything that a reranker is trained on, by name."""
    shipped = cache(lambda: read_documents(starter_corpus()))
    found: dict[str, Callable[[], Collection]] = {name: partial(read, data) for name, read in PUBLISHED.items()}
    return found | {
        "topics": lambda: topics(shipped()),
        "shipped": lambda: headings(shipped(), name="shipped", seed=seed),
        "headings": lambda: headings(read_documents([data / "guides"]), name="headings", seed=seed),
    }


def collections(data: Path, seed: int = 0) -> list[Collection]:
    """All of them."""
    return [make() for make in makers(data, seed).values()]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)
