"""The parts of README.md's measured section that come from run files in `eval/results/`; see `readme_numbers.py`."""

import json
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from sota_rag.eval.statistics import paired_difference

ROOT = Path(__file__).parents[1]
SYSTEMS = {
    "bm25": "BM25",
    "dense": "dense (all-MiniLM-L6-v2)",
    "rrf": "RRF, k 60",
    "convex": "convex, alpha 0.5",
    "default": "default: convex, reranker, successors on",
    "no-successors": "successors off",
    "neighbours": "neighbours read along",
}
SETS = {
    "begin": "BEGIN",
    "factcheck-gpt": "Factcheck-GPT",
    "wice": "WiCE",
    "expertqa": "ExpertQA",
    "halueval": "HaluEval QA",
    "scifact": "SciFact",
}


UNLEARNED = ("bm25", "dense", "rrf", "convex")
JUDGED = {
    "SciFact test": "scifact-test",
    "SQuAD 2.0, 3 articles held out": "squad-held-out",
    "chunking questions": "chunking-questions",
    "corpus, test topics": "corpus-test",
}
FUSIONS = {
    **{name: SYSTEMS[name] for name in UNLEARNED},
    "learned": "learned weights of the legs",
    "rrf+rerank": "RRF, reranker mixed in evenly",
    "convex+rerank": "convex, reranker mixed in evenly",
    "learned+rerank": "learned, reranker by learned weights",
    "default": "default: convex, reranker by learned weights",
}


def parts() -> list[str]:
    """Every part, in the order of the page."""
    return [reranking(), scifact(), corpus(), chunking(), answering(), verifiers(), statistics()]


def reranking() -> str:
    """Legs, fusions and the reranker on collections that none of them was fitted to."""
    runs = {label: _read(f"eval/results/{name}.json") for label, name in JUDGED.items()}
    head = " | ".join(f"{label} ({len(run['topics'])})" for label, run in runs.items())
    lines = [f"| nDCG@10 | {head} |", "|---" * (len(runs) + 1) + "|"]
    for name, label in FUSIONS.items():
        cells = [_interval(run["systems"][name]["measures"]["nDCG@10"]) for run in runs.values()]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    for measure in ("nDCG@10", "RR@10", "R@5"):
        ahead = " | ".join(_ahead(run, measure) for run in runs.values())
        lines.append(f"| default, ahead of the best of the first four: {measure} | {ahead} |")
    speed = _read("benchmarks/results/pair_speed.json")
    ways = speed["ways"]
    int8 = ways["int8, onnxruntime"]
    return "\n".join(lines) + _paragraph(f"""
        `sota-rag eval retrieval --no-texts --no-rankings --output FILE` with a `--system` for each row wrote
        `eval/results/{{{",".join(JUDGED.values())}}}.json`, over what `python benchmarks/held_out.py` wrote for the
        second and third column. Nothing was trained on any of these questions or texts; the weights were fitted to
        other questions, the dev ones over the shipped documents among them (`models/fusion/weights.json` has the table
        in which each collection is left out in turn). SciFact's train claims were
        looked at when two trained models were equal on the others. The held-out part of SQuAD is 3 articles, so its
        intervals, over questions, are narrower than they ought to be; half of the chunking questions chose the chunker.
        Ahead: paired, with 95 % intervals. On claims (SciFact) the reranker brings nothing.

        It reads {speed["pairs"]} pairs of {speed["pieces"]} word pieces in {ways["bfloat16"]["seconds"]:.2f} s in
        bfloat16, in
        {ways["float32"]["seconds"]:.2f} s in float32, and as int8 in onnxruntime in {int8["seconds"]:.2f} s
        whose scores correlate with those in float32 by {int8["correlation_with_float32"]:.2f} (bfloat16:
        {ways["bfloat16"]["correlation_with_float32"]:.4f}); what int8 does to judged questions was not measured, and it
        is not used (`python benchmarks/pair_speed.py`).
    """)


def _ahead(run: dict[str, Any], measure: str) -> str:
    """By how much the default is ahead of the best unlearned system, paired by topic."""
    systems = run["systems"]
    best = max(UNLEARNED, key=lambda name: systems[name]["measures"][measure]["mean"])
    topics = sorted(systems["default"]["per_topic"][measure])
    default, other = (
        np.array([systems[name]["per_topic"][measure][topic] for topic in topics]) for name in ("default", best)
    )
    found = paired_difference(default, other)
    return f"{found.mean:+.3f} [{found.low:+.3f}, {found.high:+.3f}] ({best})"


