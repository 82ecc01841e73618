"""A model that is small enough to be trained in a test."""

import pytest
import torch
from sota_rag.index.models import find_model


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """Folder of an untrained BERT of two narrow layers, with MiniLM's tokenizer."""
    from transformers import AutoTokenizer, BertConfig, BertModel

    folder = tmp_path_factory.mktemp("tiny")
    tokenizer = AutoTokenizer.from_pretrained(find_model("all-MiniLM-L6-v2").folder, local_files_only=True)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=64,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)
