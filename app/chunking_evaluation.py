"""Chunkers side by side: the same documents, encoder, questions and amount of text for all of them."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..eval.chunking import (
    Chunker,
    ChunkingPlan,
    Part,
    SpanQuestion,
    corpus_files,
    cut_all,
    evaluate_chunker,
    questions_of_topics,
    read_references,
    read_spec,
    select_part,
    word_pieces,
)
from ..eval.provenance import fingerprints, now
from ..eval.run_file import RunFile, SystemResult, TopicInfo
from ..eval.statistics import paired_difference
from ..eval.topics import read_topics
from ..index.errors import UsageError
from ..ingest.encode import encode_passages
from ..ingest.progress import Progress, Silent
from .chunking_documents import Sources, file_documents, index_documents
from .compose import CountingEncoder
from .settings import Settings

DEFAULT_CHUNKERS = ("ours", "fixed:200", "fixed:200/50", "recursive:200", "recursive:400", "sentences:200")


@dataclass(frozen=True, slots=True)
class ChunkingData:
    """Documents with questions about them.

    Attributes:
        name: of the run.
        sources: document id → document.
        questions: with their gold spans.
        corpus: sha256 over the documents' texts.
        generation: of the index they were taken from, or "".
    """

    name: str
    sources: Sources
    questions: list[SpanQuestion]
    corpus: str
    generation: str = ""


def reference_data(settings: Settings, folder: Path, encoder: CountingEncoder, progress: Progress) -> ChunkingData:
    """A folder with `questions_df.csv` and `corpora/*.md`, its corpora parsed as an ingestion would.

    Raises:
        EvaluationError: a file or a row cannot be used.
    """
    files = corpus_files(folder)
    sources = file_documents(files.values(), settings, encoder, word_pieces(encoder.count_tokens.path), progress)
    ids = {corpus: path.name for corpus, path in files.items()}
    texts = {corpus: sources[key].loaded.document.text for corpus, key in ids.items() if key in sources}
    return ChunkingData(folder.resolve().name, sources, read_references(folder, texts, ids), _digest(sources))


def topics_data(
    settings: Settings, topics: Path, documents: Sequence[Path], encoder: CountingEncoder, progress: Progress
) -> ChunkingData:
    """Judged topics over folders and files, or without any over the documents of the index.

    Raises:
        EvaluationError: a topic or a document cannot be used.
        MissingIndexError: no folder is named and there is no index.
    """
    judged, tokenise = read_topics(topics), word_pieces(encoder.count_tokens.path)
    if documents:
        sources, generation = file_documents(documents, settings, encoder, tokenise, progress), ""
    else:
        sources, generation = index_documents(settings.index, tokenise)
    known = {key: source.loaded.document for key, source in sources.items()}
    return ChunkingData(topics.stem, sources, questions_of_topics(judged, known), _digest(sources), generation)


def read_chunkers(settings: Settings, encoder: CountingEncoder, specs: Sequence[str]) -> list[Chunker]:
    """The chunkers that are named, as `read_spec` knows them.

    Raises:
        UsageError: one is unknown or named twice.
    """
    if twice := next((spec for place, spec in enumerate(specs) if spec in specs[:place]), None):
        raise UsageError(f"chunker {twice!r} is named twice")
    chunking = settings.chunk_settings(encoder.info.window)
    return [read_spec(spec, chunking, encoder.count_tokens) for spec in specs]


def evaluate_chunkers(
    settings: Settings,
    data: ChunkingData,
    encoder: CountingEncoder,
    chunkers: Sequence[Chunker],
    *,
    plan: ChunkingPlan = ChunkingPlan(),
    part: Part | Literal["all"] = "all",
    progress: Progress | None = None,
) -> RunFile:
    """Cut, encode, rank and measure; `details` holds the paired differences of the first chunker to each other one.

    Vectors are cached as they are made, in `eval/chunking` beside the main index: a run that was interrupted goes on
    where it was.

    Args:
        settings: those of `ours`.
        data: documents and questions.
        encoder: for passages and questions.
        chunkers: one or more, the default one first.
        plan: how much of each ranking is looked at.
        part: the half of the questions that is asked, or all of them.
        progress: is told how the work goes.

    Raises:
        EvaluationError: no question is left, or a chunker makes no passage.
    """
    progress = progress or Silent()
    window = encoder.info.window - 2
    questions = select_part(data.questions, part)
    cuts = []
    progress.begin("cutting", len(chunkers), "chunkers")
    for chunker in chunkers:
        cuts.append(cut_all(chunker, data.sources))
        progress.advance()
    progress.end()
    cache = settings.index.parent / "eval" / "chunking"
    # Every vector is in the cache before anything is measured.
    encode_passages([passage for cut in cuts for passage in cut.searched], cache, encoder, progress)
    asked = encoder.encode([question.text for question in questions])
    results: dict[str, SystemResult] = {}
    progress.begin("measuring", len(chunkers), "chunkers")
    for chunker, cut in zip(chunkers, cuts, strict=True):
        vectors, _ = encode_passages(cut.searched, cache, encoder, Silent())
        results[chunker.name] = evaluate_chunker(
            chunker, cut, vectors, questions, asked, data.sources, plan=plan, window=window
        )
        progress.advance()
    progress.end()
    return RunFile(
        kind="chunking",
        name=data.name if part == "all" else f"{data.name} {part}",
        created=now(),
        fingerprints=fingerprints(
            corpus=data.corpus,
            index=data.generation,
            models={"encoder": f"{encoder.info.id} {encoder.info.fingerprint}"},
            settings=settings.fingerprint,
        ),
        default=chunkers[0].name,
        systems=results,
        topics={question.id: TopicInfo(question.text, question.category) for question in questions},
        notes=_notes(plan, part, window),
        details={
            "k": list(plan.ks),
            "tokens": list(plan.budgets),
            "alpha": plan.alpha,
            "part": part,
            "chunk_settings": settings.chunk_settings(encoder.info.window).fingerprint,
            "differences": _differences(results, chunkers[0].name),
        },
    )


def _differences(results: Mapping[str, SystemResult], default: str) -> dict[str, Any]:
    """System → measure → mean of the default's value less the system's, with its paired interval."""
    ours = results[default].per_topic
    return {
        name: {
            measure: paired_difference(
                np.array(list(values.values())), np.array([result.per_topic[measure][topic] for topic in values])
            ).as_dict()
            for measure, values in ours.items()
        }
        for name, result in results.items()
        if name != default
    }


def _notes(plan: ChunkingPlan, part: str, window: int) -> list[str]:
    ranked = "cosine" if plan.alpha == 1 else f"convex fusion with BM25, alpha {plan.alpha:g}"
    notes = [
        f"Tokens are the encoder's word pieces. Passages of all documents are ranked together, by {ranked}. A gold "
        "token counts once, every retrieved one counts in precision and IoU. A heading path in front of a passage is "
        "encoded with it and counts as no token.",
        f"The encoder reads {window} word pieces: what a passage holds beyond them is retrieved with it, unseen.",
    ]
    if part != "all":
        notes.append("The halves dev and test are drawn by a hash of the question: choose on dev, report test.")
    return notes


def _digest(sources: Sources) -> str:
    said = "\0".join(f"{key}\0{source.loaded.document.info.sha256}" for key, source in sorted(sources.items()))
    return hashlib.sha256(said.encode()).hexdigest()
