"""Say what runs where, and how to mend what does not.

Exit status 1 when something needed does not work.
"""

import argparse

from .output import load_settings, print_json


def configure(parser: argparse.ArgumentParser) -> None:
    """Nothing beyond the common flags."""


def run(arguments: argparse.Namespace) -> int:
    """Examine and print."""
    from ..doctor import examine

    findings = examine(load_settings(arguments))
    failed = any(finding.state == "broken" for finding in findings)
    if arguments.json:
        print_json({"ok": not failed, "findings": [finding.form() for finding in findings]})
        return int(failed)
    marks = {"ok": "ok ", "note": " - ", "broken": "NO "}
    for finding in findings:
        print(f"{marks[finding.state]} {finding.subject:<12} {finding.detail}")
        if finding.fix:
            print(f"{'':16} mend it: {finding.fix}")
    return int(failed)
