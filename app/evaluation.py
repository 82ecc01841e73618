"""Index a judged collection like any other documents, and measure each retrieval system on it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..eval import Collection, document_scores, evaluate_retrieval, load_beir
from ..index import Retriever, SearchSettings
from ..index.builder import software_version
from ..index.device import choose_placement
from ..index.errors import UsageError
from ..ingest.collection import CollectionDocument, ingest_collection
from ..ingest.progress import Progress
from .compose import make_encoder
from .settings import Settings

# Several passages of one document may be hits; this many passages hold well over 100 documents.
_PASSAGES = 400


def evaluate_collection(
    settings: Settings,
    folder: Path,
    split: str,
    *,
    systems: Sequence[str],
    alpha: float | None = None,
    limit: int | None = None,
    index: Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Run systems over a collection's topics: the JSON form of `eval retrieval`.

    Args:
        settings: encoder, chunking and search defaults.
        folder: a collection in BEIR layout.
        split: which judgements.
        systems: of `bm25`, `dense`, `rrf`, `convex`.
        alpha: weight of the dense leg in the convex fusion; None takes the setting.
        limit: only the first so many topics.
        index: where the collection's index is kept; by default `eval/NAME` beside the main index.
        progress: is told how the work goes.

    Raises:
        UsageError: the limit or alpha is out of range.
        EvaluationError: the collection is broken or has no such split, or the index holds something else.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"the limit is {limit}; evaluate 1 topic or more")
    if alpha is not None and not 0 <= alpha <= 1:
        raise UsageError(f"alpha is {alpha}; it weighs the dense leg from 0 to 1")
    collection = load_beir(folder, split)
    encoder = make_encoder(settings)
    index = index or settings.index.parent / "eval" / collection.name
    report = ingest_collection(
        [CollectionDocument(d.id, d.title, d.text) for d in collection.documents],
        collection.name,
        index,
        encoder=encoder,
        count_tokens=encoder.count_tokens,
        chunking=settings.chunk_settings(encoder.info.window),
        progress=progress,
    )
    base = replace(settings.search_settings(), depth=_PASSAGES, rerank=False)
    base = base if alpha is None else replace(base, alpha=alpha)
    topics = collection.topics[:limit]
    results: dict[str, Any] = {}
    with Retriever.open(index, encoder=encoder, settings=base) as retriever:
        retriever.search(topics[0].text)  # loads the encoder outside the first topic's latency
        for name in systems:
            outcome = evaluate_retrieval(
                _system(retriever, _variant(base, name)),
                topics,
                collection.qrels,
                progress=_advance(progress, name, len(topics)),
                collection=collection.name,
                split=split,
                system_name=name,
            )
            if progress is not None:
                progress.end()
            results[name] = outcome.as_dict()
    return _form(collection, split, results, settings, encoder.info.fingerprint, report.passages, base)


def _system(retriever: Retriever, settings: SearchSettings) -> Callable[[str], list[tuple[str, float]]]:
    def system(query: str) -> list[tuple[str, float]]:
        found = document_scores(retriever.search(query, _PASSAGES, settings=settings))
        # Ids in the index are `COLLECTION/ID`; judgements name the bare id.
        return [(document_id.partition("/")[2], score) for document_id, score in found]

    return system


def _variant(base: SearchSettings, name: str) -> SearchSettings:
    if name == "bm25":
        return replace(base, legs="bm25")
    if name == "dense":
        return replace(base, legs="dense")
    return replace(base, legs="hybrid", fusion="rrf" if name == "rrf" else "convex")


def _advance(progress: Progress | None, name: str, total: int) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    progress.begin(name, total, "topics")
    return lambda done, of: progress.advance()


def _form(
    collection: Collection,
    split: str,
    results: dict[str, Any],
    settings: Settings,
    encoder: str,
    passages: int,
    base: SearchSettings,
) -> dict[str, Any]:
    first = next(iter(results.values()))
    placement = choose_placement(settings.encoder.device, settings.encoder.precision)
    return {
        "collection": collection.name,
        "split": split,
        "topics": first["topics"],
        "judgements": first["judgements"],
        "documents": len(collection.documents),
        "passages": passages,
        "software": software_version(),
        "encoder": {"id": settings.encoder.model, "fingerprint": encoder, "precision": placement.precision},
        "settings_hash": settings.fingerprint,
        "alpha": base.alpha,
        "rrf_k": base.rrf_k,
        # The measures of the default system, where they are looked for; each system's own are below.
        "measures": results.get("convex", first)["measures"],
        "systems": results,
    }
