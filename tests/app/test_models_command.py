"""`sota-rag models`, with a stub of the hub on this machine."""

import hashlib
import json
import re
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from huggingface_hub import constants
from sota_rag.app import cli, model_pull
from sota_rag.app.model_choice import with_model
from sota_rag.app.model_store import ModelStore
from sota_rag.app.settings import Settings
from sota_rag.index.errors import ModelError, SettingsError, UsageError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LISTED = "SmolLM2-135M-Instruct"
SMALL_ONES = {
    "all-MiniLM-L6-v2": True,
    "sota-rag-answerer": False,
    "sota-rag-reranker": True,
    "sota-rag-verifier": False,
}


def counted(text):
    return struct.pack("<Q", len(text)) + text


# The header of a model that writes, with one tensor of 256 floats, and then its weights.
GGUF = b"GGUF" + struct.pack("<IQQ", 3, 1, 1)
GGUF += counted(b"general.architecture") + struct.pack("<I", 8) + counted(b"llama")
GGUF += counted(b"token_embd.weight") + struct.pack("<IQIQ", 1, 256, 0, 0)
GGUF += bytes(-len(GGUF) % 32) + bytes(range(256)) * 400
CONFIG = json.dumps({"architectures": ["BertForSequenceClassification"]}).encode()


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path, forget_surroundings):
    forget_surroundings(monkeypatch, tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HF_TOKEN", "")


@pytest.fixture
def run(capsys):
    def run(*arguments, status=0):
        assert cli.main([str(argument) for argument in arguments]) == status
        said = capsys.readouterr()
        return said.out if status == 0 else said.out + said.err

    return run


@pytest.fixture
def run_json(run):
    return lambda *arguments, status=0: json.loads(run(*arguments, "--json", status=status))


# --- a hub


class Hub(ThreadingHTTPServer):
    """Repositories as dictionaries of files; `cut` ends one download early; `refusals` are the next answers."""

    daemon_threads = True
    handle_error = lambda *_: None  # noqa: E731

    def __init__(self):
        super().__init__(("127.0.0.1", 0), HubHandler)
        self.repos = {}
        self.listed_sha256 = {}
        self.seen = []
        self.cut = None
        self.refusals = 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class HubHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, status, data=b"", headers=(), size=None):
        self.send_response(status)
        for name, value in {"Content-Length": len(data) if size is None else size, **dict(headers)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def answer(self):
        self.server.seen.append((self.command, self.path, self.headers.get("Range")))
        path = self.path.split("?")[0]
        if found := re.fullmatch(r"/api/models/([^/]+/[^/]+)(/revision/.*)?", path):
            return self.list_files(found[1])
        if found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/[^/]+/(.*)", path):
            return self.send_file(self.server.repos.get(found[1], {}).get(found[2]))
        return self.reply(404)

    def list_files(self, repo):
        files = self.server.repos.get(repo)
        if files is None:
            return self.reply(401, headers={"X-Error-Code": "RepoNotFound"})
        siblings = [
            {
                "rfilename": name,
                "size": len(data),
                "blobId": "b",
                "lfs": {
                    "sha256": self.server.listed_sha256.get(name) or sha(data),
                    "size": len(data),
                    "pointerSize": 1,
                },
            }
            for name, data in files.items()
        ]
        form = {"id": repo, "modelId": repo, "sha": COMMIT, "siblings": siblings, "cardData": {"license": "apache-2.0"}}
        return self.reply(200, json.dumps(form).encode(), {"Content-Type": "application/json"})

    def send_file(self, data):
        if data is None:
            return self.reply(404, headers={"X-Error-Code": "EntryNotFound"})
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{sha(data)}"', "Accept-Ranges": "bytes"}
        start, status, total = 0, 200, len(data)
        if found := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or ""):
            start, status = int(found[1]), 206
            headers["Content-Range"] = f"bytes {start}-{total - 1}/{total}"
        cut, sent = self.server.cut, data[start:]
        if self.command == "GET" and cut is not None:
            self.server.cut = None
            sent, self.close_connection = sent[:cut], True
        elif self.command == "GET" and self.server.refusals:
            self.server.refusals -= 1
            return self.reply(403)
        return self.reply(status, sent, headers, size=total - start)

    do_GET = do_HEAD = answer  # noqa: N815

    def log_message(self, *_):
        pass


