import pytest

from train.overlap import Known, alike

TEXT = "The quick brown fox jumps over the lazy dog and then it sleeps in the warm sun all day."


def test_spacing_case_and_punctuation_do_not_hide_a_text():
    known = Known([TEXT])
    assert known.share(TEXT) == 1.0
    assert known.share(TEXT.upper().replace(" ", "  ,")) == 1.0
    assert known.share("Something else altogether is told here of kites and of the wind that carries them.") == 0.0


def test_half_a_known_text_counts_as_its_share_of_runs():
    words = [f"w{n}" for n in range(40)]
    known = Known([" ".join(words[:25])])
    assert known.share(" ".join(words)) == pytest.approx((25 - 9) / (40 - 9))


def test_a_short_text_is_not_known():
    assert Known([TEXT]).share("The quick brown fox") == 0.0


def test_claims_that_turn_one_word_are_alike():
    assert alike("Orexin is crucial to energy balance.", "orexin is unrelated to energy balance") == 5 / 7
