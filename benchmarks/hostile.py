"""Read broken and malicious files as ingestion does: `python benchmarks/hostile.py FOLDER... --files 2000`.

Three parts. Real files of every format (those below the folders, and formats made from their Markdown by templates)
are mutated and read. Bombs, built by hand, are read each in a pool of its own. Documents of every format are doubled
in size and in depth, and the times compared. Every file must end parsed, ignored or set aside with a reason, within
its limits; the process that reads must survive; doubling may cost at most 2.5 times.
"""

import argparse
import json
import platform
import re
import resource
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

import psutil
from hostile_files import growth
from hostile_files.bombs import BOMBS
from hostile_files.mutations import mutate
from hostile_files.samples import samples
from sota_rag.index.builder import software_version
from sota_rag.index.models import find_model
from sota_rag.ingest.files import MAX_FILE_BYTES
from sota_rag.ingest.isolation import Limits, WorkerPool
from sota_rag.ingest.isolation.limits import peak_memory
from sota_rag.ingest.loaders import FORMATS
from sota_rag.ingest.metadata import DocumentMeta
from sota_rag.ingest.reading import ReadJob, ReadResult

MOST_GROWTH = 2.5
SLOWEST = 10
# How long a doubling's first time should take, so that the second one says something.
MEASURABLE_S = 0.4