def sha(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def hub(monkeypatch):
    made = Hub()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", made.url)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", made.url + "/{repo_id}/resolve/{revision}/{filename}")
    made.repos["acme/tiny-GGUF"] = {
        "README.md": b"# Tiny",
        "tiny-q4.gguf": GGUF,
        "tiny-q8.gguf": GGUF * 2,
        "mmproj-tiny.gguf": b"x",
        "big-00001-of-00002.gguf": b"x",
    }
    made.repos["acme/one-GGUF"] = {"one.gguf": GGUF, "config.json": b"{}"}
    made.repos["acme/ranker"] = {
        "config.json": CONFIG,
        "model.safetensors": b"weights",
        "pytorch_model.bin": b"pickle",
        "modeling_acme.py": b"import os",
        "vocab.txt": b"a\nb\n",
        "1_Pooling/config.json": b"{}",
        "onnx/model.onnx": b"x",
        "onnx/config.json": b"{}",
        "../evil.json": b"{}",
        ".env.json": b"{}",
        "spiece.model": b"x",
    }
    made.repos["acme/empty"] = {"README.md": b"", "pytorch_model.bin": b"pickle", "config.json": b"{}"}
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


# --- list, show, verify


def test_the_list(run, run_json):
    models = {model["id"]: model for model in run_json("models")["models"]}
    assert set(models) == {LISTED, *SMALL_ONES}
    assert all(
        model.keys() == {"id", "role", "licence", "folder", "file", "state", "used"} for model in models.values()
    )
    assert [(model["role"], model["state"], model["used"]) for model in models.values()] == [
        ("llm", "installed", True),
        ("encoder", "installed", True),
        ("adapter", "installed", True),
        ("reranker", "installed", True),
        ("verifier", "installed", False),
    ]
    assert run("models") == run("models", "list")
    line = next(line for line in run("models").splitlines() if line.startswith(LISTED))
    assert re.fullmatch(rf"{LISTED} \* llm +installed +Apache-2.0 +/.*/SmolLM2-135M-Instruct.Q4_1.gguf", line)


def test_models_that_are_verified(run, run_json):
    assert {model["state"] for model in run_json("models", "--verify")["models"]} == {"verified"}
    assert {model["state"] for model in run_json("models", "list", "--verify")["models"]} == {"verified"}
    (one,) = run_json("models", "verify", LISTED)["models"]
    assert (one["id"], one["state"]) == (LISTED, "verified")
    assert "no model 'nothing' is listed or was pulled" in run("models", "verify", "nothing", status=1)


def test_one_model(run, run_json):
    facts = run_json("models", "show", LISTED)
    assert (facts["role"], facts["bytes"], facts["licence"]) == ("llm", 98362432, "Apache-2.0")
    assert (facts["architecture"], facts["window"], facts["template"]) == ("llama", 8192, "chatml")
    assert facts["quantisation"] == "Q4_1"
    assert len(facts["sha256"]) == 64
    shown = run("models", "show", LISTED)
    assert re.search(r"^size +98.4 MB \(98362432 bytes\)$", shown, re.MULTILINE)
    encoder = run_json("models", "show", "all-MiniLM-L6-v2")
    assert (encoder["role"], encoder["dimension"], encoder["window"]) == ("encoder", 384, 256)
    assert "unknown language model 'nothing'" in run("models", "show", "nothing", status=1)


def test_a_file_that_is_no_model(run, tmp_path):
    (tmp_path / "page.gguf").write_text("<html>not found</html>")
    for action in ("show", "use"):
        assert "page.gguf' is not a GGUF file (" in run("models", action, "page.gguf", status=1)
    assert not (tmp_path / "sota-rag.toml").exists()


# --- pull


def test_a_gguf_file_is_pulled_and_used(run, run_json, hub, tmp_path):
    pulled = run_json("models", "pull", "acme/tiny-GGUF", "tiny-q4.gguf")
    place = tmp_path / "data/sota-rag/models/acme--tiny-GGUF/tiny-q4.gguf"
    assert (pulled["id"], pulled["role"], pulled["licence"]) == ("acme/tiny-GGUF/tiny-q4.gguf", "llm", "apache-2.0")
    assert (pulled["revision"], pulled["path"]) == (COMMIT, str(place))
    assert pulled["files"]["tiny-q4.gguf"]["sha256"] == sha(GGUF) == sha(place.read_bytes())
    assert pulled["next"] == "sota-rag models use acme/tiny-GGUF/tiny-q4.gguf"
    states = {model["id"]: model["state"] for model in run_json("models", "verify")["models"]}
    assert states["acme/tiny-GGUF/tiny-q4.gguf"] == "verified"
    assert "written to sota-rag.toml" in run("models", "use", "tiny-q4")
    assert Settings.load().llm.model == "acme/tiny-GGUF/tiny-q4.gguf"
    used = {model["id"]: model["used"] for model in run_json("models")["models"]}
    assert used == {"acme/tiny-GGUF/tiny-q4.gguf": True, LISTED: False} | SMALL_ONES
    # Nothing is fetched twice.
    before = [seen for seen in hub.seen if seen[0] == "GET" and "resolve" in seen[1]]
    run("models", "pull", "acme/tiny-GGUF", "tiny-q4.gguf")
    assert [seen for seen in hub.seen if seen[0] == "GET" and "resolve" in seen[1]] == before


