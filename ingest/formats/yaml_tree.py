"""YAML as plain lists, mappings and text: nothing is guessed, nothing recurses, and a line number is never far.

The tree is built from the parser's events. So 2106.09680 keeps its zero and 2021-13-45 is no broken date, ten
lines of aliases cannot become gigabytes, a key that is given twice is noticed, and depth costs no stack.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from ...index.errors import QuarantineError
from ..normalise import canonical_text

Tree: TypeAlias = "str | list[Tree] | dict[str, Tree]"

MAX_CHARS = 5_000_000
"""Longest YAML that is read."""
MAX_DEPTH = 40
"""Deepest nesting that is read."""

# Written in C where PyYAML was built with libyaml, as its wheels are: some twenty times faster.
_Loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(slots=True)
class _Frame:
    """A list or a mapping that is being filled; `key` is the mapping's next key once it is known."""

    container: "list[Tree] | dict[str, Tree]"
    key: str | None = None
    keyed: bool = False
    line: int = 0  # of the key


@dataclass(slots=True)
class _Builder:
    """Takes events, leaves a tree and warnings."""

    warnings: list[str] = field(default_factory=list)
    root: Tree = ""
    _frames: list[_Frame] = field(default_factory=list)

    def open(self, container: "list[Tree] | dict[str, Tree]", line: int) -> None:
        if len(self._frames) == MAX_DEPTH:
            raise QuarantineError(f"its YAML is nested deeper than {MAX_DEPTH} levels in line {line}; flatten it")
        self._frames.append(_Frame(container))

    def close(self, line: int) -> None:
        self.add(self._frames.pop().container, line)

    def add(self, value: Tree, line: int) -> None:
        if not self._frames:
            self.root = value
            return
        frame = self._frames[-1]
        if isinstance(frame.container, list):
            frame.container.append(value)
        elif not frame.keyed:
            frame.keyed, frame.line = True, line
            frame.key = value if isinstance(value, str) else None
            if frame.key is None:
                self.warnings.append(f"line {line}: a key that is no text; what it holds is left out")
        else:
            if frame.key is not None:
                self._put(frame.container, frame.key, value, frame.line)
            frame.keyed = False

    def _put(self, mapping: "dict[str, Tree]", key: str, value: Tree, line: int) -> None:
        held = mapping.setdefault(key, value)
        if held is value:
            return
        if isinstance(held, list) and isinstance(value, list):
            held.extend(value)
            self.warnings.append(f"line {line}: {_shown(key)} is given twice; both lists are read")
        elif not held:
            mapping[key] = value
        elif held != value:
            self.warnings.append(f"line {line}: {_shown(key)} is given twice; only the first one counts")


def read_tree(text: str) -> tuple[Tree, tuple[str, ...]]:
    """The first YAML document of a text, every scalar as text and null as empty text, and warnings in words.

    Linear in the length of the text. Aliases are left out with a warning, and so are keys that are no text.

    Raises:
        QuarantineError: it is longer than `MAX_CHARS`, nested deeper than `MAX_DEPTH`, or no YAML.
    """
    if len(text) > MAX_CHARS:
        raise QuarantineError(f"its YAML has {len(text):,} characters, at most {MAX_CHARS:,} are read; split it")
    builder = _Builder()
    try:
        _build(builder, yaml.parse(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise QuarantineError(f"its YAML is broken{line} ({error.problem}); correct it") from error
    except yaml.YAMLError as error:
        raise QuarantineError(f"its YAML is broken ({' '.join(str(error).split())}); correct it") from error
    return builder.root, tuple(builder.warnings)


def _build(builder: _Builder, events: Iterable[yaml.Event]) -> None:
    documents = 0
    for event in events:
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                builder.warnings.append(f"line {line}: only the first of several YAML documents is read")
                return
        elif isinstance(event, yaml.ScalarEvent):
            plain = not event.style and event.value in _NOTHING
            # An escape inside quotes can hide what the text itself no longer holds.
            builder.add("" if plain else canonical_text(event.value), line)
        elif isinstance(event, yaml.SequenceStartEvent):
            builder.open([], line)
        elif isinstance(event, yaml.MappingStartEvent):
            builder.open({}, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            builder.close(line)
        elif isinstance(event, yaml.AliasEvent):
            builder.warnings.append(f"line {line}: a YAML alias (*{event.anchor}) is left out")
            builder.add("", line)


def _shown(key: str) -> str:
    return repr(key if len(key) <= 40 else key[:39] + "…")
