import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sota_rag.index.errors import QuarantineError
from sota_rag.index.types import Kind
from sota_rag.ingest.formats.plain import parse_plain


def kinds(text: str) -> list[tuple[str, str]]:
    parsed = parse_plain(text.encode())
    return [(block.kind.value, parsed.text[block.start : block.end]) for block in parsed.blocks]


def headings(text: str) -> list[tuple[int, str]]:
    return [(block.level, block.title) for block in parse_plain(text.encode()).blocks if block.level]


def test_paragraphs_keep_their_lines():
    assert kinds("One\ntwo.\n\n \t\n  Three\x0cfour\n") == [("paragraph", "One\ntwo."), ("paragraph", "  Three\nfour")]
    assert parse_plain(b"x").kind is Kind.OTHER


def test_underlined_headings():
    assert headings("Title\n=====\ntext\n\nPart\n----\n\n====\nOver\n====\n\ntext") == [
        (1, "Title"),
        (2, "Part"),
        (1, "Over"),
    ]
    assert kinds("Title\n=====\ntext")[1] == ("paragraph", "text")


@pytest.mark.parametrize(
    "text",
    [
        "---\ntext",
        "12\n---\n",
        "a | b\n-----\n1 | 2",
        "- item\n------",
        "One long line of text that goes on\n---\nmore",
    ],
)
def test_rules_are_no_headings(text):
    assert headings(text) == []


def test_numbered_headings_stand_alone_above_text():
    text = "1. Introduction\n\nWords here.\n\n2 Methods\n\n2.1 Data\n\nMore words.\n"
    assert headings(text) == [(1, "1. Introduction"), (1, "2 Methods"), (2, "2.1 Data")]


@pytest.mark.parametrize(
    "text",
    [
        "1. Apples\n\n2. Pears\n\n3. Plums\n",
        "1. Introduction ........ 3\n\ntext",
        "2. It was late.\n\ntext",
        "2020 Census\n\ntext",
        "3 apples\n\ntext",
        "1. Last",
    ],
)
def test_numbered_lines_that_are_no_headings(text):
    assert headings(text) == []


def test_lists_and_code():
    text = (
        "Take:\n- a\n- b\n  more\n\n* c\n\n    x = f(1)\n    y = 2\n\n    an indented quotation\n    of plain words\n"
    )
    assert kinds(text) == [
        ("paragraph", "Take:"),
        ("list", "- a\n- b\n  more"),
        ("list", "* c"),
        ("code", "    x = f(1)\n    y = 2"),
        ("paragraph", "    an indented quotation\n    of plain words"),
    ]


def test_a_hard_wrapped_line_that_begins_with_a_dash_is_no_list():
    assert kinds("It was - as they said\n- a dash.") == [("paragraph", "It was - as they said\n- a dash.")]


def test_code_is_indented_beyond_the_text():
    text = "   This memo has a margin\n   of three; as RFCs do.\n\n   More of it; {and} so on.\n\n       x = f(1)\n"
    assert [kind for kind, _ in kinds(text)] == ["paragraph", "paragraph", "code"]


@pytest.mark.parametrize(
    ("data", "message"), [(b"", "empty"), (b" \n", "empty"), (b"\0", "binary"), (b"\xe9", "UTF-8")]
)
def test_what_cannot_be_read(data, message):
    with pytest.raises(QuarantineError, match=message):
        parse_plain(data)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(["a", "Title", "===", "---", "- x", "1. A", "2.1 B", "", " ", "    x=1", "\f", "e\u0301"]),
        max_size=30,
    )
)
def test_blocks_hold_every_character_once(keeps_promises, lines):
    try:
        parsed = parse_plain("\n".join(lines).encode())
    except QuarantineError:
        return
    assert keeps_promises(parsed)


@pytest.mark.parametrize(
    "unit", ["word ", "line\n", "para\n\n", "- x\n", "1. A\n\n", "T\n===\n", "    x = 1\n", ". . . ", "\f"]
)
def test_time_grows_with_the_size(processor_seconds, unit):
    half = processor_seconds(parse_plain, "A " + unit * 10_000)
    assert processor_seconds(parse_plain, "A " + unit * 20_000) < 2.5 * half + 0.2
