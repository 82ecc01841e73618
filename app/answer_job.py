"""One evaluation of answers while it runs: ask in each mode, judge, put the run file together."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..eval.answers.evaluate import Assessment, evaluate_answers
from ..eval.answers.labels import read_labels
from ..eval.answers.reading import hidden_gold, sample
from ..eval.answers.types import AnsweredTopic, Question
from ..eval.provenance import code, fingerprints, now, peak_memory_mib
from ..eval.run_file import RunFile, TopicInfo
from ..index import Retriever
from ..index.errors import ModelError, UsageError
from ..ingest.progress import Progress
from .answer_asking import Asking, at_threshold
from .answer_journal import Journal
from .answer_judge import LanguageModelJudge, check_independence
from .answer_judges import judging_notes, own_judges
from .answering import Answerer, Mode
from .compose import make_answerer, make_encoder, make_reranker
from .llm import LanguageModel
from .settings import Settings

_WRONG = "an unanswerable question answered, or an answer none of whose citations overlaps a gold quote"
_HIDDEN = (
    "hidden gold: each answerable question once more, without the documents that hold its gold quotes; where another "
    "document says the same, an answer from there counts as wrong"
)


@dataclass(frozen=True, slots=True)
class AnswerPlan:
    """What is asked, and who judges.

    Attributes:
        modes: each becomes a system; the first stands for the run.
        thresholds: further thresholds of the gate; each gives one more system per mode, without asking again.
        hidden: ask every answerable question once more with the documents of its gold hidden.
        limit: only so many questions, drawn by the seed; those with hidden gold come on top.
        seed: of the draw.
        labels: people's judgements on sentences; see `eval/answers/labels.py`.
        judge: makes a language model that judges as well; closed at the end if it can be.
        texts: keep questions, answers and quotes in the run file.
    """

    modes: tuple[Mode, ...] = (Mode.EXTRACT,)
    thresholds: tuple[float, ...] = ()
    hidden: bool = False
    limit: int | None = None
    seed: int = 0
    labels: Path | None = None
    judge: Callable[[], LanguageModel] | None = None
    texts: bool = True

    def __post_init__(self) -> None:
        if not self.modes:
            raise UsageError("no mode is named; name extract, auto or generate")
        if self.limit is not None and self.limit < 1:
            raise UsageError(f"the limit is {self.limit}; ask 1 question or more")
        if outside := [threshold for threshold in self.thresholds if not 0 <= threshold <= 1]:
            raise UsageError(f"the threshold is {outside[0]}; it is a probability from 0 to 1")


@dataclass(slots=True)
class _Gathered:
    """What the modes gave so far."""

    systems: dict[str, Assessment] = field(default_factory=dict)
    said: dict[str, list[AnsweredTopic]] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)
    judges: dict[str, Any] = field(default_factory=dict)
    gate: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AnswerJob:
    """One evaluation while it runs.

    Attributes:
        settings: models, search and answering.
        plan: what is asked, and who judges.
        index: the index that answers.
        name: of the run.
        progress: is told how the work goes.
    """

    settings: Settings
    plan: AnswerPlan
    index: Path
    name: str
    progress: Progress

    def run(self, questions: Sequence[Question], details: Mapping[str, Any], notes: Sequence[str]) -> RunFile:
        """All modes over all questions, as a run file."""
        asked = sample(questions, self.plan.limit, self.plan.seed)
        if self.plan.hidden:
            asked += hidden_gold(asked)
        labels = read_labels(self.plan.labels, {question.id for question in asked}) if self.plan.labels else {}
        gathered = _Gathered(notes=list(notes))
        with ExitStack() as stack:
            judging = self.plan.judge() if self.plan.judge else None
            if judging is not None:
                stack.callback(getattr(judging, "close", lambda: None))
            retriever = stack.enter_context(
                Retriever.open(
                    self.index,
                    encoder=make_encoder(self.settings),
                    reranker=make_reranker(self.settings),
                    settings=self.settings.measured_search_settings(),
                )
            )
            journal = stack.enter_context(Journal(self._journal(asked, retriever)))
            judge = LanguageModelJudge(judging, journal) if judging else None
            for mode in self.plan.modes:
                with closing(self._answerer(retriever, mode)) as answerer:
                    if judging is not None:
                        check_independence(judging.info, answerer.model.info if answerer.model else None)
                    topics = Asking(answerer, retriever, journal).ask_all(asked, mode.value, self.progress)
                    self._judge(mode, topics, answerer, judge, labels, gathered)
            found = self._run_file(asked, retriever, gathered, details)
            journal.forget()
        return found

    def _answerer(self, retriever: Retriever, mode: Mode) -> Answerer:
        """One for each mode, so that none finds encoded what another one has read."""
        section = self.settings.answer.model_copy(update={"mode": mode.value})
        answerer = make_answerer(self.settings.model_copy(update={"answer": section}), retriever)
        if mode is not Mode.EXTRACT and answerer.model is None:
            raise ModelError(answerer.no_model or "there is no language model; ask in mode extract")
        return answerer

    def _judge(
        self,
        mode: Mode,
        topics: list[AnsweredTopic],
        answerer: Answerer,
        judge: LanguageModelJudge | None,
        labels: Mapping[tuple[str, str], bool],
        gathered: _Gathered,
    ) -> None:
        """Measure what a mode said, and what it would have said with other thresholds."""
        own = own_judges(answerer)
        judges = [*own, judge.judge] if judge else own
        variants = {mode.value: topics}
        for threshold in self.plan.thresholds:
            variants[f"{mode.value}, threshold {threshold:g}"] = at_threshold(topics, threshold)
        for name, variant in variants.items():
            gathered.said[name] = variant
            gathered.systems[name] = evaluate_answers(
                variant,
                judges=judges,
                reader=judge.reader if judge else None,
                encode=answerer.encoder.encode,
                labels=labels,
                progress=self.progress,
            )
        info = answerer.encoder.info
        gathered.models["encoder"] = f"{info.id}@{info.fingerprint}"
        if answerer.model is not None:
            gathered.models["llm"] = f"{answerer.model.info.id}@{answerer.model.info.fingerprint}"
        gathered.judges |= {one.name: one.id for one in own}
        if judge is not None:
            gathered.judges[judge.name] = judge.facts()
            gathered.models["judge"] = judge.id
        threshold = answerer.settings.threshold
        gathered.gate = {
            "threshold": answerer.gate.threshold if threshold is None else threshold,
            "fingerprint": answerer.gate.fingerprint,
        }
        gathered.notes += judging_notes(mode.value, topics, judges, labels, gathered.systems[mode.value])

    def _journal(self, asked: Sequence[Question], retriever: Retriever) -> Path:
        """Where answers are kept until all are there; the same evaluation finds them again."""
        said = [
            code(),
            self.settings.fingerprint,
            repr(self.settings.answer_settings()),
            _corpus(retriever),
            retriever.manifest.chunker,
            [repr(question) for question in asked],
        ]
        digest = hashlib.sha256(json.dumps(said).encode()).hexdigest()
        return self.settings.index.parent / "eval" / "answers" / f"{digest[:24]}.jsonl"

    def _run_file(
        self, asked: Sequence[Question], retriever: Retriever, gathered: _Gathered, details: Mapping[str, Any]
    ) -> RunFile:
        manifest = retriever.manifest
        reranker = {"reranker": retriever.reranker.id} if retriever.reranker is not None else {}
        if self.plan.hidden:
            gathered.notes.append(_HIDDEN)
        said = json.dumps([self.settings.fingerprint, repr(self.settings.answer_settings()), self.plan.hidden])
        return RunFile(
            kind="answers",
            name=self.name,
            created=now(),
            fingerprints=fingerprints(
                corpus=_corpus(retriever),
                index=f"{manifest.generation} chunker {manifest.chunker[:12]}",
                models=gathered.models | reranker,
                settings=hashlib.sha256(said.encode()).hexdigest(),
                seed=self.plan.seed,
            ),
            default=self.plan.modes[0].value,
            systems={name: system.result for name, system in gathered.systems.items()},
            topics={q.id: TopicInfo(q.text if self.plan.texts else "", q.category) for q in asked},
            notes=tuple(dict.fromkeys(gathered.notes)),
            details={
                **details,
                "wrong": _WRONG,
                "gate": gathered.gate,
                "judges": gathered.judges,
                "peak_memory_mib": round(peak_memory_mib(), 1),
                "outcomes": {name: dict(system.outcomes) for name, system in gathered.systems.items()},
                **({"answers": _answers(gathered)} if self.plan.texts else {}),
            },
        )


def _corpus(retriever: Retriever) -> str:
    documents = json.dumps([(document.id, document.sha256) for document in retriever.documents()])
    return hashlib.sha256(documents.encode()).hexdigest()


def _answers(gathered: _Gathered) -> dict[str, Any]:
    """Every sentence with its quotes and verdicts, system by system, to be read and labelled by people."""
    return {
        name: {
            topic.question.id: {
                "confidence": topic.confidence,
                "sentences": [
                    {
                        "text": sentence.text,
                        "quotes": [[quote.document_id, quote.text] for quote in sentence.citations],
                        "verdicts": {
                            judge: said[topic.question.id][place]
                            for judge, said in gathered.systems[name].verdicts.items()
                            if topic.question.id in said
                        },
                    }
                    for place, sentence in enumerate(topic.sentences)
                ],
            }
            for topic in topics
        }
        for name, topics in gathered.said.items()
    }
