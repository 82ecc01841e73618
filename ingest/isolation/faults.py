"""What went wrong with a file in a worker, in words that complete "FILE: …"."""

import signal

from ...index.errors import QuarantineError
from .limits import Limits


class ParserFaultError(QuarantineError):
    """The file's parser did not end as it should; the file is set aside."""


def too_slow(limits: Limits) -> ParserFaultError:
    """The deadline passed."""
    return ParserFaultError(f"it took longer than {limits.wall_s:g} s to read; split it")


def too_much_memory(limits: Limits) -> ParserFaultError:
    """The memory ran out."""
    return ParserFaultError(f"it needed more than {limits.memory} of memory to read; split it")


def too_much_output(limits: Limits) -> ParserFaultError:
    """What was found in it does not fit the pipe's limit."""
    return ParserFaultError(f"its parse is larger than {limits.output_bytes / 1e6:g} MB; split it")


def too_deep(limits: Limits) -> ParserFaultError:
    """The parser recursed too far."""
    return ParserFaultError(f"it is nested deeper than the {limits.recursion} levels that are followed; flatten it")


def failed(error: Exception) -> ParserFaultError:
    """The parser raised something that is none of our errors."""
    said = " ".join(str(error).split())
    shown = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return ParserFaultError(f"its parser failed ({_clipped(shown, 300)}); check the file, convert it or leave it out")


def malformed(what: str) -> ParserFaultError:
    """The worker answered with something that no parse is."""
    return ParserFaultError(f"its parser answered with something that is no parse ({what}); convert it or leave it out")


def died(status: int, limits: Limits, resident_bytes: int) -> ParserFaultError:
    """The process ended by itself.

    Args:
        status: exit status, or minus the signal's number.
        limits: in force.
        resident_bytes: the most memory that it was seen to hold.
    """
    if status == -signal.SIGXCPU:
        return ParserFaultError(f"it took longer than {limits.cpu_s} s of processor time to read; split it")
    # A buffer that doubles asks for too much when it fills a third; libraries in C++ then abort.
    if resident_bytes > limits.memory_bytes / 3:
        return too_much_memory(limits)
    if status == -signal.SIGKILL:
        return ParserFaultError(
            "its parser was killed (signal SIGKILL), as a system does that is short of memory; split it"
        )
    return ParserFaultError(f"its parser crashed ({_status(status)}); convert it or leave it out")


def _status(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"signal {signal.Signals(-status).name}"
    except ValueError:
        return f"signal {-status}"


def _clipped(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
