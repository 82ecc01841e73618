"""Whether answers say what their sources say: faithfulness, citation recall and precision, judged from outside.

Faithfulness: Es et al., "RAGAs: Automated Evaluation of Retrieval Augmented Generation", EACL 2024: the share of the
answer's statements that the retrieved context supports; here a statement is a sentence. Citation recall and precision:
Gao et al., "Enabling Large Language Models to Generate Text with Citations" (ALCE), EMNLP 2023, section 3: a sentence
is recalled when its citations together support it; a citation of such a sentence is precise unless it does not support
the sentence alone and the others do without it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ...ingest.sentences import sentence_spans
from .types import AnsweredTopic, AnswerSentence, Excerpt

# Stands before a sentence, and is no part of it.
_BULLET = re.compile(r"[ \t]*(?:>[ \t]*)*(?:(?:[-*+•]|\d{1,3}[.)])[ \t]+)?")

Verdict = tuple[bool, float]
"""Whether evidence supports a claim, and how strongly, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Somebody who holds claims against evidence.

    Attributes:
        name: short, for the names of measures.
        id: name and version, compared with the id of what filtered the answers.
        verdict: maps a claim and evidence sentences, an empty string between two passages, to a verdict; None where it
            gave none that can be read.
    """

    name: str
    id: str
    verdict: Callable[[str, Sequence[str]], Verdict | None]


def evidence_sentences(contexts: Sequence[Excerpt]) -> list[str]:
    """The sentences of all contexts without list bullets and quote marks, an empty string between two contexts."""
    found: list[str] = []
    for context in contexts:
        if found:
            found.append("")
        sentences = (context.text[start:end] for start, end in sentence_spans(context.text))
        found += [
            sentence[bullet.end() :] if (bullet := _BULLET.match(sentence)) else sentence for sentence in sentences
        ]
    return found


def judged_statements(topic: AnsweredTopic, judge: Judge) -> list[Verdict | None]:
    """A verdict on each sentence of the answer, against everything that was retrieved."""
    evidence = evidence_sentences(topic.contexts)
    return [judge.verdict(" ".join(sentence.text.split()), evidence) for sentence in topic.sentences]


def share_supported(verdicts: Sequence[Verdict | None]) -> float | None:
    """The share of the verdicts that say supported; None where there is no verdict at all."""
    given = [verdict for verdict in verdicts if verdict is not None]
    return sum(supported for supported, _ in given) / len(given) if given else None


def citation_scores(sentences: Sequence[AnswerSentence], judge: Judge) -> tuple[float | None, float | None]:
    """Citation recall over sentences and citation precision over citations, as ALCE defines them.

    A sentence without citations is not recalled. Sentences on which the judge gives no verdict are left out.

    Returns:
        Recall, None without a sentence that was judged; precision, None without a citation that was.
    """
    recalled: list[bool] = []
    precise: list[bool] = []
    for sentence in sentences:
        if (judged := _cited(sentence, judge)) is not None:
            recalled.append(judged[0])
            precise += judged[1]
    return _share(recalled), _share(precise)


def _cited(sentence: AnswerSentence, judge: Judge) -> tuple[bool, list[bool]] | None:
    """Whether the citations of a sentence support it, and which of them are precise."""
    quotes = [quote.text for quote in sentence.citations]
    if not quotes:
        return False, []
    claim = " ".join(sentence.text.split())
    together = judge.verdict(claim, _evidence(quotes))
    if together is None:
        return None
    if not together[0] or len(quotes) == 1:
        return together[0], [together[0]] * len(quotes)
    precise: list[bool] = []
    for place, quote in enumerate(quotes):
        alone = judge.verdict(claim, [quote])
        rest = judge.verdict(claim, _evidence([*quotes[:place], *quotes[place + 1 :]])) if alone else None
        if alone is None or rest is None:
            return None
        precise.append(alone[0] or not rest[0])
    return True, precise


def _evidence(quotes: Sequence[str]) -> list[str]:
    """Quotes as evidence; they come from different places and do not explain each other."""
    found: list[str] = []
    for quote in quotes:
        found += ["", quote] if found else [quote]
    return found


def _share(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None
