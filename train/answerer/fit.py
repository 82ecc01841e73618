"""Training of a low-rank adapter (LoRA; Hu et al., arXiv:2106.09685) on replies, with a checkpoint to go on from."""

import hashlib
import json
import math
import random
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sota_rag.index.device import choose_placement

from ..loop import Journal
from .export import read_adapter

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedTokenizerBase

Encoded = tuple[list[int], list[int]]
"""Tokens of a prompt and of its reply."""

_POOL = 30
"""Batches whose examples are sorted by length together."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How an adapter is trained.

    Attributes:
        rank: of the two matrices beside each linear layer.
        alpha: their product is scaled by `alpha / rank`.
        dropout: before the first of them.
        batch: examples between two steps of the optimiser.
        rate: highest learning rate of AdamW; it rises over the first twentieth of all steps and falls linearly to zero.
        seed: of the order and of the new matrices.
        tokens: of one forward pass, padding included.
        checkpoint_s: seconds between two checkpoints.
    """

    rank: int = 16
    alpha: int = 32
    dropout: float = 0.05
    batch: int = 32
    rate: float = 5e-4
    seed: int = 0
    tokens: int = 1024
    checkpoint_s: float = 120.0


class Adapter:
    """The trained part of a model, for the checkpoint."""

    def __init__(self, model: "PeftModel") -> None:
        self._model = model

    def state_dict(self) -> dict[str, Any]:
        """Its matrices by name."""
        from peft import get_peft_model_state_dict

        return get_peft_model_state_dict(self._model, save_embedding_layers=False)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put matrices in place."""
        from peft import set_peft_model_state_dict

        set_peft_model_state_dict(self._model, state)


def load_base(file: Path) -> "tuple[Any, PreTrainedTokenizerBase]":
    """A model and its tokenizer from a GGUF file, its weights dequantised to bfloat16."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    where = {"pretrained_model_name_or_path": str(file.parent), "gguf_file": file.name, "local_files_only": True}
    return AutoModelForCausalLM.from_pretrained(**where, dtype=torch.bfloat16), AutoTokenizer.from_pretrained(**where)


