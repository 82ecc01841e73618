"""Web pages to typed blocks: what a reader came for, without what stands around it.

`encoding` gives the text of the file, `tree` a tree of bounded depth, `head` what the page says of itself, `content`
the part of it that is the document. `walker` takes that to blocks; `walk` says what is done with which element, and
the modules named after them do it.
"""

from ....index.errors import QuarantineError
from ....index.types import Kind
from ...parsed import Parsed
from .content import find_main, is_formula_script, prune
from .encoding import decode_html
from .head import read_head
from .tree import MAX_DEPTH, parse_tree
from .walk import walk

_LEAST_TEXT = 60
"""Code points; a page with less, and with scripts, shows its text only once they have run."""


def parse_html(data: bytes) -> Parsed:
    """A web page.

    Raises:
        QuarantineError: its encoding is unknown or wrong, or there is nothing to read in it.
    """
    root, flattened = parse_tree(decode_html(data))
    head = read_head(root)
    programmed = any(not is_formula_script(script) for script in root.iter("script"))
    prune(root)
    built = walk(find_main(root))
    text = built.text
    if programmed and len(text) < _LEAST_TEXT:
        raise QuarantineError(
            "it holds scripts but no text: its content is loaded by JavaScript; open it in a browser and save the page "
            "once it is complete, or print it to PDF"
        )
    if not built.blocks:
        raise QuarantineError("it holds no text; nothing in it can be indexed")
    warnings = (f"markup nested deeper than {MAX_DEPTH} elements was ignored, its text kept",) if flattened else ()
    return Parsed(text, built.blocks, head.meta, (*head.warnings, *warnings), Kind.PAPER if head.paper else Kind.GUIDE)