def scifact() -> str:
    """Retrieval on SciFact, parity with published figures, and what tuning found."""
    run = _read("eval/results/scifact-test.json")
    lines = _ablation(run, f"SciFact test, {len(run['topics'])} topics", ("bm25", "dense", "rrf", "convex"))
    parity = _read("benchmarks/results/scifact_parity.json")["systems"]
    bm25, dense = (parity[name] for name in ("BM25", "all-MiniLM-L6-v2"))
    tuned = _read("eval/results/tune-scifact.json")
    return lines + _paragraph(f"""
        From `eval/results/scifact-test.json`; the fusion was chosen on the train split
        (`eval/results/scifact-train.json`). Brackets are 95 % bootstrap intervals over
        topics;
        the milliseconds are a whole search. The measuring itself agrees with published figures: on whole abstracts,
        nDCG@10 of BM25 is {_mean(bm25, "nDCG@10")} (published {bm25["facts"]["published"]["nDCG@10"]:.3f}) and of
        all-MiniLM-L6-v2 {_mean(dense, "nDCG@10")} (published {dense["facts"]["published"]["nDCG@10"]:.3f}); this
        project's analyzer gives BM25 {_mean(parity["BM25, our analyzer"], "nDCG@10")}
        (`python benchmarks/scifact_parity.py SCIFACT --output benchmarks/results/scifact_parity.json`).
        {_tuning(tuned)}
    """)


def corpus() -> str:
    """Retrieval on the judged questions about the shipped corpus."""
    run, whole = _read("eval/results/corpus-test.json"), _read("eval/results/corpus-test-documents.json")
    systems = ("default", "bm25", "dense", "rrf", "no-successors", "neighbours")
    return (
        _ablation(run, f"Shipped corpus, {len(run['topics'])} test topics", systems)
        + _paragraph("""
        `sota-rag eval retrieval --no-rankings --output eval/results/corpus-test.json`, with a `--system` for each row,
        wrote the file. A passage counts when it holds at least half of a gold quote. By category, as a user searches:
    """)
        + "\n\n"
        + _by_category(run, whole)
        + _paragraph(f"""
        The last column counts whole documents (`--whole-documents`, `eval/results/corpus-test-documents.json`; over
        all topics {_interval(whole["measures"]["R@10"])}). `corpus/README.md` says how questions and gold were made,
        and what the misses of the weakest categories are.
    """)
    )


def _by_category(run: dict[str, Any], whole: dict[str, Any]) -> str:
    lines = ["| Category | topics | nDCG@10 | R@5 | R@10 | documents, R@10 |", "|---|---|---|---|---|---|"]
    found, documents = (one["systems"]["default"]["by_category"] for one in (run, whole))
    for category, measures in sorted(found.items()):
        count = sum(topic["category"] == category for topic in run["topics"].values())
        cells = [_interval(measures[measure]) for measure in ("nDCG@10", "R@5", "R@10")]
        lines.append(f"| {category} | {count} | {' | '.join(cells)} | {_interval(documents[category]['R@10'])} |")
    return "\n".join(lines)


def chunking() -> str:
    """Chunkers on gold spans."""
    run = _read("eval/results/chunking.json")
    names = list(next(iter(run["systems"].values()))["measures"])
    k = next(name for name in names if name.startswith("token recall@") and not name.endswith("t"))
    t = next(name for name in names if name.startswith("token recall@") and name.endswith("t"))
    measures = (k, k.replace("recall", "IoU"), t, t.replace("recall", "IoU"))
    head = [f"| {len(run['topics'])} questions with gold spans | {' | '.join(measures)} |", "|---" * 5 + "|"]
    for name, system in run["systems"].items():
        head.append(f"| {name} | {' | '.join(_interval(system['measures'][measure]) for measure in measures)} |")
    return "\n".join(head) + _paragraph(f"""
        `sota-rag eval chunking --data DIR --split test -k 5 --tokens 500 --tokens 1000 --no-texts --output
        eval/results/chunking.json`, with a `--chunker` for each row, wrote the file: five public
        corpora of nearly unstructured text, their questions split by hash into a half to choose by and this half, the
        same encoder, dense retrieval, at the same k and at the same number of retrieved tokens
        ({t.partition("@")[2].removesuffix("t")}). Figures behind a name are word pieces a passage, and of overlap. At
        the same k the smaller passages of recursive:200 have the better IoU; at the same number of tokens none is ahead
        of ours by more than noise. Splitting and two flaws of the parser were mended by what the first half showed.
    """)


