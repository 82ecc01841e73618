"""Every error a user can meet, in one small tree.

    SotaRagError                 anything the message explains and the user can mend (exit status 1)
    ├── UsageError               the request itself is wrong (exit status 2)
    │   ├── SettingsError        an unknown or invalid setting, in a file, the environment or a flag
    │   └── QueryError           an empty or over-long question
    ├── MissingIndexError        no index at that path
    ├── DamagedIndexError        a file of the index does not match its manifest
    ├── FormatVersionError       the index was written by another version of the software
    ├── EncoderMismatchError     the index was made with another encoder
    ├── IndexBusyError           another process is writing to the index
    ├── UnwritableError          a folder cannot be written
    ├── IngestError              a source cannot be listed, or nothing would be left to index
    ├── QuarantineError          one document cannot be read; ingestion goes on without it
    ├── IgnoredError             a file is sound but no document; ingestion goes on without it
    ├── ModelError               a model is unknown, missing or broken
    ├── LanguageModelError       a language model failed at one request (app/llm)
    │   ├── LanguageModelBusyError     its queue is full, or waiting took too long
    │   ├── LanguageModelTimeoutError  reading the prompt took too long
    │   ├── LanguageModelCrashError    its worker process died
    │   └── LanguageModelServerError   its server cannot be reached, or refuses
    ├── EvaluationError          a topics, qrels or run file is broken
    ├── PaperError               one paper cannot be fetched or added; the others go on (ingest/papers)
    ├── UnreachableError         a host cannot be reached (ingest/papers)
    ├── LibraryError             the folder of papers cannot be used (ingest/papers)
    └── OptionalDependencyError  a feature needs an extra that is not installed

A message is one sentence with the offending value, and the command or change that mends it.
"""


class SotaRagError(Exception):
    """Base of all errors that are explained to the user instead of shown as a traceback."""

    exit_status = 1


class UsageError(SotaRagError):
    """The request itself is wrong."""

    exit_status = 2


class SettingsError(UsageError):
    """A setting is unknown or has an invalid value."""


class QueryError(UsageError):
    """The question is empty or too long."""


class MissingIndexError(SotaRagError):
    """There is no index at the given path."""


class DamagedIndexError(SotaRagError):
    """A file of the index is missing, truncated or altered."""


class FormatVersionError(SotaRagError):
    """The index was written in another format version."""


class EncoderMismatchError(SotaRagError):
    """The index was made with another encoder than the one in use."""


class IndexBusyError(SotaRagError):
    """Another process holds the index's write lock."""


class UnwritableError(SotaRagError):
    """A folder cannot be created or written."""


class IngestError(SotaRagError):
    """The sources cannot be listed, or nothing would be left to index."""


class QuarantineError(SotaRagError):
    """One document cannot be read; it is set aside with this reason and ingestion goes on."""


class IgnoredError(SotaRagError):
    """A file is sound but is no document, such as a YAML file that is no practice registry."""


class ModelError(SotaRagError):
    """A model is unknown, not installed or broken."""


class LanguageModelError(SotaRagError):
    """A language model failed at one request; the next one may go well."""


class LanguageModelBusyError(LanguageModelError):
    """The queue is full, or the request waited too long in it."""


class LanguageModelTimeoutError(LanguageModelError):
    """Reading the prompt took too long."""


class LanguageModelCrashError(LanguageModelError):
    """The worker process died while it served the request."""


class LanguageModelServerError(LanguageModelError):
    """The server cannot be reached, or it refuses."""


class EvaluationError(SotaRagError):
    """A topics, qrels or run file cannot be used."""


class OptionalDependencyError(SotaRagError):
    """A feature needs an extra that is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed; install it with: pip install 'sota-rag[{extra}]'")
