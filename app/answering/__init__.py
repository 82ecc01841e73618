"""From a question to an answer in which every sentence is cited."""

from .ask import Answerer, AnswerSettings
from .types import Answer, Citation, Receipt, Sentence, Verdict

__all__ = ["Answer", "AnswerSettings", "Answerer", "Citation", "Receipt", "Sentence", "Verdict"]
