"""Sphinx's roles and directives for docutils, which knows none of them: enough to read their text.

docutils keeps directives in one registry for the whole process. What is put there is the same for every document,
so none depends on those read before it; that is also why `role` and `default-role`, which would leave roles behind,
do nothing here.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive, directives, roles, states
from docutils.utils import unescape

MAX_INLINE = 5000
"""Longest paragraph whose markup is read, in code points: docutils takes quadratic time over unclosed markup."""

_MAX_NAMES = 1000

_DIRECTIVE = re.compile(
    r"^[ \t]*\.\.[ \t]+(?:\|[^|\n]{1,200}\|[ \t]+)?([A-Za-z][\w.:+-]{0,80}?) ?::(?:[ \t]|$)", re.MULTILINE
)
_TITLED = re.compile(r"(?s)(.+?)\s*<[^<>]*>$")
# `~package.module.name` shows the name only; `!name` makes no link.
_PATHS = frozenset({"func", "class", "meth", "mod", "attr", "obj", "exc", "data", "const"})

_CODE = frozenset(
    {
        "code-block",
        "sourcecode",
        "highlight-block",
        "ipython",
        "ipython3",
        "doctest",
        "testcode",
        "testoutput",
        "prompt",
    }
    | {"parsed-literal", "plot", "jupyter-execute", "productionlist", "mermaid", "graphviz"}
)
_UNREAD = frozenset(
    {"toctree", "index", "currentmodule", "module", "highlight", "tabularcolumns", "testsetup", "testcleanup", "role"}
    | {"default-role", "automodule", "autosummary", "bibliography", "codeauthor", "sectionauthor"}
    | {"contents", "sectnum", "section-numbering", "target-notes", "title", "py:module", "py:currentmodule"}
    | {"meta", "restructuredtext-test-directive", "date"}
)
_LEFT_OUT = frozenset({"include", "literalinclude", "raw"})
_MESSAGES = {
    "versionadded": "Added in version",
    "versionchanged": "Changed in version",
    "deprecated": "Deprecated since",
}
_LABELS = {"seealso": "See also", "todo": "To do"}


class _AnyOption(Mapping[str, Callable[[str], Any]]):
    """An option specification that takes whatever is written."""

    def __getitem__(self, key: str) -> Callable[[str], Any]:
        return directives.unchanged

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 1  # an empty specification would mean that no options are allowed


class _Lenient(Directive):
    """Base of directives that take any argument, any options and any content."""

    optional_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar[Any] = _AnyOption()

    def _parsed(self) -> list[nodes.Node]:
        container = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, container)
        return list(container.children)

    def _argument(self) -> nodes.paragraph | None:
        if not self.arguments:
            return None
        children, _ = self.state.inline_text(self.arguments[0], self.lineno)
        return nodes.paragraph("", "", *children)


class _Unread(_Lenient):
    def run(self) -> list[nodes.Node]:
        return []


class _LeftOut(_Unread):
    """Would bring in what stands elsewhere, or what only a browser or LaTeX can read; counted for a warning."""

    def run(self) -> list[nodes.Node]:
        self.state.memo.inliner.left_out[self.name] += 1
        return []


class _Code(_Lenient):
    def run(self) -> list[nodes.Node]:
        code = "\n".join(self.content)
        return [nodes.literal_block(code, code)] if code.strip() else []


class _Math(_Lenient):
    """Docutils has one as well, without Sphinx's options."""

    def run(self) -> list[nodes.Node]:
        latex = "\n".join([*self.arguments, *self.content])
        return [nodes.math_block(latex, latex)] if latex.strip() else []


class _Prose(_Lenient):
    """A box, a tab, the description of a function: its argument, then its content."""

    def run(self) -> list[nodes.Node]:
        words = _MESSAGES.get(self.name) or _LABELS.get(self.name)
        argument = self._argument()
        head: list[nodes.Node] = []
        if argument is not None or words:
            label = [nodes.Text(f"{words} " if argument is not None else f"{words}:")] if words else []
            head = [nodes.paragraph("", "", *label, *(argument.children if argument is not None else ()))]
        return head + self._parsed()


def register_directives(text: str, known: Callable[[str], bool]) -> None:
    """Give the directives in a text that are not known, 1,000 names at most, a class that reads them for their text."""
    unknown = {name: None for found in _DIRECTIVE.finditer(text) if not known(name := found[1].lower())}
    for name in islice(unknown, _MAX_NAMES):
        directives.register_directive(name, _Prose)


class SphinxInliner(states.Inliner):
    """Reads roles that nobody defined for their text, and leaves very long paragraphs without markup.

    Attributes:
        unread: how many paragraphs were left without markup.
        left_out: directives that were left out, though they stand for something to read, and how often.
    """

    def __init__(self) -> None:
        super().__init__()
        self.unread = 0
        self.left_out: Counter[str] = Counter()

    def parse(self, text: str, lineno: int, memo: Any, parent: Any) -> Any:
        """Nodes and messages of a paragraph."""
        if len(text) > MAX_INLINE:
            self.unread += 1
            return [nodes.Text(unescape(text))], []
        return super().parse(text, lineno, memo, parent)

    def interpreted(self, rawsource: str, text: str, role: str, lineno: int) -> Any:
        """Nodes and messages of a role with its text."""
        language: Any = self.language
        function, _ = roles.role(role, language, lineno, self.reporter)
        if function:
            return super().interpreted(rawsource, text, role, lineno)
        return [nodes.inline(rawsource, _label(role, unescape(text)))], []


def _label(role: str, text: str) -> str:
    titled = _TITLED.fullmatch(text)
    if titled:
        return titled[1]
    name = role.rpartition(":")[2]
    if name in _PATHS and text.startswith("~"):
        return text.rpartition(".")[2].lstrip("~")
    return text.lstrip("!") if name in _PATHS else text


# docutils looks for the parts of its patterns on the very class of an inliner, not on its bases.
for _name, _part in vars(states.Inliner).items():
    if _name not in vars(SphinxInliner) and isinstance(_part, (str, dict)):
        setattr(SphinxInliner, _name, _part)

for _names, _class in ((_UNREAD, _Unread), (_LEFT_OUT, _LeftOut), (_CODE, _Code), (("math",), _Math)):
    for _name in _names:
        directives.register_directive(_name, _class)
