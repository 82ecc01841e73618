"""What can go wrong at the command line: one sentence with the remedy and the documented status, never a traceback.

Status 1: it failed and the message says how to mend it; 2: wrong usage; 130: interrupted.
"""

import hashlib
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sota_rag.app import compose, serve
from sota_rag.app.cli import main
from sota_rag.index.errors import ModelError
from sota_rag.index.generations import read_current, vector_cache_file, writer_lock
from sota_rag.index.repair import verify
from sota_rag.index.vectors import VectorCache, vector_key
from sota_rag.ingest.loaders import FORMATS
from sota_rag.ingest.pipeline import ingest
from sota_rag.ingest.reading import InlineReader

pytestmark = pytest.mark.usefixtures("surroundings")

LORA = "# Adapters\n\nLoRA freezes the weights and trains two thin matrices.\n"
FUSION = "# Fusion\n\nReciprocal rank fusion joins the ranking of BM25 with the ranking of a dense encoder.\n"
CLI = [sys.executable, "-m", "sota_rag.app.cli"]
# The tests may run as root, whom no permission stops: root's power over files is dropped before the program starts.
UNPRIVILEGED = """
import ctypes, os, sys
if os.geteuid() == 0:
    libc = ctypes.CDLL(None)
    for CAP_DAC in (1, 2):
        if not hasattr(libc, "prctl") or libc.prctl(24, CAP_DAC, 0, 0, 0):
            sys.exit(77)
os.execv(sys.executable, [sys.executable, "-m", "sota_rag.app.cli", *sys.argv[1:]])
"""


@pytest.fixture(scope="session")
def errors_corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("errors") / "notes"
    folder.mkdir()
    (folder / "lora.md").write_text(LORA)
    (folder / "fusion.md").write_text(FUSION)
    return folder


@pytest.fixture(scope="session")
def errors_index(errors_corpus, minilm, tmp_path_factory):
    """Read only."""
    index = tmp_path_factory.mktemp("errors") / "index"
    ingest([errors_corpus], index, encoder=minilm, reader=InlineReader(minilm.count_tokens))
    return index


@pytest.fixture
def own_index(errors_index, tmp_path):
    """A copy to break."""
    return shutil.copytree(errors_index, tmp_path / "index")


def run_process(command, *, folder, environment=None, **options):
    # A user's shell neither unbuffers Python's output nor sets our variables.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("SOTA_RAG_") and k != "PYTHONUNBUFFERED"}
    return subprocess.run(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=folder,
        env=inherited | (environment or {}),
        **options,
    )


@pytest.fixture
def unprivileged(tmp_path):
    """Run a command in a process that permissions hold for."""

    def run(*arguments):
        done = run_process([sys.executable, "-c", UNPRIVILEGED, *arguments], folder=tmp_path)
        if done.returncode == 77:
            pytest.skip("root's power over files cannot be dropped here")
        return done

    return run


