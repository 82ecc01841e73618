"""Shared runs of words and near duplicates, on texts made for the purpose."""

import random
import time
from itertools import combinations
from zlib import crc32

import pytest
from sota_rag.index.blocks import Block, BlockKind
from sota_rag.ingest.overlap import NEAR_DUPLICATE, near_duplicates, shared_runs, words_of


def numbered(stem, count, start=0):
    """Words of which none is like another: a0x a1x …"""
    return " ".join(f"{stem}{number}x" for number in range(start, start + count))


def runs(text, *sources, **options):
    """Runs of a text, as (word count, source, text)."""
    found = shared_runs([("d", words_of(text))], sources, **options)
    return [(run.words, run.source, run.text) for run in found.get("d", [])]


def test_words_are_lower_case_and_know_where_they_stand():
    text = "Don’t stop `in code` at [Émile’s](a/b.md) 3 tokens"
    words = words_of(text)
    assert [word for word in words.words if word != "\0"] == ["don't", "stop", "at", "émile's", "3", "tokens"]
    for word, start in zip(words.written, words.starts, strict=True):
        assert word == "\0" or text[start : start + len(word)] == word


def test_of_blocks_only_prose_and_tables_count_and_no_run_goes_from_one_to_the_next():
    text = "One two. three() Four five."
    blocks = [
        Block(BlockKind.PARAGRAPH, 0, 8),
        Block(BlockKind.CODE, 9, 16),
        Block(BlockKind.TABLE, 17, 27),
    ]
    assert words_of(text, blocks).words == ("one", "two", "\0", "four", "five", "\0")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a $x + y$ b", "a b"),
        ("a $$x$$ b", "a b"),
        ("it costs $5 to train and $10 to serve", "it costs 5 to train and 10 to serve"),
        ("from $5/$10 on", "from 5 10 on"),
        ("a $ b$ c", "a b c"),
        ("a $b $ c", "a b c"),
        ("see [a](x(y).md) b", "see a x y md b"),
        ("see https://a.example/b?c=d now", "see now"),
    ],
)
def test_formulas_and_targets_are_cut_out_but_prices_are_not(text, kept):
    assert " ".join(word for word in words_of(text).words if word != "\0") == kept


@pytest.mark.parametrize("hostile", ["](", "`", "$", "$a", "$ a ", "](a", "$a $", "http://"])
def test_words_take_time_in_proportion_to_the_text(hostile):
    started = time.process_time()
    words_of(hostile * 30_000)
    assert time.process_time() - started < 1


def test_a_run_has_its_place_its_length_and_its_words_as_written():
    shared = "every layer of the encoder reads ALL tokens at once and writes"
    text = f"It is said: {shared}, then stops."
    found = shared_runs([("d", words_of(text)), ("e", words_of("Something else."))], [("s", f"So {shared.lower()} it")])
    assert list(found) == ["d"]
    (run,) = found["d"]
    assert (run.start, run.words, run.text, run.source) == (text.index("every"), 12, shared, "s")


def test_least_is_how_many_words_make_a_run():
    text = f"own {numbered('a', 9)} own"
    source = ("s", f"else {numbered('a', 9)} else")
    assert runs(text, source) == []
    assert runs(text, source, least=9) == [(9, "s", numbered("a", 9))]
    assert runs(text, source, least=10) == []


def test_a_document_may_have_several_runs_of_a_source():
    first, second = numbered("a", 10), numbered("b", 11)
    found = runs(f"{first} own {second}", ("s", f"{second} else {first}"))
    assert [(words, text) for words, _, text in found] == [(10, first), (11, second)]


def test_a_run_is_words_of_one_source():
    text = numbered("a", 30)
    left, right = ("left", numbered("a", 20)), ("right", numbered("a", 22, 8))
    expected = [(20, "left", numbered("a", 20)), (22, "right", numbered("a", 22, 8))]
    assert runs(text, left, right) == runs(text, right, left) == expected
    # Side by side, they make no run of thirty either.
    halves = runs(text, ("one", numbered("a", 15)), ("two", numbered("a", 15, 15)))
    assert [(words, source) for words, source, _ in halves] == [(15, "one"), (15, "two")]


