"""What the adapter in `models/answerer` is worth: answers of the small model without it and with it.

    python benchmarks/answerer.py --data FOLDER --output benchmarks/results/answerer.json

Questions of SQuAD articles and CLAPnq pages that nothing was trained on, each with three numbered passages: the one
that it is about and two that our own search brings up. The model writes as it does in the application, by the same
prompt and held to the same grammar; nothing is repaired. Figures: share of the tokens of the gold answer that the
answer has (silence has none), answers that cite a passage which holds the gold answer, silence, ROUGE-L against
people's answers, sentences that the lexical verifier supports; and tokens a second, read and written, without an
adapter, with the last one on top of the weights, and with it added to them, as the application runs it, turn by turn.
Answers are kept as they come, so that a run that was stopped goes on.

With `--kept` the questions are those of the sources that training kept back, and of the last adapter only its silence
is measured: how often it is silent on what can be answered over how often on what cannot, each a mean over the data
sets that have both, is `silence_odds` in `models/models.toml`.
"""

import argparse
import json
import random
import re
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from sota_rag.app.answering.drafting import Drafter
from sota_rag.app.answering.prompts import ABSTENTION, answer_messages, is_abstention, marker_grammar
from sota_rag.app.answering.remember import RememberingEncoder
from sota_rag.app.answering.verify.judgement import Verdict
from sota_rag.app.answering.verify.lexical import LexicalVerifier
from sota_rag.app.compose import make_encoder
from sota_rag.app.llm import Finished, Prompted, Request, Sampling, Text
from sota_rag.app.llm.find import find_language_model
from sota_rag.app.llm.local import LocalModel
from sota_rag.app.settings import Settings
from sota_rag.eval.answers.overlap import overlap
from sota_rag.eval.statistics import bootstrap_mean, paired_difference
from sota_rag.index import Encoder
from sota_rag.index.models import file_sha256

from train.answerer.examples import Example, gather, held_out
from train.documents import KeptVectors
from train.words import sentences

MOST_TOKENS = 160
STOCK = "without an adapter"
ADDED = ", added to the weights"


def drawn(examples: Sequence[Example], most: int, seed: int) -> list[Example]:
    """As many of each kind (collection, and whether it can be answered), in a fixed order."""
    kinds: dict[tuple[str, bool], list[Example]] = {}
    for one in examples:
        kinds.setdefault((one.origin, one.gold is not None), []).append(one)
    dice = random.Random(seed)
    return [one for _, held in sorted(kinds.items()) for one in dice.sample(held, min(most, len(held)))]


def asked(model: LocalModel, example: Example, most: int = MOST_TOKENS) -> dict[str, float | str | None]:
    """What the model writes, with tokens a second, written and read; None where there are too few to tell."""
    request = Request(
        answer_messages(example.evidence(), example.question),
        Sampling(max_tokens=most),
        grammar=marker_grammar(len(example.passages)),
    )
    parts, finished, prompted = [], None, None
    with closing(model.generate(request)) as events:
        for event in events:
            if isinstance(event, Text):
                parts.append(event.text)
            elif isinstance(event, Prompted):
                prompted = event
            elif isinstance(event, Finished):
                finished = event
    written = rate(finished.tokens, finished.generation_ms) if finished else None
    new = (prompted.prompt_tokens or 0) - (prompted.cached_tokens or 0) if prompted else 0
    read = rate(new, prompted.prompt_ms or 0.0) if prompted else None
    return {"text": "".join(parts), "tokens_a_second": written, "read_a_second": read}


def rate(tokens: int, ms: float) -> float | None:
    """Tokens a second; None for too few to tell."""
    return round(tokens / max(ms, 1.0) * 1000, 1) if tokens >= 10 else None


def speed(models: Mapping[str, LocalModel], examples: Sequence[Example]) -> dict[str, dict[str, float]]:
    """Median tokens a second of models, turn by turn, and how they compare with the first."""
    found: dict[str, dict[str, list[float]]] = {name: {"read": [], "written": []} for name in models}
    for number, example in enumerate(examples):
        for name in list(models)[:: -1 if number % 2 else 1]:
            row = asked(models[name], example, 60)
            for kind, key in (("read", "read_a_second"), ("written", "tokens_a_second")):
                if row[key] is not None:
                    found[name][kind].append(float(row[key] or 0.0))
    table: dict[str, dict[str, float]] = {}
    for name, rates in found.items():
        table[name] = {kind: round(statistics.median(values), 1) for kind, values in rates.items()}
    first = next(iter(table.values()))
    return {
        name: {**rates, **{f"{kind}, ratio": round(value / first[kind], 3) for kind, value in rates.items()}}
        for name, rates in table.items()
    }


