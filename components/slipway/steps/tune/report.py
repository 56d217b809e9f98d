"""The HTML page of a search."""

from collections.abc import Mapping

from markupsafe import Markup

from slipway.contracts.documents import to_plain
from slipway.contracts.models import TuningResult
from slipway.reporting.charts import line_chart
from slipway.reporting.page import Section, key_figures, render_page, table

_PARAMETERS = ("layers", "units", "dropout_fraction", "learning_rate", "batch_size")


def render_report(result: TuningResult, metrics: Mapping[str, float], label: str) -> str:
    """Best hyperparameters, the objective over the trials and every trial, as one HTML document."""
    best = Section(
        title="Best hyperparameters",
        body=table(["name", "value"], to_plain(result.best).items()),
        lead="" if result.trials else "No search was asked for: these are the defaults.",
    )
    sections = [best]
    if result.trials:
        figures = {name.replace("_", " "): value for name, value in metrics.items()}
        sections = [
            Section(title="Result", body=key_figures(figures), lead=_comparison(metrics)),
            best,
            Section(title=f"Eval {result.objective} by trial", body=_history(result)),
            Section(title="Trials", body=_trials(result), lead="A pruned trial was stopped early because it was weak."),
        ]
    return render_page("Hyperparameter search", sections, subtitle=label)


def _comparison(metrics: Mapping[str, float]) -> str:
    if "default_value" not in metrics:
        return "The defaults failed."
    gain = 1 - metrics["best_value"] / metrics["default_value"] if metrics["default_value"] else 0.0
    return f"The best eval loss is {gain:.2%} lower than that of the defaults, which were the first trial."


def _history(result: TuningResult) -> Markup:
    values = [trial.value for trial in result.trials]
    lowest: list[float | None] = []
    for value in values:
        known = [item for item in (*lowest[-1:], value) if item is not None]
        lowest.append(min(known) if known else None)
    labels = [str(trial.number) for trial in result.trials]
    return line_chart("Objective", labels, {"trial": values, "best so far": lowest}, y_title=f"eval {result.objective}")


def _trials(result: TuningResult) -> Markup:
    rows = [
        [
            trial.number,
            trial.state,
            trial.value,
            *(getattr(trial.hyperparameters, name) for name in _PARAMETERS),
            trial.seconds,
        ]
        for trial in result.trials
    ]
    headings = [name.replace("_", " ") for name in _PARAMETERS]
    return table(["trial", "state", f"eval {result.objective}", *headings, "seconds"], rows)
