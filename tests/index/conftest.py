"""Small published indexes made from a few sentences, without the ingestion."""

import hashlib
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace

import pytest
from sota_rag.index import Document, DocumentInfo, Kind, Passage, Status
from sota_rag.index.builder import publish_generation
from sota_rag.index.generations import vector_cache_file, writer_lock
from sota_rag.index.store import FileRecord
from sota_rag.index.types import passage_id
from sota_rag.index.vectors import VectorCache, vector_key

GUIDES = {
    "lora": (
        "LoRA freezes the pretrained weights and trains two low-rank matrices in every layer.",
        "The rank of the update is often between four and sixty-four.",
        "After training the update can be merged into the frozen weights.",
    ),
    "quantization": (
        "Quantization stores weights with fewer bits, for instance four instead of sixteen.",
        "GPTQ and AWQ choose the rounding with calibration data.",
    ),
    "retrieval": (
        "BM25 ranks passages by the words they share with the question.",
        "A dense encoder ranks passages by the cosine of their vectors.",
        "Reciprocal rank fusion joins both rankings.",
    ),
    "history": ("Before transformers, recurrent networks read text word by word.",),
}


def make_document(name, sentences, **info):
    """A document whose passages are the given sentences, one paragraph each, all but the first under a section."""
    text = f"# {name}\n\n" + "\n\n".join(sentences) + "\n"
    info.setdefault("kind", Kind.GUIDE)
    document = Document(
        DocumentInfo(name, name, name.title(), sha256=hashlib.sha256(text.encode()).hexdigest(), **info), text
    )
    passages, place = [], len(f"# {name}\n\n")
    for ordinal, sentence in enumerate(sentences):
        path = (name.title(),) if ordinal == 0 else (name.title(), f"Part {ordinal}")
        span = (place, place + len(sentence))
        passages.append(Passage(passage_id(name, ordinal), name, ordinal, *span, sentence, path, len(sentence.split())))
        place += len(sentence) + 2
    return document, passages


def documents_of(guides):
    """Documents from a dict of name to sentences."""
    return [make_document(f"docs/{name}.md", sentences) for name, sentences in guides.items()]


def publish(index, made, encoder, *, files=(), cache=True):
    """Publish documents as a new generation of an index folder."""
    passages = sorted((p for _, ps in made for p in ps), key=lambda p: p.id)
    texts = [passage.contextual_text for passage in passages]
    vectors = encoder.encode(texts)
    with writer_lock(index):
        if cache and passages:
            with VectorCache(vector_cache_file(index)) as stored:
                stored.put([vector_key(encoder.info.fingerprint, text) for text in texts], vectors)
        return publish_generation(
            index,
            documents=sorted((d for d, _ in made), key=lambda d: d.info.id),
            passages=passages,
            vectors=vectors,
            files=files
            or [FileRecord("/docs", d.info.id, d.info.id, hashlib.sha256(d.text.encode()).hexdigest(), "indexed")
                for d, _ in made],
            encoder=encoder.info,
            chunker="test",
            roots=["/docs"],
        )  # fmt: skip


@pytest.fixture(scope="session")
def small():
    """Builders: `small.publish(index, made, encoder)`, `small.documents_of(guides)`, `small.make_document(...)`."""
    return SimpleNamespace(
        publish=publish, documents_of=documents_of, make_document=make_document, guides=GUIDES, run=run_python
    )


def mixed():
    """The guides with kinds, dates and statuses."""
    made = documents_of({k: v for k, v in GUIDES.items() if k in {"lora", "retrieval"}})
    made.append(make_document("papers/quantization.pdf", GUIDES["quantization"], kind=Kind.PAPER, published="2023-05"))
    made.append(
        make_document(
            "papers/history.pdf", GUIDES["history"], kind=Kind.PAPER, published="2014", status=Status.HISTORICAL
        )
    )
    return made


@pytest.fixture
def index(tmp_path, hash_encoder):
    """A published index over the guides, encoded with the hash encoder."""
    publish(tmp_path / "index", mixed(), hash_encoder)
    return tmp_path / "index"


@pytest.fixture(scope="session")
def real_index(tmp_path_factory, minilm):
    """A published index over the guides, encoded with the embedded encoder; read only."""
    folder = tmp_path_factory.mktemp("real") / "index"
    publish(folder, mixed(), minilm)
    return folder


def run_python(code, *arguments, check=True, timeout=60, **options):
    """Run code in a fresh interpreter and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        cwd="/",
        env=dict(os.environ),
        **options,
    )
    assert not check or done.returncode == 0, done.stderr
    return done


@pytest.fixture
def holder(tmp_path):
    """Start a process that runs code, wait until it says `ready`; killed at the end."""
    started = []

    def start(code, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path("/"),
        )
        started.append(process)
        assert process.stdout.readline().strip() == "ready"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()
