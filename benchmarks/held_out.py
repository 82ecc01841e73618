"""Questions that the reranker was never trained on, in forms that `eval retrieval` reads.

    python benchmarks/held_out.py --data FOLDER --output OUT
    sota-rag eval retrieval --beir OUT/squad --ablation
    sota-rag ingest OUT/corpora; sota-rag eval retrieval --topics OUT/chunking.jsonl --ablation
    sota-rag eval answers --squad OUT/squad2.json; sota-rag eval answers --clapnq OUT/clapnq

`OUT/squad` and `OUT/squad2.json` hold the articles of SQuAD 2.0 dev that training leaves out, `OUT/clapnq` the pages
of CLAPnq dev that it leaves out, and `OUT/chunking.jsonl` the questions of Smith and Troynikov, "Evaluating Chunking
Strategies for Retrieval" (Chroma, 2024), of which the corpora are copied to `OUT/corpora`.
"""

import argparse
import csv
import json
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from sota_rag.eval.claims.parts import half_of

from train.reranker.collections import held_out_article, squad


def write_squad(data: Path, output: Path) -> int:
    """The held-out articles as a collection in BEIR layout; how many questions it has."""
    held = squad(data, held_out=True)
    output.mkdir(parents=True, exist_ok=True)
    asked = [one for one in held.asked if one.positives]
    with (output / "corpus.jsonl").open("w", encoding="utf-8") as file:
        for row, text in enumerate(held.texts):
            title, _, body = text.partition("\n")
            file.write(json.dumps({"_id": f"p{row}", "title": title, "text": body}) + "\n")
    with (output / "queries.jsonl").open("w", encoding="utf-8") as file:
        for row, one in enumerate(asked):
            file.write(json.dumps({"_id": f"q{row}", "text": one.text}) + "\n")
    (output / "qrels").mkdir(exist_ok=True)
    lines = [f"q{row}\tp{place}\t1" for row, one in enumerate(asked) for place in one.positives]
    (output / "qrels" / "test.tsv").write_text(
        "query-id\tcorpus-id\tscore\n" + "\n".join(lines) + "\n", encoding="utf-8"
    )
    return len(asked)


def write_chunking(data: Path, output: Path) -> int:
    """The chunking questions as topics, and their documents; how many questions there are."""
    shutil.copytree(data / "chunking" / "corpora", output / "corpora", dirs_exist_ok=True)
    source = data / "chunking" / "questions_df.csv"
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with (output / "chunking.jsonl").open("w", encoding="utf-8") as file:
        for count, row in enumerate(rows):
            document = f"corpora/{row['corpus_id']}.md"
            topic = {
                "id": f"c{count:03}",
                "question": row["question"],
                "category": row["corpus_id"],
                "answerable": True,
                "gold": [{"document": document, "quote": part["content"]} for part in json.loads(row["references"])],
            }
            file.write(json.dumps(topic) + "\n")
    return len(rows)


def write_reading(data: Path, output: Path) -> int:
    """SQuAD's held-out articles and CLAPnq's other half, each in its own layout; how many questions there are."""
    squad = json.loads((data / "reading" / "squad2" / "dev-v2.0.json").read_text(encoding="utf-8"))
    squad["data"] = [article for article in squad["data"] if held_out_article(article["title"])]
    (output / "squad2.json").write_text(json.dumps(squad), encoding="utf-8")
    count = sum(len(paragraph["qas"]) for article in squad["data"] for paragraph in article["paragraphs"])
    (output / "clapnq").mkdir(exist_ok=True)
    for path in sorted((data / "reading" / "clapnq").glob("clapnq_dev_*.jsonl")):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if half_of(json.loads(line)["passages"][0]["title"]) == "test"]
        (output / "clapnq" / path.name).write_text("".join(kept), encoding="utf-8")
        count += len(kept)
    return count


def main() -> None:
    """All of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with reading/ and chunking/")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()
    print(f"{write_squad(arguments.data, arguments.output / 'squad')} questions of SQuAD")
    print(f"{write_chunking(arguments.data, arguments.output)} questions of the chunking set")
    print(f"{write_reading(arguments.data, arguments.output)} questions to read and answer")


if __name__ == "__main__":
    main()
