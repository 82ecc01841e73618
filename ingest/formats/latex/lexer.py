r"""LaTeX source to tokens, in one pass over the text and without recursion.

A token is a string: a control word (`\emph`), a control symbol (`\%`), one of `{ } [ ] $ $$ & ~`, a parameter
(`#1`), a line end (`\n`), a paragraph end (`PARAGRAPH`) or a run of plain text. Comments are gone. Code, which
follows rules of its own, is a `Literal`.
"""

import re
from dataclasses import dataclass

PARAGRAPH = "\n\n"
MAX_DEPTH = 100
"""Braces nested deeper are dropped: reading arguments of arguments costs depth times size."""

CODE_ENVIRONMENTS = frozenset(
    "verbatim verbatim* Verbatim Verbatim* BVerbatim LVerbatim lstlisting minted alltt filecontents filecontents* "
    "algorithmic algorithmic* python bash".split()
)
ALGORITHM_ENVIRONMENTS = frozenset("algorithm algorithm* algorithm2e procedure function".split())
"""Floats around code, with a caption among the code."""
DROPPED_ENVIRONMENTS = frozenset(
    "comment tikzpicture tikzpicture* pgfpicture picture axis CCSXML filecontents filecontents* "
    "pspicture forest feynman".split()
)
"""Drawings and what is not typeset at all."""

_TOKEN = re.compile(
    r"""(?P<verb>\\(?:verb|lstinline|mintinline)\b\*?)
      | (?P<address>\\(?:url|path|href|nolinkurl|hyperref\b(?!\[))[ \t]*+(?=\{))
      | (?P<begin>\\begin[ \t]*+\{(?P<name>[A-Za-z0-9]{1,60}\*?)\})
      | (?P<word>\\[A-Za-z@]++)[ \t]*+(?:\n[ \t]*+(?!\n))?
      | (?P<symbol>\\(?:.|\n|\Z))
      | (?P<comment>%[^\n]*+(?:\n[ \t]*+)?)
      | (?P<line>\n\s*+)
      | (?P<brace>[{}])
      | (?P<mark>\$\$|\#[1-9]|[\[\]$&~#])
      | (?P<text>[^\\{}\[\]$&~%\#\n]++)""",
    re.VERBOSE,
)
# Environments that the document itself declares to hold code.
_DECLARED = re.compile(
    r"\\(?:lstnewenvironment|newminted|DefineVerbatimEnvironment|newtcblisting|NewTCBListing)\s{0,9}"
    r"(?:\[[^][\n]{0,60}\]\s{0,9})?\{(\w{1,60})\}"
)
_BLANK = re.compile(r"\s*+")
_OPTIONS = re.compile(r"[ \t]*+(?:\[[^][\n]*+\])?(?:\{[^{}\n]*+\})?")


class Literal(str):
    r"""Text that is no markup: the body of an environment, of `\verb` (named `verb`), or, without a name, any text."""

    __slots__ = ("environment",)
    environment: str

    def __new__(cls, text: str, environment: str = "") -> "Literal":
        """Text, with the environment it is from."""
        literal = super().__new__(cls, text)
        literal.environment = environment
        return literal


@dataclass(frozen=True, slots=True)
class Lexed:
    """The tokens of a source, braces balanced.

    Attributes:
        tokens: in order.
        unbalanced: how many braces had no partner; they were dropped.
        too_deep: whether braces were dropped because they were nested too deep.
        unclosed: environments of code that never end; their body is read as text.
    """

    tokens: list[str]
    unbalanced: int
    too_deep: bool
    unclosed: tuple[str, ...]


def lex(source: str) -> Lexed:
    """Tokens of canonical text, in linear time."""
    return _Lexer(source).lexed()


