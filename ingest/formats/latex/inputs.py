r"""Which files a LaTeX file takes in: `\input` and its like, outside comments and code, in one pass."""

import re
from dataclasses import dataclass

_CODE = "verbatim|Verbatim|lstlisting|minted|comment|filecontents"
_COMMAND = re.compile(
    rf"""(?P<escaped>\\[\\%])
      | (?P<comment>%[^\n]*+)
      | (?P<code>\\begin\{{(?P<name>(?:{_CODE})\*?)\}})
      | \\(?P<import>(?:sub)?(?:import|inputfrom|includefrom))\*?[ \t]*+\{{(?P<folder>[^{{}}\n]*+)\}}[ \t]*+
            \{{(?P<file>[^{{}}\n]*+)\}}
      | \\(?P<command>input|include|subfile|subfileinclude)[ \t]*+\{{(?P<path>[^{{}}\n]*+)\}}
      | \\input[ \t]++(?P<bare>[^\s{{}}\\%]++)
      | \\bibliography[ \t]*+\{{(?P<bibliography>[^{{}}]*+)\}}
      | (?P<printed>\\printbibliography\b)
      | (?P<class>\\documentclass\b)
      | (?P<end>\\endinput\b)""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Reference:
    r"""A command that takes in a file.

    Attributes:
        start: where the command begins in its file.
        end: one past its last character.
        name: the file as written, without a folder of its own.
        folder: the folder that `\import` names, else None.
        relative: whether that folder is meant from the file that names it, not from the main one.
        subfile: whether a document of its own may be taken in.
    """

    start: int
    end: int
    name: str
    folder: str | None = None
    relative: bool = False
    subfile: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    r"""What a file takes in, and what it is.

    Attributes:
        references: in order.
        bibliographies: where the commands stand whose place a `.bbl` file takes.
        is_document: whether it has a `\documentclass`.
        end: where it ends for LaTeX: at `\endinput`, or behind its last character.
    """

    references: tuple[Reference, ...]
    bibliographies: tuple[tuple[int, int], ...]
    is_document: bool
    end: int


def find_inputs(text: str) -> Scan:
    """The references of a file; those in comments and in code are none."""
    references: list[Reference] = []
    bibliographies: list[tuple[int, int]] = []
    unclosed: set[str] = set()
    is_document = False
    position, end = 0, len(text)
    while found := _COMMAND.search(text, position):
        position = found.end()
        if name := found.group("name"):
            # What has no end here has none further on.
            closing = text.find(f"\\end{{{name}}}", position) if name not in unclosed else -1
            position = closing if closing >= 0 else position
            unclosed |= {name} if closing < 0 else set()
        elif found.group("end"):
            end = found.start()
            break
        elif found.group("class"):
            is_document = True
        elif found.group("bibliography") is not None or found.group("printed"):
            bibliographies.append(found.span())
        elif reference := _reference(found):
            references.append(reference)
    return Scan(tuple(references), tuple(bibliographies), is_document, end)


def _reference(found: re.Match[str]) -> Reference | None:
    command = found.group("import")
    if command:
        folder, name = found.group("folder").strip(), found.group("file").strip()
        return Reference(*found.span(), name, folder, relative=command.startswith("sub")) if name else None
    name = (found.group("path") or found.group("bare") or "").strip().strip('"')
    subfile = (found.group("command") or "").startswith("subfile")
    return Reference(*found.span(), name, subfile=subfile) if name else None
