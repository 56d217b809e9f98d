"""Sections of a run's report about the model: search, training, evaluation, slices, compression, the push."""

import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from slipway.contracts.judgements import Compression, Evaluation, Interval, PushedVersion, SliceMetrics, Variant
from slipway.contracts.models import ModelCard, TuningResult
from slipway.launcher.report_data import titled
from slipway.launcher.run_artifacts import RunArtifacts
from slipway.launcher.summary import RunSummary
from slipway.reporting.charts import bar_chart, line_chart, scatter_chart
from slipway.reporting.page import (
    Section,
    badge,
    details,
    half,
    join,
    key_figures,
    paragraph,
    reasons_list,
    subheading,
    table,
)
from slipway.reporting.values import display

_LOWER_IS_BETTER = {"loss", "mse", "rmse", "mae", "mape", "log_loss", "cross_entropy"}
_DECIDING = ("accuracy", "rmse", "auc", "loss")
_CHARTED = ("accuracy", "auc", "rmse", "mae")
_COUNT = "example_count"
_WORST_IN_CHART, _WORST_IN_TABLE = 12, 15
_SMALLEST_SLICE_IN_CHART = 30
_MOST_CLASSES_IN_MATRIX = 20
_KIB = 1024
_EVAL = "eval_"


def model_sections(run: RunSummary, artifacts: RunArtifacts) -> list[Section]:
    """Sections for what tune, train, evaluate, compress and push wrote; none for a step that did not run."""
    sections = [
        _tuning(titled("Tuning", n, len(artifacts.tunings)), t) for n, t in artifacts.tunings.items() if t.trials
    ]
    sections += [_training(titled("Training", n, len(artifacts.models)), m) for n, m in artifacts.models.items()]
    for name, evaluation in artifacts.evaluations.items():
        sections.append(_evaluation(titled("Evaluation", name, len(artifacts.evaluations)), evaluation))
        if evaluation.slices:
            sections.append(_slices(titled("Slices", name, len(artifacts.evaluations)), evaluation))
    for name, compression in artifacts.compressions.items():
        sections.append(_compression(titled("Compression", name, len(artifacts.compressions)), compression))
    sections += [_push(titled("Push", n, len(artifacts.pushes)), p, run) for n, p in artifacts.pushes.items()]
    return sections


def lower_is_better(metric: str) -> bool:
    """Whether a smaller value of ``metric`` is the better one."""
    return metric in _LOWER_IS_BETTER or metric.endswith(("_loss", "_error"))


def deciding_metric(metrics: Mapping[str, float]) -> str:
    """The metric that slices are compared by: accuracy, or rmse for regression; empty when there is none."""
    return next((name for name in _DECIDING if name in metrics), next(iter(metrics), ""))


def _tuning(title: str, result: TuningResult) -> Section:
    better = min if lower_is_better(result.objective) else max
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


def _evaluation(title: str, evaluation: Evaluation) -> Section:
    columns = ["metric", "test split"]
    columns += ["95 % interval"] * bool(evaluation.intervals) + ["baseline", "change"] * bool(
        evaluation.baseline_metrics
    )
    rows = [_metric_row(name, value, evaluation) for name, value in evaluation.metrics.items()]
    parts = [table(columns, rows)]
    if evaluation.roc:
        curve = [(point.false_positive_rate, point.true_positive_rate) for point in evaluation.roc]
        parts.append(
            scatter_chart(
                "Receiver operating characteristic",
                {"model": sorted(curve), "chance": [(0.0, 0.0), (1.0, 1.0)]},
                x_title="false positive rate",
                y_title="true positive rate",
                lines=True,
            )
        )
    if evaluation.confusion and len(evaluation.classes) <= _MOST_CLASSES_IN_MATRIX:
        parts.append(_confusion(evaluation))
    lead = "Compared with the version pushed before." if evaluation.baseline_metrics else "There is no earlier version."
    return Section(title=title, lead=lead, body=join(*parts))


def _metric_row(name: str, value: float, evaluation: Evaluation) -> list[object]:
    row: list[object] = [name.replace("_", " "), int(value) if name == _COUNT else value]
    if evaluation.intervals:
        row.append(_interval(evaluation.intervals.get(name)))
    if evaluation.baseline_metrics:
        before = evaluation.baseline_metrics.get(name)
        row += [before, value - before if before is not None else None]
    return row


def _interval(interval: Interval | None) -> str | None:
    return f"{display(interval.low)} to {display(interval.high)}" if interval else None


def _confusion(evaluation: Evaluation) -> Markup:
    rows = []
    for name, counts in zip(evaluation.classes, evaluation.confusion, strict=False):
        total = sum(counts) or 1
        cells = [Markup('<span class="heat" style="--share:{}">{}</span>').format(
            f"{count / total:.3f}", display(count)
        ) for count in counts]  # fmt: skip
        rows.append([name, *cells])
    columns = ["true class", *(f"as {name}" for name in evaluation.classes)]
    matrix = table(columns, rows, caption="Confusion: rows are true classes")
    return half(Markup('<div class="matrix">{}</div>').format(matrix))


