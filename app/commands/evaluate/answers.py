"""Measure answers: are they right, do their sources say so, and is it silent when it should be.

Without another choice the judged questions about the documents that ship are asked, over an index of these that is kept
beside the main one. --topics asks questions of your own (JSONL; see eval/topics.py) over your index. --squad,
--clapnq and --qasa take reading-comprehension sets, index their passages and ask their questions: the passage is there,
whether it answers or not.

Each mode is one system. --hidden-gold asks every answerable question once more with the documents of its gold hidden.
--threshold shows what another threshold of the gate would give, without asking again. Who judges faithfulness stands in
the name of the measure; --labels adds people's judgements on the sentences (they stand in the run file under
details.answers), --judge-url a language model, which must not be the one that wrote.

A run that is stopped goes on where it was when it is started again.

Examples:
  sota-rag eval answers --hidden-gold
  sota-rag eval answers --mode extract auto --limit 20 --html report.html
  sota-rag eval answers --squad dev-v2.0.json --limit 200 --no-texts --output squad2.json
"""

import argparse
from typing import TYPE_CHECKING

from .delivery import add_delivery_flags, check_delivery, deliver

if TYPE_CHECKING:
    from collections.abc import Callable

    from ....eval.answers.reading import ReadingSet
    from ...llm import LanguageModel


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument("--topics", metavar="FILE", help="judged questions over the index (default: over the guides)")
    asked.add_argument("--squad", metavar="FILE", help="SQuAD 2.0 with labels, such as dev-v2.0.json")
    asked.add_argument("--clapnq", metavar="DIR", help="the folder with clapnq_dev_answerable.jsonl and its twin")
    asked.add_argument("--qasa", metavar="FILE", help="QASA's unanswerable questions")
    parser.add_argument(
        "--split", choices=["dev", "test"], help="a part of the topics: choose on dev, report test (default: test of "
        "the shipped ones, all of a file)",
    )  # fmt: skip
    parser.add_argument(
        "--mode", nargs="+", choices=["extract", "auto", "generate"], default=["extract"], help="default: extract"
    )
    parser.add_argument("--threshold", nargs="+", type=float, default=[], metavar="P", help="of the gate, 0 to 1")
    parser.add_argument("--hidden-gold", action="store_true", help="ask again with the gold documents hidden")
    parser.add_argument("--limit", type=int, metavar="N", help="only N questions, drawn by --seed")
    parser.add_argument("--seed", type=int, default=0, help="of the draw (default 0)")
    parser.add_argument("--labels", metavar="FILE", help="people's judgements: JSONL of topic, sentence, supported")
    parser.add_argument("--judge-url", metavar="URL", help="an OpenAI-compatible server with a model that judges too")
    parser.add_argument("--judge-model", metavar="NAME", help="its name on that server")
    parser.add_argument("--judge-key", metavar="FILE", help="a file that holds that server's key")
    add_delivery_flags(parser)


def run(arguments: argparse.Namespace) -> int:
    """Ask, judge, and print the table."""
    from pathlib import Path

    from ...answer_evaluation import evaluate_reading, evaluate_topic_answers
    from ...answer_job import AnswerPlan
    from ...answering import Mode
    from ...terminal import TerminalProgress
    from ..output import load_settings
    from .topic_set import topic_set

    check_delivery(arguments)
    own_index = Path(arguments.index) if arguments.index else None
    if not arguments.topics:
        arguments.index = None  # there it names the index of the set, or of the guides
    settings = load_settings(arguments)
    plan = AnswerPlan(
        modes=tuple(dict.fromkeys(Mode(mode) for mode in arguments.mode)),
        thresholds=tuple(dict.fromkeys(arguments.threshold)),
        hidden=arguments.hidden_gold,
        limit=arguments.limit,
        seed=arguments.seed,
        labels=Path(arguments.labels) if arguments.labels else None,
        judge=_judge(arguments),
        texts=not arguments.no_texts,
    )
    reading = _reading(arguments)
    with TerminalProgress() as progress:
        if reading is not None:
            found = evaluate_reading(settings, reading, plan, index=own_index, progress=progress)
        else:
            topics = topic_set(arguments)
            index = settings.index if arguments.topics else own_index
            found = evaluate_topic_answers(settings, topics, plan, index=index, progress=progress)
    deliver(found, arguments)
    return 0


def _reading(arguments: argparse.Namespace) -> "ReadingSet | None":
    from pathlib import Path

    from ....eval.answers.reading import read_clapnq, read_qasa, read_squad

    for flag, read in (("squad", read_squad), ("clapnq", read_clapnq), ("qasa", read_qasa)):
        if getattr(arguments, flag):
            return read(Path(getattr(arguments, flag)))
    return None


def _judge(arguments: argparse.Namespace) -> "Callable[[], LanguageModel] | None":
    from pathlib import Path

    from ....index.errors import UsageError
    from ...llm.server import ServerModel

    if not arguments.judge_url:
        if arguments.judge_model or arguments.judge_key:
            raise UsageError("--judge-model and --judge-key belong to a server; name it with --judge-url")
        return None
    key = None
    if arguments.judge_key:
        try:
            key = Path(arguments.judge_key).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"--judge-key {arguments.judge_key!r} cannot be read ({error}); name a text file"
            ) from error
    model = ServerModel(arguments.judge_url, arguments.judge_model, api_key=key)
    return lambda: model
