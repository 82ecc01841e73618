"""What a long evaluation has got so far, line by line on disk, so that stopping it loses nothing."""

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from ..index.errors import UnwritableError


class Journal:
    """Values by key, appended to a JSONL file as they come; a context that closes it.

    A last line that was cut short, as when the machine went down, is dropped.

    Args:
        path: the file; it need not exist. What is in it must belong to the same evaluation: name it by a fingerprint.

    Raises:
        UnwritableError: the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._values: dict[str, Any] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._opened()
        except OSError as error:
            raise UnwritableError(f"cannot write {str(path)!r} ({error.strerror}); choose another index") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if not self._values:
            self.path.unlink(missing_ok=True)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._values[key] = value
        self._file.write(json.dumps([key, value], ensure_ascii=False) + "\n")
        self._file.flush()

    def forget(self) -> None:
        """Remove the file; the evaluation is complete."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def _opened(self) -> TextIO:
        kept: list[str] = []
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8", errors="replace").split("\n"):
                try:
                    key, value = json.loads(line)
                except (ValueError, TypeError):
                    continue
                self._values[key] = value
                kept.append(line + "\n")
        file = self.path.open("w", encoding="utf-8", newline="\n")
        file.writelines(kept)
        file.flush()
        return file
