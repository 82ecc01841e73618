"""What can go wrong with papers.

SotaRagError
├── PaperError          one paper cannot be had or kept; the others go on
├── UnreachableError    a host cannot be reached at all, so asking it for another paper is of no use
└── LibraryError        the folder of papers itself cannot be used

The message of a PaperError completes "ID or FILE: …".
"""

from ...index.errors import SotaRagError


class PaperError(SotaRagError):
    """One paper cannot be fetched or added; work goes on with the others."""


class UnreachableError(SotaRagError):
    """A host cannot be reached: no network, no such name, or it refuses the connection."""


class LibraryError(SotaRagError):
    """The folder of papers cannot be used: no folder, locked, or its provenance is damaged."""
