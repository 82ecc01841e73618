"""What is read as a quantity, and with which value, unit, noun, key and bound."""

import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sota_rag.app.answering.verify.quantities import Bound, Kind, quantities


def only(text):
    found = quantities(text)
    assert len(found) == 1, found
    return found[0]


def value(text):
    return only(text).value


@pytest.mark.parametrize(
    "text",
    ["1e-4", "1E-4", "0.0001", "10⁻⁴", "10^-4", "$10^{-4}$", r"$1 \times 10^{-4}$", "1·10⁻⁴", "1 × 10^-4", "1x10^-4"],
)
def test_small_numbers_are_one_value(text):
    assert value(text) == Decimal("0.0001")
    assert str(value(text)) == "0.0001"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("65 B", 65 * 10**9),
        ("65B", 65 * 10**9),
        ("65b", 65 * 10**9),
        ("65 billion", 65 * 10**9),
        ("a 65-billion-parameter model", 65 * 10**9),
        ("65bn", 65 * 10**9),
        ("1,000", 1000),
        ("1 000", 1000),
        ("1\u202f000", 1000),
        ("10k steps", 10_000),
        ("1.5M", 1_500_000),
        ("1.6 trillion", 16 * 10**11),
        ("forty-two", 42),
        ("a dozen", 12),
        ("two hundred and fifty", 250),
        ("ten thousand", 10_000),
        ("two thousand five hundred", 2500),
        ("half a million", 500_000),
        ("two and a half million", 2_500_000),
        ("-0.5", Decimal("-0.5")),
        ("2^16", 65_536),
        ("ten", 10),
    ],
)
def test_counts(text, expected):
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "expected", "unit", "kind"),
    [
        ("350 GB", 350 * 10**9, "byte", Kind.MEASURE),
        ("0.35 TB", 350 * 10**9, "byte", Kind.MEASURE),
        ("16GB", 16 * 10**9, "byte", Kind.MEASURE),
        ("16 gb", 16 * 10**9, "byte", Kind.MEASURE),
        ("16 GiB", 16 * 2**30, "byte", Kind.MEASURE),
        ("4-bit", 4, "bit", Kind.MEASURE),
        ("4 bits", 4, "bit", Kind.MEASURE),
        ("four bits", 4, "bit", Kind.MEASURE),
        ("10 Gb", 10**10, "bit", Kind.MEASURE),
        ("50%", 50, "%", Kind.PERCENT),
        ("50 percent", 50, "%", Kind.PERCENT),
        ("50 per cent", 50, "%", Kind.PERCENT),
        ("half", 50, "%", Kind.PERCENT),
        ("a quarter of it", 25, "%", Kind.PERCENT),
        ("three quarters", 75, "%", Kind.PERCENT),
        ("one third", Decimal("33.333333"), "%", Kind.PERCENT),
        ("1/3 of it", Decimal("33.333333"), "%", Kind.PERCENT),
        ("halved", 50, "%", Kind.PERCENT),
        ("2.5 percentage points", Decimal("2.5"), "pp", Kind.MEASURE),
        ("2x", 2, "x", Kind.FACTOR),
        ("2× faster", 2, "x", Kind.FACTOR),
        ("twice", 2, "x", Kind.FACTOR),
        ("two times", 2, "x", Kind.FACTOR),
        ("10-fold", 10, "x", Kind.FACTOR),
        ("tenfold", 10, "x", Kind.FACTOR),
        ("doubled", 2, "x", Kind.FACTOR),
        ("two orders of magnitude", 100, "x", Kind.FACTOR),
        ("5 ms", Decimal("0.005"), "s", Kind.MEASURE),
        ("90 min", 5400, "s", Kind.MEASURE),
        ("1.5 hours", 5400, "s", Kind.MEASURE),
        ("4 days", 345_600, "s", Kind.MEASURE),
        ("400 GPU-hours", 1_440_000, "gpu·s", Kind.MEASURE),
        ("400 GPU hours", 1_440_000, "gpu·s", Kind.MEASURE),
        ("3.5 × 10^21 FLOPs", 35 * 10**20, "flop", Kind.MEASURE),
        ("1.2 GHz", 1_200_000_000, "Hz", Kind.MEASURE),
        ("3 dB", 3, "dB", Kind.MEASURE),
        ("$5 million", 5_000_000, "usd", Kind.MONEY),
        ("5 million dollars", 5_000_000, "usd", Kind.MONEY),
        ("€3", 3, "eur", Kind.MONEY),
        ("10 cents", Decimal("0.1"), "usd", Kind.MONEY),
    ],
)
def test_units(text, expected, unit, kind):
    quantity = only(text)
    assert (quantity.value, quantity.unit, quantity.kind) == (expected, unit, kind)


