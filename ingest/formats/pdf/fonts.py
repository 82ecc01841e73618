"""What a font's name and flags say of its characters."""

import re
from dataclasses import dataclass

_SUBSET = re.compile(r"^[A-Z]{6}\+")
_BOLD = re.compile(
    r"bold|black|heavy|semib|demi|-medi|cmb|sfbx|sfrb|sfxc|lmbx|libertine_?t?z?b|biolinum_?t?z?b|-bd\b", re.IGNORECASE
)
_ITALIC = re.compile(r"ital|obliq|slant|cmti|cmsl|sfti|lmri|-it\b|libertine_?ti|biolinum_?ti", re.IGNORECASE)
_MONO = re.compile(
    r"mono|courier|cmtt|sftt|lmtt|consol|typewriter|inconsolata|zi4|-tt\b|menlo|monaco|andale", re.IGNORECASE
)
_MATH = re.compile(
    r"math|^(?:cmmi|cmsy|cmex|cmbsy|msam|msbm|eufm|eusm|euex|rsfs|stmary|wasy|bbold|bbm|dsrom|dsss|lasy|esint|"
    r"tx(?:sy|ex|mi|bsy)|px(?:sy|ex|mi)|rtxmi|newtxmi|ntxmi|ntxsy|mtmi|mtsy|mtex|rmtmi|zplm|fourier-m)",
    re.IGNORECASE,
)
_LARGE_SIGNS = re.compile("cmex|yhcmex|txex", re.IGNORECASE)

_FIXED_PITCH, _ITALIC_FLAG, _FORCE_BOLD = 1, 1 << 6, 1 << 18
# Weights between are guessed from the stem's width, and wrong for many a regular font.
_DECLARED_BOLD = (700, 800, 900)


@dataclass(frozen=True, slots=True)
class Font:
    """A font without its subset prefix, and its style."""

    name: str
    bold: bool = False
    italic: bool = False
    mono: bool = False
    math: bool = False
    large_signs: bool = False


def font_of(name: str, flags: int, weight: int) -> Font:
    """The style of a font.

    Args:
        name: its PostScript name, with or without a subset prefix.
        flags: of its descriptor (PDF 32000-1, table 123).
        weight: 400 for regular, 700 for bold; 0 or less where unknown.
    """
    plain = _SUBSET.sub("", name)
    math = bool(_MATH.search(plain))
    return Font(
        name=plain,
        bold=not math and (bool(_BOLD.search(plain)) or bool(flags & _FORCE_BOLD) or weight in _DECLARED_BOLD),
        italic=not math and (bool(_ITALIC.search(plain)) or bool(flags & _ITALIC_FLAG)),
        mono=not math and (bool(_MONO.search(plain)) or bool(flags & _FIXED_PITCH)),
        math=math,
        large_signs=bool(_LARGE_SIGNS.match(plain)),
    )
