"""`eval verifier`: from a file of claims to a run file, with the real verifiers."""

import json
from functools import partial
from pathlib import Path

import pytest
from sota_rag.app import verifier_evaluation
from sota_rag.app.answering.verify.judgement import Judgement, Verdict
from sota_rag.app.cli import main
from sota_rag.app.settings import Settings
from sota_rag.app.verifier_evaluation import ClaimData, evaluate_verifiers, make_verifier, sample
from sota_rag.eval.claims import Claim, read_claims
from sota_rag.eval.run_file import RunFile
from sota_rag.index.errors import UsageError

pytestmark = pytest.mark.usefixtures("surroundings")

LORA = "LoRA freezes the pretrained weights. It trains two low-rank matrices in every layer of the model."
BM25 = "BM25 ranks documents by term frequency. It was published in 1994 by Robertson and colleagues."
TOLD = (
    ("LoRA freezes the pretrained weights.", LORA, True, "adapters"),
    ("LoRA freezes the pretrained weights. It needs no memory at all.", LORA, False, "adapters"),
    ("LoRA trains a single vector for the whole network.", LORA, False, "adapters"),
    ("It trains two low-rank matrices in every layer.", LORA, True, "adapters"),
    ("BM25 ranks documents by term frequency.", BM25, True, "ranking"),
    ("BM25 was published in 2004.", BM25, False, "ranking"),
    ("BM25 needs a graphics card and a week of training.", BM25, False, "ranking"),
    ("Robertson and colleagues published BM25 in 1994.", BM25, True, "ranking"),
)


@pytest.fixture(autouse=True)
def one_encoder_and_few_resamples(monkeypatch, minilm):
    monkeypatch.setattr(verifier_evaluation, "make_encoder", lambda settings: minilm)
    few = partial(verifier_evaluation.evaluate_opinions, resamples=50)
    monkeypatch.setattr(verifier_evaluation, "evaluate_opinions", few)
    monkeypatch.setattr(verifier_evaluation, "differences", partial(verifier_evaluation.differences, resamples=50))