def _slices(title: str, evaluation: Evaluation) -> Section:
    metric = deciding_metric(evaluation.metrics)
    overall = evaluation.metrics.get(metric, 0.0)
    sign = -1.0 if lower_is_better(metric) else 1.0
    known = [item for item in evaluation.slices if metric in item.metrics]
    ordered = sorted(known, key=lambda item: (sign * (item.metrics[metric] - overall), item.name))
    others = [name for name in evaluation.metrics if any(name in item.metrics for item in known)]
    others = [name for name in others if name not in (metric, _COUNT)][:4]
    columns = [
        "slice",
        "examples",
        metric,
        "gap",
        *(["95 % interval"] if any(i.intervals for i in known) else []),
        *others,
    ]
    rows = [_slice_row(item, metric, overall, others, len(columns)) for item in ordered]
    rest = rows[_WORST_IN_TABLE:]
    more = [details(f"{len(rest)} more slices", table(columns, rest))] if rest else []
    lead = f"{len(ordered)} slices, worst {metric} first. The charts leave out slices of fewer than "
    lead += f"{_SMALLEST_SLICE_IN_CHART} examples."
    charts = [_gaps(evaluation, name) for name in (metric, *others) if name in _CHARTED][:2]
    return Section(title=title, lead=lead, body=join(*charts, table(columns, rows[:_WORST_IN_TABLE]), *more))


def _gaps(evaluation: Evaluation, metric: str) -> Markup:
    """The worst slices by ``metric``, of those large enough to say something."""
    overall = evaluation.metrics[metric]
    sign = -1.0 if lower_is_better(metric) else 1.0
    known = [item for item in evaluation.slices if metric in item.metrics]
    large = [item for item in known if item.examples >= _SMALLEST_SLICE_IN_CHART] or known
    shown = sorted(large, key=lambda item: (sign * item.metrics[metric], item.name))[:_WORST_IN_CHART]
    return bar_chart(
        f"{metric}: gap to overall ({display(overall)})",
        [item.name for item in shown],
        {"gap": [item.metrics[metric] - overall for item in shown]},
        horizontal=True,
    )


def _slice_row(item: SliceMetrics, metric: str, overall: float, others: Sequence[str], width: int) -> list[object]:
    value = item.metrics[metric]
    row: list[object] = [item.name, item.examples, value, value - overall]
    if width == len(row) + len(others) + 1:
        row.append(_interval(item.intervals.get(metric)))
    return [*row, *(item.metrics.get(name) for name in others)]


def _compression(title: str, compression: Compression) -> Section:
    reference = compression.variants[0] if compression.variants else None
    rows = [_variant_row(item, compression, reference) for item in compression.variants]
    points = {
        item.name: [(item.bytes / _KIB, item.metrics[compression.metric])]
        for item in compression.variants
        if compression.metric in item.metrics
    }
    chart = scatter_chart(
        f"Size and {compression.metric}", points, x_title="KiB on disk", y_title=compression.metric
    )  # fmt: skip
    latency = bar_chart(
        "Latency of one prediction",
        [item.name for item in compression.variants],
        {"median": [item.latency_milliseconds for item in compression.variants]},
        y_title="milliseconds",
    )
    columns = ("variant", "", "KiB", "% of float", compression.metric, "change", "latency ms")
    chosen = f"{compression.chosen} was chosen" if compression.chosen else "No variant was chosen"
    lead = f"{chosen}: the smallest that loses at most {display(compression.allowed_loss)} {compression.metric}."
    return Section(title=title, lead=lead, body=join(table(columns, rows), chart, latency))


def _variant_row(item: Variant, compression: Compression, reference: Variant | None) -> list[object]:
    value = item.metrics.get(compression.metric)
    before = reference.metrics.get(compression.metric) if reference else None
    verdict = badge("accepted", "info") if item.accepted else badge("loses too much", "bad")
    if item is reference:
        verdict = badge("reference")
    if item.name == compression.chosen:
        verdict = badge("chosen", "good")
    return [
        item.name.replace("_", " "),
        verdict,
        item.bytes / _KIB,
        100 * item.bytes / reference.bytes if reference and reference.bytes else None,
        value,
        value - before if value is not None and before is not None and item is not reference else None,
        item.latency_milliseconds,
    ]


def _push(title: str, pushed: PushedVersion, run: RunSummary) -> Section:
    lead = (
        f"Version {pushed.version} was written."
        if pushed.pushed
        else f"Version {pushed.version} already had this content; nothing was written."
    )
    figures = {"version": pushed.version, "version before": pushed.previous_version, "digest": pushed.digest[:8]}
    address = Markup("<p>Address: <code>{}</code></p>").format(pushed.uri)
    judged = [step for step in run.steps if step.verdict is not None]
    why = [f"{step.name}: {'passed' if step.verdict.passed else 'refused'}" for step in judged if step.verdict]
    gates = join(subheading("Why it may be served"), reasons_list(why)) if why else paragraph("No step judged it.")
    return Section(title=title, lead=lead, body=join(key_figures(figures), address, gates))
