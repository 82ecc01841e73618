"""A copy of the embedded model with the shipped adapter in its weights."""

import contextlib
import os
import struct
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sota_rag.app.llm import Message, Request, Role, Sampling
from sota_rag.app.llm.find import find_adapter
from sota_rag.app.llm.gguf import read_gguf
from sota_rag.app.llm.local import LocalModel
from sota_rag.app.llm.merging import MOST_BYTES, CannotMergeError, merged_fingerprint, merged_model
from sota_rag.app.llm.types import transcribe

gguf = pytest.importorskip("gguf")

QUESTION = Request(
    (
        Message(
            Role.USER,
            "Passages:\n\n[1] Cats\nCats sleep 14 hours a day. Most of it is light sleep.\n\n[2] Dogs\nDogs bark.\n\n"
            "Question: How long do cats sleep?",
        ),
    ),
    Sampling(max_tokens=24),
)


@pytest.fixture(scope="module")
def adapter():
    path = find_adapter("auto", "SmolLM2-135M-Instruct")
    assert path is not None
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("merged")


@pytest.fixture(scope="module")
def copy(smollm2, adapter, folder):
    return merged_model(smollm2, read_gguf(smollm2), adapter, folder)


def weights(path):
    return {one.name: one for one in gguf.GGUFReader(path).tensors}


def values(tensor):
    return gguf.quants.dequantize(tensor.data, tensor.tensor_type)


def test_the_copy_holds_the_sums_and_everything_else_as_it_was(smollm2, adapter, copy):
    before, small, after = weights(smollm2), weights(adapter), weights(copy)
    assert list(before) == list(after)
    changed = {name for name in before if before[name].tensor_type != after[name].tensor_type}
    assert changed == {name.rpartition(".lora_")[0] for name in small}
    assert len(changed) == 210
    assert all(np.array_equal(before[name].data, after[name].data) for name in before.keys() - changed)
    for name in ("blk.0.attn_q.weight", "blk.11.ffn_down.weight", "blk.29.attn_v.weight"):
        down, up = (values(small[f"{name}.lora_{which}"]) for which in "ab")
        added, moved = 2.0 * up @ down, values(after[name]) - values(before[name])  # alpha 32, rank 16
        assert np.vdot(moved, added) == pytest.approx(np.vdot(added, added), rel=0.05)
        assert np.linalg.norm(moved - added) < 0.01 * np.linalg.norm(values(before[name]))


def test_the_copy_says_of_itself_what_the_model_says(smollm2, copy):
    before, after = (gguf.GGUFReader(path).fields for path in (smollm2, copy))
    said = {name for name in before if not name.startswith("GGUF.")}
    assert said == {name for name in after if not name.startswith("GGUF.")}
    differ = {name for name in said if before[name].contents() != after[name].contents()}
    assert differ == {"general.file_type"}
    assert read_gguf(copy).quantization == "Q8_0"


def test_it_writes_what_the_adapter_writes_on_top_and_without_it_what_the_model_does(
    smollm2, adapter, folder, copy, shared_model
):
    texts = {}
    for merged in (None, folder):
        with contextlib.closing(LocalModel(smollm2, lora=adapter, merged=merged)) as model:
            assert model.info.adapter == ("added to the weights" if merged else "on top of the weights")
            for adapted in (True, False, True):
                texts[merged, adapted] = transcribe(model.generate(replace(QUESTION, adapted=adapted))).text
    plain = transcribe(shared_model.generate(QUESTION)).text
    assert texts[folder, True] == texts[None, True] == "Cats sleep 14 hours a day [1]."
    assert texts[None, False] == plain
    assert texts[folder, False].startswith("Cats sleep for 14 hours a day.")
    assert plain.startswith("Cats sleep for 14 hours a day.")


