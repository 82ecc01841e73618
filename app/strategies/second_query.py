"""The query of a second search, after sentences of the first answer failed verification.

Self-RAG (Asai et al., arXiv 2310.11511) retrieves again when its own critique says so; of that, the idea is taken: what
could not be supported is looked for once more, by its own words.
"""

from collections.abc import Sequence

from .content import content_terms, content_words, names

MOST_WORDS = 12
"""Words that are added to the question at most."""


def second_query(question: str, failed: Sequence[str], missing: Sequence[str]) -> str:
    """The question with the words that the evidence lacked.

    Args:
        question: as it was searched first; it stays in front, letter for letter.
        failed: sentences that no passage supported, worst first.
        missing: names, numbers or words that no passage holds.

    Returns:
        The query: missing words first, then the names in failed sentences, then their other content words, at most
        `MOST_WORDS`, none twice. The question itself when there is nothing to add, so that no second search is worth
        its time.
    """
    wanted = [*missing, *(name for sentence in failed for name in names(sentence))]
    wanted += [word for sentence in failed for word in content_words(sentence)]
    held = set(content_terms(question))
    added: list[str] = []
    for word in (part for phrase in wanted for part in content_words(phrase)):
        terms = content_terms(word)
        if terms and not terms <= held and len(added) < MOST_WORDS:
            added.append(word)
            held |= terms
    return " ".join((question, *added))
