"""HaluEval, question answering: right and hallucinated answers to questions of HotpotQA.

Li et al., "HaluEval: A Large-Scale Hallucination Evaluation Benchmark for Large Language Models", EMNLP 2023. Both
answers to a question are held against the same knowledge, with the question before them, as most do not stand alone.
The set has no split; questions are parted by a hash of their knowledge.

The right answers are a few words from a data set, the hallucinated ones are whole sentences that ChatGPT wrote: length
alone tells them apart with an AUROC of .97. A verifier that sees the length must not be fitted on this set, and figures
on it say little of one that reads.
"""

import re
from pathlib import Path

from ...index.errors import EvaluationError
from ..lines import read_rows, text_of
from .parts import half_of
from .reader import Claim, digest

_FILE = "qa_data.json"
# The sentences of the knowledge were joined without the space between them.
_JOINED = re.compile(r"(?<=[^\W_A-Z][.!?])(?=[A-Z\"“(])")


def read_halueval(folder: Path, split: str) -> list[Claim]:
    """The right and the hallucinated answer to each question of the part `dev` or `test`.

    Raises:
        EvaluationError: there is no such part, or a line is broken.
    """
    if split not in ("dev", "test"):
        raise EvaluationError(f"no split {split!r} of HaluEval; its parts are dev and test, by a hash")
    claims: list[Claim] = []
    for where, row in read_rows(folder / _FILE, f"HaluEval has {_FILE}, one JSON object a line"):
        knowledge = text_of(row, "knowledge", where)
        if half_of(knowledge) != split:
            continue
        number = where.rpartition(":")[2]
        for key, supported in (("right_answer", True), ("hallucinated_answer", False)):
            claims.append(
                Claim(
                    id=f"{number}-{key.partition('_')[0]}",
                    text=text_of(row, key, where),
                    evidence=(_JOINED.sub(" ", knowledge),),
                    supported=supported,
                    question=text_of(row, "question", where).strip(),
                    source=digest(knowledge),
                    original=key,
                    where=where,
                )
            )
    return claims
