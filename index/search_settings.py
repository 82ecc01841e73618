"""How a search is run; the defaults were chosen on training judgements (see ARCHITECTURE.md)."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How hits are found; every stage can be switched off.

    Attributes:
        legs: which first stages run.
        depth: candidates per leg; at least three times k are taken.
        fusion: how two legs become one score. Ignored with one leg.
        alpha: weight of the dense leg in the convex fusion, 0 to 1.
        rrf_k: damping of reciprocal rank fusion.
        rerank: whether the reranker runs, where there is one.
        rerank_depth: fused candidates it sees at most.
        rerank_mix: how its score and those before it become the final one: by `learned` weights, which need both legs
            and a calibrated reranker, or `weighted`.
        rerank_weight: share of its score in a weighted mix, 0 to 1.
        rerank_budget_s: seconds after which it starts no further batch.
        mode: `current` places the successor of a superseded practice above it and marks both; `history` leaves the
            hits as they were found.
    """

    legs: Literal["hybrid", "dense", "bm25"] = "hybrid"
    depth: int = 100
    fusion: Literal["learned", "convex", "rrf"] = "convex"
    alpha: float = 0.5
    rrf_k: int = 60
    rerank: bool = True
    rerank_depth: int = 20
    rerank_mix: Literal["learned", "weighted"] = "learned"
    rerank_weight: float = 0.5
    rerank_budget_s: float = 1.0
    mode: Literal["current", "history"] = "current"
