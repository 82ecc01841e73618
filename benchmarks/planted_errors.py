"""How many planted errors each verifier catches, by kind, and how many true sentences it mistrusts.

    python benchmarks/planted_errors.py --output benchmarks/results/planted_errors.json

Reads `benchmarks/answers/planted.jsonl` (300 sentences made false by one change each) and `faithful.jsonl` (150 true
ones), and `attacks.jsonl` (241 claims that keep the words of their evidence and change what it says, or are debatable;
made by a reviewer who had read the verifier's first version). The evidence of the first two is the section of the guide
that holds the true sentence. A planted error is caught when it is not `supported`; it is refused when it is
`unsupported`. Both were written by somebody who had not seen a verifier. With a model in the setting `verifier.model`
the learned verifier is asked too.
"""

import argparse
import json
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from sota_rag.app.answering.remember import RememberingEncoder
from sota_rag.app.answering.verify.judgement import Verifier
from sota_rag.app.answering.verify.lexical import LexicalVerifier
from sota_rag.app.compose import make_verifier
from sota_rag.app.settings import Settings
from sota_rag.index import SentenceTransformerEncoder
from sota_rag.ingest.sentences import sentence_spans

ROOT = Path(__file__).parents[1]
DATA = ROOT / "benchmarks" / "answers"
# Of the 241 attacks, when the verifier compared only words with meaning (lexical-1).
FIRST = 159
_BULLET = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")


def main() -> int:
    """Judge both sets and write the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, help="where the JSON goes; without it only the summary is printed")
    parser.add_argument(
        "--show", action="store_true", help="print every error that passed and every true one that fell"
    )
    arguments = parser.parse_args()
    encoder = RememberingEncoder(SentenceTransformerEncoder())
    settings = Settings.load()
    verifiers: dict[str, Verifier] = {"lexical": LexicalVerifier(encoder)}
    if settings.verifier.model and settings.verifier.enabled:
        verifiers["learned"] = make_verifier(settings, encoder)
    form: dict[str, dict] = {}
    for name, verifier in verifiers.items():
        form[name] = table(verifier, show=arguments.show)
        print(name, {key: form[name][key] for key in ("attacks", "seconds_per_sentence")})
        for part in ("planted", "true_of_planted", "faithful"):
            print(f"  {part}")
            for kind, counts in form[name][part].items():
                print(f"    {kind:<22} {counts}")
    form["lexical"]["attacks_supported_at_first"] = FIRST
    if arguments.output:
        arguments.output.write_text(json.dumps(form, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


def table(verifier: Verifier, *, show: bool) -> dict[str, Any]:
    """Verdicts of one verifier on all three files."""
    started = time.perf_counter()
    planted = [judged(verifier, line, line["false"]) for line in lines("planted")]
    originals = [judged(verifier, line, line["true"]) for line in lines("planted")]
    faithful = [judged(verifier, line, line["text"]) for line in lines("faithful")]
    attacks = [attacked(verifier, line) for line in lines("attacks")]
    seconds = time.perf_counter() - started
    if show:
        for one in planted + attacks:
            if one["verdict"] == "supported":
                print(f"FALSE BUT supported {one['id']} {one.get('changed', '')} | {one['claim']}")
        for one in originals + faithful:
            if one["verdict"] != "supported":
                print(f"TRUE BUT {one['verdict']:<11} {one['id']} {one['claim']} | {one['quote']} | {one['reason']}")
    return {
        "verifier": verifier.id,
        "seconds_per_sentence": round(seconds / (2 * len(planted) + len(faithful) + len(attacks)), 4),
        "planted": by(planted, "kind"),
        "true_of_planted": by(originals, "kind"),
        "faithful": by(faithful, "style"),
        "attacks": dict(Counter(line["verdict"] for line in attacks)),
        "passed": [{key: one[key] for key in ("id", "claim", "changed", "reason")} for one in planted
                   if one["verdict"] == "supported"],
    }  # fmt: skip


def lines(name: str) -> list[dict]:
    """A file of the data set."""
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def judged(verifier: Verifier, line: dict, claim: str) -> dict:
    """One claim against the section that its quote stands in."""
    judgement = verifier.verify(claim, section(line["document"], line["quote"]))
    return {**line, "claim": claim, "verdict": judgement.verdict.value, "reason": judgement.reason}


def attacked(verifier: Verifier, line: dict) -> dict:
    """One attack against its own evidence."""
    judgement = verifier.verify(line["claim"], line["evidence"])
    return {**line, "verdict": judgement.verdict.value, "reason": judgement.reason}


def section(document: str, quote: str) -> list[str]:
    """Sentences of the section, between two headings, that a quote stands in; paragraphs parted by a gap.

    A quote that the guide has lost since is evidence by itself.
    """
    text = (ROOT / "corpus" / document).read_text(encoding="utf-8")
    place = text.find(quote)
    if place < 0:
        return [quote]
    start = text.rfind("\n#", 0, place) + 1
    end = text.find("\n#", place)
    found: list[str] = []
    for paragraph in re.split(r"\n\s*\n|\n(?=\s*(?:[-*+]|\d+[.)])\s)", text[start : end if end > 0 else len(text)]):
        if paragraph.lstrip().startswith(("#", "|", "```")):
            continue
        found += [_BULLET.sub("", paragraph[a:b]) for a, b in sentence_spans(paragraph)] + [""]
    return found


def by(judged_lines: list[dict], key: str) -> dict[str, dict[str, int]]:
    """Counts of verdicts by kind, and over all."""
    kinds = sorted({line[key] for line in judged_lines})
    table = {kind: dict(Counter(line["verdict"] for line in judged_lines if line[key] == kind)) for kind in kinds}
    return {**table, "all": dict(Counter(line["verdict"] for line in judged_lines))}


if __name__ == "__main__":
    sys.exit(main())
