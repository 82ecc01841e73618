"""Reading line by line, so that whatever is wrong is named as `file:line`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..index.errors import EvaluationError


def read_lines(path: Path, expected: str) -> Iterator[tuple[str, str]]:
    """Non-blank lines as (`file:line`, text); lines end at LF alone, as U+2028 may stand inside JSON.

    Args:
        path: a UTF-8 file; a byte order mark is dropped.
        expected: what the file should be, for the message when it cannot be read.

    Raises:
        EvaluationError: the file cannot be read, or a line is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                where = f"{path}:{number}"
                try:
                    line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise EvaluationError(f"{where}: not UTF-8 ({error.reason}); save it as UTF-8") from error
                if line.strip():
                    yield where, line.rstrip("\r\n")
    except OSError as error:
        raise EvaluationError(f"cannot read {str(path)!r} ({error.strerror}); {expected}") from error


def read_rows(path: Path, expected: str, *, identifier: str | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """The JSON objects of a JSONL file, each with its `file:line`.

    Args:
        path: the file.
        expected: as for `read_lines`.
        identifier: a key whose values are non-empty strings, each of which occurs once.

    Raises:
        EvaluationError: as for `read_lines`; a line is no JSON object, or its identifier cannot be used.
    """
    first_seen: dict[str, str] = {}
    for where, line in read_lines(path, expected):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise EvaluationError(f"{where}: not JSON ({error}); each line holds one object") from error
        if not isinstance(row, dict):
            raise EvaluationError(f"{where}: {line[:60]!r} is not a JSON object")
        if identifier is not None:
            value = text_of(row, identifier, where)
            if not value:
                raise EvaluationError(f"{where}: {identifier!r} is empty")
            if value in first_seen:
                raise EvaluationError(f"{where}: {identifier!r} {value!r} was already used at {first_seen[value]}")
            first_seen[value] = where
        yield where, row


def text_of(row: dict[str, Any], key: str, where: str, default: str | None = None) -> str:
    """A string value; a missing or null one gives the default if there is one.

    Raises:
        EvaluationError: there is no such key and no default, or the value is no string.
    """
    value = row.get(key)
    if value is None and default is not None:
        return default
    if key not in row:
        raise EvaluationError(f"{where}: key {key!r} is missing; found {sorted(row)}")
    if not isinstance(value, str):
        raise EvaluationError(f"{where}: {key!r} is {value!r}; it must be a string")
    return value
