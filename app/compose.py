"""Put the parts together as the settings say; the command line and the page both start here."""

from collections.abc import Iterable
from contextlib import closing
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import platformdirs

from ..eval.topics import TopicSet
from ..index import CrossEncoderReranker, Encoder, Retriever, SentenceTransformerEncoder
from ..index.encoder import TokenCounter
from ..index.errors import ModelError
from ..ingest.isolation.pool import WorkerPool
from ..ingest.metadata import DocumentMeta
from ..ingest.pipeline import ingest
from ..ingest.progress import Progress
from ..ingest.report import IngestReport
from .answering import Answerer
from .answering.remember import RememberingEncoder
from .settings import Settings

if TYPE_CHECKING:
    from .answering.verify.judgement import Verifier
    from .llm.local import LocalModel
    from .llm.server import ServerModel


class CountingEncoder(Encoder, Protocol):
    """An encoder that can count its own word pieces."""

    @property
    def count_tokens(self) -> TokenCounter:
        """Counts word pieces of strings."""
        ...


def starter_corpus() -> list[Path]:
    """Folders of the documents that ship with sota-rag: guides, notes on papers, and the registry of practices."""
    corpus = Path(str(files("sota_rag.corpus")))
    return [corpus / name for name in ("guides", "papers", "registry")]


def starter_topics(part: Literal["dev", "test"]) -> TopicSet:
    """The judged questions about them: `dev` to choose settings on, `test` to report."""
    return TopicSet(Path(str(files("sota_rag.corpus"))) / "topics.jsonl", part)


def make_encoder(settings: Settings) -> SentenceTransformerEncoder:
    """The encoder; its weights are loaded when they are first needed."""
    section = settings.encoder
    return SentenceTransformerEncoder(
        section.model, device=section.device, precision=section.precision, batch_size=section.batch_size
    )


def make_reranker(settings: Settings) -> CrossEncoderReranker | None:
    """The reranker, or None where the settings name none or switch the stage off."""
    section = settings.reranker
    if section.model is None or not section.enabled:
        return None
    return CrossEncoderReranker(section.model, device=settings.encoder.device, precision=settings.encoder.precision)


def open_retriever(settings: Settings) -> Retriever:
    """The retriever over the index that the settings name."""
    return Retriever.open(
        settings.index,
        encoder=make_encoder(settings),
        reranker=make_reranker(settings),
        settings=settings.search_settings(),
    )


def make_answerer(settings: Settings, retriever: Retriever) -> Answerer:
    """The answerer over a retriever; it shares the retriever's encoder, and has the language model of the settings.

    Without a usable language model it can still extract; why there is none is told with each answer that wanted one.
    """
    shared = retriever.encoder
    encoder = shared if isinstance(shared, SentenceTransformerEncoder) else make_encoder(settings)
    model, missing = None, ""
    if settings.answer.mode != "extract" or settings.answer.strategies:
        try:
            model = make_language_model(settings)
            model.start()
        except ModelError as error:
            missing = str(error)
    remembering = RememberingEncoder(encoder)
    return Answerer(
        retriever,
        remembering,
        settings.answer_settings(),
        settings_hash=settings.fingerprint,
        model=model,
        no_model=missing,
        verifier=make_verifier(settings, remembering),
    )


def make_verifier(settings: Settings, encoder: RememberingEncoder) -> "Verifier":
    """The verifier that the settings name; the lexical one where they name none or switch it off.

    Raises:
        ModelError: the model is not there, or is no verifier.
    """
    from .answering.verify.learned import Combination, LearnedVerifier, make_reader
    from .answering.verify.lexical import LexicalVerifier

    model = settings.verifier.model
    if model is None or not settings.verifier.enabled:
        return LexicalVerifier(encoder)
    reader = make_reader(model, device=settings.encoder.device, precision=settings.encoder.precision)
    return LearnedVerifier(reader, encoder, Combination.beside(model))


def make_language_model(settings: Settings) -> "LocalModel | ServerModel":
    """The language model, behind a server where `llm.url` is set; it is started or asked when it is first needed.

    Close it when it is no longer needed.

    Raises:
        ModelError: none is set, it cannot be found, or llama-cpp-python is not installed.
        SettingsError: the server's address or key cannot be used.
    """
    section = settings.llm
    if section.url is not None:
        from .llm.server import ServerModel

        key = section.api_key.get_secret_value() if section.api_key is not None else None
        # The default is the name of a file here and says nothing about a server: its only model is taken.
        model = None if section.model == type(section).model_fields["model"].default else section.model
        return ServerModel(section.url, model, api_key=key, window=section.window, queue=section.queue)
    if section.model is None:
        raise ModelError("no language model is set; choose one with: sota-rag models use SmolLM2-135M-Instruct")
    if find_spec("llama_cpp") is None:
        raise ModelError(
            "llama-cpp-python is not installed; install it with: pip install 'sota-rag[llm]' "
            "(it compiles llama.cpp, which takes some 5 minutes)"
        )
    from .llm.find import find_adapter, find_language_model
    from .llm.local import LocalModel

    found = find_language_model(section.model)
    return LocalModel(
        found.path,
        lora=find_adapter(section.lora, found.id),
        merged=Path(platformdirs.user_cache_dir("sota-rag")) / "merged",
        window=section.window,
        threads=section.threads,
        gpu_layers=section.gpu_layers,
        template=section.template,
        queue=section.queue,
        model_id=found.id,
    )


def make_reader(settings: Settings, encoder: CountingEncoder) -> WorkerPool:
    """The reader of documents: parsers in processes of their own, started when the first file comes."""
    return WorkerPool(encoder.count_tokens.path, settings.chunk_settings(encoder.info.window))


def run_ingestion(
    settings: Settings,
    paths: Iterable[str | Path] = (),
    *,
    flags: DocumentMeta = DocumentMeta(),
    forget: Iterable[str | Path] = (),
    rebuild: bool = False,
    progress: Progress | None = None,
    encoder: CountingEncoder | None = None,
) -> IngestReport:
    """Ingest folders and files into the index that the settings name; nothing given means the starter corpus.

    An encoder that is loaded already can be handed in.
    """
    used = encoder or make_encoder(settings)
    paths, forget = list(paths), list(forget)
    named = paths if paths or forget else starter_corpus()
    with closing(make_reader(settings, used)) as reader:
        return ingest(
            named,
            settings.index,
            encoder=used,
            reader=reader,
            flags=flags,
            bm25=settings.bm25_settings(),
            forget=forget,
            rebuild=rebuild,
            progress=progress,
        )
