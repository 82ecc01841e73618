"""Why there is no answer, in a sentence for the reader."""

import re

from ...index import SearchResult
from ...index.analysis import is_question_word, terms
from .sentences import Candidate


def after_silence(probability: float, odds: float) -> float:
    """Probability that the corpus answers, when the language model that read the passages found no answer.

    Args:
        probability: that of the gate, in [0, 1].
        odds: how often the model is silent where there is an answer, divided by how often where there is none; 0 for
            one whose silence is final.
    """
    return probability * odds / (probability * odds + 1 - probability) if odds else 0.0


def why_silent(result: SearchResult, found: list[Candidate], *, passes: bool) -> str:
    """The reason.

    Args:
        result: of the search.
        found: sentences that could have been quoted.
        passes: whether the gate let the question through.
    """
    if not result.hits:
        return "No document qualifies for this question."
    if not found:
        return "The nearest passages hold no sentence that could be quoted."
    if passes:
        return "The nearest passages hold only sentences that cannot stand alone, without the one before them."
    held = set(terms(" ".join(hit.passage.contextual_text for hit in result.hits)))
    words = [word for word in re.findall(r"[\w-]+", result.query) if not is_question_word(word.lower())]
    missing = [word for word in dict.fromkeys(words) if (inside := terms(word)) and not held & set(inside)]
    if missing:
        named = ", ".join(repr(word) for word in missing[:5])
        return f"The corpus does not seem to answer this: the nearest passages do not mention {named}."
    return "The corpus does not seem to answer this: the nearest passages are about something else or do not say."
