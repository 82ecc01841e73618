"""Language models: in a worker process of their own, or behind any OpenAI-compatible server."""

from .types import (
    Cancellation,
    Deadlines,
    Event,
    Finished,
    LanguageModel,
    LanguageModelInfo,
    Message,
    Prompted,
    Queued,
    Request,
    Role,
    Sampling,
    Text,
)

__all__ = [
    "Cancellation",
    "Deadlines",
    "Event",
    "Finished",
    "LanguageModel",
    "LanguageModelInfo",
    "Message",
    "Prompted",
    "Queued",
    "Request",
    "Role",
    "Sampling",
    "Text",
]
