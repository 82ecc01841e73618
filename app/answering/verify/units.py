"""Units of measurement: what a symbol or word after a number makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from enum import StrEnum

from .lexemes import Form, Lexeme, at, glued

CONTEXT = Context(prec=60)
"""For products of numbers as long as texts print them."""

_MAX_WRITTEN_OUT = 40


class Kind(StrEnum):
    """What sort of quantity a number states."""

    COUNT = "count"
    MEASURE = "measure"
    PERCENT = "percent"
    DATE = "date"
    HYPERPARAMETER = "hyperparameter"
    FACTOR = "factor"
    ORDINAL = "ordinal"
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Unit:
    """What a number is measured in.

    Attributes:
        name: of the base unit, such as `byte`; units of one name can be compared.
        factor: how many base units one of it is.
        kind: the sort of quantity.
        per: what it is divided by, such as `s`; empty for none.
    """

    name: str
    factor: Decimal
    kind: Kind = Kind.MEASURE
    per: str = ""


_PREFIXES = {"k": 3, "K": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18, "Z": 21}
_WORD_PREFIXES = {"": 0, "kilo": 3, "mega": 6, "giga": 9, "tera": 12, "peta": 15, "exa": 18, "zetta": 21}
_TIME = {
    "ns": "ns nanosecond nanoseconds",
    "us": "us μs microsecond microseconds",
    "ms": "ms msec msecs millisecond milliseconds",
    "s": "s sec secs second seconds",
    "min": "min mins minute minutes",
    "h": "h hr hrs hour hours",
    "day": "day days",
    "week": "week weeks",
}
_SECONDS = {"ns": "1e-9", "us": "1e-6", "ms": "1e-3", "s": "1", "min": "60", "h": "3600", "day": "86400",
            "week": "604800"}  # fmt: skip


def _symbols() -> dict[str, Unit]:
    table = {"b/s": Unit("bit", Decimal(1), per="s"), "bps": Unit("bit", Decimal(1), per="s")}
    for prefix, power in _PREFIXES.items():
        factor = Decimal(10**power)
        table[f"{prefix}B"] = table[f"{prefix}byte"] = table[f"{prefix}bytes"] = Unit("byte", factor)
        table[f"{prefix}bit"] = table[f"{prefix}bits"] = Unit("bit", factor)
        table[f"{prefix}bps"] = table[f"{prefix}bit/s"] = Unit("bit", factor, per="s")
        table[f"{prefix}Bps"] = Unit("byte", factor, per="s")
        table[f"{prefix}iB"] = Unit("byte", Decimal(1024 ** (power // 3)))
        table[f"{prefix}FLOP"] = table[f"{prefix}FLOPs"] = table[f"{prefix}Flop"] = Unit("flop", factor)
        table[f"{prefix}FLOPS"] = table[f"{prefix}Flops"] = Unit("flop", factor, per="s")
        table[f"{prefix}Hz"] = Unit("Hz", factor)
        table[f"{prefix}W"] = Unit("W", factor)
        table[f"{prefix}Wh"] = Unit("Wh", factor)
        table[f"{prefix}J"] = Unit("J", factor)
    for symbol in ("KB", "MB", "GB", "TB", "PB"):
        table[symbol.lower()] = table[symbol]
    table |= {"Gb": table["Gbit"], "Mb": table["Mbit"], "Kb": table["Kbit"], "kb": table["KB"]}
    table |= {"FLOP": Unit("flop", Decimal(1)), "FLOPs": Unit("flop", Decimal(1)), "flops": Unit("flop", Decimal(1))}
    table |= {"FLOPS": Unit("flop", Decimal(1), per="s"), "Hz": Unit("Hz", Decimal(1)), "W": Unit("W", Decimal(1))}
    table |= {"Wh": Unit("Wh", Decimal(1)), "J": Unit("J", Decimal(1)), "dB": Unit("dB", Decimal(1))}
    table |= {"kg": Unit("g", Decimal(1000)), "mg": Unit("g", Decimal("0.001")), "km": Unit("m", Decimal(1000))}
    table |= {"cm": Unit("m", Decimal("0.01")), "mm": Unit("m", Decimal("0.001")), "nm": Unit("m", Decimal("1e-9"))}
    table |= {"m": Unit("m", Decimal(1)), "g": Unit("g", Decimal(1)), "px": Unit("", Decimal(1))}
    table |= {"pp": Unit("pp", Decimal(1)), "pct": Unit("%", Decimal(1), Kind.PERCENT)}
    table |= {"fps": Unit("frame", Decimal(1), per="s"), "QPS": Unit("queri", Decimal(1), per="s")}
    table |= {"USD": Unit("usd", Decimal(1), Kind.MONEY), "EUR": Unit("eur", Decimal(1), Kind.MONEY)}
    return table


def _words() -> dict[str, Unit]:
    table = {}
    for prefix, power in _WORD_PREFIXES.items():
        for base, names, per in (
            ("byte", ("byte", "bytes"), ""), ("bit", ("bit", "bits"), ""), ("flop", ("flop",), ""),
            ("flop", ("flops",), "s" if prefix else ""), ("Hz", ("hertz",), ""), ("W", ("watt", "watts"), ""),
        ):  # fmt: skip
            table |= {prefix + name: Unit(base, Decimal(10**power), per=per) for name in names}
    for symbol, names in _TIME.items():
        table |= {name: Unit("s", Decimal(_SECONDS[symbol])) for name in names.split()}
    table |= {"month": Unit("month", Decimal(1)), "months": Unit("month", Decimal(1))}
    table |= {"year": Unit("year", Decimal(1)), "years": Unit("year", Decimal(1))}
    table |= dict.fromkeys(("percent", "%", "percents"), Unit("%", Decimal(1), Kind.PERCENT))
    table |= dict.fromkeys(("times", "x", "×", "fold"), Unit("x", Decimal(1), Kind.FACTOR))
    table |= dict.fromkeys(("decibel", "decibels"), Unit("dB", Decimal(1)))
    table |= dict.fromkeys(("dollar", "dollars"), Unit("usd", Decimal(1), Kind.MONEY))
    table |= dict.fromkeys(("euro", "euros"), Unit("eur", Decimal(1), Kind.MONEY))
    table |= dict.fromkeys(("cent", "cents"), Unit("usd", Decimal("0.01"), Kind.MONEY))
    table |= dict.fromkeys(("tonne", "tonnes", "ton", "tons"), Unit("g", Decimal(10**6)))
    table |= {"°": Unit("°", Decimal(1)), "‰": Unit("‰", Decimal(1))}
    return table


_SYMBOLS = _symbols()
_WORDS = _words()
_GLUED_ONLY = {"m", "g", "x", "×", "us"}
"""Symbols that are other words, or multiply what follows, when they stand apart."""

CURRENCIES = {"$": "usd", "€": "eur", "£": "gbp"}
_DEVICES = frozenset("gpu gpus tpu tpus cpu cpus core accelerator node chip device flop flops".split())


def read_unit(row: Sequence[Lexeme], place: int) -> tuple[Unit, int] | None:
    """The unit that stands at a place, right after a number, and the place behind it; None where there is none.

    A hyphen between number and unit is passed over, as in "4-bit".
    """
    if place >= len(row) or row[place].gap == 2:
        return None
    hyphen = row[place].text == "-" and glued(row, place) and glued(row, place + 1)
    here = place + hyphen
    if here >= len(row):
        return None
    for reader in (_read_phrase, _read_device_time, _read_symbol):
        if found := reader(row, here):
            unit, behind = found
            return _divided(row, unit, behind)
    return None


def _read_phrase(row: Sequence[Lexeme], place: int) -> tuple[Unit, int] | None:
    """Units of several words."""
    first, second = at(row, place), at(row, place + 1)
    third = at(row, place + 2)
    if first == "per" and second == "cent":
        return Unit("%", Decimal(1), Kind.PERCENT), place + 2
    if (first in ("percentage", "percent", "absolute") and second in ("point", "points")) or (
        first == "%" and second in ("point", "points")
    ):
        return Unit("pp", Decimal(1)), place + 2
    if first in ("percentage", "%") and second == "-" and third in ("point", "points"):
        return Unit("pp", Decimal(1)), place + 3
    if first in ("order", "orders") and second == "of" and third == "magnitude":
        return Unit("magnitude", Decimal(1), Kind.FACTOR), place + 3
    return None


def _read_device_time(row: Sequence[Lexeme], place: int) -> tuple[Unit, int] | None:
    """Time of a device, such as "GPU-hours" or "A100 days"; hours of one device are no hours of another."""
    device, behind = at(row, place), place + 1
    if row[place].form is not Form.WORD:
        return None
    if glued(row, behind) and row[behind].form is Form.NUMERAL and len(device) < 3 and row[place].text.isupper():
        device, behind = device + row[behind].text, behind + 1
    elif device not in _DEVICES:
        return None
    if at(row, behind) == "/" and at(row, behind + 1) == "s":
        behind += 2
    behind += at(row, behind) == "-"
    unit = _WORDS.get(at(row, behind))
    if unit is None or unit.name not in ("s", "year", "month"):
        return None
    return Unit(f"{device.removesuffix('s')}·{unit.name}", unit.factor), behind + 1


def _read_symbol(row: Sequence[Lexeme], place: int) -> tuple[Unit, int] | None:
    lexeme = row[place]
    unit = _SYMBOLS.get(lexeme.text) or _WORDS.get(lexeme.lower)
    if unit is None:
        return None
    if lexeme.text in _GLUED_ONLY and not glued(row, place) and lexeme.text not in ("x", "×"):
        return None
    if lexeme.text == "m" and row[place - 1].text != "-":  # "5m" is five million
        return None
    product = lexeme.text in ("x", "×") and place + 1 < len(row) and row[place + 1].form is Form.NUMERAL
    if product or glued(row, place + 1, Form.NUMERAL):
        return None
    if lexeme.lower == "fold" and place and row[place - 1].text != "-" and not glued(row, place):
        return None
    return unit, place + 1


def _divided(row: Sequence[Lexeme], unit: Unit, place: int) -> tuple[Unit, int]:
    """The unit over a time that follows it, as in "GB/s" and "bits per second"."""
    if at(row, place) in ("/", "per") and (rate := time_symbol(at(row, place + 1))):
        return Unit(unit.name, unit.factor, unit.kind, rate), place + 2
    return unit, place


def time_symbol(word: str) -> str:
    """The one spelling of a word for a span of time, such as `s`; empty for other words."""
    for symbol, names in _TIME.items():
        if word in names.split():
            return symbol
    return {"month": "month", "year": "year"}.get(word, "")


def normalised(value: Decimal, unit: Unit) -> Decimal:
    """The value in the base unit, without trailing zeros, so that equal values are spelt equally."""
    if unit.factor != 1:
        value = CONTEXT.multiply(value, unit.factor)
    if not value:
        return Decimal(0)
    plain = value.normalize(CONTEXT)
    written_out = int(plain.as_tuple().exponent) > 0 and plain.adjusted() < _MAX_WRITTEN_OUT
    return plain.quantize(Decimal(1), context=CONTEXT) if written_out else plain
