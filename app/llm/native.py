"""llama.cpp in the few calls that the engine needs. Only the worker imports this: a broken model may end the process.

The C interface is used, not the class `Llama`: that one compiles the chat template of the model file, keeps logits of
whole batches, and cannot be stopped inside a batch.
"""

import ctypes
import os
from collections import deque
from collections.abc import Sequence
from typing import Any

import llama_cpp.llama_cpp as llama
import numpy as np
from numpy.typing import NDArray

from ...index.errors import ModelError

_ERROR = 4  # GGML_LOG_LEVEL_ERROR
_CONTROL = 1 << 3  # LLAMA_TOKEN_ATTR_CONTROL
_USER_DEFINED = 1 << 4
_ABORTED = 2
_PIECE = 64
_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])
_C = ctypes.CDLL(None, use_errno=True)
_C.fdopen.restype, _C.fdopen.argtypes = ctypes.c_void_p, (ctypes.c_int, ctypes.c_char_p)


class AbortedError(Exception):
    """The computation was stopped by the switch."""


class AbortSwitch:
    """Stops whatever llama.cpp computes, from any thread.

    llama.cpp asks a callback between any two nodes of its graph, some five hundred times a token. One in Python would
    wait for the interpreter's lock each time; `strlen` of two bytes needs no interpreter, and is not 0 exactly when the
    first of them is set.
    """

    def __init__(self) -> None:
        self._bytes = ctypes.create_string_buffer(2)
        self.callback = ctypes.cast(_C.strlen, llama.ggml_abort_callback)
        self.argument = ctypes.c_void_p(ctypes.addressof(self._bytes))

    def set(self, on: bool) -> None:
        """Stop, or do not stop any more."""
        self._bytes[0] = b"\1" if on else b"\0"

    @property
    def on(self) -> bool:
        """Whether it is set."""
        return self._bytes[0] != b"\0"


class Log:
    """The last errors that llama.cpp reported, instead of lines on the standard error output."""

    def __init__(self) -> None:
        self._errors: deque[str] = deque(maxlen=8)
        # Kept: llama.cpp goes on calling it.
        self._callback = llama.llama_log_callback(self._take)
        llama.llama_log_set(self._callback, ctypes.c_void_p(0))

    def _take(self, level: int, text: bytes, _: ctypes.c_void_p) -> None:
        if level == _ERROR:
            self._errors.append(text.decode("utf-8", "replace").strip())

    def reason(self) -> str:
        """What was reported since the last call, as one line of at most 300 characters."""
        line = "; ".join(error for error in self._errors if error)
        self._errors.clear()
        return " ".join(line.split())[:300] or "llama.cpp says no reason"


