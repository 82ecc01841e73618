"""LaTeX to readable text and typed blocks."""

from .document import parse_latex

__all__ = ["parse_latex"]