def tokens(text: str) -> list[str]:
    """Words and numbers, in lower case."""
    return re.findall(r"\w+", text.lower())


def measured(example: Example, text: str, verifier: LexicalVerifier) -> dict[str, float]:
    """Figures of one answer; those that are not defined for it are left out."""
    drafter = Drafter(len(example.passages))
    found = [one for one in (*drafter.add(text), *drafter.end(complete=True)) if one.flaw is None]
    silent = not found or is_abstention(found[0].text)
    figures: dict[str, float] = {"silent": float(silent)}
    said = " ".join(one.text for one in found)
    if example.gold is not None and example.origin == "squad":
        held = set() if silent else set(tokens(said))
        shares = [sum(word in held for word in tokens(one)) / max(1, len(tokens(one))) for one in example.answers]
        figures["gold-token recall"] = max(shares, default=0.0)
        if not silent:
            cited = [" ".join(example.passages[marker - 1].split()) for one in found for marker in one.markers]
            answers = [answer.lower() for answer in example.answers]
            figures["right marker"] = float(any(one in text.lower() for text in cited for one in answers))
    if silent:
        return figures
    if example.gold is not None and example.origin == "clapnq":
        figures["right marker"] = float(any(marker - 1 == example.gold for one in found for marker in one.markers))
        figures["ROUGE-L"] = overlap(said, example.answers).rouge_l
    evidence = [one for passage in example.passages for one in (*sentences(passage.partition("\n")[2]), "")]
    verdicts = [verifier.verify(one.text, evidence).verdict for one in found]
    figures["supported"] = sum(one is Verdict.SUPPORTED for one in verdicts) / len(verdicts)
    return figures


def answers_of(
    model: LocalModel, name: str, examples: Sequence[Example], kept: Path, most: int = MOST_TOKENS
) -> Iterator[dict[str, float | str | None]]:
    """What a model says to each, read from a file as far as it was said before."""
    said = {}
    if kept.is_file():
        for line in kept.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            said[row["system"], row["question"], row["passages"]] = row
    with kept.open("a", encoding="utf-8") as file:
        for number, example in enumerate(examples):
            key = name, example.question, example.evidence()
            if key not in said:
                said[key] = {"system": name, "question": key[1], "passages": key[2], **asked(model, example, most)}
                file.write(json.dumps(said[key]) + "\n")
                file.flush()
            if number % 20 == 0:
                print(f"{name}: {number} of {len(examples)}", file=sys.stderr, flush=True)
            yield said[key]


def summary(rows: Sequence[dict[str, float]], before: Sequence[dict[str, float]] | None) -> dict[str, object]:
    """Means with 95 % intervals, and how far each is from the figures before, over questions that have both."""
    table: dict[str, object] = {"questions": len(rows)}
    for name in dict.fromkeys(key for row in rows for key in row):
        values = np.array([row[name] for row in rows if name in row])
        mean = bootstrap_mean(values)
        cell: dict[str, object] = {
            "mean": round(mean.mean, 4), "low": round(mean.low, 4), "high": round(mean.high, 4), "of": len(values)
        }  # fmt: skip
        if before is not None:
            both = [
                (one[name], old[name]) for one, old in zip(rows, before, strict=True) if name in one and name in old
            ]
            if len(both) > 1:
                ahead = paired_difference(*map(np.array, zip(*both, strict=True)))
                cell["later - earlier"] = [round(value, 4) for value in (ahead.mean, ahead.low, ahead.high)]
        table[name] = cell
    return table


def silence(examples: Sequence[Example], said: Sequence[str]) -> dict[str, object]:
    """Silence by data set on what can be answered and on what cannot, and the ratio of the means of sets with both."""
    kinds: dict[bool, dict[str, list[bool]]] = {True: {}, False: {}}
    for one, text in zip(examples, said, strict=True):
        kinds[one.gold is not None].setdefault(one.origin, []).append(text.startswith(ABSTENTION.rstrip(".")))
    shares = {
        answerable: {name: round(statistics.mean(held), 4) for name, held in sorted(sets.items())}
        for answerable, sets in kinds.items()
    }
    # Only sets that have both kinds: what is easy in one set says nothing of what is hard in another.
    both = sorted(shares[True].keys() & shares[False].keys())
    wrong, right = (statistics.mean(shares[answerable][name] for name in both) for answerable in (True, False))
    return {
        "silent on what can be answered": shares[True],
        "silent on what cannot": shares[False],
        "silence_odds": round(wrong / right, 2),
    }


