"""Claims with evidence, and whether it supports them: published sets, answers as statements, damaged sentences.

Only parts that nothing is reported on are read: `dev` of the sets of claims (`eval/claims` parts them), SciFact's train
claims, the articles of SQuAD that the reranker trains on, and documents other than the ones that ship.
"""

import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sota_rag.app.answering.verify.windows import closest_windows
from sota_rag.eval.claims import Claim, read_set
from sota_rag.eval.claims.judging import evidence_of, sentences_of

from ..documents import Cut
from ..reranker.collections import held_out_article
from ..words import detokenised, sentences
from .damage import RULES, damaged, names_of, shortened
from .statements import statement

SUPPORTED, NEUTRAL, CONTRADICTED, UNSUPPORTED = "supported", "neutral", "contradicted", "unsupported"
"""Labels; `unsupported` is one of the two before it, and it is not known which."""


@dataclass(frozen=True, slots=True)
class Example:
    """A claim held against some sentences.

    Attributes:
        origin: which data it is from.
        source: what it stands and falls with; examples of one source are on the same side of a split.
        claim: one sentence.
        evidence: sentences in order, an empty one between two passages.
        label: one of the four.
    """

    origin: str
    source: str
    claim: str
    evidence: tuple[str, ...]
    label: str

    def windows(self, most: int) -> list[str]:
        """Pieces of the evidence, the closest first; the best of them decides."""
        return [window.text for window in closest_windows(self.claim, self.evidence)][:most]


def claim_sets(folder: Path) -> Iterator[Example]:
    """The parts `dev` of WiCE, Factcheck-GPT, BEGIN, HaluEval and ExpertQA.

    Of an unsupported claim of several sentences, the one that is least like the evidence is taken.
    """
    for name in ("wice", "factcheck_gpt", "begin", "halueval", "expertqa"):
        for claim in read_set(name, folder / "claims" / name, "dev"):
            yield from _of_claim(name, claim)


def _of_claim(name: str, claim: Claim) -> Iterator[Example]:
    evidence = tuple(evidence_of(claim))
    label = {"refute": CONTRADICTED, "irrelevant": NEUTRAL, "not_supported": NEUTRAL}.get(claim.original, UNSUPPORTED)
    stated = sentences_of(claim)
    if not claim.supported:
        stated = [min(stated, key=lambda sentence: closest_windows(sentence, evidence)[0].share)]
    for sentence in stated:
        yield Example(name, f"{name}/{claim.source}", sentence, evidence, SUPPORTED if claim.supported else label)


def halueval_balanced(folder: Path, dice: random.Random) -> Iterator[Example]:
    """Long right answers and short wrong ones, so that length does not tell them apart."""
    for claim in read_set("halueval", folder / "claims" / "halueval", "dev"):
        if not claim.supported:
            continue
        source, told = f"halueval/{claim.source}", tuple(evidence_of(claim))
        if stated := statement(claim.question, claim.text):
            yield Example("halueval", source, stated, told, SUPPORTED)
            yield Example("halueval", source, f"{claim.question} {stated}", told, SUPPORTED)
        others = [name for name in names_of(claim.evidence[0]) if name not in claim.question and name not in claim.text]
        if others and len(claim.text.split()) < 6 and claim.text.lower() not in ("yes", "no"):
            yield Example("halueval", source, f"{claim.question} {dice.choice(others)}", told, UNSUPPORTED)


def squad(folder: Path, dice: random.Random) -> Iterator[Example]:
    """Answers as statements; wrong ones are other answers of the paragraph, or what looks like one and is none."""
    articles = json.loads((folder / "reading" / "squad2" / "dev-v2.0.json").read_text(encoding="utf-8"))["data"]
    for article in articles:
        if held_out_article(article["title"]):
            continue
        for paragraph in article["paragraphs"]:
            told = sentences(paragraph["context"])
            right = {q["answers"][0]["text"]: q["question"] for q in paragraph["qas"] if not q["is_impossible"]}
            for question in paragraph["qas"]:
                asked = question["question"].strip()
                if question["is_impossible"]:
                    said, label = [one["text"] for one in question.get("plausible_answers", [])[:1]], UNSUPPORTED
                else:
                    said, label = [min((one["text"] for one in question["answers"]), key=len)], SUPPORTED
                    given = {one["text"] for one in question["answers"]}
                    wrong = [one for one in right if one not in given and _kind(one) == _kind(said[0])]
                    if wrong and dice.random() < 0.6:
                        yield _stated("squad", article["title"], asked, dice.choice(wrong), told, UNSUPPORTED, dice)
                for answer in said:
                    yield _stated("squad", article["title"], asked, answer, told, label, dice)


def qed(folder: Path, dice: random.Random) -> Iterator[Example]:
    """Questions of Natural Questions with their answer, or with another name or number of the passage."""
    for row in _lines(folder / "reading" / "qed" / "qed-dev.jsonlines"):
        told = sentences(detokenised(row["paragraph_text"]))
        answers = [part["string"] for answer in row["original_nq_answers"] for part in answer]
        if not answers or len(answers[0].split()) > 12:
            continue
        yield _stated("qed", row["title_text"], row["question_text"], answers[0], told, SUPPORTED, dice)
        others = [name for name in names_of(row["paragraph_text"]) if _kind(name) == _kind(answers[0])]
        others = [name for name in others if not any(name in answer or answer in name for answer in answers)]
        if others:
            yield _stated("qed", row["title_text"], row["question_text"], dice.choice(others), told, UNSUPPORTED, dice)


