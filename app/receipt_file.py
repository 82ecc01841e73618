"""A receipt on disk: the answer's JSON form, read back as far as it takes to ask the question again."""

import json
import tempfile
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ..index.errors import UsageError

_LARGEST = 20_000_000


class _Form(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class SavedHit(_Form):
    """A hit of the saved answer."""

    passage_id: str
    text: str = ""


class SavedSentence(_Form):
    """A sentence of the saved answer."""

    text: str
    verdict: str
    origin: str = "extracted"


class SavedTurn(_Form):
    """An earlier question and its answer."""

    question: str
    answer: str


class SavedModel(_Form):
    """A model of the saved answer."""

    id: str
    fingerprint: str


class SavedEncoder(SavedModel):
    """The encoder, and where it ran."""

    device: str | None = None
    precision: str | None = None


class SavedGate(_Form):
    """The gate's decision."""

    threshold: float = 0.0
    fingerprint: str = ""


class SavedFilters(_Form):
    """Which documents could answer."""

    kinds: tuple[str, ...] = ()
    years: tuple[int | None, int | None] | None = None
    statuses: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()


class SavedReceipt(_Form):
    """The part of a receipt that asking again needs, and that is compared."""

    software: str
    generation: str
    encoder: SavedEncoder
    reranker: str | None = None
    reranker_note: str = ""
    llm: SavedModel | None = None
    gate: SavedGate = SavedGate()
    prompt_version: str | None = None
    prompt_hash: str | None = None
    seed: int | None = None
    verifier: str | None = None
    asked_mode: Literal["auto", "generate", "extract"] = "extract"
    budget_s: float | None = None
    strategies: tuple[Literal["hyde", "multi-query", "decompose", "self-critique"], ...] = ()
    turns: tuple[SavedTurn, ...] = ()
    filters: SavedFilters | None = None
    search: dict[str, Any] = {}
    settings_hash: str = ""


class SavedAnswer(_Form):
    """An answer as `sota-rag ask --json`, `--receipt` and the page's download write it."""

    question: str
    answer: str
    mode: str
    abstained: bool = False
    sentences: tuple[SavedSentence, ...] = ()
    hits: tuple[SavedHit, ...] = ()
    receipt: SavedReceipt


def write_receipt(path: Path, form: dict[str, Any]) -> None:
    """Keep an answer's JSON form; an existing file is replaced whole or not at all.

    Raises:
        OSError: the folder is missing or cannot be written.
    """
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False
    ) as part:
        json.dump(form, part, ensure_ascii=False, indent=2)
        part.write("\n")
    written = Path(part.name)
    try:
        written.replace(path)
    except OSError:
        written.unlink(missing_ok=True)
        raise


def read_receipt(path: Path) -> SavedAnswer:
    """Read what `write_receipt` wrote.

    Raises:
        UsageError: there is no such file, or it is no receipt.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(
                f"{str(path)!r} is larger than any receipt; name a file that `sota-rag ask --receipt` wrote"
            )
        return SavedAnswer.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"receipt {str(path)!r} cannot be read ({error.strerror}); check the name") from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise UsageError(
            f"{str(path)!r} is no receipt ({place}: {first['msg'].lower()}); "
            "name a file that `sota-rag ask --receipt FILE` or `--json` wrote"
        ) from None
