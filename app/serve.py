"""Start the page's server."""

import ipaddress
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import webbrowser
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

from ..index.errors import OptionalDependencyError, SotaRagError, UsageError
from .settings import Settings

_POLL_S = 0.2


def serve(settings: Settings, host: str, port: int, *, open_browser: bool) -> int:
    """Run Streamlit on this machine until it is stopped; returns its exit status.

    Raises:
        UsageError: the host is not a loopback address, or the port no port.
        SotaRagError: the port is taken.
        OptionalDependencyError: Streamlit is not installed.
    """
    if find_spec("streamlit") is None:
        raise OptionalDependencyError("streamlit", "app")
    _refuse_open_host(host)
    _refuse_taken_port(host, port)
    entry = Path(__file__).parent / "page" / "entry.py"
    options = {
        "server.address": host,
        "server.port": str(port),
        # Otherwise Streamlit asks for an address of the user's before it serves, and offers things on the page.
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",
        "theme.light.primaryColor": "#1f6f8b",
        "theme.dark.primaryColor": "#4fa3bf",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    environment = os.environ | {"SOTA_RAG_INDEX": str(settings.index)}
    command = [sys.executable, "-m", "streamlit", "run", str(entry), *flags]
    with subprocess.Popen(command, env=environment) as process:
        if open_browser:
            place = f"[{host}]" if ":" in host else host
            Thread(target=_open_when_served, args=(f"http://{place}:{port}", process), daemon=True).start()
        # Whoever stops this process by SIGTERM means the server; it must not live on alone and hold the port.
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            return 0


def _refuse_open_host(host: str) -> None:
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise UsageError(
            f"--host {host!r} would open the page to other machines, and it has no access control; "
            "use 127.0.0.1, and a tunnel (ssh -L) to reach it from elsewhere"
        )


def _refuse_taken_port(host: str, port: int) -> None:
    if not 1 <= port <= 65535:
        raise UsageError(f"--port {port} is no port; choose one from 1024 to 65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SotaRagError(
                f"cannot listen on {host}:{port} ({error.strerror}); "
                f"choose another with: sota-rag app --port {port + 1}"
            ) from error


def _open_when_served(url: str, process: "subprocess.Popen[bytes]") -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while process.poll() is None:
        try:
            with direct.open(f"{url}/_stcore/health", timeout=1):
                webbrowser.open(url)
                return
        except OSError:
            time.sleep(_POLL_S)
