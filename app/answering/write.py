"""Let a language model write from the evidence, and show each sentence only after it was checked."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from ...index import Encoder, Hit
from ...index.view import View
from ..llm import Cancellation, Deadlines, Finished, LanguageModel, Prompted, Queued, Request, Sampling, Text
from .attribution import attribute
from .cite import Citations
from .drafting import Drafted, Drafter, Flaw
from .packing import Packed, pack
from .pool import Pool
from .progress import Listener, SentenceReady, StageBegun, Waiting, Wrote
from .prompts import ABSTENTION, answer_messages, is_abstention, marker_grammar, prompt_hash
from .repair import decide
from .time_limit import TimeLimit
from .types import DraftReport, Dropped, EvidenceReport, Mode, Origin, Sentence, Verdict
from .verify.judgement import Verifier

# Of no use, and no failure of the model either: an answer is not weighed by them.
_UNWEIGHED = (Flaw.REPEATED, Flaw.EMPTY, Flaw.UNFINISHED)


@dataclass(frozen=True, slots=True)
class WriteSettings:
    """How a draft is asked for.

    Attributes:
        evidence_tokens: of the passages in the prompt, at most.
        max_sentences: after so many usable sentences the draft is at its end.
        sampling: how tokens are chosen.
        deadlines: how long it may take.
        defended: whether evidence is neutralised and markers are held to the grammar; False only to measure that.
    """

    evidence_tokens: int = 600
    max_sentences: int = 4
    sampling: Sampling = field(default_factory=lambda: Sampling(max_tokens=160))
    deadlines: Deadlines = field(default_factory=Deadlines)
    defended: bool = True


@dataclass(slots=True)
class Written:
    """A draft and what became of it.

    Attributes:
        sentences: shown.
        citations: theirs.
        dropped: shown to nobody.
        weighed: sentences that count for or against the draft.
        kept: of those, shown as written.
        whole: of those, shown as the whole sentence that they are a part of.
        abstained: whether the model said that the passages do not answer, before it said anything else of use.
        finish: why the text ended.
        prompt_hash: of the conversation.
        packed: the evidence.
        first_ms: from the start to the first sentence shown; None without one.
        pool: the sentences that it could rest on.
    """

    packed: Packed
    prompt_hash: str
    citations: Citations = field(default_factory=Citations)
    sentences: list[Sentence] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    weighed: int = 0
    kept: int = 0
    whole: int = 0
    written: int = 0
    abstained: bool = False
    finish: str = ""
    prompted: Prompted | None = None
    finished: Finished | None = None
    first_ms: float | None = None
    pool: Pool | None = None

    @property
    def survives(self) -> bool:
        """Whether at least half of the draft holds."""
        return self.held > 0 and 2 * self.held >= self.weighed

    @property
    def held(self) -> int:
        """Sentences that were shown as written, or as the whole sentence that they are a part of."""
        return self.kept + self.whole

    def used(self) -> set[int]:
        """Places in the pool of what is cited."""
        cited = {(one.document.id, one.start, one.end) for one in self.citations.all}
        found = self.pool.found if self.pool else []
        return {place for place, one in enumerate(found) if (one.hit.passage.document_id, one.start, one.end) in cited}

    def report(self) -> DraftReport:
        """The draft as the answer tells it."""
        packed, prompted, finished = self.packed, self.prompted, self.finished
        return DraftReport(
            sentences=self.written,
            kept=self.kept,
            replaced=sum(sentence.origin is Origin.REPLACED for sentence in self.sentences),
            dropped=tuple(self.dropped),
            finish=self.finish,
            evidence=EvidenceReport(
                tuple(passage.hit.passage.id for passage in packed.passages),
                packed.left_out,
                packed.tokens,
                packed.budget,
                packed.exact,
                sum(passage.withheld for passage in packed.passages),
            ),
            prompt_tokens=(prompted and prompted.prompt_tokens) or (finished and finished.prompt_tokens) or None,
            cached_tokens=prompted.cached_tokens if prompted else None,
            tokens=finished.tokens if finished else None,
            queue_ms=prompted.queue_ms if prompted else None,
            prompt_ms=prompted.prompt_ms if prompted else None,
            generation_ms=finished.generation_ms if finished else None,
            first_sentence_ms=self.first_ms,
        )


class Writer:
    """Packs, asks, cuts into sentences, verifies, repairs; safe to share between threads.

    Args:
        model: writes.
        verifier: judges.
        encoder: finds verbatim sentences near to failed ones.
    """

    def __init__(self, model: LanguageModel, verifier: Verifier, encoder: Encoder) -> None:
        self.model, self.verifier, self._encoder = model, verifier, encoder

    def write(
        self,
        question: str,
        hits: Sequence[Hit],
        view: View,
        read: Callable[[Sequence[Hit]], Pool],
        settings: WriteSettings,
        mode: Mode,
        *,
        started: float,
        listener: Listener,
        cancel: Cancellation | None = None,
        deadline: float | None = None,
    ) -> Written:
        """Write an answer from hits.

        Args:
            question: as searched for.
            hits: best first.
            view: the generation that they are from.
            read: the scored sentences of hits.
            settings: how the draft is asked for.
            mode: `auto` or `generate`: whether what could not be checked is shown.
            started: `time.perf_counter()` at the question, for the time of the first sentence.
            listener: is told of every sentence that is shown.
            cancel: stops it; what was shown so far stands.
            deadline: `time.monotonic()` seconds at which it stops by itself, wherever it is; likewise.

        Raises:
            LanguageModelError: the model failed at this request.
            ModelError: the model cannot be loaded.
        """
        listener(StageBegun("reading"))
        packed = pack(
            hits,
            self.model,
            settings.evidence_tokens,
            frame=lambda evidence: answer_messages(evidence, question),
            reserve=settings.sampling.max_tokens,
            expand=view.expand,
            defended=settings.defended,
        )
        messages = answer_messages(packed.text, question)
        written = Written(packed, prompt_hash(messages))
        pool = written.pool = read([replace(passage.hit, passage=passage.passage) for passage in packed.passages])
        constrained = settings.defended and self.model.info.grammar
        request = Request(
            messages,
            settings.sampling,
            settings.deadlines,
            marker_grammar(len(packed.passages)) if constrained else None,
        )
        drafter = Drafter(len(packed.passages), settings.max_sentences)
        limit = TimeLimit(cancel, deadline)
        for drafted in self._drafted(request, drafter, written, listener, limit):
            listener(StageBegun("checking"))
            shown = self._take(drafted, question, pool, written, mode)
            if written.abstained:
                break
            if shown:
                if written.first_ms is None:
                    written.first_ms = round((time.perf_counter() - started) * 1000, 1)
                cited = tuple(one for one in written.citations.all if one.marker in shown.citations)
                listener(SentenceReady(shown, cited))
        return written

    def _drafted(
        self,
        request: Request,
        drafter: Drafter,
        written: Written,
        listener: Listener,
        limit: TimeLimit,
    ) -> Iterator[Drafted]:
        """Sentences as they are finished; the request ends when nobody wants more."""
        with closing(self.model.generate(request, limit)) as events:
            for event in events:
                match event:
                    case Queued():
                        listener(Waiting(event.place))
                    case Prompted():
                        written.prompted = event
                        listener(StageBegun("writing", _read(event)))
                    case Text():
                        listener(Wrote(len(event.text)))
                        yield from drafter.add(event.text)
                    case Finished():
                        late = event.reason == "cancelled" and limit.passed
                        written.finished, written.finish = event, "deadline" if late else event.reason
                        yield from drafter.end(complete=event.reason == "stop")
                if drafter.stopped:
                    written.finish = written.finish or drafter.stopped
                    return

    def _take(self, drafted: Drafted, question: str, pool: Pool, written: Written, mode: Mode) -> Sentence | None:
        """Verify and repair one sentence; gives what is shown of it."""
        written.written += 1
        if drafted.flaw:
            written.weighed += drafted.flaw not in _UNWEIGHED
            written.dropped.append(Dropped(drafted.text, drafted.flaw.value))
            return None
        named = [written.packed.passages[marker - 1].hit.passage.id for marker in drafted.markers]
        attributed = attribute(drafted.text, named, pool.found, pool.passages, self.verifier)
        # "The context does not mention ..." may be what a passage says: then it is a sentence like others.
        said = drafted.text != ABSTENTION and attributed.judgement.verdict in (Verdict.SUPPORTED, Verdict.PARTIAL)
        if is_abstention(drafted.text) and not said:
            written.abstained = not written.sentences
            written.dropped.append(Dropped(drafted.text, "it says that the passages do not answer"))
            return None
        written.weighed += 1
        fate = decide(question, drafted.text, attributed, pool, written.used(), mode, self._encoder)
        if fate.sentence is None:
            written.dropped.append(Dropped(drafted.text, fate.reason))
            return None
        if any(fate.sentence.text == other.text for other in written.sentences):
            written.dropped.append(Dropped(drafted.text, Flaw.REPEATED.value))
            return None
        markers = tuple(written.citations.cite(pool.found[place]).marker for place in fate.places)
        shown = replace(fate.sentence, citations=markers)
        written.kept += shown.origin is Origin.GENERATED
        written.whole += fate.whole
        written.sentences.append(shown)
        return shown


def _read(event: Prompted) -> str:
    """Such as `812 tokens, 110 of them known`; empty where the back end does not say."""
    if event.prompt_tokens is None:
        return ""
    known = f", {event.cached_tokens:,} of them known" if event.cached_tokens else ""
    return f"{event.prompt_tokens:,} tokens{known}"