def test_what_lies_within_the_run_of_another_source_is_not_told_and_of_equals_the_first_is():
    text, part, head = numbered("a", 30), numbered("a", 15, 5), numbered("a", 15)
    assert runs(text, ("part", part), ("head", head), ("all", text), ("also", text)) == [(30, "all", text)]
    assert runs(text, ("all", text), ("part", part)) == [(30, "all", text)]


def test_a_run_of_names_and_numbers_is_none_but_one_in_a_script_without_capitals_is():
    names = "ViT Swin DeiT BEiT ResNet 50 101 SAM DINOv2 and MAE"
    assert runs(names, ("s", names)) == []
    numbers = "1 23 4 56 7 89 and so on ad infinitum"
    assert runs(numbers, ("s", numbers)) == []
    half = "ViT Swin DeiT BEiT ResNet reads all of these words"
    assert runs(half, ("s", half)) == [(10, "s", half)]
    hebrew = "כל שכבה של המקודד קוראת את כל המילים בבת אחת וכותבת"
    assert runs(hebrew, ("s", hebrew)) == [(11, "s", hebrew)]


def test_a_title_is_no_run_and_within_a_longer_run_its_words_do_not_count():
    title = numbered("t", 12)
    short = f"we read {title} for this"
    assert [words for words, _, _ in runs(short, ("s", short))] == [16]
    assert runs(title, ("s", title), titles=[title]) == []
    assert runs(short, ("s", short), titles=[title]) == []
    long = f"{numbered('a', 5)} {title} {numbered('b', 5)}"
    assert runs(long, ("s", long), titles=["Short", title]) == [(22, "s", long)]
    assert runs(long, ("s", long.replace(" b4x", "")), titles=[title]) == []


def test_without_a_source_nothing_is_read():
    def documents():
        raise AssertionError("read")
        yield

    assert shared_runs(documents(), []) == {}


def test_what_is_repeated_everywhere_costs_no_more_than_its_length():
    once = numbered("a", 150)
    started = time.process_time()
    found = shared_runs(
        [(str(n), words_of(f"{once} own{n}")) for n in range(400)], [(f"s{n}", once) for n in range(400)]
    )
    assert {(run.words, run.source) for own in found.values() for run in own} == {(150, "s0")}
    assert len(found) == 400
    same = "word " * 10_000
    assert [words for words, _, _ in runs(same, ("s", same))] == [10_000]
    assert time.process_time() - started < 2


def resemblance(first, second):
    """Jaccard coefficient on the quarter of the shingles, written out; None where one has fewer than twelve."""

    def sketch(text):
        words = text.split()
        hashes = {crc32(" ".join(words[place : place + 5]).encode()) for place in range(len(words) - 4)}
        return {value for value in hashes if value % 4 == 0}

    a, b = sketch(first), sketch(second)
    return len(a & b) / len(a | b) if min(len(a), len(b)) >= 12 else None


def test_near_duplicates_are_those_of_comparing_every_pair():
    draw = random.Random(0)
    pairs = 0
    for _ in range(12):
        base = numbered("a", 300).split()
        texts = []
        for number in range(16):
            begin = draw.randrange(150)
            own = numbered(f"o{number}y", draw.randrange(150))
            texts.append(" ".join(base[begin : draw.randrange(begin + 30, 300)]) + " " + own)
        expected = [
            (str(first), str(second), value)
            for first, second in combinations(range(len(texts)), 2)
            if (value := resemblance(texts[first], texts[second])) is not None and value >= NEAR_DUPLICATE
        ]
        pairs += len(expected)
        assert near_duplicates([(str(number), words_of(text)) for number, text in enumerate(texts)]) == expected
    assert pairs > 50


def test_a_document_of_few_words_is_not_compared():
    def same(words):
        return near_duplicates([(name, words_of(numbered("a", words))) for name in "xy"])

    least = next(words for words in range(5, 200) if resemblance(*[numbered("a", words)] * 2))
    assert same(least - 1) == []
    assert same(least) == [("x", "y", 1.0)]


def test_documents_that_share_what_all_share_are_not_compared_pair_by_pair():
    shared = numbered("a", 150)
    documents = [(str(n), words_of(f"{shared} {numbered(f'o{n}y', 200)}")) for n in range(700)]
    started = time.process_time()
    assert near_duplicates(documents) == []
    assert time.process_time() - started < 1