def clapnq(folder: Path, dice: random.Random) -> Iterator[Example]:
    """Sentences of people's answers against the passage, whole and damaged."""
    for row in _lines(folder / "reading" / "clapnq" / "clapnq_dev_answerable.jsonl"):
        passage = row["passages"][0]
        told = sentences(detokenised(passage["text"]))
        for output in row["output"]:
            for sentence in sentences(detokenised(output["answer"])):
                if len(sentence.split()) >= 6:
                    yield from _with_damage("clapnq", passage["title"], sentence, told, names_of(passage["text"]), dice)


def pubmedqa(folder: Path, dice: random.Random) -> Iterator[Example]:
    """Conclusions against their abstract, whole, damaged, and against the abstract that is most like it."""
    rows = list(json.loads((folder / "reading" / "pubmedqa" / "ori_pqal.json").read_text(encoding="utf-8")).items())
    dice.shuffle(rows)
    for number, (key, row) in enumerate(rows[:700]):
        found = sentences(row["LONG_ANSWER"])
        if not found or row["final_decision"] == "maybe" or len(found[0].split()) < 6:
            continue
        told = sentences(" ".join(row["CONTEXTS"]))
        yield from _with_damage("pubmedqa", key, found[0], told, names_of(" ".join(told)), dice)
        other = sentences(" ".join(rows[number - 1][1]["CONTEXTS"]))
        yield Example("pubmedqa", f"pubmedqa/{key}", found[0], tuple(other), NEUTRAL)


def scifact(folder: Path) -> Iterator[Example]:
    """SciFact's train claims (Wadden et al., EMNLP 2020) against the abstracts they cite."""
    root = folder / "beir" / "scifact"
    abstracts = {str(row["doc_id"]): row["abstract"] for row in _lines(root / "corpus_sentences.jsonl")}
    labels = {"SUPPORT": SUPPORTED, "CONTRADICT": CONTRADICTED}
    for row in _lines(root / "claims" / "claims_train.jsonl"):
        for document in map(str, row["cited_doc_ids"]):
            told = [" ".join(sentence.split()) for sentence in abstracts[document]]
            given = row["evidence"].get(document)
            label = labels[given[0]["label"]] if given else NEUTRAL
            yield Example("scifact", f"scifact/{document}", row["claim"], tuple(told), label)


def guides(cuts: Mapping[str, Cut], dice: random.Random, count: int) -> Iterator[Example]:
    """Sentences of documents against what stands around them: whole or shortened, damaged, and from elsewhere."""
    prose = []
    for document, cut in cuts.items():
        names = names_of(cut.document.text)
        for passage in cut.passages:
            found = sentences(passage.text)
            if len(found) >= 3 and not any(mark in passage.text for mark in ("```", "|--", "$$")):
                prose.append((document, names, found))
    dice.shuffle(prose)
    for document, names, told in prose[:count]:
        fit = [one for one in told if 8 <= len(one.split()) <= 45 and one.endswith(".")]
        if fit:
            yield from _with_damage("guides", document, dice.choice(fit), told, names, dice, most=2)


def _with_damage(
    origin: str,
    source: str,
    sentence: str,
    told: Sequence[str],
    names: Sequence[str],
    dice: random.Random,
    *,
    most: int = 1,
) -> Iterator[Example]:
    """A true sentence and up to `most` false ones made of it."""
    true = shortened(sentence, dice)
    yield Example(origin, f"{origin}/{source}", true, tuple(told), SUPPORTED)
    kinds = list(RULES)
    dice.shuffle(kinds)
    made = 0
    for kind in kinds:
        false = damaged(true, kind, dice, names)
        if false and made < most:
            made += 1
            label = UNSUPPORTED if kind == "scope" else CONTRADICTED
            yield Example(f"{origin}-damaged", f"{origin}/{source}", false, tuple(told), label)


def _stated(
    origin: str, source: str, question: str, answer: str, told: Sequence[str], label: str, dice: random.Random
) -> Example:
    """Question and answer as a statement where a rule makes one, else one behind the other."""
    made = statement(question, answer) if dice.random() < 0.8 else None
    claim = made or f"{question} {answer}"
    return Example(origin, f"{origin}/{source}", claim, tuple(told), label)


def _kind(text: str) -> str:
    if any(sign.isdigit() for sign in text):
        return "number"
    return "name" if text[:1].isupper() else "other"


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def published(folder: Path, seed: int) -> dict[str, Callable[[], Iterable[Example]]]:
    """Makers of examples of the published data, by name."""
    return {
        "claims": lambda: claim_sets(folder),
        "halueval": lambda: halueval_balanced(folder, random.Random(seed)),
        "squad": lambda: squad(folder, random.Random(seed)),
        "qed": lambda: qed(folder, random.Random(seed)),
        "clapnq": lambda: clapnq(folder, random.Random(seed)),
        "pubmedqa": lambda: pubmedqa(folder, random.Random(seed)),
        "scifact": lambda: scifact(folder),
    }
