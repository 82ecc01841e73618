"""What a file is that should have been a GGUF model, by its first bytes, in words that complete "it looks like …"."""

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs", "it looks like a Git LFS pointer, which stands for the file"),
    (b"PK\x03\x04", "it looks like a zip archive, such as a PyTorch checkpoint"),
    (b"\x80\x02", "it looks like a pickle, such as a PyTorch checkpoint"),
    (b"\x1f\x8b", "it looks like a gzip archive"),
    (b"lmgg", "it looks like a GGML file, from before GGUF"),
    (b"fmgg", "it looks like a GGML file, from before GGUF"),
    (b"tjgg", "it looks like a GGML file, from before GGUF"),
    (b"algg", "it looks like a GGML file, from before GGUF"),
    (b"FUGG", "its bytes are in the wrong order"),
    (b"\x89HDF", "it looks like an HDF5 file"),
    (b"{", "it looks like JSON"),
)
_PAGE = (b"<!doctype", b"<html", b"<?xml")
_SAFETENSORS_HEADER = 100_000_000


def look_alike(beginning: bytes) -> str:
    """What the first bytes look like, in words; at least sixteen of them, unless the file is shorter."""
    if not beginning:
        return "it is empty"
    if beginning.lstrip().lower().startswith(_PAGE):
        return "it looks like a web page, such as an error of a download"
    for start, words in _BEGINNINGS:
        if beginning.startswith(start):
            return words
    if beginning[8:9] == b"{" and int.from_bytes(beginning[:8], "little") < _SAFETENSORS_HEADER:
        return "it looks like safetensors"
    return f"it begins with {beginning[:8]!r}"
