"""Claims with evidence, and whether it supports them: published sets, answers as statements, damaged sentences.

Only parts that nothing is reported on are read: `dev` of the sets of claims (`eval/claims` parts them), SciFact's train
claims, the articles of SQuAD that the reranker trains on, and documents other than the ones that ship. The one
exception is `notes.jsonl`: claims about notes that ship, none of which a benchmark asks about.
"""

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sota_rag.app.answering.verify.windows import closest_windows
from sota_rag.eval.claims import SETS, Claim, read_set
from sota_rag.eval.claims.judging import evidence_of, sentences_of
from sota_rag.index import Passage

from ..reranker.collections import clapnq_rows, pubmedqa_rows, squad_paragraphs, squad_source
from ..words import detokenised, sentences
from .damage import RULES, damaged, names_of, shortened
from .statements import statement

_MARKUP = re.compile(r"[<>{}$\\`_=|]|:\w+:|https?:|\]\(")

SUPPORTED, NEUTRAL, CONTRADICTED, UNSUPPORTED = "supported", "neutral", "contradicted", "unsupported"
"""Labels; `unsupported` is one of the two before it, and it is not known which."""


NOTES = Path(__file__).parent / "notes.jsonl"

_NEGATED = 0.15
"""Share of the sentences without a "not" that get one."""
_ASKED = 0.15
"""Share of the answers that no rule makes a statement of that are kept, behind their question."""


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


def folder_of(folder: Path, name: str) -> Path:
    """Where a set of claims lies."""
    return folder / "beir" / "scifact" if name == "scifact" else folder / "claims" / name


def reported(folder: Path) -> dict[str, list[Claim]]:
    """What figures are reported on: the parts `test` of all sets of claims."""
    return {name: read_set(name, folder_of(folder, name), "test") for name in SETS}


def claim_sets(folder: Path) -> Iterator[Example]:
    """The parts `dev` of WiCE, Factcheck-GPT, BEGIN and ExpertQA.

    Of an unsupported claim of several sentences, the one that is least like the evidence is taken.
    """
    for name in ("wice", "factcheck_gpt", "begin", "expertqa"):
        for claim in read_set(name, folder_of(folder, name), "dev"):
            yield from _of_claim(name, claim)


def _of_claim(name: str, claim: Claim) -> Iterator[Example]:
    evidence = tuple(evidence_of(claim))
    label = {"refute": CONTRADICTED, "irrelevant": NEUTRAL, "not_supported": NEUTRAL}.get(claim.original, UNSUPPORTED)
    stated = sentences_of(claim)
    if not claim.supported:
        stated = [min(stated, key=lambda sentence: closest_windows(sentence, evidence)[0].share)]
    for sentence in stated:
        yield Example(name, f"{name}/{claim.source}", sentence, evidence, SUPPORTED if claim.supported else label)


def halueval(folder: Path, dice: random.Random) -> Iterator[Example]:
    """HaluEval's part `dev`, so mixed that length does not tell right from wrong, as it does in the set itself.

    Right answers, which are a word or two, also stand as statements and as the sentence that they are found in; wrong
    ones, which are sentences, are taken as many as there are long right ones, and names make short wrong ones.
    """
    claims = read_set("halueval", folder_of(folder, "halueval"), "dev")
    long_ones = 0
    for claim in claims:
        if not claim.supported:
            continue
        one = partial(Example, "halueval", f"halueval/{claim.source}", evidence=tuple(evidence_of(claim)))
        told = [sentence for sentence in evidence_of(claim) if claim.text.strip(" .") in sentence]
        longer = [statement(claim.question, claim.text), told[0] if told and len(claim.text.split()) > 1 else None]
        for text in filter(None, longer):
            long_ones += 1
            yield one(claim=f"{claim.question} {text}", label=SUPPORTED)
        yield one(claim=f"{claim.question} {claim.text}", label=SUPPORTED)
        others = [
            name for name in names_of(claim.evidence[0]) if name not in claim.question and not alike(name, [claim.text])
        ]
        if others and len(claim.text.split()) < 6 and claim.text.lower() not in ("yes", "no"):
            yield one(claim=f"{claim.question} {dice.choice(others)}", label=UNSUPPORTED)
    wrong = [claim for claim in claims if not claim.supported]
    for claim in dice.sample(wrong, min(long_ones, len(wrong))):
        evidence = tuple(evidence_of(claim))
        yield Example("halueval", f"halueval/{claim.source}", f"{claim.question} {claim.text}", evidence, UNSUPPORTED)


