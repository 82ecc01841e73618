"""Training of a small cross-encoder on a few cores: batches of one length, bfloat16, and a checkpoint to go on from.

What is trained on is a sequence of *units*: a unit is a few pairs of texts that the loss looks at together.
"""

import hashlib
import json
import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sota_rag.index.cross_encoder import spare_last_layer
from sota_rag.index.device import choose_placement
from sota_rag.index.models import find_model, quiet_loading

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

Pair = tuple[str, str]
Loss = Callable[["torch.Tensor", Sequence[int]], "torch.Tensor"]
"""From the outputs of a batch's pairs, shape (pairs, outputs), and the numbers of its units, to a scalar."""

_POOL = 40
"""Batches whose units are sorted by length together; more makes them neater and less random."""
_CHUNK = 8
"""Pairs in one forward pass: the pairs of a batch, sorted by length, pass in such chunks with next to no padding."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a model is trained.

    Attributes:
        epochs: how often every unit is seen.
        batch: pairs between two steps of the optimiser, about.
        rate: highest learning rate of AdamW; it rises over the first tenth of all steps and falls linearly to zero.
        head_rate: the same for the layers that are new.
        max_length: word pieces of a pair; what is longer loses the end of its second text.
        seed: of the order and of the new layers.
        frozen: whether the word embeddings stay as they are.
        checkpoint_s: seconds between two checkpoints.
    """

    epochs: float = 1.0
    batch: int = 32
    rate: float = 1e-4
    head_rate: float = 5e-4
    max_length: int = 256
    seed: int = 0
    frozen: bool = True
    checkpoint_s: float = 120.0


