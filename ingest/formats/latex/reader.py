r"""The reader: takes the tokens one by one and tells the flow what to write.

Groups and environments are frames on an explicit stack, so nesting costs no recursion, and what is not closed, or
closed in the wrong order, ends where the enclosing frame does.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ....index.blocks import BlockKind
from . import mathematics
from .flow import Flow
from .front import Front
from .lexer import PARAGRAPH, Literal
from .macros import Tokens
from .numbering import Numbers
from .symbols import ACCENTS, accented, symbols, typeset
from .tables import Table

Command = Callable[["Reader"], None]
GROUP = "{"
_SETTING = re.compile(r"[-+]?[\d.,:]*(?:pt|em|ex|cm|mm|in|bp|sp)?|[\w-]{1,40}=[^\s]*")


@dataclass(slots=True)
class Frame:
    """Something open: a group or an environment.

    Attributes:
        name: `{` or the environment's name.
        close: what is to be done at its end.
        table: the table, if it is one.
    """

    name: str
    close: Callable[[], None] | None = None
    table: Table | None = None


@dataclass(slots=True)
class ItemList:
    """An open list: its environment, and how many items it has so far."""

    name: str
    items: int = 0


@dataclass(slots=True)
class Reader:
    """The state of reading one document.

    Attributes:
        tokens: still to be read.
        commands: what control words do.
        literal: what is done with code.
        warn: told in words what was left out.
        flow: where the words go.
        frames: what is open, innermost last.
        lists: open lists, innermost last.
        floats: counters of the open figures and tables, innermost last.
        theorems: what the document calls its theorems, by environment.
        footnotes: how many there are so far.
        titling: how deep within the title or the authors.
        paper: whether there was an abstract or a bibliography.
        ended: whether the document said that it ends here.
    """

    tokens: Tokens
    commands: Mapping[str, Command]
    literal: Callable[["Reader", Literal], None]
    warn: Callable[[str], None]
    flow: Flow = field(default_factory=Flow)
    numbers: Numbers = field(default_factory=Numbers)
    front: Front = field(default_factory=Front)
    frames: list[Frame] = field(default_factory=list)
    lists: list[ItemList] = field(default_factory=list)
    floats: list[str] = field(default_factory=list)
    theorems: dict[str, str] = field(default_factory=dict)
    footnotes: int = 0
    titling: int = 0
    paper: bool = False
    ended: bool = False
    _open: Counter[str] = field(default_factory=Counter)

    def read(self) -> None:
        """Read to the end; everything still open is closed there."""
        while not self.ended and (token := self.tokens.next()) is not None:
            self._take(token)
        while self.frames:
            self._pop()
        self.flow.end_paragraph()

    def begin_document(self) -> None:
        """Forget what was written so far: a preamble is not text, whatever is left open in it."""
        while self.frames:
            self._pop()
        self.flow = Flow()

    def _take(self, token: str) -> None:
        if isinstance(token, Literal):
            self.literal(self, token)
        elif token[0] == "\\":
            self._control(token)
        elif token == "{":
            self.open(Frame(GROUP))
        elif token == "}":
            self._close_group()
        elif token in ("$", "$$"):
            self.mathematics(token)
        elif token == PARAGRAPH:
            self.flow.end_paragraph()
        elif token == "&":
            self.end_cell()
        elif token == "~" or token == "\n":
            self.flow.write(" ")
        elif token[0] != "#":
            self.flow.write(typeset(token))

    def _control(self, token: str) -> None:
        if handler := self.commands.get(token):
            handler(self)
        elif token in ACCENTS:
            self._accent(token)
        elif (symbol := symbols().get(token)) is not None:
            self.flow.write(symbol)
        else:
            self._unknown()

    def _accent(self, token: str) -> None:
        letters = self.tokens.argument()
        plain = "".join(symbols().get(letter, letter) for letter in letters)
        self.flow.write(accented(token, plain) if "\\" not in plain else "")
        if "\\" in plain:
            self.tokens.push(letters)

    def _unknown(self) -> None:
        """Drop a control word and its options; its arguments are text, unless they look like a length or settings."""
        tokens = self.tokens
        tokens.star()
        if tokens.peek() == "[":
            tokens.option()
        if tokens.peek() != "{":
            return
        tokens.take()
        first = tokens.take()
        if tokens.peek() == "}" and first is not None and _is_setting(first):
            tokens.take()
            return
        tokens.push(["{", *([first] if first else [])])

    def mathematics(self, opening: str) -> None:
        """A formula, within the line or displayed."""
        if opening in ("$", "\\("):
            formula = mathematics.inline(self.tokens, opening)
            self.flow.write(formula.text)
        else:
            formula = mathematics.displayed(self.tokens, opening, self.numbers)
            if formula.text:
                self.flow.block(BlockKind.FORMULA, formula.text)
        if not formula.closed:
            self.warn(f"a formula opened by {opening} has no end; it was read up to the next paragraph or section")

    def argument(self, use: Callable[[str], None]) -> None:
        """Read a mandatory argument as text, apart from the paragraph, and then do something with it."""
        self.tokens.skip_space()
        if self.tokens.peek() == "{":
            self.tokens.take()
        else:
            self.tokens.push([*self.tokens.argument(), "}"])
        self.flow.capture()
        self.open(Frame(GROUP, lambda: use(self.flow.captured())))

    def open(self, frame: Frame) -> None:
        """Open a group or an environment."""
        self.frames.append(frame)
        self._open[frame.name] += 1

    def close(self, name: str) -> None:
        """Close an environment, and what is still open within it."""
        if not self._open[name]:
            self.warn(f"\\end{{{name}}} has no beginning")
            return
        while (frame := self._pop()).name != name:
            if frame.name != GROUP:
                self.warn(f"\\begin{{{frame.name}}} has no end before \\end{{{name}}}")

    def _close_group(self) -> None:
        if not self._open[GROUP]:
            return
        while (frame := self._pop()).name != GROUP:
            self.warn(f"\\begin{{{frame.name}}} has no end within its group")

    def _pop(self) -> Frame:
        frame = self.frames.pop()
        self._open[frame.name] -= 1
        if frame.close:
            frame.close()
        return frame

    def end_cell(self) -> None:
        """A `&`: the end of a cell, directly within a table."""
        if self.frames and (table := self.frames[-1].table):
            table.end_cell(self.flow.captured())
            self.flow.capture()
        else:
            self.flow.write(" ")

    def end_row(self) -> bool:
        """The end of a row, if this is directly within a table."""
        if not self.frames or not (table := self.frames[-1].table):
            return False
        table.end_cell(self.flow.captured())
        table.end_row()
        self.flow.capture()
        return True

    def heading(self, text: str, level: int, number: str = "") -> None:
        """A heading; the number stands in its text but not in its title."""
        if self.flow.inline:
            self.flow.write(f" {text} ")
            return
        self.flow.block(BlockKind.HEADING, f"{number} {text}".strip() if text else "", level=level, title=text)


def _is_setting(text: str) -> bool:
    """Whether an argument is a length, a number or a list of settings rather than words."""
    return _SETTING.fullmatch(text.strip()) is not None