class OpenModel:
    """A file that was opened before the doors closed, for llama.cpp to read.

    Args:
        path: of the file.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.stream = _C.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC), b"rb")


def has_gpu() -> bool:
    """Whether this build of llama.cpp can use a GPU, and finds one."""
    return bool(llama.llama_supports_gpu_offload())


class NativeModel:
    """A loaded model with one context; belongs to one thread, except for `tokenize`.

    Args:
        file: the model; for a split model, its first part.
        split: whether the model lies in several files, which llama.cpp then opens itself.
        lora: an adapter, or None.
        merged: whether the file has it in its weights already; then it is taken off by adding its negative.
        window: tokens of the context.
        slice_: most tokens of a batch.
        threads: of the processor.
        gpu_layers: layers on the GPU; a negative number for all.
        abort: stops computations.

    Raises:
        ModelError: llama.cpp cannot load it; with its reason.
    """

    def __init__(
        self,
        file: OpenModel,
        *,
        split: bool,
        lora: OpenModel | None,
        merged: bool = False,
        window: int,
        slice_: int,
        threads: int,
        gpu_layers: int,
        abort: AbortSwitch,
    ) -> None:
        log = Log()
        self._log, self._abort = log, abort
        llama.llama_backend_init()
        form = llama.llama_model_default_params()
        form.n_gpu_layers = gpu_layers
        if split:
            model = llama.llama_model_load_from_file(os.fsencode(file.path), form)
        else:
            model = llama.llama_model_load_from_file_ptr(file.stream, form)
        if not model:
            raise ModelError(f"llama.cpp cannot load {file.path!r} ({log.reason()}); get the file again, or another")
        if not llama.llama_model_has_decoder(model) or llama.llama_model_has_encoder(model):
            raise ModelError(f"{file.path!r} is an encoder-decoder model; take one that only decodes")
        self._model: Any = model
        self._vocabulary: Any = llama.llama_model_get_vocab(model)
        self.size = llama.llama_vocab_n_tokens(self._vocabulary)
        self.layers = llama.llama_model_n_layer(model)
        context = llama.llama_context_default_params()
        context.n_ctx, context.n_batch, context.n_ubatch = window, slice_, slice_
        context.n_threads = context.n_threads_batch = threads
        context.no_perf = True
        self._context: Any = llama.llama_init_from_model(model, context)
        if not self._context:
            raise ModelError(
                f"there is no memory for a window of {window:,} tokens ({log.reason()}); set a smaller llm.window"
            )
        self._memory: Any = llama.llama_get_memory(self._context)
        llama.llama_set_abort_callback(self._context, abort.callback, abort.argument)
        self._adapter: Any = None
        self._merged, self._scale = merged, 0.0
        if lora is not None:
            self._load_adapter(lora)

    def _load_adapter(self, file: OpenModel) -> None:
        adapter = llama.llama_adapter_lora_init_from_file_ptr(self._model, ctypes.c_void_p(file.stream))
        if not adapter:
            raise ModelError(
                f"the adapter {file.path!r} does not fit the model ({self._log.reason()}); correct llm.lora"
            )
        self._adapter = (llama.llama_adapter_lora_p_ctypes * 1)(adapter)
        self.adapt(on=True)

    def adapt(self, *, on: bool) -> bool:
        """Put the adapter on or take it off, if there is one; True says that what the context holds is void.

        Raises:
            ModelError: llama.cpp refuses it.
        """
        scale = float(on) - float(self._merged)
        if self._adapter is None or scale == self._scale:
            return False
        if llama.llama_set_adapters_lora(self._context, self._adapter, int(scale != 0), (ctypes.c_float * 1)(scale)):
            raise ModelError(f"the adapter cannot be used ({self._log.reason()}); correct llm.lora")
        self._scale = scale
        return True

    def tokenize(self, text: str, *, control: bool) -> list[int]:
        """Tokens of a text; only with `control` may it hold control tokens. From any thread."""
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        tokens = (llama.llama_token * room)()
        count = llama.llama_tokenize(self._vocabulary, data, len(data), tokens, room, False, control)
        if count < 0:  # a vocabulary that normalises can need more tokens than bytes
            room = -count
            tokens = (llama.llama_token * room)()
            count = llama.llama_tokenize(self._vocabulary, data, len(data), tokens, room, False, control)
        return tokens[:count]

    def is_control(self, text: str) -> bool:
        """Whether the text is one token that only control segments may hold."""
        tokens = self.tokenize(text, control=True)
        if len(tokens) != 1:
            return False
        return bool(llama.llama_vocab_get_attr(self._vocabulary, tokens[0]) & (_CONTROL | _USER_DEFINED))

    @property
    def beginning(self) -> str:
        """The token that the file wants in front of every prompt; empty for none."""
        if not llama.llama_vocab_get_add_bos(self._vocabulary):
            return ""
        token: Any = llama.llama_vocab_bos(self._vocabulary)
        return llama.llama_vocab_get_text(self._vocabulary, token).decode("utf-8", "replace") if token >= 0 else ""

    def ends_turn(self, token: int) -> bool:
        """Whether no text comes after the token: an end, or a control token, which only a new turn would begin with."""
        return bool(llama.llama_vocab_is_eog(self._vocabulary, token)) or bool(
            llama.llama_vocab_is_control(self._vocabulary, token)
        )

    def piece(self, token: int) -> bytes:
        """Bytes that a token stands for; nothing for a control token."""
        room = _PIECE
        while True:
            buffer = ctypes.create_string_buffer(room)
            length = llama.llama_token_to_piece(self._vocabulary, token, buffer, room, 0, False)
            if length >= 0:
                return buffer.raw[:length]
            room = -length

    def read(self, tokens: Sequence[int]) -> None:
        """Evaluate tokens after those that the context holds, one batch.

        Raises:
            AbortedError: the switch was set; the context holds what it held, or less: `keep` says how much.
            ModelError: llama.cpp failed.
        """
        array = (llama.llama_token * len(tokens))(*tokens)
        status = llama.llama_decode(self._context, llama.llama_batch_get_one(array, len(tokens)))
        if status == _ABORTED or (status and self._abort.on):
            raise AbortedError
        if status:
            raise ModelError(f"llama.cpp failed at the prompt (status {status}: {self._log.reason()}); ask again")

    def keep(self, count: int) -> int:
        """Forget all tokens but the first `count`; returns how many are left, which some models reduce to none."""
        kept = count > 0 and llama.llama_memory_seq_rm(self._memory, 0, count, -1)
        if kept and llama.llama_memory_seq_pos_max(self._memory, 0) == count - 1:
            return count
        llama.llama_memory_clear(self._memory, True)
        return 0

    def logits(self) -> NDArray[np.float32]:
        """Of the token after the last one read: shape (vocabulary,), valid until the next `read`."""
        return np.ctypeslib.as_array(llama.llama_get_logits_ith(self._context, -1), shape=(self.size,))

    def grammar(self, text: str) -> "Grammar":
        """A grammar for one text.

        Raises:
            ModelError: it is not GBNF with a rule `root`.
        """
        return Grammar(self._vocabulary, text, self._log)


class Grammar:
    """What may come next by a GBNF grammar; parsing one takes some 0.05 ms, so that none are kept."""

    def __init__(self, vocabulary: Any, text: str, log: Log) -> None:
        self._sampler: Any = llama.llama_sampler_init_grammar(vocabulary, text.encode("utf-8", "replace"), b"root")
        if not self._sampler:
            raise ModelError(f"the grammar {text[:80]!r} is not GBNF with a rule 'root' ({log.reason()}); correct it")

    def allowed(self, tokens: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Which of the tokens may come next, an end only where the grammar may end."""
        candidates = np.zeros(len(tokens), dtype=_CANDIDATE)
        candidates["id"] = tokens
        data = candidates.ctypes.data_as(llama.llama_token_data_p)
        array: Any = llama.llama_token_data_array(data=data, size=len(tokens), selected=-1, sorted=False)
        llama.llama_sampler_apply(self._sampler, ctypes.pointer(array))  # pyright: ignore[reportArgumentType]
        return candidates["logit"] == 0

    def accept(self, token: int) -> None:
        """Go on behind a token that is allowed."""
        llama.llama_sampler_accept(self._sampler, token)

    def close(self) -> None:
        """Free it."""
        llama.llama_sampler_free(self._sampler)