def test_a_copy_is_made_once_and_has_a_fingerprint_of_its_own(smollm2, adapter, folder, copy, shared_model):
    os.utime(copy, (1, 1))
    made = copy.stat()
    prints = [shared_model.info.fingerprint]
    for merged in (None, folder):
        with contextlib.closing(LocalModel(smollm2, lora=adapter, merged=merged)) as model:
            prints.append(model.info.fingerprint)
    assert len(set(prints)) == 3
    assert prints[-1] == merged_fingerprint(smollm2, adapter)
    assert prints[-1].startswith(copy.stem)
    assert [path.name for path in folder.iterdir()] == [copy.name]
    assert copy.stat().st_ino == made.st_ino
    assert copy.stat().st_mtime > time.time() - 600, "it is in use"


def test_where_no_copy_can_be_made_the_adapter_is_put_on_top_and_it_is_said(smollm2, adapter, tmp_path):
    (tmp_path / "taken").write_text("a file")
    with contextlib.closing(LocalModel(smollm2, lora=adapter, merged=tmp_path / "taken")) as model:
        said = model.info.adapter
        assert said.startswith("on top of the weights, because '")
        assert said.endswith("taken' cannot be written (File exists)")
        assert transcribe(model.generate(QUESTION)).text == "Cats sleep 14 hours a day [1]."


def test_what_is_not_merged(smollm2, adapter, tmp_path, write_gguf):
    header = read_gguf(smollm2)
    odd = {
        "has a matrix 'token_embd.weight.lora_a'": ("token_embd.weight", 576),
        "'blk.99.attn_q.weight' is no matrix of the model": ("blk.99.attn_q.weight", 576),
        "'blk.0.attn_q.weight' is \\(576, 576\\), and its adapter \\(576, 512\\)": ("blk.0.attn_q.weight", 512),
    }
    for reason, (name, width) in odd.items():
        tensors = [
            (f"{name}.lora_a", [width, 1], struct.pack(f"<{width}f", *[0.0] * width)),
            (f"{name}.lora_b", [1, 576], struct.pack("<576f", *[0.0] * 576)),
        ]
        path = tmp_path / "odd.gguf"
        path.write_bytes(write_gguf({"general.type": "adapter", "adapter.type": "lora"}, tensors))
        with pytest.raises(CannotMergeError, match=reason):
            merged_model(smollm2, header, path, tmp_path / "merged")
    for form, reason in (({"parts": 2}, "in several files"), ({"size_bytes": MOST_BYTES + 1}, "larger than 512 MiB")):
        with pytest.raises(CannotMergeError, match=reason):
            merged_model(smollm2, replace(header, **form), adapter, tmp_path / "merged")
    assert list((tmp_path / "merged").iterdir()) == [], "nothing half done is left"


def test_an_adapter_with_half_of_a_pair_is_not_merged(smollm2, tmp_path, write_gguf):
    half = [("blk.0.attn_q.weight.lora_a", [576, 1], struct.pack("<576f", *[0.0] * 576))]
    path = tmp_path / "half.gguf"
    path.write_bytes(write_gguf({"general.type": "adapter", "adapter.type": "lora"}, half))
    with pytest.raises(CannotMergeError, match=r"has one matrix only for 'blk\.0\.attn_q\.weight'"):
        merged_model(smollm2, read_gguf(smollm2), path, tmp_path / "merged")


def test_a_damaged_copy_is_made_again(smollm2, adapter, folder, copy):
    size = copy.stat().st_size
    with copy.open("r+b") as file:
        file.truncate(size // 2)
    assert merged_model(smollm2, read_gguf(smollm2), adapter, folder) == copy
    assert copy.stat().st_size == size


def test_old_copies_make_room(smollm2, adapter, tmp_path):
    ages = {"month.gguf": 31 * 86400, "week.gguf": 7 * 86400, "dead.1.part": 2 * 3600, "alive.2.part": 60}
    for name, seconds in ages.items():
        (tmp_path / name).write_bytes(b"")
        os.utime(tmp_path / name, (time.time() - seconds,) * 2)
    copy = merged_model(smollm2, read_gguf(smollm2), adapter, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"week.gguf", "alive.2.part", copy.name}


def test_without_the_package_that_reads_weights(smollm2, adapter, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(CannotMergeError, match="the package gguf is not installed"):
        merged_model(smollm2, read_gguf(smollm2), adapter, Path(tmp_path))