class _Lexer:
    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens: list[str] = []
        self._open: list[int] = []  # positions of the opening braces
        self._brackets: dict[int, list[int]] = {}  # by depth, positions of brackets that may yet be closed
        self._stray = 0
        self._excess = 0  # opening braces that were dropped as too deep
        self._too_deep = False
        self._code = CODE_ENVIRONMENTS | {found.group(1) for found in _DECLARED.finditer(source)}
        self._unclosed: dict[str, None] = {}  # a set with an order: what has no end here has none further on

    def lexed(self) -> Lexed:
        source, position = self._source, 0
        while position < len(source):
            found = _TOKEN.match(source, position)
            if found is None:  # cannot be: the alternatives cover every character
                raise AssertionError(source[position])
            position = self._take(found, found.end())
        for index in self._open:
            self._tokens[index] = ""
        self._forget_brackets()
        tokens = [token for token in self._tokens if token] if self._open else self._tokens
        return Lexed(tokens, self._stray + len(self._open), self._too_deep, tuple(self._unclosed))

    def _take(self, found: re.Match[str], end: int) -> int:
        kind = found.lastgroup
        kind = "begin" if kind == "name" else kind
        if kind == "brace":
            self._brace(found.group())
        elif found.group() in ("[", "]"):
            self._bracket(found.group())
        elif kind == "line":
            self._line_end(found.group().count("\n") > 1)
        elif kind == "comment":
            # A comment takes its line end along; what is blank below it still ends the paragraph.
            if self._source.startswith("\n", end):
                self._line_end(True)
                return _BLANK.match(self._source, end).end()  # pyright: ignore[reportOptionalMemberAccess]
        elif kind == "word":
            self._tokens.append(found.group("word"))
        elif kind == "verb":
            return self._verb(found.group(), end)
        elif kind == "address":
            self._tokens.append(found.group().strip())
            return self._address(end)
        elif kind == "begin":
            return self._environment(found.group("name"), end)
        else:
            self._tokens.append(found.group())
        return end

    def _line_end(self, paragraph: bool) -> None:
        self._tokens.append(PARAGRAPH if paragraph else "\n")
        if paragraph:
            self._forget_brackets()

    def _bracket(self, bracket: str) -> None:
        """Find out which brackets have a partner in their group and paragraph; the others are text.

        So nobody who looks for the end of an optional argument looks in vain, again and again.
        """
        open_ = self._brackets.setdefault(len(self._open), [])
        if bracket == "[":
            open_.append(len(self._tokens))
        else:
            open_.clear()
        self._tokens.append(bracket)

    def _forget_brackets(self, depth: int | None = None) -> None:
        for open_ in self._brackets.values() if depth is None else [self._brackets.pop(depth, [])]:
            for index in open_:
                self._tokens[index] = Literal("[")
        if depth is None:
            self._brackets.clear()

    def _brace(self, brace: str) -> None:
        if brace == "{":
            if len(self._open) >= MAX_DEPTH:
                self._excess += 1
                self._too_deep = True
                return
            self._open.append(len(self._tokens))
        elif self._excess:
            self._excess -= 1
            return
        elif self._open:
            self._forget_brackets(len(self._open))
            self._open.pop()
        else:
            self._stray += 1
            return
        self._tokens.append(brace)

    def _verb(self, command: str, start: int) -> int:
        r"""`\verb|…|`, `\lstinline[…]|…|`, `\mintinline{python}|…|`; the closing mark stands on the same line."""
        source = self._source
        if "verb" not in command and (options := _OPTIONS.match(source, start)):
            after = options.end()
            # `\lstinline{code}` has its code in braces, `\mintinline{python}{code}` only its second argument.
            braces = source.rfind("{", start, after)
            start = braces if command.startswith("\\lst") and braces >= 0 else after
        mark = source[start : start + 1]
        closing = "}" if mark == "{" else mark
        newline = source.find("\n", start)
        last = len(source) if newline < 0 else newline
        end = source.find(closing, start + 1, last) if closing.strip() else -1
        if end < 0:
            return start
        self._tokens.append(Literal(source[start + 1 : end], "verb"))
        return end + 1

    def _address(self, start: int) -> int:
        """The argument of a link, where `%`, `#` and `~` are themselves."""
        source = self._source
        newline = source.find("\n", start)
        end = source.find("}", start, len(source) if newline < 0 else newline)
        if end < 0 or "{" in source[start + 1 : end]:
            return start
        self._tokens.append(Literal(source[start + 1 : end].replace("\\", "")))
        return end + 1

    def _environment(self, name: str, start: int) -> int:
        if (name in self._code or name in DROPPED_ENVIRONMENTS or name in ALGORITHM_ENVIRONMENTS) and (
            name not in self._unclosed
        ):
            ending = f"\\end{{{name}}}"
            end = self._source.find(ending, start)
            if end >= 0:
                kept = name not in DROPPED_ENVIRONMENTS
                if kept:
                    self._tokens.append(Literal(self._source[start:end], name))
                return end + len(ending)
            self._unclosed[name] = None
        self._tokens += ["\\begin", Literal(name)]
        return start