def with_adapter(base: Any, plan: Plan) -> "PeftModel":
    """A model with a new adapter on all its linear layers but the last, in float32."""
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(plan.seed)
    warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing")  # peft asks by transformers' older name
    warnings.filterwarnings("ignore", message="Could not find a config file")  # a GGUF file has none beside it
    form = LoraConfig(
        r=plan.rank,
        lora_alpha=plan.alpha,
        lora_dropout=plan.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    return get_peft_model(base, form)


def batches(epoch: Sequence[Encoded], plan: Plan, turn: int) -> list[list[int]]:
    """Numbers of examples in batches of much the same length, in a random, fixed order."""
    dice = random.Random(f"{plan.seed}/{turn}")
    order = list(range(len(epoch)))
    dice.shuffle(order)
    found: list[list[int]] = []
    for start in range(0, len(order), _POOL * plan.batch):
        pool = sorted(order[start : start + _POOL * plan.batch], key=lambda one: (sum(map(len, epoch[one])), one))
        found += [pool[first : first + plan.batch] for first in range(0, len(pool), plan.batch)]
    dice.shuffle(found)
    return found


def fit(
    base: Any,
    epochs: Sequence[Sequence[Encoded]],
    plan: Plan,
    *,
    about: str,
    work: Path,
    start: Path | None = None,
    say: Callable[[str], None] = print,
) -> "tuple[PeftModel, list[tuple[int, float]], float]":
    """Train an adapter, or go on from where a run with the same plan and examples was stopped.

    Args:
        base: model that stays as it is.
        epochs: examples of each pass, in any order.
        plan: how.
        about: of what model; a checkpoint of something else is refused.
        work: folder of the checkpoint.
        start: adapter in GGUF that is taught further, of the plan's rank; else a new one.
        say: told how far it is.

    Returns:
        The model with its adapter, the mean loss of a token of a reply after each twentieth of the steps, and the
        hours it took in all.
    """
    import torch

    device = choose_placement("auto", "auto").device
    model = with_adapter(base, plan)
    if start is not None:
        begin_from(model, start)
    model = model.to(device).train()
    weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(weights, lr=plan.rate, weight_decay=0.0)
    order = [(turn, batch) for turn, epoch in enumerate(epochs) for batch in batches(epoch, plan, turn)]
    warm = max(1, len(order) // 20)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / warm, max(0.0, (len(order) - step) / max(1, len(order) - warm)))
    )
    digest = hashlib.sha256(json.dumps(list(epochs)).encode()).hexdigest()
    journal = Journal(work, {"plan": asdict(plan), "about": about, "batches": len(order), "sha256": digest})
    curve = _Curve()
    done, spent = journal.restore(Adapter(model), optimiser, schedule, curve)
    if done:
        say(f"going on after batch {done} of {len(order)}")
    began = said = saved = time.perf_counter()
    first, recent = done, list[float]()
    for turn, batch in order[done:]:
        value = step(model, [epochs[turn][one] for one in batch], plan, device)
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad(set_to_none=True)
        done += 1
        recent.append(value)
        if done % max(1, len(order) // 20) == 0:
            curve.points.append((done, round(sum(recent) / len(recent), 4)))
            recent = []
        now = time.perf_counter()
        if now - said > 20 or done == len(order):
            left = (now - began) / (done - first) * (len(order) - done)
            say(f"batch {done} of {len(order)}, loss {value:.4f}, {left / 60:.1f} min left")
            said = now
        if now - saved > plan.checkpoint_s or done == len(order):
            journal.save(Adapter(model), optimiser, schedule, curve, done, spent + now - began)
            saved = now
    return model.eval(), curve.points, (spent + time.perf_counter() - began) / 3600


def begin_from(model: "PeftModel", start: Path) -> None:
    """Put the matrices of an adapter in GGUF in place of those of a new one.

    Raises:
        ValueError: it is for another model, or of another rank.
    """
    import torch

    adapter, form = Adapter(model), model.get_base_model().config
    held = adapter.state_dict()
    state = read_adapter(start, held, heads=form.num_attention_heads, key_heads=form.num_key_value_heads)
    for name, values in state.items():
        if values.shape != held[name].shape:
            raise ValueError(f"{start}: {name} is {values.shape} there and {tuple(held[name].shape)} here; see --rank")
    adapter.load_state_dict({name: torch.from_numpy(values) for name, values in state.items()})


class _Curve:
    """Losses so far, for the checkpoint."""

    def __init__(self) -> None:
        self.points: list[tuple[int, float]] = []

    def state_dict(self) -> dict[str, Any]:
        return {"points": [list(point) for point in self.points]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.points = [(step, loss) for step, loss in state["points"]]


def step(model: "PeftModel", examples: Sequence[Encoded], plan: Plan, device: str) -> float:
    """Gradients of the mean loss over the tokens of the replies; gives that loss."""
    import torch

    count = sum(len(reply) for _, reply in examples)
    total = 0.0
    low = device == "cuda" or choose_placement(device, "auto").precision == "bfloat16"
    for part in parts(examples, plan.tokens):
        with torch.autocast(torch.device(device).type, dtype=torch.bfloat16, enabled=low):
            value = losses(model, part, device).sum() / count
        value.backward()
        total += float(value.detach())
    return total


def parts(examples: Sequence[Encoded], tokens: int) -> list[list[Encoded]]:
    """Examples, longest first, in parts of at most so many tokens with their padding, one example at least."""
    found: list[list[Encoded]] = []
    for one in sorted(examples, key=lambda pair: -sum(map(len, pair))):
        if found and (len(found[-1]) + 1) * sum(map(len, found[-1][0])) <= tokens:
            found[-1].append(one)
        else:
            found.append([one])
    return found


def losses(model: Any, examples: Sequence[Encoded], device: str) -> "torch.Tensor":
    """Negative log-probability of every token of the replies, one after the other, shape (tokens,), float32.

    The logits of the prompts, a hundred times as many, are never made.
    """
    import torch

    width = math.ceil(max(len(prompt) + len(reply) for prompt, reply in examples) / 8) * 8
    ids = torch.zeros(len(examples), width, dtype=torch.long)
    mask = torch.zeros(len(examples), width, dtype=torch.long)
    rows, places, wanted = list[int](), list[int](), list[int]()
    for row, (prompt, reply) in enumerate(examples):
        size = len(prompt) + len(reply)
        ids[row, :size] = torch.tensor(prompt + reply)
        mask[row, :size] = 1
        rows += [row] * len(reply)
        places += range(len(prompt) - 1, size - 1)
        wanted += reply
    causal = model.get_base_model() if hasattr(model, "get_base_model") else model
    hidden = causal.model(input_ids=ids.to(device), attention_mask=mask.to(device), use_cache=False).last_hidden_state
    logits = causal.lm_head(hidden[torch.tensor(rows, device=device), torch.tensor(places, device=device)]).float()
    return torch.nn.functional.cross_entropy(logits, torch.tensor(wanted, device=device), reduction="none")
