"""A worker without a model, which does what the first word of the question says."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

from sota_rag.app.llm.wire import (
    Cancel,
    Count,
    Counted,
    CountPrompt,
    Done,
    Failed,
    Generate,
    Loaded,
    Piece,
    Read,
    Refused,
    read_command,
    write_reply,
)

cancelled = set()


def say(reply):
    raw(write_reply(reply))


def raw(data):
    os.write(1, data)


def echo(task, argument):
    say(Read(task.id, 7, 3, 1.0))
    for word in argument.split():
        say(Piece(task.id, word + " "))
    say(Done(task.id, "stop", len(argument.split()), 2.0))


def until_cancelled(task, seconds, each=lambda: None):
    """Work, one hundredth of a second at a time; whether it was cancelled."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if task.id in cancelled:
            say(Done(task.id, "cancelled", 0, 0.0))
            return True
        each()
        time.sleep(0.01)
    return False


def read(task, argument):
    if not until_cancelled(task, float(argument)):
        echo(task, "read")


def write(task, argument):
    say(Read(task.id, 7, 3, 1.0))
    if not until_cancelled(task, float(argument), lambda: say(Piece(task.id, "word "))):
        say(Done(task.id, "length", 1, 1.0))


def deaf(task, argument):
    if argument == "writing":
        say(Read(task.id, 7, 3, 1.0))
        say(Piece(task.id, "half "))
    time.sleep(600)


def late(task, _):
    """Ends by itself, although it was told to stop."""
    until = time.monotonic() + 5
    while task.id not in cancelled and time.monotonic() < until:
        time.sleep(0.005)
    echo(task, "by itself")


def die(task, argument):
    if argument == "writing":
        say(Read(task.id, 7, 3, 1.0))
        say(Piece(task.id, "half "))
    os.kill(os.getpid(), signal.SIGKILL)


ACTIONS = {
    "echo": echo,
    "read": read,
    "write": write,
    "deaf": deaf,
    "late": late,
    "die": die,
    "segfault": lambda *_: os.kill(os.getpid(), signal.SIGSEGV),
    "exit": lambda _, argument: os._exit(int(argument)),
    "stop": lambda *_: os.kill(os.getpid(), signal.SIGSTOP),
    "closed": lambda *_: os.close(1) or time.sleep(600),
    "garbage": lambda *_: raw(b"\xff\x00 no JSON\n") or time.sleep(600),
    "endless": lambda *_: [raw(b"x" * 65536) for _ in range(80)] and time.sleep(600),
    "empty": lambda task, _: say(Piece(task.id, "")) or time.sleep(600),
    "stranger": lambda task, _: say(Piece(task.id + 1, "x")) or time.sleep(600),
    "greet": lambda *_: say(LOADED) or time.sleep(600),
    "refuse": lambda task, argument: say(Refused(task.id, argument)),
    "environment": lambda task, _: echo(task, " ".join(sorted(os.environ))),
    "say": lambda task, argument: os.write(2, argument.encode()) and echo(task, "said"),
}
LOADED = Loaded(512, "chatml", "nowhere", ("nothing",))


def listen(tasks):
    for line in sys.stdin.buffer:
        match read_command(line):
            case Cancel(number):
                cancelled.add(number)
            case Count() as count if "hang" in count.texts:
                pass
            case Count() as count if "die" in count.texts:
                os._exit(9)
            case Count() as count:
                say(Counted(count.id, tuple(len(text) for text in count.texts)))
            case CountPrompt() as count:
                say(Counted(count.id, (sum(len(message.content) for message in count.messages),)))
            case Generate() as task:
                tasks.append(task)
    os._exit(0)


def main(*how):
    load = read_command(sys.stdin.buffer.readline())
    if "failing" in how:
        say(Failed(f"{load.path!r} is no good; take another"))
        return
    if "dying" in how:
        with Path(load.path).open("a") as log:
            log.write("tried\n")
        os._exit(5)
    if "babbling" in how:
        say(Done(1, "stop", 1, 1.0))
        time.sleep(600)
    if "slow" in how:
        time.sleep(1.0)
    say(LOADED)
    if "brief" in how:
        with Path(load.path).open("a") as log:
            log.write("tried\n")
        os._exit(6)
    tasks = []
    threading.Thread(target=listen, args=(tasks,), daemon=True).start()
    while True:
        if not tasks:
            time.sleep(0.002)
            continue
        task = tasks.pop(0)
        word, _, argument = task.messages[-1].content.partition(" ")
        ACTIONS[word](task, argument)


if __name__ == "__main__":
    main(*sys.argv[1:])
