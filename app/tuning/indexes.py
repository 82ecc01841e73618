"""The indexes of a study: one for each way of cutting, kept below the study's folder."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from ...eval import Qrels, per_topic
from ...index.generations import vector_cache_file
from ...index.rerank import Reranker
from ...index.snapshot import Snapshot, open_current
from ...ingest.progress import Progress
from ..compose import CountingEncoder
from ..settings import Settings
from .judged import JudgedSet, Task
from .parameters import Parameters
from .ranking import QuestionVectors, RankingBench


class StudyIndexes:
    """Measures parameters on judged questions; an index is made when a point first needs it.

    Args:
        folder: the study's.
        task: what is indexed.
        settings: everything that is not tuned.
        encoder: makes the vectors.
        reranker: None leaves that stage out.
        progress: is told how indexing goes.
    """

    def __init__(
        self,
        folder: Path,
        task: Task,
        settings: Settings,
        encoder: CountingEncoder,
        reranker: Reranker | None,
        progress: Progress | None = None,
    ) -> None:
        self._folder, self._task, self._settings = folder / "indexes", task, settings
        self._encoder, self._reranker, self._progress = encoder, reranker, progress
        self._vectors = QuestionVectors(encoder)
        self._snapshots: dict[int, Snapshot] = {}
        self._benches: dict[int, RankingBench] = {}
        self._qrels: dict[tuple[int, str], Qrels] = {}

    def close(self) -> None:
        """Release the indexes' files."""
        for snapshot in self._snapshots.values():
            snapshot.store.close()

    def values(
        self, judged: JudgedSet, parameters: Parameters, measures: tuple[str, ...], topics: tuple[str, ...] = ()
    ) -> dict[str, dict[str, float]]:
        """Measure → topic id → value in [0, 1], in the order of the topics; none given means all of them.

        Raises:
            EvaluationError: a measure is unknown, or a quote does not stand in its document.
            OptionalDependencyError: ir-measures is not installed.
        """
        size = parameters.target_tokens
        bench, qrels = self._bench(size), self._judgements(judged, size)
        wanted = topics or tuple(judged.questions)
        self._vectors.of([judged.questions[topic] for topic in wanted])
        run = {
            topic: bench.ranking(judged.questions[topic], parameters, by_document=judged.by_document)
            for topic in wanted
        }
        return per_topic(run, {topic: qrels[topic] for topic in wanted}, measures)

    def passages(self, parameters: Parameters) -> int:
        """How many passages the index has."""
        self._bench(parameters.target_tokens)
        return len(self._snapshots[parameters.target_tokens])

    def manifest_of(self, parameters: Parameters) -> Mapping[str, str]:
        """Generation, chunker and encoder of the index."""
        self._bench(parameters.target_tokens)
        manifest = self._snapshots[parameters.target_tokens].manifest
        return {
            "generation": manifest.generation,
            "chunker": manifest.chunker,
            "encoder": f"{manifest.encoder.id}@{manifest.encoder.fingerprint}",
        }

    def _bench(self, size: int) -> RankingBench:
        if size not in self._benches:
            place = self._folder / f"tokens-{size}"
            self._share_vectors(place)
            chunking = self._settings.chunking.model_copy(update={"target_tokens": size})
            inner = self._settings.model_copy(update={"index": place, "chunking": chunking})
            self._task.build(inner, self._encoder, self._progress)
            snapshot = self._snapshots[size] = open_current(place)
            base = self._settings.search_settings()
            self._benches[size] = RankingBench(snapshot, self._vectors, base, self._reranker)
        return self._benches[size]

    def _judgements(self, judged: JudgedSet, size: int) -> Qrels:
        key = (size, judged.digest)
        if key not in self._qrels:
            self._qrels[key] = judged.qrels(self._snapshots[size].store)
        return self._qrels[key]

    def _share_vectors(self, place: Path) -> None:
        """Let all indexes of the study have one vector cache, which begins with what is known already."""
        shared = self._folder.parent / "cache"
        if not shared.exists():
            main = self._settings.index
            known = (vector_cache_file(other) for other in (main.parent / "eval" / self._task.name, main))
            _copy_vectors(next((file for file in known if file.is_file()), None), shared)
        link = vector_cache_file(place).parent
        if not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(Path("..") / ".." / shared.name, target_is_directory=True)


def _copy_vectors(source: Path | None, folder: Path) -> None:
    """Start a folder with a vector cache, or empty."""
    partial = folder.with_name(f"{folder.name}.part")
    partial.mkdir(parents=True, exist_ok=True)
    if source is not None:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as known,
            closing(sqlite3.connect(partial / source.name)) as copy,
        ):
            known.backup(copy)
    partial.replace(folder)
