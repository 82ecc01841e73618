"""The system calls that a worker keeps, as a filter in the kernel: Linux on x86-64 and ARM64.

A list of what is allowed, so that whatever a later kernel adds is refused. What parsing needs is short: memory, time,
reading, writing to what is open, threads of its own. There is no socket, no new process, no other program in it, and
files open for reading only.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
# BPF: load a word, jump if equal, jump if a bit is set, return.
_LOAD, _IF_EQUAL, _IF_SET, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data

_CLONE_THREAD = 0x00010000
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# name: (x86-64, ARM64); -1 where the architecture has none.
_FREE = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "stat": (4, -1),
    "fstat": (5, 80),
    "lstat": (6, -1),
    "poll": (7, -1),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "ioctl": (16, 29),
    "pread64": (17, 67),
    "readv": (19, 65),
    "writev": (20, 66),
    "access": (21, -1),
    "select": (23, -1),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "dup": (32, 23),
    "nanosleep": (35, 101),
    "getpid": (39, 172),
    "exit": (60, 93),
    "uname": (63, 160),
    "fcntl": (72, 25),
    "getcwd": (79, 17),
    "readlink": (89, -1),
    "gettimeofday": (96, 169),
    "getrlimit": (97, 163),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "times": (100, 153),
    "getuid": (102, 174),
    "getgid": (104, 176),
    "geteuid": (107, 175),
    "getegid": (108, 177),
    "getppid": (110, 173),
    "sigaltstack": (131, 132),
    "gettid": (186, 178),
    "futex": (202, 98),
    "sched_getaffinity": (204, 123),
    "getdents64": (217, 61),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "newfstatat": (262, 79),
    "readlinkat": (267, 78),
    "faccessat": (269, 48),
    "pselect6": (270, 72),
    "ppoll": (271, 73),
    "set_robust_list": (273, 99),
    "getrandom": (318, 278),
    "membarrier": (324, 283),
    "statx": (332, 291),
    "rseq": (334, 293),
    "faccessat2": (439, 439),
}
# Their flags lie in memory, where no filter sees them; the C library falls back to the older call.
_UNKNOWN_TO_US = {"clone3": (435, 435), "openat2": (437, 437)}
_OPEN, _OPENAT = (2, -1), (257, 56)
_CLONE = (56, 220)
_TGKILL = (234, 131)
_PRLIMIT = (302, 261)


def filter_system_calls() -> str:
    """Install the filter for good; says in words what it does, or why there is none.

    Raises:
        OSError: the kernel refuses.
    """
    machine = platform.machine()
    if sys.platform != "linux" or machine not in _ARCHITECTURES:
        return f"system calls not filtered ({sys.platform} on {machine})"
    program = _program(machine)
    code = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    libc = ctypes.CDLL(None, use_errno=True)
    whole = Program(len(program) // 8, ctypes.addressof(code))
    for option, value, pointer in (
        (_PR_SET_NO_NEW_PRIVS, 1, 0),
        (_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(whole)),
    ):
        if libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(pointer), ctypes.c_ulong(0), ctypes.c_ulong(0)):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "the kernel refuses network, processes and writing (seccomp)"


def _program(machine: str) -> bytes:
    """The filter as BPF instructions of eight bytes."""
    column = list(_ARCHITECTURES).index(machine)
    refuse = _ERRNO | errno.EPERM
    steps = [
        _step(_LOAD, 0, 0, _ARCHITECTURE),
        _step(_IF_EQUAL, 1, 0, _ARCHITECTURES[machine]),
        _step(_RETURN, 0, 0, _KILL),
        _step(_LOAD, 0, 0, _NUMBER),
    ]
    for number in (numbers[column] for numbers in _FREE.values() if numbers[column] >= 0):
        steps += [_step(_IF_EQUAL, 0, 1, number), _step(_RETURN, 0, 0, _ALLOW)]
    for number in (numbers[column] for numbers in _UNKNOWN_TO_US.values()):
        steps += [_step(_IF_EQUAL, 0, 1, number), _step(_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
    for numbers, argument, test, operand, on_true, on_false in (
        (_OPEN, 1, _IF_SET, _WRITING, refuse, _ALLOW),
        (_OPENAT, 2, _IF_SET, _WRITING, refuse, _ALLOW),
        (_CLONE, 0, _IF_SET, _CLONE_THREAD, _ALLOW, refuse),
        (_TGKILL, 0, _IF_EQUAL, os.getpid(), _ALLOW, refuse),  # abort() signals itself
        (_PRLIMIT, 0, _IF_EQUAL, 0, _ALLOW, refuse),
    ):
        if numbers[column] >= 0:
            steps += [
                _step(_IF_EQUAL, 0, 4, numbers[column]),
                _step(_LOAD, 0, 0, _ARGUMENTS + 8 * argument),
                _step(test, 0, 1, operand),
                _step(_RETURN, 0, 0, on_true),
                _step(_RETURN, 0, 0, on_false),
            ]
    steps.append(_step(_RETURN, 0, 0, refuse))
    return b"".join(steps)


def _step(code: int, if_true: int, if_false: int, operand: int) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, operand)
