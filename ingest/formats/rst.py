"""reStructuredText to typed blocks, with docutils as the parser.

Documents come from anywhere, so nothing in them may read files, run code or reach the network: inclusion and raw
directives are off, no configuration file is read. Sphinx's roles and directives are unknown to docutils; they are
read for their text, because most reStructuredText is written for Sphinx.
"""
from ...index.errors import QuarantineError
from ..normalise import canonical_text, decode, require_text
from ..parsed import Parsed


def parse_rst(data: bytes) -> Parsed:
    """A reStructuredText file."""
    raise QuarantineError("reStructuredText is not read yet")
