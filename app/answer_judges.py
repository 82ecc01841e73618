"""The verifiers that ship as judges of answers, and what a reader must know of who judged whom."""

from collections.abc import Mapping, Sequence

from ..eval.answers.evaluate import Assessment
from ..eval.answers.grounding import Judge, Verdict
from ..eval.answers.types import AnsweredTopic
from .answering import Answerer
from .answering.verify.judgement import Verdict as Said
from .answering.verify.judgement import Verifier


def verifier_judge(verifier: Verifier) -> Judge:
    """A verifier as a judge: only its verdict `supported` is support."""

    def verdict(claim: str, evidence: Sequence[str]) -> Verdict:
        found = verifier.verify(claim, evidence)
        return found.verdict is Said.SUPPORTED, float(found.score)

    return Judge(verifier.id.partition("-")[0], verifier.id, verdict)


def own_judges(answerer: Answerer) -> list[Judge]:
    """The verifier that the answerer uses, and the one that shares no rule with the lexical one."""
    from .answering.verify.similarity import SimilarityVerifier

    return [verifier_judge(answerer.verifier), verifier_judge(SimilarityVerifier(answerer.encoder))]


def judging_notes(
    system: str,
    topics: Sequence[AnsweredTopic],
    judges: Sequence[Judge],
    labels: Mapping[tuple[str, str], bool],
    found: Assessment,
) -> list[str]:
    """Which judge filtered what it judges, what could not be judged, and what people judged of it."""
    filters = {topic.filtered_by for topic in topics if topic.filtered_by}
    notes: list[str] = []
    if any(topic.answered for topic in topics) and all(map(_quoted, topics)):
        notes.append(
            f"{system}: every sentence is a quotation, so its sources support it whatever it is worth; "
            "what tells is gold hit and context recall"
        )
    for judge in judges:
        if judge.id in filters:
            # The learned verifier weighs the signals of the similarity verifier too.
            kin = {"similarity"} if judge.name == "learned" else set()
            free = [other for other in judges if other.id not in filters and other.name not in kin]
            others = [f"faithfulness ({other.name})" for other in free]
            others += ["faithfulness (human)"] if labels else []
            notes.append(
                f"{system}: the sentences were filtered by {judge.id}, so faithfulness ({judge.name}) tells "
                f"what its own filter let through; independent of it: {', '.join(others) or 'nothing'}"
            )
        if missing := found.result.facts["unreadable judgements"].get(judge.name):
            notes.append(f"{system}: {missing} replies of {judge.name} could not be read and count as no judgement")
    if labels:
        judged = sum(one is not None for row in found.verdicts.get("human", {}).values() for one in row)
        notes.append(f"{system}: {judged} of {found.result.facts['sentences']} sentences were judged by people")
    return notes


def _quoted(topic: AnsweredTopic) -> bool:
    """Whether every sentence stands word for word in what it cites."""
    return all(
        any(" ".join(sentence.text.split()) == " ".join(quote.text.split()) for quote in sentence.citations)
        for sentence in topic.sentences
    )
