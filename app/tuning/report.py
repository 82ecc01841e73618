"""The page of a study: how the search went, which parameters matter, and the best trials; one file, no network."""

import html
import io
import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...index.errors import OptionalDependencyError, UnwritableError
from .outcome import Outcome
from .parameters import GROUPS, Space
from .study import Tried

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from optuna import Study

_BEST = 15
_STYLE = """
:root { color-scheme: light dark; --line: #8884; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
figure { margin: 1rem 0; background: #fff; border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; }
figure svg { display: block; width: 100%; height: auto; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .75rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
"""


def importances(study: "Study", seed: int = 0) -> dict[str, float]:
    """Share of each parameter in how much the trials differ, the most important first; empty where it cannot be told.

    fANOVA: Hutter, Hoos and Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter Importance", ICML 2014.
    It takes four finished trials that differ.

    Raises:
        OptionalDependencyError: optuna or scikit-learn is not installed.
    """
    try:
        from optuna.importance import FanovaImportanceEvaluator, get_param_importances
        from optuna.trial import TrialState

        done = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        if len(done) < 4 or len({trial.value for trial in done}) < 2:
            return {}
        found = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=seed))
    except ImportError as error:
        raise OptionalDependencyError("optuna and scikit-learn", "tune") from error
    return {name: value for name, value in found.items() if math.isfinite(value)}


def write_study_page(
    study: "Study",
    outcome: Outcome,
    tried: Sequence[Tried],
    space: Space,
    *,
    measure: str,
    name: str,
    important: Mapping[str, float],
    path: Path,
) -> None:
    """Write the page.

    Args:
        study: the study.
        outcome: what it found.
        tried: its finished trials.
        space: what was tuned.
        measure: what was maximised.
        name: what it was tuned on.
        important: from `importances`.
        path: the HTML file.

    Raises:
        OptionalDependencyError: optuna, matplotlib or scikit-learn is not installed.
        UnwritableError: the file cannot be written.
    """
    parts = [f"<h1>Tuning on {html.escape(name)}</h1>", _words(study, outcome, tried, measure)]
    parts += [f"<h2>Settings</h2>{_settings_table(outcome, space)}"]
    parts += [f"<h2>How the search went</h2>{figure}" for figure in [_figure(study, "history")] if figure]
    parts += ["<h2>Which parameters matter</h2>"]
    parts += [
        _figure(study, "importances")
        if important
        else "<p>Too few trials were finished, or all were alike, so that it cannot be told.</p>"
    ]
    parts += [f"<h2>The best trials</h2>{_trials_table(tried, space, measure)}"]
    page = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Tuning on {html.escape(name)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>\n'
        f"<body>{''.join(parts)}</body></html>\n"
    )
    try:
        path.write_text(page, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UnwritableError(f"cannot write {str(path)!r} ({error.strerror}); choose another path") from error


def _words(study: "Study", outcome: Outcome, tried: Sequence[Tried], measure: str) -> str:
    topics = len(outcome.before.values)
    said = (
        f"{len(study.get_trials(deepcopy=False))} trials on {topics} training topics, {len(tried)} of them measured on "
        f"all. {measure} was {outcome.before.mean:.4f} with the settings as they were and {outcome.best.mean:.4f} in "
        f"the best trial. Expected on other topics, cross-validated: {signed(outcome.expected_gain)}."
    )
    return f"<p>{html.escape(said)}</p>"


def signed(interval: Any) -> str:
    """A difference with its interval."""
    return f"{interval.mean:+.4f} [{interval.low:+.4f}, {interval.high:+.4f}]"


def _settings_table(outcome: Outcome, space: Space) -> str:
    names = [name for group in space.groups for name in GROUPS[group]]
    columns = {"before": outcome.before, "after": outcome.after, "best trial": outcome.best}
    rows = [[name, *(_shown(getattr(column.parameters, name)) for column in columns.values())] for name in names]
    return _table(["setting", *columns], rows)


def _trials_table(tried: Sequence[Tried], space: Space, measure: str) -> str:
    names = [name for group in space.groups for name in GROUPS[group]]
    best = sorted(tried, key=lambda one: (-one.mean, one.number))[:_BEST]
    rows = [
        [str(one.number), f"{one.mean:.4f}", *(_shown(getattr(one.parameters, name)) for name in names)] for one in best
    ]
    return _table(["trial", measure, *names], rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>'


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _figure(study: "Study", kind: str) -> str:
    """One of Optuna's plots as inline SVG."""
    try:
        import matplotlib as mpl
        import optuna
        from optuna.importance import FanovaImportanceEvaluator
        from optuna.visualization import matplotlib as plots
    except ImportError as error:
        raise OptionalDependencyError("optuna and matplotlib", "tune") from error
    from matplotlib import pyplot

    with warnings.catch_warnings(), mpl.rc_context({"svg.hashsalt": "sota-rag", "svg.fonttype": "path"}):
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        before = mpl.get_backend()
        pyplot.switch_backend("agg")
        try:
            axes: Axes = (
                plots.plot_optimization_history(study)
                if kind == "history"
                else plots.plot_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))
            )
            figure: Any = axes.get_figure()
            figure.set_size_inches(8, 4)
            figure.tight_layout()
            drawn = io.StringIO()
            figure.savefig(drawn, format="svg", metadata={"Date": None})
            pyplot.close(figure)
        finally:
            pyplot.switch_backend(before)
    svg = drawn.getvalue()
    label = {"history": "Value of each trial, and the best so far", "importances": "Importance of each parameter"}[kind]
    return f'<figure role="img" aria-label="{label}">{svg[svg.index("<svg") :]}</figure>'
