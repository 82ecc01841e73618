"""An answer on a terminal: what happens while it is made, and the whole of it in the end."""

import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Self, TextIO

from .answering.progress import Found, Progress, SentenceReady, StageBegun, Waiting, Withdrawn, Wrote
from .answering.types import Mode, Origin, Verdict
from .practice_words import chip
from .terminal import excerpt, line_width, wrapped

if TYPE_CHECKING:
    from ..index.types import PracticeMark
    from .answering import Answer, Citation, Sentence
    from .answering.types import DraftReport

_NEAREST = 3
_MARKS = {Verdict.SUPPORTED: "✓", Verdict.PARTIAL: "◐", Verdict.UNSUPPORTED: "✗", Verdict.UNCHECKED: "?"}
_STAGES = {
    "follow-up": "making the follow-up stand alone",
    "search": "searching",
    "gate": "asking whether the corpus answers this",
    "reading": "the language model reads",
    "writing": "the language model writes",
    "checking": "checking what it wrote",
    "again": "searching once more",
}


class LiveAnswer:
    """A listener that keeps one line on standard error up to date and prints each sentence when it is checked.

    Args:
        status: takes the line, which overwrites itself.
        output: takes the sentences.
    """

    def __init__(self, status: TextIO, output: TextIO) -> None:
        self._status, self._output = status, output
        self._letters = 0
        self.shown: list[str] = []

    @classmethod
    def for_terminal(cls) -> Self | None:
        """One where somebody watches: both outputs are a terminal."""
        return cls(sys.stderr, sys.stdout) if sys.stderr.isatty() and sys.stdout.isatty() else None

    def __call__(self, progress: Progress) -> None:
        """Show what happens."""
        match progress:
            case StageBegun(name=name, detail=detail):
                self._letters = 0
                read = f"read {detail}; " if name == "writing" and detail else ""
                more = f": {detail}" if detail and not read else ""
                self._line(f"{read}{_STAGES.get(name, name)}{more} …")
            case Found(result=result):
                self._line(f"{len(result.hits)} passages found …")
            case Waiting(place=place):
                self._line(f"waiting for {place} other question{'s' if place > 1 else ''} …")
            case Wrote(characters=characters):
                self._letters += characters
                self._line(f"{_STAGES['writing']} … {self._letters} characters, not yet checked")
            case SentenceReady(sentence=sentence):
                self.clear()
                line = sentence_line(sentence)
                self.shown.append(line)
                self._output.write(line + "\n")
                self._output.flush()
            case Withdrawn(reason=reason):
                self.clear()
                self._output.write(wrapped(f"(withdrawn: {reason}; quoted instead:)") + "\n")
                self.shown.clear()

    def clear(self) -> None:
        """Leave the status line empty."""
        self._status.write("\r\x1b[K")
        self._status.flush()

    def _line(self, text: str) -> None:
        self._status.write(f"\r\x1b[K{excerpt(text, line_width() - 1)}")
        self._status.flush()


def print_answer(answer: "Answer", live: LiveAnswer | None = None, *, explain: bool = False) -> None:
    """Print an answer with its sources; sentences that were shown while it was made are not shown again."""
    say = _printer()
    if live is not None:
        live.clear()
    if answer.abstained:
        _silence(answer, say)
    else:
        lines = [sentence_line(sentence) for sentence in answer.sentences]
        if live is None or live.shown != lines:
            say(wrapped(answer.text) if answer.mode is Mode.EXTRACT else "\n".join(lines))
        say("")
        for citation in answer.citations:
            say(source_line(citation))
    _beside(answer, say)
    if answer.notes:
        say("")
    for note in answer.notes:
        say(wrapped(f"note: {note}"))
    if explain:
        _explained(answer, say)


def sentence_line(sentence: "Sentence") -> str:
    """A sentence with its mark, its markers and, where it is not simply supported, why."""
    markers = "".join(f"[{marker}]" for marker in sentence.citations)
    line = wrapped(f"{_MARKS[sentence.verdict]} {sentence.text} {markers}")
    about = []
    if sentence.origin is Origin.REPLACED:
        about.append(f"quoted in place of what was written: {sentence.detail}")
    elif sentence.verdict is not Verdict.SUPPORTED:
        about.append(f"{sentence.verdict.value}: {sentence.detail}")
    if sentence.strength is not None and sentence.strength.documents > 1:
        years = sorted({sentence.strength.years[0], sentence.strength.years[-1]}) if sentence.strength.years else []
        when = f", {'–'.join(str(year) for year in years)}" if years else ""
        about.append(f"{sentence.strength.documents} independent documents say so{when}")
    return "\n".join([line, *(wrapped(f"({text})", "    ") for text in about)])


