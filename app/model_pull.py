"""Fetch a model from the Hugging Face hub, on request: a GGUF file, or the folder of an encoder or a reranker.

Only names that are data are fetched from a folder: configuration, tokenizer, safetensors. Weights as pickles (`.bin`,
`.pt`, `.pkl`) and code (`.py`) are never. An interrupted download goes on when the same command runs again.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NoReturn

from ..index.errors import ModelError, UsageError
from ..ingest.progress import Progress, Silent
from .model_download import download
from .model_store import FileRecord, ModelStore, Pulled, Role

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo

_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_DATA = re.compile(r"\w[\w.-]*\.(json|txt|safetensors|model)")
_PART = re.compile(r"-\d{5}-of-\d{5}\.gguf$")
# Parts, and the eyes of models that see.
_NO_MODEL = re.compile(rf"{_PART.pattern}|mmproj", re.IGNORECASE)
# Sub-folders of sentence-transformers, such as `1_Pooling`; others hold the same weights for other frameworks.
_FOLDERS = re.compile(r"\d+_[A-Za-z]+")


@dataclass(frozen=True, slots=True)
class Offer:
    """A file of a repository.

    Attributes:
        name: its path there.
        bytes: its size, None where the hub does not say.
        sha256: of its bytes, None likewise.
    """

    name: str
    bytes: int | None
    sha256: str | None


def pull(
    repo: str,
    file: str | None,
    store: ModelStore,
    *,
    revision: str | None = None,
    role: Role | None = None,
    endpoint: str | None = None,
    progress: Progress = Silent(),
) -> Pulled:
    """Fetch a model into the store and record it.

    Args:
        repo: `OWNER/NAME`.
        file: of a GGUF repository, which file.
        store: where it is kept.
        revision: branch, tag or commit; the newest by default.
        role: of a folder, where its configuration does not tell it apart.
        endpoint: address of the hub or a mirror; the one that `HF_ENDPOINT` names by default.
        progress: one stage a file, in megabytes.

    Raises:
        UsageError: the name is none, or the file must be chosen.
        ModelError: the hub cannot be reached or refuses, or what came is not what it lists.
    """
    if not _REPO.fullmatch(repo):
        raise UsageError(f"{repo!r} is no repository; write it like OWNER/NAME")
    _refuse_offline(repo, file)
    info = _ask(repo, revision, endpoint)
    offers = {one.rfilename: _offer(one) for one in info.siblings or ()}
    chosen = _choose(repo, file, offers)
    commit = info.sha or revision or "main"
    with store.writing():
        files = {one.name: _fetch(repo, one, commit, store, endpoint, progress) for one in chosen}
        gguf = chosen[0].name.endswith(".gguf")
        pulled = Pulled(
            id=f"{repo}/{chosen[0].name}" if gguf else repo,
            role="llm" if gguf else role or folder_role(store.place(repo)),
            repo=repo,
            revision=commit,
            licence=_licence(info),
            recorded=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            files=files,
        )
        store.record(pulled)
    return pulled


def folder_role(folder: Path) -> Role:
    """What a folder in the Hugging Face layout is for, by its configuration: a classifier ranks, all else encodes.

    A classifier with the file of a verifier's combination beside it verifies.
    """
    import json

    try:
        architectures = json.loads((folder / "config.json").read_bytes()).get("architectures") or []
    except (OSError, ValueError, AttributeError):
        architectures = []
    if not any("ForSequenceClassification" in str(name) for name in architectures):
        return "encoder"
    return "verifier" if (folder / "combination.json").is_file() else "reranker"


def size_text(size: int | None) -> str:
    """A size in words, such as `98.4 MB`."""
    if size is None:
        return "size unknown"
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def _refuse_offline(repo: str, file: str | None) -> None:
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        command = f"HF_HUB_OFFLINE=0 sota-rag models pull {repo}" + (f" {file}" if file else "")
        raise ModelError(
            "HF_HUB_OFFLINE (or TRANSFORMERS_OFFLINE) is set, as make does, so that nothing is fetched behind your "
            f"back; fetch it with: {command}"
        )


def _ask(repo: str, revision: str | None, endpoint: str | None) -> "ModelInfo":
    from huggingface_hub import HfApi

    try:
        return HfApi(endpoint=endpoint).model_info(repo, revision=revision, files_metadata=True, timeout=20)
    except Exception as error:
        _explain(error, repo, revision)


def _fetch(
    repo: str, offer: Offer, commit: str, store: ModelStore, endpoint: str | None, progress: Progress
) -> FileRecord:
    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils import build_hf_headers

    target = store.place(repo) / offer.name
    if offer.sha256 is not None and target.is_file() and target.stat().st_size == offer.bytes:
        there = FileRecord.of(target)
        if there.sha256 == offer.sha256:
            return there
    try:
        url = hf_hub_url(repo, offer.name, revision=commit, endpoint=endpoint)
        headers = {**build_hf_headers(library_name="sota-rag"), "Accept-Encoding": "identity"}
        download(url, target, version=commit, size=offer.bytes, headers=headers, progress=progress)
    except Exception as error:
        _explain(error, repo, commit)
    record = FileRecord.of(target)
    if record.sha256 != (offer.sha256 or record.sha256) or record.bytes != (offer.bytes or record.bytes):
        target.unlink()
        raise ModelError(
            f"{offer.name!r} of {repo!r} arrived with another sha256 or size than the hub lists and was deleted; "
            "pull it again"
        )
    return record


def _choose(repo: str, file: str | None, offers: dict[str, Offer]) -> list[Offer]:
    """The files to fetch."""
    offers = {name: offer for name, offer in offers.items() if _is_inside(name)}
    ggufs = sorted(name for name in offers if name.endswith(".gguf") and not _NO_MODEL.search(name))
    if file is not None and _PART.search(file):
        raise UsageError(f"{file!r} is one part of a model, which cannot be used; choose a file that holds all of it")
    if file is not None:
        if file not in offers or not file.endswith(".gguf"):
            there = f"choose one of: {_listed(ggufs, offers)}" if ggufs else "leave it out: there is no GGUF file"
            raise UsageError(f"{repo!r} has no GGUF file {file!r}; {there}")
        return [offers[file]]
    if len(ggufs) == 1:
        return [offers[ggufs[0]]]
    if ggufs:
        raise UsageError(f"{repo!r} has {len(ggufs)} GGUF files; name one of: {_listed(ggufs, offers)}")
    names = [name for name in sorted(offers) if _is_data(name)]
    if "config.json" not in names or not any(name.endswith(".safetensors") for name in names):
        raise ModelError(
            f"{repo!r} holds neither a GGUF file nor a config.json with safetensors weights; choose another repository"
        )
    return [offers[name] for name in names]


def _is_inside(name: str) -> bool:
    """Whether a name, which the hub gives, stays inside the folder that it is put into."""
    return all(re.fullmatch(r"\w[\w.+ -]*", part) for part in name.split("/"))


def _is_data(name: str) -> bool:
    path = PurePosixPath(name)
    folder_fits = len(path.parts) == 1 or (len(path.parts) == 2 and bool(_FOLDERS.fullmatch(path.parts[0])))
    return folder_fits and bool(_DATA.fullmatch(path.name))


def _listed(names: Sequence[str], offers: dict[str, Offer]) -> str:
    return ", ".join(f"{name} ({size_text(offers[name].bytes)})" for name in names)


def _offer(sibling: Any) -> Offer:
    lfs = sibling.lfs
    return Offer(sibling.rfilename, sibling.size, lfs.sha256 if lfs is not None else None)


def _licence(info: "ModelInfo") -> str | None:
    said = info.card_data.get("license") if info.card_data is not None else None
    return said if isinstance(said, str) else None


def _explain(error: Exception, repo: str, revision: str | None) -> NoReturn:
    """What kept the hub from answering, in one sentence."""
    import httpx2
    from huggingface_hub import errors

    match error:
        case errors.GatedRepoError():
            said = f"{repo!r} is gated; accept its terms on the hub, log in with: hf auth login, and pull again"
        case errors.RevisionNotFoundError():
            said = f"{repo!r} has no revision {revision!r}; leave it out for the newest"
        case errors.RepositoryNotFoundError():
            said = (
                f"the hub has no repository {repo!r}, or it is private; check the name, or log in with: hf auth login"
            )
        case errors.HfHubHTTPError() | httpx2.HTTPStatusError():
            status = error.response.status_code if error.response is not None else "an error"
            said = f"the hub answers {status} for {repo!r}; try again later"
        case httpx2.HTTPError() | errors.LocalEntryNotFoundError() | ConnectionError() | TimeoutError():
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            said = (
                f"the hub cannot be reached ({reason}); connect to the network, or fetch the file on another machine "
                "and name its path"
            )
        case OSError():
            said = (
                f"{repo!r} cannot be kept ({error.strerror or error}); make room, and pull again: it goes on from here"
            )
        case _:
            raise error
    raise ModelError(said) from None
