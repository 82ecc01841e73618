"""How long the verifier takes for an answer of four sentences.

    python benchmarks/verify_speed.py --output benchmarks/results/verify_speed.json

Claims about the shipped documents (`benchmarks/rephrased_claims.jsonl`), four at a time, each held against their
evidence and that of the next six, which is as much as an answer is written from; a sentence that names no passage is
held against all of it. Nothing is judged twice, but as in an answer the sentences of the evidence were encoded
before, when the gate looked at them.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

from sota_rag.app.answering.remember import RememberingEncoder
from sota_rag.app.answering.verify.judgement import Verifier
from sota_rag.app.answering.verify.lexical import LexicalVerifier
from sota_rag.app.compose import make_encoder, make_verifier
from sota_rag.app.settings import Settings
from sota_rag.ingest.sentences import sentence_spans

ROOT = Path(__file__).parents[1]
SENTENCES, PASSAGES = 4, 10


def main() -> int:
    """Judge answer by answer, write the median."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, help="where the JSON goes; without it, it is printed")
    parser.add_argument("--answers", type=int, default=25, help="how many answers")
    arguments = parser.parse_args()
    lines = (ROOT / "benchmarks" / "rephrased_claims.jsonl").read_text(encoding="utf-8").splitlines()
    claims = [json.loads(line) for line in lines]
    settings = Settings.load()
    encoder = RememberingEncoder(make_encoder(settings))
    verifiers: dict[str, Verifier] = {"lexical": LexicalVerifier(encoder)}
    if settings.verifier.model and settings.verifier.enabled:
        verifiers["learned"] = make_verifier(settings, encoder)
    seconds: dict[str, list[float]] = {name: [] for name in verifiers}
    words = []
    for number in range(arguments.answers + 1):  # the first one loads the weights
        answer = claims[number * SENTENCES : (number + 1) * SENTENCES]
        around = claims[number * SENTENCES : number * SENTENCES + PASSAGES]
        evidence = [sentence for one in around for sentence in told(one["evidence"])]
        words.append(sum(len(sentence.split()) for sentence in evidence))
        encoder.encode(evidence)
        for name, verifier in verifiers.items():
            began = time.perf_counter()
            for one in answer:
                verifier.verify(one["claim"], evidence)
            seconds[name].append(time.perf_counter() - began)
    form = {
        "sentences": SENTENCES,
        "answers": arguments.answers,
        "words_of_evidence": statistics.median(words[1:]),
        "seconds": {name: round(statistics.median(values[1:]), 4) for name, values in seconds.items()},
        "seconds_at_most": {name: round(max(values[1:]), 4) for name, values in seconds.items()},
    }
    text = json.dumps(form, indent=1) + "\n"
    print(text)
    if arguments.output:
        arguments.output.write_text(text, encoding="utf-8")
    return 0


def told(evidence: str | list[str]) -> list[str]:
    """Sentences of a claim's evidence, passages parted by a gap."""
    found: list[str] = []
    for passage in [evidence] if isinstance(evidence, str) else evidence:
        found += [" ".join(passage[start:end].split()) for start, end in sentence_spans(passage)] + [""]
    return found


if __name__ == "__main__":
    sys.exit(main())
