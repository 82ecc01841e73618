import json
import threading

import numpy as np
import pytest
from sota_rag.index import SentenceTransformerEncoder
from sota_rag.index.errors import ModelError
from sota_rag.index.models import find_model

STRINGS = [
    "What does LoRA freeze?",
    "LoRA freezes the pretrained weights and trains two low-rank matrices in every layer.",
    "",
    "a",
    "BM25 ranks passages by the words they share with the question. " * 8,
    "Zürich 东京 🦙 café",
    "x = softmax(q @ k.T / sqrt(d)) @ v",
    "| model | bits |\n|---|---|\n| a | 4 |",
    *(f"Sentence number {n} about {topic}." for n, topic in enumerate("rank bits loss data heads gates".split() * 2)),
]


def cosines(one, other):
    return np.einsum("ij,ij->i", one, other)


@pytest.fixture(scope="module")
def vectors(minilm):
    return minilm.encode(STRINGS)


def test_unit_length_float32(vectors):
    assert len(STRINGS) == 20
    assert vectors.shape == (20, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_both_precisions_agree(vectors, precision):
    other = SentenceTransformerEncoder(precision=precision)
    assert other.placement.precision == precision
    found = other.encode(STRINGS)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    assert cosines(found, vectors).min() > 0.999


def test_results_stand_in_the_order_of_the_input(minilm, vectors):
    # Lengths are mixed, and strings are sorted by length inside.
    for place in (0, 2, 4, 19):
        nearest = vectors @ minilm.encode([STRINGS[place]])[0]
        assert int(np.argmax(nearest)) == place
    assert cosines(minilm.encode(STRINGS[::-1])[::-1], vectors).min() > 0.9995


def test_a_vector_does_not_depend_on_its_batch(minilm, vectors):
    alone = np.concatenate([minilm.encode([text]) for text in STRINGS[:6]])
    assert cosines(alone, vectors[:6]).min() > 0.9995
    small = SentenceTransformerEncoder(batch_size=3)
    assert cosines(small.encode(STRINGS[:10]), vectors[:10]).min() > 0.9995


def test_the_same_call_gives_the_same_vectors(minilm, vectors):
    assert np.array_equal(minilm.encode(STRINGS), vectors)


def test_meaning(minilm):
    question, near, far = minilm.encode(
        ["How are models made smaller?", "Quantization stores weights with fewer bits.", "The cake needs two eggs."]
    )
    assert question @ near > question @ far + 0.1


def test_nothing_to_encode(minilm):
    assert minilm.encode([]).shape == (0, 384)
    assert minilm.encode([]).dtype == np.float32


def test_eight_threads(minilm, vectors):
    found, failures = [None] * 8, []

    def encode(number):
        try:
            found[number] = minilm.encode(STRINGS[number:])
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=encode, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for number, array in enumerate(found):
        assert cosines(array, vectors[number:]).min() > 0.9995


def test_token_counts_equal_the_models_tokenizer(minilm):
    minilm.load()
    tokenizer = minilm._model.tokenizer
    expected = [
        len(tokenizer(text, add_special_tokens=False, truncation=False, verbose=False)["input_ids"]) for text in STRINGS
    ]
    assert minilm.count_tokens(STRINGS) == expected
    assert minilm.count_tokens([]) == []
    assert minilm.count_tokens(["word " * 1_000]) == [1_000]  # not cut at the window


def test_what_lies_beyond_the_window_is_not_read(minilm):
    window = minilm.info.window
    inside = " ".join(["word"] * (window - 2))
    assert minilm.count_tokens([inside]) == [window - 2]
    one, two = minilm.encode([inside, inside + " llama" * 50])
    assert one @ two > 0.9999
    one, two = minilm.encode([inside[:-4] + "llama", inside])
    assert one @ two < 0.9999


def test_info(minilm):
    info = minilm.info
    assert (info.id, info.dimension, info.window) == ("all-MiniLM-L6-v2", 384, 256)
    assert len(info.fingerprint) == 64
    assert info == minilm.info


def test_info_and_token_counts_need_no_torch(small):
    printed = small.run(
        """
        import sys
        from sota_rag.index import SentenceTransformerEncoder
        encoder = SentenceTransformerEncoder()
        print(encoder.info.dimension, encoder.count_tokens(["one two"]))
        print(sorted({"torch", "transformers", "sentence_transformers", "faiss"} & set(sys.modules)))
        """
    ).stdout.splitlines()
    assert printed == ["384 [2]", "[]"]


def test_precision_does_not_enter_the_fingerprint(minilm):
    assert SentenceTransformerEncoder(precision="float32").info == minilm.info


def test_unknown_model():
    with pytest.raises(ModelError, match=r"'no-such-model'.*all-MiniLM-L6-v2"):
        SentenceTransformerEncoder("no-such-model")


def test_unusable_device():
    import torch

    missing = "mps" if not torch.backends.mps.is_available() else "cuda"
    with pytest.raises(ModelError, match=f"'{missing}'.*'cpu'"):
        SentenceTransformerEncoder(device=missing).encode(["x"])


def test_a_folder_saved_by_the_installed_sentence_transformers(tmp_path, minilm, vectors):
    minilm.load()
    minilm._model.save(str(tmp_path / "saved"))
    saved = SentenceTransformerEncoder(str(tmp_path / "saved"))
    assert (saved.info.dimension, saved.info.window) == (384, 256)
    assert cosines(saved.encode(STRINGS), vectors).min() > 0.999


@pytest.mark.parametrize(
    ("files", "window"),
    [
        ({}, 512),
        ({"sentence_bert_config.json": {"max_seq_length": 128}}, 128),
        ({"sentence_bert_config.json": {"max_seq_length": None}}, 512),
        ({"tokenizer_config.json": {"model_max_length": 10**30}}, 512),
        ({"sentence_bert_config.json": {}, "tokenizer_config.json": {"model_max_length": 200}}, 200),
        ({"sentence_bert_config.json": {"max_seq_length": 64}, "tokenizer_config.json": {"model_max_length": 200}}, 64),
    ],
)
def test_window(tmp_path, files, window):
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    for name, content in {"config.json": {"max_position_embeddings": 512, "hidden_size": 8}, **files}.items():
        (tmp_path / name).write_text(json.dumps(content))
    info = SentenceTransformerEncoder(str(tmp_path)).info
    assert (info.window, info.dimension, info.id) == (window, 8, str(tmp_path))


def test_the_hash_encoder_keeps_the_contract(hash_encoder):
    first = hash_encoder.encode(["a", "b", "a", ""])
    assert first.dtype == np.float32
    assert first.shape == (4, hash_encoder.info.dimension)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, atol=1e-6)
    assert np.array_equal(first[0], first[2])
    assert np.array_equal(first[1], hash_encoder.encode(["b"])[0])
    assert hash_encoder.encode([]).shape == (0, 32)


def test_model_files_are_those_of_the_list():
    from sota_rag.index.models import file_sha256

    model = find_model("all-MiniLM-L6-v2")
    assert file_sha256(model.folder / "model.safetensors") == model.sha256
