"""The markdown-it block rule for footnotes: `[^1]: text`, which CommonMark takes for a link's definition.

A footnote ends at a blank line that no indented line follows, and at the next footnote.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock

_OPENING = re.compile(r"\[\^[^\]\s]{1,100}\]:")


def footnote_plugin(md: MarkdownIt) -> None:
    """Add the rule; its tokens have the type `footnote` and a line map."""
    md.block.ruler.before("reference", "footnote", _footnote, {"alt": ["paragraph", "reference", "blockquote"]})


def _footnote(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    if not _opens(state, first) or state.is_code_block(first):
        return False
    if not silent:
        line = reached = first + 1
        while line < last:
            blank = state.isEmpty(line)
            indented = state.sCount[line] - state.blkIndent >= 2
            if not blank and ((line > reached and not indented) or _opens(state, line)):
                break
            line += 1
            reached = reached if blank else line
        token = state.push("footnote", "", 0)
        token.block = True
        token.map = [first, reached]
        state.line = reached
    return True


def _opens(state: StateBlock, line: int) -> bool:
    start = state.bMarks[line] + state.tShift[line]
    return state.src.startswith("[^", start) and _OPENING.match(state.src, start, state.eMarks[line]) is not None
