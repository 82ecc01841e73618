"""Choose the model of a role: write its name into the settings file."""

from pathlib import Path

from .settings_file import with_values, write_values


def write_choice(file: Path, role: str, name: str) -> bool:
    """Set the model of a role in a settings file, which is made if need be; whether anything changed.

    Raises:
        SettingsError: the environment overrides the file, or the file cannot be understood.
        UnwritableError: it cannot be written.
    """
    return write_values(file, {role: {"model": name}})


def with_model(text: str, role: str, name: str) -> str:
    """The text of a settings file with the model of a role set.

    Raises:
        SettingsError: the role is no section there, or the text is of a form that cannot be edited safely.
    """
    return with_values(text, {role: {"model": name}})
