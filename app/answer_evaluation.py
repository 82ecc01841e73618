"""Answers measured: judged topics or a reading set are asked, and what is said becomes one run file."""

from pathlib import Path

from ..eval import Collection
from ..eval.answers.reading import ReadingSet
from ..eval.answers.types import Question
from ..eval.provenance import file_sha256
from ..eval.run_file import RunFile
from ..eval.topics import JudgedTopic, TopicSet
from ..ingest.progress import Progress, Silent
from .answer_job import AnswerJob, AnswerPlan
from .compose import make_encoder
from .judged_indexes import collection_index, shipped_index
from .settings import Settings


def evaluate_topic_answers(
    settings: Settings,
    topics: TopicSet,
    plan: AnswerPlan = AnswerPlan(),
    *,
    index: Path | None = None,
    progress: Progress | None = None,
) -> RunFile:
    """Ask judged topics and measure the answers.

    Args:
        settings: models, search and answering.
        topics: a topics file, or a part of it (see `eval/topics.py`); topics that no person has judged are left out.
        plan: what is asked, and who judges.
        index: the index that answers; by default one of the documents that ship, kept in `eval/shipped` beside the main
            index and brought up to date first.
        progress: is told how the work goes.

    Raises:
        EvaluationError: a file is broken, or a quote does not stand in its document.
        UsageError: the judge is the model that writes.
        ModelError: a mode needs a language model that is not there.
    """
    asked = [_question(topic) for topic in topics.read()]
    if index is None:
        index, _ = shipped_index(settings, None, make_encoder(settings), progress)
    details = {"topics_sha256": file_sha256(topics.path), "split": topics.part}
    return AnswerJob(settings, plan, index, f"{topics.name} topics", progress or Silent()).run(asked, details, ())


def evaluate_reading(
    settings: Settings,
    reading: ReadingSet,
    plan: AnswerPlan = AnswerPlan(),
    *,
    index: Path | None = None,
    progress: Progress | None = None,
) -> RunFile:
    """Index the passages of a reading set, ask its questions and measure the answers.

    Args:
        settings: models, search and answering.
        reading: the set.
        plan: what is asked, and who judges.
        index: where the set's index is kept; by default `eval/NAME` beside the main index.
        progress: is told how the work goes.

    Raises:
        EvaluationError: the index holds something else, or as for `evaluate_topic_answers`.
        UsageError: as for `evaluate_topic_answers`.
        ModelError: as for `evaluate_topic_answers`.
    """
    collection = Collection(reading.name, "", list(reading.documents), [], {})
    index, _ = collection_index(settings, collection, index, make_encoder(settings), progress)
    details = {"collection": reading.name, "documents": len(reading.documents), "questions": len(reading.questions)}
    job = AnswerJob(settings, plan, index, reading.name, progress or Silent())
    return job.run(list(reading.questions), details, reading.notes)


def _question(topic: JudgedTopic) -> Question:
    references = (topic.reference,) if topic.reference and topic.answerable else ()
    return Question(
        topic.id, topic.question, topic.category, answerable=topic.answerable, gold=topic.gold, references=references
    )
