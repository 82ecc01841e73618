"""HyDE: search with the vector of a passage that the model makes up.

Gao, Ma, Lin and Callan, "Precise Zero-Shot Dense Retrieval without Relevance Labels", arXiv 2212.10496: the vector is
the mean over the made-up passages and the question itself. What the passage claims is never shown and never cited.
"""

import numpy as np
from numpy.typing import NDArray

from ...index import Encoder
from ..llm.types import Cancellation, LanguageModel, Sampling
from .prompts import hyde_messages
from .written import passage_in, write

MAX_TOKENS = 96


def make_up(
    question: str,
    model: LanguageModel | None,
    *,
    cancel: Cancellation | None = None,
    seed: int = 0,
    deadline: float | None = None,
) -> tuple[str, str]:
    """A passage that would answer the question; or an empty string and, second, why there is none."""
    messages = hyde_messages(question)
    sampling = Sampling(max_tokens=MAX_TOKENS, seed=seed)
    written = write(model, messages, sampling, cancel=cancel, deadline=deadline)
    if written.problem:
        return "", written.problem
    passage, wrong = passage_in(written, question, messages)
    return passage, f"the model gave nothing usable: {wrong}" if wrong else ""


def hyde_vector(encoder: Encoder, question: str, passages: tuple[str, ...]) -> NDArray[np.float32]:
    """Unit mean of the vectors of question and passages, shape (dimension,), float32."""
    mean = encoder.encode([question, *passages]).mean(axis=0)
    return (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32)
