"""From a question to an answer in which every sentence is cited."""

from .answer_settings import AnswerSettings
from .ask import Answerer
from .types import Answer, Citation, Mode, Origin, Receipt, Sentence, Verdict

__all__ = ["Answer", "AnswerSettings", "Answerer", "Citation", "Mode", "Origin", "Receipt", "Sentence", "Verdict"]
