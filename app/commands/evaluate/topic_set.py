"""Which judged questions a command asks: those about the documents that ship, or a file's, whole or a part."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ....eval.topics import TopicSet


def topic_set(arguments: argparse.Namespace) -> "TopicSet":
    """The questions that `--topics` and `--split` name.

    Raises:
        UsageError: `--split` is no part of a topics file.
    """
    from pathlib import Path

    from ....eval.topics import PARTS, TopicSet
    from ....index.errors import UsageError
    from ...compose import starter_topics

    part = arguments.split
    if part not in (None, *PARTS):
        raise UsageError(f"--split {part!r}: judged questions come as {' and '.join(PARTS)}")
    if arguments.topics:
        return TopicSet(Path(arguments.topics), part)
    return starter_topics("dev" if part == "dev" else "test")
