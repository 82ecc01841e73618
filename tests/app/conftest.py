"""Fixtures for the command line's tests."""

import os

import pytest
from sota_rag.app import compose, evaluation


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
    # What a language model writes is another matter: tests that are about it ask for it.
    monkeypatch.setenv("SOTA_RAG_ANSWER__MODE", "extract")
    for module in (compose, evaluation):
        monkeypatch.setattr(module, "make_encoder", lambda settings: minilm)
