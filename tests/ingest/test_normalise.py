import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sota_rag.index.errors import QuarantineError
from sota_rag.ingest.normalise import canonical_text, decode


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        ("a\r\nb\rc\n", "a\nb\nc\n"),
        ("a\x0bb\x0cc\x85d\u2028e\u2029f", "a\nb\nc\nd\ne\nf"),
        ("\ufeffzero\u200b\u200dwidth\u2060", "zerowidth"),
        ("left\u202eright\u2066", "leftright"),
        ("soft\u00adhyphen", "softhyphen"),
        ("tag\U000e0041\U000e007f", "tag"),
        ("heart\u2764\ufe0f", "heart\u2764"),
        ("bell\x07 escape\x1b tab\t", "bell escape tab\t"),
        ("e\u0301", "\u00e9"),
        ("x\u00b2 \ufb01 \u2460", "x\u00b2 \ufb01 \u2460"),  # NFKC would make "x2 fi 1" of it
        ("lone\ud800", "lone\ufffd"),
    ],
)
def test_canonical_text(raw, canonical):
    assert canonical_text(raw) == canonical


@given(st.text())
def test_canonical_text_is_idempotent_and_nfc(raw):
    text = canonical_text(raw)
    assert canonical_text(text) == text
    assert unicodedata.is_normalized("NFC", text)
    text.encode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_decode_known_encodings(encoding):
    assert decode("Größe α".encode(encoding)) == "Größe α"


def test_decode_big_endian_utf16():
    assert decode(b"\xfe\xff" + "Größe".encode("utf-16-be")) == "Größe"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \n\t\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"PK\x03\x04\x00rest", r"binary.*NUL at byte 4"),
        (b"abc \xe9t\xe9", r"not UTF-8 \(byte 4 is 0xe9\).*iconv"),
        (b"\xff\xfea\x00b", "UTF-16"),
        ("a".encode("utf-32"), "UTF-32"),
    ],
)
def test_decode_says_what_else_it_is(data, reason):
    with pytest.raises(QuarantineError, match=reason):
        decode(data)


def test_marks_out_of_order_cost_no_square():
    def seconds(count):
        text = "a" + "\u0315\u0300\u05ae" * count
        started = time.process_time()
        canonical_text(text)
        return time.process_time() - started

    canonical_text("a\u0315\u0300")  # the pattern is made once
    assert min(seconds(200_000) for _ in range(3)) < 0.5  # the square of it takes minutes


def test_a_character_keeps_its_first_thirty_marks():
    assert canonical_text("o\u0315\u0300" + "\u0301" * 40) == "ò\u0315"[:1] + "\u0301" * 28 + "\u0315"
    assert canonical_text("e\u0301") == "é"
    assert canonical_text("a" + "\u0323" * 40) == canonical_text(canonical_text("a" + "\u0323" * 40))
