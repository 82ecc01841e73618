r"""The markdown-it block rule for displayed formulas: `$$ … $$`, `\[ … \]` and `\begin{align} … \end{align}`.

mdit-py-plugins has rules for the first and the last, but theirs do not interrupt a paragraph, as guides in the
wild expect, and look for the end from every opening anew, so a file of unclosed openings costs quadratic time.
Here the search ends at the next opening or closing mark and at a blank line: each line is passed once.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock

_ENVIRONMENTS = "equation|multline|gather|align|alignat|flalign|eqnarray|[pbBvV]?matrix"
_OPENING = re.compile(rf"(?:[(\[]\*\*)?(\$\$)|\\\[|\\begin\{{((?:{_ENVIRONMENTS})\*?)\}}")
# What may stand behind the closing mark: punctuation, or a label such as (1), {#eq:one} or :eqlabel:`one`;
# and the end of d2l's (**$$ … $$**).
_TAIL = re.compile(r"(?:\*\*[)\]])?[.,;:]?\s*(?:\([\w .:-]{1,40}\)|\{[\w #.:=-]{1,40}\}|:eqlabel:`[^`]{1,80}`)?")


def formula_plugin(md: MarkdownIt) -> None:
    """Add the rule; its tokens have the type `math_block` and a line map."""
    md.block.ruler.before("fence", "math_block", _math_block, {"alt": ["paragraph", "reference", "blockquote", "list"]})


def _math_block(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    if state.is_code_block(first):
        return False
    text = _line(state, first)
    found = _OPENING.match(text)
    if not found:
        return False
    opening = found.group(1) or found.group()
    closing = {"$$": "$$", "\\[": "\\]"}.get(opening) or f"\\end{{{found.group(2)}}}"
    line = first
    body = text[found.end() :]
    while closing not in body:
        line += 1
        if line >= last or state.isEmpty(line) or state.sCount[line] < state.blkIndent:
            return False
        body = _line(state, line)
        if opening != closing and opening in body:
            return False
    # Text behind the formula makes it part of a sentence: an inline formula that happens to start a line.
    if not _TAIL.fullmatch(body.partition(closing)[2].strip()):
        return False
    if not silent:
        token = state.push("math_block", "math", 0)
        token.block = True
        token.map = [first, line + 1]
        state.line = line + 1
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]
