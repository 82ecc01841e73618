"""A question to a cited answer: retrieve, look at the sentences, pass the gate, write or extract, verify, cite."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ...index import Filters, Hit, Retriever, SearchResult, SearchSettings
from ...index.clock import Clock
from ...index.encoder import WordEncoder
from ...index.errors import LanguageModelError, ModelError
from ...index.view import View
from ..llm import Cancellation, LanguageModel
from ..strategies import (
    Part,
    Retrieved,
    SpeedMeter,
    StrategyName,
    StrategyReport,
    Turn,
    merge,
    not_run,
    retrieve,
    second_query,
    standalone,
)
from .evidence import Evidence, weigh
from .extract import extract
from .finish import Asked, Made, Weighed, finish
from .gate import Gate, shipped_gate
from .plan import Planned, plan_answer
from .pool import Pool, read_sentences
from .progress import Found, Listener, SentenceReady, StageBegun, Withdrawn, nobody
from .remember import RememberingEncoder
from .repair import answers_in_kind
from .select import SelectionSettings
from .silence import why_silent
from .types import Answer, Mode, Origin
from .verify.judgement import Verifier
from .verify.lexical import LexicalVerifier
from .write import Writer, WriteSettings, Written


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
        budget_s: seconds that the answer may take; None for any.
    """

    hits: int = 10
    read: int = 6
    threshold: float | None = None
    selection: SelectionSettings = field(default_factory=SelectionSettings)
    mode: Mode = Mode.EXTRACT
    write: WriteSettings = field(default_factory=WriteSettings)
    strategies: tuple[StrategyName, ...] = ()
    budget_s: float | None = None


