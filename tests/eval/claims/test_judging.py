"""Claims judged sentence by sentence, and opinions that outlive an interruption."""

import json

import pytest
from sota_rag.eval.claims import Claim, Judged, Opinion, ScoreLog, judge_all, judge_claim
from sota_rag.eval.claims.judging import evidence_of, sentences_of
from sota_rag.index.errors import EvaluationError, UnwritableError

CLAIM = Claim("a", "One thing holds. Another does not.", ("First here. Then there.", " ", "Elsewhere."), True)


def verdicts(**told):
    """A judge that knows what to say of a sentence by its first word."""
    return lambda sentence, evidence: told[sentence.split()[0]]


def test_the_least_supported_sentence_decides():
    judge = verdicts(One=Opinion("supported", 0.3), Another=Opinion("partial", 0.9))
    assert judge_claim(judge, CLAIM) == Opinion("partial", 0.3)
    judge = verdicts(One=Opinion("unchecked", 0.3), Another=Opinion("unsupported", 0.4))
    assert judge_claim(judge, CLAIM) == Opinion("unsupported", 0.3)


def test_passages_are_parted_by_an_empty_string_and_a_question_stands_before_each_sentence():
    assert evidence_of(CLAIM) == ["First here.", "Then there.", "", "Elsewhere."]
    asked = Claim("b", "In 2017. In Paris.", ("e",), True, question="When and where?")
    assert sentences_of(asked) == ["When and where? In 2017.", "When and where? In Paris."]


@pytest.mark.parametrize("score", [float("nan"), -0.1, 1.1, float("inf")])
def test_a_score_that_is_none_names_the_claim(score):
    claim = Claim("a", "One.", ("e",), True, where="claims.jsonl:7")
    with pytest.raises(EvaluationError, match=r"claims.jsonl:7 \(id 'a'\): the verifier's score is"):
        judge_claim(lambda *_: Opinion("supported", score), claim)
    with pytest.raises(EvaluationError, match="the verdict is 'perhaps'"):
        judge_claim(lambda *_: Opinion("perhaps", 0.5), claim)


def test_a_verifier_that_fails_at_a_claim_goes_on():
    claims = [Claim("a", "One.", ("e",), True), Claim("b", "Two.", ("e",), False)]
    judged = judge_all(verdicts(Two=Opinion("supported", 1.0), **{"One.": Opinion("partial", 0.5)}), claims)
    assert judged[0].opinion == Opinion("partial", 0.5) and not judged[0].error
    assert judged[1].opinion == Opinion("unchecked", 0.0) and judged[1].error == "KeyError: 'Two.'"


def test_an_interrupted_run_goes_on_where_it_was(tmp_path):
    path = tmp_path / "scores.jsonl"
    claims = [Claim(str(n), f"Claim {n}.", (f"e{n}",), True) for n in range(5)]
    asked = []

    def judge(sentence, evidence, *, until=99):
        if len(asked) == until:
            raise KeyboardInterrupt
        asked.append(sentence)
        return Opinion("supported", 0.25)

    with pytest.raises(KeyboardInterrupt), ScoreLog(path, "v1") as log:
        judge_all(lambda *one: judge(*one, until=3), claims, memory=log)
    with path.open("ab") as file:
        file.write(b'{"verifier": "v1", "cla')  # a run that was killed while it wrote
    with ScoreLog(path, "v1") as log:
        judged = judge_all(judge, claims, memory=log)
    assert asked == [f"Claim {n}." for n in range(5)]
    assert [one.opinion for one in judged] == [Opinion("supported", 0.25)] * 5
    assert len(path.read_text().splitlines()) == 5
    assert "Claim" not in path.read_text()
    with ScoreLog(path, "v2") as log:
        assert log.known(claims[0]) is None


def test_other_evidence_is_another_claim(tmp_path):
    with ScoreLog(tmp_path / "s", "v") as log:
        log.keep(CLAIM, Judged("a", Opinion("partial", 0.5), 1.0))
        assert log.known(CLAIM) == Judged("a", Opinion("partial", 0.5), 1.0)
        assert log.known(Claim("a", CLAIM.text, ("other",), True)) is None


def test_a_broken_log_is_named(tmp_path):
    path = tmp_path / "s"
    good = {"verifier": "v", "claim": "x", "verdict": "partial", "score": 0.5, "ms": 1}
    for broken in ({"score": "high"}, {"score": float("nan")}, {"score": 2}, {"verdict": "perhaps"}, {"ms": None}):
        path.write_text("".join(json.dumps(row) + "\n" for row in (good, good | broken)))
        with pytest.raises(EvaluationError, match="s:2: 'verdict', 'score' or 'ms' cannot be used"):
            ScoreLog(path, "v")
    with pytest.raises(UnwritableError):
        ScoreLog(tmp_path / "nowhere" / "s", "v")
