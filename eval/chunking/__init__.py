"""Chunkers measured by the tokens of gold spans that retrieval brings.

Every chunker cuts the same documents, one encoder ranks its passages for every question, and what the best of them
hold is compared with the gold spans token by token, so that passages of any size and shape can be compared. The
measures are those of Smith and Troynikov, "Evaluating Chunking Strategies for Retrieval", Chroma technical report,
2024.
"""

from .baselines import fixed, recursive, sentences
from .chunker import Chunker, read_spec
from .evaluate import ChunkingPlan, Source, cut_all, evaluate_chunker
from .overlap import TokenScores, best_precision, token_scores
from .questions import Part, SpanQuestion, part_of, questions_of_topics, select_part
from .references import corpus_files, read_references
from .tokens import Tokenise, TokenStarts, word_pieces

__all__ = [
    "Chunker",
    "ChunkingPlan",
    "Part",
    "Source",
    "SpanQuestion",
    "TokenScores",
    "TokenStarts",
    "Tokenise",
    "best_precision",
    "corpus_files",
    "cut_all",
    "evaluate_chunker",
    "fixed",
    "part_of",
    "questions_of_topics",
    "read_references",
    "read_spec",
    "recursive",
    "select_part",
    "sentences",
    "token_scores",
    "word_pieces",
]
