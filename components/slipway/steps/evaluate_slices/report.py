"""The evaluation for people: an HTML page and a Markdown summary."""

from collections.abc import Iterable

from markupsafe import Markup

from slipway.contracts.evaluations import Evaluation, Interval, SliceMetrics
from slipway.contracts.examples import Label
from slipway.metrics.metric import headline_metrics, metrics_of
from slipway.reporting.charts import bar_chart, scatter_chart
from slipway.reporting.markdown import markdown_table, markdown_verdict
from slipway.reporting.page import Section, badge, details, join, key_figures, paragraph, render_page, table
from slipway.reporting.values import NOTHING, display
from slipway.steps.evaluate_slices.verdict import behind

_CHART_SLICES = 12
_SUMMARY_SLICES = 8
_CONFUSION_CLASSES = 30


def render_report(evaluation: Evaluation, label: Label, baseline_uri: str) -> str:
    """Return the whole page as HTML.

    Args:
        evaluation: what was found.
        label: what is predicted.
        baseline_uri: for the subtitle; empty when there is no baseline.
    """
    sections = [_overall(evaluation)] if evaluation.metrics else []
    sections += [_slices(evaluation)] if evaluation.slices else []
    sections += [_classification(evaluation)] if evaluation.confusion else []
    sections += [_calibration(evaluation)] if evaluation.calibration else []
    sections += [_fairness(evaluation)] if evaluation.fairness else []
    compared = f", compared with {baseline_uri}" if evaluation.baseline_metrics else ""
    count = display(int(evaluation.metrics.get("example_count", 0)))
    subtitle = f"{label.problem} label {label.name}, {count} examples{compared}"
    return render_page("Evaluation", sections, subtitle=subtitle, verdict=evaluation.verdict)


def render_summary(evaluation: Evaluation, label: Label) -> str:
    """Return the verdict, the main figures and the worst slices as Markdown."""
    figures: dict[str, object] = {"examples": int(evaluation.metrics.get("example_count", 0))}
    for name in headline_metrics(evaluation.problem):
        if name in evaluation.metrics:
            figures[name] = _with_interval(evaluation.metrics[name], evaluation.intervals.get(name))
        if name in evaluation.baseline_metrics:
            figures[f"{name} of the baseline"] = evaluation.baseline_metrics[name]
    figures |= {"slices": len(evaluation.slices), "slices that are too small": len(evaluation.omitted_slices)}
    parts = [markdown_verdict(f"Evaluation of {label.name}", evaluation.verdict, figures)]
    worst = _by_gap(evaluation)[:_SUMMARY_SLICES]
    if worst:
        metric = evaluation.slice_metric
        rows = [(part.name, part.examples, part.metrics[metric], gap) for part, gap in worst]
        columns = ("Slice", "Examples", metric, "worse than overall by")
        parts.append(f"Slices furthest behind in {metric}:\n\n{markdown_table(columns, rows)}")
    return "\n".join(parts)


def _overall(evaluation: Evaluation) -> Section:
    metrics, before = evaluation.metrics, evaluation.baseline_metrics
    columns = ["Metric", "Value", "Interval"] + (["Baseline", "Change"] if before else [])
    rows = []
    for name in metrics_of(evaluation.problem):
        value, old = metrics.get(name), before.get(name)
        row: list[object] = [name, value, _interval(evaluation.intervals.get(name))]
        change = value - old if value is not None and old is not None else None
        rows.append(row + ([old, change] if before else []))
    figures = {name: metrics[name] for name in headline_metrics(evaluation.problem) if name in metrics}
    lead = "A dash is a metric that these examples leave undefined, or one without an interval."
    return Section(title="Overall", lead=lead, body=join(key_figures(figures), table(columns, rows)))


