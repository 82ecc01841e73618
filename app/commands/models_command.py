"""The models: which are here, what each one is, which are used, and how to get others.

list      every listed and every pulled model: its role, whether it is here, whether the settings use it (the default)
show      one model: file, size, licence, hash; of a GGUF file also architecture, window, quantisation and template
use       write a model into the settings file, for its role; the rest of the file stays as it is
pull      fetch a GGUF file, or the folder of an encoder or a reranker, from the Hugging Face hub
verify    hash the files and compare with what is listed or was recorded

A NAME is a listed or pulled model, the path of a .gguf file, or the path of an encoder's or a reranker's folder.
Only `pull` uses the network. It fetches data alone: no pickles, no code.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .output import load_settings, print_json

if TYPE_CHECKING:
    from ..model_store import Role
    from ..settings import Settings

_EPILOG = """\
examples:
  sota-rag models
  sota-rag models show SmolLM2-135M-Instruct
  sota-rag models pull bartowski/Qwen2.5-1.5B-Instruct-GGUF Qwen2.5-1.5B-Instruct-Q4_K_M.gguf
  sota-rag models use Qwen2.5-1.5B-Instruct-Q4_K_M
  sota-rag models use ~/models/llama-3.2-3b-instruct-q4_k_m.gguf
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the five actions and their arguments."""
    parser.epilog = _EPILOG
    parser.add_argument("--verify", action="store_true", help="with the list: hash the weights and compare")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    common = argparse.ArgumentParser(add_help=False)
    # Suppressed defaults: what was said before the action stays.
    common.add_argument("--index", metavar="DIR", default=argparse.SUPPRESS, help="the index folder")
    common.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document")
    common.add_argument("-v", "--verbose", action="store_true", default=argparse.SUPPRESS, help="log more")
    roles = ["llm", "encoder", "reranker", "verifier"]

    listing = actions.add_parser("list", parents=[common], help="every model that is listed or was pulled")
    listing.add_argument(
        "--verify", action="store_true", default=argparse.SUPPRESS, help="hash the weights and compare"
    )
    show = actions.add_parser("show", parents=[common], help="what is known of one model")
    show.add_argument("name", metavar="NAME")
    use = actions.add_parser("use", parents=[common], help="write a model into the settings file")
    use.add_argument("name", metavar="NAME")
    use.add_argument("--role", choices=roles, help="what it is for, where that is not plain")
    pull = actions.add_parser("pull", parents=[common], help="fetch a model from the Hugging Face hub")
    pull.add_argument("repo", metavar="REPO", help="OWNER/NAME on the hub")
    pull.add_argument("file", metavar="FILE", nargs="?", help="which of its GGUF files, where there are several")
    pull.add_argument("--revision", metavar="REV", help="branch, tag or commit (default: the newest)")
    pull.add_argument("--role", choices=roles[1:], help="of a folder, where its configuration does not tell")
    verify = actions.add_parser(
        "verify", parents=[common], help="hash files and compare; exit status 1 on a difference"
    )
    verify.add_argument("name", metavar="NAME", nargs="?", help="only this one")


def run(arguments: argparse.Namespace) -> int:
    """Do one of the five."""
    actions = {"show": _show, "use": _use, "pull": _pull, "verify": _verify, "list": _list, None: _list}
    return actions[arguments.action](arguments)


def _list(arguments: argparse.Namespace) -> int:
    return _print_states(arguments, verify=arguments.verify, name=None)


def _verify(arguments: argparse.Namespace) -> int:
    return _print_states(arguments, verify=True, name=arguments.name)


def _print_states(arguments: argparse.Namespace, *, verify: bool, name: str | None) -> int:
    from ..model_report import model_states
    from ..model_store import ModelStore

    states = model_states(load_settings(arguments), ModelStore(), verify=verify, name=name)
    if arguments.json:
        print_json({"models": [state.form() for state in states]})
    else:
        wide = max(len(state.id) for state in states)
        for state in states:
            where = state.folder or "-"
            where = f"{where}/{state.file}" if state.folder and state.role == "llm" and state.file else where
            mark = "*" if state.used else " "
            columns = f"{state.id:<{wide}} {mark} {state.role:<9} {state.state:<14} {state.licence or 'unknown':<11}"
            print(f"{columns} {where}")
        print("* used")
    return int(any(state.state in {"hash differs", "changed"} for state in states))


def _show(arguments: argparse.Namespace) -> int:
    from ..model_pull import size_text
    from ..model_report import model_facts
    from ..model_store import ModelStore
    from ..terminal import table

    facts = model_facts(arguments.name, ModelStore())
    if arguments.json:
        print_json(facts)
        return 0
    shown = {**facts, "bytes": f"{size_text(facts['bytes'])} ({facts['bytes']} bytes)"}
    names = {"bytes": "size", "id": "model"}
    said = {names.get(name, name): "unknown" if value is None else str(value) for name, value in shown.items()}
    print("\n".join(table(said.items(), indent="")))
    return 0


def _use(arguments: argparse.Namespace) -> int:
    from ...index.errors import UsageError
    from ..model_choice import write_choice
    from ..model_report import role_of, setting_value
    from ..model_store import ModelStore
    from ..settings import config_file

    settings, store = load_settings(arguments), ModelStore()
    known: Role = role_of(arguments.name, store)
    role: Role = arguments.role or known
    if (role == "llm") != (known == "llm"):
        raise UsageError(f"{arguments.name!r} is for the role {known}, not {role}; leave --role out")
    if role == "llm" and settings.llm.url is not None:
        raise UsageError(f"llm.url is {settings.llm.url!r}, so that its model writes and no file; unset llm.url first")
    value = setting_value(arguments.name, role, store)
    file = config_file()
    changed = write_choice(file, role, value)
    following = _following(settings, role) if changed else []
    if arguments.json:
        form = {"role": role, "model": value, "file": str(file.absolute()), "changed": changed, "next": following}
        print_json(form)
        return 0
    print(f"{role}.model = {value!r} {'written to' if changed else 'is already in'} {file}")
    for line in following:
        print(f"next: {line}")
    return 0


def _following(settings: "Settings", role: "Role") -> list[str]:
    """What is to be done for a newly chosen model to take effect."""
    from ...index.remedies import ingest_command

    restart = "restart the page if it runs (sota-rag app)"
    if role == "encoder":
        rebuild = ingest_command(settings.index, rebuild=True)
        return [f"rebuild the index, whose vectors are of the encoder before: {rebuild}", restart]
    return [restart]


def _pull(arguments: argparse.Namespace) -> int:
    from ..model_pull import pull, size_text
    from ..model_store import ModelStore
    from ..terminal import TerminalProgress

    store = ModelStore()
    with TerminalProgress() as progress:
        pulled = pull(
            arguments.repo,
            arguments.file,
            store,
            revision=arguments.revision,
            role=arguments.role,
            progress=progress,
        )
    where: dict[str, Any] = {"path": str(store.path(pulled)), "next": f"sota-rag models use {pulled.id}"}
    if arguments.json:
        print_json(pulled.model_dump() | where)
        return 0
    size = sum(record.bytes for record in pulled.files.values())
    print(f"pulled {pulled.id} ({size_text(size)}, {len(pulled.files)} file{'s'[: len(pulled.files) != 1]})")
    print(f"  revision {pulled.revision}, licence {pulled.licence or 'unknown: read it on the hub'}")
    print(f"  in {Path(where['path'])}")
    print(f"next: {where['next']}")
    return 0
