"""BEGIN: answers of dialogue systems against the knowledge they were given.

Dziri et al., "Evaluating Attribution in Dialogue Systems: The BEGIN Benchmark", TACL 2022. `Fully attributable` counts
as supported, `Not fully attributable` as unsupported; a `Generic` answer ("I don't know much about it") states nothing
that could be attributed, and is left out. Three sources of dialogues are the groups. Where a source has its test file,
the published parts are used, less the answers of dev whose knowledge is also in test; where only its dev file is
there, that is parted by a hash of the knowledge.
"""

import csv
from pathlib import Path

from ...index.errors import EvaluationError
from .parts import half_of, unknown_elsewhere
from .reader import Claim, digest

LABELS = {"Fully attributable": True, "Not fully attributable": False}
_GENERIC = "Generic"
_FOLDERS = {"wow": "wow", "cmu": "cmu-dog", "tc": "topicalchat"}
_COLUMNS = ("knowledge", "response", "begin_label")


def read_begin(folder: Path, split: str) -> list[Claim]:
    """Answers of the part `dev` or `test`, all sources; answers to the same knowledge share a source.

    Raises:
        EvaluationError: there is no such part or no file of any source, or a line is broken.
    """
    if split not in ("dev", "test"):
        raise EvaluationError(f"no split {split!r} of BEGIN; its parts are dev and test")
    found = [claim for name in _FOLDERS for claim in _of_source(folder, name, split)]
    if not found:
        raise EvaluationError(f"{str(folder)!r} holds no file of BEGIN, such as wow/begin_test_wow.tsv")
    return found


def _of_source(folder: Path, name: str, split: str) -> list[Claim]:
    published = {part: folder / _FOLDERS[name] / f"begin_{part}_{name}.tsv" for part in ("dev", "test")}
    dev, test = (_read(path, name) if path.is_file() else [] for path in published.values())
    if not test:
        return [claim for claim in dev if half_of(claim.source) == split]
    if split == "test":
        return test
    return unknown_elsewhere(dev, [claim.source for claim in dev], (claim.source for claim in test))


def _read(path: Path, name: str) -> list[Claim]:
    part = path.stem.split("_")[1]
    claims: list[Claim] = []
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter="\t", strict=True)
        try:
            for row in reader:
                where = f"{path}:{reader.line_num}"
                label = row.get("begin_label")
                if any(not isinstance(row.get(column), str) for column in _COLUMNS):
                    raise EvaluationError(f"{where}: a column of {', '.join(_COLUMNS)} is missing")
                if label == _GENERIC:
                    continue
                if label not in LABELS:
                    raise EvaluationError(f"{where}: 'begin_label' is {label!r}; BEGIN has {', '.join(LABELS)}")
                claims.append(
                    Claim(
                        id=f"{name}-{part}-{reader.line_num}",
                        text=row["response"],
                        evidence=(row["knowledge"],),
                        supported=LABELS[label],
                        group=name,
                        source=digest(row["knowledge"]),
                        original=label,
                        where=where,
                    )
                )
        except (csv.Error, UnicodeDecodeError) as error:
            raise EvaluationError(f"{path}:{reader.line_num}: is no tab-separated UTF-8 line ({error})") from error
    return claims
