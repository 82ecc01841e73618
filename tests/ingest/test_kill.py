"""`kill -9` at random moments of an ingestion: the index stays sound, and no encoded batch is paid for twice."""

import json
import os
import random
import signal
import subprocess
import sys
import time

from sota_rag.index.generations import read_current, vector_cache_file
from sota_rag.index.repair import verify
from sota_rag.index.snapshot import open_current
from sota_rag.index.vectors import VectorCache, vector_key

KILLS = int(os.environ.get("SOTA_RAG_TEST_KILLS", "10"))

CHILD = """
import hashlib, json, sys, time
import numpy as np
from sota_rag.index import EncoderInfo, SentenceTransformerEncoder
from sota_rag.ingest import encode, pipeline, reading

class SlowEncoder:
    info = EncoderInfo("slow", hashlib.sha256(b"slow").hexdigest(), 8, 256)
    def encode(self, texts):
        with open(sys.argv[3], "a") as log:
            log.write(json.dumps(list(texts)) + "\\n")
        time.sleep(0.01)
        digests = [hashlib.sha256(text.encode()).digest()[:8] for text in texts]
        rows = np.array([list(digest) for digest in digests], dtype=np.float32) + 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

encode.ENCODE_BATCH = 4
print("ready", flush=True)
count = SentenceTransformerEncoder().count_tokens
pipeline.ingest([sys.argv[1]], sys.argv[2], encoder=SlowEncoder(), reader=reading.InlineReader(count))
"""

FINGERPRINT = "slow"


def write_corpus(folder, version):
    folder.mkdir(exist_ok=True)
    for number in range(30):
        words = " ".join(f"word{number}x{i}v{version if number % 3 == 0 else 0}" for i in range(40))
        (folder / f"{number:02d}.md").write_text(f"# Document {number}\n\n{words}.\n\n## More\n\n{words} again.\n")


def test_random_kills_leave_a_sound_index_and_no_batch_is_paid_for_twice(tmp_path):
    import hashlib

    fingerprint = hashlib.sha256(FINGERPRINT.encode()).hexdigest()
    corpus, index, log = tmp_path / "corpus", tmp_path / "index", tmp_path / "encoded.jsonl"
    command = [sys.executable, "-c", CHILD, str(corpus), str(index), str(log)]
    dice = random.Random(7)
    generation, finished, killed = None, 0, 0
    version, paid = 0, set()
    write_corpus(corpus, version)
    while killed < KILLS:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        try:
            process.wait(timeout=dice.uniform(0.0, 0.9))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.stdout.close()
        assert process.wait() in (0, -signal.SIGKILL)
        done = process.returncode == 0
        # What was in the cache when the run began is never encoded again.
        texts = {text for line in (log.read_text().splitlines() if log.exists() else []) for text in json.loads(line)}
        assert not texts & paid, "an encoded batch was paid for twice"
        log.unlink(missing_ok=True)
        if vector_cache_file(index).exists():
            with VectorCache(vector_cache_file(index)) as cache:
                missing = cache.missing(vector_key(fingerprint, text) for text in texts)
                paid |= {text for text in texts if vector_key(fingerprint, text) not in missing}
        if (index / "CURRENT").exists():
            now = read_current(index).generation
            assert generation is None or int(now) >= int(generation)
            generation = now
            assert verify(index) == {}
            assert len(open_current(index).store.all_passages()) == len(open_current(index).row_documents)
        if done:
            finished += 1
            version += 1
            write_corpus(corpus, version)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60)
    assert verify(index) == {}
    assert not list(index.glob("staging-*"))
    text = open_current(index).store.document("corpus/00.md").text
    assert f"v{version}" in text


def test_a_killed_writer_leaves_no_lock_behind(tmp_path):
    holder = (
        "import sys, time; from pathlib import Path; from sota_rag.index.generations import writer_lock\n"
        "with writer_lock(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", holder, str(tmp_path / "index")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    process.kill()
    process.wait()
    process.stdout.close()
    from sota_rag.index.generations import writer_lock

    started = time.monotonic()
    with writer_lock(tmp_path / "index"):
        assert time.monotonic() - started < 5
