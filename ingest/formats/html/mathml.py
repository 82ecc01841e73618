"""Presentation MathML to LaTeX, for formulas that come without their source.

The aim is a formula that reads and searches like the LaTeX of the papers around it, not one that typesets the same.
Elements are those of MathML Core and MathML 3; what is unknown is read for its children.
"""

import re
from collections.abc import Sequence

from lxml.html import HtmlElement

_SYMBOLS = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ϵ": "epsilon", "ε": "varepsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "ϑ": "vartheta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi",
    "ρ": "rho", "σ": "sigma", "ς": "varsigma", "τ": "tau", "υ": "upsilon", "ϕ": "phi", "φ": "varphi", "χ": "chi",
    "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi",
    "Σ": "Sigma", "Υ": "Upsilon", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", "∂": "partial", "∇": "nabla", "∞": "infty",
    "ℓ": "ell", "ℝ": "mathbb{R}", "ℕ": "mathbb{N}", "ℤ": "mathbb{Z}", "ℚ": "mathbb{Q}", "ℂ": "mathbb{C}",
    "𝔼": "mathbb{E}", "ℙ": "mathbb{P}", "𝟙": "mathbb{1}", "∅": "emptyset", "∀": "forall", "∃": "exists", "¬": "neg",
    "⊤": "top", "⊥": "perp", "ℒ": "mathcal{L}", "𝒩": "mathcal{N}", "…": "ldots", "⋯": "cdots", "⋮": "vdots",
    "⋱": "ddots", "∑": "sum", "∏": "prod", "∫": "int", "∮": "oint", "⋃": "bigcup", "⋂": "bigcap", "⨁": "bigoplus",
    "{": "{", "}": "}", "%": "%", "#": "#", "&": "&", "$": "$", "_": "_", "‖": "|", "∥": "|", "⟨": "langle",
    "⟩": "rangle", "⌊": "lfloor", "⌋": "rfloor", "⌈": "lceil", "⌉": "rceil", "∖": "setminus", "†": "dagger",
}  # fmt: skip
_INFIX = {
    "×": "times", "⋅": "cdot", "·": "cdot", "∗": "ast", "÷": "div", "±": "pm", "∓": "mp", "∘": "circ", "⊙": "odot",
    "⊕": "oplus", "⊗": "otimes", "≤": "leq", "⩽": "leq", "≥": "geq", "⩾": "geq", "≠": "neq", "≈": "approx",
    "≡": "equiv", "≅": "cong", "∼": "sim", "≃": "simeq", "∝": "propto", "≪": "ll", "≫": "gg", "∈": "in", "∉": "notin",
    "⊂": "subset", "⊆": "subseteq", "⊃": "supset", "∪": "cup", "∩": "cap", "∧": "wedge", "∨": "vee", "→": "to",
    "←": "leftarrow", "↦": "mapsto", "⇒": "Rightarrow", "⇐": "Leftarrow", "⇔": "Leftrightarrow", "↔": "leftrightarrow",
    "≜": "triangleq", "≔": "coloneqq", "∣": "mid", "⟶": "longrightarrow", "⟹": "implies", "⟺": "iff",
}  # fmt: skip
_PLAIN_INFIX = {"=": "=", "+": "+", "-": "-", "−": "-", "<": "<", ">": ">", ":=": ":="}
_ACCENTS = {
    "^": "hat", "ˆ": "hat", "~": "tilde", "˜": "tilde", "¯": "bar", "‾": "overline", "―": "overline", "→": "vec",
    "⃗": "vec", "˙": "dot", "¨": "ddot", "ˇ": "check", "⏞": "overbrace", "_": "underline", "⏟": "underbrace",
    "̂": "hat", "̃": "tilde", "̄": "bar", "̇": "dot",
}  # fmt: skip
_FUNCTIONS = frozenset(
    "arccos arcsin arctan arg cos cosh cot det dim exp gcd inf ker lim liminf limsup ln log max min mod Pr sec "
    "sin sinh sup tan tanh".split()
)
_VARIANTS = {
    "bold": "mathbf",
    "bold-italic": "boldsymbol",
    "double-struck": "mathbb",
    "script": "mathcal",
    "bold-script": "mathcal",
    "fraktur": "mathfrak",
    "monospace": "mathtt",
    "sans-serif": "mathsf",
}
# Function application, invisible times, separator and plus.
_UNSEEN = re.compile("[\u2061-\u2064\u200b\ufe00-\ufe0f]")
_COMMAND_END = re.compile(r"\\[A-Za-z]+$")
_SIMPLE = re.compile(r"[^\W_]|[^\W\d_]|\d{1,40}|\\[A-Za-z]{1,40}(?:\{[^{}\\]{1,40}\})?")
_HIDDEN = frozenset({"annotation", "annotation-xml", "mphantom", "none", "mprescripts", "maligngroup", "malignmark"})


