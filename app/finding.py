"""A line of the doctor's report."""

from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: `ok`, a `note` worth knowing, or `broken` with the fix."""

    subject: str
    state: Literal["ok", "note", "broken"]
    detail: str
    fix: str = ""

    def form(self) -> dict[str, str]:
        """JSON form."""
        return asdict(self)
