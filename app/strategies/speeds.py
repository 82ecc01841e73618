"""How fast the models are, learnt from what they just did."""

import threading
from dataclasses import dataclass, replace

from ..llm.types import Event, Finished, Prompted

NEWEST = 0.3
"""Weight of the newest measurement in the running mean."""

# Below these a measurement tells more of the overhead than of the speed.
_FEWEST_READ = 32
_FEWEST_WRITTEN = 8


@dataclass(frozen=True, slots=True)
class Speeds:
    """What things take; the defaults are the embedded models' on two cores, and most are learnt.

    Attributes:
        prompt_tokens_s: tokens of a prompt read in a second.
        tokens_s: tokens written in a second.
        load_s: seconds until a language model that was not loaded can begin.
        search_s: seconds of one search without the reranker.
        rerank_s: seconds that the reranker takes in one search.
        check_s: seconds that the answer takes besides: reading sentences, the gate, verification.
        measured: whether any of them was measured here.
    """

    prompt_tokens_s: float = 220.0
    tokens_s: float = 70.0
    load_s: float = 1.0
    search_s: float = 0.05
    rerank_s: float = 0.5
    check_s: float = 0.3
    measured: bool = False


class SpeedMeter:
    """Running means of what is observed; safe to share between threads.

    The mean is taken over seconds a token and not over tokens a second, for time is what a budget is made of. A first
    measurement takes the place of the default.

    Args:
        speeds: where to begin.
    """

    def __init__(self, speeds: Speeds = Speeds()) -> None:
        self._lock = threading.Lock()
        self._speeds = speeds
        self._known: set[str] = set()

    @property
    def speeds(self) -> Speeds:
        """The means as they stand."""
        with self._lock:
            return self._speeds

    def observe(self, event: Event) -> None:
        """Learn from an event of a request; what says too little is passed over."""
        match event:
            case Prompted(prompt_tokens=int(tokens), cached_tokens=cached, prompt_ms=spent):
                read = tokens - (cached or 0)
                if read >= _FEWEST_READ and spent > 0:
                    self._rate("prompt_tokens_s", read * 1000 / spent)
            case Finished(tokens=int(tokens), generation_ms=spent):
                if tokens >= _FEWEST_WRITTEN and spent > 0:
                    self._rate("tokens_s", tokens * 1000 / spent)
            case _:
                pass

    def reranked(self, seconds: float) -> None:
        """Learn from a search what its reranker took."""
        if seconds > 0:
            with self._lock:
                self._set("rerank_s", self._mean("rerank_s", self._speeds.rerank_s, seconds))

    def _rate(self, name: str, rate: float) -> None:
        with self._lock:
            self._set(name, 1 / self._mean(name, 1 / getattr(self._speeds, name), 1 / rate))

    def _mean(self, name: str, old: float, new: float) -> float:
        return old + NEWEST * (new - old) if name in self._known else new

    def _set(self, name: str, value: float) -> None:
        self._known.add(name)
        self._speeds = replace(self._speeds, **{name: value}, measured=True)
