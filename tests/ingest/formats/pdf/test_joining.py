import pytest
from sota_rag.ingest.formats.pdf.joining import Vocabulary, join_formula, join_lines
from sota_rag.ingest.formats.pdf.page import Box, Line, Run

KNOWN = Vocabulary(
    [
        "of linear growth and the complexity",
        "a transformer of fine-tuned models supervised",
        "by self-attention and the tuning of",
        "on OpenReview a multi-head and multi-head but one multihead",
        "a fine day",
    ]
)


def run(text: str, x0: float, x1: float, baseline: float, *, size: float = 10, order: int = 0) -> Run:
    box = Box(x0, baseline - 0.8 * size, x1, baseline + 0.2 * size)
    return Run(text, box, baseline, size, 0, 0, 0, 0, order, "Times", 0)


def lines(*texts: str) -> list[Line]:
    found = []
    for number, text in enumerate(texts):
        part = run(text, 0, 100, 12.0 * number)
        found.append(Line(1, [part], part.box, part.baseline, part.size).settle())
    return found


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("the trans-", "former reads", "the transformer reads"),
        ("then fine-", "tuned ones", "then fine-tuned ones"),
        ("is self-", "supervised", "is self-supervised"),
        ("is unsu-", "pervised", "is unsupervised"),
        ("a state-of-the-", "art model", "a state-of-the-art model"),
        ("of GPT-", "3 and", "of GPT-3 and"),
        ("the BERT-", "Large model", "the BERT-Large model"),
        ("see https://example.org/a-", "long-name", "see https://example.org/a-long-name"),
        ("values -", "not signs", "values - not signs"),
        ("with linear-", "complexity search", "with linear-complexity search"),
        ("two", "words", "two words"),
        ("see Open-", "Review and", "see OpenReview and"),
        ("a multi-", "head layer", "a multi-head layer"),
        ("a fine-", "grained label", "a fine-grained label"),
    ],
)
def test_line_ends(before, after, expected):
    text, pieces = join_lines(lines(before, after), KNOWN)
    assert text == expected
    assert text[pieces[1].start : pieces[1].end] == after
    assert before.startswith(text[pieces[0].start : pieces[0].end])


def test_halves_of_broken_words_are_no_words():
    known = Vocabulary(["a multi-", "plicative attention"])
    assert join_lines(lines("dot-product (multi-", "plicative)"), known)[0] == "dot-product (multiplicative)"


def test_halves_that_would_compose_keep_their_hyphen():
    text, _ = join_lines(lines("e-", "\u0301t"), KNOWN)
    assert text == "e- \u0301t"


def test_a_formula_reads_in_the_order_it_was_written_with_a_stroke_for_a_fraction():
    parts = [
        run("y =", 0, 20, 100, order=0),
        run("a + b", 25, 50, 93, order=1),
        run("c", 35, 40, 107, order=2),
        run("(1)", 200, 215, 100, order=3),
    ]
    whole = [Line(1, [part], part.box, part.baseline, part.size).settle() for part in parts]
    text, pieces = join_formula(sorted(whole, key=lambda line: line.baseline))
    assert text == "y = a + b / c (1)"
    assert [text[piece.start : piece.end] for piece in pieces] == ["y =", "a + b", "c", "(1)"]
