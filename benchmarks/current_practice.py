"""Ask ten questions about practices that were put away: `python benchmarks/current_practice.py ANTHOLOGY_DIR`.

The folder holds the registries of the ML Training Anthology (`research.yaml`, `registry.yaml`), which are not part of
this repository; they are indexed together with the shipped guides. Each question aims at a work in the attic. In
`current` mode its successor, where it has one, must stand above it, with the reason shown; in `history` mode the hits
must be unmarked and in the order of their scores. The questions were written from the entries before any was asked.
"""

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sota_rag.app.compose import open_retriever, run_ingestion, starter_corpus
from sota_rag.app.settings import Settings
from sota_rag.index import Hit, Retriever
from sota_rag.index.snapshot import open_current
from sota_rag.index.types import Relation

HERE = Path(__file__).parent
K = 10


def linked_passages(index: Path) -> dict[str, set[str]]:
    """By arXiv id, the passages that are linked to a work's practices."""
    store = open_current(index).store
    arxiv_id = {practice.key: practice.arxiv_id for practice in store.practices()}
    links = store.practice_links()
    passages = store.passages([row for row, _, _ in links])
    found: dict[str, set[str]] = {}
    for (_, key, _), passage in zip(links, passages, strict=True):
        found.setdefault(arxiv_id[key] or "", set()).add(passage.id)
    return found


def rank(hits: Sequence[Hit], passages: set[str]) -> int | None:
    """Rank of the first hit among some passages."""
    return next((hit.rank for hit in hits if hit.passage.id in passages), None)


def judge(retriever: Retriever, question: dict[str, Any], linked: dict[str, set[str]]) -> dict[str, Any]:
    """One row of the result: where both practices stand in either mode, the mark and its reason."""
    before, after = (linked.get(question[name] or "", set()) for name in ("predecessor", "successor"))
    modes = {}
    hits: dict[str, tuple[Hit, ...]] = {}
    for mode in ("current", "history"):
        result = retriever.search(question["question"], K, settings=replace(retriever.settings, mode=mode))
        hits[mode] = result.hits
        modes[mode] = {
            "predecessor": rank(result.hits, before),
            "successor": rank(result.hits, after),
            "stage": next(stage.detail for stage in result.stages if stage.name == "successors"),
        }
    marks = [hit.practice for hit in hits["current"] if hit.passage.id in before and hit.practice]
    natural = sorted(hits["history"], key=lambda hit: (-hit.score, hit.passage.id))
    return {
        **question,
        **modes,
        "mark": marks[0].relation if marks else None,
        "reason": marks[0].reason if marks else "",
        "current_is_right": _right(question, modes["current"], marks[0].relation if marks else None),
        "history_is_unchanged": list(hits["history"]) == natural and not any(hit.practice for hit in hits["history"]),
    }


def _right(question: dict[str, Any], found: dict[str, Any], mark: Relation | None) -> bool | None:
    """Whether the successor stands above the predecessor and both say so; None when the predecessor is not a hit."""
    if found["predecessor"] is None:
        return None
    if question["successor"] is None:
        return mark is Relation.PUT_AWAY
    return mark is Relation.SUPERSEDED and (found["successor"] or K + 1) < found["predecessor"]


def summarise(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Shares over the questions, for both modes."""
    replaced = [row for row in rows if row["successor"]]

    def recall(mode: str) -> float:
        return sum(row[mode]["successor"] is not None for row in replaced) / len(replaced)

    def leak(mode: str) -> float:
        """Share of questions in which a superseded practice stands above every passage of its successor."""
        return sum(
            row[mode]["predecessor"] is not None and row[mode]["predecessor"] < (row[mode]["successor"] or K + 1)
            for row in replaced
        ) / len(replaced)

    return {
        "questions": len(rows),
        "predecessor_found": sum(row["current"]["predecessor"] is not None for row in rows),
        "current_is_right": sum(row["current_is_right"] is True for row in rows),
        "current_is_wrong": sum(row["current_is_right"] is False for row in rows),
        "history_is_unchanged": sum(row["history_is_unchanged"] for row in rows),
        **{f"successor_recall@{K}": {mode: round(recall(mode), 3) for mode in ("current", "history")}},
        **{f"superseded_leak@{K}": {mode: round(leak(mode), 3) for mode in ("current", "history")}},
    }


def main() -> None:
    """Ask, judge, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("anthology", type=Path, help="folder with research.yaml and registry.yaml")
    arguments = parser.parse_args()
    lines = (HERE / "current_practice.jsonl").read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(index=Path(folder) / "index")
        run_ingestion(settings, [*starter_corpus(), arguments.anthology])
        linked = linked_passages(settings.index)
        with open_retriever(settings) as retriever:
            rows = [judge(retriever, json.loads(line), linked) for line in lines]
    for row in rows:
        print(f"{row['id']} {row['question']}")
        for mode in ("current", "history"):
            found = row[mode]
            print(
                f"    {mode:<8} predecessor {found['predecessor'] or '-':>2}  successor {found['successor'] or '-':>2}"
            )
        print(f"    {row['mark'] or 'no mark'}: {row['reason'] or '-'}\n")
    summary = summarise(rows)
    print(json.dumps(summary))
    # The reasons are the registry's own words, and stay out of the result.
    kept = [
        {key: value for key, value in row.items() if key != "reason"} | {"has_reason": bool(row["reason"])}
        for row in rows
    ]
    output = HERE / "results" / "current_practice.json"
    output.parent.mkdir(exist_ok=True)
    output.write_text(json.dumps({**summary, "results": kept}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