def answering() -> str:
    """Answers: right, grounded, silent when they should be."""
    runs = {
        "corpus, extract": "answers-test-extract",
        "corpus, auto, without the adapter": "answers-test-auto",
        "corpus, auto": "answers-test-auto-adapter",
        "SQuAD 2.0, extract": "answers-squad2-extract",
        "CLAPnq, extract": "answers-clapnq-extract",
        "QASA (all unanswerable), extract": "answers-qasa-extract",
    }
    measures = ("gold hit", "wrong silence", "right silence", "AURC", "token F1", "ROUGE-L")
    lines = [f"| Answers | questions | {' | '.join(measures)} |", "|---" * (len(measures) + 2) + "|"]
    for label, name in runs.items():
        run = _read(f"eval/results/{name}.json")
        system = run["systems"][run["default"]]["measures"]
        cells = (_interval(system[measure]) if measure in system else "–" for measure in measures)
        lines.append(f"| {label} | {len(run['topics'])} | {' | '.join(cells)} |")
    auto = _read("eval/results/answers-test-auto-adapter.json")
    judged = auto["systems"][auto["default"]]["measures"]
    return "\n".join(lines) + _paragraph(f"""
        `sota-rag eval answers --hidden-gold [--mode auto] --output FILE` wrote the first three files (those
        in mode `auto` with `--limit 40`, the one without the adapter with `SOTA_RAG_LLM__LORA=none` and before a part
        of a sentence was shown as the whole of it),
        `sota-rag eval answers --squad|--clapnq|--qasa PATH --limit 200 --no-texts
        --output FILE` the others. The questions about the shipped corpus are asked once more with their gold documents
        hidden; SQuAD 2.0, CLAPnq and QASA are asked with
        their own passages in the index (of SQuAD and CLAPnq what the reranker and its weights never saw,
        `benchmarks/held_out.py`), and the gate was calibrated on questions about the corpus: it is too willing to
        answer SQuAD's.
        AURC is the area under risk over coverage: lower is better. Every sentence is a quotation in mode `extract`, so
        nothing can be unfaithful there. In `auto` the verifier that filtered the sentences calls
        {judged["faithfulness (lexical)"]["mean"]:.3f} of them faithful, and an independent one
        {judged["faithfulness (similarity)"]["mean"]:.3f}.
    """)


