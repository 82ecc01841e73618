"""Text of docutils' nodes on one line, substitutions put in."""

from collections.abc import Iterator

from docutils import nodes

SKIPPED = (
    nodes.comment, nodes.substitution_definition, nodes.target, nodes.pending, nodes.raw,
    nodes.meta, nodes.decoration, nodes.transition, nodes.label, nodes.colspec,
)  # fmt: skip
"""What a reader does not see."""

_MAX_SUBSTITUTE = 500
"""Longest text put in for a `|name|`, in code points; with longer ones, or ones that hold others again and again, a
document could grow with its square or worse."""


class Prose:
    """Reads nodes of one document, whose definitions of substitutions it knows."""

    def __init__(self, document: nodes.document) -> None:
        self._definitions = document.substitution_defs
        self._folded = document.substitution_names
        self._substitutes: dict[str, str | None] = {}

    def of(self, node: nodes.Node) -> str:
        """Text of a node on one line; formulas keep their dollars, pictures are their alternative text."""
        return " ".join("".join(self._pieces(node)).split())

    def _pieces(self, node: nodes.Node) -> Iterator[str]:
        if isinstance(node, nodes.Text):
            yield node.astext()
        elif isinstance(node, nodes.math):
            yield f"${node.astext()}$"
        elif isinstance(node, (nodes.footnote_reference, nodes.citation_reference)):
            yield f"[{node.astext()}]" if node.children else node.rawsource.rstrip("_")
        elif isinstance(node, nodes.substitution_reference):
            yield self._substitute(node)
        elif isinstance(node, nodes.image):
            yield node.get("alt", "")
        elif isinstance(node, nodes.Element) and not isinstance(node, SKIPPED):
            for child in node.children:
                yield from self._pieces(child)
            if not isinstance(node, nodes.Inline):
                yield " "

    def _substitute(self, reference: nodes.Element) -> str:
        """What is put in for a reference; its own source if nothing is defined, or too much, or itself."""
        name = reference["refname"]
        key = name if name in self._definitions else self._folded.get(name.lower())
        if key is None:
            return reference.rawsource
        if key not in self._substitutes:
            self._substitutes[key] = None  # while it is read, so that one within itself comes to an end
            definition = self._definitions[key]
            text = "".join(piece for child in definition.children for piece in self._pieces(child))
            self._substitutes[key] = text if len(text) <= _MAX_SUBSTITUTE else None
        text = self._substitutes[key]
        return reference.rawsource if text is None else text
