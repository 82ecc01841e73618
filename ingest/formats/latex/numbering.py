"""Numbers of sections, figures, tables and equations, and what labels stand for."""

import re
from dataclasses import dataclass, field

from .flow import REFERENCE, REFERENCE_END

SECTIONS = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph")
_NUMBERED = ("chapter", "section", "subsection", "subsubsection")
_MARK = re.compile(f"{REFERENCE}([a-z]*):([^{REFERENCE_END}]*){REFERENCE_END}")


@dataclass(slots=True)
class Numbers:
    """Counters as an article or a book has them.

    Attributes:
        within: the section whose number a counter carries in front, as the preamble asks.
        unknown: counters that the document sets by itself; what they count gets no number.
    """

    within: dict[str, str] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    _counts: dict[str, int] = field(default_factory=dict)
    _labels: dict[str, tuple[str, str]] = field(default_factory=dict)
    _current: tuple[str, str] = ("", "")
    _appendix: bool = False

    def begin_appendix(self) -> None:
        """Count the uppermost sections in letters from here on."""
        self._appendix = True
        self._counts["chapter" if self._counts.get("chapter") else "section"] = 0

    def step(self, counter: str) -> str:
        """The next number of a counter, or nothing where it cannot be told; labels that follow stand for it."""
        self._counts[counter] = self._counts.get(counter, 0) + 1
        if counter in SECTIONS:
            for lower in SECTIONS[SECTIONS.index(counter) + 1 :]:
                self._counts[lower] = 0
            for name, section in self.within.items():
                if section == counter:
                    self._counts[name] = 0
            number = self._section(counter) if counter in _NUMBERED else ""
        else:
            number = str(self._counts[counter])
            if section := self.within.get(counter) or ("chapter" if self._counts.get("chapter") else ""):
                above = self._section(section)
                number = f"{above}.{number}" if above else ""
        number = "" if counter in self.unknown else number
        self._current = (counter, number)
        return number

    def unnumbered(self) -> None:
        """Something without a number begins; labels that follow stand for nothing."""
        self._current = ("", "")

    def label(self, key: str) -> None:
        """A label on what was counted last."""
        if key and self._current[1]:
            self._labels[key] = self._current

    def tag(self, key: str, number: str) -> None:
        """A label on an equation with a number."""
        self._labels[key] = ("equation", number)

    def resolved(self, text: str) -> str:
        """The text with numbers for the references in it; a label that stands for no number is kept."""
        return _MARK.sub(lambda found: ", ".join(self._shown(found.group(1), key) for key in _keys(found)), text)

    def _shown(self, style: str, key: str) -> str:
        counter, number = self._labels.get(key, ("", ""))
        if not number:
            return key
        name = "Section" if counter in SECTIONS else counter.capitalize()
        return {"eq": f"({number})", "named": f"{name} {number}"}.get(style, number)

    def _section(self, counter: str) -> str:
        if counter not in _NUMBERED or self.unknown & set(_NUMBERED):
            return ""
        used = _NUMBERED[: _NUMBERED.index(counter) + 1]
        parts = [self._counts.get(name, 0) for name in used]
        first = 0 if self._counts.get("chapter") else 1
        shown = [str(part) for part in parts[first:]]
        if self._appendix and shown and 0 < parts[first] <= 26:
            shown[0] = chr(ord("A") + parts[first] - 1)
        return ".".join(shown)


def reference(style: str, keys: str) -> str:
    """A mark that `Numbers.resolved` replaces; styles are `eq`, `named` and nothing."""
    return f"{REFERENCE}{style}:{keys}{REFERENCE_END}"


def _keys(found: re.Match[str]) -> list[str]:
    return [key.strip() for key in found.group(2).split(",") if key.strip()]
