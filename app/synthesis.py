"""Questions drafted from sentences of an index, with whatever language model is configured, and filtered.

A draft is kept when its wording is sound, no known question is alike, the answerer (in mode `extract`, over the whole
index) cites the very sentence, and it stays silent when that sentence's document is hidden.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ..eval.spans import Span
from ..eval.synthetic import Draft, DraftFile, KnownQuestions, malformed
from ..index import Encoder, Filters, Hit
from ..index.errors import EvaluationError
from ..index.types import HEADING_SEPARATOR
from ..index.view import View
from .answering import Answerer
from .answering.neutralise import addresses_model, for_prompt
from .answering.sentences import Candidate, candidates
from .llm import LanguageModel, Message, Request, Role, Sampling
from .llm.types import transcribe

PROMPT_VERSION = "1"
"""Raise it with every change of wording."""

SYSTEM = (
    "You write questions. You are given a fact from a technical text. Write one short question that the fact answers. "
    "Name what it asks about. Do not give the answer away."
)
# About bread and bicycles, so that what a weak model copies from them is about no document here.
_EXAMPLES = (
    (
        "Baking > Sourdough",
        "Sourdough bread stays fresh for three to five days, because its acids slow down staling and mould.",
        "Why does sourdough bread stay fresh for days?",
    ),
    (
        "Bicycles > Chains",
        "A derailleur moves the chain from one sprocket to another.",
        "What does a derailleur do?",
    ),
)
_GRAMMAR = (
    'root ::= ("What" | "Which" | "How" | "Why" | "When" | "Where" | "Who" | "Does" | "Do" | "Is" | "Are" | "Can") " " '
    '[^?\\[\\]<>{}\\x00-\\x1f]+ "?"'
)
_TOKENS = 48


class Dropped(StrEnum):
    """The filter that dropped a draft, in their order."""

    WORDING = "wording"
    DUPLICATE = "duplicate"
    NOT_ANSWERED = "not answered"
    OTHER_SENTENCE = "other sentence"
    ANSWERED_WITHOUT = "answered without"


@dataclass(slots=True)
class Synthesis:
    """What became of the drafts.

    Attributes:
        kept: how many were kept in this run.
        dropped: filter → how many it dropped in this run.
        exhausted: whether every sentence of the index was tried.
    """

    kept: int = 0
    dropped: Counter[Dropped] = field(default_factory=Counter)
    exhausted: bool = False

    @property
    def drafts(self) -> int:
        """How many were made."""
        return self.kept + self.dropped.total()


@dataclass(frozen=True, slots=True)
class Synthesizer:
    """Drafts and filters; the answerer must be in mode `extract`.

    Attributes:
        answerer: over the index.
        model: writes the questions.
        encoder: compares questions.
        seed: of the order of sentences, and of the model's sampling.
        temperature: of the model's sampling.
    """

    answerer: Answerer
    model: LanguageModel
    encoder: Encoder
    seed: int = 0
    temperature: float = 0.0

    def run(
        self,
        file: DraftFile,
        count: int,
        *,
        known: Sequence[str] = (),
        drafts: int | None = None,
        told: Callable[[Synthesis], None] | None = None,
    ) -> Synthesis:
        """Append topics until the file holds so many.

        Args:
            file: what is there counts, and no sentence is tried twice.
            count: topics in all.
            known: other questions that must not be repeated.
            drafts: at most so many drafts in this run; None for no limit.
            told: is called after each draft.

        Raises:
            EvaluationError: the index has no sentence to ask about.
            LanguageModelError: the model failed.
        """
        view = self.answerer.retriever.view()
        questions = [*known, *file.questions]
        repeated = KnownQuestions(questions, self.encoder.encode(questions))
        done = Synthesis()
        for candidate in self._sentences(view, file):
            if len(file.questions) >= count or (drafts is not None and done.drafts >= drafts):
                return done
            draft = self._draft(candidate)
            verdict = self._filtered(view, draft, candidate, repeated)
            if verdict is None:
                file.keep(draft)
                repeated.add(draft.question, self.encoder.encode([draft.question])[0])
                done.kept += 1
            else:
                why, detail = verdict
                file.drop(draft, why, detail)
                done.dropped[why] += 1
            if told is not None:
                told(done)
        done.exhausted = len(file.questions) < count
        return done

    def _sentences(self, view: View, file: DraftFile) -> Iterator[Candidate]:
        """Sentences that can be quoted alone, in random order, one of each document in turn."""
        by_document: list[list[Candidate]] = []
        for info in view.documents():
            hits = [Hit(passage, info, 1.0, 1) for passage in view.passages(info.id)]
            fit = [one for one in candidates(hits, view.blocks) if not one.leans and not addresses_model(one.text)]
            random.Random(f"{self.seed} {info.id}").shuffle(fit)
            if fit:
                by_document.append(fit)
        if not by_document:
            raise EvaluationError("the index holds no sentence that could be quoted, so there is nothing to ask about")
        random.Random(self.seed).shuffle(by_document)
        for turn in range(max(map(len, by_document))):
            for fit in by_document:
                if turn < len(fit) and not file.has_seen(fit[turn].hit.document.id, fit[turn].text):
                    yield fit[turn]

    def _draft(self, candidate: Candidate) -> Draft:
        passage = candidate.hit.passage
        heading = HEADING_SEPARATOR.join(passage.heading_path) or candidate.hit.document.title
        info = self.model.info
        request = Request(
            draft_messages("" if addresses_model(heading) else for_prompt(heading), for_prompt(candidate.text)),
            Sampling(max_tokens=_TOKENS, temperature=self.temperature, seed=self.seed, stop=("\n",)),
            grammar=_GRAMMAR if info.grammar else None,
            adapted=False,
        )
        text = " ".join(transcribe(self.model.generate(request)).text.split())
        origin = {
            "model": info.id,
            "model_fingerprint": info.fingerprint,
            "prompt": PROMPT_VERSION,
            "passage": passage.id,
            "generation": self.answerer.retriever.view().generation,
            "seed": self.seed,
            "temperature": self.temperature,
        }
        return Draft(text, passage.document_id, candidate.text, origin)

    def _filtered(
        self, view: View, draft: Draft, candidate: Candidate, repeated: KnownQuestions
    ) -> tuple[Dropped, str] | None:
        """Why a draft is dropped; None for one that is kept. The cheap filters come first."""
        if wrong := malformed(draft.question, draft.quote):
            return Dropped.WORDING, f"the question {wrong}"
        if same := repeated.nearest(self.encoder.encode([draft.question])[0]):
            return Dropped.DUPLICATE, f"is like {same!r}"
        answer = self.answerer.ask(draft.question)
        if answer.abstained:
            return Dropped.NOT_ANSWERED, answer.reason
        span = Span(draft.document_id, candidate.start, candidate.end)
        cited = [citation for citation in answer.citations if citation.document.id == draft.document_id]
        if not any(span.overlap(citation.start, citation.end) for citation in cited):
            return Dropped.OTHER_SENTENCE, f"answered by {answer.citations[0].quote!r}"
        others = tuple(info.id for info in view.documents() if info.id != draft.document_id)
        if others and not (without := self.answerer.ask(draft.question, filters=Filters(sources=others))).abstained:
            return Dropped.ANSWERED_WITHOUT, f"answered by {without.citations[0].quote!r}"
        return None


def draft_messages(heading: str, fact: str) -> tuple[Message, ...]:
    """The conversation that asks for a question.

    Args:
        heading: titles from the document's down to the section's.
        fact: the sentence.
    """
    shown = [
        message
        for title, said, question in _EXAMPLES
        for message in (Message(Role.USER, _ask(title, said)), Message(Role.ASSISTANT, question))
    ]
    return (Message(Role.SYSTEM, SYSTEM), *shown, Message(Role.USER, _ask(heading, fact)))


def _ask(heading: str, fact: str) -> str:
    return f"Topic: {heading}\nFact: {fact}\nQuestion:"
