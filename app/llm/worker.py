"""The program of the language model's process: `python -m sota_rag.app.llm.worker`, with pipes for input and output.

It is told which model to load, and then serves its parent until the input ends. One thread listens, so that a
cancellation is heard at any time, one counts tokens, so that counting does not wait for writing, and the first writes.
"""

import faulthandler
import os
import queue
import sys
import threading
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from ...index.errors import ModelError
from .wire import (
    Cancel,
    Command,
    Count,
    Counted,
    CountPrompt,
    Exit,
    Failed,
    Generate,
    Load,
    MalformedError,
    Refused,
    Reply,
    read_command,
    write_reply,
)

if TYPE_CHECKING:  # these load llama.cpp
    from .engine import Engine
    from .native import AbortSwitch


def main() -> None:
    """Serve the parent until it closes the pipe."""
    reader, writer = _private_pipes()
    faulthandler.enable()
    answers = _Answers(writer)
    order = _next_command(reader)
    if not isinstance(order, Load):
        _leave()
    try:
        # Not before there is somebody to tell: the library may be missing, or made for another processor.
        from .doors import close_doors
        from .engine import Engine, open_files
        from .native import AbortSwitch
    except ImportError as error:
        answers.send(Failed(_no_library(error)))
        _leave()
    try:
        opened = open_files(order)
        in_force = close_doors(gpu=opened.gpu, also_readable=opened.folders)
        desk = _Desk(AbortSwitch())
        threading.Thread(target=desk.listen, args=(reader,), name="listen", daemon=True).start()
        engine = Engine(opened, desk.abort)
    except ModelError as error:
        answers.send(Failed(str(error)))
        _leave()
    threading.Thread(target=_count, args=(engine, desk.counts, answers), name="count", daemon=True).start()
    answers.send(engine.loaded(in_force))
    while True:
        task = desk.next_task()
        try:
            engine.generate(task, answers.send)
        except ModelError as error:
            answers.send(Refused(task.id, str(error)))
        desk.done(task)


class _Answers:
    """The way up; whole lines, from any thread."""

    def __init__(self, writer: BinaryIO) -> None:
        self._writer, self._lock = writer, threading.Lock()

    def send(self, reply: Reply) -> None:
        with self._lock:
            try:
                self._writer.write(write_reply(reply))
                self._writer.flush()
            except BrokenPipeError:
                _leave()  # nobody is left to hear it


class _Desk:
    """Where commands are sorted: what to write, what to count, what not to write after all."""

    def __init__(self, abort: "AbortSwitch") -> None:
        self.abort = abort
        self.counts: queue.SimpleQueue[Count | CountPrompt] = queue.SimpleQueue()
        self._tasks: queue.SimpleQueue[Generate] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._open: set[int] = set()
        self._cancelled: set[int] = set()
        self._current: int | None = None

    def listen(self, reader: BinaryIO) -> None:
        """Sort commands until there are no more; then the parent is gone, and so is the reason to live."""
        while True:
            match _next_command(reader):
                case Generate() as task:
                    with self._lock:
                        self._open.add(task.id)
                    self._tasks.put(task)
                case Count() | CountPrompt() as question:
                    self.counts.put(question)
                case Cancel(number):
                    with self._lock:
                        if number in self._open:
                            self._cancelled.add(number)
                            if number == self._current:
                                self.abort.set(True)
                case _:
                    _leave()

    def next_task(self) -> Generate:
        """Wait for something to write; the switch is set if it was cancelled before it began."""
        task = self._tasks.get()
        with self._lock:
            self._current = task.id
            self.abort.set(task.id in self._cancelled)
        return task

    def done(self, task: Generate) -> None:
        """Forget a task; a cancellation that comes now is for nobody."""
        with self._lock:
            self._current = None
            self.abort.set(False)
            self._open.discard(task.id)
            self._cancelled.discard(task.id)


def _count(engine: "Engine", questions: "queue.SimpleQueue[Count | CountPrompt]", answers: _Answers) -> None:
    while True:
        question = questions.get()
        try:
            if isinstance(question, Count):
                answers.send(Counted(question.id, engine.count(question.texts)))
            else:
                answers.send(Counted(question.id, (engine.count_prompt(question.messages),)))
        except ModelError as error:
            answers.send(Refused(question.id, str(error)))


def _next_command(reader: BinaryIO) -> Command:
    """The next command; `Exit` at the end of the input, or for a line that is none."""
    line = reader.readline()
    try:
        return read_command(line) if line.endswith(b"\n") else Exit()
    except MalformedError:
        return Exit()


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Input and output under other numbers: what a library prints goes to the log, not into an answer."""
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return reader, writer


def _no_library(error: ImportError) -> str:
    if isinstance(error, ModuleNotFoundError) and error.name == "llama_cpp":
        return "llama-cpp-python is not installed; install it with: pip install 'sota-rag[llm]'"
    said = " ".join(str(error).split())
    return f"llama-cpp-python cannot be loaded ({said}); install it again with: pip install 'sota-rag[llm]'"


def _leave() -> NoReturn:
    """End at once, whatever llama.cpp is computing in another thread."""
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
