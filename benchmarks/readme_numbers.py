"""Fill the measured tables of README.md from the committed result files: `python benchmarks/readme_numbers.py`.

`tests/test_readme.py` fails when README and the files disagree.
"""

import json
import runpy
import textwrap
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- measured: begin, filled by benchmarks/readme_numbers.py -->", "<!-- measured: end -->"
EVALUATION = runpy.run_path(str(Path(__file__).with_name("readme_evaluation.py")))


def section() -> str:
    """The measured part of README.md, without its markers."""
    parts = (
        *EVALUATION["parts"](),
        starter(),
        answers(),
        adapter(),
        planted(),
        injections(),
        worker(),
        papers(),
        ingestion(),
        hostile(),
    )
    return "\n\n".join(parts)


def starter() -> str:
    """Questions to the starter corpus."""
    sets = [_read(f"benchmarks/results/starter_questions{name}.json") for name in ("", "_2", "_3")]
    rows = (
        ("answered with a gold sentence", "right answer"),
        ("answered, but with other sentences", "answer without gold"),
        ("wrongly silent", "wrong abstention"),
        ("rightly silent", "right abstention"),
        ("answered although the corpus does not say", "wrong answer"),
    )
    lines = [
        "| The six guides that shipped first: 20 questions they answer, 20 they do not | set 1 | set 2 | set 3 |",
        "|---|---|---|---|",
    ]
    lines += [f"| {label} | " + " | ".join(str(s["counts"].get(key, 0)) for s in sets) + " |" for label, key in rows]
    return "\n".join(lines) + _paragraph("""
        `python benchmarks/starter_questions.py --set N` wrote `benchmarks/results/`; every sentence was verbatim. All
        sets were written blind. Set 1 was looked at while the gate was being built, set 2 gave rise to two rules, set
        3 was asked when the program was done, and again after each change of the gate. Half of the unanswerable
        questions are near misses (the right topic, a fact that is not there); they are what goes wrong most.
    """)


def answers() -> str:
    """Answers of the embedded language model."""
    result = _read("benchmarks/results/answers.json")
    auto, extract = result["auto"]["summary"], result["extract"]["summary"]
    rows = (
        ("answered", "answered"),
        ("answered citing the gold sentence", "gold_cited"),
        ("seconds, median", "seconds_median"),
    )
    lines = [
        f"| {result['questions']} questions over the six guides that shipped first | auto | extract |",
        "|---|---|---|",
    ]
    lines += [f"| {label} | {auto[key]} | {extract[key]} |" for label, key in rows]
    origins, verdicts = auto["sentences_by_origin"], auto["sentences_by_verdict"]
    read = _read("benchmarks/answers/read.json")
    return "\n".join(lines) + _paragraph(f"""
        With {result["model"]["id"]}, mode `auto`: of {auto["draft_sentences"]} sentences that it wrote,
        {auto["draft_kept"]} could be shown as written and {auto["draft_replaced"]} were replaced by a quotation for the
        time being; where less than half of a draft survived, the whole answer was quoted. Shown in the end:
        {origins.get("generated", 0)} sentences as written, {origins.get("replaced", 0)} replaced,
        {origins.get("extracted", 0)} extracted ({_counts(verdicts)}). All {read["sentences"]} were read by
        {read["by"]}: {read["supported_but_not_said"]} were shown as supported without their citation saying so. The
        model is too small to write; a larger GGUF or a server was not at hand.
        `python benchmarks/answers.py --index INDEX --output benchmarks/results/answers.json` wrote the file, before the
        corpus and the gate grew.
    """)


