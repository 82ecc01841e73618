"""Check judged topics against the documents that they quote."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from ..index.errors import EvaluationError
from ..ingest.findings import Finding
from .spans import locate
from .topics import JudgedTopic, read_topics


def topic_findings(path: Path, texts: Mapping[str, str]) -> Iterator[Finding]:
    """Topics that cannot be read, that quote what does not stand there, or that are asked twice.

    Args:
        path: a topics file.
        texts: canonical text of every document, by id.
    """
    try:
        topics = read_topics(path)
    except EvaluationError as error:
        yield Finding("topic-unreadable", path.name, str(error))
        return
    asked: dict[str, str] = {}
    for topic in topics:
        line = int(topic.where.rpartition(":")[2])
        key = " ".join(topic.question.casefold().split()).rstrip("?. ")
        if key in asked:
            yield Finding("topic-asked-twice", path.name, f"{topic.id!r} asks what {asked[key]!r} asks", line=line)
        asked.setdefault(key, topic.id)
        for code, message in _quotes(topic, texts):
            yield Finding(code, path.name, f"{topic.id!r} {message}", line=line)


def _quotes(topic: JudgedTopic, texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for gold in topic.gold + topic.superseded:
        if gold.document_id not in texts:
            yield "topic-unknown-document", f"quotes {gold.document_id!r}, which is not there"
            continue
        try:
            locate(gold, texts[gold.document_id], topic.where)
        except EvaluationError:
            yield "topic-quote-not-found", f"quotes {gold.quote[:60]!r}, which {gold.document_id!r} does not say"
    for both in (gold for gold in topic.gold if gold in topic.superseded):
        yield "topic-gold-superseded", f"has {both.quote[:60]!r} as gold and as superseded"