def test_rates_are_divided_by_their_time():
    assert only("100 GB/s").per == only("100 GB per second").per == ("s",)
    assert only("25 tokens/s").per == only("25 tokens per second").per == ("s",)
    assert only("1.2 TFLOPS").per == ("s",)
    assert only("1.2 TFLOPs").per == ()
    assert only("16 bits per parameter").per == ("paramet",)
    assert only("$2 per million tokens").per == ("million", "token")


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("8–16 GB", 8 * 10**9, 16 * 10**9, "byte"),
        ("8-16 GB", 8 * 10**9, 16 * 10**9, "byte"),
        ("8 to 16 GB", 8 * 10**9, 16 * 10**9, "byte"),
        ("between 8 and 16 GB", 8 * 10**9, 16 * 10**9, "byte"),
        ("from 8 to 16 GB", 8 * 10**9, 16 * 10**9, "byte"),
        ("from 350 GB to 35 MB", 350 * 10**9, 35 * 10**6, "byte"),
        ("0.1% to 1%", Decimal("0.1"), 1, "%"),
        ("7B–70B", 7 * 10**9, 70 * 10**9, ""),
        ("7 to 70 billion", 7 * 10**9, 70 * 10**9, ""),
        ("five to ten", 5, 10, ""),
        ("2017–2020", 2017, 2020, ""),
        ("between 2017 and 2020", 2017, 2020, ""),
        ("the 1990s", 1990, 1999, ""),
        ("billions of tokens", 10**9, 10**12, "magnitude"),
        ("tens of thousands", 10**4, 10**5, "magnitude"),
        ("several hundred", 100, 1000, "magnitude"),
    ],
)
def test_ranges(text, low, high, unit):
    quantity = only(text)
    assert (quantity.value, quantity.unit) == ((low, high), unit)


def test_a_list_shares_its_unit_and_noun():
    assert [q.unit for q in quantities("3- and 4-bit weights")] == ["bit", "bit"]
    assert [q.unit for q in quantities("8, 16 and 32 GB")] == ["byte"] * 3
    assert [q.what for q in quantities("4 or 8 GPUs")] == [("gpu",)] * 2


def test_a_part_knows_its_whole():
    part, whole = quantities("routes to 2 of 8 experts")
    assert (part.of, part.what, whole.of) == (8, ("expert",), None)
    assert quantities("two out of the eight experts")[0].of == 8


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("8 experts", "expert"),
        ("64 routed experts", "expert"),
        ("12-layer encoder", "layer"),
        ("two-stage recipe", "stage"),
        ("2048 TPU v3 accelerators in 4 days", "acceler"),
        ("one expert per token", "expert"),
        ("8 GPUs", "gpu"),
        ("thousands of adapters", "adapt"),
        ("8 mixture-of-experts layers", "layer"),
        ("two or more responses", "respons"),
        ("175-billion-parameter GPT-3", "paramet"),
    ],
)
def test_what_is_counted(text, what):
    assert quantities(text)[0].what[-1] == what


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("in 2021", (2021, 0, 0)),
        ("The 2021 Switch Transformer paper reports", (2021, 0, 0)),
        ("June 2021", (2021, 6, 0)),
        ("2021-06-17", (2021, 6, 17)),
        ("17 June 2021", (2021, 6, 17)),
        ("June 17, 2021", (2021, 6, 17)),
        ("17th of June 2021", (2021, 6, 17)),
        ("2021-06", (2021, 6, 0)),
        ("in May", (0, 5, 0)),
    ],
)
def test_dates(text, date):
    quantity = only(text)
    assert (quantity.kind, quantity.date) == (Kind.DATE, date)


