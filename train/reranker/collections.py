"""Questions with the passages that answer them, from published collections and from documents.

Every reader gives one `Collection`: its texts, and questions with the rows of the texts that answer them. Nothing that
is reported on is read: of sets that are parted the part `dev`, of SQuAD the articles that are not held out, of CLAPnq
the pages of one half. Nothing that ships is trained on; the dev topics over it are read to weigh signals with. SciFact
is read to measure alone: its test part says what the model does on a collection it has never seen.
"""

import hashlib
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from sota_rag.app.answering.verify.windows import closest_windows
from sota_rag.app.compose import starter_corpus, starter_topics
from sota_rag.eval.claims import read_set
from sota_rag.eval.claims.parts import half_of
from sota_rag.eval.claims.reader import digest
from sota_rag.eval.spans import GoldPassages
from sota_rag.eval.topics import Gold
from sota_rag.index import Passage

from ..documents import Cut, read_documents
from ..words import detokenised, sentences, windows

QUESTIONS = Path(__file__).parents[1] / "gate" / "questions.jsonl"
MOST_PASSAGES = 8000
"""Passages of documents that are looked at."""
PASSAGE_WORDS = 150
"""How long the passages are that long texts are cut into, in words: about what the index holds."""
_GENERIC = re.compile(
    r"^(summary|introduction|overview|exercises?|discussions?|conclusions?|references?|quiz|notes?|resources|examples?|"
    r"background|motivation|results?|usage|setup|tips|further reading|appendix|contents)\b",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"[<>{}$\\`_=|\[\]]|:\w+:|https?:")
