"""Sections of a run's report about the search."""

import math

from markupsafe import Markup

from slipway.contracts.models import TuningFolder, TuningResult
from slipway.metrics.metric import METRICS, Direction
from slipway.reporting.charts import line_chart, scatter_chart
from slipway.reporting.page import Section, badge, join, table
from slipway.reporting.run_documents import RunDocuments, titled


def sections(documents: RunDocuments) -> list[Section]:
    """Return a section for each search that tried something."""
    found = documents.read("tuning.json", lambda root: TuningFolder(root).result())
    searches = {name: result for name, result in found.items() if result.trials}
    return [_tuning(titled("Tuning", name, len(searches)), result) for name, result in searches.items()]


def _tuning(title: str, result: TuningResult) -> Section:
    better = max if METRICS.get(result.objective).direction is Direction.HIGHER_IS_BETTER else min
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
