"""Graphics processors that are here, and whether the installed llama.cpp was built to use them."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_ASK = "import llama_cpp; print(int(llama_cpp.llama_supports_gpu_offload()))"


@dataclass(frozen=True, slots=True)
class Gpu:
    """A kind of graphics processor.

    Attributes:
        name: for people.
        option: of CMake, which builds llama.cpp for it.
        needs: what must be installed to build.
    """

    name: str
    option: str
    needs: str


NVIDIA = Gpu("an NVIDIA GPU", "-DGGML_CUDA=on", "the CUDA toolkit")
AMD = Gpu("an AMD GPU", "-DGGML_HIP=on", "ROCm")
APPLE = Gpu("an Apple GPU", "-DGGML_METAL=on", "Xcode's command line tools")


def find_gpu(root: Path = Path("/"), platform: str = sys.platform, machine: str | None = None) -> Gpu | None:
    """The graphics processor whose driver is loaded; nothing of it is started."""
    if platform == "darwin":
        import platform as system

        return APPLE if (machine or system.machine()) == "arm64" else None
    if (root / "dev/nvidiactl").exists() or (root / "proc/driver/nvidia/version").exists():
        return NVIDIA
    # WSL has no such device, but its driver brings the program.
    if root == Path("/") and shutil.which("nvidia-smi") is not None and (root / "dev/dxg").exists():
        return NVIDIA
    return AMD if (root / "dev/kfd").exists() else None


def llama_cpp_offloads() -> bool | None:
    """Whether the installed llama.cpp can use a GPU; None where it cannot be loaded.

    Asked in a process of its own: a library that does not fit the processor would end this one.
    """
    command = [sys.executable, "-c", _ASK]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = done.stdout.split()
    return bool(int(said[-1])) if done.returncode == 0 and said and said[-1] in {b"0", b"1"} else None


def rebuild_command(gpu: Gpu) -> str:
    """The command that builds llama.cpp anew for a GPU."""
    try:
        wanted = f"llama-cpp-python=={version('llama-cpp-python')}"
    except PackageNotFoundError:
        wanted = "llama-cpp-python"
    return (
        f'CMAKE_ARGS="{gpu.option}" pip install --force-reinstall --no-deps --no-cache-dir '
        f"--no-binary llama-cpp-python {wanted}"
    )