def verifiers() -> str:
    """Verifiers on human labels."""
    lines = [
        "| Labelled claims (test parts) | claims | lexical: AUROC | similarity: balanced accuracy | AUROC "
        "| learned: balanced accuracy | AUROC | ECE | gain over similarity, balanced accuracy | AUROC |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    reached: dict[str, dict[str, float]] = {"similarity": {}, "learned": {}}
    ahead: dict[str, list[str]] = {"AUROC": [], "balanced accuracy": []}
    behind: dict[str, list[str]] = {"AUROC": [], "balanced accuracy": []}
    alike, length = {}, 0.0
    for key, label in SETS.items():
        run = _read(f"eval/results/verifier-{key}-test.json")
        systems, gains = run["systems"], run["details"]["differences"]["learned - similarity"]
        plain, learned = systems["similarity"]["measures"], systems["learned"]["measures"]
        by_score = systems["learned, score"]["measures"]["balanced accuracy"]
        reached["similarity"][key] = plain["balanced accuracy"]["mean"]
        reached["learned"][key] = by_score["mean"]
        cells = [f"{systems['lexical']['measures']['AUROC']['mean']:.3f}"]
        cells += [f"{plain[name]['mean']:.3f}" for name in ("balanced accuracy", "AUROC")]
        cells += [_interval(measure) for measure in (by_score, learned["AUROC"], learned["ECE"])]
        cells += [_signed(gains[name]) for name in ("balanced accuracy", "AUROC")]
        for name, gain in ((name, gains[name]) for name in ahead):
            ahead[name] += [label] if gain["low"] > 0 else []
            behind[name] += [label] if gain["high"] < 0 else []
        if key == "halueval":
            names = ("lexical", "similarity", "learned")
            alike = {name: systems[name]["facts"]["AUROC at one length"] for name in names}
            length = run["details"]["AUROC of length alone"]
        lines.append(f"| {label} | {len(run['topics'])} | {' | '.join(cells)} |")
    named = ("wice", "scifact", "begin", "halueval")
    mean = {name: sum(values[key] for key in named) / len(named) for name, values in reached.items()}
    return "\n".join(lines) + _paragraph(f"""
        `sota-rag eval verifier --data NAME:DIR --verifier lexical --verifier similarity --verifier learned --no-texts
        --output FILE`, with `SOTA_RAG_VERIFIER__MODEL=sota-rag-verifier`, wrote `eval/results/verifier-*.json`. No
        claim or evidence of these parts was trained on. The lexical verifier, which answers are filtered by, supports
        nothing that is not said nearly word for word, so its balanced accuracy is that of a constant, .5 (BEGIN: a
        little more). Balanced accuracy of the others is by their score at the threshold that was chosen in training;
        the learned one's *verdict* `supported` asks for more than that. Over WiCE, SciFact, BEGIN and HaluEval it is
        {mean["learned"]:.3f} for the learned one and {mean["similarity"]:.3f} for the plain signals. The learned one is
        ahead of them, with an interval that excludes zero, on {_listed(ahead["balanced accuracy"])} (AUROC:
        {_listed(ahead["AUROC"])}), and behind on {_listed(behind["balanced accuracy"])} (AUROC:
        {_listed(behind["AUROC"])}). Length alone tells the labels of HaluEval apart (AUROC {length:.3f}); among its
        claims of one length AUROC is {alike["lexical"]:.3f} lexical, {alike["similarity"]:.3f} similarity,
        {alike["learned"]:.3f} learned.
    """)


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "none"


def statistics() -> str:
    """What the intervals and tests are worth."""
    result = _read("benchmarks/results/simulations.json")
    covers = [sizes["100"]["expanded percentile (ours)"]["covers"] for sizes in _coverage(result).values()]
    nulls = [share for rows in result["share of true nulls rejected at 5 %"].values() for share in _shares(rows)]
    return textwrap.fill(
        " ".join(
            f"""
        Over {result["simulations"]:,} simulations of 100 topics, the 95 % intervals cover the true mean in
        {min(covers):.1%} to {max(covers):.1%} of cases in {len(covers)} populations, and the randomisation test
        rejects a
        true null in {min(nulls):.1%} to {max(nulls):.1%} at 5 %. With fewer than ten topics an interval says how much
        doubt there is at least. `python benchmarks/simulations.py --output benchmarks/results/simulations.json`
        wrote the
        file. `make test` ends with `sota-rag eval gate`: it fails when retrieval on the shipped topics gets worse by
        more
        than noise, and names the topics.
    """.split()
        ),
        118,
    )


def _coverage(result: dict[str, Any]) -> dict[str, Any]:
    return result["coverage of 95 % intervals of a mean"]


def _shares(rows: Any) -> list[float]:
    """The figures at 100 topics, however deep they lie."""
    found = rows.get("100", rows) if isinstance(rows, dict) else rows
    return [found] if isinstance(found, float) else [value for value in found.values() if isinstance(value, float)]


def _tuning(run: dict[str, Any]) -> str:
    trials = run["details"]["tuning"]["trials"]["all"]
    before, after = (run["systems"][name]["measures"]["nDCG@10"] for name in ("before", "best trial"))
    return (
        f"`sota-rag tune` searched fusion, depth, BM25 and passage size on train in {trials} trials: "
        f"nothing beat the defaults by more than noise, so they stay (test nDCG@10 {before['mean']:.3f} before, "
        f"{after['mean']:.3f} with the best trial)."
    )


def _ablation(run: dict[str, Any], title: str, systems: tuple[str, ...]) -> str:
    lines = [f"| {title} | nDCG@10 | R@5 | R@100 | ms, median |", "|---|---|---|---|---|"]
    for name in systems:
        system = run["systems"][name]
        cells = [_interval(system["measures"][measure]) for measure in ("nDCG@10", "R@5", "R@100")]
        # A reranker remembers the pairs that it read for an earlier system, so later times say nothing.
        spent = "–" if name in ("no-successors", "neighbours") else f"{system['latency_ms']['total']['p50']:.0f}"
        lines.append(f"| {SYSTEMS[name]} | {' | '.join(cells)} | {spent} |")
    return "\n".join(lines)


def _mean(system: dict[str, Any], measure: str) -> str:
    return f"{system['measures'][measure]['mean']:.3f}"


def _paragraph(text: str) -> str:
    return "\n\n" + textwrap.fill(" ".join(text.split()), 118)


def _signed(measure: dict[str, float]) -> str:
    return f"{measure['mean']:+.3f} [{measure['low']:+.3f}, {measure['high']:+.3f}]"


def _interval(measure: dict[str, float]) -> str:
    return f"{measure['mean']:.3f} [{measure['low']:.3f}, {measure['high']:.3f}]"


def _read(path: str) -> dict[str, Any]:
    return json.loads((ROOT / path).read_text(encoding="utf-8"))
