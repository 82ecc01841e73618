"""An answer of whole sentences, word for word, each with its citation; no language model is asked."""

from .cite import Citations
from .neutralise import quotable
from .pool import Pool
from .select import SelectionSettings, select
from .types import Citation, Origin, Sentence, Verdict


def extract(pool: Pool, settings: SelectionSettings) -> tuple[tuple[Sentence, ...], tuple[Citation, ...]]:
    """The sentences that answer, and their citations; none when none can be shown.

    A quotation is shown as it stands, but for links and images, which a sentence of an answer never holds; the
    citation has it letter for letter.
    """
    if pool.scored is None:
        return (), ()
    citations = Citations()
    sentences = tuple(
        Sentence(
            quotable(pool.found[place].text),
            (citations.cite(pool.found[place]).marker,),
            Verdict.SUPPORTED,
            1.0,
            Origin.EXTRACTED,
        )
        for place in select(pool.found, pool.scored, settings)
    )
    return sentences, citations.all