def flip_a_byte(path: Path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


# --- the index


@pytest.mark.parametrize("command", [["search", "x"], ["ask", "x"], ["index", "show"], ["index", "verify"],
                                     ["index", "repair"], ["index", "collect"]])  # fmt: skip
@pytest.mark.parametrize("kind", ["missing", "empty folder", "file"])
def test_no_index(fail, tmp_path, command, kind):
    index = tmp_path / "index"
    if kind == "empty folder":
        index.mkdir()
    elif kind == "file":
        index.write_text("not an index")
    said = fail(*command, "--index", index)
    assert said == f"no index at {str(index)!r}; build one with: sota-rag ingest PATH... --index {index}"
    assert index.is_file() == (kind == "file")
    assert index.exists() == (kind != "missing")


@pytest.mark.parametrize("name", ["passages.sqlite", "vectors.npy", "manifest.json"])
@pytest.mark.parametrize("command", [["search", "x"], ["ask", "x"], ["ingest"]])
def test_a_damaged_file(fail, own_index, errors_corpus, name, command):
    flip_a_byte(own_index / "generations/000001" / name)
    paths = [errors_corpus] if command == ["ingest"] else []
    said = fail(*command, *paths, "--index", own_index)
    assert name in said
    assert said.endswith(f"; mend it with: sota-rag index repair --index {own_index}")


def test_the_remedies_for_damage_work(fail, own_index, errors_corpus, capsys):
    def mend():
        assert main(["index", "repair", "--index", str(own_index)]) == 0
        assert main(["search", "LoRA", "--index", str(own_index)]) == 0

    flip_a_byte(own_index / "generations/000001/vectors.npy")
    mend()
    (own_index / "CURRENT").write_text("{")
    assert f"CURRENT' is damaged; mend it with: sota-rag index repair --index {own_index}" in fail(
        "ask", "x", "--index", own_index
    )
    mend()
    (own_index / "CURRENT").unlink()
    assert "is missing, though generations are there; mend it with: sota-rag index repair" in fail(
        "ask", "x", "--index", own_index
    )
    mend()
    for generation in (own_index / "generations").iterdir():
        flip_a_byte(generation / "passages.sqlite")
    said = fail("index", "repair", "--index", own_index)
    assert said.endswith(f"build it anew with: sota-rag ingest PATH... --index {own_index} --rebuild")
    assert main(["ingest", str(errors_corpus), "--index", str(own_index), "--rebuild"]) == 0
    assert verify(own_index) == {}


def test_damaged_bm25_is_derived_again_and_said(own_index, capsys):
    flip_a_byte(next((own_index / "generations/000001/bm25").glob("*.npy")))
    assert main(["search", "LoRA", "--index", str(own_index)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("note: BM25 file 'bm25/")
    assert f"mend it with: sota-rag index repair --index {own_index}" in out
    assert "notes/lora.md" in out
    assert main(["search", "LoRA", "--index", str(own_index), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["notes"]) == 1


def test_another_encoder_s_index_and_the_command_in_the_message(
    fail, capsys, tmp_path, errors_corpus, minilm, hash_encoder
):
    index = tmp_path / "index"
    ingest([errors_corpus], index, encoder=hash_encoder, reader=InlineReader(minilm.count_tokens))
    command = f"sota-rag ingest {errors_corpus} --index {index} --rebuild"
    for arguments in (["search", "LoRA"], ["ask", "LoRA"], ["ingest", errors_corpus]):
        said = fail(*arguments, "--index", index)
        assert "was made with encoder 'hash'" in said
        assert "in use is 'all-MiniLM-L6-v2'" in said
        assert said.endswith(f"rebuild it with: {command}")
    assert main(shlex.split(command)[1:]) == 0
    assert main(["search", "LoRA", "--index", str(index), "-k", "1"]) == 0
    assert "notes/lora.md" in capsys.readouterr().out


def test_another_format_version(fail, own_index):
    generation = own_index / "generations/000001"
    manifest = (generation / "manifest.json").read_text().replace('"format": 2', '"format": 99')
    (generation / "manifest.json").write_text(manifest)
    sha256 = hashlib.sha256(manifest.encode()).hexdigest()
    (own_index / "CURRENT").write_text(json.dumps({"generation": "000001", "manifest_sha256": sha256}))
    said = fail("search", "LoRA", "--index", own_index)
    assert "has index format 99" in said
    assert said.endswith(f" --index {own_index} --rebuild") and "PATH..." not in said


def test_a_second_writer(fail, own_index, errors_corpus):
    with writer_lock(own_index):
        for command in (["ingest", errors_corpus], ["index", "repair"], ["index", "collect"]):
            said = fail(*command, "--index", own_index)
            assert said == (
                f"another process is writing to {str(own_index)!r}; wait until it is done, or name another --index"
            )
        assert main(["search", "LoRA", "--index", str(own_index)]) == 0


# --- folders that cannot be written or read


def test_an_index_folder_that_cannot_be_written(unprivileged, errors_corpus, tmp_path, message_of):
    locked = tmp_path / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    for index in (locked, locked / "index"):
        done = unprivileged("ingest", errors_corpus, "--index", index)
        said = message_of(done.returncode, done.stdout, done.stderr)
        assert said == f"cannot write to {str(index)!r} (Permission denied); name another folder with --index"
    locked.chmod(0o755)


def test_a_lock_that_cannot_be_written_stops_writers_and_not_readers(
    unprivileged, own_index, errors_corpus, tmp_path, message_of
):
    (own_index / "LOCK").touch()
    (own_index / "LOCK").chmod(0o444)
    for command in (["ingest", errors_corpus], ["index", "repair"], ["index", "collect"]):
        done = unprivileged(*command, "--index", own_index)
        said = message_of(done.returncode, done.stdout, done.stderr)
        assert said == f"cannot write to {str(own_index)!r} (Permission denied); name another folder with --index"
    for path in (*own_index.rglob("*"), own_index):
        path.chmod(path.stat().st_mode & ~0o222)
    (tmp_path / "sota-rag.toml").write_text('[search]\nlegs = "bm25"\n')
    done = unprivileged("search", "LoRA", "--index", own_index)
    assert done.returncode == 0, done.stderr
    assert "notes/lora.md" in done.stdout
    for path in (own_index, *own_index.rglob("*")):
        path.chmod(path.stat().st_mode | 0o700)


def test_a_vector_cache_that_cannot_be_written(unprivileged, own_index, errors_corpus, message_of):
    cache = vector_cache_file(own_index)
    cache.chmod(0o444)
    cache.parent.chmod(0o555)
    done = unprivileged("ingest", errors_corpus, "--index", own_index, "--rebuild")
    cache.parent.chmod(0o755)
    said = message_of(done.returncode, done.stdout, done.stderr)
    assert "readonly database" in said
    assert "mend its permissions" in said
    assert read_current(own_index).generation == "000001"


def test_sources_and_settings_that_cannot_be_read(unprivileged, tmp_path, message_of):
    corpus = tmp_path / "corpus"
    (corpus / "secret").mkdir(parents=True)
    (corpus / "secret").chmod(0)
    done = unprivileged("ingest", corpus, "--index", tmp_path / "index")
    (corpus / "secret").chmod(0o755)
    said = message_of(done.returncode, done.stdout, done.stderr)
    assert said == (
        f"cannot list {str(corpus / 'secret')!r} (Permission denied); nothing was changed, mend it and run again"
    )
    (tmp_path / "sota-rag.toml").touch()
    (tmp_path / "sota-rag.toml").chmod(0)
    done = unprivileged("index", "show")
    said = message_of(done.returncode, done.stdout, done.stderr, 2)
    assert said == "'sota-rag.toml' cannot be read (Permission denied); check its permissions"


@pytest.mark.parametrize("below", ["", "below"])
def test_an_index_path_that_is_a_file(fail, errors_corpus, tmp_path, below):
    (tmp_path / "file").write_text("something of the user's")
    said = fail("ingest", errors_corpus, "--index", tmp_path / "file" / below)
    assert said.startswith(f"cannot write to {str(tmp_path / 'file' / below)!r} (")
    assert said.endswith("; name another folder with --index")
    assert (tmp_path / "file").read_text() == "something of the user's"


# --- ingestion


def test_an_empty_corpus(fail, own_index, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty/picture.png").write_bytes(b"")
    for index in (tmp_path / "new", own_index):
        said = fail("ingest", tmp_path / "empty", "--index", index, "--rebuild")
        assert said == (
            f"no documents ({', '.join(FORMATS)}) below {str(tmp_path / 'empty')!r}; "
            "nothing was changed, name a folder that holds some"
        )
    assert read_current(own_index).generation == "000001"


def test_a_corpus_without_a_readable_file(fail, tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/empty.md").write_text("")
    said = fail("ingest", tmp_path / "bad", "--index", tmp_path / "index")
    assert "can be indexed, nothing was changed; the first: 'empty.md'" in said


def test_paths_that_are_missing_unknown_or_empty(fail, tmp_path):
    index = tmp_path / "index"
    missing = tmp_path / "missing"
    assert fail("ingest", missing, "--index", index).startswith(f"{str(missing)!r} does not exist; nothing was changed")
    (tmp_path / "data.xyz").write_text("x")
    assert f"has no known format; known are: {', '.join(sorted(FORMATS))}" in fail(
        "ingest", tmp_path / "data.xyz", "--index", index
    )
    assert fail("ingest", "", "--index", index, status=2) == "a PATH is empty; name a folder or a file"
    assert not index.exists()


def test_a_date_that_is_none(fail, errors_corpus, tmp_path):
    said = fail("ingest", errors_corpus, "--published", "soon", "--index", tmp_path / "index", status=2)
    assert said == "--published 'soon': not a date such as 2021, 2021-06 or 2021-06-17; correct it"


def test_an_error_in_the_middle_of_a_stage_gets_a_line_of_its_own(fail, monkeypatch, minilm, errors_corpus, tmp_path):
    class Failing:
        info, count_tokens = minilm.info, minilm.count_tokens

        def encode(self, texts):
            raise ModelError("the weights melted; cool them")

    monkeypatch.setattr(compose, "make_encoder", lambda settings: Failing())
    assert fail("ingest", errors_corpus, "--index", tmp_path / "index") == "the weights melted; cool them"


SLOW_INGESTION = """
import hashlib, json, signal, sys, time
import numpy as np
from sota_rag.app import cli, compose
from sota_rag.index import EncoderInfo, SentenceTransformerEncoder
from sota_rag.ingest import encode

class SlowEncoder:
    info = EncoderInfo("slow", hashlib.sha256(b"slow").hexdigest(), 8, 256)
    count_tokens = SentenceTransformerEncoder().count_tokens

    def encode(self, texts):
        with open(sys.argv[1], "a") as log:
            log.write(json.dumps(list(texts)) + "\\n")
        time.sleep(0.2)
        rows = np.array([list(hashlib.sha256(t.encode()).digest()[:8]) for t in texts], dtype=np.float32) + 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

# A test runner in the background of a shell hands down an ignored SIGINT.
signal.signal(signal.SIGINT, signal.default_int_handler)
encode.ENCODE_BATCH = 2
compose.make_encoder = lambda settings: SlowEncoder()
sys.exit(cli.main(sys.argv[2:]))
"""


def test_control_c_during_ingestion_loses_nothing(tmp_path, message_of):
    corpus, index, log = tmp_path / "notes", tmp_path / "index", tmp_path / "encoded.jsonl"
    corpus.mkdir()
    for number in range(20):
        (corpus / f"{number:02d}.md").write_text(f"# Note {number}\n\nThis is what note number {number} says.\n")
    command = [sys.executable, "-c", SLOW_INGESTION, log, "ingest", corpus, "--index", index]
    command = [str(part) for part in command]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "cwd": tmp_path}
    with subprocess.Popen(command, **pipes) as process:
        deadline = time.monotonic() + 60
        while not log.exists() or len(log.read_text().splitlines()) < 3:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    said = message_of(process.returncode, out, err, 130)
    assert said == "interrupted; nothing is lost, run the same command again to go on"

    batches = [json.loads(line) for line in log.read_text().splitlines()]
    assert 3 <= len(batches) < 10
    first = {text for batch in batches for text in batch}
    fingerprint = hashlib.sha256(b"slow").hexdigest()
    with VectorCache(vector_cache_file(index)) as cache:
        missing = cache.missing(vector_key(fingerprint, text) for text in first)
    paid = {text for text in first if vector_key(fingerprint, text) not in missing}
    assert paid >= {text for batch in batches[:-1] for text in batch}, "a finished batch was lost"

    log.unlink()
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60, cwd=tmp_path)
    second = {text for line in log.read_text().splitlines() for text in json.loads(line)}
    assert not second & paid, "a passage was encoded twice"
    assert len(second | paid) == 20
    assert f"{20 - len(paid)} passages encoded, {len(paid)} from the cache" in done.stdout
    assert verify(index) == {}


# --- questions


@pytest.mark.parametrize("command", ["search", "ask"])
def test_a_question_that_is_too_long_or_empty(fail, errors_index, command):
    said = fail(command, "x" * 100_000, "--index", errors_index, status=2)
    assert said == "the question has 100,000 characters; ask in at most 4,000"
    assert fail(command, "x" * 4_001, "--index", errors_index, status=2).endswith("ask in at most 4,000")
    for empty in ("", "  \n\t ", "\u3000"):
        assert fail(command, empty, "--index", errors_index, status=2) == "the question is empty; ask something"


def test_what_is_no_clean_text_is_searched_all_the_same(errors_index, capsys):
    for query in ("x" * 4_000, "LoRA \udcff", "\x00 LoRA", "🙂", "!?", "\u202eLoRA"):
        assert main(["search", query, "--index", str(errors_index), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["hits"]


def test_unknown_words_are_no_failure(errors_index, capsys):
    note = "no word of the question occurs in the documents searched"
    assert main(["search", "qwxzv blorptang", "--index", str(errors_index), "--json"]) == 0
    form = json.loads(capsys.readouterr().out)
    assert form["notes"] == [note]
    assert form["hits"]
    assert main(["ask", "qwxzv blorptang", "--index", str(errors_index)]) == 0
    out = capsys.readouterr().out
    assert f"note: {note}\n" in out
    assert "do not mention 'qwxzv', 'blorptang'" in out


@pytest.mark.parametrize("years", ["abc", "2023-2021", "-", "", "2020-2021-2022", "20x0-"])
def test_years_that_are_none(fail, errors_index, years):
    said = fail("search", "x", f"--years={years}", "--index", errors_index, status=2)
    assert said == f"--years {years!r} is no range of years; write it like 2021-2023, 2022- or -2020"


def test_no_hits_asked_for(fail, errors_index):
    assert fail("search", "x", "-k", "0", "--index", errors_index, status=2) == "k is 0; ask for 1 hit or more"


# --- settings


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("SOTA_RAG_SERCH__ALPHA", "1", "unknown setting 'SOTA_RAG_SERCH__ALPHA' in the environment; unset it (known are"
         " SOTA_RAG_INDEX, "),
        ("SOTA_RAG_SEARCH__ALFA", "1", "unknown setting 'SOTA_RAG_SEARCH__ALFA' in the environment; unset it (known are"
         " SOTA_RAG_SEARCH__LEGS, "),
        ("SOTA_RAG_SEARCH__ALPHA__X", "0.4", "unknown setting 'SOTA_RAG_SEARCH__ALPHA__X'"),
        ("SOTA_RAG_INDEX__X", "0.4", "unknown setting 'SOTA_RAG_INDEX__X'"),
        ("sota_rag_serch", "1", "unknown setting 'sota_rag_serch'"),
        ("SOTA_RAG_SEARCH", '{"alfa": 1}', "unknown setting 'search.alfa'"),
        ("SOTA_RAG_SEARCH__ALPHA", "2", "setting 'search.alpha' has the value '2': input should be less than or "
         "equal to 1"),
        ("SOTA_RAG_SEARCH__ALPHA", "nan", "setting 'search.alpha' has the value 'nan'"),
        ("SOTA_RAG_SEARCH__LEGS", "both", "input should be 'hybrid', 'dense' or 'bm25'"),
        ("SOTA_RAG_SEARCH", "1", "setting 'search' has the value 1, but is a section; set one of its keys legs, depth"),
        ("SOTA_RAG_SEARCH", '{"alp', "set its keys one by one, such as SOTA_RAG_SEARCH__ALPHA=0.4"),
        ("SOTA_RAG_PROFILE", "gpu", "setting 'profile' has the value 'gpu': input should be 'embedded'"),
        ("SOTA_RAG_ENCODER__DEVICE", "abacus", "setting 'encoder.device' has the value 'abacus'"),
        ("SOTA_RAG_ENCODER__BATCH_SIZE", "0", "input should be greater than or equal to 1"),
        ("SOTA_RAG_INDEX", "", "setting 'index' has the value '': name a folder"),
        ("SOTA_RAG_CONFIG", "/nowhere/my.toml", "SOTA_RAG_CONFIG names '/nowhere/my.toml', which does not exist; "
         "correct or unset it"),
    ],
)  # fmt: skip
def test_a_wrong_variable(fail, monkeypatch, variable, value, says):
    monkeypatch.setenv(variable, value)
    for command in (["index", "show"], ["search", "x"], ["doctor"], ["app"]):
        assert says in fail(*command, status=2)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("serch = 1", "unknown setting 'serch' in 'sota-rag.toml' or the environment; remove it (known are index, "),
        ("[serch]\nalpha = 1", "unknown setting 'serch'"),
        ("[search]\nalfa = 1", "unknown setting 'search.alfa' in 'sota-rag.toml' or the environment; remove it (known "
         "there are legs, depth, fusion, alpha, rrf_k, mode)"),
        ("[search]\nalpha = 2", "setting 'search.alpha' has the value 2: input should be less than or equal to 1"),
        ("[search]\nalpha = 'much'", "setting 'search.alpha' has the value 'much': input should be a valid number"),
        ("search = 1", "setting 'search' has the value 1, but is a section; set one of its keys legs, depth"),
        ("index = 3", "setting 'index' has the value 3: input is not a valid path"),
        ("index = '~no-such-user/x'", "setting 'index' has the value '~no-such-user/x': there is no such home folder"),
        ("[search\nalpha", "'sota-rag.toml' is not valid TOML (Expected ']'"),
        ("name = '\udcff'", "'sota-rag.toml' is not UTF-8 text; save it as UTF-8"),
    ],
)  # fmt: skip
def test_a_wrong_settings_file(fail, monkeypatch, tmp_path, text, says):
    data = text.encode("utf-8", "surrogateescape")
    (tmp_path / "sota-rag.toml").write_bytes(data)
    assert says in fail("index", "show", status=2)
    (tmp_path / "sota-rag.toml").rename(tmp_path / "mine.toml")
    monkeypatch.setenv("SOTA_RAG_CONFIG", "mine.toml")
    assert says.replace("sota-rag.toml", "mine.toml") in fail("index", "show", status=2)


def test_models_that_are_not_there(fail, monkeypatch, errors_index, minilm, forget_surroundings):
    monkeypatch.undo()
    monkeypatch.chdir(errors_index)
    for section in ("ENCODER", "RERANKER"):
        with monkeypatch.context() as patch:
            forget_surroundings(patch, errors_index)
            patch.setenv(f"SOTA_RAG_{section}__MODEL", "no-such-model")
            said = fail("search", "x", "--index", errors_index)
            assert said.startswith("unknown model 'no-such-model'; name a folder with a config.json, or one of: ")


# --- the page


@pytest.fixture
def no_server(monkeypatch):
    pytest.importorskip("streamlit", reason="the page needs the extra `app`")
    monkeypatch.setattr(serve.subprocess, "Popen", lambda *_, **__: pytest.fail("a server was started"))


def test_a_taken_port(fail, no_server):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = fail("app", "--port", port, "--no-browser")
    assert said == (
        f"cannot listen on 127.0.0.1:{port} (Address already in use); "
        f"choose another with: sota-rag app --port {port + 1}"
    )


@pytest.mark.parametrize("port", ["0", "65536", "-1"])
def test_a_port_that_is_none(fail, no_server, port):
    assert fail("app", f"--port={port}", status=2) == f"--port {port} is no port; choose one from 1024 to 65535"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com", ""])
def test_a_host_that_would_open_the_page_to_others(fail, no_server, host):
    said = fail("app", f"--host={host}", status=2)
    assert said.startswith(f"--host {host!r} would open the page to other machines, and it has no access control; use ")


def test_the_page_without_streamlit(fail, monkeypatch):
    monkeypatch.setattr(serve, "find_spec", lambda name: None)
    assert fail("app") == "streamlit is not installed; install it with: pip install 'sota-rag[app]'"


# --- usage, pipes


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["frobnicate"], "invalid choice: 'frobnicate' (choose from"),
        (["search"], "the following arguments are required: query"),
        (["ask"], "the following arguments are required: question"),
        (["index"], "the following arguments are required: action"),
        (["index", "burn"], "invalid choice: 'burn' (choose from"),
        (["eval"], "the following arguments are required: SUBJECT"),
        (["eval", "retrieval", "--beir", "x", "--topics", "y"], "not allowed with argument --beir"),
        (["search", "x", "--kind", "novel"], "invalid choice: 'novel'"),
        (["search", "x", "-k", "many"], "invalid int value: 'many'"),
        (["app", "--port", "http"], "invalid int value: 'http'"),
        (["search", "x", "--frobnicate"], "unrecognized arguments: --frobnicate"),
    ],
)
def test_wrong_usage_shows_the_usage(capsys, arguments, says):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: sota-rag ")
    assert says in err.splitlines()[-1]


