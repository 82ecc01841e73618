r"""The document's own macros: their definitions, and tokens with the macros expanded, within bounds.

Expansion is TeX's: the arguments go into the body, and the body goes in front of the tokens still to be read.
Only what papers define for themselves is understood; TeX the programming language is not.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ....index.errors import QuarantineError
from .lexer import PARAGRAPH, Literal

_MAX_ACTIVE = 32
_MAX_EXPANSIONS = 200_000
_MIN_EXPANDED = 2_000_000
_MAX_ARGUMENT = 200_000


class _End(str):
    """Marks where the expansion of a macro ends; never handed out."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro as defined.

    Attributes:
        body: tokens with parameters `#1` to `#9`.
        count: number of arguments.
        defaults: tokens of the optional arguments, which come first; None stands for a mandatory one.
        end: tokens that end the environment, for environments.
    """

    body: tuple[str, ...]
    count: int = 0
    defaults: tuple[tuple[str, ...] | None, ...] = ()
    end: tuple[str, ...] = ()


class Tokens:
    """The tokens still to be read, with the macros known so far."""

    def __init__(
        self,
        tokens: Iterable[str],
        definers: Mapping[str, Callable[["Tokens"], None]],
        protected: Callable[[str], bool],
        warn: Callable[[str], None],
    ) -> None:
        """Begin to read.

        Args:
            tokens: in order, braces balanced.
            definers: control words that define others, and what they do.
            protected: whether a control word has a meaning that no definition may change.
            warn: told in words what was left out.
        """
        self._ahead = list(tokens)[::-1]
        self._definers = definers
        self._protected = protected
        self._warn = warn
        self._active: dict[str, int] = {}
        self._expansions = 0
        self._expanded = 0
        self._limit = max(_MIN_EXPANDED, 4 * sum(map(len, self._ahead)))
        self.macros: dict[str, Macro] = {}
        self.environments: dict[str, Macro] = {}
        self.switches: dict[str, bool] = {"\\iftrue": True, "\\iffalse": False}

    def next(self) -> str | None:
        """The next token with macros expanded and definitions taken in, or None at the end."""
        while (token := self.take()) is not None:
            if token[0] != "\\" or isinstance(token, Literal):
                return token
            if token in self.macros:
                self._expand(token, self.macros[token])
            elif token in self._definers:
                self._definers[token](self)
            elif token in self.switches or token in _CONDITIONS:
                self._conditional(token)
            elif token == "\\else":
                self._skip(stop_at_else=False)
            elif token != "\\fi" and not self._set_switch(token):
                return token
        return None

    def peek(self) -> str | None:
        """The next token as it stands, left where it is, or None at the end."""
        token = self.take()
        if token is not None:
            self._ahead.append(token)
        return token

    def push(self, tokens: Sequence[str]) -> None:
        """Put tokens in front of those still to be read."""
        self._ahead.extend(reversed(tokens))

    def take(self) -> str | None:
        """The next token as it stands, or None at the end."""
        while self._ahead:
            token = self._ahead.pop()
            if isinstance(token, _End):
                self._active[token] -= 1
            elif token:
                return token
        return None

    def skip_space(self, *, paragraphs: bool = False) -> None:
        """Drop white space, and paragraph ends where wanted."""
        while (token := self.take()) is not None:
            if token == PARAGRAPH and not paragraphs:
                self._ahead.append(token)
                return
            rest = token if isinstance(token, Literal) else token.lstrip()
            if rest:
                self._ahead.append(rest)
                return

    def star(self) -> bool:
        """Take in a `*` that follows directly."""
        token = self.peek()
        if token is None or isinstance(token, Literal) or not token.startswith("*"):
            return False
        self.take()
        if token[1:]:
            self._ahead.append(token[1:])
        return True

    def argument(self) -> list[str]:
        """A mandatory argument: a group without its braces, or a single token; empty where there is none."""
        self.skip_space()
        token = self.take()
        if token is None:
            return []
        if token == "{":
            return self._until("}")
        if token in ("}", PARAGRAPH, "&", "]"):
            self._ahead.append(token)
            return []
        if token[0] not in "\\#$~[" and not isinstance(token, Literal) and len(token) > 1:
            self._ahead.append(token[1:])
            return [token[0]]
        return [token]

    def option(self) -> list[str] | None:
        """An optional argument without its brackets, or None where there is none."""
        self.skip_space()
        if (token := self.peek()) != "[" or isinstance(token, Literal):
            return None
        self.take()
        return self._until("]")

    def word(self) -> str:
        """A mandatory argument as the characters it is written in: a name, a key, a path."""
        return "".join(self.argument()).strip()

    def _until(self, closing: str) -> list[str]:
        """Tokens up to a closing mark on this level, which is dropped; ends early before the enclosing group does."""
        taken: list[str] = []
        depth = size = 0
        while (token := self.take()) is not None:
            if isinstance(token, Literal):
                taken.append(token)
                continue
            if token == closing and not depth:
                return taken
            # No argument runs on for ever: a bracket without its partner must not eat the document.
            if (token == "}" and not depth) or (closing == "]" and token == PARAGRAPH) or size > _MAX_ARGUMENT:
                self._ahead.append(token)
                break
            depth += (token == "{") - (token == "}")
            size += 1
            taken.append(token)
        if closing == "]":
            self._ahead.extend(reversed(taken))
            return []
        return taken

    def _expand(self, name: str, macro: Macro) -> None:
        if self._active.get(name, 0) >= _MAX_ACTIVE:
            self._warn(f"the macro {name} calls itself and was left out")
            return
        self.substitute(name, macro.body, self._arguments(macro))

    def _arguments(self, macro: Macro) -> list[list[str]]:
        arguments: list[list[str]] = []
        for default in macro.defaults:
            found = self.option() if default is not None else None
            arguments.append(self.argument() if default is None else list(default) if found is None else found)
        return arguments + [self.argument() for _ in range(macro.count - len(arguments))]

    def substitute(self, name: str, body: Sequence[str], arguments: Sequence[list[str]]) -> None:
        """Put a body with its parameters filled in front of the tokens still to be read.

        Raises:
            QuarantineError: the macros grow beyond all bounds.
        """
        replaced: list[str] = []
        for token in body:
            if len(token) == 2 and token[0] == "#" and token[1].isdigit():
                place = int(token[1]) - 1
                replaced += arguments[place] if place < len(arguments) else []
            else:
                replaced.append(token)
        self._expansions += 1
        self._expanded += len(replaced) + sum(map(len, replaced))
        if self._expansions > _MAX_EXPANSIONS or self._expanded > self._limit:
            raise QuarantineError(
                f"its macro {name} expands to more than {self._limit} characters or in more than {_MAX_EXPANSIONS} "
                "steps; shorten the definition"
            )
        self._active[name] = self._active.get(name, 0) + 1
        self._ahead.append(_End(name))
        self._ahead.extend(reversed(replaced))

    def begin_environment(self, name: str) -> list[list[str]]:
        """Put what begins an environment of the document's own in front; its arguments are returned."""
        macro = self.environments[name]
        if self._active.get(name, 0) >= _MAX_ACTIVE:
            self._warn(f"the environment {name} calls itself and was left out")
            return []
        arguments = self._arguments(macro)
        self.substitute(name, macro.body, arguments)
        return arguments

    def define(self, name: str, macro: Macro) -> None:
        """Remember a macro, unless the reader has its own idea of that control word."""
        if len(name) > 1 and name[0] == "\\" and not self._protected(name):
            self.macros[name] = macro

    def _conditional(self, token: str) -> None:
        if token == "\\ifthenelse":
            self.argument()  # the condition cannot be told: it counts as false
            self.argument()
            self.push(self.argument())
        elif not self.switches.get(token, False):
            # Conditions that ask for TeX's state cannot be told: they count as false.
            self._skip(stop_at_else=True)

    def _skip(self, *, stop_at_else: bool) -> None:
        r"""Drop tokens up to the matching `\fi`, or `\else`."""
        depth = 0
        while (token := self.take()) is not None:
            if isinstance(token, Literal) or token[0] != "\\":
                continue
            if token == "\\fi":
                if not depth:
                    return
                depth -= 1
            elif token == "\\else" and not depth and stop_at_else:
                return
            elif token != "\\ifthenelse" and (token in self.switches or token in _CONDITIONS):
                depth += 1

    def _set_switch(self, token: str) -> bool:
        for ending, value in (("true", True), ("false", False)):
            switch = "\\if" + token[1:].removesuffix(ending)
            if token.endswith(ending) and switch in self.switches:
                self.switches[switch] = value
                return True
        return False


_CONDITIONS = frozenset(
    f"\\if{name}" for name in ["", *"x num dim odd case cat defined mmode csname vmode hmode eof void thenelse".split()]
)
