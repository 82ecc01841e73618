from train.words import detokenised, sentences, windows


def test_sentences_have_single_spaces():
    assert sentences("One  is\nhere. Two follows.") == ["One is here.", "Two follows."]


def test_windows_cut_no_sentence_and_share_none():
    parts = ["a b c", "d e", "f g h i", "j"]
    assert windows(parts, 5) == ["a b c d e", "f g h i j"]
    assert windows(parts, 1) == parts
    assert windows(parts, 99) == [" ".join(parts)]
    assert windows([], 5) == []


def test_text_of_natural_questions_is_put_together_again():
    assert (
        detokenised("The `` Rings '' ( 1954 ) , he said , did n't end .")
        == 'The " Rings " (1954), he said, didn\'t end.'
    )
