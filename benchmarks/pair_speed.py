"""How fast the reranker reads, and whether int8 through onnxruntime would be better than what is used.

    pip install onnx onnxruntime
    python benchmarks/pair_speed.py --output benchmarks/results/pair_speed.json

Thirty pairs of 200 word pieces each, cut from the passages that ship; the median of several rounds, the ways taken in
turn, so that a busy machine is busy for all. How far a way's scores lie from those in float32 is measured on the same
pairs. Without onnx and onnxruntime the other ways are measured and the report says so.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from sota_rag.app.compose import starter_corpus
from sota_rag.index.cross_encoder import PairModel

from train.documents import read_documents

PAIRS, PIECES, ROUNDS = 30, 200, 25
QUESTION = "Which weights does low-rank adaptation train, and which does it leave as they were?"
Way = Callable[[list[tuple[str, str]]], NDArray[np.float32]]


def pairs(tokenizer) -> list[tuple[str, str]]:  # noqa: ANN001 - whatever transformers gives
    """A question with passages that make pairs of exactly so many word pieces."""
    room = PIECES - 3 - len(tokenizer(QUESTION, add_special_tokens=False)["input_ids"])
    documents = read_documents(starter_corpus()[:1])
    text = " ".join(" ".join(passage.text.split()) for cut in documents.values() for passage in cut.passages)
    found: list[tuple[str, str]] = []
    at = 0
    while len(found) < PAIRS:
        said = tokenizer(text[at : at + 4000], add_special_tokens=False, return_offsets_mapping=True)
        places = said["offset_mapping"]
        for more in range(4):  # a piece at the end of the cut may be another one than in the text
            piece = text[at : at + places[room - 1 - more][1]]
            if len(tokenizer(QUESTION, piece)["input_ids"]) == PIECES:
                found.append((QUESTION, piece))
                break
        at += places[room][1] + 997
    return found


def torch_way(model: str, precision: str, *, spared: bool = True) -> Way:
    """The application's own, without its memory of pairs."""
    held = PairModel(model, 1, device="cpu", precision=precision)
    held.load()
    loaded = held._load()
    if not spared:
        for bert in loaded.modules():
            if type(bert).__name__ == "BertModel":
                bert.encoder.layer[-1].attention.output._forward_pre_hooks.clear()
    return lambda given: np.asarray(
        loaded.predict(given, batch_size=8, show_progress_bar=False), dtype=np.float32
    ).ravel()


def onnx_way(model: str, work: Path) -> Way:
    """int8 weights and activations, quantised dynamically, in onnxruntime on all cores."""
    import onnxruntime
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from sota_rag.index.models import find_model
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = find_model(model).folder
    network = AutoModelForSequenceClassification.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True, attn_implementation="eager"
    ).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    example = tokenizer([("one", "two words"), ("three", "four more words")], padding=True, return_tensors="pt")
    network.config.return_dict = False
    torch.onnx.export(
        network, tuple(example[name] for name in names), str(work / "model.onnx"), input_names=names,
        output_names=["logits"], dynamic_axes={name: {0: "pairs", 1: "pieces"} for name in names}, dynamo=False,
    )  # fmt: skip
    quantize_dynamic(work / "model.onnx", work / "int8.onnx", weight_type=QuantType.QInt8)
    session = onnxruntime.InferenceSession(str(work / "int8.onnx"), providers=["CPUExecutionProvider"])

    def read(given: list[tuple[str, str]]) -> NDArray[np.float32]:
        rows = []
        for start in range(0, len(given), 8):
            said = tokenizer(given[start : start + 8], padding=True, truncation=True, return_tensors="np")
            rows.append(session.run(None, {name: said[name].astype(np.int64) for name in names})[0])
        return np.concatenate(rows).astype(np.float32).ravel()

    return read


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="sota-rag-reranker")
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    import torch
    from sota_rag.index.models import find_model
    from transformers import AutoTokenizer

    given = pairs(AutoTokenizer.from_pretrained(find_model(options.model).folder, local_files_only=True))
    ways = {
        "bfloat16": torch_way(options.model, "bfloat16"),
        "bfloat16, whole last layer": torch_way(options.model, "bfloat16", spared=False),
        "float32": torch_way(options.model, "float32"),
    }
    with tempfile.TemporaryDirectory() as work:
        if find_spec("onnxruntime") and find_spec("onnx"):
            ways["int8, onnxruntime"] = onnx_way(options.model, Path(work))
        else:
            print("onnx or onnxruntime is not installed; int8 is not measured")
        scores = {name: way(given) for name, way in ways.items()}
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                began = time.perf_counter()
                way(given)
                seconds[name].append(time.perf_counter() - began)
    exact = scores["float32"]
    report = {
        "pairs": PAIRS,
        "pieces": PIECES,
        "threads": torch.get_num_threads(),
        "ways": {
            name: {
                "seconds": round(statistics.median(seconds[name]), 3),
                "fastest": round(min(seconds[name]), 3),
                "pairs_per_s": round(PAIRS / statistics.median(seconds[name]), 1),
                "farthest_from_float32": round(float(np.abs(scores[name] - exact).max()), 3),
                "correlation_with_float32": round(float(np.corrcoef(scores[name], exact)[0, 1]), 4),
            }
            for name in ways
        },
    }
    options.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
