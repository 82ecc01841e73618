"""What belongs to an answer without being part of it: current practice, and passages that contradict each other."""

from collections.abc import Sequence
from html import escape

from ..answering import Answer
from ..answering.conflicts import Conflict, Side
from ..answering.practice import practice_sentences
from .markup import document_badges
from .passage_markup import sentence_html


def practices_html(answer: Answer) -> str:
    """A box with what is current practice in the matter; nothing where nothing is known of it."""
    if not answer.practices:
        return ""
    markers: dict[str, int] = {}
    for citation in answer.citations:
        markers.setdefault(citation.passage_id, citation.marker)
    rows = "".join(f"<li>{sentence_html(said)}</li>" for said in practice_sentences(answer.practices, markers))
    return (
        '<div class="rag-box rag-edge-good"><div class="rag-box-title">Current practice</div>'
        f'<ul class="rag-list">{rows}</ul></div>'
    )


def conflicts_html(conflicts: Sequence[Conflict]) -> str:
    """Each disagreement with its two sides beside each other, the older one first."""
    return "".join(map(_conflict, conflicts))


def _conflict(conflict: Conflict) -> str:
    title = "Two passages limit this differently" if conflict.scoped else "Two passages contradict each other"
    hint = "Each may hold within its scope." if conflict.scoped else "Look at their dates, and at what each speaks of."
    return (
        f'<div class="rag-box rag-edge-{"info" if conflict.scoped else "warn"}"><div class="rag-box-title">{title}: '
        f"<bdi>{escape(conflict.what)}</bdi></div>"
        f'<div class="rag-sides">{_side(conflict.left)}{_side(conflict.right)}</div>'
        f'<div class="rag-small">{hint}</div></div>'
    )


def _side(side: Side) -> str:
    scope = f'<div class="rag-small">scope: <bdi>{escape(side.scope)}</bdi></div>' if side.scope else ""
    says = f'<div class="rag-says"><bdi>{escape(side.says)}</bdi></div>' if side.says else ""
    return (
        f'<div class="rag-side">{says}<div class="rag-quote">{sentence_html(side.quote)}</div>{scope}'
        f'<div class="rag-small"><bdi>{escape(side.document.title)}</bdi> · <bdi>{escape(side.document.source)}</bdi>'
        f"</div>{document_badges(side.document)}</div>"
    )
