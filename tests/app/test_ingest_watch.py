"""`sota-rag ingest --watch`: as a process of its own, and its parts."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from queue import Empty, Queue
from threading import Event, Thread

import pytest
from sota_rag.app.cli import main
from sota_rag.app.commands.ingest_command import _JsonLines
from sota_rag.app.follow import _until_interrupted, follow
from sota_rag.app.settings import Settings
from sota_rag.index import Retriever
from sota_rag.ingest.progress import Silent

PATIENCE_S = 60.0


@contextmanager
def watching(folder, index, *options):
    """The process and the lines it prints, as they come; it is killed in the end."""
    environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("SOTA_RAG_")}
    command = [sys.executable, "-m", "sota_rag.app.cli", "ingest", str(folder), "--watch", "--index", str(index)]
    process = subprocess.Popen(
        [*command, "--quiet", "0.3", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=environment | {"PYTHONIOENCODING": "utf-8"},
        cwd=folder.parent,
    )
    lines, errors = Queue(), []
    readers = [
        Thread(target=lambda: [lines.put(line) for line in process.stdout]),
        Thread(target=lambda: errors.extend(process.stderr)),
    ]
    for reader in readers:
        reader.start()
    try:
        yield process, lines, errors
    finally:
        process.kill()
        process.wait()
        for reader in readers:
            reader.join()
        process.stdout.close()
        process.stderr.close()


def line_with(lines, text, seconds=PATIENCE_S):
    """The first line that holds a text."""
    until, passed = time.monotonic() + seconds, []
    while time.monotonic() < until:
        try:
            passed.append(lines.get(timeout=0.2))
        except Empty:
            continue
        if text in passed[-1]:
            return passed[-1]
    pytest.fail(f"no line with {text!r} among {passed}")


@pytest.fixture
def guides(tmp_path):
    folder = tmp_path / "guides"
    folder.mkdir()
    (folder / "lora.md").write_text("# Adapters\n\nLoRA freezes the weights and trains two small matrices.\n")
    (folder / "notes.yaml").write_text("a: 1\n")
    return folder


def test_an_edit_an_addition_a_rename_and_a_deletion_are_followed_until_ctrl_c(guides, tmp_path, minilm):
    index = tmp_path / "index"

    def best(question):
        with Retriever.open(index, encoder=minilm) as retriever:
            return retriever.search(question, 1).hits[0].document.id

    with watching(guides, index) as (process, lines, errors):
        line_with(lines, "generation 000001 published: 1 documents")
        line_with(lines, "ignored notes.yaml: ")
        line_with(lines, "watching; stop with Ctrl-C")
        (guides / "moe.md").write_text("# Experts\n\nA router sends each token to a few experts.\n")
        assert " +1 ~0 -0 → generation 000002, " in line_with(lines, "generation 000002", 20)
        assert best("Where does the router send a token?") == "guides/moe.md"
        (guides / "moe.md").rename(guides / "experts.md")
        assert " +1 ~0 -1 → " in line_with(lines, "generation 000003", 20)
        assert best("Where does the router send a token?") == "guides/experts.md"
        (guides / "lora.md").write_text("# Adapters\n\nLoRA trains two low-rank matrices.\n")
        assert " +0 ~1 -0 → " in line_with(lines, "generation 000004", 20)
        (guides / "broken.md").write_bytes(b"\x00")
        line_with(lines, "generation 000005", 20)
        assert "quarantined broken.md: it is binary" in line_with(lines, "quarantined", 20)
        (guides / "experts.md").unlink()
        assert " +0 ~0 -1 → " in line_with(lines, "generation 000006", 20)
        assert best("Where does the router send a token?") == "guides/lora.md"
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert errors[-1] == "sota-rag: stopped watching; generation 000006 is current\n"


@pytest.mark.usefixtures("surroundings")
def test_json_is_one_document_a_line_and_failures_are_among_them(guides, tmp_path, minilm, monkeypatch, capsys):
    monkeypatch.setattr("sota_rag.app.follow.make_encoder", lambda settings: minilm)
    minilm.encode(["loaded"])
    stop, lines = Event(), []

    def line_with_key(key):
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            lines.extend(capsys.readouterr().out.splitlines())
            if found := [line for line in lines if f'"{key}"' in line]:
                lines.clear()
                return json.loads(found[0])
            time.sleep(0.05)
        return pytest.fail(f"no {key} among {lines}")

    settings = Settings(index=tmp_path / "index")
    options = {"progress": Silent(), "quiet_s": 0.2, "poll": True, "stop": stop}
    thread = Thread(target=follow, args=(settings, [guides], _JsonLines()), kwargs=options)
    thread.start()
    try:
        first = line_with_key("generation")
        assert (first["generation"], first["added"], len(first["ignored"])) == ("000001", ["guides/lora.md"], 1)
        guides.rename(tmp_path / "elsewhere")
        failure = line_with_key("error")
        assert failure.keys() == {"time", "error", "retry_s"}
        assert failure["error"].startswith(f"'{guides}' does not exist")
        (tmp_path / "elsewhere" / "moe.md").write_text("# Experts\n\nA router sends each token to a few experts.\n")
        (tmp_path / "elsewhere").rename(guides)
        again = line_with_key("generation")
        assert (again["generation"], again["added"], again["removed"]) == ("000002", ["guides/moe.md"], [])
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_watch_and_leaves_the_handlers_as_they_were(number):
    before = signal.getsignal(signal.SIGTERM)

    def work():
        os.kill(os.getpid(), number)
        time.sleep(10)

    started = time.monotonic()
    _until_interrupted(work)
    assert time.monotonic() - started < 5
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.usefixtures("surroundings")
def test_a_watch_of_nothing_and_a_foolish_pause_are_refused(guides, capsys):
    assert main(["ingest", "--watch"]) == 2
    assert "--watch needs a PATH" in capsys.readouterr().err
    assert main(["ingest", str(guides), "--watch", "--quiet", "nan"]) == 2
    assert main(["ingest", str(guides), "--watch", "--quiet", "-1"]) == 2
    assert "from 0 to 3600" in capsys.readouterr().err
    assert main(["ingest", str(guides / "gone"), "--watch", "--index", str(guides / "index")]) == 1
    assert "does not exist" in capsys.readouterr().err
