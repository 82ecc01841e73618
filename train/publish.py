"""A trained model as it ships: bfloat16, in the Hugging Face layout, that any tool loads."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

WINDOW = 512
"""Word pieces that MiniLM has positions for."""


def publish(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", folder: Path, **config: object) -> None:
    """Write configuration, weights and tokenizer into a folder; other files there (the card) stay.

    Args:
        model: the trained model.
        tokenizer: its tokenizer.
        folder: made if need be.
        config: more entries of `config.json`.
    """
    beside = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(beside, ignore_errors=True)
    for key, value in config.items():
        setattr(model.config, key, value)
    tokenizer.model_max_length = WINDOW
    model.bfloat16().save_pretrained(beside)
    tokenizer.save_pretrained(beside)
    folder.mkdir(parents=True, exist_ok=True)
    for path in beside.iterdir():
        path.chmod(0o644)  # safetensors writes for its owner alone
        path.replace(folder / path.name)
    beside.rmdir()
