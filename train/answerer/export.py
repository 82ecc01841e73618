"""A trained adapter as a GGUF file that llama.cpp puts on top of the model it was trained on.

llama.cpp rotates pairs of neighbours where transformers rotates halves, so the rows of the query and key matrices lie
in another order in a GGUF file (`permute` in llama.cpp's conversion of Llama models); the second matrix of an adapter,
which makes these rows, is put in that order too. The first one is left alone.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .fit import Plan

NAMES = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""Linear layers of the Llama architecture, in transformers and in GGUF."""


def permuted(rows: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Rows of a query or key matrix, shape (heads * size, n), as llama.cpp orders them: halves become pairs."""
    return rows.reshape(heads, 2, -1, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)


def gguf_name(name: str) -> str:
    """Name in GGUF of a matrix of peft.

    Raises:
        ValueError: it belongs to no linear layer of a Llama.
    """
    _, _, rest = name.partition("layers.")
    layer, _, rest = rest.partition(".")
    module, _, matrix = rest.partition(".lora_")
    if module not in NAMES or matrix not in ("A.weight", "B.weight"):
        raise ValueError(f"{name!r} is no matrix of an adapter of a Llama model")
    return f"blk.{layer}.{NAMES[module]}.weight.lora_{matrix[0].lower()}"


def tensors(state: Mapping[str, NDArray[np.float32]], *, heads: int, key_heads: int) -> dict[str, NDArray[np.float32]]:
    """Matrices of peft by their names in GGUF.

    Raises:
        ValueError: one belongs to no linear layer of a Llama.
    """
    found = {}
    for name, values in sorted(state.items()):
        kept = gguf_name(name)
        turned = _heads_turned(kept, heads, key_heads)
        found[kept] = permuted(values, turned) if turned else values
    return found


def _heads_turned(name: str, heads: int, key_heads: int) -> int:
    """How many heads the rows of a matrix are of that llama.cpp reorders; 0 where it does not."""
    _, _, module, _, matrix = name.split(".")
    return {"attn_q": heads, "attn_k": key_heads}.get(module, 0) if matrix == "lora_b" else 0


def to_halves(rows: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """What `permuted` made, as transformers orders it: pairs become halves."""
    return rows.reshape(heads, -1, 2, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)


def read_adapter(path: Path, names: Iterable[str], *, heads: int, key_heads: int) -> dict[str, NDArray[np.float32]]:
    """Matrices of an adapter that `write_gguf` wrote, by the names of peft.

    Args:
        path: of the file.
        names: of the matrices that a model with such an adapter has.
        heads: query heads of the model.
        key_heads: key heads of the model.

    Raises:
        ValueError: it holds others.
    """
    from gguf import GGUFReader

    held = {one.name: np.array(one.data, dtype=np.float32) for one in GGUFReader(path).tensors}
    wanted = {gguf_name(name): name for name in names}
    if strange := wanted.keys() ^ held.keys():
        raise ValueError(f"{path} is no adapter for this model: {min(strange)!r} is in one of them only")
    found = {}
    for name, values in held.items():
        turned = _heads_turned(name, heads, key_heads)
        found[wanted[name]] = to_halves(values, turned) if turned else values
    return found


def write_gguf(
    path: Path,
    state: Mapping[str, NDArray[np.float32]],
    plan: "Plan",
    *,
    heads: int,
    key_heads: int,
    name: str,
    licence: str,
) -> None:
    """Write an adapter with matrices in float16.

    Args:
        path: of the file.
        state: matrices as peft names them.
        plan: rank and scale it was trained with.
        heads: query heads of the model.
        key_heads: key heads of the model.
        name: of the adapter.
        licence: SPDX identifier.
    """
    from gguf import GGUFWriter

    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GGUFWriter(path, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", float(plan.alpha))
    writer.add_name(name)
    writer.add_license(licence)
    for key, values in tensors(state, heads=heads, key_heads=key_heads).items():
        writer.add_tensor(key, np.ascontiguousarray(values, dtype=np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
