"""A question to a cited answer: the face of the answering part."""

from collections.abc import Sequence

from ...index import Filters, Retriever, SearchSettings
from ...index.encoder import WordEncoder
from ..llm import Cancellation, LanguageModel
from ..strategies import SpeedMeter, Turn
from .answer_settings import AnswerSettings
from .gate import Gate, plain_gate, shipped_gate
from .plan import plan_answer
from .progress import Listener, nobody
from .remember import RememberingEncoder
from .run import Run
from .types import Answer
from .verify.judgement import Verifier
from .verify.lexical import LexicalVerifier


class Answerer:
    """Answers questions from a retriever's index; every sentence is cited, and checked before it is shown.

    Args:
        retriever: where the passages come from.
        encoder: compares the question with sentences and words.
        settings: how an answer is made, unless a question brings its own.
        gate: decides between an answer and silence; by default one of the two that ship, as there is a reranker or not.
        settings_hash: of the application's settings, for the receipt.
        model: writes; None for extraction alone.
        no_model: why there is none, in a sentence; shown to whoever asked for more than extraction.
        verifier: judges what is written; by default the lexical one.
    """

    def __init__(
        self,
        retriever: Retriever,
        encoder: WordEncoder,
        settings: AnswerSettings = AnswerSettings(),
        *,
        gate: Gate | None = None,
        settings_hash: str = "",
        model: LanguageModel | None = None,
        no_model: str = "",
        verifier: Verifier | None = None,
    ) -> None:
        self.retriever, self.settings, self.settings_hash = retriever, settings, settings_hash
        self.encoder = encoder if isinstance(encoder, RememberingEncoder) else RememberingEncoder(encoder)
        self._gate = gate
        self.model, self.no_model = model, no_model
        self.verifier = verifier or LexicalVerifier(self.encoder)
        self.speeds = SpeedMeter()

    @property
    def gate(self) -> Gate:
        """What decides where all stages run that are set up."""
        return self.gate_for(reranked=self.reranks(self.retriever.settings))

    def gate_for(self, *, reranked: bool) -> Gate:
        """What decides by evidence with or without a calibrated reranker's opinion."""
        return self._gate or (shipped_gate() if reranked else plain_gate())

    def reranks(self, search: SearchSettings) -> bool:
        """Whether a calibrated reranker reads what such a search finds."""
        reranker = self.retriever.reranker
        return search.rerank and reranker is not None and reranker.calibrated

    def close(self) -> None:
        """End the language model's worker, if it has one; the retriever is its owner's to close."""
        close = getattr(self.model, "close", None)
        if close is not None:
            close()

    def ask(
        self,
        question: str,
        *,
        filters: Filters | None = None,
        search: SearchSettings | None = None,
        settings: AnswerSettings | None = None,
        turns: Sequence[Turn] = (),
        listener: Listener = nobody,
        cancel: Cancellation | None = None,
    ) -> Answer:
        """Answer a question, or say why not.

        Args:
            question: at most 4,000 characters.
            filters: which documents may answer.
            search: how passages are found, in place of the retriever's settings.
            settings: how the answer is made, in place of the answerer's settings.
            turns: earlier questions and answers of the conversation; a follow-up is rewritten to stand alone.
            listener: is told what happens, and of each sentence as soon as it is checked.
            cancel: stops the language model; the answer then is what was shown so far, or extracted.

        Raises:
            QueryError: the question is empty or too long.
            LanguageModelError: in mode `generate`, the language model failed.
            ModelError: in mode `generate`, there is no language model, or it cannot be loaded.
        """
        settings = settings or self.settings
        reranker, found_by = self.retriever.reranker, search or self.retriever.settings
        rerank_s = 0.0
        if reranker and found_by.rerank:
            rerank_s = min(found_by.rerank_budget_s, self.speeds.speeds.rerank_s)
        planned = plan_answer(settings, self.model, self.no_model, self.speeds, rerank_s)
        run = Run(self, question, filters, search, planned, listener, cancel)
        return run.answer(turns)
