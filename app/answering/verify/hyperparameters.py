"""Names of hyperparameters and measures that a number can be the value of, each with its other spellings."""

_SPELLINGS = {
    "learning rate": "lr η eta",
    "batch size": "bs batchsize",
    "rank": "r",
    "alpha": "α lora_alpha",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε eps",
    "lambda": "λ",
    "tau": "τ",
    "sigma": "σ",
    "rho": "ρ",
    "theta": "θ",
    "mu": "μ",
    "weight decay": "wd",
    "dropout": "lora_dropout",
    "dropout rate": "",
    "dropout probability": "",
    "label smoothing": "",
    "temperature": "temp",
    "momentum": "",
    "warmup steps": "",
    "warmup ratio": "",
    "warmup": "",
    "capacity factor": "",
    "expansion factor": "",
    "scaling factor": "",
    "coefficient": "",
    "threshold": "",
    "margin": "",
    "seed": "",
    "stride": "",
    "overlap": "",
    "hidden size": "",
    "hidden dimension": "",
    "embedding size": "",
    "embedding dimension": "",
    "model dimension": "",
    "context length": "",
    "context window": "",
    "context size": "",
    "window size": "",
    "sequence length": "",
    "vocabulary size": "vocab_size",
    "chunk size": "",
    "block size": "",
    "group size": "",
    "kernel size": "",
    "beam size": "",
    "beam width": "",
    "sample size": "",
    "effective batch size": "",
    "top k": "topk",
    "top p": "topp",
    "k": "",
    "p": "",
    "n": "",
    "accuracy": "acc",
    "recall": "",
    "perplexity": "ppl",
    "bleu": "",
    "latency": "",
    "throughput": "",
    "loss": "",
    "bandwidth": "",
}
_BARE = frozenset("k p n r".split())
"""Letters that are keys only where "=" or "of" says so."""


def _table() -> dict[tuple[str, ...], str]:
    table = {}
    for name, others in _SPELLINGS.items():
        for spelling in [name, *others.split()]:
            words = tuple(spelling.split())
            table[words] = name
            table[(*words[:-1], words[-1] + "s")] = name
    return table


_KEYS = _table()
_JOINED = {"".join(words).replace("_", ""): name for words, name in _KEYS.items()}
_LAST_WORDS = {words[-1] for words in _KEYS if len(words[-1]) > 2}
LONGEST = max(len(words) for words in _KEYS)


def key_of(words: tuple[str, ...]) -> str | None:
    """The hyperparameter that lower-cased words spell, such as `("lr",)`; None for any other words."""
    return _KEYS.get(words)


def assigned_key(identifier: str) -> str:
    """The key of `identifier = value`: a known hyperparameter, or the identifier without case and separators."""
    plain = "".join(character for character in identifier.lower() if character.isalnum())
    for greek, name in (("α", "alpha"), ("β", "beta"), ("γ", "gamma"), ("ε", "epsilon"), ("λ", "lambda"), ("η", "eta")):
        plain = plain.replace(greek, name)
    return _JOINED.get(plain, plain)


def is_bare(word: str) -> bool:
    """Whether a key is a single letter, which prose uses for other things too."""
    return word in _BARE


def ends_key(word: str) -> bool:
    """Whether a lower-cased word ends the name of a hyperparameter: "rank-16" is one with its value."""
    return word in _LAST_WORDS
