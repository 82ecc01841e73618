"""One number or unit of each sentence of the guides that ship is changed by rule: how many changes are seen.

The rules find numbers by expressions of their own, so that a number which the reader overlooks counts as missed.
"""

import re
from importlib.resources import files

import pytest
from sota_rag.app.answering.verify.quantities import check, quantities
from sota_rag.app.answering.verify.quantity_guard import unsupported
from sota_rag.ingest.sentences import sentence_spans

FLOOR = 0.99

_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_CODE = re.compile(r"```.*?```", re.DOTALL)
# A numeral that is part of no name, address or formula, with the letters that may be glued to it.
_NUMERAL = re.compile(
    r"(?<![\w.,/@^_\\-])(\d[\d,]*(?:\.\d+)?(?:e-?\d+)?)(?=(?:[BMKk]|GB|MB|th|ms)?(?:$|[^\w]))(?![.]\d)"
)
# Behind these, digits name a version or an item; the guard for names answers for them.
_NAMED = re.compile(
    r"(?:Llama|Gemma|LangChain|Torch|https?:\S*|arXiv number\D*) ?$|^\s*$"
    r"|(?<=\S )[A-Z][\w.-]* $|(?:version|Version|stage|step|level|type) $"
)
_ROUNDED = re.compile(r"(?:about|roughly|minus) $")
_SPELT = "two three four five six seven eight nine ten".split()
_SPELT_NUMBER = re.compile(rf"(?<![\w-])({'|'.join(_SPELT)})\b", re.IGNORECASE)
_BEHIND_NUMBER = r"(?<=\d){0}\b|(?<=\d ){0}\b|(?<=lion ){0}\b|(?<=thousand ){0}\b|(?<=two ){0}\b|(?<=four ){0}\b"
_UNITS = [
    ("GB", "MB"), ("MB", "GB"), ("MB", "KB"), ("GB", "GiB"), ("bits", "bytes"), ("bytes", "bits"),
    ("million", "billion"), ("billion", "million"), ("trillion", "billion"), ("thousand", "million"),
    ("percentage points", "percent"),
    ("milliseconds", "seconds"), ("days", "hours"), ("GPU hours", "GPU days"), ("times", "percent"),
    ("parameters", "tokens"), ("tokens", "parameters"), ("experts", "layers"), ("nodes", "experts"),
    ("words", "tokens"), ("vectors", "tokens"), ("contractors", "models"),
    ("responses", "prompts"), ("runs", "seeds"), ("B", "M"),
]  # fmt: skip


def _paragraphs():
    for guide in sorted(files("sota_rag.corpus").joinpath("guides").iterdir(), key=lambda path: path.name):
        text = _CODE.sub("", _FRONT_MATTER.sub("", guide.read_text(encoding="utf-8")))
        yield from (part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()[:1] not in ("", "|", "#", "$"))


@pytest.fixture(scope="module")
def sentences():
    return [(part, part[start:end]) for part in _paragraphs() for start, end in sentence_spans(part)]


def _other_numerals(numeral):
    """Neighbours, multiples, swapped digits, and the same without decimals."""
    plain = numeral.replace(",", "").rstrip(".")
    if "e" in plain:
        mantissa, power = plain.split("e")
        return {f"{mantissa}e{int(power) + 1}", f"{float(mantissa) + 1:g}e{power}"}
    decimals = len(plain.partition(".")[2])
    value = float(plain)
    others = {f"{other:.{decimals}f}" for other in (value + 10**-decimals, value * 10, value * 2, value / 2)}
    others |= {plain[1] + plain[0] + plain[2:]} if plain[:2].isdecimal() and len(plain) > 1 else set()
    return {other for other in others | {str(int(value))} if float(other) != value}


def _numbers_changed(sentence):
    for match in _NUMERAL.finditer(sentence):
        before = sentence[: match.start(1)]
        if _NAMED.search(before):
            continue
        for other in sorted(_other_numerals(match.group(1))):
            if _ROUNDED.search(before) and round(float(match.group(1).replace(",", ""))) == float(other):
                continue  # "about 3" is true of 3.25
            yield before + other + sentence[match.end(1) :]
    for match in _SPELT_NUMBER.finditer(sentence):
        other = _SPELT[(_SPELT.index(match.group(1).lower()) + 1) % len(_SPELT)]
        yield sentence[: match.start(1)] + other + sentence[match.end(1) :]


def _units_changed(sentence):
    for unit, other in _UNITS:
        for match in re.finditer(_BEHIND_NUMBER.format(unit), sentence):
            if re.search(r"[A-Za-z]\S*\d ?$", sentence[: match.start()]):
                continue  # "SmolLM2-135M", "8x7B" and "int8 vectors" are names
            yield sentence[: match.start()] + other + sentence[match.end() :]


@pytest.mark.parametrize(("changes", "least"), [(_numbers_changed, 2_000), (_units_changed, 100)])
def test_changes_are_seen(sentences, changes, least):
    changed = [(false, true) for _, true in sentences for false in changes(true)]
    missed = [false for false, true in changed if not check(false, true)]
    assert len(changed) > least
    assert len(missed) <= (1 - FLOOR) * len(changed), missed


def test_no_sentence_is_reported_against_itself_or_its_paragraph(sentences):
    for paragraph, sentence in sentences:
        claimed = quantities(sentence)
        assert check(sentence, sentence) == check(sentence, paragraph) == []
        # Without the short way for what stands there letter for letter:
        assert unsupported(sentence, claimed, claimed) == []
        assert unsupported(sentence, claimed, quantities(paragraph)) == []
        in_one_line = " ".join(sentence.split())
        assert unsupported(in_one_line, quantities(in_one_line), claimed) == []