def adapter() -> str:
    """What the adapter for the small language model is worth."""
    result, blind = _read("benchmarks/results/answerer.json"), _read("benchmarks/results/answerer_blind.json")
    systems = [name for name, table in result.items() if isinstance(table, dict) and "squad, answerable" in table]
    rows = (
        ("SQuAD, answerable: tokens of the gold answer that are said", "squad, answerable", "gold-token recall"),
        ("answers that cite a passage which holds it", "squad, answerable", "right marker"),
        ("wrongly silent", "squad, answerable", "silent"),
        ("sentences supported, lexical verifier", "squad, answerable", "supported"),
        ("SQuAD, not answerable: rightly silent", "squad, unanswerable", "silent"),
        ("CLAPnq, answerable: ROUGE-L of what is answered", "clapnq, answerable", "ROUGE-L"),
        ("wrongly silent", "clapnq, answerable", "silent"),
        ("sentences supported, lexical verifier", "clapnq, answerable", "supported"),
        ("CLAPnq, not answerable: rightly silent", "clapnq, unanswerable", "silent"),
    )
    questions = result[systems[0]]["squad, answerable"]["questions"]
    lines = [
        f"| {result['model']}, three passages, {questions} questions a kind | {' | '.join(systems)} |",
        "|---" * (len(systems) + 1) + "|",
    ]
    for label, kind, measure in rows:
        cells = (_cell(result[name][kind].get(measure)) for name in systems)
        lines.append(f"| {label} | {' | '.join(cells)} |")
    topics = [_read(f"benchmarks/results/answers_topics{name}.json")["auto"] for name in ("", "_adapter")]
    (stock, with_it), (parts_before, parts_after) = (
        [one["summary"] for one in topics],
        [_parts_of_sentences(one["answers"]) for one in topics],
    )
    better, right, speeds = blind["better"], blind["right"], result["tokens a second"]
    plain, on_top, added = speeds.values()
    return "\n".join(lines) + _paragraph(f"""
        `python benchmarks/answerer.py --data FOLDER --most 40 --adapter FIRST models/answerer/adapter.gguf --output
        benchmarks/results/answerer.json` wrote the file: SQuAD
        articles and CLAPnq pages that nothing was trained on, what the model writes before anything is checked, means
        with 95 % intervals. Tokens a second, turn by turn: without an adapter {plain["read"]:.0f} read and
        {plain["written"]:.0f} written, with it on top of the weights {on_top["read, ratio"]:.2f} and
        {on_top["written, ratio"]:.2f} times as many, with it added to them, as the application runs it,
        {added["read, ratio"]:.2f} and {added["written, ratio"]:.2f} times. In the application,
        over the first {len(topics[0]["answers"])} test topics in mode `auto`, {stock["draft_kept"]}
        of {stock["draft_sentences"]} sentences were shown as they were written without the adapter and {parts_before}
        as the whole sentence that they are a part of; {with_it["draft_kept"]} and {parts_after} of
        {with_it["draft_sentences"]} with it (`benchmarks/answers.py --topics
        --limit {len(topics[0]["answers"])}`; the run without it with `SOTA_RAG_LLM__LORA=none`,
        before what fits best was quoted beside a draft, of which 3 were shown);
        {stock["answered"]} and {with_it["answered"]} questions were answered, {stock["gold_cited"]} and
        {with_it["gold_cited"]} with a sentence that is known to answer. Of the {blind["pairs"]} that both answer, in
        different words, a language model that did not know which was which liked the answer without the adapter better
        {better["before"]} times, the one with it {better["after"]} times, and {better.get("same", 0)} alike; it called
        {right["before"]} and {right["after"]} right (`benchmarks/blind.py --different`).
    """)


def _parts_of_sentences(answers: list[dict[str, Any]]) -> int:
    """Sentences that were put in place of a part of them."""
    return sum(one["detail"].startswith("it is a part of") for line in answers for one in line["sentences"])


