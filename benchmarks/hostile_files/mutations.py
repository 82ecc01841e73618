"""Ways to break a file: each takes its bytes, another file's, and dice, and gives other bytes."""

from collections.abc import Callable
from random import Random

MAX_BYTES = 4_000_000
"""Mutated files stay below it: size is the bombs' business."""

_MARKS = [
    *[b"<", b">", b"</p>", b"<table>", b"<!--", b"-->", b"]]>", b"&#x0;", b"{", b"}", b"[", b"]", b"$", b"$$", b"\\"],
    *[b"\\begin{a}", b"\\end{document}", b"\\newcommand{\\a}{\\a}", b"`", b"```", b"***", b"|", b"---\n", b"> ", b"- "],
    *[b"\n\n", b"\t", b'"', b"'", b": ", b"&a ", b"*a ", b"!!python/name:os.system ", b".. include:: /etc/passwd\n"],
    *[
        b"endobj",
        b"endstream",
        b"stream\n",
        b"<<",
        b">>",
        b"/Kids[3 0 R]",
        b"BT",
        b"ET",
        b"Tj",
        b"-99999999999",
        b"1e999",
    ],
    *["\u202e".encode(), "\u0300".encode() * 40, "\ufeff".encode(), b"\xf0\x9d\x94", b"\xed\xa0\x80", b"\x85", b"\r"],
]


def flip_bits(data: bytes, _: bytes, dice: Random) -> bytes:
    """A few bits, or one in a thousand."""
    changed = bytearray(data)
    for _ in range(dice.choice([1, 5, 20, max(1, len(data) // 8000)])):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def truncate(data: bytes, _: bytes, dice: Random) -> bytes:
    """The beginning, or the end."""
    cut = dice.randrange(1, len(data) + 1)
    return data[:cut] if dice.random() < 0.7 else data[-cut:]


def splice(data: bytes, other: bytes, dice: Random) -> bytes:
    """The beginning of one and the end of the other."""
    return data[: dice.randrange(len(data) + 1)] + other[dice.randrange(len(other)) :]


def repeat(data: bytes, _: bytes, dice: Random) -> bytes:
    """A part of it many times over."""
    first, length = _part(data, dice, 2000)
    times = dice.choice([2, 10, 1000])
    return data[:first] + data[first : first + length] * times + data[first + length :]


def drop(data: bytes, _: bytes, dice: Random) -> bytes:
    """A part of it is missing."""
    first, length = _part(data, dice, 5000)
    return data[:first] + data[first + length :]


def shuffle_lines(data: bytes, _: bytes, dice: Random) -> bytes:
    """Its lines in another order."""
    lines = data.split(b"\n")
    dice.shuffle(lines)
    return b"\n".join(lines)


def insert_nul(data: bytes, _: bytes, dice: Random) -> bytes:
    """A few zero bytes."""
    return _inserted(data, [b"\0"] * dice.choice([1, 100]), dice)


def insert_invalid(data: bytes, _: bytes, dice: Random) -> bytes:
    """Bytes that are no UTF-8."""
    return _inserted(data, [dice.choice([b"\xff", b"\xc3", b"\xe2\x82", b"\xf8\x88"]) for _ in range(3)], dice)


def insert_marks(data: bytes, _: bytes, dice: Random) -> bytes:
    """What means something to some parser."""
    return _inserted(data, dice.choices(_MARKS, k=dice.choice([1, 10, 200])), dice)


def insert_run(data: bytes, _: bytes, dice: Random) -> bytes:
    """One mark thousands of times."""
    return _inserted(data, [dice.choice(_MARKS) * dice.choice([50, 5000, 50_000])], dice)


def insert_line(data: bytes, _: bytes, dice: Random) -> bytes:
    """A line of a hundred thousand characters."""
    return _inserted(data, [dice.choice([b"a", b"word ", b"0.", b"(x) ", b"\xc3\xa9"]) * 100_000], dice)


MUTATIONS: dict[str, Callable[[bytes, bytes, Random], bytes]] = {
    function.__name__: function
    for function in (
        flip_bits,
        truncate,
        splice,
        repeat,
        drop,
        shuffle_lines,
        insert_nul,
        insert_invalid,
        insert_marks,
        insert_run,
        insert_line,
    )
}


def mutate(data: bytes, other: bytes, dice: Random) -> tuple[str, bytes]:
    """One to three mutations one after the other: their names, and what they made."""
    names = dice.choices(list(MUTATIONS), k=dice.choice([1, 1, 2, 3]))
    for name in names:
        data = MUTATIONS[name](data or b" ", other or b" ", dice)[:MAX_BYTES]
    return "+".join(names), data


def _part(data: bytes, dice: Random, longest: int) -> tuple[int, int]:
    return dice.randrange(len(data)), dice.randrange(1, longest)


def _inserted(data: bytes, pieces: list[bytes], dice: Random) -> bytes:
    at = sorted(dice.randrange(len(data) + 1) for _ in pieces)
    parts = [data[first:last] for first, last in zip([0, *at], [*at, len(data)], strict=True)]
    return b"".join(part for pair in zip(parts, [*pieces, b""], strict=True) for part in pair)
