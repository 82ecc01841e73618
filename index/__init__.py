"""What a passage is, how it is stored and how it is found.

    from sota_rag.index import Retriever

    hits = Retriever.open("my-index").search("What does LoRA freeze?", k=5).hits

Importing this package loads neither torch nor faiss; they come with the first search.
"""

from .encoder import Encoder, EncoderInfo, SentenceTransformerEncoder
from .errors import SettingsError, SotaRagError
from .rerank import CrossEncoderReranker, Reranker
from .retriever import Retriever
from .search_settings import SearchSettings
from .types import Document, DocumentInfo, Filters, Hit, Kind, Passage, SearchResult, Signals, Stage, Status
from .view import View

__all__ = [
    "CrossEncoderReranker",
    "Document",
    "DocumentInfo",
    "Encoder",
    "EncoderInfo",
    "Filters",
    "Hit",
    "Kind",
    "Passage",
    "Reranker",
    "Retriever",
    "SearchResult",
    "SearchSettings",
    "SentenceTransformerEncoder",
    "SettingsError",
    "Signals",
    "SotaRagError",
    "Stage",
    "Status",
    "View",
]
