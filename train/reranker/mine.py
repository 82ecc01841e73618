"""Groups to train on: a question, one passage that answers it, and some that our own hybrid search takes for it."""

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from sota_rag.index import Encoder
from sota_rag.index.fusion import convex_combination
from sota_rag.index.sparse import Bm25sIndex

from ..split import kept_back
from .collections import Asked, Collection

NEGATIVES = 3
_DEPTH = 40
_TOP = 10
_SAME = 0.97
"""Cosine to the answering passage from which on another one is taken for a copy of it."""
_PLAIN = 0.2
"""Share of questions put as people type them: in lower case, without a question mark."""


@dataclass(frozen=True, slots=True)
class Group:
    """One question with its passages.

    Attributes:
        collection: where it is from.
        question: the question.
        texts: passages; the first answers it where `answered` is true, the others do not.
        answered: whether one does.
        source: what the question shares with others; empty where it was not written down.
    """

    collection: str
    question: str
    texts: tuple[str, ...]
    answered: bool
    source: str = ""


def mine(collection: Collection, encoder: Encoder, *, seed: int, most: int, kept: bool = False) -> list[Group]:
    """Groups of a collection's questions, at most so many; unanswered ones are at most a third of them.

    With `kept`, of the questions whose source is kept back, to measure with.

    Wrong passages come from the best forty of BM25 and cosine, combined as in a search: known near ones first, then
    two of the first ten and the rest from further down. None belongs to a source that is kept back.
    """
    dice = random.Random(f"{seed}/{collection.name}")
    open_ = [one for one in collection.asked if kept_back(one.source) is kept]
    answered = [one for one in open_ if one.positives]
    unanswered = [one for one in open_ if not one.positives]
    held_back = _rows(one for one in collection.asked if kept_back(one.source) is not kept) - _rows(open_)
    dice.shuffle(answered)
    dice.shuffle(unanswered)
    chosen = answered[: max(most - len(unanswered), most * 2 // 3)]
    chosen += unanswered[: max(0, min(len(chosen) // 2, most - len(chosen)))]
    if not chosen:
        return []
    vectors = encoder.encode(collection.texts)
    asked = encoder.encode([one.text for one in chosen])
    sparse = Bm25sIndex.build(collection.texts)
    groups = []
    for one, vector in zip(chosen, asked, strict=True):
        cosines = vectors @ vector
        bm25 = sparse.scores(one.text)
        right = dice.choice(one.positives) if one.positives else None
        rows = np.union1d(np.argsort(-cosines)[:_DEPTH], np.argsort(-bm25)[:_DEPTH])
        fused = convex_combination(cosines[rows], bm25[rows])
        order = [row for row in rows[np.lexsort((rows, -fused))].tolist() if row not in held_back][:_DEPTH]
        wrong = _wrong(collection, one, order, None if right is None else vectors @ vectors[right], dice)
        texts = tuple(collection.texts[row] for row in ([] if right is None else [right]) + wrong)
        if len(texts) > 1:
            groups.append(Group(collection.name, _put(one.text, dice), texts, right is not None, one.source))
    return groups


def _rows(asked: Iterable[Asked]) -> set[int]:
    return {row for one in asked for row in (*one.positives, *one.near, *one.excluded)}


def _wrong(
    collection: Collection, one: Asked, order: Sequence[int], likeness: np.ndarray | None, dice: random.Random
) -> list[int]:
    """Rows of passages that do not answer."""
    barred = {*one.positives, *one.excluded, *one.near}
    answers = [answer.lower() for answer in one.answers if len(answer) > 3]
    open_ = [
        row
        for row in order
        if row not in barred
        and (likeness is None or likeness[row] < _SAME)
        and not any(answer in collection.texts[row].lower() for answer in answers)
    ]
    chosen = list(one.near)[:NEGATIVES] if len(one.near) <= NEGATIVES else dice.sample(list(one.near), NEGATIVES)
    top, deep = open_[:_TOP], open_[_TOP:]
    dice.shuffle(top)
    dice.shuffle(deep)
    return (chosen + top[:2] + deep[:1] + top[2:] + deep[1:])[:NEGATIVES]


def _put(question: str, dice: random.Random) -> str:
    return question.lower().rstrip("?").strip() if dice.random() < _PLAIN else question


def write_groups(path: Path, groups: Iterable[Group]) -> None:
    """Groups as JSONL."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as file:
        for group in groups:
            file.write(json.dumps(asdict(group), ensure_ascii=False) + "\n")
    beside.replace(path)


def read_groups(path: Path) -> list[Group]:
    """Groups that `write_groups` wrote."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Group(**{**row, "texts": tuple(row["texts"])}) for row in rows]
