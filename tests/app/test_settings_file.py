"""Values are written into the settings file, and the rest of it stays as it is."""

import pytest
from sota_rag.app.settings_file import overriding_variable, with_values, write_values
from sota_rag.index.errors import SettingsError

VALUES = {"search": {"alpha": 0.6, "depth": 200}, "bm25": {"k1": 0.9}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "[search]\nalpha = 0.6\ndepth = 200\n\n[bm25]\nk1 = 0.9\n"),
        (
            "# mine\n[search]\nalpha = 0.5  # half\n",
            "# mine\n[search]\nalpha = 0.6  # half\ndepth = 200\n\n[bm25]\nk1 = 0.9\n",
        ),
        ("search.alpha = 0.1", "search.alpha = 0.6\nsearch.depth = 200\n\n[bm25]\nk1 = 0.9\n"),
    ],
)
def test_several_sections_at_once(before, after):
    assert with_values(before, VALUES) == after


def test_writing_says_whether_anything_changed(tmp_path, monkeypatch):
    monkeypatch.delenv("SOTA_RAG_SEARCH__ALPHA", raising=False)
    file = tmp_path / "sota-rag.toml"
    assert write_values(file, VALUES)
    assert not write_values(file, VALUES)


def test_a_section_that_is_a_value():
    with pytest.raises(SettingsError, match="setting 'search' is a section"):
        with_values("search = 3\n", VALUES)


def test_the_environment_decides_over_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("SOTA_RAG_SEARCH__DEPTH", "50")
    monkeypatch.setenv("SOTA_RAG_BM25", '{"b": 0.2}')
    assert overriding_variable("bm25", "b") == "SOTA_RAG_BM25"
    assert overriding_variable("bm25", "k1") is None
    with pytest.raises(SettingsError, match=r"SOTA_RAG_SEARCH__DEPTH in the environment decides over search\.depth"):
        write_values(tmp_path / "sota-rag.toml", VALUES)
    assert not (tmp_path / "sota-rag.toml").exists()
