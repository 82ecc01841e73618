"""How many damaged sentences each verifier catches, by what was damaged, and how many true ones it mistrusts.

    python benchmarks/damaged_sentences.py --output benchmarks/results/damaged_sentences.json

Takes sentences of the guides that ship, which no model was trained on, shortens them as an answer would, and changes
one thing by the rules that training uses too (`train/verifier/damage.py`). The evidence is the passage that the true
sentence stands in. Caught is what is not `supported`; a false alarm is a shortened true sentence that is not.
"""

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from sota_rag.app.answering.remember import RememberingEncoder
from sota_rag.app.answering.verify.judgement import Verifier
from sota_rag.app.answering.verify.lexical import LexicalVerifier
from sota_rag.app.compose import make_encoder, make_verifier
from sota_rag.app.settings import Settings

from train.documents import read_documents
from train.verifier.damage import RULES, damaged, names_of, shortened
from train.words import sentences

ROOT = Path(__file__).parents[1]
_MARKUP = re.compile(r"[<>{}$\\`_=|\[\]]|https?:")


@dataclass(frozen=True, slots=True)
class Pair:
    """A true sentence, what became of it, and where it was taken from."""

    kind: str
    true: str
    false: str
    evidence: tuple[str, ...]


def pairs(most: int, seed: int) -> list[Pair]:
    """At most so many of each kind."""
    dice = random.Random(seed)
    cuts = read_documents([ROOT / "corpus" / "guides"])
    passages = [passage for name in sorted(cuts) for passage in cuts[name].passages]
    dice.shuffle(passages)
    names: dict[str, list[str]] = {}
    for passage in passages:
        names.setdefault(passage.document_id, []).extend(names_of(passage.text))
    found: list[Pair] = []
    missing = Counter(dict.fromkeys(RULES, most))
    for passage in passages:
        told = tuple(sentences(passage.text))
        for sentence in told:
            if not (8 <= len(sentence.split()) <= 45 and sentence.endswith(".")) or _MARKUP.search(sentence):
                continue
            true = shortened(sentence, dice)
            for kind in dice.sample(list(RULES), len(RULES)):
                false = damaged(true, kind, dice, names[passage.document_id]) if missing[kind] else None
                if false:
                    missing[kind] -= 1
                    found.append(Pair(kind, true, false, told))
                    break
    return found


def table(verifier: Verifier, made: list[Pair]) -> dict[str, object]:
    """Verdicts of the damaged sentences by kind, and of the true ones."""
    began = time.perf_counter()
    false: dict[str, Counter[str]] = {}
    true: Counter[str] = Counter()
    for one in made:
        false.setdefault(one.kind, Counter())[verifier.verify(one.false, one.evidence).verdict.value] += 1
        true[verifier.verify(one.true, one.evidence).verdict.value] += 1
    seconds = time.perf_counter() - began
    return {
        "verifier": verifier.id,
        "caught": {
            kind: {"sentences": counts.total(), "share": round(1 - counts["supported"] / counts.total(), 4)}
            for kind, counts in sorted(false.items())
        },
        "false_alarms": {"sentences": true.total(), "share": round(1 - true["supported"] / true.total(), 4)},
        "verdicts": {"true": dict(true), **{kind: dict(counts) for kind, counts in sorted(false.items())}},
        "seconds_per_sentence": round(seconds / (2 * len(made)), 4),
    }


def main() -> int:
    """Damage, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, help="where the JSON goes; without it, it is printed")
    parser.add_argument("--most", type=int, default=150, help="sentences of a kind")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    made = pairs(arguments.most, arguments.seed)
    settings = Settings.load()
    encoder = RememberingEncoder(make_encoder(settings))
    verifiers = {"lexical": LexicalVerifier(encoder)}
    if settings.verifier.model:
        verifiers["learned"] = make_verifier(settings, encoder)
    form = {name: table(verifier, made) for name, verifier in verifiers.items()}
    text = json.dumps(form, indent=1) + "\n"
    print(text)
    if arguments.output:
        arguments.output.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
