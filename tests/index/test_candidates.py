import numpy as np
import pytest
from sota_rag.index import SearchSettings
from sota_rag.index.candidates import fuse, gather
from sota_rag.index.clock import Clock
from sota_rag.index.fusion import convex_combination, reciprocal_rank_fusion
from sota_rag.index.learned_fusion import LEG_SIGNALS, LearnedFusion
from sota_rag.index.snapshot import open_current


@pytest.fixture
def snapshot(index):
    opened = open_current(index)
    yield opened
    opened.store.close()


def ask(snapshot, encoder, query="weights", depth=3, allowed=None, vector=None, **settings):
    return gather(
        snapshot,
        encoder,
        query,
        vector=vector,
        settings=SearchSettings(**settings),
        depth=depth,
        allowed=allowed,
        clock=Clock(),
    )


def test_the_union_of_both_legs_has_the_true_score_of_each(snapshot, hash_encoder):
    found = ask(snapshot, hash_encoder)
    assert found.rows.tolist() == sorted({*found.dense.tolist(), *found.bm25.tolist()})
    assert len(found.dense) == 3
    vector = hash_encoder.encode(["weights"])[0]
    np.testing.assert_allclose(found.dense_scores, snapshot.dense.scores(vector, found.rows))
    np.testing.assert_allclose(found.bm25_scores, snapshot.sparse.scores("weights")[found.rows])
    # A row that one leg alone returned has the other's score, and no rank there.
    only_bm25 = next(row for row in found.bm25.tolist() if row not in found.dense)
    signals = found.signals()[only_bm25]
    assert signals.dense_rank is None
    assert signals.dense_score is not None
    assert signals.bm25_rank == found.bm25.tolist().index(only_bm25) + 1


def test_a_passage_without_any_query_word_has_no_place_in_bm25(snapshot, hash_encoder):
    found = ask(snapshot, hash_encoder, "recurrent", depth=9)
    assert len(found.bm25) == 1
    assert len(found.dense) == 9
    absent = next(row for row in found.rows.tolist() if row not in found.bm25)
    assert found.signals()[absent].bm25_rank is None
    assert found.signals()[absent].bm25_score is None


def test_unknown_words_leave_a_note(snapshot, hash_encoder):
    found = ask(snapshot, hash_encoder, "zebra")
    assert len(found.bm25) == 0
    assert len(found.dense) == 3
    assert any("no word of the question" in note for note in found.notes)
    assert not ask(snapshot, hash_encoder).notes


@pytest.mark.parametrize("legs", ["dense", "bm25", "hybrid"])
def test_filters_that_leave_nothing_are_the_only_note(snapshot, hash_encoder, legs):
    nothing = np.zeros(len(snapshot), dtype=bool)
    for query in ("weights", "zebra"):
        found = ask(snapshot, hash_encoder, query, allowed=nothing, legs=legs)
        assert found.notes == ("no document passes the filters",)
    everything = ~nothing
    assert ask(snapshot, hash_encoder, allowed=everything, legs=legs).notes == ()


@pytest.mark.parametrize(("legs", "stages"), [("dense", ["dense"]), ("bm25", ["bm25"]), ("hybrid", ["dense", "bm25"])])
def test_legs(snapshot, hash_encoder, legs, stages):
    found = ask(snapshot, hash_encoder, legs=legs)
    assert [stage.name for stage in found.stages] == stages
    assert (found.dense_scores is None) == (legs == "bm25")
    assert found.bm25_scores.any() == (legs != "dense")
    if legs == "bm25":
        assert "weights" not in hash_encoder.encoded


def test_a_vector_replaces_the_question_in_the_dense_leg_alone(snapshot, hash_encoder):
    passages = snapshot.store.all_passages()
    vector = hash_encoder.encode([passages[4].contextual_text])[0]
    hash_encoder.encoded.clear()
    found = ask(snapshot, hash_encoder, "recurrent", vector=vector)
    assert found.dense[0] == 4
    assert passages[found.bm25[0]].document_id == "papers/history.pdf"
    assert hash_encoder.encoded == []


LEARNED = LearnedFusion({"cosine": 0.25, "bm25": 0.75}, {"bm25": 1.0})


def parts(fused):
    return fused.rows, fused.scores, fused.stage


def test_fuse_learned(snapshot, hash_encoder):
    found = ask(snapshot, hash_encoder)
    fused = fuse(found, SearchSettings(fusion="learned"), LEARNED)
    expected = dict(
        zip(found.rows.tolist(), convex_combination(found.dense_scores, found.bm25_scores, 0.25), strict=True)
    )
    assert [expected[row] for row in fused.rows.tolist()] == pytest.approx(fused.scores.tolist())
    assert fused.signals.shape == (len(fused.rows), len(LEG_SIGNALS))
    dense = fused.signals[:, LEG_SIGNALS.index("dense_place")]
    assert fused.rows[dense.argmax()] == found.dense[0]
    assert "learned" in fused.stage.detail


def test_fuse_convex(snapshot, hash_encoder):
    found = ask(snapshot, hash_encoder)
    rows, scores, stage = parts(fuse(found, SearchSettings(alpha=0.3)))
    expected = dict(
        zip(found.rows.tolist(), convex_combination(found.dense_scores, found.bm25_scores, 0.3), strict=True)
    )
    assert [expected[row] for row in rows.tolist()] == pytest.approx(scores.tolist())
    assert rows.tolist() == sorted(expected, key=lambda row: (-expected[row], row))
    assert (stage.name, stage.count) == ("fuse", len(rows))
    assert "0.3" in stage.detail


def test_fuse_rrf(snapshot, hash_encoder):
    found = ask(snapshot, hash_encoder)
    rows, scores, stage = parts(fuse(found, SearchSettings(fusion="rrf", rrf_k=10)))
    for row, score in zip(rows.tolist(), scores.tolist(), strict=True):
        ranks = [leg.tolist().index(row) + 1 if row in leg else np.inf for leg in (found.dense, found.bm25)]
        assert score == pytest.approx(float(reciprocal_rank_fusion(np.array(ranks)[:, None], 10)[0]))
    assert "10" in stage.detail


@pytest.mark.parametrize("legs", ["dense", "bm25"])
def test_fuse_one_leg_keeps_its_order_and_scores(snapshot, hash_encoder, legs):
    found = ask(snapshot, hash_encoder, legs=legs)
    rows, scores, stage = parts(fuse(found, SearchSettings(legs=legs)))
    leg, signal = (found.dense, found.dense_scores) if legs == "dense" else (found.bm25, found.bm25_scores)
    assert rows.tolist() == leg.tolist()
    assert scores.tolist() == pytest.approx(sorted(signal.tolist(), reverse=True))
    assert "alone" in stage.detail


def test_fuse_nothing(snapshot, hash_encoder):
    nothing = np.zeros(len(snapshot), dtype=bool)
    for legs in ("hybrid", "dense", "bm25"):
        for fusion in ("convex", "rrf", "learned"):
            settings = {"legs": legs, "fusion": fusion}
            rows, scores, stage = parts(
                fuse(ask(snapshot, hash_encoder, allowed=nothing, **settings), SearchSettings(**settings), LEARNED)
            )
            assert (len(rows), len(scores), stage.count) == (0, 0, 0)
