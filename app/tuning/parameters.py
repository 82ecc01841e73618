"""What is tuned: the parameters, the values they may take, and the settings that they stand for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from ...index import SearchSettings
from ...index.sparse import Bm25Settings
from ..settings import Settings

if TYPE_CHECKING:
    from optuna import Trial

Group = Literal["fusion", "depth", "bm25", "chunks", "rerank"]

GROUPS: Mapping[Group, tuple[str, ...]] = {
    "fusion": ("fusion", "alpha", "rrf_k"),
    "depth": ("depth",),
    "bm25": ("k1", "b"),
    "chunks": ("target_tokens",),
    "rerank": ("rerank_depth", "rerank_weight"),
}
"""What is tuned together, and goes back together where it gains nothing."""

_PLACES = {
    "fusion": ("search", "fusion"),
    "alpha": ("search", "alpha"),
    "rrf_k": ("search", "rrf_k"),
    "depth": ("search", "depth"),
    "k1": ("bm25", "k1"),
    "b": ("bm25", "b"),
    "target_tokens": ("chunking", "target_tokens"),
    "rerank_depth": ("reranker", "depth"),
    "rerank_weight": ("reranker", "weight"),
}
_DEPTHS = (50, 100, 200, 400)
_RERANK_DEPTHS = (10, 20, 30, 50, 100)
_K1 = (0.3, 3.0)
_RRF_K = (5, 200)


@dataclass(frozen=True, slots=True)
class Parameters:
    """One point of the search space; the fields are the settings of the same names (see `SearchSettings`)."""

    fusion: Literal["learned", "convex", "rrf"]
    alpha: float
    rrf_k: int
    depth: int
    k1: float
    b: float
    target_tokens: int
    rerank_depth: int
    rerank_weight: float

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The settings as they are."""
        values = settings.model_dump()
        return cls(**{name: values[section][key] for name, (section, key) in _PLACES.items()})

    def search_settings(self, base: SearchSettings) -> SearchSettings:
        """How a search is made; the reranker has all the time it needs, so that results repeat."""
        return replace(
            base,
            fusion=self.fusion,
            alpha=self.alpha,
            rrf_k=self.rrf_k,
            depth=self.depth,
            rerank_depth=self.rerank_depth,
            rerank_weight=self.rerank_weight,
            rerank_budget_s=float("inf"),
        )

    @property
    def bm25(self) -> Bm25Settings:
        """k1 and b."""
        return Bm25Settings(self.k1, self.b)

    def changes(self, base: "Parameters") -> dict[str, dict[str, Any]]:
        """Settings that differ from those of a base: section → key → value.

        The weights of the fusion that is not used are left as they were.
        """
        unused = "rrf_k" if self.fusion == "convex" else "alpha"
        changed: dict[str, dict[str, Any]] = {}
        for name, (section, key) in _PLACES.items():
            if name != unused and getattr(self, name) != getattr(base, name):
                changed.setdefault(section, {})[key] = getattr(self, name)
        return changed

    def with_group(self, group: Group, base: "Parameters") -> "Parameters":
        """The same with one group's values taken from a base."""
        return replace(self, **{name: getattr(base, name) for name in GROUPS[group]})

    def as_dict(self) -> dict[str, Any]:
        """The form used in JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Space:
    """The values that are tried.

    Attributes:
        base: the settings as they were when the study began; what is not tuned stays so.
        groups: what is tuned.
        chunk_sizes: choices of `target_tokens`.
        weighted: whether the reranker's weight has a say; it has none in a learned mix.
    """

    base: Parameters
    groups: tuple[Group, ...]
    chunk_sizes: tuple[int, ...]
    weighted: bool = True

    @classmethod
    def around(
        cls,
        settings: Settings,
        *,
        groups: Iterable[Group],
        chunk_sizes: Sequence[int],
        reranker: bool,
        weighted: bool = True,
    ) -> "Space":
        """The space that makes sense under given settings.

        Args:
            settings: as they are.
            groups: what may be tuned; the fusion is left out where one leg runs, reranking where there is no reranker,
                and BM25 where its leg does not run.
            chunk_sizes: choices of `target_tokens`; the present value is always one.
            reranker: whether there is one.
            weighted: whether its weight has a say.
        """
        base = Parameters.of(settings)
        legs = settings.search.legs
        senseless: dict[Group, bool] = {
            "fusion": legs != "hybrid",
            "bm25": legs == "dense",
            "rerank": not (reranker and settings.reranker.enabled),
            "chunks": False,
            "depth": False,
        }
        wanted = set(groups)
        kept: tuple[Group, ...] = tuple(group for group in get_args(Group) if group in wanted and not senseless[group])
        return cls(base, kept, tuple(sorted({*chunk_sizes, base.target_tokens})), weighted)

    def suggest(self, trial: "Trial") -> Parameters:
        """The point that a sampler asks for; what is within rounding of the base is the base."""
        chosen: dict[str, Any] = {}
        base = self.base
        for group in self.groups:
            match group:
                case "fusion":
                    chosen |= self._fusion(trial)
                case "depth":
                    chosen["depth"] = trial.suggest_categorical("depth", sorted({*_DEPTHS, base.depth}))
                case "bm25":
                    low, high = min(_K1[0], base.k1), max(_K1[1], base.k1)
                    chosen["k1"] = _rounded(trial.suggest_float("k1", low, high, log=low > 0), base.k1)
                    chosen["b"] = _rounded(trial.suggest_float("b", 0.0, 1.0), base.b)
                case "chunks":
                    chosen["target_tokens"] = trial.suggest_categorical("target_tokens", self.chunk_sizes)
                case "rerank":
                    depths = sorted({*_RERANK_DEPTHS, base.rerank_depth})
                    chosen["rerank_depth"] = trial.suggest_categorical("rerank_depth", depths)
                    if self.weighted:
                        weight = trial.suggest_float("rerank_weight", 0.0, 1.0)
                        chosen["rerank_weight"] = _rounded(weight, base.rerank_weight)
        return replace(base, **chosen)

    def _fusion(self, trial: "Trial") -> dict[str, Any]:
        base = self.base
        fusion = trial.suggest_categorical("fusion", ("convex", "rrf", "learned"))
        # Both are always drawn, so that the importance of each can be told from all trials.
        alpha = _rounded(trial.suggest_float("alpha", 0.0, 1.0), base.alpha)
        low, high = min(_RRF_K[0], base.rrf_k), max(_RRF_K[1], base.rrf_k)
        rrf_k = trial.suggest_int("rrf_k", low, high, log=True)
        used: dict[str, dict[str, Any]] = {"convex": {"alpha": alpha}, "rrf": {"rrf_k": rrf_k}, "learned": {}}
        return {"fusion": fusion, **used[fusion]}

    def present(self) -> dict[str, Any]:
        """The base as the values of a trial."""
        return {name: getattr(self.base, name) for group in self.groups for name in GROUPS[group]}

    def as_dict(self) -> dict[str, Any]:
        """The form used in JSON; two spaces with the same form can share a study."""
        held = {"base": self.base.as_dict(), "groups": list(self.groups), "chunk_sizes": list(self.chunk_sizes)}
        return {**held, "weighted": self.weighted}


def parameters_of(form: Mapping[str, Any]) -> Parameters:
    """Parameters from their JSON form."""
    return Parameters(**{field.name: form[field.name] for field in fields(Parameters)})


def _rounded(value: float, base: float) -> float:
    """Two digits are more than can be told apart."""
    return base if abs(value - base) < 0.005 else round(value, 2)