def test_no_command_shows_the_help(capsys):
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "commands:" in err


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_goes_away_is_no_fuss(errors_index, tmp_path, unbuffered):
    environment = {"PYTHONUNBUFFERED": unbuffered, "SOTA_RAG_INDEX": str(errors_index), "SOTA_RAG_SEARCH__LEGS": "bm25"}
    for arguments in (["search", "LoRA"], ["index", "show", "--json"], ["--help"]):
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "wb") as closed:
            done = subprocess.run(
                [*CLI, *arguments], stdout=closed, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
                env={k: v for k, v in os.environ.items() if not k.startswith("SOTA_RAG_")} | environment, cwd=tmp_path,
            )  # fmt: skip
        assert done.stderr == ""
        # argparse passes over it in silence, and so without a failure.
        assert done.returncode == 1 or arguments == ["--help"]


def test_the_first_line_can_be_taken(errors_index, tmp_path):
    done = run_process(
        ["sh", "-c", f"{shlex.join(CLI)} search LoRA --index {shlex.quote(str(errors_index))} | head -n 1"],
        folder=tmp_path,
        environment={"SOTA_RAG_SEARCH__LEGS": "bm25"},
    )
    assert done.returncode == 0
    assert done.stdout.startswith(" 1. ")
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_behind_standard_output(errors_index, tmp_path, message_of):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*CLI, "index", "show", "--index", str(errors_index)], stdout=full, stderr=subprocess.PIPE, text=True,
            timeout=60, check=False, cwd=tmp_path,
            env={k: v for k, v in os.environ.items() if not k.startswith(("SOTA_RAG_", "PYTHONUNBUFFERED"))},
        )  # fmt: skip
    said = message_of(done.returncode, "", done.stderr)
    assert said == "the system refused: No space left on device; mend that and run again"
