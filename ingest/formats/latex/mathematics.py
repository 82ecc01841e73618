r"""Formulas: LaTeX as written, with the document's own macros expanded, so that others can set it."""

from dataclasses import dataclass, field

from .flow import tidy
from .lexer import PARAGRAPH, Literal
from .macros import Tokens
from .numbering import SECTIONS, Numbers, reference

DISPLAYED = frozenset(
    f"{name}{star}"
    for name in "equation align gather multline alignat flalign eqnarray displaymath dmath dgroup xalignat".split()
    for star in ("", "*")
) | {"IEEEeqnarray", "IEEEeqnarray*", "math"}
_ROW_BY_ROW = frozenset("align gather alignat flalign eqnarray xalignat IEEEeqnarray".split())
_CLOSING = {"$": "$", "$$": "$$", "\\(": "\\)", "\\[": "\\]"}
_DROPPED = frozenset({"\\ensuremath", "\\xspace", "\\protect", "\\allowdisplaybreaks", "\\noindent", "\\centering"})
_SECTIONS = frozenset(f"\\{name}" for name in SECTIONS) | {"\\chapter", "\\bibliography", "\\appendix"}


@dataclass(slots=True)
class _Row:
    pieces: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    numbered: bool = True


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as read.

    Attributes:
        text: LaTeX with its delimiters; empty where there is nothing between them.
        closed: whether its end was found.
    """

    text: str
    closed: bool


def inline(tokens: Tokens, opening: str) -> Formula:
    r"""The rest of a formula within a line, opened by `$` or `\(`; it ends with the paragraph at the latest."""
    rows, closed = _read(tokens, opening)
    body = tidy([_joined(row.pieces) for row in rows])
    return Formula(f"${body}$" if body else "", closed)


def displayed(tokens: Tokens, opening: str, numbers: Numbers) -> Formula:
    r"""The rest of a displayed formula, opened by `$$`, `\[` or the environment of that name."""
    rows, closed = _read(tokens, opening)
    name = opening.rstrip("*")
    if opening == name and opening in DISPLAYED and opening not in ("displaymath", "math"):
        for row in rows if name in _ROW_BY_ROW else [_merged(rows)]:
            if row.numbered:
                _number(row, numbers)
                rows = rows if name in _ROW_BY_ROW else [row]
    body = "\n".join(line.strip() for line in _body(rows).split("\n") if line.strip())
    if not body:
        return Formula("", closed)
    if opening in _CLOSING:
        return Formula(f"{opening} {body} {_CLOSING[opening]}", closed)
    return Formula(f"\\begin{{{opening}}}\n{body}\n\\end{{{opening}}}", closed)


def _body(rows: list[_Row]) -> str:
    return " \\\\\n".join(_joined(row.pieces).strip() for row in rows)


def _merged(rows: list[_Row]) -> _Row:
    """One row for all, for environments with one number."""
    pieces: list[str] = []
    for row in rows:
        pieces += [*(["\\\\", "\n"] if pieces else []), *row.pieces]
    return _Row(pieces, [label for row in rows for label in row.labels], all(row.numbered for row in rows))


def _number(row: _Row, numbers: Numbers) -> None:
    if not _joined(row.pieces).strip():
        return
    number = numbers.step("equation")
    if number and row.labels:
        row.pieces = [f"{_joined(row.pieces).rstrip()} \\tag{{{number}}}"]
        for label in row.labels:
            numbers.tag(label, number)


def _read(tokens: Tokens, opening: str) -> tuple[list[_Row], bool]:
    reading = _Reading(tokens, opening)
    while (token := tokens.next()) is not None:
        closed = reading.take(token)
        if closed is not None:
            return reading.rows, closed
    return reading.rows, False


@dataclass(slots=True)
class _Reading:
    """A formula being read: its rows, how deep within braces, and the environments open within it."""

    tokens: Tokens
    opening: str
    rows: list[_Row] = field(default_factory=lambda: [_Row()])
    depth: int = 0
    inner: list[str] = field(default_factory=list)

    def take(self, token: str) -> bool | None:
        """Take a token in; True at the formula's end, False where it should have ended before, else None."""
        pieces = self.rows[-1].pieces
        if isinstance(token, Literal):
            pieces.append(token)
        elif token in ("{", "}"):
            return self._brace(token)
        elif token[0] == "$":
            return self._dollar(token)
        elif token == _CLOSING.get(self.opening):
            return True
        elif token in _SECTIONS or (token == PARAGRAPH and self.opening in _CLOSING):
            return self._leave(token)
        elif token == PARAGRAPH:
            pieces.append("\n")
        elif token in ("\\begin", "\\end"):
            name = self.tokens.word()
            return self._begin(name) if token == "\\begin" else self._end(name)
        elif token == "\\\\" and not self.depth and not self.inner:
            self.rows.append(_Row())
        else:
            _control(self.tokens, token, self.rows[-1])
        return None

    def _leave(self, *tokens: str) -> bool:
        """Put tokens back that cannot stand in a formula: its end is missing."""
        self.tokens.push(tokens)
        return False

    def _brace(self, token: str) -> bool | None:
        self.depth += 1 if token == "{" else -1
        if self.depth < 0:
            return self._leave(token)
        self.rows[-1].pieces.append(token)
        return None

    def _dollar(self, token: str) -> bool | None:
        if self.opening in ("$", "$$") and not self.depth:
            if len(token) > len(self.opening):
                self.tokens.push(["$"])
            return True
        self.rows[-1].pieces.append(token)
        return None

    def _begin(self, name: str) -> bool | None:
        if name in self.tokens.environments:
            self.tokens.begin_environment(name)
        elif name in DISPLAYED:
            return self._leave("\\begin", "{", name, "}")
        else:
            self.inner.append(name)
            self.rows[-1].pieces.append(f"\\begin{{{name}}}")
        return None

    def _end(self, name: str) -> bool | None:
        if self.inner and self.inner[-1] == name:
            self.inner.pop()
            self.rows[-1].pieces.append(f"\\end{{{name}}}")
        elif name in self.tokens.environments:
            self.tokens.push(self.tokens.environments[name].end)
        else:
            return True if name == self.opening else self._leave("\\end", "{", name, "}")
        return None


def _control(tokens: Tokens, token: str, row: _Row) -> None:
    if token == "\\label":
        row.labels.append(tokens.word())
    elif token in ("\\nonumber", "\\notag"):
        row.numbered = False
    elif token == "\\tag":
        row.numbered = False
        tokens.star()
        row.pieces.append(f"\\tag{{{tokens.word()}}}")
    elif token in ("\\ref", "\\eqref"):
        row.pieces.append(reference("eq" if token == "\\eqref" else "", tokens.word()))
    elif token in ("\\vspace", "\\vskip"):
        tokens.star()
        tokens.argument()
    elif token not in _DROPPED:
        row.pieces.append(token)


def _joined(pieces: list[str]) -> str:
    r"""The pieces as source: a letter behind a control word is kept off it, as in `\alpha x`."""
    out: list[str] = []
    before = ""
    for piece in pieces:
        if before[:1] == "\\" and before[-1].isalpha() and piece[:1].isalpha() and piece[0].isascii():
            out.append(" ")
        out.append(piece)
        before = piece if not isinstance(piece, Literal) else ""
    return "".join(out)
