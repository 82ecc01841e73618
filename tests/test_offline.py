"""Ingesting and asking attempt no connection, and nothing tells the model libraries to stay offline."""

import json
import os
import subprocess
import sys

# Audit events see every socket of the process, whichever library opened it.
PRELUDE = """
import json, sys

attempts = []
NETWORK = {"connect", "sendto", "sendmsg", "getaddrinfo", "gethostbyname", "gethostbyaddr", "getnameinfo"}
NETWORK = {f"socket.{name}" for name in NETWORK}

def watch(event, arguments):
    if event in NETWORK:
        attempts.append((event, repr(arguments)))
        raise OSError(f"the network is off: {event} {arguments!r}")

sys.addaudithook(watch)
"""
INGEST_AND_ASK = """
from sota_rag.app.cli import main

corpus, index = sys.argv[1:]
statuses = [
    main(["ingest", corpus, "--index", index]),
    main(["search", "adapters", "--index", index]),
    main(["ask", "What fraction of the parameters does LoRA train?", "--index", index]),
    main(["doctor", "--index", index]),
    main(["models", "--verify"]),
]
print(json.dumps({"statuses": statuses, "attempts": attempts}))
"""
CONNECT = """
import urllib.request
try:
    urllib.request.urlopen("http://pypi.org/", timeout=5)
except OSError as error:
    print(json.dumps({"error": str(error), "attempts": attempts}))
"""


def run(code, *arguments, folder):
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("SOTA_RAG_", "HF_", "HUGGINGFACE", "TRANSFORMERS_", "XDG_"))
        and "proxy" not in name.lower()
    }
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + code, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=folder,
        # An empty home: nothing downloaded earlier can help.
        env=kept | {"HOME": str(folder)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_ingesting_and_asking_attempt_no_connection(tmp_path):
    corpus = tmp_path / "notes"
    corpus.mkdir()
    (corpus / "lora.md").write_text(
        "# Low-rank adapters\n\nLoRA typically trains between 0.1% and 1% of the parameters of a language model.\n"
    )
    out = run(INGEST_AND_ASK, corpus, tmp_path / "index", folder=tmp_path)
    assert json.loads(out.splitlines()[-1]) == {"statuses": [0, 0, 0, 0, 0], "attempts": []}
    assert "of a language model. [1]" in " ".join(out.split())
    downloaded = [path for path in tmp_path.rglob("*") if path.suffix in {".safetensors", ".bin"}]
    assert not downloaded


def test_the_watch_sees_a_connection(tmp_path):
    seen = json.loads(run(CONNECT, folder=tmp_path))
    assert "the network is off" in seen["error"]
    assert seen["attempts"]
