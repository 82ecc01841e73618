import random
import shutil
import struct

import pytest
from sota_rag.app.llm.gguf import read_gguf
from sota_rag.app.llm.gguf_types import TENSOR_TYPES
from sota_rag.app.llm.model_kind import check_adapter, check_writer
from sota_rag.index.errors import ModelError

MODEL = {
    "general.architecture": "llama",
    "general.name": "Tiny",
    "general.file_type": 15,
    "llama.context_length": 2048,
    "llama.rope.freq_base": 1.5,
    "tokenizer.ggml.tokens": ["a", "b", "c"],
    "tokenizer.chat_template": "{{ secret }}",
    "tokenizer.ggml.add_bos_token": True,
}
ADAPTER = {"general.type": "adapter", "adapter.type": "lora", "general.architecture": "llama"}
TENSORS = [("one", [8, 2], bytes(64)), ("two", [5], bytes(20))]


@pytest.fixture
def file(tmp_path):
    def write(data):
        path = tmp_path / "model.gguf"
        path.write_bytes(data)
        return path

    return write


def complaint(path, check=read_gguf):
    with pytest.raises(ModelError) as caught:
        check(path)
    said = str(caught.value)
    assert repr(str(path)) in said
    assert "\n" not in said
    return said


def test_what_the_embedded_model_says(smollm2):
    header = read_gguf(smollm2)
    assert (header.version, header.architecture, header.type) == (3, "llama", "model")
    assert (header.context_length, header.quantization, header.tensors) == (8192, "Q4_1", 272)
    assert header.size_bytes == smollm2.stat().st_size
    assert header.metadata["general.license"] == "apache-2.0"
    assert "tokenizer.ggml.tokens" not in header.metadata


@pytest.mark.parametrize("version", [2, 3])
def test_a_small_file(file, write_gguf, version):
    header = read_gguf(file(write_gguf(MODEL, TENSORS, version=version)))
    assert (header.version, header.name, header.context_length) == (version, "Tiny", 2048)
    assert (header.quantization, header.tensors, header.parts, header.pooling) == ("Q4_K_M", 2, 1, 0)
    assert header.metadata["llama.rope.freq_base"] == 1.5
    assert header.metadata["tokenizer.ggml.add_bos_token"] is True
    assert "tokenizer.chat_template" not in header.metadata, "the template of a file is never used"


def test_the_quantization_of_a_file_that_does_not_say_it(file, write_gguf):
    plain = {key: value for key, value in MODEL.items() if key != "general.file_type"}
    assert read_gguf(file(write_gguf(plain, TENSORS))).quantization == "F32"


def test_the_sizes_of_types_are_those_of_ggml():
    library = pytest.importorskip("llama_cpp._ggml").libggml
    for number, (name, block, size) in TENSOR_TYPES.items():
        library.ggml_type_name.restype = pytest.importorskip("ctypes").c_char_p
        assert library.ggml_type_name(number).decode().upper() == name
        assert (library.ggml_blck_size(number), library.ggml_type_size(number)) == (block, size)


def test_a_missing_file_and_a_folder(tmp_path):
    assert complaint(tmp_path / "none.gguf").endswith("correct the path, or see: sota-rag models list")
    assert complaint(tmp_path).endswith("is a folder; name the .gguf file in it")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "it is empty"),
        (b"PK\x03\x04rest", "a zip archive, such as a PyTorch checkpoint"),
        (struct.pack("<Q", 30) + b'{"__metadata__":{}}', "looks like safetensors"),
        (b"<!DOCTYPE html><html>", "a web page, such as an error of a download"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab", "a Git LFS pointer"),
        (b"tjgg" + bytes(20), "a GGML file, from before GGUF"),
        (b"FUGG" + bytes(20), "its bytes are in the wrong order"),
        (b"\x80\x02ctorch", "a pickle"),
        (b'{"a": 1}', "looks like JSON"),
        (b"hello, world", "it begins with b'hello, w'"),
    ],
)
def test_what_is_not_gguf_is_named(file, data, words):
    said = complaint(file(data))
    assert "is not a GGUF file (" in said
    assert words in said


def test_other_versions(file, write_gguf):
    whole = write_gguf(MODEL, TENSORS)
    assert "the old GGUF version 1; get a file of version 3" in complaint(file(write_gguf(MODEL, version=1)))
    assert "the unknown GGUF version 9" in complaint(file(write_gguf(MODEL, version=9)))
    assert "is big-endian GGUF" in complaint(file(whole[:4] + struct.pack(">I", 3) + whole[8:]))


def test_a_truncated_file_says_how_much_is_missing(file, write_gguf):
    whole = write_gguf(MODEL, TENSORS)
    length = len(whole) - 12  # the last tensor has 20 bytes and is padded to 32
    assert read_gguf(file(whole[:length])).tensors == 2
    assert complaint(file(whole[: length - 7])).endswith("is truncated (at least 7 bytes are missing); get it again")


@pytest.mark.parametrize("cut", [5, 20, 60, 200])
def test_a_file_that_ends_in_its_header_is_truncated(file, write_gguf, cut):
    assert "is truncated (at least" in complaint(file(write_gguf(MODEL, TENSORS)[:cut]))