def squad(folder: Path, dice: random.Random) -> Iterator[Example]:
    """Answers as statements; wrong ones are other answers of the paragraph, or what looks like one and is none."""
    for title, number, paragraph in squad_paragraphs(folder):
        one = partial(Example, "squad", squad_source(title, number), evidence=tuple(sentences(paragraph["context"])))
        right = sorted({q["answers"][0]["text"] for q in paragraph["qas"] if not q["is_impossible"]})
        for question in paragraph["qas"]:
            asked = question["question"].strip()
            if question["is_impossible"]:
                for plausible in question["plausible_answers"][:1]:
                    if stated := _stated(asked, plausible["text"], dice):
                        yield one(claim=stated, label=UNSUPPORTED)
                continue
            given = [answer["text"] for answer in question["answers"]]
            said = min(given, key=len)
            if not (stated := _stated(asked, said, dice)):
                continue
            yield one(claim=stated, label=SUPPORTED)
            wrong = [other for other in right if not alike(other, given) and _kind(other) == _kind(said)]
            if wrong and dice.random() < 0.6:
                false = dice.choice(wrong)
                yield one(claim=statement(asked, false) or f"{asked} {false}", label=UNSUPPORTED)


def qed(folder: Path, dice: random.Random) -> Iterator[Example]:
    """Questions of Natural Questions with their answer, or with another name or number of the passage."""
    for row in _lines(folder / "reading" / "qed" / "qed-dev.jsonlines"):
        text = detokenised(row["paragraph_text"])
        answers = [detokenised(part["string"]) for answer in row["original_nq_answers"] for part in answer]
        if not answers or len(answers[0].split()) > 12:
            continue
        one = partial(Example, "qed", f"qed/{row['title_text']}", evidence=tuple(sentences(text)))
        if not (stated := _stated(row["question_text"], answers[0], dice)):
            continue
        yield one(claim=stated, label=SUPPORTED)
        others = [name for name in names_of(text) if _kind(name) == _kind(answers[0]) and not alike(name, answers)]
        if others:
            asked, false = row["question_text"], dice.choice(others)
            yield one(claim=statement(asked, false) or f"{asked} {false}", label=UNSUPPORTED)


def clapnq(folder: Path, dice: random.Random) -> Iterator[Example]:
    """Sentences of people's answers against the passage, whole and damaged."""
    for row in clapnq_rows(folder, "answerable"):
        passage = row["passages"][0]
        text = detokenised(passage["text"])
        for output in row["output"]:
            for sentence in sentences(detokenised(output["answer"])):
                if len(sentence.split()) >= 6:
                    source = f"clapnq/{passage['title']}"
                    yield from _with_damage("clapnq", source, sentence, sentences(text), names_of(text), dice)


def pubmedqa(folder: Path, dice: random.Random) -> Iterator[Example]:
    """Conclusions against their abstract, whole and damaged, and against another abstract."""
    rows = pubmedqa_rows(folder)
    dice.shuffle(rows)
    for key, row in rows[:700]:
        found = sentences(row["LONG_ANSWER"])
        if not found or row["final_decision"] == "maybe" or len(found[0].split()) < 6:
            continue
        source, told = f"pubmedqa/{key}", sentences(" ".join(row["CONTEXTS"]))
        yield from _with_damage("pubmedqa", source, found[0], told, names_of(" ".join(told)), dice)
        other = dice.choice(rows)[1]
        if other is not row and dice.random() < 0.5:
            evidence = tuple(sentences(" ".join(other["CONTEXTS"])))
            yield Example("pubmedqa", source, found[0], evidence, NEUTRAL)