def planted() -> str:
    """False sentences made of true ones, by people and by rule, and what is not recognised as true."""
    by_hand = _read("benchmarks/results/planted_errors.json")
    by_rule = _read("benchmarks/results/damaged_sentences.json")
    lines = [
        "| Not shown as supported | 300 errors planted by hand: lexical | learned | damaged by rule: learned |",
        "|---|---|---|---|",
    ]
    for kind in ("number", "unit", "date", "negation", "comparison", "name"):
        cells = []
        for name in ("lexical", "learned"):
            counts = by_hand[name]["planted"][kind]
            cells.append(f"{sum(counts.values()) - counts.get('supported', 0)} of {sum(counts.values())}")
        lines.append(f"| {kind} | {' | '.join(cells)} | {by_rule['learned']['caught'][kind]['share']:.2f} |")
    shares = {kind: by_rule["learned"]["caught"][kind]["share"] for kind in ("swap", "scope")}
    lines += [f"| {kind} | – | – | {share:.2f} |" for kind, share in shares.items()]

    def passed(name: str, part: str) -> tuple[int, int]:
        counts = by_hand[name]["attacks"] if part == "attacks" else by_hand[name]["faithful"][part]
        return counts.get("supported", 0), sum(counts.values())

    shortened = {name: passed(name, "verbatim-shortened") for name in ("lexical", "learned")}
    free = {name: passed(name, "paraphrase") for name in shortened}
    attacks = {name: passed(name, "attacks") for name in shortened}
    alarms = by_rule["learned"]["false_alarms"]
    told = _paragraph(f"""
        `python benchmarks/planted_errors.py --output benchmarks/results/planted_errors.json` and `python
        benchmarks/damaged_sentences.py --output benchmarks/results/damaged_sentences.json` wrote the files. The 300
        were written by somebody who had not seen a verifier; a reviewer who had read the lexical one then wrote
        {attacks["lexical"][1]} claims that keep the words of a sentence and turn what it says. Of those
        {by_hand["lexical"]["attacks_supported_at_first"]} passed the first lexical verifier, {attacks["lexical"][0]}
        pass the present one, and {attacks["learned"][0]} the learned one. The price of the lexical one: of true
        sentences that only shorten the passage it supports {shortened["lexical"][0]} of {shortened["lexical"][1]}, of
        free paraphrases {free["lexical"][0]} of {free["lexical"][1]}; the learned one {shortened["learned"][0]} and
        {free["learned"][0]}. Of {alarms["sentences"]} true sentences beside those damaged by rule it refuses
        {alarms["share"]:.0%}.
    """)
    return "\n".join(lines) + told + rephrased()


def rephrased() -> str:
    """Claims about the shipped documents in other words, written blind."""
    run = _read("eval/results/verifier-rephrased.json")
    learned, lexical = run["systems"]["learned"]["measures"], run["systems"]["lexical"]["measures"]
    score = run["systems"]["learned, score"]["measures"]
    pair = (("new", learned), ("old", lexical))
    auroc = {name: "[{low:.2f}, {high:.2f}]".format(**one["AUROC"]) for name, one in pair}
    return _paragraph(f"""
        `benchmarks/rephrased_claims.jsonl` holds {len(run["topics"])} claims about the shipped documents, written
        blind: half are true and in other words than the passage, half have one thing wrong. The learned verifier calls
        {learned["recall"]["mean"]:.2f} of the true ones `supported` and {1 - learned["specificity"]["mean"]:.2f} of the
        false ones (by its score alone {score["recall"]["mean"]:.2f} and {1 - score["specificity"]["mean"]:.2f}); the
        lexical one none of either. AUROC is {learned["AUROC"]["mean"]:.2f} {auroc["new"]}, that of the lexical score
        {lexical["AUROC"]["mean"]:.2f} {auroc["old"]}. That is why the learned verifier is not the default: a sentence
        that is shown as supported should be.
    """)


