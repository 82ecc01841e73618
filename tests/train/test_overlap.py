from types import SimpleNamespace

import pytest

from train.overlap import Known, alike
from train.verifier import __main__ as verifier
from train.verifier.examples import SUPPORTED, Example

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


def test_the_verifier_is_not_trained_on_evidence_that_is_reported_on(tmp_path, monkeypatch):
    other = "Kites rise against the wind, and the string that holds them is what lets them do so at all."
    reported = {"begin": [SimpleNamespace(text="It rains.", evidence=(TEXT,))]}
    reported["scifact"] = [SimpleNamespace(text="Orexin is crucial to energy balance.", evidence=("No.",))]
    made = {
        "claims": [Example("wice", "1", "It sleeps.", (TEXT.upper(),), SUPPORTED)],
        "scifact": [
            Example("scifact", str(number), claim, (other,), SUPPORTED)
            for number, claim in enumerate(["Orexin is unrelated to energy balance.", "Kites need wind."])
        ],
    }
    monkeypatch.setattr(verifier, "reported", lambda data: reported)
    monkeypatch.setattr(
        verifier, "published", lambda data, seed: {name: lambda held=held: held for name, held in made.items()}
    )
    monkeypatch.setattr(verifier, "read_documents", lambda paths: {})
    found = verifier.gather(tmp_path, tmp_path / "work", 0)
    assert [one.claim for one in found] == ["Kites need wind."]
    assert verifier.gather(tmp_path, tmp_path / "work", 0) == found
