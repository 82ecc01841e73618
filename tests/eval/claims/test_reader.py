"""Claims files: what is read comes back as written, and what is broken is named by its line."""

import json

import pytest
from sota_rag.eval.claims import Claim, read_claims, write_claims
from sota_rag.index.errors import EvaluationError, UnwritableError

GOOD = {"claim": "LoRA freezes weights.", "evidence": "LoRA keeps the weights frozen.", "label": "supported"}


def write(path, *rows):
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), "utf-8")
    return path


def test_a_line_needs_no_more_than_claim_evidence_and_label(tmp_path):
    other = {"claim": "It thaws them.", "evidence": ["One.", "Two."], "label": "unsupported", "group": "g", "id": "x"}
    one, two = read_claims(write(tmp_path / "claims.jsonl", GOOD, "", other))
    assert (one.id, one.evidence, one.supported, one.group) == ("1", ("LoRA keeps the weights frozen.",), True, "")
    assert (two.id, two.evidence, two.supported, two.group) == ("x", ("One.", "Two."), False, "g")
    assert two.where.endswith("claims.jsonl:3")


def test_claims_with_the_same_evidence_share_a_source_unless_one_is_named(tmp_path):
    rows = [GOOD, {**GOOD, "claim": "Other."}, {**GOOD, "evidence": "Else."}, {**GOOD, "source": "page 1"}]
    sources = [claim.source for claim in read_claims(write(tmp_path / "c.jsonl", *rows))]
    assert sources[0] == sources[1] != sources[2]
    assert sources[3] == "page 1"


def test_what_is_written_is_read_again(tmp_path):
    claims = [
        Claim("a", "Sätze. Zwei\u2028davon.", ("e1", "e2"), True, "g", "Wann?", "s", "Complete"),
        Claim("b", "Two.", ("e1",), False),
    ]
    write_claims(claims, tmp_path / "c.jsonl")
    again = read_claims(tmp_path / "c.jsonl")
    told = ("id", "text", "evidence", "supported", "group", "question", "source", "original")
    assert [[getattr(c, name) for name in told] for c in again] == [[getattr(c, n) for n in told] for c in claims]
    with pytest.raises(UnwritableError, match="choose another path"):
        write_claims(claims, tmp_path / "nowhere" / "c.jsonl")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({**GOOD, "label": "maybe"}, "'label' is 'maybe'; it must be supported or unsupported"),
        ({**GOOD, "label": True}, "'label' is True"),
        ({**GOOD, "claim": " "}, "'claim' is empty"),
        ({**GOOD, "evidence": []}, "'evidence' is empty"),
        ({**GOOD, "evidence": ["", " "]}, "'evidence' is empty"),
        ({**GOOD, "evidence": [1]}, "must be a string or a list of strings"),
        ({**GOOD, "evidnce": "x"}, "unknown key 'evidnce'"),
        ({"claim": "c", "label": "supported"}, "'evidence' is missing"),
        ({**GOOD, "id": "1"}, "'id' '1' was already used at .*:1"),
        ("{", "not JSON"),
        ("[]", "is not a JSON object"),
    ],
)
def test_a_broken_line_is_named(tmp_path, row, message):
    with pytest.raises(EvaluationError, match=f"c.jsonl:2: .*{message}|c.jsonl:2: {message}"):
        read_claims(write(tmp_path / "c.jsonl", GOOD, row))


def test_an_empty_file_and_a_missing_one(tmp_path):
    with pytest.raises(EvaluationError, match="holds no claims"):
        read_claims(write(tmp_path / "c.jsonl", ""))
    with pytest.raises(EvaluationError, match="cannot read"):
        read_claims(tmp_path / "none.jsonl")
