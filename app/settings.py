"""Settings: `sota-rag.toml` < environment `SOTA_RAG_*` < flags. An unknown key anywhere is an error.

Nested keys are joined by two underscores in the environment: `SOTA_RAG_SEARCH__ALPHA=0.4`. The file is
`sota-rag.toml` in the working folder, or the one that `SOTA_RAG_CONFIG` names.
"""

import hashlib
import os
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import platformdirs
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from ..index import SearchSettings, SettingsError
from ..index.sparse import Bm25Settings
from ..ingest.chunk import ChunkSettings
from .answering import AnswerSettings

PREFIX = "SOTA_RAG_"
CONFIG_VARIABLE = "SOTA_RAG_CONFIG"
CONFIG_FILE = "sota-rag.toml"
NO_HURRY_S = 3600.0
"""The reranker's time budget where something is measured, or asked again."""


def _named_folder(value: Any) -> Any:
    """The empty path would mean the working folder; `~` is the shell's to expand in flags, ours in a file."""
    if value == "":
        raise ValueError("name a folder")
    try:
        return Path(value).expanduser() if isinstance(value, str) else value
    except RuntimeError as error:
        raise ValueError("there is no such home folder") from error


Folder = Annotated[Path, BeforeValidator(_named_folder)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EncoderSection(_Section):
    """The model that makes vectors, where it runs and how."""

    model: str = "all-MiniLM-L6-v2"
    device: str = Field(default="auto", pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    batch_size: int = Field(default=32, ge=1)


class SearchSection(_Section):
    """How hits are found; see `SearchSettings`."""

    legs: Literal["hybrid", "dense", "bm25"] = "hybrid"
    depth: int = Field(default=100, ge=1)
    fusion: Literal["learned", "convex", "rrf"] = "convex"
    alpha: float = Field(default=SearchSettings().alpha, ge=0, le=1)
    rrf_k: int = Field(default=60, ge=1)
    mode: Literal["current", "history"] = "current"


class Bm25Section(_Section):
    """Term saturation k1 and length normalisation b; a change is noticed at the next ingestion."""

    k1: float = Field(default=Bm25Settings().k1, ge=0, le=10)
    b: float = Field(default=Bm25Settings().b, ge=0, le=1)


class RerankerSection(_Section):
    """The cross-encoder stage; without a model it is left out."""

    model: str | None = "sota-rag-reranker"
    enabled: bool = True
    depth: int = Field(default=20, ge=1)
    mix: Literal["learned", "weighted"] = "learned"
    weight: float = Field(default=0.5, ge=0, le=1)
    budget_s: float = Field(default=1.0, gt=0)


class VerifierSection(_Section):
    """The model that judges what is written; without one, or switched off, the lexical verifier judges alone."""

    model: str | None = None
    enabled: bool = True


class ChunkingSection(_Section):
    """How documents are cut; a change is noticed at the next ingestion."""

    target_tokens: int = Field(default=ChunkSettings().target_tokens, ge=ChunkSettings().min_tokens)


class AnswerSection(_Section):
    """How an answer is made."""

    mode: Literal["auto", "generate", "extract"] = "auto"
    hits: int = Field(default=10, ge=1)
    read: int = Field(default=6, ge=1)
    max_sentences: int = Field(default=3, ge=1)
    threshold: float | None = Field(default=None, ge=0, le=1)
    evidence_tokens: int = Field(default=600, ge=100)
    budget_s: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    strategies: tuple[Literal["hyde", "multi-query", "decompose", "self-critique"], ...] = ()


class LlmSection(_Section):
    """The language model that writes: a GGUF file in a worker process, or with `url` an OpenAI-compatible server.

    `lora` is an adapter that takes part where answers are written: `auto` for the one that ships for the model, if one
    does, else a GGUF file; `none` for none.

    The key of a server comes from the environment alone (`SOTA_RAG_LLM__API_KEY`); it is never shown, and no part of
    a receipt.
    """

    model: str | None = "SmolLM2-135M-Instruct"
    url: str | None = None
    api_key: SecretStr | None = None
    template: Literal["auto", "chatml", "llama3", "gemma", "mistral"] = "auto"
    lora: str = "auto"
    gpu_layers: int | Literal["auto"] = "auto"
    threads: int | None = Field(default=None, ge=1)
    window: int | None = Field(default=None, ge=512)
    max_tokens: int = Field(default=160, ge=16)
    temperature: float = Field(default=0.0, ge=0, le=2)
    seed: int = Field(default=0, ge=0, lt=2**32 - 1)
    queue: int = Field(default=8, ge=1)
    queue_s: float = Field(default=60.0, gt=0, allow_inf_nan=False)
    prompt_s: float = Field(default=120.0, gt=0, allow_inf_nan=False)
    generation_s: float = Field(default=120.0, gt=0, allow_inf_nan=False)


class PapersSection(_Section):
    """Where papers are kept, and how arXiv or a mirror of it is asked for them."""

    folder: Folder = Path(platformdirs.user_data_dir("sota-rag")) / "papers"
    api_url: str = "https://export.arxiv.org/api/query"
    pdf_url: str = "https://arxiv.org/pdf"
    oai_url: str = "https://oaipmh.arxiv.org/oai"
    contact: str | None = None
    delay_s: float = Field(default=3.0, ge=0, allow_inf_nan=False)
    timeout_s: float = Field(default=30.0, gt=0, allow_inf_nan=False)
    max_mb: int = Field(default=200, ge=1)


class Settings(BaseSettings):
    """All settings of the application."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    index: Folder = Path(platformdirs.user_data_dir("sota-rag")) / "index"
    profile: Literal["embedded"] = "embedded"
    encoder: EncoderSection = EncoderSection()
    search: SearchSection = SearchSection()
    bm25: Bm25Section = Bm25Section()
    reranker: RerankerSection = RerankerSection()
    verifier: VerifierSection = VerifierSection()
    chunking: ChunkingSection = ChunkingSection()
    answer: AnswerSection = AnswerSection()
    llm: LlmSection = LlmSection()
    papers: PapersSection = PapersSection()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags before environment before file; no dotenv, no secret files."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_file())

    @classmethod
    def load(cls, **flags: Any) -> Self:
        """Read all sources.

        Raises:
            SettingsError: a key is unknown, a value is invalid, or the file cannot be read.
        """
        _refuse_unknown_variables(cls)
        try:
            return cls(**{key: value for key, value in flags.items() if value is not None})
        except ValidationError as error:
            raise SettingsError(_explain(error)) from None
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"{str(config_file())!r} is not valid TOML ({error}); mend that line") from None
        except UnicodeDecodeError:
            raise SettingsError(f"{str(config_file())!r} is not UTF-8 text; save it as UTF-8") from None
        except OSError as error:
            raise SettingsError(
                f"{str(config_file())!r} cannot be read ({error.strerror}); check its permissions"
            ) from None
        except ValueError as error:
            raise SettingsError(
                f"a setting cannot be understood ({error}); set its keys one by one, such as {PREFIX}SEARCH__ALPHA=0.4"
            ) from None

    def measured_search_settings(self) -> SearchSettings:
        """The same with all the time that a reranker needs, so that what is measured repeats on a busy machine."""
        return replace(self.search_settings(), rerank_budget_s=NO_HURRY_S)

    def search_settings(self) -> SearchSettings:
        """Settings of the retriever."""
        search, reranker = self.search, self.reranker
        return SearchSettings(
            **search.model_dump(),
            rerank=reranker.enabled,
            rerank_depth=reranker.depth,
            rerank_mix=reranker.mix,
            rerank_weight=reranker.weight,
            rerank_budget_s=reranker.budget_s,
        )

    def bm25_settings(self) -> Bm25Settings:
        """How words are weighed when an index is made."""
        return Bm25Settings(self.bm25.k1, self.bm25.b)

    def answer_settings(self) -> AnswerSettings:
        """Settings of the answerer."""
        from .answering.select import SelectionSettings
        from .answering.types import Mode
        from .answering.write import WriteSettings
        from .llm import Deadlines, Sampling
        from .llm.find import silence_odds

        answer, llm = self.answer, self.llm
        return AnswerSettings(
            hits=answer.hits,
            read=answer.read,
            threshold=answer.threshold,
            selection=SelectionSettings(max_sentences=answer.max_sentences),
            mode=Mode(answer.mode),
            write=WriteSettings(
                evidence_tokens=answer.evidence_tokens,
                sampling=Sampling(max_tokens=llm.max_tokens, temperature=llm.temperature, seed=llm.seed),
                deadlines=Deadlines(llm.queue_s, llm.prompt_s, llm.generation_s),
            ),
            strategies=answer.strategies,
            silence_odds=silence_odds(llm.lora, llm.model) if llm.url is None else 0.0,
            budget_s=answer.budget_s,
        )

    def chunk_settings(self, window: int) -> ChunkSettings:
        """Settings of the chunker for an encoder that reads `window` word pieces, two special ones included."""
        target = min(self.chunking.target_tokens, window - 2)
        return ChunkSettings(max_tokens=window - 2, target_tokens=target)

    @property
    def fingerprint(self) -> str:
        """Hex sha256 of every setting that can change a result and that a receipt does not tell by itself.

        Places, where papers come from, and how many may wait do not change one.
        """
        left_out = {
            "index": True,
            "papers": True,
            "answer": {"mode", "budget_s", "strategies"},
            "llm": {"api_key", "seed", "queue", "queue_s", "prompt_s", "generation_s"},
        }
        return hashlib.sha256(self.model_dump_json(exclude=left_out).encode()).hexdigest()


def config_file() -> Path:
    """The settings file in use; it need not exist unless the environment names it."""
    named = os.environ.get(CONFIG_VARIABLE)
    if named and not Path(named).is_file():
        raise SettingsError(f"{CONFIG_VARIABLE} names {named!r}, which does not exist; correct or unset it")
    return Path(named or CONFIG_FILE)


def _refuse_unknown_variables(settings: type[Settings]) -> None:
    """pydantic-settings passes over an unknown variable with the prefix; a typing error must not go unnoticed."""
    for variable in sorted(os.environ):
        if not variable.upper().startswith(PREFIX) or variable.upper() == CONFIG_VARIABLE:
            continue
        name, *inner = variable[len(PREFIX) :].lower().split("__")
        keys = _keys(name)
        fine = name in settings.model_fields and (not inner or (len(inner) == 1 and inner[0] in keys))
        if not fine:
            known = [f"{name}__{key}" for key in keys] or settings.model_fields
            names = ", ".join(f"{PREFIX}{key.upper()}" for key in known)
            raise SettingsError(f"unknown setting {variable!r} in the environment; unset it (known are {names})")


def _keys(section: object) -> tuple[str, ...]:
    """Keys of a section; none for a plain setting or an unknown name."""
    field = Settings.model_fields.get(str(section))
    model = field.annotation if field else None
    return tuple(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else ()


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    place = first["loc"]
    key = ".".join(str(part) for part in place)
    keys = _keys(place[0])
    if first["type"] == "extra_forbidden":
        where = f"{str(config_file())!r} or the environment"
        known = ", ".join(keys or Settings.model_fields)
        return f"unknown setting {key!r} in {where}; remove it (known {'there ' if keys else ''}are {known})"
    if first["type"] == "model_type":
        return (
            f"setting {key!r} has the value {first['input']!r}, but is a section; set one of its keys {', '.join(keys)}"
        )
    return f"setting {key!r} has the value {first['input']!r}: {reason(error)}"


def reason(error: ValidationError) -> str:
    """What the first thing wrong is, in lower case."""
    said = error.errors()[0]["msg"].removeprefix("Value error, ")
    return said[:1].lower() + said[1:]
