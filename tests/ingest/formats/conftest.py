"""What the tests of several parsers share."""

import gc
import time
from collections.abc import Callable

import pytest
from sota_rag.ingest.normalise import canonical_text
from sota_rag.ingest.parsed import Parsed


@pytest.fixture(scope="session")
def keeps_promises() -> Callable[[Parsed], bool]:
    """Whether text is canonical, and every character of it lies in one block, the blocks in order."""

    def holds(parsed: Parsed) -> bool:
        covered = "".join(parsed.text[block.start : block.end] for block in parsed.blocks)
        ends = [0, *(block.end for block in parsed.blocks)]
        return (
            canonical_text(parsed.text) == parsed.text
            and "".join(covered.split()) == "".join(parsed.text.split())
            and all(block.start >= end for block, end in zip(parsed.blocks, ends, strict=False))
        )

    return holds


@pytest.fixture(scope="session")
def processor_seconds() -> Callable[[Callable[[bytes], Parsed], str], float]:
    """Processor time of parsing a text, best of three; without the collector, which walks what other tests left."""

    def measure(parse: Callable[[bytes], Parsed], text: str) -> float:
        data, times = text.encode(), []
        gc.collect()
        gc.disable()
        try:
            for _ in range(3):
                start = time.process_time()
                parse(data)
                times.append(time.process_time() - start)
        finally:
            gc.enable()
        return min(times)

    return measure