def source_line(citation: "Citation") -> str:
    """Where a citation stands."""
    page = f", page {citation.page}" if citation.page else ""
    date = f", {citation.document.published}" if citation.document.published else ""
    mark = f"\n    {mark_line(citation.practice)}" if citation.practice else ""
    return (
        f"[{citation.marker}] {' > '.join(citation.heading_path)}\n"
        f"    {citation.document.source}{page}, characters {citation.start}-{citation.end}"
        f"  [{citation.document.status}{date}]{mark}"
    )


def mark_line(mark: "PracticeMark") -> str:
    """What a hit's practice is to the present, in one line."""
    return f"{chip(mark)}: {mark.reason}" if mark.reason else chip(mark)


def _silence(answer: "Answer", say: Callable[[str], None]) -> None:
    say(wrapped(answer.reason))
    if answer.hits:
        say("\nnearest passages:")
    for hit in answer.hits[:_NEAREST]:
        say(f"  {' > '.join(hit.passage.heading_path)}  ({hit.passage.id})")
        if hit.practice:
            say(wrapped(mark_line(hit.practice), "    "))


def _beside(answer: "Answer", say: Callable[[str], None]) -> None:
    """What is current, and what contradicts what."""
    if answer.practices:
        say("\nCurrent practice:")
        for practice in answer.practices:
            say(wrapped(practice.text, "  "))
    for conflict in answer.conflicts:
        say(f"\nThe sources differ: {conflict.what}")
        for side in (conflict.left, conflict.right):
            scope = f" (of {side.scope})" if side.scope else ""
            say(wrapped(f"{side.published or 'undated'}, {side.document.title}{scope}: {side.quote}", "  "))


def _explained(answer: "Answer", say: Callable[[str], None]) -> None:
    import json

    from .forms import receipt_form

    if answer.drafting is not None:
        say("\n" + "\n".join(draft_lines(answer.drafting)))
    for report in answer.strategies:
        say(f"strategy {report.name}: {report.detail} ({report.ms:.0f} ms)")
    say("\n" + ", ".join(f"{name} {value:.1f} ms" for name, value in answer.timings_ms.items()))
    say(json.dumps(receipt_form(answer.receipt), indent=2))


def draft_lines(drafting: "DraftReport") -> Iterable[str]:
    """What became of the language model's text."""
    evidence = drafting.evidence
    counted = "tokens" if evidence.exact else "tokens at most, estimated"
    yield (
        f"draft: {drafting.sentences} sentences, {drafting.kept} shown as written, {drafting.replaced} replaced, "
        f"{len(drafting.dropped)} left out; it ended with: {drafting.finish}"
    )
    yield f"evidence: {len(evidence.passages)} passages, {evidence.tokens} of {evidence.budget} {counted}"
    if evidence.left_out:
        yield f"  no room for: {', '.join(evidence.left_out)}"
    if evidence.withheld:
        yield f"  withheld: {evidence.withheld} sentences that speak to the model"
    if drafting.prompt_tokens is not None:
        cached = f", {drafting.cached_tokens} of them known from before" if drafting.cached_tokens else ""
        spent = "" if drafting.prompt_ms is None else f" in {drafting.prompt_ms:.0f} ms"
        written = "" if drafting.tokens is None else f"; written: {drafting.tokens} tokens"
        yield f"prompt: {drafting.prompt_tokens} tokens{cached}{spent}{written}"
    if drafting.first_sentence_ms is not None:
        yield f"first checked sentence after {drafting.first_sentence_ms:.0f} ms"
    for dropped in drafting.dropped:
        yield wrapped(f"left out: {dropped.text} ({dropped.reason})", "  ")


def _printer() -> Callable[[str], None]:
    def say(text: str) -> None:
        sys.stdout.write(text + "\n")

    return say
