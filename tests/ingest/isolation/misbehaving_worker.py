"""A worker with one more format, `.bad`, whose parser does what the file's first word says."""

import ctypes
import ctypes.util
import json
import os
import socket
import subprocess
import sys
import time
import types
from pathlib import Path

from sota_rag.index.blocks import Block, BlockKind
from sota_rag.ingest import loaders
from sota_rag.ingest.isolation import worker
from sota_rag.ingest.parsed import Parsed

LIBC = ctypes.CDLL(None, use_errno=True)
OPEN_CALL = LIBC.open  # variadic functions are looked up before the doors close


def parse(data):
    what, _, argument = data.decode().partition(" ")
    text = str(ACTIONS[what](argument)) if what in ACTIONS else data.decode()
    return Parsed(text, [Block(BlockKind.PARAGRAPH, 0, len(text))])


def grow(step):
    kept = []
    while True:
        kept.append(bytearray(int(step)))


def nest(levels):
    return nest(levels) + "x"


def system_call(function, *arguments):
    """Past Python and its audit hook, as machine code in a parser's library would."""
    result = function(*arguments)
    return f"{result} {os.strerror(ctypes.get_errno())}" if result < 0 else f"done {result}"


def refused(action):
    """What an attempt came to: a parser may swallow the error."""
    try:
        action()
    except PermissionError as error:
        return f"refused: {error}"
    return "done"


ACTIONS = {
    "echo": lambda argument: argument,
    "repeat": lambda argument: "word " * int(argument),
    "head": lambda argument: argument[:100_000],
    "raise": lambda argument: [][int(argument)],
    "exit": lambda argument: sys.exit(int(argument)),
    "segfault": lambda _: ctypes.string_at(0),
    "kill": lambda _: getattr(LIBC, "raise")(9),
    "sleep": lambda argument: time.sleep(float(argument)),
    "spin": lambda _: all(iter(int, 1)) or next(n for n in iter(int, 1) if n),
    "grow": grow,
    "allocate": lambda argument: bytearray(int(argument)),
    "nest": nest,
    "print": lambda argument: os.write(1, argument.encode()) and argument,
    "pid": lambda _: os.getpid(),
    "environment": lambda _: " ".join(sorted(os.environ)),
    "modules": lambda _: " ".join(sorted({name.partition(".")[0] for name in sys.modules})),
    "connect": lambda argument: refused(lambda: socket.create_connection(("127.0.0.1", int(argument)))),
    "resolve": lambda argument: refused(lambda: socket.getaddrinfo(argument, 80)),
    "write": lambda argument: refused(lambda: Path(argument).write_text("x")),
    "append": lambda argument: refused(lambda: os.open(argument, os.O_WRONLY | os.O_APPEND)),
    "remove": lambda argument: refused(lambda: Path(argument).unlink()),
    "read": lambda argument: refused(lambda: Path(argument).read_text()),
    "list": lambda argument: refused(lambda: list(Path(argument).iterdir())),
    "run": lambda argument: refused(lambda: subprocess.run([argument], check=False)),
    "system": lambda argument: refused(lambda: os.system(argument)),
    "fork": lambda _: refused(os.fork),
    "dlopen": lambda argument: refused(lambda: ctypes.CDLL(argument)),
    "import": lambda argument: __import__(argument).__name__,
    "libc_socket": lambda _: system_call(LIBC.socket, 2, 1, 0),
    "libc_open": lambda argument: system_call(OPEN_CALL, argument.encode(), os.O_RDONLY),
    "libc_create": lambda argument: system_call(OPEN_CALL, argument.encode(), os.O_WRONLY | os.O_CREAT, 0o600),
    "libc_fork": lambda _: system_call(LIBC.fork),
    "libc_execv": lambda argument: system_call(LIBC.execv, argument.encode(), None),
    "libc_kill": lambda argument: system_call(LIBC.kill, int(argument), 0),
    "libc_ptrace": lambda argument: system_call(LIBC.ptrace, 16, int(argument), 0, 0),
    "libc_unlink": lambda argument: system_call(LIBC.unlink, argument.encode()),
}


def lying(result):
    """The answer, forged as a file says that begins with `lie`."""
    text = result.loaded.document.text if result.loaded else ""
    answer = honest(result)
    if not text.startswith("lie "):
        return answer
    form = json.loads(answer)
    match text.split()[1]:
        case "garbage":
            return b"\xff\x00 no JSON"
        case "deep":
            return b"[" * 400_000
        case "key":
            form["key"] += 1
        case "span":
            form["passages"][0]["end"] += 1
    return json.dumps(form).encode()


def babbling(writer, payload):
    send(writer, b" " * 3_000_000 if b"lie long" in payload else payload)
    if b"babble" in payload:
        send(writer, b"more")


def deaf(reader):
    """Hears how it is set up, and nothing after that."""
    return receive(reader) if not heard and not heard.append(True) else time.sleep(60)


heard = []
receive = worker._receive
honest, send = worker.write_answer, worker._send
module = types.ModuleType("sota_rag.ingest.formats.misbehaving")
module.parse = parse
sys.modules[module.__name__] = module
loaders.FORMATS[".bad"] = "misbehaving:parse"

if __name__ == "__main__":
    worker.write_answer, worker._send = lying, babbling
    if "deaf" in sys.argv:
        worker._receive = deaf
    worker.main()
