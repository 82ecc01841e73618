"""Fixtures for the application's tests: no setting from outside, and a scripted language model."""

import json
import os
import time

import pytest
from sota_rag.app import compose, doctor, evaluation
from sota_rag.app.cli import main
from sota_rag.app.llm import Finished, LanguageModelInfo, Prompted, Text


@pytest.fixture(scope="session")
def forget_surroundings():
    """A function that leaves no setting from the environment or the working folder."""

    def forget(patch, folder):
        for name in list(os.environ):
            if name.upper().startswith("SOTA_RAG_"):
                patch.delenv(name)
        patch.chdir(folder)

    return forget


@pytest.fixture
def surroundings(monkeypatch, tmp_path, minilm, forget_surroundings):
    """Nothing from outside, and the weights loaded once for all tests."""
    forget_surroundings(monkeypatch, tmp_path)
    # What models write, rerank and judge takes its time: tests that are about them ask for them.
    monkeypatch.setenv("SOTA_RAG_ANSWER__MODE", "extract")
    monkeypatch.setenv("SOTA_RAG_RERANKER__ENABLED", "false")
    monkeypatch.setenv("SOTA_RAG_VERIFIER__ENABLED", "false")
    for module in (compose, doctor, evaluation):
        monkeypatch.setattr(module, "make_encoder", lambda settings: minilm)


class ScriptedModel:
    """Writes what it is told to, piece by piece; counts words as tokens. Remembers its requests.

    Args:
        script: a text, an exception to raise, or a function from the request to one of them.
        reason: why the text ends.
        piece: characters at a time.
        pause_s: before each piece.
    """

    def __init__(self, script="", *, reason="stop", piece=7, pause_s=0.0, window=4096, grammar=False):
        self.script, self.reason, self.piece, self.pause_s = script, reason, piece, pause_s
        self.info = LanguageModelInfo("scripted", "0" * 64, window, grammar, True, "script", "in the test")
        self.requests, self.written, self.closed = [], 0, False

    def count_tokens(self, texts):
        return [len(text.split()) for text in texts]

    def count_prompt(self, messages):
        return sum(len(message.content.split()) + 4 for message in messages)

    def generate(self, request, cancel=None):
        self.requests.append(request)
        script = self.script(request) if callable(self.script) else self.script
        if isinstance(script, Exception):
            raise script
        yield Prompted(self.count_prompt(request.messages), 0, 0.0, 1.0)
        self.written = 0
        for start in range(0, len(script), self.piece):
            if cancel is not None and cancel.cancelled:
                yield Finished("cancelled", self.written, 1.0)
                return
            time.sleep(self.pause_s)
            self.written += 1
            yield Text(script[start : start + self.piece])
        yield Finished(self.reason, self.written, 1.0)

    def close(self):
        self.closed = True


@pytest.fixture(scope="session")
def scripted():
    """The class."""
    return ScriptedModel


@pytest.fixture
def run(capsys):
    """Run a command: what it printed on standard output and on standard error; it must end with the status."""

    def run_command(*arguments, status=0):
        capsys.readouterr()
        assert main([str(argument) for argument in arguments]) == status
        return capsys.readouterr()

    return run_command


@pytest.fixture
def run_json(run):
    """Run a command with --json: the one document on standard output."""

    def run_command(*arguments, status=0):
        return json.loads(run(*arguments, "--json", status=status).out)

    return run_command


def _message_of(status, out, err, expected_status=1):
    """The one sentence on standard error, checked for its form."""
    assert status == expected_status, err
    assert "Traceback" not in err
    assert out == ""
    *before, message, end = err.split("\n")
    assert end == ""
    assert message.startswith("sota-rag: "), err
    assert not [line for line in before if line.startswith("sota-rag: ")], err
    return message.removeprefix("sota-rag: ")


@pytest.fixture(scope="session")
def message_of():
    """The function that checks a failure's form and gives its one sentence."""
    return _message_of


@pytest.fixture
def fail(capsys):
    """Run a command that must fail with the status; returns its message."""

    def run(*arguments, status=1):
        capsys.readouterr()
        ended = main([str(argument) for argument in arguments])
        return _message_of(ended, *capsys.readouterr(), status)

    return run
