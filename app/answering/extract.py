"""An answer of whole sentences, word for word, each with its citation; no language model is asked."""

from .cite import Citations
from .neutralise import quotable
from .pool import Pool
from .select import SelectionSettings, select
from .sentences import Candidate
from .types import Citation, Origin, Sentence, Verdict


def extract(pool: Pool, settings: SelectionSettings) -> tuple[tuple[Sentence, ...], tuple[Citation, ...]]:
    """The sentences that answer, and their citations; none when none can be shown.

    A quotation is shown as it stands, but for links and images, which a sentence of an answer never holds; the
    citation has it letter for letter.
    """
    if pool.scored is None:
        return (), ()
    citations = Citations()
    sentences = tuple(quotation(pool.found[place], citations) for place in select(pool.found, pool.scored, settings))
    return sentences, citations.all


def quotation(candidate: Candidate, citations: Citations) -> Sentence:
    """A candidate as a sentence of an answer, with its citation."""
    marker = citations.cite(candidate).marker
    return Sentence(quotable(candidate.text), (marker,), Verdict.SUPPORTED, 1.0, Origin.EXTRACTED)
