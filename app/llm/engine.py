"""A loaded model at work: prompts into tokens, tokens into the cache, logits into text. Runs inside the worker.

**Prefix cache.** Prompts are read in slices of a fixed length that begin at multiples of it, and only whole slices of
an earlier prompt are used again. The floating-point result for a token depends on the batch that it is read in (logits
of the embedded model move by up to 0.6), so any other reuse would make a text depend on what was asked before it. This
way a cached prompt gives the very same logits.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...index.errors import ModelError
from .cores import physical_cores
from .gguf import GgufHeader, read_gguf
from .merging import CannotMergeError, merged_model
from .model_kind import check_adapter, check_writer
from .native import AbortedError, AbortSwitch, Grammar, NativeModel, OpenModel, has_gpu
from .sampling import Sampler
from .templates import detect, render
from .text_stream import TextStream
from .types import Message
from .wire import Done, Generate, Load, Loaded, Piece, Read, Reply

SLICE = 64
"""Tokens that a processor reads at a time. Half is slower; more is no faster, and keeps less of a prompt that changes
(`benchmarks/llm_worker.py`)."""

GPU_SLICE = 256
DEFAULT_WINDOW = 4096
_ALL_LAYERS = -1

Send = Callable[[Reply], None]


@dataclass(frozen=True, slots=True)
class Opened:
    """Files that a model comes from, opened and looked at before the doors close.

    Attributes:
        order: what was to be loaded.
        header: of the model.
        model: weights, with the adapter added to them where `merged`.
        lora: the adapter.
        gpu: whether there is one, and a build that can use it.
        merged: whether the adapter is in the weights already.
        adapter: how it takes part, in words; empty without one.
    """

    order: Load
    header: GgufHeader
    model: OpenModel
    lora: OpenModel | None
    gpu: bool
    merged: bool = False
    adapter: str = ""

    @property
    def folders(self) -> tuple[Path, ...]:
        """What must stay readable: the folder of a model in parts, whose other parts llama.cpp opens itself."""
        return (Path(self.model.path).parent,) if self.header.parts > 1 else ()


def open_files(order: Load) -> Opened:
    """Check the headers and open the files.

    Raises:
        ModelError: a file is missing, broken or of the wrong kind, or an order cannot be met.
    """
    header = read_gguf(Path(order.path))
    check_writer(Path(order.path), header)
    if order.lora is not None:
        check_adapter(Path(order.lora), read_gguf(Path(order.lora)), header.architecture)
    trained = header.context_length
    if order.window and trained and order.window > trained:
        raise ModelError(
            f"llm.window is {order.window:,}, but {order.path!r} was trained on {trained:,} tokens; set no more"
        )
    gpu = has_gpu()
    if order.gpu_layers and not gpu:
        raise ModelError(
            f"llm.gpu_layers is {order.gpu_layers}, but this llama-cpp-python was built without GPU support; "
            "set it to auto, or rebuild it (sota-rag doctor says how)"
        )
    if order.lora is None:
        return Opened(order, header, OpenModel(order.path), None, gpu)
    lora = OpenModel(order.lora)
    why = ""
    if order.merged is not None:
        try:
            copy = merged_model(Path(order.path), header, Path(order.lora), Path(order.merged))
            return Opened(order, header, OpenModel(str(copy)), lora, gpu, merged=True, adapter="added to the weights")
        except CannotMergeError as error:
            why = f", because {error}"
    return Opened(order, header, OpenModel(order.path), lora, gpu, adapter=f"on top of the weights{why}")


class Engine:
    """One model; `count` and `count_prompt` from any thread, `generate` from one.

    Args:
        opened: the files.
        abort: stops a generation.

    Raises:
        ModelError: llama.cpp cannot load them.
    """

    def __init__(self, opened: Opened, abort: AbortSwitch) -> None:
        self._opened = opened
        order, header = opened.order, opened.header
        window = order.window or min(header.context_length or DEFAULT_WINDOW, DEFAULT_WINDOW)
        layers = (_ALL_LAYERS if order.gpu_layers is None else order.gpu_layers) if opened.gpu else 0
        threads = order.threads or physical_cores()
        self._slice = GPU_SLICE if layers else SLICE
        self._abort, self._window = abort, window
        self._model = NativeModel(
            opened.model,
            split=header.parts > 1,
            lora=opened.lora,
            merged=opened.merged,
            window=window,
            slice_=self._slice,
            threads=threads,
            gpu_layers=layers,
            abort=abort,
        )
        self._template = detect(
            self._model.is_control,
            name=header.name or Path(order.path).name,
            architecture=header.architecture,
            beginning=self._model.beginning,
            setting=order.template,
        )
        self._cached: list[int] = []
        total = self._model.layers
        on_gpu = total if layers < 0 else min(layers, total)
        self.placement = f"gpu, {on_gpu} of {total} layers" if layers else f"cpu, {threads} thread{'s'[: threads > 1]}"

    def loaded(self, in_force: tuple[str, ...]) -> Loaded:
        """What the parent is told."""
        return Loaded(
            self._window, self._template.family, self.placement, in_force, self._opened.adapter, self._opened.merged
        )

    def count(self, texts: Sequence[str]) -> tuple[int, ...]:
        """Tokens of each text as content."""
        return tuple(len(self._model.tokenize(text, control=False)) for text in texts)

    def count_prompt(self, messages: Sequence[Message]) -> int:
        """Tokens of a prompt, with the template."""
        return len(self._prompt(messages))

    def generate(self, order: Generate, send: Send) -> None:
        """Read the prompt and write, telling it by `send`; ends soon after the switch is set.

        Raises:
            ModelError: the prompt leaves no room in the window, or the grammar is broken.
        """
        started = time.monotonic()
        prompt = self._prompt(order.messages)
        if len(prompt) >= self._window:
            raise ModelError(
                f"the prompt has {len(prompt):,} tokens and the model's window {self._window:,}, which leaves no room "
                "for an answer; ask shorter, lower answer.evidence_tokens, or raise llm.window"
            )
        if self._model.adapt(on=order.adapted):
            self._cached = self._cached[: self._model.keep(0)]
        grammar = None if order.grammar is None else self._model.grammar(order.grammar)
        try:
            try:
                cached = self._read_prompt(prompt)
            except AbortedError:
                send(Done(order.id, "cancelled", 0, 0.0))
                return
            read_ms = (time.monotonic() - started) * 1000
            send(Read(order.id, len(prompt), cached, read_ms))
            self._write(order, len(prompt), grammar, send)
        finally:
            if grammar is not None:
                grammar.close()

    def _prompt(self, messages: Sequence[Message]) -> list[int]:
        tokens: list[int] = []
        for segment in render(self._template, messages):
            tokens += self._model.tokenize(segment.text, control=segment.control)
        return tokens

    def _read_prompt(self, prompt: list[int]) -> int:
        """Bring the context to the end of the prompt; returns how many tokens it knew already.

        Raises:
            AbortedError: whole slices that were read stay cached.
        """
        same = next((i for i, pair in enumerate(zip(self._cached, prompt, strict=False)) if pair[0] != pair[1]), None)
        if same is None:
            same = min(len(self._cached), len(prompt))
        # The last token is read in any case: its logits are wanted.
        cached = min(same, len(prompt) - 1) // self._slice * self._slice
        cached = self._model.keep(cached)
        self._cached = prompt[:cached]
        try:
            for start in range(cached, len(prompt), self._slice):
                if self._abort.on:
                    raise AbortedError
                tokens = prompt[start : start + self._slice]
                self._model.read(tokens)
                if len(tokens) == self._slice:
                    self._cached = prompt[: start + self._slice]
        except BaseException:
            self._cached = self._cached[: self._model.keep(len(self._cached))]
            raise
        return cached

    def _write(self, order: Generate, prompt_tokens: int, grammar: Grammar | None, send: Send) -> None:
        sampler = Sampler(order.sampling, grammar.allowed if grammar else None)
        stream = TextStream(order.sampling.stop)
        started = time.monotonic()
        reason, written = "length", 0
        last: list[int] = []
        most = min(order.sampling.max_tokens, self._window - prompt_tokens)
        try:
            while written < most:
                if last:
                    self._model.read(last)
                if self._abort.on:
                    raise AbortedError
                token = sampler.choose(self._model.logits())
                if token is None or self._model.ends_turn(token):
                    reason = "stop"
                    break
                if grammar:
                    grammar.accept(token)
                written, last = written + 1, [token]
                if text := stream.feed(self._model.piece(token)):
                    send(Piece(order.id, text))
                if stream.stopped:
                    reason = "stop"
                    break
        except AbortedError:
            reason = "cancelled"
        if text := stream.end():
            send(Piece(order.id, text))
        send(Done(order.id, reason, written, (time.monotonic() - started) * 1000))
