"""List the models that sota-rag knows, where their files are, and whether their hashes match.

A model may also be named by the path of its folder, in the settings `encoder.model` and `reranker.model`.
"""

import argparse

from .output import print_json


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("--verify", action="store_true", help="hash the weights and compare")


def run(arguments: argparse.Namespace) -> int:
    """List the models."""
    from ..doctor import model_states

    states = model_states(verify=arguments.verify)
    if arguments.json:
        print_json({"models": states})
    else:
        for state in states:
            columns = f"{state['id']:<28} {state['role']:<9} {state['state']:<14} {state['licence']:<11}"
            print(f"{columns} {state['folder'] or '-'}")
    return int(any(state["state"] == "hash differs" for state in states))
