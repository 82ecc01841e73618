import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sota_rag.index.errors import IngestError
from sota_rag.index.store import FileState
from sota_rag.index.types import Kind, Status
from sota_rag.ingest.isolation import Limits, WorkerPool
from sota_rag.ingest.isolation.process import WorkerProcess
from sota_rag.ingest.metadata import DocumentMeta
from sota_rag.ingest.reading import InlineReader, ReadJob

GUIDES = sorted((Path(__file__).parents[3] / "corpus" / "guides").glob("*.md"))
INDEXED, QUARANTINED, IGNORED = FileState.INDEXED, FileState.QUARANTINED, FileState.IGNORED
WORKER = Path(__file__).with_name("misbehaving_worker.py")


def gone(process, seconds=5.0):
    """Whether a process ends, or is a zombie, within the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_a_pool_finds_what_reading_in_this_process_finds(tokenizer, minilm):
    flags = DocumentMeta(kind=Kind.NOTE, published="2021-06")
    sidecar = DocumentMeta(title="From the sidecar", authors=("A. Author", "B. Author"), status=Status.DRAFT)
    jobs = [
        ReadJob(number, f"guides/{path.name}", path.name, path.read_bytes(), sidecar if number % 2 else None, flags)
        for number, path in enumerate(GUIDES)
    ]
    assert len(jobs) > 3
    pool = WorkerPool(tokenizer, workers=2)
    found = sorted(pool.read(jobs), key=lambda result: result.key)
    pool.close()
    assert found == list(InlineReader(minilm.count_tokens).read(jobs))
    assert {result.state for result in found} == {INDEXED}


def test_our_own_reasons_come_through(pool, outcomes):
    empty, unknown = outcomes(pool, "  \n", suffix=".md") + outcomes(pool, "x", suffix=".xyz")
    assert empty == (QUARANTINED, "it is empty; nothing in it can be indexed")
    assert unknown[0] == QUARANTINED
    assert "'.xyz' is not supported" in unknown[1]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("segfault", "its parser crashed (signal SIGSEGV); convert it or leave it out"),
        ("exit 3", "its parser crashed (exit status 3); convert it or leave it out"),
        ("kill", "its parser was killed (signal SIGKILL), as a system does that is short of memory; split it"),
        ("grow 10000000", "it needed more than 400 MiB of memory to read; split it"),
        ("allocate 9000000000", "it needed more than 400 MiB of memory to read; split it"),
        ("repeat 120000", "its parse is larger than 0.5 MB; split it"),
        ("nest 1", "it is nested deeper than the 1000 levels that are followed; flatten it"),
        (
            "raise 7",
            "its parser failed (IndexError: list index out of range); check the file, convert it or leave it out",
        ),
        (
            "lie garbage",
            "its parser answered with something that is no parse (: Invalid JSON: expected value at line 1 "
            "column 1); convert it or leave it out",
        ),
        (
            "lie long",
            "its parser answered with something that is no parse (an endless answer); convert it or leave it out",
        ),
        (
            "lie key",
            "its parser answered with something that is no parse (the result of another job); convert it or leave it "
            "out",
        ),
        (
            "lie span",
            "its parser answered with something that is no parse (passages outside the text); convert it or leave it "
            "out",
        ),
    ],
)
def test_a_bad_file_costs_itself_and_says_why(pool, outcomes, content, reason):
    assert outcomes(pool, "echo before", content, "echo after") == [
        (INDEXED, "before"),
        (QUARANTINED, reason),
        (INDEXED, "after"),
    ]


def test_a_deeply_nested_lie_is_no_parse(pool, outcomes):
    [(state, reason)] = outcomes(pool, "lie deep")
    assert (state, reason.partition(" (")[0]) == (QUARANTINED, "its parser answered with something that is no parse")


def test_a_worker_that_says_more_than_asked_is_replaced(pool, outcomes):
    (first, _), (second, text) = outcomes(pool, "pid", "echo babble")
    time.sleep(0.3)  # what comes even later would be taken for the answer to the next question
    [(third, _)] = outcomes(pool, "pid")
    assert (first, third) == (INDEXED, INDEXED)
    assert (second, text) in [
        (INDEXED, "babble"),  # the surplus came late: it is found before the next file
        (
            QUARANTINED,
            "its parser answered with something that is no parse (an answer before the question); "
            "convert it or leave it out",
        ),
    ]


def test_a_file_that_takes_too_long_is_set_aside_in_time(make_pool, outcomes):
    pool = make_pool(wall_s=1.0)
    started = time.monotonic()
    assert outcomes(pool, "sleep 60", "spin", "echo after") == [
        (QUARANTINED, "it took longer than 1 s to read; split it"),
        (QUARANTINED, "it took longer than 1 s to read; split it"),
        (INDEXED, "after"),
    ]
    assert time.monotonic() - started < 8


def test_processor_time_is_the_systems_to_limit(make_pool, outcomes):
    [(state, reason)] = outcomes(make_pool(wall_s=30, cpu_s=1), "spin")
    assert (state, reason) == (QUARANTINED, "it took longer than 1 s of processor time to read; split it")


def test_what_a_parser_prints_is_no_answer_but_logged(make_pool, outcomes, caplog):
    pool = make_pool()
    with caplog.at_level(logging.DEBUG, "sota_rag.ingest.isolation"):
        assert outcomes(pool, "print hello from inside") == [(INDEXED, "hello from inside")]
        pool.close()
    assert "hello from inside" in caplog.text


def test_a_large_file_and_a_large_answer_do_not_block_each_other(pool, outcomes):
    text = "A sentence of six short words.\n" * 1_500_000
    assert len(text) > 45_000_000
    [(state, found)] = outcomes(pool, "head " + text)
    assert (state, found) == (INDEXED, text[:100_000].rstrip())


def test_a_worker_that_does_not_listen_does_not_block_its_parent(make_pool, outcomes):
    pool = make_pool(command=(str(WORKER), "deaf"), wall_s=1.0)
    [(state, reason)] = outcomes(pool, "x" * 1_000_000)
    assert (state, reason) == (QUARANTINED, "it took longer than 1 s to read; split it")


def test_jobs_are_taken_as_they_are_needed(pool, jobs_of):
    taken = []

    def jobs():
        for job in jobs_of(*(f"echo {number}" for number in range(20))):
            taken.append(job.key)
            yield job

    seen = 0
    for _ in pool.read(jobs()):
        seen += 1
        assert len(taken) <= seen + 1  # two in flight: what was just yielded is one of them
    assert seen == 20


def test_a_worker_is_replaced_after_its_share_of_files(make_pool, outcomes):
    pids = [text for _, text in outcomes(make_pool(files_per_worker=2), *["pid"] * 6)]
    assert pids[0] == pids[1] != pids[2] == pids[3] != pids[4] == pids[5]


def test_a_worker_that_keeps_much_memory_is_replaced(make_pool, outcomes):
    pool = make_pool(memory_bytes=120 * 2**20)  # of which an idle worker holds more than half
    (_, first), (_, second) = outcomes(pool, "pid", "pid")
    assert first != second


def test_an_idle_worker_that_dies_costs_no_file(make_pool, outcomes):
    pool = make_pool()
    [(_, pid)] = outcomes(pool, "pid")
    os.kill(int(pid), signal.SIGKILL)
    assert gone(pid)
    assert outcomes(pool, "echo again") == [(INDEXED, "again")]


def test_workers_stay_for_the_next_read_and_end_with_close(make_pool, outcomes):
    pool = make_pool()
    [(_, first)], [(_, second)] = outcomes(pool, "pid"), outcomes(pool, "pid")
    assert first == second
    pool.close()
    assert gone(first)
    [(_, third)] = outcomes(pool, "pid")
    assert third != first


def test_whoever_stops_listening_ends_the_workers(make_pool, jobs_of):
    pool = make_pool()
    results = pool.read(jobs_of("pid", *["sleep 60"] * 5))
    pid = next(results).loaded.document.text
    started = time.monotonic()
    results.close()
    assert gone(pid)
    assert time.monotonic() - started < 5


def test_an_error_in_the_jobs_comes_through_and_ends_the_workers(make_pool, jobs_of):
    def jobs():
        yield from jobs_of("sleep 60")
        raise OSError("the disk went away")

    with pytest.raises(OSError, match="the disk went away"):
        list(make_pool().read(jobs()))


def test_closing_from_another_thread_stops_the_reading(make_pool, jobs_of):
    pool = make_pool()
    threading.Timer(1.0, pool.close).start()
    with pytest.raises(IngestError, match="reading was stopped before all files were read; run it again"):
        list(pool.read(jobs_of(*["sleep 60"] * 5)))


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (("-c", "import no_such_library"), "ModuleNotFoundError: No module named 'no_such_library'"),
        (("-c", "import sys; sys.exit(4)"), "exit status 4"),
        (("-c", "import time; time.sleep(60)"), "not ready after 0.5 s"),
        (("-c", "print('x' * 100)"), "no greeting: MalformedError('an endless answer')"),
    ],
)
def test_workers_that_cannot_start_are_an_error_at_once(make_pool, jobs_of, command, reason):
    pool = make_pool(command=command, start_s=0.5)
    started = time.monotonic()
    with pytest.raises(IngestError) as raised:
        list(pool.read(jobs_of(*["echo x"] * 50)))
    said = str(raised.value)
    assert said.startswith("the processes that read files cannot be started (")
    assert reason in said
    assert time.monotonic() - started < 5


PARENT = """
import sys
from pathlib import Path
from sota_rag.ingest.isolation import WorkerPool
from sota_rag.ingest.metadata import DocumentMeta
from sota_rag.ingest.reading import ReadJob
pool = WorkerPool(Path(sys.argv[1]), workers=1, command=(sys.argv[2],))
jobs = [ReadJob(n, "d", "d.bad", data, None, DocumentMeta()) for n, data in enumerate([b"pid", b"sleep 60"])]
for result in pool.read(jobs):
    print(result.loaded.document.text, flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a worker ends after its file")
def test_a_worker_ends_with_its_parent(tokenizer):
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tokenizer), str(WORKER)], stdout=subprocess.PIPE, text=True
    ) as parent:
        pid = int(parent.stdout.readline())
        assert os.getsid(pid) == pid  # Ctrl-C in the terminal is not for the worker
        parent.kill()
    assert gone(pid)


def test_a_worker_loads_neither_models_nor_the_page_and_sees_no_secrets(pool, outcomes, monkeypatch):
    [(_, modules)] = outcomes(pool, "modules")
    assert not set(modules.split()) & {
        "torch",
        "faiss",
        "sentence_transformers",
        "transformers",
        "streamlit",
        "sklearn",
    }
    monkeypatch.setenv("API_KEY", "secret")
    pool.close()
    [(_, environment)] = outcomes(pool, "environment")
    assert "PATH" in environment.split()
    assert "API_KEY" not in environment.split()


def test_limits_say_their_defaults():
    assert Limits().wall_s == 120
    assert Limits().memory_bytes == 2 * 2**30
    assert Limits().output_bytes == 64_000_000


def test_a_fault_of_the_parent_ends_the_wait(pool, outcomes, monkeypatch):
    def fail(process, job):
        raise MemoryError("no room")

    monkeypatch.setattr(WorkerProcess, "ask", fail)
    with pytest.raises(IngestError, match=r"a file could not be read \(MemoryError: no room\); run it again"):
        outcomes(pool, "pid")
