"""The steps from a question to an answer, in their order; what is decided in each lies in a module of its own."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ...index import Filters, Hit, SearchResult, SearchSettings
from ...index.clock import Clock
from ...index.errors import LanguageModelError, ModelError
from ...index.view import View
from ..llm import Cancellation
from ..strategies import (
    Part,
    Retrieved,
    StrategyReport,
    Turn,
    merge,
    not_run,
    retrieve,
    second_query,
    standalone,
)
from .evidence import Evidence, weigh
from .expectation import expected
from .extract import extract, quotation
from .finish import Asked, Made, Weighed, finish
from .plan import Planned
from .pool import Pool, read_sentences
from .progress import Found, Listener, Progress, SentenceReady, StageBegun, Withdrawn
from .repair import answers_in_kind
from .select import best_left_out
from .silence import after_silence, why_silent
from .types import Answer, Mode, Origin
from .write import Writer, Written

if TYPE_CHECKING:
    from .ask import Answerer


@dataclass(slots=True)
class Run:
    """One question on its way to an answer; made by `Answerer.ask`."""

    answerer: "Answerer"
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
    _shown: bool = False
    _failing: str = ""

    def answer(self, turns: Sequence[Turn]) -> Answer:
        """Take all steps; `Answerer.ask` says what is raised."""
        settings = self.planned.settings
        self.notes += self.planned.notes
        self.reports += self.planned.reports
        self.question = self.question.strip()
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
                self._logits(result.query, read),
            )
        weighed = self._weighed(evidence)
        made = self._make(query, view, retrieved, pool, weighed) if weighed.passes else Made.silent()
        if not made.sentences and not made.reason:
            made = replace(made, reason=why_silent(made.result or result, pool.found, passes=weighed.passes))
        asked = Asked(
            question=result.query if query == self.question else self.question,
            query=result.query,
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
                made.pool or pool,
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
                settings=self._search_settings(),
                cancel=self.cancel,
                seed=settings.write.sampling.seed,
                deadline=self.planned.search_deadline,
            )
        if not settings.strategies and any(hit.signals.rerank_score is not None for hit in retrieved.result.hits):
            self.answerer.speeds.reranked(retrieved.result.timings_ms.get("rerank", 0.0) / 1000)
        self.reports += retrieved.reports
        self.listener(Found(retrieved.result))
        return retrieved

    def _search_settings(self) -> SearchSettings | None:
        """How passages are found, with the time that the budget leaves to the reranker."""
        if self.planned.rerank_s is None:
            return self.search
        wanted = self.search or self.answerer.retriever.settings
        seconds = min(self.planned.rerank_s, wanted.rerank_budget_s)
        return replace(wanted, rerank=wanted.rerank and seconds > 0, rerank_budget_s=seconds)

    def _pool(self, query: str, hits: Sequence[Hit], view: View) -> Pool:
        weights = view.term_weights(query)
        return read_sentences(query, hits, view, self.answerer.encoder, weights, self.planned.settings.selection)

    def _weighed(self, evidence: Evidence | None) -> Weighed:
        self.listener(StageBegun("gate"))
        settings = self.planned.settings
        gate = self.answerer.gate_for(reranked=evidence is not None and evidence.relevance is not None)
        threshold = gate.threshold if settings.threshold is None else settings.threshold
        return Weighed(gate, evidence, gate.probability(evidence), threshold)

    def _logits(self, query: str, hits: Sequence[Hit]) -> list[float]:
        """What a calibrated reranker says of the hits that it has read, about this very question.

        A query strategy's hits bear what it said about another wording or a part. Pairs are remembered, so nothing is
        read twice.
        """
        reranker = self.answerer.retriever.reranker
        if reranker is None or not self.answerer.reranks(self._search_settings() or self.answerer.retriever.settings):
            return []
        read = [hit.passage.contextual_text for hit in hits if hit.signals.rerank_score is not None]
        return reranker.score(query, read).tolist()

    def _make(self, query: str, view: View, retrieved: Retrieved, pool: Pool, weighed: Weighed) -> Made:
        """The sentences: written where that is asked for and goes well, else extracted.

        A model that is silent has a say and not the last word: the gate's odds fall by what its silence is worth.
        """
        mode = self.planned.settings.mode
        if mode is Mode.EXTRACT:
            return self._extracted(pool)
        try:
            made = self._written(query, view, retrieved, pool)
        except (LanguageModelError, ModelError) as error:
            if mode is Mode.GENERATE:
                raise
            self._withdraw("the language model failed")
            self.notes.append(f"the language model could not write, so the answer is quoted: {error}")
            return replace(self._extracted(pool), asked_model=True)
        odds = self.planned.settings.silence_odds if made.reason and mode is Mode.AUTO else 0.0
        if odds and after_silence(weighed.confidence, odds) >= weighed.threshold:
            made = replace(made, reason="")
        if made.reason or mode is Mode.GENERATE or made.sentences:
            return made
        why = self._failing
        self._withdraw(why)
        self.notes.append(f"the answer is quoted: {why}")
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
        made = Made(
            (),
            (),
            Mode.GENERATE,
            drafting=written.report(),
            prompt_hash=written.prompt_hash,
            result=result,
            asked_model=True,
        )
        self._failing = (
            "the language model found no answer in the passages" if written.abstained else self._why_not(query, written)
        )
        if written.abstained:
            return replace(made, reason="The language model read the nearest passages and found no answer in them.")
        generate = settings.mode is Mode.GENERATE
        if not written.sentences or not (generate or self._good(query, written, pool)):
            reason = "Nothing that the language model wrote is supported by the passages." if generate else ""
            return replace(made, reason=reason)
        self.notes += written.packed.notes()
        self.notes += _repairs(written)
        if not generate:
            self._complete(written)
        return replace(made, sentences=tuple(written.sentences), citations=written.citations.all, pool=written.pool)

    def _complete(self, written: Written) -> None:
        """Quote what fits the question best beside a draft that rests on other sentences: a small model may miss it."""
        pool, selection = written.pool, self.planned.settings.selection
        stopped = self.cancel is not None and self.cancel.cancelled
        if stopped or pool is None or pool.scored is None or len(written.sentences) >= selection.max_sentences:
            return
        place = best_left_out(pool.found, pool.scored, written.used(), selection)
        if place is None:
            return
        quote = quotation(pool.found[place], written.citations)
        written.sentences.append(quote)
        cited = tuple(one for one in written.citations.all if one.marker in quote.citations)
        self.listener(SentenceReady(quote, cited))

    def _why_not(self, query: str, written: Written) -> str:
        """Why a draft cannot stand, in words for the reader."""
        if not written.written:
            ends = {"cancelled": ", for it was stopped", "deadline": ", for its time was over"}
            return f"the language model wrote nothing{ends.get(written.finish, '')}"
        if written.survives and not answers_in_kind(query, written.sentences):
            return f"what the language model wrote lacks the {expected(query)} that is asked for"
        if written.weighed == 1:
            return "the one sentence that the language model wrote could not be shown"
        held = f"{written.held or 'none'} of {written.weighed} sentences"
        return f"{held} that the language model wrote could be shown"

    def _withdraw(self, why: str) -> None:
        """What was shown so far no longer holds, if anything was."""
        if self._shown:
            self.listener(Withdrawn(why))
            self._shown = False

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
                self.planned.settings.write,
                self.planned.settings.mode,
                started=self.started,
                listener=self._watch,
                cancel=self.cancel,
                deadline=self.planned.deadline,
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
        if self.cancel is not None and self.cancel.cancelled:
            return None
        limit = self.planned.search_deadline
        if limit is not None and time.monotonic() >= limit:
            self.reports.append(not_run("self-critique", "the budget has no time left for it"))
            return None
        started = time.perf_counter()
        failed = [*(one.draft for one in first.sentences if one.draft), *(dropped.text for dropped in first.dropped)]
        wanted = second_query(query, failed, ())
        if wanted == query:
            self.reports.append(not_run("self-critique", "nothing in the draft names what to look for"))
            return None
        self.listener(StageBegun("again", wanted))
        self._withdraw("too little of the draft could be supported, so more was searched for")
        with self.clock("search again"):
            found = view.search(
                wanted, self.planned.settings.hits, filters=self.filters, settings=self._search_settings()
            )
        result = merge([Part(retrieved.result), Part(found)], self.planned.settings.hits)
        second = self._draft(query, view, Retrieved(result))
        better = (second.survives, second.held) > (first.survives, first.held)
        known = {hit.passage.id for hit in retrieved.result.hits}
        new = sum(hit.passage.id not in known for hit in result.hits)
        detail = (
            f"{first.weighed - first.held} of {first.weighed} sentences failed; a second search brought {new} new of "
            f"{len(result.hits)} hits, and {second.held} of {second.weighed} sentences hold now"
            f"{'' if better else ', which is no better: the first draft stands'}"
        )
        spent = round((time.perf_counter() - started) * 1000, 3)
        self.reports.append(StrategyReport("self-critique", True, detail, (wanted,), spent))
        return (result, second) if better else None

    def _watch(self, progress: Progress) -> None:
        self._shown = self._shown or isinstance(progress, SentenceReady)
        self.listener(progress)

    def _extracted(self, pool: Pool) -> Made:
        with self.clock("select"):
            sentences, citations = extract(pool, self.planned.settings.selection)
        if pool.withheld:
            what = "1 sentence was" if pool.withheld == 1 else f"{pool.withheld} sentences were"
            self.notes.append(f"{what} not considered: they speak to a language model instead of a reader")
        for sentence in sentences:
            self.listener(SentenceReady(sentence, tuple(c for c in citations if c.marker in sentence.citations)))
        return Made(sentences, citations, Mode.EXTRACT)


def _repairs(written: Written) -> list[str]:
    """What happened to single sentences."""
    replaced = sum(sentence.origin is Origin.REPLACED for sentence in written.sentences)
    dropped = written.weighed - written.kept - replaced
    parts = [f"{replaced} replaced by a quotation"] if replaced else []
    parts += [f"{dropped} left out"] if dropped > 0 else []
    return [f"of {written.weighed} sentences that the language model wrote, {' and '.join(parts)}"] if parts else []