def new_model(base: str, outputs: int, seed: int = 0) -> tuple["PreTrainedModel", "PreTrainedTokenizerBase"]:
    """A sequence classifier on top of a named model, its head new, in float32."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()  # it would warn that the head is new
    folder = find_model(base).folder
    torch.manual_seed(seed)
    with quiet_loading():
        model = AutoModelForSequenceClassification.from_pretrained(
            folder,
            num_labels=outputs,
            ignore_mismatched_sizes=True,
            dtype=torch.float32,
            local_files_only=True,
            # One pass over varied data does not overfit, and attention without dropout is half as fast again.
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            classifier_dropout=0.0,
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return model, tokenizer


def batches(lengths: Sequence[int], sizes: Sequence[int], plan: Plan) -> list[list[int]]:
    """Numbers of units, in batches of about `plan.batch` pairs and of much the same length, in a random, fixed order.

    Args:
        lengths: mean length of the pairs of each unit.
        sizes: how many pairs it has.
        plan: epochs, batch size and seed.
    """
    dice = random.Random(plan.seed)
    found: list[list[int]] = []
    whole, rest = int(plan.epochs), plan.epochs - int(plan.epochs)
    for share in [1.0] * whole + ([rest] if rest > 1e-9 else []):
        order = list(range(len(lengths)))
        dice.shuffle(order)
        order = order[: round(len(order) * share)]
        epoch: list[list[int]] = []
        pool = max(1, _POOL * plan.batch // max(1, round(sum(sizes) / len(sizes))))
        for start in range(0, len(order), pool):
            held: list[int] = []
            pairs = 0
            for unit in sorted(order[start : start + pool], key=lambda unit: (lengths[unit], unit)):
                held.append(unit)
                pairs += sizes[unit]
                if pairs >= plan.batch:
                    epoch.append(held)
                    held, pairs = [], 0
            if held:
                epoch.append(held)
        dice.shuffle(epoch)
        found += epoch
    return found


def train(
    units: Sequence[Sequence[Pair]],
    loss: Loss,
    *,
    base: str,
    outputs: int,
    plan: Plan,
    about: str,
    work: Path,
    say: Callable[[str], None] = print,
) -> tuple["PreTrainedModel", "PreTrainedTokenizerBase", float]:
    """Train a model, or go on from where a run with the same plan and units was stopped.

    Args:
        units: pairs of each unit.
        loss: what is made small.
        base: name or folder of the model to start from.
        outputs: how many numbers the model gives for a pair.
        plan: how.
        about: what else the outcome depends on, such as the loss; a checkpoint of something else is refused.
        work: folder of the checkpoint.
        say: told how far it is.

    Returns:
        The model in evaluation mode, its tokenizer, and the hours it took in all.
    """
    import torch

    device = choose_placement("auto", "auto").device
    low = choose_placement(device, "auto").precision == "bfloat16" or device == "cuda"
    model, tokenizer = new_model(base, outputs, plan.seed)
    if plan.frozen:
        model.base_model.embeddings.requires_grad_(requires_grad=False)
    spare_last_layer(model)
    model.to(device).train()
    fresh = {id(parameter) for parameter in model.classifier.parameters()}
    old_ones = [p for p in model.parameters() if p.requires_grad and id(p) not in fresh]
    optimiser = torch.optim.AdamW(
        [{"params": old_ones, "lr": plan.rate}, {"params": list(model.classifier.parameters()), "lr": plan.head_rate}],
        weight_decay=0.01,
    )
    encoded = _encode(units, tokenizer, plan.max_length)
    lengths = [round(sum(len(ids) for ids, _ in unit) / len(unit)) for unit in encoded]
    order = batches(lengths, [len(unit) for unit in units], plan)
    warm = max(1, len(order) // 10)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / warm, max(0.0, (len(order) - step) / max(1, len(order) - warm)))
    )
    said_of = {"plan": asdict(plan), "base": base, "about": about, "units": len(units), "batches": len(order)}
    journal = Journal(work, {**said_of, "sha256": _digest(units)})
    done, spent = journal.restore(model, optimiser, schedule)
    if done:
        say(f"going on after batch {done} of {len(order)}")
    began = said = saved = time.perf_counter()
    recent: list[float] = []
    first = done
    for batch in order[done:]:
        pairs = [pair for unit in batch for pair in encoded[unit]]
        logits = _forward(model, tokenizer, pairs, device, low=low)
        value = loss(logits, batch)
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad(set_to_none=True)
        done += 1
        recent.append(float(value.detach()))
        now = time.perf_counter()
        if now - said > 20 or done == len(order):
            left = (now - began) / (done - first) * (len(order) - done)
            say(
                f"batch {done} of {len(order)}, loss {sum(recent) / len(recent):.4f}, "
                f"{(done - first) / (now - began) * plan.batch:.1f} pairs/s, {left / 60:.0f} min left"
            )
            said, recent = now, []
        if now - saved > plan.checkpoint_s or done == len(order):
            journal.save(model, optimiser, schedule, done, spent + now - began)
            saved = now
    return model.eval(), tokenizer, (spent + time.perf_counter() - began) / 3600


def average(model: "PreTrainedModel", other: "PreTrainedModel") -> None:
    """Give a model the mean of its weights and those of another one that began as the same."""
    import torch

    with torch.no_grad():
        for own, its in zip(model.parameters(), other.parameters(), strict=True):
            own.lerp_(its, 0.5)


def _digest(units: Sequence[Sequence[Pair]]) -> str:
    return hashlib.sha256(json.dumps(units, ensure_ascii=False).encode()).hexdigest()


Encoded = tuple[list[int], list[int]]


def _encode(
    units: Sequence[Sequence[Pair]], tokenizer: "PreTrainedTokenizerBase", max_length: int
) -> list[list[Encoded]]:
    flat = [pair for unit in units for pair in unit]
    said = tokenizer(
        [_clipped(one, tokenizer, max_length // 2) for one, _ in flat],
        [other for _, other in flat],
        truncation="only_second",
        max_length=max_length,
    )
    rows = iter(zip(said["input_ids"], said["token_type_ids"], strict=True))
    return [[next(rows) for _ in unit] for unit in units]


def _clipped(text: str, tokenizer: "PreTrainedTokenizerBase", most: int) -> str:
    """The text, or its first `most` word pieces, so that there is room for the other."""
    if len(text) <= most:
        return text
    ids = tokenizer(text, add_special_tokens=False, truncation=True, max_length=most, return_offsets_mapping=True)
    return text[: ids["offset_mapping"][-1][1]] if len(ids["input_ids"]) == most else text


def _forward(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    pairs: Sequence[Encoded],
    device: str,
    *,
    low: bool,
) -> "torch.Tensor":
    """Outputs of the pairs, shape (pairs, outputs), float32, in order."""
    import torch

    order = sorted(range(len(pairs)), key=lambda place: len(pairs[place][0]))
    outputs: list[torch.Tensor] = []
    for start in range(0, len(order), _CHUNK):
        chosen = [pairs[place] for place in order[start : start + _CHUNK]]
        width = math.ceil(max(len(ids) for ids, _ in chosen) / 8) * 8
        ids = torch.tensor([ids + [tokenizer.pad_token_id] * (width - len(ids)) for ids, _ in chosen])
        kinds = torch.tensor([kinds + [0] * (width - len(kinds)) for _, kinds in chosen])
        mask = torch.tensor([[1] * len(ids) + [0] * (width - len(ids)) for ids, _ in chosen])
        with torch.autocast(torch.device(device).type, dtype=torch.bfloat16, enabled=low):
            outputs.append(
                model(
                    input_ids=ids.to(device), token_type_ids=kinds.to(device), attention_mask=mask.to(device)
                ).logits.float()
            )
    back = torch.tensor(sorted(range(len(order)), key=order.__getitem__), device=device)
    return torch.cat(outputs)[back]


def score(
    model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", pairs: Sequence[Pair], max_length: int
) -> "torch.Tensor":
    """Outputs of any number of pairs, shape (pairs, outputs), float32, in order, without a gradient."""
    import torch

    device = next(model.parameters()).device
    low = choose_placement(device.type, "auto").precision == "bfloat16"
    encoded = _encode([[pair] for pair in pairs], tokenizer, max_length)
    with torch.inference_mode():
        return _forward(model, tokenizer, [unit[0] for unit in encoded], device.type, low=low).cpu()


class Keeps(Protocol):
    """What has a state that a checkpoint holds."""

    def state_dict(self) -> dict[str, Any]:
        """It."""
        ...

    def load_state_dict(self, state: dict[str, Any], /) -> object:
        """Take it."""
        ...


class Journal:
    """A checkpoint with what it belongs to."""

    def __init__(self, work: Path, facts: dict) -> None:
        self._path, self._facts = work / "checkpoint.pt", json.loads(json.dumps(facts))
        work.mkdir(parents=True, exist_ok=True)

    def restore(self, model: Keeps, *others: object) -> tuple[int, float]:
        """Batches done and seconds spent."""
        import torch

        if not self._path.is_file():
            return 0, 0.0
        held = torch.load(self._path, map_location="cpu", weights_only=True)
        if held["facts"] != self._facts:
            raise SystemExit(
                f"{str(self._path)!r} is of another run ({held['facts']}); "
                "delete it to begin anew, or name another --work"
            )
        model.load_state_dict(held["model"])
        for one, state in zip(others, held["others"], strict=True):
            one.load_state_dict(state)  # pyright: ignore[reportAttributeAccessIssue]
        return held["done"], held["spent"]

    def save(self, model: Keeps, *rest: object) -> None:
        """Write the checkpoint beside, then in place, so that a kill leaves a whole one."""
        import torch

        *others, done, spent = rest
        beside = self._path.with_suffix(".new")
        torch.save(
            {
                "facts": self._facts,
                "model": model.state_dict(),
                "others": [one.state_dict() for one in others],  # pyright: ignore[reportAttributeAccessIssue]
                "done": done,
                "spent": spent,
            },
            beside,
        )
        beside.replace(self._path)
