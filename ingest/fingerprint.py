"""What decides how a file is read, as one hash: equal fingerprints give equal documents and passages."""

import hashlib
import json

from .discover import SourceFile
from .loaders import LOADER_VERSION
from .metadata import DocumentMeta


def fingerprint(
    file: SourceFile, data: bytes, sidecar: bytes, *, chunker: str, encoder: str, flags: DocumentMeta
) -> str:
    """Hex sha256 over a file, its sidecar and the way of reading them.

    Args:
        file: where it is; its id is part of every passage.
        data: its bytes, with the parts of a LaTeX document spliced in.
        sidecar: the sidecar's bytes, or none.
        chunker: fingerprint of the chunker's settings.
        encoder: fingerprint of the encoder, whose tokenizer counts.
        flags: metadata for what the document does not say itself.
    """
    parts = [
        file.document_id,
        LOADER_VERSION,
        chunker,
        encoder,
        flags.model_dump_json(),
        hashlib.sha256(data).hexdigest(),
        hashlib.sha256(sidecar).hexdigest(),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
