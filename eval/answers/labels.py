"""People's judgements on sentences of answers: JSONL, one sentence a line.

    {"topic": "t01", "sentence": "LoRA freezes the pretrained weights.", "supported": true}

`sentence` is the sentence as it was shown, without markers; white space does not matter.
"""

from collections.abc import Container
from pathlib import Path

from ...index.errors import EvaluationError
from ..lines import read_rows, text_of

_EXPECTED = "a labels file is JSONL with keys topic, sentence and supported"


def read_labels(path: Path, topics: Container[str]) -> dict[tuple[str, str], bool]:
    """Topic id and sentence → whether a person found it supported.

    Args:
        path: the file.
        topics: ids of the topics that are asked.

    Raises:
        EvaluationError: the file or a line cannot be used, a topic is unknown, or two lines contradict each other.
    """
    labels: dict[tuple[str, str], bool] = {}
    for where, row in read_rows(path, _EXPECTED):
        topic, sentence = text_of(row, "topic", where), " ".join(text_of(row, "sentence", where).split())
        supported = row.get("supported")
        if not isinstance(supported, bool):
            raise EvaluationError(f"{where}: 'supported' is {supported!r}; it must be true or false")
        if topic not in topics:
            raise EvaluationError(f"{where}: topic {topic!r} is not asked; name the topics file it belongs to")
        if labels.setdefault((topic, sentence), supported) is not supported:
            raise EvaluationError(f"{where}: this sentence of topic {topic!r} was judged otherwise above")
    if not labels:
        raise EvaluationError(f"{path}: holds no labels; {_EXPECTED}")
    return labels