def test_a_year_that_counts_is_a_count():
    assert only("2048 tokens").kind is Kind.COUNT
    assert only("a batch size of 2048").kind is Kind.HYPERPARAMETER
    assert only("2000 ms").unit == "s"


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("lr = 3e-4", "learning rate", "0.0003"),
        ("a learning rate of 3e-4", "learning rate", "0.0003"),
        ("a 3e-4 learning rate", "learning rate", "0.0003"),
        ("the learning rate was set to 3e-4", "learning rate", "0.0003"),
        ("rank 16", "rank", "16"),
        ("rank=16", "rank", "16"),
        ("rank-16 LoRA", "rank", "16"),
        ("r=16", "rank", "16"),
        ("lora_alpha=32", "alpha", "32"),
        ("α = 32", "alpha", "32"),
        ("β₁ = 0.9", "beta1", "0.9"),
        (r"$\beta_2 = 0.95$", "beta2", "0.95"),
        ("beta_2 = 0.95", "beta2", "0.95"),
        ("a top-k of 50", "top k", "50"),
        ("a batch size of 512", "batch size", "512"),
        ("epsilon 1e-8", "epsilon", "1E-8"),
        ("RRF uses $k = 60$", "k", "60"),
        ("a k of 60", "k", "60"),
        ("d_model = 512", "dmodel", "512"),
        ("dropout of 0.1", "dropout", "0.1"),
        ("0.1 dropout", "dropout", "0.1"),
    ],
)
def test_hyperparameters(text, key, expected):
    quantity = only(text)
    assert (quantity.kind, quantity.key, str(quantity.value)) == (Kind.HYPERPARAMETER, key, expected)


def test_each_value_has_its_own_key():
    assert [(q.key, q.value) for q in quantities("rank 8 and alpha 16")] == [("rank", 8), ("alpha", 16)]
    assert [q.key for q in quantities("learning rates of 1e-4 and 3e-4")] == ["learning rate"] * 2


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("8 GB", Bound.EXACT),
        ("about 8 GB", Bound.APPROX),
        ("~8 GB", Bound.APPROX),
        ("≈ 8 GB", Bound.APPROX),
        ("roughly 8 GB", Bound.APPROX),
        ("up to 8 GB", Bound.AT_MOST),
        ("up to about 8 GB", Bound.AT_MOST),
        ("no more than 8 GB", Bound.AT_MOST),
        ("≤ 8 GB", Bound.AT_MOST),
        ("at least 8 GB", Bound.AT_LEAST),
        (">= 8 GB", Bound.AT_LEAST),
        (r"$\geq 8$ GB", Bound.AT_LEAST),
        ("8 GB or more", Bound.AT_LEAST),
        ("8+ GPUs", Bound.AT_LEAST),
        ("not less than 8 GB", Bound.AT_LEAST),
        ("more than 8 GB", Bound.MORE),
        ("over 600 billion", Bound.MORE),
        ("> 8 GB", Bound.MORE),
        ("less than 8 GB", Bound.LESS),
        ("fewer than 8 experts", Bound.LESS),
        ("below 8 GB", Bound.LESS),
        ("averaged over 3 seeds", Bound.EXACT),
        ("after 2021", Bound.MORE),
        ("before 2021", Bound.LESS),
        ("since 2021", Bound.AT_LEAST),
        ("until 2021", Bound.AT_MOST),
        ("since a 2024 study found it", Bound.EXACT),
    ],
)
def test_bounds(text, bound):
    assert only(text).bound is bound


