"""Which processor runs the models, and in which precision.

bfloat16 is chosen only where the processor multiplies it natively; elsewhere it would be emulated and slower.
"""

from dataclasses import dataclass

from .errors import ModelError


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a model runs: torch device name, precision, and a sentence that says why."""

    device: str
    precision: str
    reason: str


def choose_placement(device: str = "auto", precision: str = "auto") -> Placement:
    """Choose device and precision by what this machine can do.

    Args:
        device: `auto`, `cpu`, `cuda`, `cuda:N` or `mps`.
        precision: `auto`, `float32` or `bfloat16`.

    Raises:
        ModelError: a device was asked for by name that torch cannot use here.
    """
    import torch

    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if device == "auto":
        device = "cuda" if cuda else "mps" if mps else "cpu"
    if (device.startswith("cuda") and not cuda) or (device == "mps" and not mps):
        raise ModelError(
            f"device {device!r} is not usable by this torch build ({torch.__version__}); "
            "use device 'cpu' or install a torch build for your accelerator"
        )
    if device.startswith("cuda"):
        name, fast = (
            torch.cuda.get_device_name(device),
            torch.cuda.is_bf16_supported(including_emulation=False),
        )
    elif device == "mps":
        name, fast = "Apple GPU", False
    else:
        abilities = torch.cpu.get_capabilities()
        name = str(abilities.get("cpu_name", "CPU"))
        fast = bool(abilities.get("avx512_bf16") or abilities.get("amx_bf16"))
    if precision == "auto":
        precision = "bfloat16" if fast else "float32"
    has = "has" if fast else "has no"
    return Placement(device, precision, f"{name} {has} native bfloat16")