def latex_of(element: HtmlElement) -> str:
    """LaTeX of a `math` element or one within it; recursion is as deep as the tree, which the caller bounds."""
    return " ".join(_row(_children(element)).split())


def _children(element: HtmlElement) -> list[HtmlElement]:
    return [child for child in element if isinstance(child.tag, str)]


def _name(element: HtmlElement) -> str:
    """The local name: some pages write `m:mfrac`."""
    return element.tag.rpartition(":")[2]


def _row(elements: Sequence[HtmlElement]) -> str:
    return _joined([_latex(element) for element in elements])


def _joined(parts: Sequence[str]) -> str:
    """Parts side by side, a blank where a command would swallow the letter behind it."""
    joined: list[str] = []
    for part in parts:
        if joined and part[:1].isalpha() and _COMMAND_END.search(joined[-1]):
            joined.append(" ")
        if part:
            joined.append(part)
    return "".join(joined)


def _latex(element: HtmlElement) -> str:
    name = _name(element)
    if name in _TOKENS:
        return _token(name, element)
    if name in _HIDDEN:
        return ""
    children = _children(element)
    if name == "semantics":
        return _row(children[:1])
    if name == "mtable":
        return _table(children)
    if name == "mfenced":
        return _fenced(element, children)
    if name == "mmultiscripts":
        return _multiscripts(children)
    template = _TEMPLATES.get(name)
    if template and len(children) == template[0]:
        return template[1](*children)
    if name == "msqrt":
        return f"\\sqrt{{{_row(children)}}}"
    return (element.text or "").strip() + _row(children)


_TOKENS = frozenset({"mi", "mn", "mo", "mtext", "ms", "mspace"})


def _token(name: str, element: HtmlElement) -> str:
    raw = _UNSEEN.sub("", "".join(element.itertext()))
    text = " ".join(raw.split())
    if name == "mspace" or not text:
        return " " if raw or name == "mspace" else ""
    if name in ("mtext", "ms"):
        return f"\\text{{{raw}}}" if any(character.isalnum() for character in text) else text
    if name == "mo":
        if text in _INFIX:
            return f" \\{_INFIX[text]} "
        if text in _PLAIN_INFIX:
            return f" {_PLAIN_INFIX[text]} "
    if text in _FUNCTIONS:
        return f"\\{text}" if name == "mi" else f" \\{text} "
    symbols = _joined([f"\\{_SYMBOLS[sign]}" if sign in _SYMBOLS else sign for sign in text])
    variant = _VARIANTS.get(element.get("mathvariant", ""))
    if variant:
        return f"\\{variant}{{{symbols}}}"
    long_name = name == "mi" and len(text) > 1 and text.isalpha() and text.isascii()
    return f"\\mathrm{{{symbols}}}" if long_name else symbols


def _group(element: HtmlElement) -> str:
    """An element as what carries an index: in braces unless it is one letter, number or command."""
    latex = _latex(element).strip()
    return latex if _SIMPLE.fullmatch(latex) else f"{{{latex}}}"


