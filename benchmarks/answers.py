"""Forty questions over the shipped guides, answered with the embedded models: what is shown, and how it came about.

    python benchmarks/answers.py --index INDEX --output benchmarks/results/answers.json

Asks `benchmarks/answers/questions.jsonl`, written by somebody who had not seen the program, in mode `auto` and in mode
`extract`, in one warm process, and keeps every sentence with its verdict, its quote and what the model wrote in its
place, to be read by a person.
`SOTA_RAG_LLM__MODEL` or `SOTA_RAG_LLM__URL` asks another model, `SOTA_RAG_LLM__LORA=none` one without an adapter, and
`--topics` asks the test topics of the shipped corpus instead; `benchmarks/blind.py` sets two such files side by side.
"""

import argparse
import json
import statistics
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from sota_rag.app.answering import Answer, Answerer, Mode
from sota_rag.app.compose import make_answerer, open_retriever, starter_topics
from sota_rag.app.settings import Settings
from sota_rag.index.builder import software_version

ROOT = Path(__file__).parents[1]
QUESTIONS = ROOT / "benchmarks" / "answers" / "questions.jsonl"


def main() -> int:
    """Ask, count, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", required=True, help="an index of the shipped guides")
    parser.add_argument("--output", type=Path, help="where the JSON goes")
    parser.add_argument("--topics", action="store_true", help="ask the test topics, in mode auto only")
    parser.add_argument("--limit", type=int, help="only the first so many questions")
    arguments = parser.parse_args()
    asked = (topics() if arguments.topics else questions())[: arguments.limit]
    settings = Settings.load(index=arguments.index, answer={"mode": "auto"})
    with open_retriever(settings) as retriever, closing(make_answerer(settings, retriever)) as answerer:
        answerer.ask("What is a warm-up?", settings=replace(answerer.settings, threshold=0.0))
        wanted = (Mode.AUTO,) if arguments.topics else (Mode.AUTO, Mode.EXTRACT)
        modes = {mode: run(answerer, asked, mode) for mode in wanted}
        info = answerer.model.info if answerer.model else None
    form = {
        "software": software_version(),
        "model": {"id": info.id, "fingerprint": info.fingerprint, "placement": info.placement} if info else None,
        "adapter": settings.llm.lora,
        "verifier": answerer.verifier.id,
        "questions": len(asked),
        **{mode.value: {"summary": summary(lines), "answers": lines} for mode, lines in modes.items()},
    }
    print(json.dumps({mode.value: form[mode.value]["summary"] for mode in modes}, indent=1))
    if arguments.output:
        arguments.output.write_text(json.dumps(form, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


def questions() -> list[dict]:
    """The forty questions."""
    lines = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    return [{**line, "quotes": [line["quote"]]} for line in lines]


def topics() -> list[dict]:
    """The judged questions over the shipped corpus that are reported on."""
    return [
        {"id": topic.id, "question": topic.question, "quotes": [gold.quote for gold in topic.gold]}
        for topic in starter_topics("test").read()
    ]


def run(answerer: Answerer, asked: list[dict], mode: Mode) -> list[dict]:
    """Answers to all questions in one mode."""
    lines = []
    for line in asked:
        started = time.perf_counter()
        answer = answerer.ask(line["question"], settings=replace(answerer.settings, mode=mode))
        seconds = time.perf_counter() - started
        lines.append(told(line, answer, seconds))
        print(f"{mode} {line['id']} {seconds:5.1f} s {answer.mode} {len(answer.sentences)} sentences", file=sys.stderr)
    return lines


def told(line: dict, answer: Answer, seconds: float) -> dict:
    """One answer, as a person reads it."""
    quotes = {citation.marker: citation.quote for citation in answer.citations}
    golds = [" ".join(quote.split()) for quote in line["quotes"]]
    return {
        "id": line["id"],
        "question": line["question"],
        "seconds": round(seconds, 2),
        "abstained": answer.abstained,
        "reason": answer.reason,
        "mode": answer.mode,
        "gold_cited": any(
            said in gold or gold in said
            for gold in golds
            for said in (" ".join(quote.split()) for quote in quotes.values())
        ),
        "sentences": [
            {
                "text": sentence.text,
                "verdict": sentence.verdict,
                "origin": sentence.origin,
                "detail": sentence.detail,
                "draft": sentence.draft,
                "quotes": [quotes[marker] for marker in sentence.citations],
            }
            for sentence in answer.sentences
        ],
        "drafting": None
        if answer.drafting is None
        else {
            "written": answer.drafting.sentences,
            "kept": answer.drafting.kept,
            "replaced": answer.drafting.replaced,
            "dropped": [[one.text, one.reason] for one in answer.drafting.dropped],
            "finish": answer.drafting.finish,
            "evidence_tokens": answer.drafting.evidence.tokens,
            "prompt_tokens": answer.drafting.prompt_tokens,
            "cached_tokens": answer.drafting.cached_tokens,
            "tokens": answer.drafting.tokens,
            "first_sentence_ms": answer.drafting.first_sentence_ms,
        },
    }


def summary(lines: list[dict]) -> dict:
    """The counts."""
    shown = [sentence for line in lines for sentence in line["sentences"]]
    drafts = [line["drafting"] for line in lines if line["drafting"]]
    first = [draft["first_sentence_ms"] for draft in drafts if draft["first_sentence_ms"] is not None]
    return {
        "answered": sum(not line["abstained"] for line in lines),
        "silent": sum(line["abstained"] for line in lines),
        "gold_cited": sum(line["gold_cited"] for line in lines),
        "answers_by_mode": dict(Counter(line["mode"] for line in lines if not line["abstained"])),
        "sentences_by_origin": dict(Counter(sentence["origin"] for sentence in shown)),
        "sentences_by_verdict": dict(Counter(sentence["verdict"] for sentence in shown)),
        "draft_sentences": sum(draft["written"] for draft in drafts),
        "draft_kept": sum(draft["kept"] for draft in drafts),
        "draft_replaced": sum(draft["replaced"] for draft in drafts),
        "seconds_median": round(statistics.median(line["seconds"] for line in lines), 2),
        "first_sentence_ms_median": round(statistics.median(first)) if first else None,
        "evidence_tokens_median": statistics.median(draft["evidence_tokens"] for draft in drafts) if drafts else None,
    }


if __name__ == "__main__":
    sys.exit(main())
