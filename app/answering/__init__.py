"""From a question to an answer in which every sentence is cited."""

from .ask import Answerer, AnswerSettings
from .types import Answer, Citation, Mode, Origin, Receipt, Sentence, Verdict

__all__ = ["Answer", "AnswerSettings", "Answerer", "Citation", "Mode", "Origin", "Receipt", "Sentence", "Verdict"]
