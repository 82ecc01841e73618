"""The program itself, spoken to through its pipes."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sota_rag.app.llm import Message, Role, Sampling
from sota_rag.app.llm.process import WORKER, environment
from sota_rag.app.llm.wire import (
    Cancel,
    Count,
    Counted,
    CountPrompt,
    Done,
    Failed,
    Generate,
    Load,
    Loaded,
    MalformedError,
    Piece,
    Read,
    Refused,
    clean,
    read_command,
    read_reply,
    write_command,
    write_reply,
)

QUESTION = (Message(Role.USER, "Count from one to a hundred in words."),)
LONG = (Message(Role.USER, "The cat sat on the mat and looked at the moon. " * 300),)


class Talk:
    """A worker, started and loaded."""

    def __init__(self, path, **settings):
        command = [sys.executable, "-P", "-B", *WORKER]
        self.process = subprocess.Popen(
            command, stdin=-1, stdout=-1, stderr=-1, env=environment(), start_new_session=True
        )
        self.say(Load(str(path), **settings))
        self.greeting = self.hear()

    def say(self, command):
        self.process.stdin.write(write_command(command))
        self.process.stdin.flush()

    def hear(self):
        return read_reply(self.process.stdout.readline())

    def hear_all(self, number):
        heard = [self.hear()]
        while not isinstance(heard[-1], Done | Refused):
            heard.append(self.hear())
        assert {reply.id for reply in heard} == {number}
        return heard

    def end(self):
        self.process.stdin.close()
        status = self.process.wait(5)
        self.process.stdout.close()
        self.process.stderr.close()
        return status


@pytest.fixture(scope="module")
def talk(smollm2):
    talk = Talk(smollm2)
    yield talk
    talk.end()


def test_it_says_what_it_loaded(talk):
    assert isinstance(talk.greeting, Loaded)
    assert (talk.greeting.window, talk.greeting.template) == (4096, "chatml")
    assert talk.greeting.placement.startswith(("cpu, ", "gpu, "))


def test_it_reads_and_writes(talk):
    talk.say(Generate(1, QUESTION, Sampling(max_tokens=12)))
    read, *pieces, done = talk.hear_all(1)
    assert isinstance(read, Read)
    assert all(isinstance(piece, Piece) for piece in pieces)
    assert (done.reason, done.tokens) == ("length", 12)


def test_what_is_cancelled_before_it_began_is_not_written(talk):
    talk.say(Generate(2, QUESTION, Sampling(max_tokens=10)))
    talk.say(Generate(3, LONG, Sampling(max_tokens=10)))
    talk.say(Cancel(3))
    talk.hear_all(2)
    started = time.monotonic()
    assert [(reply.reason, reply.tokens) for reply in talk.hear_all(3)] == [("cancelled", 0)]
    assert time.monotonic() - started < 1


def test_a_cancellation_that_comes_too_late_stops_nothing_else(talk):
    talk.say(Cancel(3))
    talk.say(Cancel(99))
    talk.say(Generate(4, QUESTION, Sampling(max_tokens=3)))
    assert talk.hear_all(4)[-1].reason == "length"


def test_counting_does_not_wait_for_writing(talk):
    talk.say(Generate(5, QUESTION, Sampling(max_tokens=2000)))
    assert isinstance(talk.hear(), Read)
    talk.say(Count(6, ("one two",)))
    talk.say(CountPrompt(7, QUESTION))
    counted = []
    while len(counted) < 2:
        reply = talk.hear()
        assert not isinstance(reply, Done)
        counted += [reply] if isinstance(reply, Counted) else []
    talk.say(Cancel(5))
    assert talk.hear_all(5)[-1].reason == "cancelled"
    assert [reply.id for reply in counted] == [6, 7]
    assert counted[0].counts == (2,)


def test_what_cannot_be_served_is_refused_and_the_worker_goes_on(talk):
    talk.say(Generate(8, (), Sampling()))
    assert "must end with a user or system message" in talk.hear_all(8)[-1].reason
    talk.say(Generate(9, QUESTION, Sampling(), "root ::= missing"))
    assert "is not GBNF with a rule 'root'" in talk.hear_all(9)[-1].reason
    talk.say(Generate(10, QUESTION, Sampling(), "start ::= [a-z]"))
    assert "is not GBNF with a rule 'root'" in talk.hear_all(10)[-1].reason
    talk.say(Generate(11, QUESTION, Sampling(max_tokens=2)))
    assert talk.hear_all(11)[-1].reason == "length"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's filters are Linux's")
def test_its_doors_are_closed(talk):
    if "gpu" in talk.greeting.placement:
        pytest.skip("a GPU's driver needs them open")
    assert talk.greeting.in_force[0] == "files cannot grow"
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{talk.process.pid}/status").read_text().splitlines() if ":" in line
    )
    if any("seccomp" in words for words in talk.greeting.in_force):
        assert (status["Seccomp"].strip(), status["NoNewPrivs"].strip()) == ("2", "1")
    limits = Path(f"/proc/{talk.process.pid}/limits").read_text()
    assert any(line.split()[:6] == ["Max", "core", "file", "size", "0", "0"] for line in limits.splitlines())


def test_its_environment_holds_no_keys(monkeypatch):
    monkeypatch.setenv("SOTA_RAG_LLM__API_KEY", "secret")
    monkeypatch.setenv("HF_TOKEN", "secret")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    monkeypatch.setenv("GGML_CUDA_NO_PINNED", "1")
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    kept = environment()
    assert "secret" not in kept.values()
    assert (kept["CUDA_VISIBLE_DEVICES"], kept["GGML_CUDA_NO_PINNED"], kept["GOMP_SPINCOUNT"]) == ("1", "1", "7")


def test_it_ends_with_its_parent_whatever_it_does(smollm2):
    talk = Talk(smollm2)
    talk.say(Generate(1, LONG, Sampling(max_tokens=1000)))
    time.sleep(0.2)
    started = time.monotonic()
    assert talk.end() == 0
    assert time.monotonic() - started < 1


def test_it_ends_with_a_parent_that_is_killed(smollm2, tmp_path):
    script = (
        "import sys, time\n"
        "from sota_rag.app.llm.local import LocalModel\n"
        "model = LocalModel(sys.argv[1])\nmodel.load()\nprint(model.worker_pid, flush=True)\ntime.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(smollm2)], stdout=-1)
    worker = int(parent.stdout.readline())
    os.kill(worker, 0)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline and alive(worker):
        time.sleep(0.02)
    assert not alive(worker)


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_an_interrupt_from_the_keyboard_is_the_parents(talk):
    assert os.getsid(talk.process.pid) == talk.process.pid != os.getsid(0)


def test_the_reason_why_nothing_was_loaded(tmp_path):
    talk = Talk(tmp_path / "none.gguf")
    assert isinstance(talk.greeting, Failed)
    assert "there is no model file" in talk.greeting.reason
    assert talk.end() == 0


def test_llama_cpp_says_why_it_cannot_load(tmp_path, write_gguf):
    path = tmp_path / "hollow.gguf"
    path.write_bytes(write_gguf({"general.architecture": "llama"}, [("output.weight", [4], bytes(16))]))
    talk = Talk(path)
    assert talk.end() == 0
    assert talk.greeting.reason.startswith(f"llama.cpp cannot load {str(path)!r} (")
    assert "llama.context_length" in talk.greeting.reason


def test_without_its_library_it_says_how_to_get_it(smollm2, tmp_path):
    hidden = "import sys\nsys.modules['llama_cpp'] = None\nfrom sota_rag.app.llm.worker import main\nmain()\n"
    program = tmp_path / "hidden.py"
    program.write_text(hidden)
    done = subprocess.run(
        [sys.executable, str(program)], input=write_command(Load(str(smollm2))), capture_output=True, check=False
    )
    assert "pip install 'sota-rag[llm]'" in json.loads(done.stdout)["reason"]


def test_two_threads_do_not_mix_their_lines(talk):
    talk.say(Generate(20, QUESTION, Sampling(max_tokens=30)))
    for number in range(21, 41):
        talk.say(Count(number, ("a " * 5000,)))
    kinds = [type(talk.hear())]
    while kinds.count(Counted) < 20 or kinds.count(Done) < 1:
        kinds.append(type(talk.hear()))
    assert kinds.count(Read) == 1


@pytest.mark.parametrize(
    "line",
    [b"", b"null", b"[]", b'{"kind":"done"}', b'{"kind":"piece","id":"1","text":"x"}', b'{"kind":"what"}', b"\xff"],
)
def test_what_is_no_reply(line):
    with pytest.raises(MalformedError):
        read_reply(line)


def test_an_empty_piece_is_no_reply():
    with pytest.raises(MalformedError, match="without a character"):
        read_reply(write_reply(Piece(1, "")))


def test_commands_come_through_as_they_are():
    command = Generate(
        3, (Message(Role.SYSTEM, 'a "b"\n'), Message(Role.USER, "é😀\x00")), Sampling(stop=("x",)), "root"
    )
    assert read_command(write_command(command)) == command
    assert clean("a\ud800b") == "a?b"


def test_a_signal_from_outside_ends_it(smollm2):
    talk = Talk(smollm2)
    os.kill(talk.process.pid, signal.SIGTERM)
    assert talk.process.wait(5) == -signal.SIGTERM
    talk.end()
