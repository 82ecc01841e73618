"""Choose the model of a role: write its name into the settings file, and leave every other byte of it as it is."""

import json
import os
import shutil
import tomllib
from pathlib import Path
from typing import Any

from ..index.errors import SettingsError, UnwritableError
from ..ingest.papers.durable import move_durably
from .settings import PREFIX


def overriding_variable(role: str) -> str | None:
    """The environment variable that sets the model of a role whatever the file says; None where there is none."""
    section = f"{PREFIX}{role}".upper()
    for variable, value in sorted(os.environ.items()):
        if variable.upper() == f"{section}__MODEL":
            return variable
        if variable.upper() == section:
            try:
                said = json.loads(value)
            except ValueError:
                continue
            if isinstance(said, dict) and "model" in said:
                return variable
    return None


def write_choice(file: Path, role: str, name: str) -> bool:
    """Set the model of a role in a settings file, which is made if need be; whether anything changed.

    Raises:
        SettingsError: the environment overrides the file, or the file cannot be understood.
        UnwritableError: it cannot be written.
    """
    variable = overriding_variable(role)
    if variable is not None:
        raise SettingsError(
            f"the variable {variable} in the environment decides over {role}.model, whatever {str(file)!r} says; "
            "unset it, or set it instead"
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
    changed = with_model(text, role, name)
    if tomllib.loads(changed) == before:
        return False
    _replace(target, changed.encode())
    return True


def with_model(text: str, role: str, name: str) -> str:
    """The text of a settings file with the model of a role set.

    Raises:
        SettingsError: the role is no section there, or the text is of a form that cannot be edited safely.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    before = tomllib.loads(text)
    if not isinstance(before.get(role, {}), dict):
        raise SettingsError(f"setting {role!r} is a section, but the file gives it a value; remove that line")
    try:
        document = tomlkit.parse(text)
        if role in document:
            section: Any = document[role]
            section["model"] = name
        else:
            if text and not text.endswith("\n"):
                document.add(tomlkit.nl())
            if text.strip():
                document.add(tomlkit.nl())
            table = tomlkit.table()
            table["model"] = name
            document[role] = table
        changed = tomlkit.dumps(document)
        after = tomllib.loads(changed)
    except (TOMLKitError, tomllib.TOMLDecodeError, TypeError, KeyError):
        changed, after = "", {}
    # What the edit did is judged by another parser.
    if after != before | {role: before.get(role, {}) | {"model": name}}:
        raise SettingsError(
            f"the settings file has a form that cannot be edited safely; set {role}.model in it by hand"
        )
    return changed


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
