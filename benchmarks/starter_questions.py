"""Ask the 40 test questions of the starter corpus and judge the answers: `python benchmarks/starter_questions.py`.

The sets are about the six guides that shipped first; only these are in the index. Half of the questions are answered
by them, half are not. An answer counts as right when one of its sentences overlaps a gold quote; every sentence must
stand verbatim in the document it cites. All sets were written by people who did not see the program. The first was
looked at while the gate was being built, the second gave rise to two rules in `expectation.py`; the third was asked
when everything else was done. None was trained on.
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from sota_rag.app.answering import Answer, Answerer
from sota_rag.app.compose import make_answerer, open_retriever, run_ingestion
from sota_rag.app.settings import Settings

HERE = Path(__file__).parent
GUIDES = (
    "mixture-of-experts",
    "parameter-efficient-fine-tuning",
    "preference-tuning",
    "quantization",
    "retrieval-augmented-generation",
    "what-state-of-the-art-means",
)
SETS = {"1": "starter_questions", "2": "starter_questions_2", "3": "starter_questions_3"}


def judge(answerer: Answerer, question: dict[str, Any], answer: Answer) -> dict[str, Any]:
    """One row of the result: what was answered, and whether it is right and verbatim."""
    verbatim = all(
        answerer.retriever.document(c.document.id).text[c.start : c.end] == c.quote == sentence.text
        for sentence, c in zip(answer.sentences, answer.citations, strict=True)
    )
    gold = [quote["quote"] for quote in question["gold"]]
    hit = any(s.text in quote or quote in s.text for s in answer.sentences for quote in gold)
    if question["answerable"]:
        outcome = "right answer" if hit else "wrong abstention" if answer.abstained else "answer without gold"
    else:
        outcome = "right abstention" if answer.abstained else "wrong answer"
    return {
        "id": question["id"],
        "category": question["category"],
        "question": question["question"],
        "outcome": outcome,
        "confidence": answer.confidence,
        "verbatim": verbatim,
        "answer": answer.text if not answer.abstained else answer.reason,
        "reference": question["reference"],
    }


def main() -> None:
    """Ask, judge, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=sorted(SETS), default="1", help="which set of 40 questions (default 1)")
    arguments = parser.parse_args()
    name = SETS[arguments.set]
    questions = [json.loads(line) for line in (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load(index=Path(folder) / "index", answer={"mode": "extract"})
        guides = Path(folder) / "guides"
        guides.mkdir()
        for guide in GUIDES:
            shutil.copy(HERE.parent / "corpus" / "guides" / f"{guide}.md", guides)
        run_ingestion(settings, [guides])
        with open_retriever(settings) as retriever:
            answerer = make_answerer(settings, retriever)
            rows = [judge(answerer, question, answerer.ask(question["question"])) for question in questions]
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["outcome"]] = counts.get(row["outcome"], 0) + 1
        print(f"{row['id']} [{row['category']}] {row['question']}\n    {row['outcome']}, {row['confidence']:.2f}")
        print(f"    {row['answer']}\n    reference: {row['reference']}\n")
    summary = {"counts": counts, "verbatim": all(row["verbatim"] for row in rows)}
    print(json.dumps(summary))
    output = HERE / "results" / f"{name}.json"
    output.parent.mkdir(exist_ok=True)
    output.write_text(json.dumps({**summary, "questions": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
