"""Settings: `sota-rag.toml` < environment `SOTA_RAG_*` < flags. An unknown key anywhere is an error.

Nested keys are joined by two underscores in the environment: `SOTA_RAG_SEARCH__ALPHA=0.4`. The file is
`sota-rag.toml` in the working folder, or the one that `SOTA_RAG_CONFIG` names.
"""

import hashlib
import os
import tomllib
from pathlib import Path
from typing import Any, Literal, Self

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from ..index import SearchSettings, SettingsError
from ..ingest.chunk import ChunkSettings
from .answering import AnswerSettings

PREFIX = "SOTA_RAG_"
CONFIG_VARIABLE = "SOTA_RAG_CONFIG"
CONFIG_FILE = "sota-rag.toml"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EncoderSection(_Section):
    """The model that makes vectors, where it runs and how."""

    model: str = "all-MiniLM-L6-v2"
    device: str = "auto"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    batch_size: int = Field(default=32, ge=1)


class SearchSection(_Section):
    """How hits are found; see `SearchSettings`."""

    legs: Literal["hybrid", "dense", "bm25"] = "hybrid"
    depth: int = Field(default=100, ge=1)
    fusion: Literal["convex", "rrf"] = "convex"
    alpha: float = Field(default=SearchSettings().alpha, ge=0, le=1)
    rrf_k: int = Field(default=60, ge=1)


class RerankerSection(_Section):
    """The cross-encoder stage; without a model it is left out."""

    model: str | None = None
    enabled: bool = True
    depth: int = Field(default=30, ge=1)
    weight: float = Field(default=0.5, ge=0, le=1)
    budget_s: float = Field(default=1.0, gt=0)


class ChunkingSection(_Section):
    """How documents are cut; a change is noticed at the next ingestion."""

    target_tokens: int = Field(default=ChunkSettings().target_tokens, ge=16)


class AnswerSection(_Section):
    """How an answer is made."""

    hits: int = Field(default=10, ge=1)
    read: int = Field(default=6, ge=1)
    max_sentences: int = Field(default=3, ge=1)
    threshold: float | None = Field(default=None, ge=0, le=1)


class Settings(BaseSettings):
    """All settings of the application."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    index: Path = Path(platformdirs.user_data_dir("sota-rag")) / "index"
    profile: Literal["embedded"] = "embedded"
    encoder: EncoderSection = EncoderSection()
    search: SearchSection = SearchSection()
    reranker: RerankerSection = RerankerSection()
    chunking: ChunkingSection = ChunkingSection()
    answer: AnswerSection = AnswerSection()

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
        except OSError as error:
            raise SettingsError(f"{str(config_file())!r} cannot be read ({error.strerror})") from None
        except ValueError as error:
            raise SettingsError(f"a setting cannot be understood: {error}") from None

    def search_settings(self) -> SearchSettings:
        """Settings of the retriever."""
        search, reranker = self.search, self.reranker
        return SearchSettings(
            **search.model_dump(),
            rerank=reranker.enabled,
            rerank_depth=reranker.depth,
            rerank_weight=reranker.weight,
            rerank_budget_s=reranker.budget_s,
        )

    def answer_settings(self) -> AnswerSettings:
        """Settings of the answerer."""
        from .answering.select import SelectionSettings

        answer = self.answer
        selection = SelectionSettings(max_sentences=answer.max_sentences)
        return AnswerSettings(answer.hits, answer.read, answer.threshold, selection)

    def chunk_settings(self, window: int) -> ChunkSettings:
        """Settings of the chunker for an encoder that reads `window` word pieces, two special ones included."""
        target = min(self.chunking.target_tokens, window - 2)
        return ChunkSettings(max_tokens=window - 2, target_tokens=target)

    @property
    def fingerprint(self) -> str:
        """Hex sha256 of every setting that can change a result; the index's place does not."""
        return hashlib.sha256(self.model_dump_json(exclude={"index"}).encode()).hexdigest()


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
        field = settings.model_fields.get(name)
        section = field.annotation if field else None
        nested = isinstance(section, type) and issubclass(section, BaseModel)
        fine = field is not None and (not inner if not nested else len(inner) < 2)
        if fine and nested and inner:
            fine = inner[0] in section.model_fields  # pyright: ignore[reportOptionalMemberAccess, reportAttributeAccessIssue]
        if not fine:
            known = ", ".join(f"{PREFIX}{key.upper()}" for key in settings.model_fields)
            raise SettingsError(f"unknown setting {variable!r} in the environment; unset it. Known are {known}")


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = ", ".join(Settings.model_fields)
        return f"unknown setting {key!r} in {CONFIG_FILE} or the environment; remove it. Sections are: {known}"
    return f"setting {key!r} has the value {first['input']!r}: {first['msg'].lower()}"
