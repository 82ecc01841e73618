"""Query strategies with the embedded language model, against plain search: `python benchmarks/strategies.py`.

Every fourth answerable training question is asked of the shipped guides, plainly and with each strategy alone. A gold
passage is one that overlaps a gold quote. Training questions only: the weights of the fusion were chosen on some of
them, so the figures show what the strategies do, not what they are worth on new questions.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sota_rag.app.compose import open_retriever, run_ingestion
from sota_rag.app.llm.find import find_language_model
from sota_rag.app.llm.local import LocalModel
from sota_rag.app.settings import Settings
from sota_rag.app.strategies import PROMPTS_VERSION, retrieve
from sota_rag.app.strategies.reports import StrategyName
from sota_rag.index import Retriever, SearchResult

HERE = Path(__file__).parent
QUESTIONS = HERE.parent / "corpus" / "topics" / "train.jsonl"
STRATEGIES: tuple[StrategyName, ...] = ("hyde", "multi-query", "decompose")
K = 10


def gold_spans(retriever: Retriever, question: dict[str, Any]) -> list[tuple[str, int, int]]:
    """Document id and span of every gold quote."""
    by_file = {info.id.rpartition("/")[2]: info.id for info in retriever.documents()}
    spans = []
    for gold in question["gold"]:
        document = by_file[gold["document"].rpartition("/")[2]]
        start = retriever.document(document).text.find(gold["quote"])
        if start >= 0:
            spans.append((document, start, start + len(gold["quote"])))
    return spans


def gold_rank(result: SearchResult, spans: list[tuple[str, int, int]]) -> int | None:
    """Rank of the first hit that overlaps a gold quote; None when none does."""
    for hit in result.hits:
        passage = hit.passage
        if any(passage.document_id == d and passage.start < end and start < passage.end for d, start, end in spans):
            return hit.rank
    return None


def measures(ranks: list[int | None]) -> dict[str, float]:
    """Share of questions with a gold passage among the first 1, 3, 6 and 10, and the mean reciprocal rank."""
    shares = {f"gold in first {n}": sum(rank is not None and rank <= n for rank in ranks) for n in (1, 3, 6, K)}
    rounded = {name: round(count / len(ranks), 3) for name, count in shares.items()}
    return {**rounded, f"RR@{K}": round(sum(1 / rank for rank in ranks if rank) / len(ranks), 3)}


def compare(
    retriever: Retriever, model: LocalModel, questions: list[dict[str, Any]], say: Callable[[str], None]
) -> dict:
    """Plain search and each strategy alone, over all questions."""
    view = retriever.view()
    spans = [gold_spans(retriever, question) for question in questions]
    plain = [view.search(question["question"], K) for question in questions]
    before = [gold_rank(result, span) for result, span in zip(plain, spans, strict=True)]
    table: dict[str, Any] = {"plain": measures(before)}
    for name in STRATEGIES:
        ranks, rows, spent = [], [], []
        for question, span, result, was in zip(questions, spans, plain, before, strict=True):
            started = time.perf_counter()
            found = retrieve(view, question["question"], K, strategies=(name,), model=model, encoder=retriever.encoder)
            (report,) = found.reports
            if report.ran:
                spent.append(time.perf_counter() - started)
            now = gold_rank(found.result, span)
            ranks.append(now)
            known = {hit.passage.id for hit in result.hits}
            new = sum(hit.passage.id not in known for hit in found.result.hits)
            rows.append(
                {"id": question["id"], "question": question["question"], "ran": report.ran, "detail": report.detail,
                 "queries": report.queries, "new_hits": new, "gold_rank_plain": was, "gold_rank": now}
            )  # fmt: skip
        table[name] = {
            "ran": sum(row["ran"] for row in rows),
            "hits_exchanged": sum(row["new_hits"] for row in rows),
            "gold_gained": sum(row["gold_rank_plain"] is None and row["gold_rank"] is not None for row in rows),
            "gold_lost": sum(row["gold_rank_plain"] is not None and row["gold_rank"] is None for row in rows),
            "seconds_median": round(statistics.median(spent), 2) if spent else None,
            **measures(ranks),
            "rows": rows,
        }
        say(f"{name}: { ({key: value for key, value in table[name].items() if key != 'rows'}) }")
    return table


def main() -> None:
    """Search, compare, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=4, help="take every so many-th question (default 4)")
    parser.add_argument("--out", type=Path, default=HERE / "results" / "strategies.json", help="file to write")
    arguments = parser.parse_args()
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    questions = [question for line in lines if (question := json.loads(line))["answerable"]][:: arguments.every]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(index=Path(folder) / "index")
        run_ingestion(settings)
        found = find_language_model("SmolLM2-135M-Instruct")
        model = LocalModel(found.path, model_id=found.id)
        try:
            with open_retriever(settings) as retriever:
                table = compare(retriever, model, questions, print)
        finally:
            model.close()
    print(f"plain: {table['plain']}")
    result = {"model": found.id, "prompts": PROMPTS_VERSION, "questions": len(questions), "k": K, **table}
    arguments.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
