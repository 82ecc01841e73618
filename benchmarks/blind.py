"""Two sets of answers side by side, without saying which is which, and what a reader made of them.

    python benchmarks/blind.py sheet BEFORE.json AFTER.json --output sheet.jsonl
    python benchmarks/blind.py count BEFORE.json AFTER.json --verdicts verdicts.jsonl --output result.json

Both files are of `benchmarks/answers.py --topics`. The sheet has `--most` questions that both answer, or all where
there are fewer, with `--different` only such as they answer in other words; the answers are called `one` and `two` in
an order drawn by lot for each, and stand beside the quotes that are known to answer. The reader writes a line for each,
`{"id": …, "better": "one" | "two" | "same", "right": [true, false]}`: whose answer they would rather have got, and
whether each answers the question. `count` draws the lots again.
"""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sota_rag.app.compose import starter_topics

Pair = tuple[dict[str, Any], dict[str, Any]]


def pairs(before: Path, after: Path, seed: int, most: int, *, different: bool) -> list[tuple[Pair, bool]]:
    """Answers to the same questions, and whether they change places."""
    files = [json.loads(path.read_text(encoding="utf-8"))["auto"]["answers"] for path in (before, after)]
    later = {line["id"]: line for line in files[1]}
    both = [(line, later[line["id"]]) for line in files[0]]
    both = [pair for pair in both if not any(line["abstained"] for line in pair)]
    if different:
        both = [pair for pair in both if text(pair[0]) != text(pair[1])]
    dice = random.Random(seed)
    chosen = sorted(dice.sample(both, min(most, len(both))), key=lambda pair: pair[0]["id"])
    return [(pair, dice.random() < 0.5) for pair in chosen]


def text(answer: dict[str, Any]) -> str:
    """An answer as its reader sees it, without what tells how it came about."""
    return " ".join(" ".join(sentence["text"].split()) for sentence in answer["sentences"])


def sheet(chosen: list[tuple[Pair, bool]]) -> Iterator[dict[str, Any]]:
    """The lines for the reader."""
    golds = {topic.id: [gold.quote for gold in topic.gold] for topic in starter_topics("test").read()}
    for pair, turned in chosen:
        one, two = reversed(pair) if turned else pair
        yield {
            "id": one["id"],
            "question": one["question"],
            "known": golds[one["id"]],
            "one": text(one),
            "two": text(two),
        }


def counted(chosen: list[tuple[Pair, bool]], verdicts: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """How often which was better, and how often each was right."""
    better, right = Counter[str](), Counter[str]()
    same_words = 0
    for pair, turned in chosen:
        verdict = verdicts[pair[0]["id"]]
        names = ("after", "before") if turned else ("before", "after")
        better[{"one": names[0], "two": names[1], "same": "same"}[verdict["better"]]] += 1
        right.update(name for name, held in zip(names, verdict["right"], strict=True) if held)
        same_words += text(pair[0]) == text(pair[1])
    return {"pairs": len(chosen), "of them word for word the same": same_words, "better": better, "right": right}


def main() -> int:
    """Make the sheet, or count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("sheet", "count"))
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--verdicts", type=Path, help="lines of the reader, for `count`")
    parser.add_argument("--seed", type=int, default=0, help="of the lots")
    parser.add_argument("--most", type=int, default=30, help="questions")
    parser.add_argument("--different", action="store_true", help="leave out what both answer word for word alike")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    chosen = pairs(options.before, options.after, options.seed, options.most, different=options.different)
    if options.what == "sheet":
        lines = [json.dumps(line, ensure_ascii=False) for line in sheet(chosen)]
        options.output.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return 0
    if options.verdicts is None:
        parser.error("count needs --verdicts")
    rows = [json.loads(line) for line in options.verdicts.read_text(encoding="utf-8").splitlines() if line.strip()]
    verdicts = {row["id"]: row for row in rows}
    if missing := [pair[0]["id"] for pair, _ in chosen if pair[0]["id"] not in verdicts]:
        parser.error(f"{options.verdicts} says nothing of {', '.join(missing)}")
    form = {
        "made_by": f"python benchmarks/blind.py count --most {options.most}{' --different' * options.different}",
        "seed": options.seed,
        **counted(chosen, verdicts),
        "lines": [
            {**line, "before": "two" if turned else "one", "verdict": verdicts[line["id"]]}
            for line, (_, turned) in zip(sheet(chosen), chosen, strict=True)
        ],
    }
    options.output.write_text(json.dumps(form, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps({key: value for key, value in form.items() if key != "lines"}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
