"""Numbers that are written in words, and the words that scale, share and multiply."""

from decimal import Decimal

ONES = {
    word: Decimal(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()
    )
}
TENS = {
    word: Decimal(10 * value)
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
SCALES = {
    "hundred": Decimal(100),
    "thousand": Decimal(10**3),
    "million": Decimal(10**6),
    "billion": Decimal(10**9),
    "trillion": Decimal(10**12),
    "quadrillion": Decimal(10**15),
    "dozen": Decimal(12),
    "mn": Decimal(10**6),
    "mln": Decimal(10**6),
    "bn": Decimal(10**9),
}
GLUED_SCALES = {
    "k": Decimal(10**3),
    "K": Decimal(10**3),
    "m": Decimal(10**6),
    "M": Decimal(10**6),
    "b": Decimal(10**9),
    "B": Decimal(10**9),
    "T": Decimal(10**12),
    "bn": Decimal(10**9),
    "mn": Decimal(10**6),
    "mln": Decimal(10**6),
}
"""Letters behind a numeral without a space: "10k", "65B"."""

SPACED_SCALES = {"B": Decimal(10**9), "M": Decimal(10**6), "bn": Decimal(10**9), "mn": Decimal(10**6)}
"""Letters behind a numeral and a space: "65 B"."""

PLURAL_SCALES = {
    "dozens": (Decimal(12), Decimal(100)),
    "tens": (Decimal(10), Decimal(100)),
    "hundreds": (Decimal(100), Decimal(1_000)),
    "thousands": (Decimal(10**3), Decimal(10**6)),
    "millions": (Decimal(10**6), Decimal(10**9)),
    "billions": (Decimal(10**9), Decimal(10**12)),
    "trillions": (Decimal(10**12), Decimal(10**15)),
}
"""Vague multitudes, and the range of numbers that they can be said of."""

VAGUE = {"several", "few", "many", "multi"}
"""Words that make a scale behind them a multitude: "several hundred", "multi-billion"."""

ORDINALS = {
    word: Decimal(value)
    for value, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(), start=1
    )
}
SHARES = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4,
    "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6, "eighth": 8, "eighths": 8, "tenth": 10, "tenths": 10,
}  # fmt: skip
"""Denominators: "two thirds"."""

MULTIPLES = {"twice": Decimal(2), "thrice": Decimal(3), "twofold": Decimal(2), "threefold": Decimal(3),
             "fourfold": Decimal(4), "fivefold": Decimal(5), "tenfold": Decimal(10), "hundredfold": Decimal(100),
             "doubled": Decimal(2), "doubles": Decimal(2), "doubling": Decimal(2), "tripled": Decimal(3),
             "tripling": Decimal(3), "quadrupled": Decimal(4), "quadruples": Decimal(4)}  # fmt: skip
"""Words that multiply, without a number beside them."""

HALVED = {"halved", "halves", "halving"}
