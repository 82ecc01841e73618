"""How much evidence the language model should read: what survives of its drafts, and when the first sentence is there.

    python benchmarks/evidence_tokens.py --index INDEX --output benchmarks/results/evidence_tokens.json

Asks questions of the dev part of `corpus/topics.jsonl` in one warm process in mode `auto` with several budgets of
evidence, and in mode `extract`. Seconds are from the question to the first checked sentence; of each question's prompt
only the constant part is cached.
"""

import argparse
import json
import random
import statistics
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from sota_rag.app.answering import Answerer, AnswerSettings, Mode
from sota_rag.app.answering.progress import SentenceReady
from sota_rag.app.compose import make_answerer, open_retriever, starter_topics
from sota_rag.app.settings import Settings

CATEGORIES = ("direct", "numeric", "how-to")


def main() -> int:
    """Ask and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", required=True, help="an index of the shipped guides")
    parser.add_argument("--output", type=Path, help="where the JSON goes")
    parser.add_argument("--questions", type=int, default=12, help="how many, drawn with a fixed seed (default 12)")
    parser.add_argument("--tokens", type=int, nargs="+", default=[350, 600, 1000], help="budgets of evidence")
    arguments = parser.parse_args()
    known = [topic.question for topic in starter_topics("dev").read() if topic.category in CATEGORIES]
    asked = random.Random(11).sample(known, arguments.questions)
    settings = Settings.load(index=arguments.index, answer={"mode": "auto", "threshold": 0.0})
    with open_retriever(settings) as retriever, closing(make_answerer(settings, retriever)) as answerer:
        answerer.ask("What is a warm-up?")
        form = {"questions": len(asked), "extract": run(answerer, asked, replace(answerer.settings, mode=Mode.EXTRACT))}
        for tokens in arguments.tokens:
            write = replace(answerer.settings.write, evidence_tokens=tokens)
            form[f"auto, {tokens} tokens"] = run(answerer, asked, replace(answerer.settings, write=write))
        form["model"] = answerer.model.info.id if answerer.model else None
    print(json.dumps(form, indent=1))
    if arguments.output:
        arguments.output.write_text(json.dumps(form, indent=1) + "\n", encoding="utf-8")
    return 0


def run(answerer: Answerer, asked: list[str], settings: AnswerSettings) -> dict:
    """Counts and times over all questions."""
    first, whole, drafts, written = [], [], [], 0
    for question in asked:
        began = time.perf_counter()
        seen: list[float] = []

        def listen(event: object, began: float = began, seen: list[float] = seen) -> None:
            if isinstance(event, SentenceReady):
                seen.append(time.perf_counter() - began)

        answer = answerer.ask(question, settings=settings, listener=listen)
        whole.append(time.perf_counter() - began)
        first += seen[:1]
        drafts += [answer.drafting] if answer.drafting else []
        written += answer.mode == "generate"
    return {
        "first_sentence_s": spread(first),
        "whole_answer_s": spread(whole),
        "evidence_tokens": statistics.median(draft.evidence.tokens for draft in drafts) if drafts else None,
        "draft_sentences": sum(draft.sentences for draft in drafts),
        "shown_as_written": sum(draft.kept for draft in drafts),
        "answers_written": written,
    }


def spread(seconds: list[float]) -> dict[str, float]:
    """Median and extremes."""
    return {
        "median": round(statistics.median(seconds), 3),
        "min": round(min(seconds), 3),
        "max": round(max(seconds), 3),
    }


if __name__ == "__main__":
    sys.exit(main())
