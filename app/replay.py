"""A saved answer asked again: what is promised to be the same, and what changed."""

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..index import Filters, Kind, SearchSettings, Status
from ..index.errors import UsageError
from ..index.types import Role
from .answering.types import Mode
from .receipt_file import SavedAnswer, SavedFilters, SavedReceipt
from .settings import NO_HURRY_S
from .strategies import Turn

if TYPE_CHECKING:
    from .answering import Answer, Answerer


@dataclass(frozen=True, slots=True)
class Replay:
    """The comparison of a saved answer with the same question asked now.

    Attributes:
        question: as saved.
        promised: whether generation, models, prompts and settings are the same, and neither want of time nor text of a
            language model had a part in the search, so that hits and prompt must be the same.
        kept: whether that promise holds: the same hits in the same order and, where a model was asked, the same prompt.
        differences: what else made the answers, saved and now, in words.
        hits_gone: passages that were hits and are none now.
        hits_new: the other way round.
        hits_moved: whether the order changed among those that stayed.
        same_prompt: None where no language model was asked, then or now.
        same_text: whether the answer reads the same.
        diff: unified diff of the sentences; empty for the same text.
    """

    question: str
    promised: bool
    kept: bool
    differences: tuple[str, ...]
    hits_gone: tuple[str, ...]
    hits_new: tuple[str, ...]
    hits_moved: bool
    same_prompt: bool | None
    same_text: bool
    diff: tuple[str, ...]


def replay(saved: SavedAnswer, answerer: "Answerer") -> "tuple[Replay, Answer]":
    """Ask again as the receipt says, and compare.

    A text written by a language model may differ on another processor or with another number of threads; hits and
    prompt may not, on the same generation and models. A time budget makes even those depend on the machine's speed.

    Raises:
        UsageError: the receipt holds settings that this version does not know.
    """
    receipt = saved.receipt
    settings = answerer.settings
    seed = settings.write.sampling.seed if receipt.seed is None else receipt.seed
    settings = replace(
        settings,
        mode=Mode(receipt.asked_mode),
        budget_s=receipt.budget_s,
        strategies=receipt.strategies,
        write=replace(settings.write, sampling=replace(settings.write.sampling, seed=seed)),
    )
    answer = answerer.ask(
        saved.question,
        filters=_filters(receipt.filters),
        search=_search(receipt),
        settings=settings,
        turns=[Turn(turn.question, turn.answer) for turn in receipt.turns],
    )
    return compare(saved, answer), answer


def compare(saved: SavedAnswer, answer: "Answer") -> Replay:
    """What is the same and what is not."""
    old, new = saved.receipt, answer.receipt
    differences = _differences(saved, answer)
    before = [hit.passage_id for hit in saved.hits]
    after = [hit.passage.id for hit in answer.hits]
    stayed_before = [passage for passage in before if passage in after]
    stayed_after = [passage for passage in after if passage in before]
    asked = old.prompt_hash is not None or new.prompt_hash is not None
    same_prompt = old.prompt_hash == new.prompt_hash if asked else None
    old_lines = [sentence.text for sentence in saved.sentences]
    new_lines = [sentence.text for sentence in answer.sentences]
    return Replay(
        question=saved.question,
        promised=not differences and not _left_to_chance(saved),
        kept=before == after and same_prompt is not False,
        differences=tuple(differences),
        hits_gone=tuple(passage for passage in before if passage not in after),
        hits_new=tuple(passage for passage in after if passage not in before),
        hits_moved=stayed_before != stayed_after,
        same_prompt=same_prompt,
        same_text=saved.answer == answer.text and saved.abstained == answer.abstained,
        diff=tuple(difflib.unified_diff(old_lines, new_lines, "saved", "now", lineterm="", n=1)),
    )


def _left_to_chance(saved: SavedAnswer) -> bool:
    """Whether the hits depended on the machine's speed, or on text that a language model wrote."""
    receipt = saved.receipt
    rewritten = bool(receipt.turns) and receipt.asked_mode != "extract"
    return receipt.budget_s is not None or _hurried(receipt) or bool(receipt.strategies) or rewritten


def _hurried(receipt: SavedReceipt) -> bool:
    """Whether the reranker had no time for some of the candidates."""
    return bool(receipt.reranker and receipt.reranker_note)


def _differences(saved: SavedAnswer, answer: "Answer") -> list[str]:
    old, new = saved.receipt, answer.receipt
    pairs = [
        ("index generation", old.generation, new.generation),
        ("encoder", old.encoder.fingerprint[:12], new.encoder.fingerprint[:12]),
        ("encoder's device", old.encoder.device, new.encoder.device),
        ("encoder's precision", old.encoder.precision, new.encoder.precision),
        ("gate", old.gate.fingerprint[:12], new.gate.fingerprint[:12]),
        ("gate's threshold", str(old.gate.threshold), str(new.gate.threshold)),
        ("reranker", old.reranker, new.reranker),
        ("language model", _named(old.llm), _named(new.llm)),
        ("prompts' version", old.prompt_version, new.prompt_version),
        ("verifier", old.verifier, new.verifier),
        ("settings", old.settings_hash[:12], new.settings_hash[:12]),
        ("software", old.software, new.software),
    ]
    return [
        f"{what}: {before or 'none'} then, {after or 'none'} now" for what, before, after in pairs if before != after
    ]


def _named(model: object) -> str | None:
    return f"{getattr(model, 'id', '')}@{getattr(model, 'fingerprint', '')[:12]}" if model else None


def _filters(saved: SavedFilters | None) -> Filters | None:
    if saved is None:
        return None
    try:
        return Filters(
            kinds=tuple(Kind(kind) for kind in saved.kinds),
            years=saved.years,
            statuses=tuple(Status(status) for status in saved.statuses),
            sources=saved.sources,
            roles=tuple(Role(role) for role in saved.roles),
        )
    except ValueError as error:
        raise UsageError(f"the receipt's filters cannot be understood ({error}); ask the question anew") from None


def _search(receipt: SavedReceipt) -> SearchSettings | None:
    """As saved; a reranker that had the time for all it needed then has it now."""
    try:
        found = SearchSettings(**receipt.search) if receipt.search else None
        in_time = receipt.reranker and not _hurried(receipt)
        return replace(found, rerank_budget_s=NO_HURRY_S) if found and in_time else found
    except TypeError as error:
        raise UsageError(
            f"the receipt's search settings cannot be understood ({error}); ask the question anew"
        ) from None