@pytest.mark.parametrize(
    "text",
    [
        "GPT-3", "Llama 2", "Llama 3.1 models", "ViT-B/16", "bf16", "int8", "A100", "MiniLM-L6-v2", "F1", "top-1", "L2",
        "BM25", "arXiv:2106.09685", "2106.09685", "v2.6.0", "version 3", "PyTorch 2.8", "Section 3.2",
        "Sections 3 and 4", "Figure 2", "Eq. (5)", "[1]", "[1, 12]", "nDCG@10", "pass@1", "Mixtral 8x7B", "Q4_K_M",
        "W_0", "3D", "https://arxiv.org/abs/2106.09685", "ZeRO", "zero-shot", "this one", "no one", "one another",
        "the dense ones", "Qwen3-235B-A22B",
        "gpt-4o", "x²", "doi.org/10.1145/1571941",
        "10.1145/1571941.1572114", "Wei et al., 2022b",
    ],
)  # fmt: skip
def test_names_are_no_quantities(text):
    assert quantities(text) == []


def test_a_size_behind_a_name_is_a_quantity():
    assert [q.value for q in quantities("GPT-3 175B")] == [175 * 10**9]
    assert [q.value for q in quantities("Llama 2 70B")] == [70 * 10**9]
    assert [q.value for q in quantities("8x A100")] == [8]
    assert [q.value for q in quantities("224x224 pixels")] == [224, 224]


def test_list_markers_are_no_quantities():
    assert quantities("1. Supervised fine-tuning trains.\n\n2. Reward modelling") == []


def test_ordinals():
    assert [(q.kind, q.value) for q in quantities("the second stage and the 95th percentile")] == [
        (Kind.ORDINAL, 2),
        (Kind.ORDINAL, 95),
    ]
    assert quantities("the reward first rises") == []


def test_spans_are_those_of_the_source():
    text = "It needs **about 8 GB** and a rate of $10^{-4}$."
    assert [text[q.start : q.end] for q in quantities(text)] == ["8 GB", "10^{-4}"]


_PIECES = st.sampled_from(
    "8 16 0.5 1e-4 2021 10^ ^{-4} $ % GB -bit B bn x × about at least up to of , . ; - – to and or per token experts "
    "rank = ( ) [ ] / one two third half a hundred thousands billions June 17th GPT- Llama Section \\times { } * ` \n "
    "ⁿ ⁴ ½ the first percentage points".split(" ")
)


@given(st.lists(st.tuples(_PIECES, st.sampled_from(["", " ", "\n\n"])), max_size=25))
@settings(max_examples=300, deadline=None)
def test_spans_are_in_order_whatever_the_text(pieces):
    text = "".join(piece + space for piece, space in pieces)
    end = 0
    for quantity in quantities(text):
        assert end <= quantity.start < quantity.end <= len(text)
        end = quantity.end


@given(st.text(max_size=80))
@settings(max_examples=300, deadline=None)
def test_any_text_can_be_read(text):
    for quantity in quantities(text):
        assert 0 <= quantity.start < quantity.end <= len(text)


@pytest.mark.parametrize(
    "seed", ["1,", "1 ", "1-", "$1", "[1, ", "2 of ", "10^", "8x", "twenty-", "a-", "about ", "million "]
)
def test_time_grows_with_length_only(seed):
    def seconds(size):
        text = (seed * size)[:size]
        start = time.process_time()
        quantities(text)
        return time.process_time() - start

    short = min(seconds(2_500 + extra) for extra in range(3))
    assert min(seconds(10_000 + extra) for extra in range(2)) < 10 * max(short, 0.01)  # 16 times were it quadratic


def test_ten_thousand_characters_are_read_at_once():
    sentence = (
        "Mixtral 8x7B has 46.7 billion parameters and uses 12.9 billion per token, as reported in December 2023. "
    )
    text = (sentence * 100)[:10_000]
    best = 1.0
    for extra in range(5):
        start = time.process_time()
        quantities(text + " " * extra)  # another text each time, for readings are kept
        best = min(best, time.process_time() - start)
    assert best < 0.1  # 0.03 s on a quiet core