def write(path, told=TOLD):
    rows = (
        {
            "claim": text,
            "evidence": passage,
            "label": "supported" if label else "unsupported",
            "group": group,
            "id": f"c{n}",
        }
        for n, (text, passage, label, group) in enumerate(told)
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return str(path)


def test_a_claims_file_becomes_a_run_file(tmp_path, capsys):
    claims, output = write(tmp_path / "claims.jsonl"), tmp_path / "run.json"
    flags = ["--verifier", "lexical", "--verifier", "similarity", "--output", str(output), "--no-texts"]
    assert main(["eval", "verifier", "--claims", claims, *flags]) == 0
    shown = capsys.readouterr().out
    assert "balanced accuracy" in shown and "by group, lexical" in shown and "adapters" in shown
    run = RunFile.read(output)
    assert (run.kind, run.default, run.name) == ("verifier", "lexical", "claims")
    assert set(run.details["differences"]) == {"similarity - lexical"}
    assert {"mean", "low", "high"} <= run.details["differences"]["similarity - lexical"]["AUROC"].keys()
    assert 0 <= run.systems["lexical"].facts["AUROC at one length"] <= 1
    lexical, similarity = run.systems["lexical"], run.systems["similarity"]
    assert lexical.per_topic["accuracy"]["c1"] == 1.0 and lexical.per_topic["accuracy"]["c0"] == 1.0
    assert lexical.measures["specificity"].mean == 1.0
    assert similarity.measures["AUROC"].mean > 0.7
    assert set(lexical.by_category) == {"adapters", "ranking"}
    assert "lexical-2" in lexical.facts["verifier"] and run.fingerprints["models"]["similarity"].startswith(
        "similarity-1@"
    )
    assert all(not topic.text for topic in run.topics.values())
    assert "freezes" not in output.read_text("utf-8")


def test_looser_readings_and_a_threshold_are_systems_of_their_own(tmp_path, minilm):
    def data(name, told):
        texts = [(f"{name}{n}", *one) for n, one in enumerate(told)]
        return ClaimData(
            name,
            [Claim(key, text, (passage,), label, group, source=name) for key, text, passage, label, group in texts],
        )

    run = evaluate_verifiers(
        verifier_evaluation.Settings.load(), data("a", TOLD), ("lexical",), threshold_from=data("b", TOLD[::-1])
    )
    assert [name for name in run.systems if name != "lexical"][-1] == "lexical, threshold"
    assert any(name.endswith("too") for name in run.systems)
    at = run.systems["lexical, threshold"]
    assert at.facts["threshold chosen on"] == "b, 8 claims" and 0 < at.facts["threshold"] < 1
    assert at.measures["balanced accuracy"].mean >= run.measures["balanced accuracy"].mean
    assert "AUROC" not in at.measures


def test_a_threshold_is_not_chosen_on_what_is_reported(tmp_path, capsys):
    claims = write(tmp_path / "claims.jsonl")
    assert main(["eval", "verifier", "--claims", claims, "--threshold-from", claims]) == 2
    assert "choose the threshold on other claims" in capsys.readouterr().err


def test_an_interrupted_run_goes_on(tmp_path, capsys, monkeypatch):
    claims, scores = write(tmp_path / "claims.jsonl"), tmp_path / "scores.jsonl"
    flags = ["--scores", str(scores), "--output", str(tmp_path / "run.json"), "--verifier", "lexical"]

    class Interrupted:
        id, calls = "v", 0

        def verify(self, claim, evidence):
            self.calls += 1
            if self.calls == 4:
                raise KeyboardInterrupt
            return verifier.verify(claim, evidence)

    verifier = make_verifier(
        "lexical", None, verifier_evaluation.RememberingEncoder(verifier_evaluation.make_encoder(None))
    )
    interrupted = Interrupted()
    monkeypatch.setattr(verifier_evaluation, "make_verifier", lambda *_: interrupted)
    assert main(["eval", "verifier", "--claims", claims, *flags]) == 130
    kept = len(scores.read_text().splitlines())
    assert kept == 2  # the second claim has two sentences
    assert main(["eval", "verifier", "--claims", claims, *flags]) == 0
    assert len(scores.read_text().splitlines()) == len(TOLD)
    assert interrupted.calls == 4 + sum(text.count(".") for text, *_ in TOLD[kept:])


@pytest.mark.parametrize(
    ("flags", "status", "message"),
    [
        (["--claims", "none.jsonl"], 1, "cannot read"),
        (["--claims", "empty.jsonl"], 1, "holds no claims"),
        (["--claims", "one.jsonl"], 1, "all 1 claims are supported, from one.jsonl:1 on"),
        (["--claims", "broken.jsonl"], 1, "broken.jsonl:2: 'label' is 'yes'"),
        (["--data", "wice"], 2, "name a set and its folder"),
        (["--data", "snli:x"], 2, "known are begin"),
        (["--data", "wice:x"], 1, "no split 'test'"),
        (["--claims", "good.jsonl", "--limit", "0"], 2, "the limit is 0"),
        (["--claims", "good.jsonl", "--output", "nowhere/x"], 2, "there is no such folder"),
        (["--claims", "good.jsonl", "--verifier", "judge"], 2, "invalid choice"),
        ([], 2, "required"),
    ],
)
def test_what_can_go_wrong(tmp_path, capsys, flags, status, message):
    good = write(tmp_path / "good.jsonl")
    write(tmp_path / "one.jsonl", TOLD[:1])
    (tmp_path / "empty.jsonl").write_text("\n")
    lines = (tmp_path / "good.jsonl").read_text("utf-8").splitlines()
    (tmp_path / "broken.jsonl").write_text(f"{lines[0]}\n{lines[1].replace('unsupported', 'yes')}\n", "utf-8")
    assert good
    try:
        got = main(["eval", "verifier", *flags])
    except SystemExit as error:
        got = error.code
    assert got == status
    assert message in capsys.readouterr().err


def test_a_set_is_turned_into_a_claims_file(tmp_path, capsys):
    row = {"question": "Who?", "right_answer": "Ada", "hallucinated_answer": "Bob did."}
    (tmp_path / "qa_data.json").write_text(
        "".join(json.dumps({**row, "knowledge": f"Ada {n}."}) + "\n" for n in range(9))
    )
    output = tmp_path / "claims.jsonl"
    assert main(["eval", "verifier", "--data", f"halueval:{tmp_path}", "--write-claims", str(output)]) == 0
    written = read_claims(output)
    assert f"{len(written)} claims of halueval test" in capsys.readouterr().out
    assert {claim.question for claim in written} == {"Who?"}


def test_a_draw_is_repeatable_and_keeps_the_order():
    claims = [Claim(str(n), "c", ("e",), True) for n in range(50)]
    drawn = sample(ClaimData("all", claims), 10, 3)
    ids = [int(claim.id) for claim in drawn.claims]
    assert drawn.name == "all, 10 of 50" and ids == sorted(ids) and len(set(ids)) == 10
    assert drawn == sample(ClaimData("all", claims), 10, 3) != sample(ClaimData("all", claims), 10, 4)
    assert sample(ClaimData("all", claims), None, 3).claims == claims
    with pytest.raises(UsageError):
        sample(ClaimData("all", claims), 0, 3)


def test_a_verifier_with_a_threshold_is_measured_by_its_score_too(monkeypatch, tmp_path):
    """Its verdict may be stricter than its score; what it gains is told of the score."""
    right = {text: label for text, _, label, _ in TOLD}

    class Strict:
        id, threshold = "strict-1", 0.5

        def verify(self, claim, evidence):
            known = [label for text, label in right.items() if claim in text]
            return Judgement(Verdict.UNCHECKED, 0.9 if all(known) else 0.1)

    made = verifier_evaluation.make_verifier
    monkeypatch.setattr(
        verifier_evaluation, "make_verifier", lambda name, *rest: Strict() if name == "learned" else made(name, *rest)
    )
    claims = read_claims(Path(write(tmp_path / "claims.jsonl")))
    run = evaluate_verifiers(Settings.load(), ClaimData("told", claims), ("similarity", "learned"))
    assert run.systems["learned"].measures["balanced accuracy"].mean == 0.5
    by_score = run.systems["learned, score"].measures["balanced accuracy"].mean
    assert by_score > 0.8
    gain = run.details["differences"]["learned - similarity"]["balanced accuracy"]["mean"]
    assert gain == pytest.approx(by_score - run.systems["similarity"].measures["balanced accuracy"].mean)
    assert gain != pytest.approx(0.5 - run.systems["similarity"].measures["balanced accuracy"].mean)
