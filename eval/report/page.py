"""One HTML file from a template: style and script inside, nothing else to be fetched."""

import base64
import hashlib
import os
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...index.errors import OptionalDependencyError, UnwritableError
from .words import with_code

if TYPE_CHECKING:
    from jinja2 import Environment, Template


def page_environment() -> "Environment":
    """The templates of this package; all text in them is escaped.

    Raises:
        OptionalDependencyError: Jinja2 is not installed.
    """
    try:
        from jinja2 import Environment, FunctionLoader, StrictUndefined
    except ImportError as error:
        raise OptionalDependencyError("Jinja2", "eval") from error
    environment = Environment(
        loader=FunctionLoader(_text),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["with_code"] = with_code
    return environment


def write_page(path: Path, template: "Template", **context: Any) -> None:
    """Fill a template and write it; the file is complete or not there.

    The page's own policy lets run no script but the one it comes with, known by its digest, and lets it fetch nothing.

    Raises:
        UnwritableError: the file cannot be written.
    """
    from markupsafe import Markup

    script = _text("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = template.render(style=Markup(_text("page.css")), script=Markup(script), script_digest=digest, **context)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        partial.write_text(page, encoding="utf-8", newline="\n", errors="replace")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UnwritableError(f"cannot write {str(path)!r} ({error.strerror}); choose another path") from error


def _text(name: str) -> str:
    return files("sota_rag.eval.report").joinpath(name).read_text(encoding="utf-8")
