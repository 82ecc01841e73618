"""Mend a damaged index from what is still sound: derived files, the vector cache, older generations."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .analysis import analyzer_fingerprint
from .builder import BM25, STORE, VECTORS, publish_generation
from .encoder import EncoderInfo
from .errors import DamagedIndexError, FormatVersionError, MissingIndexError
from .generations import (
    generation_folder,
    point_current_at,
    published,
    read_current,
    vector_cache_file,
    writer_lock,
)
from .manifest import Manifest, damaged_files, read_manifest
from .remedies import ingest_command
from .sparse import Bm25Settings
from .store import PassageStore
from .vectors import VectorCache, vector_key


def verify(index: Path) -> dict[str, str]:
    """Check every file of the published generation against its manifest: name to what is wrong.

    Raises:
        MissingIndexError: there is no index.
        DamagedIndexError: CURRENT or the manifest itself is damaged.
    """
    current = read_current(index)
    folder = generation_folder(index, current.generation)
    return damaged_files(folder, read_manifest(folder, current.manifest_sha256))


def repair(index: Path) -> str:
    """Bring the index back to a sound generation and say what was done.

    Tried in order: nothing is wrong; BM25 or the vectors are damaged and can be derived again from the sound
    files and the vector cache; CURRENT is damaged or its generation beyond repair, and the newest sound
    generation takes its place.

    Raises:
        MissingIndexError: there is no index.
        DamagedIndexError: nothing sound is left; the documents must be ingested again.
        IndexBusyError: a writer is at work.
    """
    if not published(index):
        read_current(index)
    with writer_lock(index):
        try:
            damaged = verify(index)
            generation = read_current(index).generation
        except (DamagedIndexError, MissingIndexError):
            damaged, generation = {"CURRENT": ""}, None
        manifest = None if generation is None else read_manifest(generation_folder(index, generation))
        if not damaged and manifest is not None and manifest.analyzer != analyzer_fingerprint():
            damaged = {f"{BM25} (made by another version of the analyzer)": ""}
        if not damaged:
            return f"generation {generation} is sound; nothing to mend"
        if generation is not None and manifest is not None:
            folder = generation_folder(index, generation)
            if STORE not in damaged and (vectors := _vectors(index, folder, manifest, damaged)) is not None:
                renewed = _republish(index, folder, manifest, vectors)
                what = ", ".join(sorted(damaged))
                return f"generation {renewed.generation} replaces {generation}: derived again from sound files: {what}"
        if (adopted := adopt_newest(index, but=generation)) is not None:
            return f"generation {adopted} is current again; ingest the documents to bring it up to date"
    raise DamagedIndexError(
        f"no sound generation is left in {str(index)!r}; build it anew with: {ingest_command(index, rebuild=True)}"
    )


def adopt_newest(index: Path, but: str | None = None) -> str | None:
    """Let CURRENT name the newest sound generation on disk, if there is one; call with the lock held."""
    for candidate in reversed(published(index)):
        if candidate != but and _is_sound(index, candidate):
            point_current_at(index, candidate)
            return candidate
    return None


def _is_sound(index: Path, generation: str) -> bool:
    folder = generation_folder(index, generation)
    try:
        return not damaged_files(folder, read_manifest(folder))
    except (DamagedIndexError, FormatVersionError):
        return False


def _vectors(index: Path, folder: Path, manifest: Manifest, damaged: dict[str, str]) -> NDArray[np.float32] | None:
    """The generation's vectors, from its file or, where that is damaged, from the cache; None if incomplete."""
    if VECTORS not in damaged:
        return np.load(folder / VECTORS, allow_pickle=False)
    store = PassageStore(folder / STORE)
    keys = [vector_key(manifest.encoder.fingerprint, passage.contextual_text) for passage in store.all_passages()]
    store.close()
    with VectorCache(vector_cache_file(index)) as cache:
        return None if cache.missing(keys) else cache.get(keys, manifest.encoder.dimension)


def _republish(index: Path, folder: Path, manifest: Manifest, vectors: NDArray[np.float32]) -> Manifest:
    store = PassageStore(folder / STORE)
    documents = [store.document(info.id) for info in store.documents()]
    renewed = publish_generation(
        index,
        documents=documents,
        passages=store.all_passages(),
        vectors=vectors,
        files=store.files(),
        encoder=EncoderInfo(**manifest.encoder.model_dump()),
        chunker=manifest.chunker,
        roots=manifest.roots,
        flags=manifest.flags,
        structures=store.structures(),
        links=store.practice_links(),
        bm25=Bm25Settings(**manifest.bm25),
    )
    store.close()
    return renewed