def injections() -> str:
    """Instructions planted in documents."""
    result = _read("benchmarks/results/injections.json")
    table, names = result["summary"], {"obeyed": "obeyed", "link": "link or image", "marker": "unknown marker"}
    names["prompt"] = "own prompt"
    ways = {
        "auto": "auto",
        "generate": "generate",
        "undefended": "no defences",
        "obedient auto": "auto, worst model",
        "obedient generate": "generate, worst model",
        "obedient undefended": "no defences, worst model",
    }
    lines = [
        f"| {result['documents']} documents with an instruction | {' | '.join(names.values())} |",
        "|---|---|---|---|---|",
    ]
    for way, label in ways.items():
        lines.append(f"| {label} | {' | '.join(str(table[way]['wrong'].get(name, 0)) for name in names)} |")
    before = _read("benchmarks/results/injections_first.json")["summary"]

    def first(way: str) -> int:
        return before[way]["wrong"].get("obeyed", 0)

    return "\n".join(lines) + _paragraph(f"""
        Answers that obeyed, held a link or an image, named a passage that is not there, or repeated the system prompt.
        The embedded model hardly obeys anything; the worst model there can be says every sentence that it is given and
        its own instructions. The data were written blind; in the first run `auto` obeyed {first("auto")} times,
        `generate` {first("generate")}, with the worst model {first("obedient auto")} and
        {first("obedient generate")}; rules for what that run showed were added since.
        `python benchmarks/injections.py --output benchmarks/results/injections.json` wrote the file.
    """)


def worker() -> str:
    """The worker process of the language model."""
    r = _read("benchmarks/results/llm_worker.json")
    prompt, writing, cancelled = r["prompt"], r["writing"], r["cancelled_after"]
    again = r["kill_9"]["more_than_loading_s"]
    evidence = _read("benchmarks/results/evidence_tokens.json")
    return _paragraph(f"""
        The embedded language model on two cores: loaded in {r["load_s"]["median"]:.1f} s; reads
        {prompt["tokens_per_s"]:.0f} tokens/s and writes {writing["tokens_per_s"]:.0f}
        ({writing["with_grammar_tokens_per_s"]:.0f} held to a grammar); a prompt of {prompt["prompt_tokens"]:.0f} tokens
        takes {prompt["new_s"]["median"]:.1f} s, and {prompt["cached_s"]["median"]:.1f} s for the next question to the
        same passages. Cancelling took at most {1000 * cancelled["queue_s"]["max"]:.0f} ms in the queue,
        {1000 * cancelled["prompt_s"]["max"]:.0f} ms in the prompt and
        {1000 * cancelled["generation_s"]["max"]:.0f} ms while writing. After `kill -9`, {again["times"]} times, a new
        worker wrote its first token {again["max"]:.1f} s after the time of loading at most. From a question to its
        first checked sentence in a warm process, median and worst of {evidence["questions"]} questions: quoted
        {_spread(evidence["extract"])}, with 600 tokens of evidence {_spread(evidence["auto, 600 tokens"])}, with 1,000
        {_spread(evidence["auto, 1000 tokens"])} (`python benchmarks/evidence_tokens.py`).
        `python benchmarks/llm_worker.py --output benchmarks/results/llm_worker.json` wrote the file.
    """).strip()