def scifact(folder: Path) -> Iterator[Example]:
    """SciFact's train claims (Wadden et al., EMNLP 2020) against the abstracts they cite."""
    labels = {"SUPPORT": SUPPORTED, "CONTRADICT": CONTRADICTED}
    for claim in read_set("scifact", folder_of(folder, "scifact"), "dev"):
        told = tuple(claim.evidence[0].split("\n\n"))
        yield Example("scifact", f"scifact/{claim.source}", claim.text, told, labels.get(claim.original, NEUTRAL))


def notes() -> Iterator[Example]:
    """Claims about notes that ship, in other words, true ones and ones with one thing wrong; written for this.

    No document of them is one that claims of a benchmark are about.
    """
    labels = {"supported": SUPPORTED, "contradicted": CONTRADICTED, "unsaid": NEUTRAL}
    for row in _lines(NOTES):
        evidence = tuple(sentences(" ".join(row["evidence"].split())))
        yield Example("notes", f"notes/{row['document']}", row["claim"], evidence, labels[row["label"]])


def guides(passages: Sequence[Passage], dice: random.Random, count: int) -> Iterator[Example]:
    """Sentences of documents against what stands around them: whole or shortened, and damaged."""
    names: dict[str, list[str]] = {}
    prose = []
    for passage in passages:
        found = sentences(passage.text)
        names.setdefault(passage.document_id, []).extend(names_of(passage.text))
        fit = [one for one in found if 8 <= len(one.split()) <= 45 and one.endswith(".") and not _MARKUP.search(one)]
        if len(found) >= 3 and fit:
            prose.append((passage.document_id, found, fit))
    dice.shuffle(prose)
    for document, told, fit in prose[:count]:
        yield from _with_damage("guides", f"guides/{document}", dice.choice(fit), told, names[document], dice, most=2)


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
    """A true sentence and up to `most` false ones made of it.

    A sentence with "not" loses it, and few others get one: the word must not give the label away.
    """
    true = shortened(sentence, dice)
    yield Example(origin, source, true, tuple(told), SUPPORTED)
    others = [kind for kind in RULES if kind != "negation"]
    dice.shuffle(others)
    first = " not " in true or dice.random() < _NEGATED
    made = 0
    for kind in ["negation", *others] if first else others:
        false = damaged(true, kind, dice, names)
        if false and made < most:
            made += 1
            # A claim that is too strong need not be false, and "may not" says as little as "may".
            unsure = kind == "scope" or (kind == "negation" and re.search(r"\b(may|might|can|could) not\b", false))
            yield Example(f"{origin}-damaged", source, false, tuple(told), UNSUPPORTED if unsure else CONTRADICTED)


def _stated(question: str, answer: str, dice: random.Random) -> str | None:
    """Question and answer as a statement; where no rule makes one, now and then one behind the other."""
    return statement(question, answer) or (f"{question} {answer}" if dice.random() < _ASKED else None)


def alike(name: str, answers: Sequence[str]) -> bool:
    """Whether a name is one of the answers, or part of one, or holds one."""
    plain = [re.sub(r"^(the|a|an) ", "", one.lower()).strip() for one in (name, *answers)]
    return any(plain[0] in one or one in plain[0] for one in plain[1:])


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
        "halueval": lambda: halueval(folder, random.Random(seed)),
        "squad": lambda: squad(folder, random.Random(seed)),
        "qed": lambda: qed(folder, random.Random(seed)),
        "clapnq": lambda: clapnq(folder, random.Random(seed)),
        "pubmedqa": lambda: pubmedqa(folder, random.Random(seed)),
        "scifact": lambda: scifact(folder),
        "notes": notes,
    }
