"""Multi-query: the same question in other words, so that a passage in other words is found."""

from ..llm.types import Cancellation, LanguageModel, Sampling
from .prompts import multi_query_messages, questions_grammar
from .written import queries_in, write

MOST = 3
MAX_TOKENS = 96
# Above 0, since a small model at temperature 0 writes the same line three times.
TEMPERATURE = 0.7


def reword(
    question: str,
    model: LanguageModel | None,
    *,
    cancel: Cancellation | None = None,
    seed: int = 0,
    deadline: float | None = None,
) -> tuple[tuple[str, ...], str]:
    """Up to `MOST` rewordings of a question; or none and, second, why."""
    messages = multi_query_messages(question)
    sampling = Sampling(max_tokens=MAX_TOKENS, temperature=TEMPERATURE, seed=seed)
    grammar = questions_grammar(MOST, MOST)
    written = write(model, messages, sampling, grammar=grammar, cancel=cancel, deadline=deadline)
    if written.problem:
        return (), written.problem
    queries, wrong = queries_in(written, question, messages, most=MOST)
    return queries, "" if queries else f"the model gave nothing usable: {wrong}"