def test_the_embedded_model_without_its_end(smollm2, tmp_path):
    path = tmp_path / "cut.gguf"
    shutil.copy(smollm2, path)
    with path.open("r+b") as stream:
        stream.truncate(path.stat().st_size - 1_000_000)
    assert "is truncated (at least 1,000,000 bytes are missing)" in complaint(path)


def header_of(*parts):
    return b"GGUF" + struct.pack("<I", 3) + b"".join(parts)


KEY = struct.pack("<Q", 1) + b"k"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (header_of(struct.pack("<QQ", 2**63, 0)), "it claims 9223372036854775808 tensors"),
        (header_of(struct.pack("<QQ", 0, 2**63)), "it claims 9223372036854775808 metadata values"),
        (header_of(struct.pack("<QQQ", 0, 1, 2**64 - 1)), "a string of 18446744073709551615 bytes"),
        (header_of(struct.pack("<QQ", 0, 1), KEY, struct.pack("<IQ", 8, 2**62)), "a string of 4611686018427387904"),
        (header_of(struct.pack("<QQ", 0, 1), KEY, struct.pack("<IIQ", 9, 4, 2**62)), "an array of 46116860184273879"),
        (header_of(struct.pack("<QQ", 0, 1), KEY, struct.pack("<IIQ", 9, 9, 1)), "an array of the type 9"),
        (header_of(struct.pack("<QQ", 0, 1), KEY, struct.pack("<I", 77)), "a value of the unknown type 77"),
        (header_of(struct.pack("<QQ", 0, 2), (KEY + struct.pack("<IB", 0, 1)) * 2), "it says 'k' twice"),
        (header_of(struct.pack("<QQ", 1, 0), KEY, struct.pack("<I", 2**31)), "a tensor of 2147483648 dimensions"),
        (header_of(struct.pack("<QQ", 1, 0), KEY, struct.pack("<I4QIQ", 4, *[2**63] * 4, 0, 0)), "a tensor of "),
        (header_of(struct.pack("<QQ", 1, 0), KEY, struct.pack("<IQIQ", 1, 1, 0, 2**63)), "a tensor of 1 values"),
    ],
)
def test_a_hostile_header_is_refused_at_once(file, data, words):
    said = complaint(file(data + bytes(64)))
    assert "has a broken GGUF header (" in said
    assert words in said


def test_an_alignment_of_nothing(file, write_gguf):
    assert "an alignment of 0" in complaint(file(write_gguf(MODEL | {"general.alignment": 0}, TENSORS)))


def test_any_mutation_gives_a_header_or_one_sentence(file, write_gguf):
    dice, whole = random.Random(4), write_gguf(MODEL, TENSORS)
    refused = 0
    for _ in range(600):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            place = dice.randrange(len(data))
            what = dice.randrange(4)
            if what == 0:
                data[place] = dice.randrange(256)
            elif what == 1:
                data[place : place + 8] = dice.choice([b"\xff" * 8, bytes(8), struct.pack("<Q", 2**63)])
            elif what == 2:
                del data[place : place + dice.randint(1, 20)]
            else:
                data[place:place] = dice.randbytes(dice.randint(1, 20))
        path = file(bytes(data))
        try:
            read_gguf(path)
        except ModelError as error:
            refused += 1
            assert str(error).startswith(repr(str(path)))
    assert 120 < refused < 600


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        (ADAPTER, "is an adapter (set it as llm.lora, beside its model)"),
        (MODEL | {"general.type": "mmproj"}, "is the image projector of a multimodal model"),
        (MODEL | {"general.architecture": "clip"}, "is the image projector"),
        (MODEL | {"general.architecture": "bert"}, "is an embedding model (bert)"),
        (MODEL | {"llama.pooling_type": 3}, "is an embedding model (llama)"),
        (MODEL | {"general.type": "imatrix"}, "is of the type 'imatrix'"),
        ({"general.name": "x"}, "without an architecture"),
    ],
)
def test_files_that_write_no_text(file, write_gguf, metadata, words):
    path = file(write_gguf(metadata, TENSORS))
    header = read_gguf(path)
    said = complaint(path, lambda path: check_writer(path, header))
    assert words in said
    assert said.endswith("writes no text; name the GGUF file of an instruct model")


def test_a_vocabulary_is_no_model(file, write_gguf):
    path = file(write_gguf(MODEL))
    assert "a vocabulary without weights" in complaint(path, lambda path: check_writer(path, read_gguf(path)))


def test_a_model_and_an_adapter_pass(file, write_gguf, smollm2):
    check_writer(smollm2, read_gguf(smollm2))
    path = file(write_gguf(ADAPTER, TENSORS))
    check_adapter(path, read_gguf(path), "llama")


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        (MODEL, "is no adapter but a model; name a LoRA adapter in GGUF as llm.lora"),
        (ADAPTER | {"adapter.type": "cvec"}, "is an adapter of the kind 'cvec'; only LoRA can be used"),
        (ADAPTER | {"general.architecture": "qwen2"}, "is for 'qwen2' models and llm.model is of the architecture"),
    ],
)
def test_adapters_that_do_not_fit(file, write_gguf, metadata, words):
    path = file(write_gguf(metadata, TENSORS))
    header = read_gguf(path)
    assert words in complaint(path, lambda path: check_adapter(path, header, "llama"))
