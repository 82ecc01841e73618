"""How an answer is made."""

from dataclasses import dataclass, field

from ..strategies import StrategyName
from .select import SelectionSettings
from .types import Mode
from .write import WriteSettings


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """How an answer is made.

    Attributes:
        hits: passages retrieved and returned.
        read: best passages whose sentences are looked at.
        threshold: the gate's probability from which on an answer is given; None takes the calibrated one.
        selection: how sentences are chosen for extraction.
        mode: `extract` asks no language model; `auto` falls back to extraction, `generate` does not.
        write: how a draft is asked for.
        strategies: query strategies.
        silence_odds: what the silence of the language model says, in `auto`; see `silence.after_silence`.
        budget_s: seconds that the answer may take; None for any.
    """

    hits: int = 10
    read: int = 6
    threshold: float | None = None
    selection: SelectionSettings = field(default_factory=SelectionSettings)
    mode: Mode = Mode.EXTRACT
    write: WriteSettings = field(default_factory=WriteSettings)
    strategies: tuple[StrategyName, ...] = ()
    silence_odds: float = 0.0
    budget_s: float | None = None
