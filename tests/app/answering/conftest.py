"""The shipped verifier on the embedded encoder."""

import pytest
from sota_rag.app.answering.remember import RememberingEncoder
from sota_rag.app.answering.verify.lexical import LexicalVerifier


@pytest.fixture(scope="session")
def remembering(minilm):
    return RememberingEncoder(minilm)


@pytest.fixture(scope="session")
def verifier(remembering):
    return LexicalVerifier(remembering)
