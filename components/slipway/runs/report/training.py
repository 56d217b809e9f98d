"""Sections of a run's report about the search and the training."""

import math

from markupsafe import Markup

from slipway.contracts.models import ModelCard, TuningResult
from slipway.reporting.charts import line_chart, scatter_chart
from slipway.reporting.page import Section, badge, join, key_figures, table
from slipway.runs.report.artifacts import RunArtifacts
from slipway.runs.report.data import titled

_HIGHER_IS_BETTER = {"accuracy", "auc", "r2"}
_EVAL = "eval_"


def training_sections(artifacts: RunArtifacts) -> list[Section]:
    """Sections for what tune and train of this run wrote; none for a step that did not run."""
    searches = {name: result for name, result in artifacts.tunings.items() if result.trials}
    sections = [_tuning(titled("Tuning", name, len(searches)), result) for name, result in searches.items()]
    return sections + [
        _training(titled("Training", name, len(artifacts.models)), card) for name, card in artifacts.models.items()
    ]


def _tuning(title: str, result: TuningResult) -> Section:
    better = max if result.objective in _HIGHER_IS_BETTER else min
    best_so_far: list[float | None] = []
    for trial in result.trials:
        known = [value for value in (*best_so_far[-1:], trial.value) if value is not None]
        best_so_far.append(better(known) if known else None)
    chart = line_chart(
        f"{result.objective} of the eval split by trial",
        [str(trial.number) for trial in result.trials],
        {"trial": [trial.value for trial in result.trials], "best so far": best_so_far},
        y_title=result.objective,
    )
    worst = float("inf")
    ordered = sorted(
        result.trials,
        key=lambda t: (worst if t.value is None else t.value if better is min else -t.value, t.number),
    )
    rows = [
        (
            trial.number,
            badge("chosen", "good") if trial.hyperparameters == result.best else badge(trial.state.lower()),
            trial.value,
            trial.hyperparameters.layers,
            trial.hyperparameters.units,
            trial.hyperparameters.dropout_fraction,
            trial.hyperparameters.learning_rate,
            trial.hyperparameters.batch_size,
            trial.seconds,
        )
        for trial in ordered
    ]
    columns = ("trial", "", result.objective, "layers", "units", "dropout", "learning rate", "batch size", "seconds")
    lead = f"{len(rows)} trials, best first; the objective is {result.objective} of the eval split."
    return Section(title=title, lead=lead, body=join(chart, _by_learning_rate(result), table(columns, rows)))


def _by_learning_rate(result: TuningResult) -> Markup:
    tried = [(math.log10(t.hyperparameters.learning_rate), t.value) for t in result.trials if t.value is not None]
    if len({rate for rate, _ in tried}) < 2:
        return Markup("")
    title = f"{result.objective} by learning rate"
    return scatter_chart(title, {"trial": tried}, x_title="log10 of the learning rate", y_title=result.objective)


def _training(title: str, card: ModelCard) -> Section:
    epochs = max((len(values) for values in card.history.values()), default=0)
    hyperparameters = card.hyperparameters
    spread = f", {card.workers} workers" if card.workers > 1 else ""
    figures = {
        "epochs": epochs,
        "best epoch": card.best_epoch,
        "strategy": card.strategy.replace("_", " ") + spread,
        "layers × units": f"{hyperparameters.layers} × {hyperparameters.units}",
        "dropout": hyperparameters.dropout_fraction,
        "learning rate": hyperparameters.learning_rate,
        "batch size": hyperparameters.batch_size,
    }
    numbers = [str(epoch + 1) for epoch in range(epochs)]
    pairs = {
        name: {"train": values, "eval": card.history[_EVAL + name]}
        for name, values in card.history.items()
        if _EVAL + name in card.history
    }
    charts = [line_chart(f"{name} by epoch", numbers, pair) for name, pair in pairs.items()]
    lead = f"The weights of epoch {card.best_epoch} of {epochs} were kept: the best on the eval split."
    return Section(title=title, lead=lead, body=join(key_figures(figures), *charts))