class Answerer:
    """Answers questions from a retriever's index; every sentence is cited, and checked before it is shown.

    Args:
        retriever: where the passages come from.
        encoder: compares the question with sentences and words.
        settings: how an answer is made, unless a question brings its own.
        gate: decides between an answer and silence.
        settings_hash: of the application's settings, for the receipt.
        model: writes; None for extraction alone.
        no_model: why there is none, in a sentence; shown to whoever asked for more than extraction.
        verifier: judges what is written; by default the one of plain signals.
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
        self.encoder = RememberingEncoder(encoder)
        self.gate = gate or shipped_gate()
        self.model, self.no_model = model, no_model
        self.verifier = verifier or LexicalVerifier(self.encoder)
        self.speeds = SpeedMeter()

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
        rerank_s = found_by.rerank_budget_s if reranker and found_by.rerank else 0.0
        planned = plan_answer(settings, self.model, self.no_model, self.speeds, rerank_s)
        run = _Run(self, question, filters, search, planned, listener, cancel)
        return run.answer(turns)


@dataclass(slots=True)
class _Run:
    """One question on its way to an answer."""

    answerer: Answerer
    question: str
    filters: Filters | None
    search: SearchSettings | None
    planned: Planned
    listener: Listener
    cancel: Cancellation | None
    clock: Clock = field(default_factory=Clock)
    started: float = field(default_factory=time.perf_counter)
    notes: list[str] = field(default_factory=list)
    reports: list[StrategyReport] = field(default_factory=list)

    def answer(self, turns: Sequence[Turn]) -> Answer:
        settings = self.planned.settings
        self.notes += self.planned.notes
        self.reports += self.planned.reports
        query = self._standalone(turns)
        view = self.answerer.retriever.view()
        retrieved = self._retrieve(view, query)
        result = retrieved.result
        weights = view.term_weights(result.query)
        read = result.hits[: settings.read]
        with self.clock("sentences"):
            pool = self._pool(result.query, read, view)
        with self.clock("gate"):
            evidence = weigh(
                result.query,
                [hit.passage for hit in read],
                pool.found,
                pool.scored,
                weights,
                self.answerer.encoder,
            )
        weighed = self._weighed(evidence)
        made = self._make(query, view, retrieved, pool) if weighed.passes else Made.silent()
        if not made.sentences and not made.reason:
            made = replace(made, reason=why_silent(made.result or result, pool.found, passes=weighed.passes))
        asked = Asked(
            question=result.query if query == self.question else self.question.strip(),
            query=query,
            turns=tuple(turns),
            settings=self.planned.asked,
            filters=self.filters,
            search=self.search,
        )
        with self.clock("finish"):
            return finish(
                self.answerer,
                asked,
                view,
                made if made.result else replace(made, result=result),
                pool,
                weighed,
                notes=tuple(self.notes),
                reports=tuple(self.reports),
                clock=self.clock,
            )

    def _standalone(self, turns: Sequence[Turn]) -> str:
        """The question to search for; a follow-up is rewritten, and the reader is told."""
        if not turns:
            return self.question
        self.listener(StageBegun("follow-up"))
        with self.clock("follow-up"):
            model = None if self.planned.settings.mode is Mode.EXTRACT else self.answerer.model
            seed = self.planned.settings.write.sampling.seed
            limit = self.planned.search_deadline
            said = standalone(self.question, turns, model, cancel=self.cancel, seed=seed, deadline=limit)
        if said.changed:
            self.notes.append(f"the follow-up was searched for as {said.question!r} ({said.how})")
        return said.question

    def _retrieve(self, view: View, query: str) -> Retrieved:
        settings = self.planned.settings
        self.listener(StageBegun("search"))
        with self.clock("search"):
            retrieved = retrieve(
                view,
                query,
                settings.hits,
                strategies=settings.strategies,
                model=self.answerer.model,
                encoder=self.answerer.encoder,
                filters=self.filters,
                settings=self.search,
                cancel=self.cancel,
                seed=settings.write.sampling.seed,
                deadline=self.planned.search_deadline,
            )
        self.reports += retrieved.reports
        self.listener(Found(retrieved.result))
        return retrieved

    def _pool(self, query: str, hits: Sequence[Hit], view: View) -> Pool:
        weights = view.term_weights(query)
        return read_sentences(query, hits, view, self.answerer.encoder, weights, self.planned.settings.selection)

    def _weighed(self, evidence: Evidence | None) -> Weighed:
        self.listener(StageBegun("gate"))
        gate, settings = self.answerer.gate, self.planned.settings
        threshold = gate.threshold if settings.threshold is None else settings.threshold
        return Weighed(evidence, gate.probability(evidence), threshold)

    def _make(self, query: str, view: View, retrieved: Retrieved, pool: Pool) -> Made:
        """The sentences: written where that is asked for and goes well, else extracted."""
        mode = self.planned.settings.mode
        if mode is Mode.EXTRACT:
            return self._extracted(pool)
        try:
            made = self._written(query, view, retrieved, pool)
        except (LanguageModelError, ModelError) as error:
            if mode is Mode.GENERATE:
                raise
            self.notes.append(f"the language model could not write, so the answer is quoted: {error}")
            return self._extracted(pool)
        if made.reason or mode is Mode.GENERATE or made.sentences:
            return made
        self.listener(Withdrawn("less than half of what the language model wrote is supported by the passages"))
        self.notes.append(_instead(made))
        extracted = self._extracted(pool)
        return replace(made, sentences=extracted.sentences, citations=extracted.citations, mode=Mode.EXTRACT)

    def _written(self, query: str, view: View, retrieved: Retrieved, pool: Pool) -> Made:
        """What survives of a draft; without sentences when too little does, with a reason when the model abstains."""
        settings = self.planned.settings
        written = self._draft(query, view, retrieved)
        result = retrieved.result
        if not self._good(query, written, pool) and "self-critique" in settings.strategies:
            again = self._again(query, view, retrieved, written)
            if again:
                result, written = again
        made = Made((), (), Mode.GENERATE, drafting=written.report(), prompt_hash=written.prompt_hash, result=result)
        if written.abstained:
            return replace(made, reason="The language model read the nearest passages and found no answer in them.")
        generate = settings.mode is Mode.GENERATE
        if not written.sentences or not (generate or self._good(query, written, pool)):
            reason = "Nothing that the language model wrote is supported by the passages." if generate else ""
            return replace(made, reason=reason)
        self.notes += written.packed.notes()
        self.notes += _repairs(written)
        return replace(made, sentences=tuple(written.sentences), citations=written.citations.all)

    def _draft(self, query: str, view: View, retrieved: Retrieved) -> Written:
        model = self.answerer.model
        assert model is not None
        writer = Writer(model, self.answerer.verifier, self.answerer.encoder)
        with self.clock("write"):
            written = writer.write(
                query,
                retrieved.result.hits,
                view,
                lambda hits: self._pool(query, hits, view),
                self.planned.write_settings(),
                self.planned.settings.mode,
                started=self.started,
                listener=self.listener,
                cancel=self.cancel,
            )
        for event in (written.prompted, written.finished):
            if event is not None:
                self.answerer.speeds.observe(event)
        return written

    def _good(self, query: str, written: Written, pool: Pool) -> bool:
        """Whether a draft can stand: half of it survived, and it holds the kind of fact that is asked for.

        The latter only where a quotation would hold it.
        """
        if written.abstained or not written.survives:
            return False
        if answers_in_kind(query, written.sentences):
            return True
        extracted, _ = extract(pool, self.planned.settings.selection)
        return not answers_in_kind(query, extracted)

    def _again(
        self, query: str, view: View, retrieved: Retrieved, first: Written
    ) -> tuple[SearchResult, Written] | None:
        """Retrieve once more for what failed, and write again; None when that gives nothing new or nothing better."""
        started = time.perf_counter()
        failed = [*(one.draft for one in first.sentences if one.draft), *(dropped.text for dropped in first.dropped)]
        wanted = second_query(query, failed, ())
        if wanted == query:
            self.reports.append(not_run("self-critique", "nothing in the draft names what to look for"))
            return None
        self.listener(StageBegun("again", wanted))
        found = view.search(wanted, self.planned.settings.hits, filters=self.filters, settings=self.search)
        result = merge([Part(retrieved.result), Part(found)], self.planned.settings.hits)
        second = self._draft(query, view, Retrieved(result))
        better = (second.survives, second.kept) > (first.survives, first.kept)
        known = {hit.passage.id for hit in retrieved.result.hits}
        new = sum(hit.passage.id not in known for hit in result.hits)
        detail = (
            f"{first.weighed - first.kept} of {first.weighed} sentences failed; a second search brought {new} new of "
            f"{len(result.hits)} hits, and {second.kept} of {second.weighed} sentences hold now"
            f"{'' if better else ', which is no better: the first draft stands'}"
        )
        spent = round((time.perf_counter() - started) * 1000, 3)
        self.reports.append(StrategyReport("self-critique", True, detail, (wanted,), spent))
        return (result, second) if better else None

    def _extracted(self, pool: Pool) -> Made:
        with self.clock("select"):
            sentences, citations = extract(pool, self.planned.settings.selection)
        for sentence in sentences:
            self.listener(SentenceReady(sentence, tuple(c for c in citations if c.marker in sentence.citations)))
        return Made(sentences, citations, Mode.EXTRACT)


def _instead(made: Made) -> str:
    """Why the answer is quoted although a language model wrote."""
    drafting = made.drafting
    assert drafting is not None
    held = f"{drafting.kept} of the {drafting.sentences} sentences" if drafting.sentences else "nothing"
    return f"the answer is quoted: {held} that the language model wrote could be shown"


def _repairs(written: Written) -> list[str]:
    """What happened to single sentences."""
    replaced = sum(sentence.origin is Origin.REPLACED for sentence in written.sentences)
    dropped = written.weighed - written.kept - replaced
    parts = [f"{replaced} replaced by a quotation"] if replaced else []
    parts += [f"{dropped} left out"] if dropped > 0 else []
    return [f"of {written.weighed} sentences that the language model wrote, {' and '.join(parts)}"] if parts else []
