"""Raised and lowered text as a reader would type it: x², CO₂, x_{max}, 5th."""

_DIGITS = "0123456789+-−=()"
_SUPERSCRIPTS = str.maketrans(_DIGITS + "ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
_SUBSCRIPTS = str.maketrans(_DIGITS + "aeoxhklmnpstij", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼ")
_ORDINALS = frozenset({"st", "nd", "rd", "th", "er", "re", "e", "o", "a", "™", "®", "TM"})
_MAX_SCRIPT = 24
"""Code points; whatever is longer was raised for its looks."""


def superscript(text: str) -> str:
    """Text set above the line."""
    text = text.strip()
    if text in _ORDINALS:
        return text
    return _script(text, _SUPERSCRIPTS, "^")


def subscript(text: str) -> str:
    """Text set below the line."""
    return _script(text.strip(), _SUBSCRIPTS, "_")


def _script(text: str, table: dict[int, int], sign: str) -> str:
    if not text or len(text) > _MAX_SCRIPT or " " in text or "$" in text or "[" in text:
        return text
    if all(ord(character) in table for character in text):
        return text.translate(table)
    return sign + (text if len(text) == 1 else f"{{{text}}}")