def test_what_verify_finds(run, run_json, hub, tmp_path):
    run("models", "pull", "acme/one-GGUF")
    place = tmp_path / "data/sota-rag/models/acme--one-GGUF/one.gguf"
    one = "acme/one-GGUF/one.gguf"
    state = lambda *arguments, status=0: {  # noqa: E731
        model["id"]: model["state"] for model in run_json("models", *arguments, status=status)["models"]
    }[one]
    place.touch()
    assert state("list", status=1) == "changed"
    assert state("verify") == "verified"
    assert state("list") == "installed"
    place.write_bytes(GGUF[::-1])
    assert state("verify", one, status=1) == "hash differs"
    place.unlink()
    assert state("verify", status=1) == "hash differs"


def test_the_file_must_be_chosen(run, hub):
    said = run("models", "pull", "acme/tiny-GGUF", status=2)
    assert "has 2 GGUF files; name one of: tiny-q4.gguf (0.1 MB), tiny-q8.gguf (0.2 MB)" in said
    said = run("models", "pull", "acme/tiny-GGUF", "tiny-q2.gguf", status=2)
    assert "has no GGUF file 'tiny-q2.gguf'; choose one of: tiny-q4.gguf" in said
    assert "is one part of a model" in run("models", "pull", "acme/tiny-GGUF", "big-00001-of-00002.gguf", status=2)
    assert "leave it out" in run("models", "pull", "acme/ranker", "pytorch_model.bin", status=2)


def test_a_folder_is_pulled_without_pickles_and_code(run, run_json, hub, tmp_path):
    pulled = run_json("models", "pull", "acme/ranker")
    folder = tmp_path / "data/sota-rag/models/acme--ranker"
    assert (pulled["id"], pulled["role"], pulled["path"]) == ("acme/ranker", "reranker", str(folder))
    names = {"config.json", "model.safetensors", "vocab.txt", "1_Pooling/config.json", "spiece.model"}
    assert set(pulled["files"]) == names
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} == names
    run("models", "use", "acme/ranker")
    assert Settings.load().reranker.model == str(folder)
    assert {model["id"]: model["used"] for model in run_json("models")["models"]}["acme/ranker"]
    assert run_json("models", "show", "acme/ranker")["licence"] == "apache-2.0"


@pytest.mark.parametrize("refusals", [0, 1])
def test_an_interrupted_download_goes_on(run, hub, refusals):
    hub.repos["acme/one-GGUF"]["one.gguf"] = data = GGUF * 50
    hub.cut, hub.refusals = 1_000_000, refusals
    if refusals:
        assert "the hub answers 403" in run("models", "pull", "acme/one-GGUF", status=1)
        assert not ModelStore().models()
    run("models", "pull", "acme/one-GGUF")
    ranges = [asked for method, path, asked in hub.seen if method == "GET" and "resolve" in path]
    assert len(ranges) == 2 + refusals
    assert int(re.match(r"bytes=(\d+)-", ranges[-1])[1]) > 700_000
    assert sha(ModelStore().path(ModelStore().find("one")).read_bytes()) == sha(data)


def test_what_is_not_as_listed_is_not_kept(run, hub, tmp_path):
    hub.listed_sha256["one.gguf"] = "0" * 64
    assert "another sha256 or size than the hub lists and was deleted" in run(
        "models", "pull", "acme/one-GGUF", status=1
    )
    assert not (tmp_path / "data/sota-rag/models/acme--one-GGUF/one.gguf").exists()
    assert not ModelStore().models()


@pytest.mark.parametrize(
    ("repo", "status", "says"),
    [
        ("acme/nothing", 1, "the hub has no repository 'acme/nothing', or it is private"),
        ("acme/empty", 1, "neither a GGUF file nor a config.json with safetensors"),
        ("nothing", 2, "'nothing' is no repository; write it like OWNER/NAME"),
        ("../../etc", 2, "is no repository"),
        ("a/b/c", 2, "is no repository"),
    ],
)
def test_a_repository_that_cannot_be_pulled(run, hub, repo, status, says):
    assert says in run("models", "pull", repo, status=status)