def measure_silence(options: argparse.Namespace, encoder: Encoder) -> int:
    """Ask what training kept back, count silence, write."""
    examples = drawn(gather(options.data, encoder, options.seed, "kept"), options.most, options.seed)
    file = find_language_model(Settings().llm.model or "SmolLM2-135M-Instruct")
    model = LocalModel(file.path, model_id=file.id, lora=options.adapter[-1], window=2048)
    name = f"{file_sha256(options.adapter[-1])[:12]}, first words"
    with closing(model):
        rows = answers_of(model, name, examples, options.work / "answers.jsonl", most=len(ABSTENTION.split()) + 2)
        said = [str(row["text"]) for row in rows]
    form = {
        "made_by": f"python benchmarks/answerer.py --kept --most {options.most}",
        "adapter": file_sha256(options.adapter[-1]),
        "questions": len(examples),
        **silence(examples, said),
    }
    options.output.write_text(json.dumps(form, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(form, indent=1))
    return 0


def main() -> int:
    """Ask, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with reading/ and claims/")
    parser.add_argument(
        "--work", type=Path, default=Path(".sota-rag/train/answerer"), help="answers and vectors so far"
    )
    parser.add_argument("--adapter", type=Path, nargs="*", default=[Path("models/answerer/adapter.gguf")])
    parser.add_argument("--most", type=int, default=150, help="questions of a kind")
    parser.add_argument("--kept", action="store_true", help="measure silence on what training kept back, nothing else")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, required=True)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    settings = Settings()
    encoder: Encoder = KeptVectors(make_encoder(settings), options.work / "vectors.sqlite")
    if options.kept:
        return measure_silence(options, encoder)
    examples = drawn(held_out(options.data, encoder, options.seed), options.most, options.seed)
    verifier = LexicalVerifier(RememberingEncoder(encoder))
    file = find_language_model(settings.llm.model or "SmolLM2-135M-Instruct")
    systems: dict[str, list[tuple[Example, dict[str, float]]]] = {}
    began = time.perf_counter()
    ways = [
        (None, None),
        *((adapter, None) for adapter in options.adapter),
        (options.adapter[-1], options.work / "merged"),
    ]
    for adapter, merged in ways:
        name = STOCK if adapter is None else adapter.parent.name if adapter.stem == "adapter" else adapter.stem
        name += ADDED if merged else ""
        key = STOCK if adapter is None else file_sha256(adapter)[:12] + (ADDED if merged else "")
        with closing(LocalModel(file.path, model_id=file.id, lora=adapter, merged=merged, window=2048)) as model:
            said = answers_of(model, key, examples, options.work / "answers.jsonl")
            systems[name] = [
                (one, measured(one, str(row["text"]), verifier)) for one, row in zip(examples, said, strict=True)
            ]
    last = options.adapter[-1]
    with ExitStack() as open_:
        models = {
            name: open_.enter_context(closing(LocalModel(file.path, lora=adapter, merged=merged, window=2048)))
            for name, adapter, merged in (
                (STOCK, None, None),
                ("on top of the weights", last, None),
                (ADDED.removeprefix(", "), last, options.work / "merged"),
            )
        }
        speeds = speed(models, [one for one in examples if one.gold is not None][:20])
    form: dict[str, object] = {
        "made_by": f"python benchmarks/answerer.py --most {options.most}",
        "passages": 3,
        "seed": options.seed,
        "model": file.id,
        "settings": asdict(Sampling(max_tokens=MOST_TOKENS)),
        "tokens a second": speeds,
    }
    for name, rows in systems.items():
        table: dict[str, object] = {}
        for origin in ("squad", "clapnq"):
            for answerable in (True, False):
                places = [
                    place
                    for place, (one, _) in enumerate(rows)
                    if one.origin == origin and (one.gold is not None) is answerable
                ]
                before = None if name == STOCK else [systems[STOCK][place][1] for place in places]
                key = f"{origin}, {'answerable' if answerable else 'unanswerable'}"
                table[key] = summary([rows[place][1] for place in places], before)
        form[name] = table
    options.output.write_text(json.dumps(form, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(form, indent=1))
    print(f"{time.perf_counter() - began:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
