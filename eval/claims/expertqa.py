"""ExpertQA: sentences of long answers against the passages they cite, judged by experts of the field.

Malaviya et al., "ExpertQA: Expert-Curated Questions and Attributed Answers", NAACL 2024. `Complete` counts as
supported, `Partial` and `Incomplete` as unsupported. A sentence without attribution (`Missing`), without a judgement,
or with a source of which only the address is known is left out: there is nothing to hold it against. The labels are
noisy, as the experts could look at the whole page, of which the passage is an excerpt.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...index.errors import EvaluationError
from ..lines import read_rows, text_of
from .parts import unknown_elsewhere
from .reader import Claim, digest

LABELS = {"Complete": True, "Partial": False, "Incomplete": False}
_LEFT_OUT = ("Missing", "N/A", None)
_FILES = {"dev": ("domain_val", "rand_val"), "test": ("domain_test", "rand_test")}
_ADDRESS = re.compile(r"^\s*(?:\[\d+\]\s*)?\S+\s*?\n\s*\n")


def read_expertqa(folder: Path, split: str) -> list[Claim]:
    """Sentences of the part `dev` or `test`; those of one question share a source, the answering system is the group.

    The set is published with two splits, by field and at random. A part here has the questions of both, each once;
    those of a test part are never in dev.

    Raises:
        EvaluationError: there is no such part, or a line is broken.
    """
    if split not in _FILES:
        raise EvaluationError(f"no split {split!r} of ExpertQA; its parts are dev and test")
    questions = _questions(folder, split)
    if split == "dev":
        questions = unknown_elsewhere(
            questions,
            [row["question"] for _, row in questions],
            (row["question"] for _, row in _questions(folder, "test")),
        )
    return [claim for where, row in questions for claim in _claims(row, where)]


def _questions(folder: Path, split: str) -> list[tuple[str, dict[str, Any]]]:
    root = folder / "data" / "lfqa"
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for name in _FILES[split]:
        for where, row in read_rows(root / f"{name}.jsonl", f"ExpertQA has data/lfqa/{name}.jsonl"):
            found.setdefault(text_of(row, "question", where), (where, row))
    return list(found.values())


def _claims(row: dict[str, Any], where: str) -> Iterator[Claim]:
    answers = row.get("answers")
    if not isinstance(answers, dict) or not all(isinstance(answer, dict) for answer in answers.values()):
        raise EvaluationError(f"{where}: 'answers' is no object of answers; it is not a line of ExpertQA")
    source, place = digest(row["question"]), "-".join(Path(where).name.split(".jsonl:"))
    for system, answer in answers.items():
        for number, entry in enumerate(answer.get("claims") or []):
            label, evidence = entry.get("support"), entry.get("evidence") or []
            if label not in (*LABELS, *_LEFT_OUT):
                raise EvaluationError(
                    f"{where}: 'support' is {label!r}; ExpertQA has {', '.join(LABELS)}, Missing and N/A"
                )
            # An entry without an empty line is an address alone.
            if label in _LEFT_OUT or not evidence or not all(_ADDRESS.match(text) for text in evidence):
                continue
            yield Claim(
                id=f"{place}-{number}" if len(answers) == 1 else f"{place}-{system}-{number}",
                text=text_of(entry, "claim_string", where),
                evidence=tuple(_ADDRESS.sub("", text) for text in evidence),
                supported=LABELS[label],
                group=system,
                source=source,
                original=label,
                where=where,
            )