# Reasons that the isolation gives, by what is in them; all others are the formats' own.
_FAULTS = {
    "took longer than": "time",
    "of memory to read": "memory",
    "its parse is larger": "output",
    "its parser crashed": "crash",
    "its parser was killed": "killed",
    "nested deeper than the": "depth",
    "its parser failed": "parser failed",
    "is no parse": "no parse",
}
_VARYING = re.compile(r"'[^']*'|\"[^\"]*\"|\d+|0x[0-9a-f]+|\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: how long it took, what it cost, and why it was set aside."""

    name: str
    suffix: str
    size: int
    state: str
    detail: str
    seconds: float
    peak_mib: float = 0.0

    @property
    def fault(self) -> str:
        """What the isolation had to do, or empty."""
        return next((fault for words, fault in _FAULTS.items() if words in self.detail), "")


class PeakWatch:
    """The most memory that any process below this one has held, sampled."""

    def __init__(self) -> None:
        self.peak_bytes = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        me = psutil.Process()
        while not self._done.wait(0.03):
            for child in me.children():
                self.peak_bytes = max(self.peak_bytes, peak_memory(child.pid))

    def close(self) -> int:
        """Stop, and say it in bytes."""
        self._done.set()
        self._thread.join()
        return self.peak_bytes


def job_of(key: int, name: str, data: bytes) -> ReadJob:
    """A file as ingestion hands it over."""
    return ReadJob(key, f"hostile/{name}", name, data, None, DocumentMeta())


def timed(pool: WorkerPool, jobs: Iterable[ReadJob]) -> Iterator[tuple[ReadResult, float]]:
    """Results of a pool of one worker, each with the seconds since the one before."""
    started = time.perf_counter()
    for result in pool.read(jobs):
        yield result, time.perf_counter() - started
        started = time.perf_counter()


def corpus(folders: Sequence[Path], dice: Random) -> dict[str, list[tuple[str, bytes]]]:
    """Real files by suffix, and those made from the Markdown among them."""
    found: dict[str, list[tuple[str, bytes]]] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
            if path.suffix in FORMATS and path.is_file():
                found.setdefault(path.suffix, []).append((path.name, path.read_bytes()))
    guides = found.get(".md", [])
    for name, data in dice.sample(guides, min(60, len(guides))):
        for suffix, made in samples(data.decode("utf-8", "replace")).items():
            if suffix not in (".md", ".mdx"):
                found.setdefault(suffix, []).append((name + suffix, made))
    return found


def mutated(files: dict[str, list[tuple[str, bytes]]], count: int, seed: int) -> Iterator[tuple[str, str, bytes]]:
    """Names, suffixes and bytes of broken files, the formats in turn."""
    suffixes = sorted(files)
    for number in range(count):
        dice = Random(f"{seed}/{number}")
        suffix = suffixes[number % len(suffixes)]
        (name, data), (_, other) = dice.choice(files[suffix]), dice.choice(files[suffix])
        how, broken = mutate(data, other, dice)
        yield f"{number}: {how} of {name}", suffix, broken


def read_mutations(
    tokenizer: Path, limits: Limits, files: dict[str, list[tuple[str, bytes]]], count: int, seed: int, keep: Path | None
) -> list[Outcome]:
    """Outcome of every mutated file; what makes a parser fail is kept below `keep`."""
    known: dict[int, tuple[str, str, bytes]] = {}
    outcomes: list[Outcome] = []

    def jobs() -> Iterator[ReadJob]:
        for number, (name, suffix, data) in enumerate(mutated(files, count, seed)):
            known[number] = (name, suffix, data)
            yield job_of(number, f"{number}{suffix}", data)

    pool = WorkerPool(tokenizer, workers=1, limits=limits)
    for result, seconds in timed(pool, jobs()):
        name, suffix, data = known.pop(result.key)
        outcomes.append(Outcome(name, suffix, len(data), result.state, result.detail, round(seconds, 3)))
        if keep and outcomes[-1].fault:
            keep.mkdir(parents=True, exist_ok=True)
            (keep / f"{result.key}{suffix}").write_bytes(data)
    pool.close()
    return outcomes


def read_bombs(tokenizer: Path, limits: Limits, scale: float, only: str = "") -> list[Outcome]:
    """Outcome of every bomb, with its worker's peak of memory."""
    outcomes = []
    for name, (suffix, build) in BOMBS.items():
        if only not in name:
            continue
        data = build(scale)
        assert len(data) <= MAX_FILE_BYTES, f"{name}: ingestion would not read it"
        pool, watch = WorkerPool(tokenizer, workers=1, limits=limits), PeakWatch()
        [(result, seconds)] = timed(pool, [job_of(0, f"bomb{suffix}", data)])
        peak = watch.close() / 2**20
        pool.close()
        outcome = Outcome(name, suffix, len(data), result.state, result.detail, round(seconds, 3), round(peak, 1))
        outcomes.append(outcome)
        print(f"{name:45} {outcome.seconds:7.2f} s {outcome.peak_mib:7.0f} MiB  {outcome.state}: {outcome.detail[:90]}")
    return outcomes


def doublings(tokenizer: Path, limits: Limits) -> list[dict[str, Any]]:
    """For each format and kind of growth: time at n and at 2n, n chosen so that it can be measured."""
    pool = WorkerPool(tokenizer, workers=1, limits=limits)
    cases = [(f"{suffix[1:]} size", suffix, _sized(suffix), 8) for suffix in samples("") if suffix in FORMATS]
    cases += [(f"{name} depth", suffix, build, 64) for name, (suffix, build) in growth.DEPTHS.items()]
    rows = []
    for name, suffix, build, first in cases:
        count, before = first, 0.0
        while before < MEASURABLE_S and count < 200_000:
            count *= 2
            before, state = best_time(pool, suffix, build(count), 1)
        before, state = best_time(pool, suffix, build(count), 3)
        after, state_after = best_time(pool, suffix, build(2 * count), 3)
        # Some are refused before they have cost anything.
        ratio = round(after / before, 2) if before > MEASURABLE_S / 10 else None
        outcome = state if state == state_after else f"{state}, then {state_after}"
        rows.append(
            {"growth": name, "n": count, "seconds": round(before, 3), "seconds_2n": round(after, 3), "ratio": ratio}
            | {"outcome": outcome}
        )
        print(f"{name:25} n {count:7}  {before:8.3f} s  {after:8.3f} s  {ratio}  {outcome}")
    pool.close()
    return rows


def _sized(suffix: str) -> Callable[[int], bytes]:
    return lambda count: growth.of_size(suffix, count)


def best_time(pool: WorkerPool, suffix: str, data: bytes, times: int) -> tuple[float, str]:
    """Least processor seconds that a warm worker takes for a file, and what becomes of it.

    Processor time, because other work on the machine stretches the other one. Where the worker did not outlive the
    file, the time is the wall's.
    """
    least, state = float("inf"), ""
    for number in range(times):
        list(pool.read([job_of(0, "warm.md", b"warm")]))
        [worker] = psutil.Process().children()
        before = worker.cpu_times()
        [(result, seconds)] = timed(pool, [job_of(number, f"growth{suffix}", data)])
        if worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE:
            after = worker.cpu_times()
            seconds = after.user + after.system - before.user - before.system
        least = min(least, seconds)
        state = f"{result.state}: {_VARYING.sub('…', result.detail)[:80]}" if result.detail else str(result.state)
    return least, state


def counted(outcomes: Sequence[Outcome]) -> list[dict[str, object]]:
    """How many of each format ended how, and why."""
    counts = Counter(
        (o.suffix, o.state, o.fault or (_VARYING.sub("…", o.detail)[:100] if o.detail else "")) for o in outcomes
    )
    return [
        {"format": suffix, "outcome": state, "reason": reason, "files": count}
        for (suffix, state, reason), count in sorted(counts.items())
    ]


def main() -> None:
    """Run all three parts, print a table, write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scale", type=float, default=1.0, help="of the bombs")
    parser.add_argument("--wall", type=float, default=60.0, help="seconds a file may take (ingestion: 120)")
    parser.add_argument("--keep", type=Path, help="keep the mutated files that broke a parser here")
    parser.add_argument("--parts", default="mutations,bombs,doublings")
    parser.add_argument("--only", default="", help="bombs with this in their name")
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    parts = arguments.parts.split(",")
    tokenizer = find_model("all-MiniLM-L6-v2").folder / "tokenizer.json"
    limits = Limits(wall_s=arguments.wall)
    result: dict[str, Any] = {
        "software": software_version(),
        "machine": f"{platform.machine()}, {platform.system()}, Python {platform.python_version()}",
        "limits": asdict(limits),
        "in_force": WorkerPool(tokenizer, limits=limits).describe(),
        "seed": arguments.seed,
    }
    if "mutations" in parts:
        files = corpus(arguments.folders, Random(arguments.seed))
        started, watch = time.perf_counter(), PeakWatch()
        outcomes = read_mutations(tokenizer, limits, files, arguments.files, arguments.seed, arguments.keep)
        result["mutations"] = {
            "files": len(outcomes),
            "originals": {suffix: len(found) for suffix, found in sorted(files.items())},
            "seconds": round(time.perf_counter() - started, 1),
            "worker_peak_mib": round(watch.close() / 2**20, 1),
            "counts": counted(outcomes),
            "faults": [asdict(outcome) for outcome in outcomes if outcome.fault],
            "slowest": [asdict(o) for o in sorted(outcomes, key=lambda o: -o.seconds)[:SLOWEST]],
        }
        _show(outcomes)
    if "bombs" in parts:
        bombs = read_bombs(tokenizer, limits, arguments.scale, arguments.only)
        result["bombs"] = {bomb.name: asdict(bomb) | {"fault": bomb.fault} for bomb in bombs}
    if "doublings" in parts:
        rows = doublings(tokenizer, limits)
        result["doublings"] = rows
        result["doublings_over_limit"] = [row["growth"] for row in rows if (row["ratio"] or 0) > MOST_GROWTH]
    result["parent_peak_mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    if arguments.output:
        arguments.output.parent.mkdir(parents=True, exist_ok=True)
        if arguments.output.is_file():  # parts that were not run now stay
            before = json.loads(arguments.output.read_text(encoding="utf-8"))
            result = before | result | {"bombs": before.get("bombs", {}) | result.get("bombs", {})}
        arguments.output.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _show(outcomes: Sequence[Outcome]) -> None:
    for row in counted(outcomes):
        print(f"{row['format']:7} {row['outcome']:12} {row['files']:5}  {row['reason']}")
    for outcome in sorted(outcomes, key=lambda o: -o.seconds)[:SLOWEST]:
        print(f"slow: {outcome.seconds:7.2f} s  {outcome.suffix} {outcome.name}: {outcome.state}")
    for outcome in outcomes:
        if outcome.fault:
            print(f"{outcome.fault}: {outcome.suffix} {outcome.name}: {outcome.detail}")


if __name__ == "__main__":
    main()
