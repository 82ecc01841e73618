"""Draft questions from sentences of the index with the configured language model, and keep what passes the filters.

A draft is kept when its wording is sound, no known question is alike, the answer over the whole index cites the very
sentence that it was drafted from, and there is silence when that sentence's document is hidden. The file is JSONL in
the form of judged topics, with "reviewed": false, which only `--unreviewed` reads: drafted topics never mix with judged
ones, and figures on them flatter the system that filtered them. What was dropped is kept beside it, with the reason.

Run it again to go on, or to have more.
"""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..output import load_settings, print_json

if TYPE_CHECKING:
    from ....eval.synthetic import DraftFile
    from ...synthesis import Synthesis

_EPILOG = """\
examples:
  sota-rag eval synthesize --count 50 --output drafted.jsonl
  sota-rag eval synthesize --count 50 --output drafted.jsonl --known judged.jsonl
  sota-rag eval retrieval --topics drafted.jsonl --unreviewed
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.epilog = _EPILOG
    parser.add_argument("--output", required=True, metavar="FILE", help="the topics file that is appended to")
    parser.add_argument("--count", type=int, default=50, metavar="N", help="topics in all (default 50)")
    parser.add_argument("--drafts", type=int, metavar="N", help="at most so many drafts in this run")
    parser.add_argument("--known", action="append", metavar="FILE", help="topics whose questions must not be repeated")
    parser.add_argument("--seed", type=int, default=0, help="of the order of sentences and the sampling (default 0)")


def run(arguments: argparse.Namespace) -> int:
    """Draft, filter and say what became of it."""
    from contextlib import closing
    from pathlib import Path

    from ....eval.synthetic import DraftFile, refuse_judged
    from ....index.errors import UsageError
    from ...compose import make_answerer, make_language_model, open_retriever
    from ...synthesis import Synthesizer
    from ...terminal import TerminalProgress

    if arguments.count < 1 or (arguments.drafts is not None and arguments.drafts < 1):
        raise UsageError("--count and --drafts are 1 or more")
    path = Path(arguments.output)
    if not path.absolute().parent.is_dir():
        raise UsageError(f"--output {arguments.output!r}: there is no such folder; create it or name another file")
    refuse_judged(path)
    settings = load_settings(arguments)
    file, known = DraftFile(path), _questions(arguments.known or ())
    answer = settings.answer.model_copy(update={"mode": "extract", "strategies": ()})
    quoting = settings.model_copy(update={"answer": answer})
    with (
        closing(make_language_model(settings)) as model,
        open_retriever(settings) as retriever,
        closing(make_answerer(quoting, retriever)) as answerer,
        TerminalProgress() as progress,
    ):
        synthesizer = Synthesizer(answerer, model, answerer.encoder, arguments.seed, settings.llm.temperature)
        progress.begin("drafting", arguments.drafts or max(0, arguments.count - len(file.questions)), "drafts")
        before = [0]

        def told(done: "Synthesis") -> None:
            now = done.drafts if arguments.drafts else done.kept
            progress.advance(now - before[0])
            before[0] = now

        done = synthesizer.run(file, arguments.count, known=known, drafts=arguments.drafts, told=told)
        progress.end()
    _print(done, file, as_json=arguments.json)
    return 0


def _questions(paths: Sequence[str]) -> list[str]:
    """Questions of topics files, judged or not."""
    from pathlib import Path

    from ....eval.lines import read_rows, text_of

    expected = "a topics file is JSONL with keys id, question, answerable and gold"
    return [text_of(row, "question", where) for path in paths for where, row in read_rows(Path(path), expected)]


def _print(done: "Synthesis", file: "DraftFile", *, as_json: bool) -> None:
    from ...synthesis import Dropped

    dropped = {str(why): done.dropped[why] for why in Dropped}
    if as_json:
        print_json(
            {
                "file": str(file.path),
                "topics": len(file.questions),
                "drafts": done.drafts,
                "kept": done.kept,
                "dropped": dropped,
                "dropped_file": str(file.dropped_path) if file.dropped_path.exists() else None,
                "exhausted": done.exhausted,
            }
        )
        return
    print(f"{done.drafts} drafts, {done.kept} kept; {file.path} holds {len(file.questions)} unreviewed topics")
    wide = max(map(len, dropped))
    for why, count in dropped.items():
        print(f"  dropped, {why:<{wide}}  {count:>4}  {_MEANING[why]}")
    if done.exhausted:
        print("every sentence of the index was tried")
    if done.dropped:
        print(f"what was dropped, with reasons: {file.dropped_path}")


_MEANING = {
    "wording": "no sound question, or one that needs the text before one's eyes",
    "duplicate": "about the same as a known question",
    "not answered": "the answer over the whole index is silence",
    "other sentence": "the answer cites other sentences",
    "answered without": "still answered when the sentence's document is hidden",
}
