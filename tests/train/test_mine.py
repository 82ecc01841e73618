import numpy as np
import pytest

from train.fusion.fit import fit, ndcg
from train.fusion.samples import samples
from train.reranker.collections import Asked, Collection, among
from train.reranker.mine import NEGATIVES, mine, read_groups, write_groups
from train.split import kept_back, kept_for_good

TEXTS = [f"passage {n} on {topic}" for n, topic in enumerate("lora dropout warmup adam sgd bert moe rope".split())]
ASKED = [
    Asked("what is lora here", "s/0", (0,)),
    Asked("is dropout passage 1 good", "s/1", (1,), near=(2,), excluded=(3,)),
    Asked("adam or sgd", "s/2", (3, 4), answers=("bert",)),
    Asked("nothing on kites", "s/7", near=(5,)),
    Asked("nobody knows moe", "s/5", near=(6,)),
]


@pytest.fixture
def collection():
    return Collection("small", TEXTS, ASKED)


def test_groups(collection, hash_encoder):
    groups = mine(collection, hash_encoder, seed=0, most=100)
    assert groups == mine(collection, hash_encoder, seed=0, most=100)
    assert groups != mine(collection, hash_encoder, seed=1, most=100)
    plain = {group.question.rstrip("?").lower(): group for group in groups}
    kept = [one for one in ASKED if kept_back(one.source)]
    assert kept and not {one.text for one in kept} & set(plain)
    for one in (one for one in ASKED if one.text in plain):
        group = plain[one.text]
        assert group.answered is bool(one.positives)
        wrong = group.texts[1:] if group.answered else group.texts
        assert len(wrong) == NEGATIVES
        if group.answered:
            assert group.texts[0] in {TEXTS[row] for row in one.positives}
        assert not {TEXTS[row] for row in (*one.positives, *one.excluded)} & set(wrong)
        assert {TEXTS[row] for row in one.near} <= set(wrong)
        assert not any(answer in text for text in wrong for answer in one.answers)


def test_no_wrong_passage_is_of_a_source_that_is_kept_back(hash_encoder):
    asked = [
        Asked(f"{topic} please", f"c/{n}", (n,))
        for n, topic in enumerate("lora dropout warmup adam sgd bert moe rope".split())
    ]
    held = {TEXTS[one.positives[0]] for one in asked if kept_back(one.source)}
    groups = mine(Collection("some", TEXTS, asked), hash_encoder, seed=0, most=100)
    assert held and len(groups) == len(asked) - len(held)
    assert not held & {text for group in groups for text in group.texts}


def test_another_collection_brings_wrong_passages_alone(hash_encoder):
    asked = Collection("few", TEXTS[:1], [Asked("what is lora here", "s/0", (0,))])
    both = among(asked, Collection("more", TEXTS[1:], [Asked("adam", "s/2", (0,))]))
    (group,) = mine(both, hash_encoder, seed=0, most=100)
    assert group.collection == "few" and group.texts[0] == TEXTS[0] and len(group.texts) == 1 + NEGATIVES


def test_unanswered_questions_are_a_third_at_most(hash_encoder):
    asked = [Asked(f"question {n} on lora", f"a/{n}", near=(0,)) for n in range(60)]
    asked += [Asked(f"what is moe {n}", f"b/{n}", (6,)) for n in range(10)]
    groups = mine(Collection("some", TEXTS, asked), hash_encoder, seed=0, most=100)
    counts = [sum(group.answered is kind for group in groups) for kind in (True, False)]
    assert counts[1] == counts[0] // 2 > 0


def test_groups_come_back_from_their_file(collection, hash_encoder, tmp_path):
    groups = mine(collection, hash_encoder, seed=0, most=100)
    write_groups(tmp_path / "new" / "groups.jsonl", groups)
    assert read_groups(tmp_path / "new" / "groups.jsonl") == groups


def test_what_is_kept_back_is_a_fifth_of_the_sources():
    sources = [f"squad/Normans/{n}" for n in range(2000)]
    assert 0.16 < np.mean([kept_back(source) for source in sources]) < 0.24
    for_good = [source for source in sources if kept_for_good(source)]
    assert all(kept_back(source) for source in for_good)
    assert 0.05 < len(for_good) / 2000 < 0.09


def test_samples_and_weights(hash_encoder):
    asked = [
        Asked(f"{topic} please", f"t/{n}", (n,))
        for n, topic in enumerate("lora dropout warmup adam sgd bert moe rope".split())
    ]
    found = samples(Collection("some", TEXTS, asked), hash_encoder, most=8)
    assert len(found) == 8
    for one in found:
        assert one.right.sum() == 1 and one.missed == 0
        assert one.rows[one.convex.argmax()] == one.rows[0]
    # The hash encoder knows nothing and BM25 knows all: the weights must say so.
    weights = fit({"some": [(one.signals, one.right) for one in found]})
    assert (weights >= 0).all()
    assert weights[1] > 3 * weights[0]
    assert np.mean([ndcg(one.signals @ weights, one) for one in found]) == 1.0


def test_ndcg_worked_by_hand(hash_encoder):
    (one,) = samples(Collection("some", TEXTS, [Asked("adam sgd", "t", (3, 4))]), hash_encoder, most=1)
    scores = np.zeros(len(one.rows))
    scores[one.rows == 3], scores[one.rows == 0] = 2.0, 3.0
    ideal = 1 + 1 / np.log2(3)
    rest = [row for row in sorted(one.rows.tolist()) if row not in (0, 3)]
    expected = (1 / np.log2(3) + 1 / np.log2(rest.index(4) + 4)) / ideal
    assert ndcg(scores, one) == pytest.approx(expected)
