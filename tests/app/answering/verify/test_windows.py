from hypothesis import given
from hypothesis import strategies as st
from sota_rag.app.answering.verify.windows import closest_windows

FILLER = [f"Filler sentence number {n} talks of gardens and rivers." for n in range(40)]


def test_evidence_that_fits_is_one_window():
    (window,) = closest_windows("LoRA freezes weights.", ["LoRA freezes  the weights.", "", "It adds matrices."])
    assert window.text == "LoRA freezes the weights. It adds matrices."
    assert window.sentences == (0, 2)
    assert window.share == 1.0


def test_the_run_that_holds_the_claim_comes_first():
    evidence = [*FILLER[:20], "LoRA freezes the pretrained weights.", "It trains two thin matrices.", *FILLER[20:]]
    first, *others = closest_windows("LoRA trains two thin matrices and freezes the weights.", evidence)
    assert {20, 21} <= set(first.sentences)
    assert len(others) == 2
    assert all(one.share <= first.share for one in others)


def test_what_is_stated_piecemeal_is_put_together():
    evidence = ["LoRA was published in 2021.", *FILLER[:30], "Its authors work at Microsoft.", *FILLER[30:]]
    first = closest_windows("LoRA, published in 2021, is by authors at Microsoft.", evidence)[0]
    assert {0, 31} <= set(first.sentences)
    assert list(first.sentences) == sorted(first.sentences)


def test_a_run_stays_in_its_passage():
    evidence = [*FILLER[:5], "", *FILLER[5:40]]
    found = closest_windows("gardens and rivers of number 5", evidence, words=60, most=9)
    runs = [one.sentences for one in found if len(one.sentences) == 1 + one.sentences[-1] - one.sentences[0]]
    assert len(runs) >= 5
    across = [one.sentences for one in found if one.sentences[0] < 5 < one.sentences[-1]]
    assert len(across) <= 1  # only the one that takes sentences from anywhere


def test_no_evidence():
    (window,) = closest_windows("LoRA.", ["", " "])
    assert (window.text, window.sentences, window.share) == ("", (), 0.0)
    assert closest_windows("the of", FILLER)[0].share == 1.0


WORDS = st.lists(st.sampled_from("lora freezes weights adam warmup decays the rate of learning".split()), max_size=12)


@given(WORDS, st.lists(WORDS, min_size=1, max_size=30), st.integers(5, 40), st.integers(1, 4))
def test_windows_are_whole_sentences_in_order_and_no_longer_than_may_be(claim, evidence, words, most):
    sentences = [" ".join(one) for one in evidence]
    found = closest_windows(" ".join(claim), sentences, words=words, most=most)
    assert 1 <= len(found) <= most
    assert [one.share for one in found] == sorted((one.share for one in found), reverse=True)
    for one in found:
        assert one.text == " ".join(sentences[place] for place in one.sentences)
        assert list(one.sentences) == sorted(set(one.sentences))
        assert len(one.text.split()) <= words or len(one.sentences) == 1
        assert 0 <= one.share <= 1 + 1e-9