def _base(element: HtmlElement) -> str:
    """Like a group, but brackets and operators carry their limits without braces."""
    latex = _latex(element).strip()
    single = len(latex) == 1 or (latex.startswith("\\") and _name(element) in _TOKENS)
    return latex if single else _group(element)


def _script(element: HtmlElement) -> str:
    latex = _latex(element).strip()
    if latex and not latex.strip("′'"):
        return "\\prime" if len(latex) == 1 else "{" + "\\prime" * len(latex) + "}"
    return latex if len(latex) == 1 else f"{{{latex}}}"


def _sup(base: HtmlElement, over: HtmlElement) -> str:
    return f"{_base(base)}^{_script(over)}"


def _sub(base: HtmlElement, under: HtmlElement) -> str:
    return f"{_base(base)}_{_script(under)}"


def _subsup(base: HtmlElement, under: HtmlElement, over: HtmlElement) -> str:
    return f"{_base(base)}_{_script(under)}^{_script(over)}"


def _accented(base: HtmlElement, mark: HtmlElement) -> str | None:
    accent = _ACCENTS.get("".join(mark.itertext()).strip()) if _name(mark) == "mo" else None
    return f"\\{accent}{{{_latex(base).strip()}}}" if accent else None


def _over(base: HtmlElement, mark: HtmlElement) -> str:
    return _accented(base, mark) or _sup(base, mark)


def _under(base: HtmlElement, mark: HtmlElement) -> str:
    return _accented(base, mark) or _sub(base, mark)


def _fraction(above: HtmlElement, below: HtmlElement) -> str:
    return f"\\frac{{{_latex(above).strip()}}}{{{_latex(below).strip()}}}"


def _root(radicand: HtmlElement, degree: HtmlElement) -> str:
    return f"\\sqrt[{_latex(degree).strip()}]{{{_latex(radicand).strip()}}}"


_TEMPLATES = {
    "mfrac": (2, _fraction),
    "mroot": (2, _root),
    "msup": (2, _sup),
    "msub": (2, _sub),
    "msubsup": (3, _subsup),
    "mover": (2, _over),
    "munder": (2, _under),
    "munderover": (3, _subsup),
}


def _table(rows: Sequence[HtmlElement]) -> str:
    lines: list[str] = []
    for row in rows:
        cells = _children(row)
        if _name(row) == "mlabeledtr":
            cells = cells[1:]
        lines.append(" & ".join(_row(_children(cell)).strip() for cell in cells))
    return "\\begin{matrix} " + " \\\\ ".join(lines) + " \\end{matrix}"


def _fenced(element: HtmlElement, children: Sequence[HtmlElement]) -> str:
    separators = element.get("separators", ",").split() or [""]
    parts: list[str] = []
    for position, child in enumerate(children):
        if position:
            parts.append(separators[min(position, len(separators)) - 1])
        parts.append(_latex(child))
    opening, closing = element.get("open", "("), element.get("close", ")")
    return _joined([f"\\{_SYMBOLS[opening]}" if opening in _SYMBOLS else opening, *parts,
                    f"\\{_SYMBOLS[closing]}" if closing in _SYMBOLS else closing])  # fmt: skip


def _multiscripts(children: Sequence[HtmlElement]) -> str:
    if not children:
        return ""
    names = [_name(child) for child in children]
    split = names.index("mprescripts") if "mprescripts" in names else len(children)
    before = _scripts(children[split + 1 :])
    return ("{}" + before if before else "") + _base(children[0]) + _scripts(children[1:split])


def _scripts(pairs: Sequence[HtmlElement]) -> str:
    marks: list[str] = []
    for position, child in enumerate(pairs):
        script = _script(child)
        if script != "{}":
            marks.append("_^"[position % 2] + script)
    return "".join(marks)