def _slices(evaluation: Evaluation) -> Section:
    metric, ordered = evaluation.slice_metric, _by_gap(evaluation)
    worst = [(part.name, gap) for part, gap in ordered if gap > 0][:_CHART_SLICES]
    overall = display(evaluation.metrics.get(metric))
    chart = bar_chart(
        f"How much worse than the overall {metric} of {overall}",
        [name for name, _ in worst],
        {"worse by": [gap for _, gap in worst]},
        horizontal=True,
    )
    shown = tuple(name for name, item in metrics_of(evaluation.problem).items() if item.by_slice)
    shown = shown if metric in shown else (metric, *shown)
    gaps = {part.name: gap for part, gap in ordered}
    listed = [part for part, _ in ordered] + [part for part in evaluation.slices if part.name not in gaps]
    columns = ["Slice", "Examples", f"Behind in {metric}", f"{metric} interval", *shown]
    rows = [_slice_row(part, gaps.get(part.name), metric, shown) for part in listed]
    lead = f"Widest gap first. A mark means that {metric} is worse than overall by more than chance explains."
    parts = [*([chart] if worst else []), table(columns, rows)]
    if evaluation.omitted_slices:
        omitted = sorted(evaluation.omitted_slices.items(), key=lambda item: (-item[1], item[0]))
        names = f"{len(omitted)} slices with too few examples"
        parts.append(details(names, table(("Slice", "Examples"), omitted)))
    return Section(title="Slices", lead=lead, body=join(*parts))


def _slice_row(part: SliceMetrics, gap: float | None, metric: str, shown: Iterable[str]) -> list[object]:
    name: object = join(Markup("{} ").format(part.name), badge("worse", "warn")) if part.worse else part.name
    interval = _interval(part.intervals.get(metric))
    return [name, part.examples, gap, interval, *(part.metrics.get(column) for column in shown)]


def _classification(evaluation: Evaluation) -> Section:
    parts = []
    if evaluation.roc:
        points = [(point.false_positive_rate, point.true_positive_rate) for point in evaluation.roc]
        lines = {"model": points, "chance": [(0.0, 0.0), (1.0, 1.0)]}
        titles = {"x_title": "false positive rate", "y_title": "true positive rate"}
        parts.append(scatter_chart("Receiver operating characteristic", lines, lines=True, **titles))
    if len(evaluation.classes) <= _CONFUSION_CLASSES:
        columns = ["True \\ predicted", *evaluation.classes]
        rows = [[name, *row] for name, row in zip(evaluation.classes, evaluation.confusion, strict=True)]
        parts.append(table(columns, rows, caption="Confusion matrix: rows are true, columns predicted classes"))
    else:
        parts.append(paragraph(f"The confusion matrix of {len(evaluation.classes)} classes is in evaluation.json."))
    return Section(title="Classes", body=join(*parts))


def _calibration(evaluation: Evaluation) -> Section:
    points = [(point.mean_prediction, point.mean_label) for point in evaluation.calibration]
    ends = [value for point in points for value in point]
    line = [(min(ends), min(ends)), (max(ends), max(ends))]
    chart = scatter_chart(
        "Calibration",
        {"model": points, "perfect": line},
        lines=True,
        x_title="mean prediction",
        y_title="mean label",
    )
    lead = "Examples in ten equal parts by rising prediction; on the straight line predictions mean what they say."
    return Section(title="Calibration", lead=lead, body=chart)


def _fairness(evaluation: Evaluation) -> Section:
    rows = [
        (gap.feature, gap.measure, gap.gap, gap.highest, gap.lowest, gap.significant) for gap in evaluation.fairness
    ]
    columns = ("Feature", "Measure", "Gap", "Highest", "Lowest", "More than chance")
    measures = ", ".join(dict.fromkeys(gap.measure for gap in evaluation.fairness))
    lead = f"How far the slices of one column lie apart: {measures}."
    return Section(title="Fairness", lead=lead, body=table(columns, rows))


def _by_gap(evaluation: Evaluation) -> list[tuple[SliceMetrics, float]]:
    return behind(evaluation.slices, evaluation.metrics, evaluation.slice_metric)


def _interval(interval: Interval | None) -> str:
    return f"{display(interval.low)} to {display(interval.high)}" if interval else NOTHING


def _with_interval(value: float, interval: Interval | None) -> object:
    return f"{display(value)} ({_interval(interval)})" if interval else value
