"""arXiv identifiers: `2106.09685`, `2106.09685v2`, `hep-th/9901001`.

The scheme is arXiv's: year and month, then a number of four digits (April 2007 to December 2014) or five (since 2015);
before that archive, slash, year, month and three digits. A subject class (`math.GT/0309136`) is no part of the
identity and is dropped.
"""

import re
from dataclasses import dataclass, replace
from typing import Self

from ...index.errors import UsageError

_NEW = r"(?P<new>[0-9]{2}(?:0[1-9]|1[0-2])\.[0-9]{4,5})"
_ARCHIVE = r"(?P<archive>[a-z]+(?:-[a-z]+)*)"
_OLD = r"(?P<old>[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{3})"
_VERSION = r"(?:v(?P<version>[1-9][0-9]{0,2}))?"
_ID = re.compile(rf"(?:{_NEW}|{_ARCHIVE}(?:\.[a-z]{{2}})?/{_OLD}){_VERSION}")
_BEFORE = re.compile(r"arxiv:\s*|https?://(?:www\.|export\.)?arxiv\.org/(?:abs|pdf)/", re.IGNORECASE)
# In a file name an underscore, or nothing, stands for the slash, and a title or a copy's number may follow.
_FILE_STEM = re.compile(
    rf"(?:arxiv[-_. ]?)?(?:{_NEW}|{_ARCHIVE}[_-]?{_OLD}){_VERSION}(?:[-_. (].*)?", re.IGNORECASE | re.DOTALL
)
_NEW_SINCE = "0704"
_FIVE_DIGITS_SINCE = "1501"


@dataclass(frozen=True, slots=True)
class ArxivId:
    """A paper on arXiv, or one version of it.

    Attributes:
        paper: such as `2106.09685` or `hep-th/9901001`.
        version: from 1; None means whichever is newest.
    """

    paper: str
    version: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an identifier, with or without `arXiv:` or the address of its page before it.

        Raises:
            UsageError: it is none.
        """
        # Only the beginning is looked at and removed, so that an address inside an address stays wrong.
        before = _BEFORE.match(text.strip())
        bare = text.strip()[before.end() if before else 0 :].removesuffix(".pdf").lower()
        found = _ID.fullmatch(bare)
        if found and (found["old"] or _has_the_digits_of_its_time(found["new"])):
            return cls._from_match(found)
        raise UsageError(f"{text!r} is no arXiv identifier; write it like 2106.09685, 2106.09685v2 or hep-th/9901001")

    @classmethod
    def from_file_stem(cls, stem: str) -> Self | None:
        """The identifier that a file name begins with, or None: `2106.09685v2`, `hep-th9901001`, `2106.09685 (1)`."""
        found = _FILE_STEM.fullmatch(stem)
        if found and (found["old"] or _has_the_digits_of_its_time(found["new"])):
            return cls._from_match(found)
        return None

    @classmethod
    def _from_match(cls, found: re.Match[str]) -> Self:
        paper = found["new"] or f"{found['archive'].lower()}/{found['old']}"
        return cls(paper, int(found["version"]) if found["version"] else None)

    @property
    def unversioned(self) -> Self:
        """The paper, whichever version."""
        return replace(self, version=None)

    @property
    def file_name(self) -> str:
        """Name of its PDF: `2106.09685.pdf`, `hep-th_9901001v1.pdf`."""
        return str(self).replace("/", "_") + ".pdf"

    def __str__(self) -> str:
        return self.paper if self.version is None else f"{self.paper}v{self.version}"


def _has_the_digits_of_its_time(number: str) -> bool:
    month, _, digits = number.partition(".")
    return month >= _NEW_SINCE and len(digits) == (5 if month >= _FIVE_DIGITS_SINCE else 4)
