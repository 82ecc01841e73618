"""Formulas where the walk meets them: within a line, or on lines of their own."""

from lxml.html import HtmlElement

from ....index.blocks import BlockKind
from .content import is_formula_script
from .formula import displayed, inline, is_display, math_source, tidy
from .walker import Walker


def formula(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """A `math` element."""
    _add(walker, math_source(element), kind, display=is_display(element))


def script(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """A `script`, of which only MathJax's formulas are left."""
    if is_formula_script(element):
        _add(walker, tidy(element.text or ""), kind, display=is_display(element))


def source(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """Distill's `d-math`, which holds LaTeX as text."""
    _add(walker, tidy("".join(element.itertext())), kind, display="block" in element.attrib)


def displayed_math(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    """A box around a formula that stands alone, as KaTeX and MathJax 3 have it."""
    found = list(element.iter("math"))
    for math in found:
        _add(walker, math_source(math), kind, display=True)
    if not found:
        walker.children(element, kind)


def delimited(walker: Walker, element: HtmlElement, kind: BlockKind) -> None:
    r"""Source between `\(` and `\)` or `\[` and `\]`, perhaps with its number."""
    number = " ".join("".join(mark.itertext()).strip() for mark in element if "eqno" in mark.get("class", ""))
    raw = "".join(element.itertext()).strip().removeprefix(number).strip()
    if raw.startswith(("\\[", "$$")):
        _add(walker, tidy(raw), kind, display=True, number=number)
    elif raw.startswith("\\("):
        _add(walker, tidy(raw), kind, display=False)
    else:
        walker.children(element, kind)


def _add(walker: Walker, latex: str, kind: BlockKind, *, display: bool, number: str = "") -> None:
    if latex and display:
        walker.flush(kind)
        walker.add(BlockKind.FORMULA, displayed(latex, number))
    elif latex:
        walker.say(inline(latex))
