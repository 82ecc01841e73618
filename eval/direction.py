"""Which way a measure points."""

import re

# Measures of harm, by the words in their names.
_LOWER = re.compile(
    r"\b(leak|wrong|risk|aurc|ece|ace|brier|loss|error|errors|latency|miscalibration|false (positive|negative)s?)\b",
    re.IGNORECASE,
)


def lower_is_better(measure: str) -> bool:
    """Whether less of a measure is better: leaks of superseded practices, wrong silence, risks, errors of calibration.

    The words of the name decide: `superseded-leak@5`, `AURC`, `E-AURC`, `ECE (15 bins)`, `Brier`, `wrong silence`.
    """
    return _LOWER.search(measure.replace("_", " ")) is not None
