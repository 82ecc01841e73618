"""The language model as the page knows it: loaded in the background, so that no visitor waits to read about it."""

import threading
import time

from ...index import SotaRagError
from ..llm import LanguageModel, LanguageModelInfo

_AGAIN_S = 30.0
"""Seconds after a failure until it is tried again."""


class ModelWatch:
    """Knows whether the language model is loaded; safe to share between threads.

    Args:
        model: the language model, or None.
        name: what the settings call it.
        no_model: why there is none, without a full stop.
        wanted: whether answers were to be written.
    """

    def __init__(self, model: LanguageModel | None, name: str, no_model: str, *, wanted: bool = True) -> None:
        self._model, self._name, self._no_model, self._wanted = model, name, no_model, wanted
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._info: LanguageModelInfo | None = None
        self._failure = ""
        self._failed = 0.0

    @property
    def there(self) -> bool:
        """Whether a language model is set up; it may still turn out to be broken."""
        return self._model is not None

    @property
    def missing(self) -> str:
        """Why there is none though one is wanted; empty where there is one, and where none is wanted."""
        return "" if self.there or not self._wanted else self._no_model

    def begin(self) -> None:
        """Load it in the background, unless that was done; what failed is tried again after a while."""
        with self._lock:
            busy = self._thread is not None and self._thread.is_alive()
            recent = self._failure and time.monotonic() - self._failed < _AGAIN_S
            if self._model is None or self._info is not None or busy or recent:
                return
            self._thread = threading.Thread(target=self._load, args=(self._model,), name="model-watch", daemon=True)
            self._thread.start()

    def said(self) -> str:
        """Which model writes and where, or why none does, without a full stop."""
        with self._lock:
            if self._model is None:
                return f"There is no language model, so answers are quoted ({self._no_model})"
            if self._info is not None:
                info = self._info
                adapter = f"; adapter {info.adapter}" if info.adapter else ""
                return f"The language model {info.id} writes ({info.backend}; {info.placement}{adapter})"
            if self._failure:
                return f"The language model {self._name} cannot be used: {self._failure}"
            return f"The language model {self._name} is being loaded"

    def _load(self, model: LanguageModel) -> None:
        try:
            info, failure = model.info, ""
        except SotaRagError as error:
            info, failure = None, str(error)
        with self._lock:
            self._info, self._failure, self._failed = info, failure, time.monotonic()
