"""The claims in `benchmarks/rephrased_claims.jsonl` are what they say: two classes, and evidence that still stands."""

from collections import Counter
from pathlib import Path

from sota_rag.app.compose import starter_corpus
from sota_rag.eval.claims import read_claims

FILE = Path(__file__).parents[3] / "benchmarks" / "rephrased_claims.jsonl"


def test_claims_and_their_evidence():
    claims = read_claims(FILE)
    assert Counter(claim.supported for claim in claims) == {True: 100, False: 100}
    assert len({claim.source for claim in claims}) > 100
    assert {claim.group for claim in claims if claim.supported} == {"rephrased"}
    corpus = starter_corpus()[0].parent
    for claim in claims:
        text = (corpus / f"{claim.source}.md").read_text(encoding="utf-8")
        assert all(passage in text for passage in claim.evidence), claim.id
