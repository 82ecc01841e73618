"""Reading files in processes of their own, because the libraries that read them are large and the files are anybody's.

`pool` reads many files over several workers, as a `Reader`; `process` is one worker as its parent sees it, `worker`
the program that it runs, `wire` what goes between them; `pictures` is the one other thing that a worker does, drawing a
page. `limits` bounds what one file may cost; `audit`, `landlock`
and `seccomp` are what a worker may not do at all; `faults` says what went wrong in words for the file's owner.
"""

from .limits import Limits, default_workers
from .pool import WorkerPool

__all__ = ["Limits", "WorkerPool", "default_workers"]
