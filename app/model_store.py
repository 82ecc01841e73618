"""Models that were pulled from a hub: their files, and what each one was when it arrived.

    models.json                      every pulled model: repository, revision, licence, size and sha256 of each file
    OWNER--REPO/…                    files under the names that the repository has for them

The folder is `models` in the platform's data folder. A hash is computed when a file arrives and compared by
`sota-rag models verify`; loading a model compares size and time of change, which costs nothing.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import platformdirs
from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..index.errors import ModelError, UnwritableError
from ..index.models import file_sha256
from ..ingest.papers.durable import write_durably

Role = Literal["llm", "adapter", "encoder", "reranker", "verifier"]
_RECORDS = "models.json"


class FileRecord(BaseModel):
    """A file as it arrived.

    Attributes:
        sha256: of its bytes, hex.
        bytes: its size.
        changed_ns: its time of change, in nanoseconds since 1970.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    bytes: int = Field(ge=0)
    changed_ns: int

    @classmethod
    def of(cls, path: Path) -> "FileRecord":
        """The record of a file as it is now."""
        status = path.stat()
        return cls(sha256=file_sha256(path), bytes=status.st_size, changed_ns=status.st_mtime_ns)


class Pulled(BaseModel):
    """A model that was pulled.

    Attributes:
        id: `OWNER/REPO` for a folder, `OWNER/REPO/FILE` for a GGUF file.
        role: what it is for.
        repo: repository on the hub.
        revision: commit that the files are of.
        licence: as the repository says it, None where it does not.
        recorded: when, in UTC.
        files: by their names in the repository.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    role: Role
    repo: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    revision: str
    licence: str | None
    recorded: str
    files: dict[str, FileRecord] = Field(min_length=1)


class _Records(BaseModel):
    """The file `models.json`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1]
    models: list[Pulled]


class ModelStore:
    """The pulled models in a folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(platformdirs.user_data_dir("sota-rag")) / "models"

    def models(self) -> Mapping[str, Pulled]:
        """Records by id, in order.

        Raises:
            ModelError: the records are damaged.
        """
        path = self.folder / _RECORDS
        try:
            models = _Records.model_validate_json(path.read_bytes()).models
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            raise ModelError(f"{str(path)!r} cannot be read ({error.strerror}); check its permissions") from error
        except ValidationError:
            raise ModelError(f"{str(path)!r} is damaged; move it away and pull the models again") from None
        return {model.id: model for model in sorted(models, key=lambda model: model.id)}

    def find(self, name: str) -> Pulled | None:
        """The model of that id, or the only one whose GGUF file has that name, with or without its ending."""
        models = self.models()
        if name in models:
            return models[name]
        named = [one for one in models.values() if name in {Path(one.id).name, Path(one.id).name.removesuffix(".gguf")}]
        return named[0] if len(named) == 1 else None

    def place(self, repo: str) -> Path:
        """Folder for the files of a repository."""
        return self.folder / repo.replace("/", "--")

    def path(self, model: Pulled) -> Path:
        """Where a model lies: its GGUF file, or its folder.

        Raises:
            ModelError: a file is missing, or is not as it was recorded as far as its size and time tell.
        """
        folder = self.place(model.repo)
        for name, record in model.files.items():
            path = folder / name
            if not path.is_file():
                raise ModelError(f"{str(path)!r} is missing; fetch it again with: {pull_command(model)}")
            status = path.stat()
            if (status.st_size, status.st_mtime_ns) != (record.bytes, record.changed_ns):
                raise ModelError(
                    f"{str(path)!r} has changed since it was pulled; check it with: sota-rag models verify {model.id}"
                )
        return folder / next(iter(model.files)) if model.role == "llm" else folder

    def differing(self, model: Pulled) -> list[str]:
        """Names of the files that are missing or do not have their recorded hash; hashes all of them.

        Files that are right but were touched (copied, restored) are recorded anew.
        """
        folder = self.place(model.repo)
        now = {name: FileRecord.of(folder / name) for name in model.files if (folder / name).is_file()}
        wrong = [name for name, was in model.files.items() if name not in now or now[name].sha256 != was.sha256]
        if not wrong and now != model.files:
            with self.writing():
                self.record(model.model_copy(update={"files": now}))
        return wrong

    def record(self, model: Pulled) -> None:
        """Keep a record, in place of the one of that id; call inside `writing`."""
        models = sorted(({**self.models(), model.id: model}).values(), key=lambda one: one.id)
        form = _Records(format=1, models=models)
        write_durably(self.folder / _RECORDS, (form.model_dump_json(indent=2) + "\n").encode())

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the folder for writing; it is created if need be.

        Raises:
            ModelError: another process holds it.
            UnwritableError: it cannot be created.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / ".lock", timeout=0)
            lock.acquire()
        except Timeout:
            raise ModelError(f"another process is pulling into {str(self.folder)!r}; wait until it is done") from None
        except OSError as error:
            raise UnwritableError(
                f"cannot write to {str(self.folder)!r} ({error.strerror}); set XDG_DATA_HOME to a folder that can be"
            ) from error
        try:
            yield
        finally:
            lock.release()


def pull_command(model: Pulled) -> str:
    """The command that fetches a model again."""
    return f"sota-rag models pull {model.repo}" + (f" {next(iter(model.files))}" if model.role == "llm" else "")
