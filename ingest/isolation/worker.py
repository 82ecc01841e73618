"""The program of a worker: `python -m sota_rag.ingest.isolation.worker`, with pipes for input and output.

It loads whatever it will need, gives up everything that reading a file does not need, and then answers jobs until
its input ends.
"""

import contextlib
import ctypes
import faulthandler
import gc
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from ...index.encoder import TokenCounter
from ...index.errors import SotaRagError
from ...index.models import ModelFiles
from ...index.store import FileState
from ..chunk import ChunkSettings
from ..loaders import FORMATS
from ..metadata import DocumentMeta
from ..reading import CountTokens, ReadJob, ReadResult, read_document
from . import faults
from .audit import library_folders, refuse_effects
from .landlock import restrict_files
from .limits import Limits, grant_cpu, limit_worker
from .pictures import PictureJob, draw
from .seccomp import filter_system_calls
from .wire import LENGTH, frame, read_job, write_answer, write_refusal

_PR_SET_PDEATHSIG = 1

# Read once before the doors close, so that what a parser imports on its way is there.
_SAMPLE = b"Title\n=====\n\nA sentence. And, e.g., another one.\n"
_SAMPLES = {
    ".html": b"<html><body><h1>Title</h1><p>Text with a <a href='x'>link</a>.</p></body></html>",
    ".tex": b"\\documentclass{article}\\begin{document}\\section{Title}Text $x$.\\end{document}",
    ".ipynb": b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": '
    b'[{"cell_type": "markdown", "metadata": {}, "source": ["# Title\\n", "Text."]}]}',
    ".pdf": b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
    ".yaml": b"papers:\n  - title: A title\n    year: 2020\n",
}


def main() -> None:
    """Serve the parent until it closes the pipe."""
    reader, writer = _private_pipes()
    faulthandler.enable()
    setup = json.loads(_receive(reader) or b"null")
    if setup is None:
        return
    limits, chunking = Limits(**setup["limits"]), ChunkSettings(**setup["chunking"])
    tokenizer = Path(setup["tokenizer"])
    count_tokens = TokenCounter(ModelFiles(tokenizer.parent.name, tokenizer.parent))
    _end_with_parent()
    _warm_up(count_tokens, chunking)
    _send(writer, json.dumps({"in_force": _close_doors(limits)}).encode())
    while (known := _receive(reader)) is not None:
        job = read_job(known, _receive(reader) or b"")
        grant_cpu(limits)
        answer = _answer(job, count_tokens, chunking, limits)
        del job
        _send(writer, answer)


def _answer(job: ReadJob | PictureJob, count_tokens: CountTokens, chunking: ChunkSettings, limits: Limits) -> bytes:
    """What became of a job, as it is sent; whatever the parser does short of ending the process is caught."""
    try:
        answer = draw(job) if isinstance(job, PictureJob) else write_answer(read_document(job, count_tokens, chunking))
        if len(answer) <= limits.output_bytes:
            return answer
        fault: SotaRagError = faults.too_much_output(limits)
    except MemoryError:
        fault = faults.too_much_memory(limits)
    except RecursionError:
        fault = faults.too_deep(limits)
    except SotaRagError as error:
        fault = error
    except Exception as error:
        fault = faults.failed(error)
    if isinstance(job, PictureJob):
        return write_refusal(str(fault))
    return write_answer(ReadResult(job.key, FileState.QUARANTINED, str(fault)))


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Input and output under other numbers: what a library prints goes to the log, not into an answer."""
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return reader, writer


def _receive(reader: BinaryIO) -> bytes | None:
    """The next frame, or None at the end of the input."""
    head = reader.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    length = LENGTH.unpack(head)[0]
    payload = reader.read(length)
    return payload if len(payload) == length else None


def _send(writer: BinaryIO, payload: bytes) -> None:
    try:
        writer.write(frame(payload))
        writer.flush()
    except BrokenPipeError:
        os._exit(0)  # nobody is left to hear it


def _end_with_parent() -> None:
    """Linux ends the worker with the thread that started it; elsewhere the end of the input does, after the job."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))


def _warm_up(count_tokens: CountTokens, chunking: ChunkSettings) -> None:
    for suffix in FORMATS:
        job = ReadJob(0, "warm-up", f"warm-up{suffix}", _SAMPLES.get(suffix, _SAMPLE), None, DocumentMeta())
        # A format whose library is missing says so for each of its files.
        with contextlib.suppress(Exception):
            write_answer(read_document(job, count_tokens, chunking))
    with contextlib.suppress(Exception):
        draw(PictureJob(_SAMPLES[".pdf"], 1, 1))


def _close_doors(limits: Limits) -> list[str]:
    """Give up everything else; says in words what is in force. The audit hook comes last: it refuses ctypes."""
    gc.collect()
    gc.freeze()  # modules are no garbage; without them a collection is short
    folders = library_folders()
    layers: tuple[Callable[[], str], ...] = (
        lambda: restrict_files(folders),
        filter_system_calls,
        lambda: refuse_effects(folders),
    )
    said = limit_worker(limits)
    for layer in layers:
        try:
            said.append(layer())
        except OSError as error:
            said.append(f"a protection is not in force here: {error}")
    return said


if __name__ == "__main__":
    main()
