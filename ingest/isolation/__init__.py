"""Reading files in processes of their own, because the libraries that read them are large and the files are anybody's.

    pool.py       many files over several workers, as a `Reader`
    process.py    one worker as its parent sees it: start, exchange under a deadline, end
    worker.py     the program that a worker runs
    wire.py       what goes through the pipes; nothing that arrives is believed before it is checked
    limits.py     how much of everything one file may cost
    audit.py, landlock.py, seccomp.py    what a worker may not do at all
    faults.py     what went wrong, in words for the file's owner
"""

from .limits import Limits, default_workers
from .pool import WorkerPool

__all__ = ["Limits", "WorkerPool", "default_workers"]
