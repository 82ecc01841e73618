"""An encoder that remembers what it encoded last: the same sentences are compared again and again in one answer."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...index.encoder import EncoderInfo, WordEncoder, WordVectors

_KEPT = 4_000


class RememberingEncoder:
    """Another encoder with a memory of its last 4,000 strings (6 MB at 384 dimensions); safe to share.

    Args:
        encoder: does the work.
    """

    def __init__(self, encoder: WordEncoder) -> None:
        self.encoder = encoder
        self._kept: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def info(self) -> EncoderInfo:
        """Identity of the encoder that does the work."""
        return self.encoder.info

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Encode strings to an array of shape (len(texts), dimension), float32, rows of length 1."""
        with self._lock:
            known = {text: self._kept[text] for text in texts if text in self._kept}
        fresh = [text for text in dict.fromkeys(texts) if text not in known]
        if not fresh and not known:
            return self.encoder.encode([])
        made = dict(zip(fresh, self.encoder.encode(fresh), strict=True)) if fresh else {}
        with self._lock:
            for text in dict.fromkeys(texts):
                self._kept[text] = made[text] if text in made else known[text]
                self._kept.move_to_end(text)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return np.stack([made[text] if text in made else known[text] for text in texts])

    def encode_words(self, texts: Sequence[str]) -> list[WordVectors]:
        """Words of each text with their vectors; not remembered."""
        return self.encoder.encode_words(texts)
