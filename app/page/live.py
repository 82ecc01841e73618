"""An answer while it is being made: what has happened so far, and the line that tells it."""

from dataclasses import dataclass, replace
from html import escape

from ...index import SearchResult
from ..answering import Citation, Sentence
from ..answering.progress import Found, Progress, SentenceReady, StageBegun, Waiting, Withdrawn, Wrote

# The stages that a reader can tell apart, each as it goes on and as it is over.
_STAGES = {
    "follow-up": ("reading the conversation", "read the conversation"),
    "search": ("searching", "searched"),
    "weigh": ("weighing what was found", "weighed"),
    "reading": ("reading", "read"),
    "writing": ("writing", "wrote"),
    "again": ("searching again", "searched again"),
}
# Of these each lasts some milliseconds, in the midst of the one before it.
_UNSEEN = {"gate", "checking"}


@dataclass(frozen=True, slots=True)
class Step:
    """A stage that is over.

    Attributes:
        name: of the stage.
        detail: what came of it, such as `10 passages`; may be empty.
        seconds: that it took.
    """

    name: str
    detail: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Live:
    """What is known of an answer that is being made.

    Attributes:
        since: when the present stage began, in seconds of the clock that `after` is given.
        steps: stages that are over, in their order.
        stage: the present one; empty before the first.
        detail: of the present stage.
        ahead: requests that are before this one at the language model.
        characters: that the language model has written.
        result: of the search, once it is done.
        sentences: checked, in reading order.
        citations: theirs, in marker order.
        drafts: how many drafts were withdrawn.
        withdrawn: the sentences of all of these.
        reason: why the last of them was withdrawn; empty where none was.
        version: counts the events.
    """

    since: float
    steps: tuple[Step, ...] = ()
    stage: str = ""
    detail: str = ""
    ahead: int = 0
    characters: int = 0
    result: SearchResult | None = None
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    drafts: int = 0
    withdrawn: tuple[Sentence, ...] = ()
    reason: str = ""
    version: int = 0


def after(live: Live, event: Progress, now: float) -> Live:
    """What is known after an event at a time."""
    live = replace(live, version=live.version + 1)
    match event:
        case StageBegun("again", detail):
            live = _withdrawn(live, "too little of it could be supported, so more was searched for")
            return _begun(live, "again", detail, now)
        case StageBegun("writing", read):
            # What was read belongs to the stage that is over.
            live = replace(live, detail=read) if live.stage == "reading" else live
            return _begun(live, "writing", "", now)
        case StageBegun(name, detail):
            return live if name in _UNSEEN else _begun(live, name, detail, now)
        case Found(result):
            found = replace(live, result=result, detail=_counted(len(result.hits), "passage"))
            return _begun(found, "weigh", "", now)
        case Waiting(place):
            return replace(live, ahead=place)
        case Wrote(characters):
            return replace(live, characters=live.characters + characters)
        case SentenceReady(sentence, citations):
            known = {citation.marker: citation for citation in (*live.citations, *citations)}
            ordered = tuple(known[marker] for marker in sorted(known))
            return replace(live, sentences=(*live.sentences, sentence), citations=ordered)
        case Withdrawn(reason):
            return _withdrawn(live, reason)


def _begun(live: Live, name: str, detail: str, now: float) -> Live:
    """The stage before is over, and this one begins."""
    over = (Step(live.stage, live.detail, now - live.since),) if live.stage else ()
    return replace(live, steps=(*live.steps, *over), stage=name, detail=detail, since=now, ahead=0)


def _withdrawn(live: Live, reason: str) -> Live:
    withdrawn = (*live.withdrawn, *live.sentences)
    return replace(live, sentences=(), citations=(), drafts=live.drafts + 1, withdrawn=withdrawn, reason=reason)


def live_html(live: Live, now: float, *, stopping: bool = False) -> str:
    """The line, such as `searched 10 passages · 14 ms → read · 3.1 s → writing, 120 characters …`."""
    parts = [f"{_said(step)} · {duration(step.seconds)}" for step in live.steps if step.name != "weigh"]
    going = "stopping" if stopping else _doing(live)
    spent = now - live.since
    # What grows tells of itself that something happens.
    timed = spent >= 1 and not live.characters
    parts.append(f"{going} … {spent:.0f} s" if timed else f"{going} …")
    line = '<span class="rag-arrow"> → </span>'.join(f"<span>{escape(part)}</span>" for part in parts)
    return f'<div class="rag-live rag-small">{line}</div>'


def duration(seconds: float) -> str:
    """Such as `14 ms` or `3.1 s`."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _said(step: Step) -> str:
    over = _STAGES.get(step.name, (step.name, step.name))[1]
    if step.name == "again":
        return f"{over} for “{step.detail}”" if step.detail else over
    return f"{over} {step.detail}".rstrip()


def _doing(live: Live) -> str:
    if live.ahead:
        return f"{_counted(live.ahead, 'question')} {'is' if live.ahead == 1 else 'are'} before yours"
    going = _STAGES.get(live.stage, (live.stage, ""))[0] or "beginning"
    if live.stage == "again" and live.detail:
        return f"{going} for “{live.detail}”"
    if live.stage == "writing" and live.characters:
        return f"{going}, {_counted(live.characters, 'character')}"
    return going


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
