"""Which files a worker can still open, kept by the kernel: Linux 5.13 and later (landlock.io).

The one layer that knows paths: after it, nothing outside the library folders can be read, whoever asks.
"""

import ctypes
import os
import sys
from collections.abc import Iterable

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_PR_SET_NO_NEW_PRIVS = 38
_PATH_BENEATH = 1
_READ = (1 << 2) | (1 << 3)  # files, folders
# Rights that each version of the interface has taken over from the one before: all of them are refused.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_TCP = 0b11  # bind, connect; version 4
_SCOPES = 0b11  # abstract sockets, signals; version 6


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def restrict_files(folders: Iterable[str]) -> str:
    """Leave the calling process nothing but reading below the folders; says so, or why it could not."""
    if sys.platform != "linux":
        return "files not restricted by the kernel (Landlock is Linux's)"
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return "files not restricted by the kernel (it has no Landlock)"
    rights = (1 << _FILE_RIGHTS.get(version, 16)) - 1
    ruleset = _Ruleset(rights, _TCP if version >= 4 else 0, _SCOPES if version >= 6 else 0)
    length = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = _checked(libc.syscall(_CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(length), 0))
    try:
        for folder in folders:
            descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
            try:
                beneath = _Beneath(_READ, descriptor)
                _checked(libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, ctypes.byref(beneath), 0))
            finally:
                os.close(descriptor)
        _checked(libc.prctl(_PR_SET_NO_NEW_PRIVS, *(ctypes.c_ulong(value) for value in (1, 0, 0, 0))))
        _checked(libc.syscall(_RESTRICT_SELF, rules, 0))
    finally:
        os.close(rules)
    return "the kernel refuses every file outside Python's libraries (Landlock)"


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