_NO_ANSWER = re.compile(
    r"\b(?:context|passages?|sources?|information) (?:provided )?(?:does|do|did) ?(?:not|n't) |"
    r"\bnot (?:mentioned|provided|stated|specified) in\b|\bno (?:specific )?information\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a collection.

    Attributes:
        text: as people put it.
        source: what it shares with other questions, so that all are on one side of a split.
        positives: rows of the texts that answer it; none where nothing does.
        near: rows that look as if they did and do not.
        excluded: rows of which it is not known.
        answers: strings; a text that holds one is not taken for a wrong one.
    """

    text: str
    source: str
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


class _Texts:
    """Rows of texts that are cut to passages, each under its title."""

    def __init__(self) -> None:
        self.rows: list[str] = []

    def add(self, text: str, title: str = "") -> range:
        """Cut a text at sentence ends, and say which rows it takes."""
        parts = windows(sentences(text), PASSAGE_WORDS)
        first = len(self.rows)
        self.rows += [f"{title}\n{part}" if title else part for part in parts]
        return range(first, len(self.rows))

    def holding(self, rows: range, words: Sequence[str]) -> tuple[int, ...]:
        """Those of the rows that hold one of the strings."""
        return tuple(row for row in rows if any(one in self.rows[row] for one in words))


def held_out_article(title: str) -> bool:
    """Whether a SQuAD article is kept for testing: a quarter of them, by a hash of the title."""
    return hashlib.sha256(title.encode()).digest()[0] < 64


def squad(folder: Path, *, held_out: bool = False) -> Collection:
    """SQuAD 2.0 dev (Rajpurkar et al., ACL 2018), articles by `held_out_article`.

    Where the paragraph does not answer, the passage with the answer that looks plausible is a near one.
    """
    texts, asked = _Texts(), list[Asked]()
    for article, number, paragraph in squad_paragraphs(folder, held_out=held_out):
        rows = texts.add(paragraph["context"], article.replace("_", " "))
        for question in paragraph["qas"]:
            given = question["plausible_answers" if question["is_impossible"] else "answers"]
            answers = tuple(sorted({" ".join(answer["text"].split()) for answer in given}))
            found = texts.holding(rows, answers) or tuple(rows)[:1]
            one = partial(Asked, question["question"].strip(), squad_source(article, number))
            if question["is_impossible"]:
                asked.append(one(near=found))
            else:
                rest = tuple(row for row in rows if row not in found)
                asked.append(one(found, excluded=rest, answers=answers))
    return Collection("squad", texts.rows, asked)


def squad_paragraphs(folder: Path, *, held_out: bool = False) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Title, number of the paragraph, and the paragraph, of the articles that are held out or of the others."""
    articles = json.loads((folder / "reading" / "squad2" / "dev-v2.0.json").read_text(encoding="utf-8"))["data"]
    for article in articles:
        if held_out_article(article["title"]) is held_out:
            for number, paragraph in enumerate(article["paragraphs"]):
                yield article["title"], number, paragraph


def squad_source(title: str, paragraph: int) -> str:
    """What the questions on one paragraph share."""
    return f"squad/{title}/{paragraph}"


def qed(folder: Path) -> Collection:
    """QED (Lamm et al., TACL 2021): questions of Natural Questions with the passage that holds the answer.

    Pages that CLAPnq asks about too are left out, as its other half is reported on.
    """
    texts, asked, elsewhere = _Texts(), list[Asked](), clapnq_titles(folder)
    for row in _lines(folder / "reading" / "qed" / "qed-dev.jsonlines"):
        if row["title_text"] in elsewhere:
            continue
        answers = {detokenised(part["string"]) for answer in row["original_nq_answers"] for part in answer}
        rows = texts.add(detokenised(row["paragraph_text"]), row["title_text"])
        if found := texts.holding(rows, sorted(answers)):
            rest = tuple(one for one in rows if one not in found)
            asked.append(
                Asked(row["question_text"], f"qed/{row['title_text']}", found, (), rest, tuple(sorted(answers)))
            )
    return Collection("qed", texts.rows, asked)


def clapnq_titles(folder: Path) -> set[str]:
    """Titles of all pages of CLAPnq dev."""
    names = ("answerable", "unanswerable")
    files = (folder / "reading" / "clapnq" / f"clapnq_dev_{name}.jsonl" for name in names)
    return {row["passages"][0]["title"] for path in files for row in _lines(path)}


def clapnq_rows(folder: Path, name: str, part: str = "dev") -> Iterator[dict[str, Any]]:
    """Rows of CLAPnq dev whose page is in the half for training, `dev`, or in the one that is reported on, `test`."""
    for row in _lines(folder / "reading" / "clapnq" / f"clapnq_dev_{name}.jsonl"):
        if half_of(row["passages"][0]["title"]) == part:
            yield row


def clapnq(folder: Path, part: str = "dev") -> Collection:
    """CLAPnq dev (Rosenthal et al., TACL 2025), pages of one half.

    Right are the passages with most of the sentences that people selected; where nothing answers, all are near.
    """
    texts, asked = _Texts(), list[Asked]()
    for name in ("answerable", "unanswerable"):
        for row in clapnq_rows(folder, name, part):
            passage = row["passages"][0]
            rows = texts.add(detokenised(passage["text"]), passage["title"])
            one = partial(Asked, row["input"], f"clapnq/{passage['title']}")
            if name == "unanswerable":
                asked.append(one(near=tuple(rows)[:1]))
                continue
            chosen = [detokenised(sentence).strip() for sentence in row["output"][0]["selected_sentences"]]
            held = [sum(sentence in texts.rows[place] for sentence in chosen) for place in rows]
            best = max(held)
            found = tuple(place for place, count in zip(rows, held, strict=True) if count == best)
            asked.append(one(found, excluded=tuple(place for place in rows if place not in found)))
    return Collection("clapnq", texts.rows, asked)


def pubmedqa(folder: Path) -> Collection:
    """PubMedQA (Jin et al., EMNLP 2019): the title's question, and the conclusion as a claim, for the abstract."""
    texts, asked = _Texts(), list[Asked]()
    for key, row in pubmedqa_rows(folder):
        rows = tuple(texts.add(" ".join(row["CONTEXTS"])))
        asked.append(Asked(row["QUESTION"], f"pubmedqa/{key}", rows))
        if conclusion := sentences(row["LONG_ANSWER"]):
            asked.append(Asked(conclusion[0], f"pubmedqa/{key}", rows))
    return Collection("pubmedqa", texts.rows, asked)


def pubmed_claims(folder: Path, *, seed: int) -> Collection:
    """A finding out of each abstract of PubMedQA, and the abstract without it; scientific claims, as one more form.

    Findings stand in the parts labelled as results, else in the last part.
    """
    dice = random.Random(seed)
    texts, asked = _Texts(), list[Asked]()
    for key, row in pubmedqa_rows(folder):
        parts = [sentences(part) for part in row["CONTEXTS"]]
        labels = [label.upper() for label in row["LABELS"]]
        results = [place for place, label in enumerate(labels) if "RESULT" in label] or [len(parts) - 1]
        fit = [
            (place, number)
            for place in results
            for number, one in enumerate(parts[place])
            if 8 <= len(one.split()) <= 40
        ]
        if fit and sum(map(len, parts)) >= 5:
            place, number = dice.choice(fit)
            claim = parts[place].pop(number)
            rows = tuple(texts.add(" ".join(" ".join(part) for part in parts)))
            asked.append(Asked(claim, f"pubmedqa/{key}", rows))
    return Collection("pubmed-claims", texts.rows, asked)


def pubmedqa_rows(folder: Path) -> list[tuple[str, dict[str, Any]]]:
    """PMID and row of every question."""
    return list(json.loads((folder / "reading" / "pubmedqa" / "ori_pqal.json").read_text(encoding="utf-8")).items())


def halueval(folder: Path) -> Collection:
    """HaluEval-QA (Li et al., EMNLP 2023), dev part: a question and the knowledge that answers it."""
    texts, asked = _Texts(), list[Asked]()
    for row in _lines(folder / "claims" / "halueval" / "qa_data.json"):
        if half_of(row["knowledge"]) == "dev":
            rows = tuple(texts.add(row["knowledge"]))
            source = f"halueval/{digest(row['knowledge'])}"
            asked.append(Asked(row["question"], source, rows, answers=(row["right_answer"],)))
    return Collection("halueval", texts.rows, asked)


def expertqa(folder: Path) -> Collection:
    """ExpertQA (Malaviya et al., NAACL 2024): experts' questions and the beginning of an answer to each.

    Questions of the test parts of its claims are left out, and answers that say that nothing is known.
    """
    root = folder / "claims" / "expertqa" / "data" / "lfqa"
    tests = {row["question"] for name in ("domain_test", "rand_test") for row in _lines(root / f"{name}.jsonl")}
    texts, asked = _Texts(), list[Asked]()
    for row in _lines(root / "rand_lfqa_train.json"):
        if row["question"] in tests or _NO_ANSWER.search(row["answer"]):
            continue
        if rows := tuple(texts.add(row["answer"])):
            source = f"expertqa/{digest(row['question'])}"
            asked.append(Asked(row["question"], source, rows[:1], excluded=rows[1:]))
    return Collection("expertqa", texts.rows, asked)


def factcheck(folder: Path) -> Collection:
    """Factcheck-GPT (Wang et al., 2023), dev part: claims, and what of the evidence speaks for or against them."""
    texts: dict[str, int] = {}
    relevant: dict[str, set[int]] = {}
    irrelevant: dict[str, set[int]] = {}
    sources: dict[str, str] = {}
    for claim in read_set("factcheck_gpt", folder / "claims" / "factcheck_gpt", "dev"):
        closest = closest_windows(claim.text, sentences(claim.evidence[0]), words=PASSAGE_WORDS)[0].text
        side = irrelevant if claim.original == "irrelevant" else relevant
        side.setdefault(claim.text, set()).add(texts.setdefault(closest, len(texts)))
        sources[claim.text] = f"factcheck_gpt/{claim.source}"
    asked = [
        Asked(claim, sources[claim], tuple(sorted(rows)), near=tuple(sorted(irrelevant.get(claim, set()) - rows)))
        for claim, rows in relevant.items()
    ]
    return Collection("factcheck", list(texts), asked)


def wice(folder: Path) -> Collection:
    """WiCE (Kamoi et al., EMNLP 2023), dev part: claims and the windows of the cited article that hold evidence.

    Right is the window with most of one set of supporting sentences; of others with a sentence of any set, it is not
    known.
    """
    texts, asked = list[str](), list[Asked]()
    for row in _lines(folder / "claims" / "wice" / "data" / "entailment_retrieval" / "claim" / "dev.jsonl"):
        parts = windows(row["evidence"], PASSAGE_WORDS)
        places = range(len(texts), len(texts) + len(parts))
        texts += parts
        held = {
            place: max(
                (sum(row["evidence"][one] in part for one in chosen) for chosen in row["supporting_sentences"]),
                default=0,
            )
            for place, part in zip(places, parts, strict=True)
        }
        best = max(held.values(), default=0)
        if best:
            positives = tuple(place for place, count in held.items() if count == best)
            unsure = tuple(place for place, count in held.items() if 0 < count < best)
            source = f"wice/{digest(row['meta']['claim_title'])}"
            asked.append(Asked(row["claim"], source, positives, excluded=unsure))
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
    return Collection(
        "scifact", texts, [Asked(asked[query], f"scifact/{query}", tuple(places)) for query, places in relevant.items()]
    )


def topics(shipped: Mapping[str, Cut]) -> Collection:
    """The dev part of the shipped topics and the gate's training questions; to weigh with, never to train on."""
    passages = [passage for cut in shipped.values() for passage in cut.passages]
    row = {passage.id: place for place, passage in enumerate(passages)}
    golds = _golds(shipped)
    made = [
        (question["question"], [Gold(gold["document"], gold["quote"]) for gold in question["gold"]])
        for question in _lines(QUESTIONS)
    ]
    made += [(topic.question, list(topic.gold)) for topic in starter_topics("dev").read()]
    asked = [
        Asked(text, f"topics/{text}", tuple(sorted({row[name] for gold in quotes for name in golds.holding(gold)})))
        for text, quotes in made
    ]
    return Collection("topics", [passage.contextual_text for passage in passages], asked)


def _golds(shipped: Mapping[str, Cut]) -> GoldPassages:
    return GoldPassages(lambda name: shipped[name].document, lambda name: shipped[name].passages)


def some_passages(cuts: Mapping[str, Cut], seed: int) -> list[Passage]:
    """The passages of documents drawn by lot, until there are enough."""
    names = sorted(cuts)
    random.Random(seed).shuffle(names)
    found: list[Passage] = []
    for name in names:
        found += cuts[name].passages if len(found) < MOST_PASSAGES else ()
    return found


def headings(passages: Sequence[Passage], *, name: str, seed: int) -> Collection:
    """Headings and the sections below them; a heading that occurs twice has the title before it.

    Texts are as the index holds them, but for the last heading, which is what is asked. No text that has the words
    is taken for a wrong one.
    """
    dice = random.Random(seed)
    texts = [replace(passage, heading_path=passage.heading_path[:-1]).contextual_text for passage in passages]
    sections: dict[tuple[str, ...], list[int]] = {}
    for place, passage in enumerate(passages):
        sections.setdefault((passage.document_id, *passage.heading_path), []).append(place)
    counts: dict[str, int] = {}
    for path in sections:
        counts[path[-1].lower()] = counts.get(path[-1].lower(), 0) + 1
    questions: dict[str, list[tuple[str, list[int]]]] = {}
    for (document, *path), rows in sections.items():
        heading = path[-1] if path else ""
        if len(heading.split()) < 2 or _GENERIC.match(heading) or _MARKUP.search(heading):
            continue
        if len(passages[rows[0]].text.split()) < 25 or (len(path) < 2 and counts[heading.lower()] > 1):
            continue
        titled = len(path) > 1 and (counts[heading.lower()] > 1 or dice.random() < 0.4)
        questions.setdefault(f"{path[0]}: {heading}" if titled else heading, []).append((document, rows))
    asked = [
        Asked(
            words,
            f"guides/{held[0][0]}",
            (held[0][1][0],),
            excluded=tuple(held[0][1][1:]),
            answers=(words.rpartition(": ")[2],),
        )
        for words, held in questions.items()
        if len(held) == 1 and not _MARKUP.search(words)
    ]
    return Collection(name, texts, asked)


def cloze(passages: Sequence[Passage], *, name: str, seed: int) -> Collection:
    """Sentences, and the passages that they were taken out of (the inverse cloze task; Lee et al., ACL 2019)."""
    dice = random.Random(seed)
    texts = [passage.contextual_text for passage in passages]
    asked: list[Asked] = []
    for place, passage in enumerate(passages):
        found = sentences(passage.text)
        fit = [
            number
            for number, sentence in enumerate(found)
            if 8 <= len(sentence.split()) <= 40 and not _MARKUP.search(sentence)
        ]
        if len(found) >= 4 and fit and dice.random() < 0.5:
            taken = dice.choice(fit)
            rest = replace(passage, text=" ".join(found[:taken] + found[taken + 1 :]))
            texts[place] = rest.contextual_text
            asked.append(Asked(found[taken], f"guides/{passage.document_id}", (place,)))
    return Collection(name, texts, asked)


Makers = dict[str, Callable[[], Collection]]


def trained(data: Path, seed: int) -> Makers:
    """What a reranker is trained on, by name; `data` holds `reading/`, `claims/` and `guides/`."""
    guides = cache(lambda: some_passages(read_documents([data / "guides"]), seed))
    encyclopedia = cache(lambda: (squad(data), qed(data)))
    return {
        "squad": lambda: among(*encyclopedia()),
        "qed": lambda: among(*reversed(encyclopedia())),
        "pubmedqa": lambda: pubmedqa(data),
        "pubmed-claims": lambda: pubmed_claims(data, seed=seed),
        "expertqa": lambda: expertqa(data),
        "headings": lambda: headings(guides(), name="headings", seed=seed),
        "cloze": lambda: cloze(guides(), name="cloze", seed=seed),
    }


def among(asked: Collection, other: Collection) -> Collection:
    """A collection whose wrong passages may come from another one too, which is of the same kind."""
    return Collection(asked.name, asked.texts + other.texts, asked.asked)


def weighed(data: Path) -> Makers:
    """What the weights of the fusion are fitted to, by name: collections that the reranker has never seen.

    On those that it was trained on its opinion is worth more than it will be elsewhere.
    """
    return {
        "topics": lambda: topics(read_documents(starter_corpus())),
        "clapnq": lambda: clapnq(data),
        "halueval": lambda: halueval(data),
        "factcheck": lambda: factcheck(data),
        "wice": lambda: wice(data),
    }


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)