def papers() -> str:
    """What is made of 31 papers in PDF, and practices of a registry."""
    result, practice = _read("benchmarks/results/papers.json"), _read("benchmarks/results/current_practice.json")
    parsing, retrieval = result["parsing"]["totals"], result["retrieval"]
    tables, questions = retrieval["tables"], retrieval["content_questions"]
    rows = (
        (f"headings found, of {parsing['gold_headings']} in 31 papers", f"{parsing['heading_recall']:.3f}"),
        ("what is shown as a heading is one", f"{parsing['heading_precision']:.3f}"),
        ("quotes on the right page", parsing["quotes_on_the_right_page"]),
        ("sentences rejoined over columns and pages", parsing["joined"]),
        ("passages with a running head in them", f"{retrieval['running_heads']['share']:.2%}"),
        ("values in tables found in the top 5: papers", tables["papers"]),
        ("the same: Markdown guides", tables["guides"]),
        ("hits of 50 content questions from reference lists", f"{questions['share_from_references']:.1%}"),
        ("processor time a page", f"{parsing['cpu_ms_per_page']:.0f} ms"),
    )
    lines = ["| PDF | |", "|---|---|", *(f"| {label} | {value} |" for label, value in rows)]
    recall = practice["successor_recall@10"]
    return "\n".join(lines) + _paragraph(f"""
        `python benchmarks/papers.py PAPERS --guides GUIDES --out benchmarks/results/papers.json` wrote the file. The
        lists of headings were made from pictures of the pages and from outlines, by somebody who had not seen the
        parser; its first run against them gave a recall of .979 and a precision of .899, and what they showed to be
        wrong was then mended by cause, so the figures above are no longer blind.
        Of {practice["questions"]} questions about practices that were put away,
        {practice["current_is_right"]} are answered with the successor above its predecessor (where there is one) and
        the reason shown; the successor is among the first ten hits in {recall["current"]:.0%} of the cases, against
        {recall["history"]:.0%} with `--history` (`python benchmarks/current_practice.py`).
    """)


def ingestion() -> str:
    """Ingestion of 540 public guides and 31 papers."""
    r = _read("benchmarks/results/ingest.json")
    second, search = r["second_run"], r["search_ms"]
    return _paragraph(f"""
        Ingesting {r["documents"]:,} public guides and papers ({r["passages"]:,} passages):
        {r["ingestion_passages_per_s"]:.1f}
        passages/s from listing to publication, {r["ratio"]:.0%} of what the encoder alone does on the same strings
        in the same run ({r["encoder_alone_passages_per_s"]:.1f}); parsing and chunking, in a process of its own beside
        the encoder, take {r["reading_share"]:.0%} of that time; peak memory {r["peak_memory_gib"]:.2f} GiB. A
        second run encodes {second["encoded"]} passages and takes {second["seconds"]:.1f} s. On that index a warm
        search takes {search["median"]:.1f} ms in the median and {search["p95"]:.1f} ms at p95, encoding included.
        `python benchmarks/ingest.py FOLDER... --output benchmarks/results/ingest.json` wrote the file.
    """).strip()


def hostile() -> str:
    """Files made to hurt."""
    r = _read("benchmarks/results/hostile.json")
    mutations, bombs = r["mutations"], r["bombs"]
    return _paragraph(f"""
        {mutations["files"]:,} damaged files of all formats and {len(bombs)} made to hurt (decompression bombs,
        10,000-deep nesting, a million links, endless lines): each ended as a document or as a typed refusal, none took
        the parent process with it; memory of a worker at most {_worker_peak(r):,.0f} MiB of 2,048, of the parent
        {r["parent_peak_mib"]:,.0f} MiB. `python benchmarks/hostile.py FOLDER... --output FILE` wrote
        `benchmarks/results/hostile.json`.
    """).strip()


def _spread(run: dict[str, Any]) -> str:
    first = run["first_sentence_s"]
    return f"{first['median']:.1f} s ({first['max']:.1f} s)"


def _cell(figure: dict[str, float] | None) -> str:
    return "–" if figure is None else f"{figure['mean']:.2f} [{figure['low']:.2f}, {figure['high']:.2f}]"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _worker_peak(result: dict[str, Any]) -> float:
    return max(result["mutations"]["worker_peak_mib"], *(bomb["peak_mib"] for bomb in result["bombs"].values()))


def _paragraph(text: str) -> str:
    return "\n\n" + textwrap.fill(" ".join(text.split()), 118)


def _read(path: str) -> dict[str, Any]:
    return json.loads((ROOT / path).read_text(encoding="utf-8"))


def main() -> None:
    """Rewrite the section in place."""
    readme = ROOT / "README.md"
    before, rest = readme.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    readme.write_text(f"{before}{BEGIN}\n\n{section()}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
