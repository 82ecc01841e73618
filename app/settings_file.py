"""Change values in the settings file, and leave every other byte of it as it is."""

import json
import os
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..index.errors import SettingsError, UnwritableError
from ..ingest.papers.durable import move_durably
from .settings import PREFIX

Values = Mapping[str, Mapping[str, Any]]
"""Section → key → value."""


def overriding_variable(section: str, key: str) -> str | None:
    """The environment variable that sets a key whatever the file says; None where there is none."""
    whole = f"{PREFIX}{section}".upper()
    for variable, value in sorted(os.environ.items()):
        if variable.upper() == f"{whole}__{key}".upper():
            return variable
        if variable.upper() == whole:
            try:
                said = json.loads(value)
            except ValueError:
                continue
            if isinstance(said, dict) and key in said:
                return variable
    return None


def write_values(file: Path, values: Values) -> bool:
    """Set keys in a settings file, which is made if need be; whether anything changed.

    Raises:
        SettingsError: the environment overrides the file, or the file cannot be understood.
        UnwritableError: it cannot be written.
    """
    for section, keys in values.items():
        for key in keys:
            if (variable := overriding_variable(section, key)) is not None:
                raise SettingsError(
                    f"the variable {variable} in the environment decides over {section}.{key}, whatever {str(file)!r} "
                    "says; unset it, or set it instead"
                )
    # The file itself, where its name is a link to it.
    target = file.resolve()
    try:
        data = target.read_bytes() if target.exists() else b""
        text = data.decode("utf-8")
        before = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{str(file)!r} is not valid TOML ({error}); mend it first") from None
    except OSError as error:
        raise UnwritableError(f"{str(file)!r} cannot be read ({error.strerror}); check its permissions") from error
    changed = with_values(text, values)
    if tomllib.loads(changed) == before:
        return False
    _replace(target, changed.encode())
    return True


def with_values(text: str, values: Values) -> str:
    """The text of a settings file with keys set.

    Raises:
        SettingsError: a section is none there, or the text is of a form that cannot be edited safely.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    before = tomllib.loads(text)
    for section in values:
        if not isinstance(before.get(section, {}), dict):
            raise SettingsError(f"setting {section!r} is a section, but the file gives it a value; remove that line")
    wanted = before | {section: before.get(section, {}) | dict(keys) for section, keys in values.items()}
    try:
        document = tomlkit.parse(text)
        for section, keys in values.items():
            _set(document, section, keys)
        changed = tomlkit.dumps(document)
        after = tomllib.loads(changed)
    except (TOMLKitError, tomllib.TOMLDecodeError, TypeError, KeyError):
        changed, after = "", {}
    # What the edit did is judged by another parser.
    if after != wanted:
        named = ", ".join(f"{section}.{key}" for section, keys in values.items() for key in keys)
        raise SettingsError(f"the settings file has a form that cannot be edited safely; set {named} in it by hand")
    return changed


def _set(document: Any, section: str, keys: Mapping[str, Any]) -> None:
    import tomlkit

    if section not in document:
        so_far = tomlkit.dumps(document)
        if so_far and not so_far.endswith("\n"):
            document.add(tomlkit.nl())
        if so_far.strip():
            document.add(tomlkit.nl())
        document[section] = tomlkit.table()
    for key, value in keys.items():
        document[section][key] = value


def _replace(target: Path, data: bytes) -> None:
    temporary = target.with_name(f".{target.name}.new")
    try:
        with temporary.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        move_durably(temporary, target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UnwritableError(f"{str(target)!r} cannot be written ({error.strerror}); check its permissions") from error
