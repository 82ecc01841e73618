"""Which part of the training data is kept from the networks, for what is fitted on top of them.

The answerer's second training is the exception: it needs sources that the first has not seen, and takes two thirds.
"""

import hashlib


def kept_back(source: str) -> bool:
    """Whether a source is kept from the training of the reranker and of the verifier: a fifth of all, by a hash.

    The verifier's combination and thresholds are fitted to what was kept back. A source is what questions and claims
    share: a paragraph, an abstract, a page. Both recipes name their sources alike, because the verifier starts from the
    reranker.
    """
    return _place(source) < 51


def kept_for_good(source: str) -> bool:
    """Whether a source that is kept back is kept from the second training of the answerer too: a third of them."""
    return _place(source) < 17


def _place(source: str) -> int:
    return hashlib.sha256(f"kept/{source}".encode()).digest()[0]
