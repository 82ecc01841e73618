"""`sota-rag app` serves at once, also where Streamlit has never run."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("sota-rag")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def healthy(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1) as answer:
            return answer.status == 200
    except OSError:
        return False


def test_nothing_is_asked_before_the_page_is_served(tmp_path):
    """With a browser to open and a home without its files, Streamlit itself would ask for an address of the user's."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.upper().startswith("SOTA_RAG_")}
    opened, browser = tmp_path / "opened", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >{opened}\n')
    browser.chmod(0o755)
    environment |= {"HOME": str(tmp_path), "BROWSER": str(browser), "SOTA_RAG_INDEX": str(tmp_path / "index")}
    command = [PROGRAM, "app", "--port", str(port)]
    with subprocess.Popen(
        command,
        env=environment,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            until = time.monotonic() + 60
            while not healthy(port) and process.poll() is None and time.monotonic() < until:
                time.sleep(0.1)
            assert healthy(port)
            while not opened.exists() and time.monotonic() < until:
                time.sleep(0.1)
            assert opened.read_text() == f"http://127.0.0.1:{port}\n"
        finally:
            process.terminate()
            said = process.communicate(timeout=20)[0].decode()
    assert "Email" not in said