def test_without_a_network(run, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    said = run("models", "pull", "acme/tiny-GGUF", "tiny-q4.gguf", status=1)
    assert "fetch it with: HF_HUB_OFFLINE=0 sota-rag models pull acme/tiny-GGUF tiny-q4.gguf" in said
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with pytest.raises(ModelError, match=r"the hub cannot be reached \(.*refused\); connect to the network, or"):
        model_pull.pull("acme/tiny-GGUF", None, ModelStore(), endpoint="http://127.0.0.1:9")


def test_two_pulls_at_once(hub):
    store = ModelStore()
    with store.writing(), pytest.raises(ModelError, match="another process is pulling"):
        model_pull.pull("acme/one-GGUF", None, ModelStore())


# --- use


SETTINGS = """\
# mine
index = 'somewhere'   # not here

[search]
  alpha   =   0.40

[llm]
# the small one
model = "SmolLM2-135M-Instruct"   # embedded
threads=2
"""


def test_use_keeps_every_other_byte(run, tmp_path):
    model = tmp_path / "mine.gguf"
    model.write_bytes(GGUF)
    file = tmp_path / "sota-rag.toml"
    file.write_text(SETTINGS)
    file.chmod(0o600)
    out = run("models", "use", "mine.gguf")
    assert out.startswith(f"llm.model = {str(model)!r} written to sota-rag.toml\n")
    assert "restart the page" in out
    assert file.read_text() == SETTINGS.replace('"SmolLM2-135M-Instruct"', f'"{model}"')
    assert file.stat().st_mode & 0o777 == 0o600
    assert "is already in sota-rag.toml" in run("models", "use", "mine.gguf")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".sota")] == []


def test_use_follows_the_settings_file_in_use(run_json, tmp_path, monkeypatch):
    (tmp_path / "real.toml").write_text("")
    (tmp_path / "link.toml").symlink_to("real.toml")
    monkeypatch.setenv("SOTA_RAG_CONFIG", "link.toml")
    form = run_json("models", "use", LISTED)
    assert (form["role"], form["model"], form["changed"]) == ("llm", LISTED, True)
    assert (tmp_path / "link.toml").is_symlink()
    assert (tmp_path / "real.toml").read_text() == f'[llm]\nmodel = "{LISTED}"\n'


def test_another_encoder_needs_a_new_index(run, tmp_path):
    folder = tmp_path / "encoder"
    folder.mkdir()
    (folder / "config.json").write_text('{"architectures": ["BertModel"]}')
    out = run("models", "use", "encoder", "--index", tmp_path / "index")
    assert out.startswith(f"encoder.model = {str(folder)!r} written")
    assert (
        f"next: rebuild the index, whose vectors are of the encoder before: sota-rag ingest PATH... --index {tmp_path}"
        in out
    )
    assert "--rebuild" in out
    assert run("models", "use", "encoder", "--role", "reranker").startswith("reranker.model = ")


@pytest.mark.parametrize(
    ("variable", "value"),
    [("SOTA_RAG_LLM__MODEL", "x"), ("sota_rag_llm__model", "x"), ("SOTA_RAG_LLM", '{"model": "x"}')],
)
def test_use_where_the_environment_decides(run, monkeypatch, tmp_path, variable, value):
    monkeypatch.setenv(variable, value)
    said = run("models", "use", LISTED, status=2)
    assert f"the variable {variable} in the environment decides over llm.model" in said
    assert not (tmp_path / "sota-rag.toml").exists()


def test_use_of_what_cannot_be_used(run, monkeypatch, tmp_path):
    assert "unknown language model 'nothing'" in run("models", "use", "nothing", status=1)
    assert "is for the role encoder, not llm" in run("models", "use", "all-MiniLM-L6-v2", "--role", "llm", status=2)
    monkeypatch.setenv("SOTA_RAG_LLM__URL", "http://127.0.0.1:1")
    assert "unset llm.url first" in run("models", "use", LISTED, status=2)
    assert not (tmp_path / "sota-rag.toml").exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '[llm]\nmodel = "m"\n'),
        ("# c\n", '# c\n\n[llm]\nmodel = "m"\n'),
        ("index = 'x'", "index = 'x'\n\n[llm]\nmodel = \"m\"\n"),
        ('llm.model = "x"\nindex="a"\n', 'llm.model = "m"\nindex="a"\n'),
        ('llm = { model = "x", threads=2 } # t\n', 'llm = { model = "m", threads=2 } # t\n'),
        ("[llm]\nurl='a' # k\n\n[search]\nalpha=0.4\n", "[llm]\nurl='a' # k\nmodel = \"m\"\n\n[search]\nalpha=0.4\n"),
        ("[llm]\r\nmodel='q' # é\r\n", '[llm]\r\nmodel="m" # é\r\n'),
    ],
)
def test_forms_of_settings_files(before, after):
    assert with_model(before, "llm", "m") == after


def test_a_settings_file_that_is_none(run, tmp_path):
    (tmp_path / "sota-rag.toml").write_text("[llm")
    assert "not valid TOML" in run("models", "use", LISTED, status=2)
    with pytest.raises(SettingsError, match="is a section"):
        with_model("llm = 3\n", "llm", "m")


def test_a_repository_name_is_checked_before_anything_is_asked():
    with pytest.raises(UsageError):
        model_pull.pull("a b/c", None, ModelStore())
