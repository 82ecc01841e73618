"""Control words that define macros and environments, as papers use them."""

from collections.abc import Callable
from functools import partial

from .lexer import PARAGRAPH
from .macros import Macro, Tokens


def _name(tokens: Tokens) -> str:
    tokens.star()
    name = [token for token in tokens.argument() if token.strip()]
    return name[0] if len(name) == 1 and name[0].startswith("\\") else ""


def _count(tokens: Tokens) -> int:
    said = "".join(tokens.option() or []).strip()
    return int(said) if len(said) == 1 and said.isdecimal() else 0


def _newcommand(tokens: Tokens, *, weak: bool = False) -> None:
    name, count = _name(tokens), _count(tokens)
    default = tokens.option() if count else None
    body = tuple(tokens.argument())
    if not (weak and name in tokens.macros):
        tokens.define(name, Macro(body, count, () if default is None else (tuple(default),)))


def _def(tokens: Tokens) -> None:
    name = _name(tokens)
    count = 0
    plain = True
    while (token := tokens.take()) not in ("{", PARAGRAPH, None):
        count += token.startswith("#")
        plain = plain and (token.startswith("#") or token.isspace())
    if token == "{":
        tokens.push(["{"])
        body = tuple(tokens.argument())
        if plain:  # delimited arguments are TeX's own pattern language
            tokens.define(name, Macro(body, count))


def _let(tokens: Tokens) -> None:
    name = _name(tokens)
    tokens.skip_space()
    if tokens.peek() == "=":
        tokens.argument()
    target = tokens.argument()
    if target and name and target[0] != name:
        tokens.define(name, tokens.macros.get(target[0]) or Macro(tuple(target[:1])))


def _operator(tokens: Tokens) -> None:
    starred = tokens.star()
    name = _name(tokens)
    body = tokens.argument()
    tokens.define(name, Macro(("\\operatorname", *(["*"] if starred else []), "{", *body, "}")))


def _delimiters(tokens: Tokens) -> None:
    name = _name(tokens)
    tokens.define(name, Macro((*tokens.argument(), " ", "#1", *tokens.argument()), 1))


def _environment(tokens: Tokens) -> None:
    tokens.star()
    name, count = tokens.word(), _count(tokens)
    default = tokens.option() if count else None
    begin, end = tuple(tokens.argument()), tuple(tokens.argument())
    tokens.environments[name] = Macro(begin, count, () if default is None else (tuple(default),), end)


def _document_command(tokens: Tokens) -> None:
    r"""`\NewDocumentCommand\x{m O{default} s}{body}`, as far as arguments are optional first and then mandatory."""
    name = _name(tokens)
    specification = tokens.argument()
    body = tuple(tokens.argument())
    defaults: list[tuple[str, ...] | None] = []
    letters = "".join(token for token in specification if not token.startswith("\\"))
    position = 0
    while position < len(letters):
        letter = letters[position]
        position += 1
        if letter == "m":
            defaults.append(None)
        elif letter == "o":
            defaults.append(())
        elif letter == "O" and letters[position : position + 1] == "{":
            end = letters.find("}", position)
            defaults.append((letters[position + 1 : end],))
            position = end + 1 if end >= 0 else len(letters)
        elif not letter.isspace() and letter not in "+!":
            return
    tokens.define(name, Macro(body, len(defaults), tuple(defaults)))


def _newif(tokens: Tokens) -> None:
    if name := _name(tokens):
        tokens.switches.setdefault(name, False)


DEFINERS: dict[str, Callable[[Tokens], None]] = {
    **dict.fromkeys(("\\newcommand", "\\renewcommand", "\\DeclareRobustCommand", "\\newrobustcmd"), _newcommand),
    "\\providecommand": partial(_newcommand, weak=True),
    **dict.fromkeys(("\\def", "\\gdef", "\\edef", "\\xdef"), _def),
    "\\let": _let,
    "\\DeclareMathOperator": _operator,
    "\\DeclarePairedDelimiter": _delimiters,
    **dict.fromkeys(("\\newenvironment", "\\renewenvironment", "\\provideenvironment"), _environment),
    **dict.fromkeys(("\\NewDocumentCommand", "\\RenewDocumentCommand", "\\DeclareDocumentCommand"), _document_command),
    "\\newif": _newif,
}
"""By control word."""
