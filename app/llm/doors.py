"""What the language model's worker gives up before it opens a model file.

The file is anybody's, and a library in C++ reads it. So it is opened first, and then nothing else can be: no file
outside the libraries, no network, no other program. Generation needs none of them on a processor. A GPU's driver does,
and so a build with GPU support keeps the doors open, and says so.
"""

import contextlib
import resource
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ...ingest.isolation.audit import library_folders
from ...ingest.isolation.landlock import restrict_files
from ...ingest.isolation.seccomp import filter_system_calls


def close_doors(*, gpu: bool, also_readable: Sequence[Path] = ()) -> tuple[str, ...]:
    """Give everything up, before any other thread exists; says in words what is in force.

    Args:
        gpu: the build talks to a GPU's driver; only memory dumps are given up.
        also_readable: folders beside the libraries' that stay readable.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # of all processes, the one with the model may go first
            Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
    if gpu:
        return ("files and system calls are not restricted, for the GPU's driver needs them",)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    folders = (*library_folders(), *(str(folder.resolve()) for folder in also_readable))
    layers: tuple[Callable[[], str], ...] = (lambda: restrict_files(folders), filter_system_calls)
    said = ["files cannot grow"]
    for layer in layers:
        try:
            said.append(layer())
        except OSError as error:
            said.append(f"a protection is not in force here: {error}")
    return tuple(said)
