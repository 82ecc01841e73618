"""Published sets: labels as documented, parts that share no document, broken lines named."""

import json
import random

import pytest
from sota_rag.eval.claims import read_set
from sota_rag.eval.claims.parts import connected, half_of
from sota_rag.index.errors import EvaluationError


def jsonl(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def wice(folder, *, label="supported"):
    def row(number, label):
        meta = {"id": f"dev{number}", "claim_title": f"Page {number % 2}"}
        return {"label": label, "claim": f"Claim {number}.", "evidence": ["A title", "Mr. B. C. came"], "meta": meta}

    for kind in ("claim", "subclaim"):
        rows = [row(1, label), row(2, "partially_supported"), row(3, "not_supported")]
        for number, one in enumerate(rows):
            one["meta"]["id"] += f"-{number}" if kind == "subclaim" else ""
        jsonl(folder / "data/entailment_retrieval" / kind / "dev.jsonl", rows)


def test_wice_counts_partial_support_as_none_and_keeps_the_sentences_apart(tmp_path):
    wice(tmp_path)
    claims = read_set("wice", tmp_path, "dev")
    assert [claim.supported for claim in claims] == [True, False, False] * 2
    assert [claim.group for claim in claims] == ["claim"] * 3 + ["subclaim"] * 3
    assert [claim.original for claim in claims[:3]] == ["supported", "partially_supported", "not_supported"]
    assert claims[0].evidence == ("A title\n\nMr. B. C. came",)
    assert claims[0].source == claims[2].source != claims[1].source
    with pytest.raises(EvaluationError, match=r"no split 'test'.*splits there: dev"):
        read_set("wice", tmp_path, "test")
    wice(tmp_path, label="entailed")
    with pytest.raises(EvaluationError, match=r"claim.dev.jsonl:1: 'label' is 'entailed'"):
        read_set("wice", tmp_path, "dev")


def test_factcheck_gpt_parts_claims_by_the_passages_they_share(tmp_path):
    stances = ("completely-support", "partially-support", "refute", "irrelevant")
    rows = [{"claim": f"c{n}", "evidence": f"e{n // 2}", "stance": stances[n % 4]} for n in range(40)]
    rows += [rows[0], {**rows[4], "stance": "refute"}]  # said twice alike; said twice, and not alike
    jsonl(tmp_path / "subtask3_claim_evidence_stance.jsonl", rows)
    parts = {part: read_set("factcheck_gpt", tmp_path, part) for part in ("dev", "test")}
    everything = parts["dev"] + parts["test"]
    assert sorted(claim.text for claim in everything) == sorted(f"c{n}" for n in range(40) if n != 4)
    assert {claim.original for claim in everything if claim.supported} == {"completely-support"}
    for told in ("source", "evidence"):
        assert not {getattr(c, told) for c in parts["dev"]} & {getattr(c, told) for c in parts["test"]}
    jsonl(tmp_path / "subtask3_claim_evidence_stance.jsonl", [{**rows[0], "stance": "agrees"}])
    with pytest.raises(EvaluationError, match=r":1: 'stance' is 'agrees'"):
        read_set("factcheck_gpt", tmp_path, "dev")


def scifact(folder, *, claims="claims", corpus="corpus_sentences.jsonl", label="CONTRADICT"):
    abstracts = [{"doc_id": n, "title": "t", "abstract": [f"One  of {n}.", f"Two of {n}."]} for n in range(4)]
    jsonl(folder / corpus, abstracts)

    def row(number, *cited, **evidence):
        found = {name[1:]: [{"sentences": [0], "label": label}] for name, label in evidence.items()}
        return {"id": number, "claim": f"Claim {number}.", "evidence": found, "cited_doc_ids": list(cited)}

    jsonl(folder / claims / "claims_train.jsonl", [row(1, 0, _0="SUPPORT"), row(2, 1, 2, _1="SUPPORT")])
    jsonl(folder / claims / "claims_dev.jsonl", [row(3, 3, _3="SUPPORT"), row(4, 2, 3, 2, _3=label)])


@pytest.mark.parametrize("layout", [{}, {"claims": ".", "corpus": "corpus.jsonl"}])
def test_scifact_pairs_claims_with_the_abstracts_they_cite(tmp_path, layout):
    scifact(tmp_path, **layout)
    test = read_set("scifact", tmp_path, "test")
    assert [(claim.id, claim.supported, claim.original) for claim in test] == [
        ("3-3", True, "SUPPORT"),
        ("4-2", False, "NOT_ENOUGH_INFO"),
        ("4-3", False, "CONTRADICT"),
    ]
    assert test[0].evidence == ("One of 3.\n\nTwo of 3.",)
    assert test[0].source == test[2].source != test[1].source
    # Abstract 2 is cited by a claim of the other part.
    assert [claim.id for claim in read_set("scifact", tmp_path, "dev")] == ["1-0", "2-1"]


def test_scifact_names_what_is_wrong(tmp_path):
    scifact(tmp_path, label="REFUTE")
    with pytest.raises(EvaluationError, match=r"claims_dev.jsonl:2: 'label' is 'REFUTE'; SciFact has SUPPORT, CONTRAD"):
        read_set("scifact", tmp_path, "dev")
    with pytest.raises(EvaluationError, match=r"its parts are dev \(the published train\) and test \(dev\)"):
        read_set("scifact", tmp_path, "train")
    jsonl(tmp_path / "corpus_sentences.jsonl", [{"doc_id": 1, "abstract": []}])
    with pytest.raises(EvaluationError, match=r"claims_dev.jsonl:1: KeyError: '3'; SciFact has"):
        read_set("scifact", tmp_path, "test")


def begin(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    head = "model_name\tdata_source\tknowledge\tmessage\tresponse\tbegin_label\n"
    lines = (f"t5\tx\t{knowledge}\tm\t{response}\t{label}\n" for knowledge, response, label in rows)
    path.write_text(head + "".join(lines), "utf-8")


def test_begin_leaves_out_generic_answers_and_knowledge_that_is_in_test_too(tmp_path):
    yes, no = "Fully attributable", "Not fully attributable"
    begin(
        tmp_path / "wow/begin_dev_wow.tsv",
        [("k1", "a", yes), ("k2", '"""so"", they said"', no), ("k3", "c", "Generic")],
    )
    begin(tmp_path / "wow/begin_test_wow.tsv", [("k1", "d", no), ("k9", "e", yes)])
    begin(tmp_path / "cmu-dog/begin_dev_cmu.tsv", [(f"film {n}", f"r{n}", yes) for n in range(20)])
    dev, test = (read_set("begin", tmp_path, part) for part in ("dev", "test"))
    assert [(claim.text, claim.supported) for claim in dev if claim.group == "wow"] == [('"so", they said', False)]
    assert [claim.text for claim in test if claim.group == "wow"] == ["d", "e"]
    film = [{claim.text for claim in part if claim.group == "cmu"} for part in (dev, test)]
    assert film[0] and film[1] and film[0] | film[1] == {f"r{n}" for n in range(20)} and not film[0] & film[1]
    begin(tmp_path / "wow/begin_test_wow.tsv", [("k1", "d", no), ("k9", "e", "Perhaps")])
    with pytest.raises(EvaluationError, match=r"begin_test_wow.tsv:3: 'begin_label' is 'Perhaps'"):
        read_set("begin", tmp_path, "test")


def test_halueval_holds_both_answers_against_the_knowledge_with_the_question(tmp_path):
    row = {"question": " Who? ", "right_answer": "Ada", "hallucinated_answer": "It was Bob."}
    jsonl(
        tmp_path / "qa_data.json", [{**row, "knowledge": f"Ada was {n}.Bob was not, in the U.S.A."} for n in range(9)]
    )
    parts = [read_set("halueval", tmp_path, part) for part in ("dev", "test")]
    right, wrong = parts[0][:2]
    assert (right.text, right.supported, wrong.text, wrong.supported) == ("Ada", True, "It was Bob.", False)
    assert right.question == "Who?" and right.source == wrong.source
    assert right.evidence[0].endswith(". Bob was not, in the U.S.A.")
    assert sum(map(len, parts)) == 18
    assert not {c.source for c in parts[0]} & {c.source for c in parts[1]}


def test_expertqa_keeps_judged_sentences_whose_passages_are_there(tmp_path):
    def entry(support, *evidence):
        return {"claim_string": "S.", "support": support, "evidence": list(evidence)}

    passage = "[1] https://a.example/x\n\nThe passage.\n\nIts second part."
    entries = [
        entry("Complete", passage),
        entry("Partial", passage, "[2] https://b.example\n\nMore."),
        entry("Incomplete", passage),
        entry("Complete", "[3] https://c.example"),
        entry("Complete", passage, "[3] https://c.example"),
        entry("Missing"),
        entry("N/A", passage),
        entry(None, passage),
    ]
    answer = {"answers": {"bing": {"claims": entries}}}
    root = tmp_path / "data/lfqa"
    for name, questions in {"domain_val": "ab", "rand_val": "bc", "domain_test": "c", "rand_test": "cd"}.items():
        jsonl(root / f"{name}.jsonl", [{"question": question, **answer} for question in questions])
    dev, test = (read_set("expertqa", tmp_path, part) for part in ("dev", "test"))
    assert len(dev) == 2 * 3 and len(test) == 2 * 3  # questions a, b and c, d: c is in test, so not in dev
    assert [claim.supported for claim in dev[:3]] == [True, False, False]
    assert dev[0].evidence == ("The passage.\n\nIts second part.",)
    assert dev[1].evidence[1] == "More." and dev[0].group == "bing"
    assert len({claim.id for claim in dev + test}) == 12


def test_unknown_sets_and_parts_are_named(tmp_path):
    with pytest.raises(
        EvaluationError, match="no set 'snli'; known are begin, expertqa, factcheck_gpt, halueval, scifact, wice"
    ):
        read_set("snli", tmp_path, "dev")
    for name in ("begin", "expertqa", "factcheck_gpt", "halueval"):
        with pytest.raises(EvaluationError, match="no split 'train'"):
            read_set(name, tmp_path, "train")
        with pytest.raises(EvaluationError):
            read_set(name, tmp_path, "dev")


def test_components_do_not_depend_on_the_order_of_pairs():
    pairs = [("a", "1"), ("b", "1"), ("b", "2"), ("c", "2"), ("d", "3"), ("e", "4"), ("f", "4")]
    expected = {"a": "a", "b": "a", "c": "a", "d": "d", "e": "e", "f": "e"}
    for seed in range(20):
        random.Random(seed).shuffle(pairs)
        assert connected(pairs) == expected


def test_a_hash_parts_documents_in_halves():
    parts = [half_of(f"document {n}") for n in range(2_000)]
    assert 0.46 < parts.count("dev") / len(parts) < 0.54
