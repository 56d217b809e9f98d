"""Sections of a run's report about the evaluation: metrics, slices, fairness."""

from collections.abc import Sequence

from markupsafe import Markup

from slipway.contracts.evaluations import Evaluation, EvaluationFolder, FairnessGap, Interval, SliceMetrics
from slipway.contracts.examples import Problem
from slipway.metrics.metric import METRICS, default_metric, headline_metrics
from slipway.reporting.charts import bar_chart, scatter_chart
from slipway.reporting.page import Section, badge, details, half, join, table
from slipway.reporting.run_documents import RunDocuments, titled
from slipway.reporting.values import display

_COUNT = "example_count"
_MOST_FIGURES = 4
_WORST_IN_CHART, _WORST_IN_TABLE = 12, 15
_SMALLEST_SLICE_IN_CHART = 30
_MOST_CLASSES_IN_MATRIX = 20


def sections(documents: RunDocuments) -> list[Section]:
    """Return the sections about evaluations: metrics, slices and fairness."""
    sections = []
    evaluations = _evaluations(documents)
    how_many = len(evaluations)
    for name, evaluation in evaluations.items():
        sections.append(_evaluation(titled("Evaluation", name, how_many), evaluation))
        if evaluation.slices:
            sections.append(_slices(titled("Slices", name, how_many), evaluation))
        if evaluation.fairness:
            sections.append(_fairness(titled("Fairness", name, how_many), evaluation.fairness))
    return sections


def figures(documents: RunDocuments) -> dict[str, object]:
    """Return the main test metrics for the report's head."""
    figures: dict[str, object] = {}
    for evaluation in _evaluations(documents).values():
        shown = [name for name in headline_metrics(evaluation.problem) if name in evaluation.metrics]
        figures |= {f"test {name}": evaluation.metrics[name] for name in shown[:_MOST_FIGURES]}
    return figures


def _evaluations(documents: RunDocuments) -> dict[str, Evaluation]:
    return documents.read("evaluation.json", lambda root: EvaluationFolder(root).evaluation())


def _evaluation(title: str, evaluation: Evaluation) -> Section:
    columns = ["metric", "test split"]
    columns += ["interval"] * bool(evaluation.intervals) + ["baseline", "change"] * bool(evaluation.baseline_metrics)
    rows = [_metric_row(name, value, evaluation) for name, value in evaluation.metrics.items()]
    matrix = evaluation.confusion and len(evaluation.classes) <= _MOST_CLASSES_IN_MATRIX
    aside = [_confusion(evaluation)] if matrix else []
    aside += [_roc(evaluation)] if evaluation.roc else []
    figures = join(table(columns, rows), _calibration(evaluation) if evaluation.calibration else Markup(""))
    lead = "Compared with the version pushed before." if evaluation.baseline_metrics else "There is no earlier version."
    return Section(title=title, lead=lead, body=join(half(figures), half(*aside)) if aside else figures)


def _roc(evaluation: Evaluation) -> Markup:
    curve = sorted((point.false_positive_rate, point.true_positive_rate) for point in evaluation.roc)
    return scatter_chart(
        "Receiver operating characteristic",
        {"model": curve, "chance": [(0.0, 0.0), (1.0, 1.0)]},
        x_title="false positive rate",
        y_title="true positive rate",
        lines=True,
    )


def _calibration(evaluation: Evaluation) -> Markup:
    points = [(point.mean_prediction, point.mean_label) for point in evaluation.calibration]
    low, high = min(map(min, points)), max(map(max, points))
    if evaluation.problem is not Problem.REGRESSION:
        low, high = 0.0, 1.0
    return scatter_chart(
        "Calibration",
        {"model": points, "perfect": [(low, low), (high, high)]},
        x_title="mean prediction",
        y_title="mean label",
        lines=True,
    )


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
        heat = Markup('<span class="heat" style="--share:{}">{}</span>')
        cells = [heat.format(f"{count / total:.3f}", display(count)) for count in counts]
        rows.append([name, *cells])
    columns = ["true class", *(f"as {name}" for name in evaluation.classes)]
    matrix = table(columns, rows, caption="Confusion: rows are true classes")
    return Markup('<div class="matrix">{}</div>').format(matrix)


def _slices(title: str, evaluation: Evaluation) -> Section:
    metric = evaluation.slice_metric or default_metric(evaluation.problem).name
    overall = evaluation.metrics.get(metric, 0.0)
    worsening = METRICS.get(metric).worsening
    known = [item for item in evaluation.slices if metric in item.metrics]
    ordered = sorted(known, key=lambda item: (-worsening(overall, item.metrics[metric]), item.name))
    others = [name for name in evaluation.metrics if any(name in item.metrics for item in known)]
    others = [name for name in others if name not in (metric, _COUNT)][:4]
    columns = [
        "slice",
        "examples",
        metric,
        "gap",
        *(["interval"] if any(i.intervals for i in known) else []),
        *others,
    ]
    rows = [_slice_row(item, metric, overall, others, len(columns)) for item in ordered]
    rest = rows[_WORST_IN_TABLE:]
    more = [details(f"{len(rest)} more slices", table(columns, rest))] if rest else []
    lead = f"{len(ordered)} slices, worst {metric} first. The charts leave out slices of fewer than "
    lead += f"{_SMALLEST_SLICE_IN_CHART} examples."
    if evaluation.omitted_slices:
        lead += f" {len(evaluation.omitted_slices)} slices were too small to be evaluated."
    charts = [_gaps(evaluation, name) for name in (metric, *others) if METRICS.get(name).is_ranked][:2]
    return Section(title=title, lead=lead, body=join(*charts, table(columns, rows[:_WORST_IN_TABLE]), *more))


def _gaps(evaluation: Evaluation, metric: str) -> Markup:
    """Return a chart of the worst slices by ``metric``, of those large enough to say something."""
    overall = evaluation.metrics[metric]
    worsening = METRICS.get(metric).worsening
    known = [item for item in evaluation.slices if metric in item.metrics]
    large = [item for item in known if item.examples >= _SMALLEST_SLICE_IN_CHART] or known
    shown = sorted(large, key=lambda item: (-worsening(overall, item.metrics[metric]), item.name))[:_WORST_IN_CHART]
    return bar_chart(
        f"{metric}: gap to overall ({display(overall)})",
        [item.name for item in shown],
        {"gap": [item.metrics[metric] - overall for item in shown]},
        horizontal=True,
    )


def _slice_row(item: SliceMetrics, metric: str, overall: float, others: Sequence[str], width: int) -> list[object]:
    value = item.metrics[metric]
    name = Markup('{} <span class="badge warn">worse</span>').format(item.name) if item.worse else item.name
    row: list[object] = [name, item.examples, value, value - overall]
    if width == len(row) + len(others) + 1:
        row.append(_interval(item.intervals.get(metric)))
    return [*row, *(item.metrics.get(name) for name in others)]


def _fairness(title: str, gaps: Sequence[FairnessGap]) -> Section:
    rows = [
        (
            gap.feature,
            gap.measure.replace("_", " "),
            gap.gap,
            gap.highest,
            gap.lowest,
            badge("beyond chance", "warn") if gap.significant else badge("within chance"),
        )
        for gap in gaps
    ]
    columns = ("feature", "measure", "gap", "highest in", "lowest in", "")
    rest = rows[_WORST_IN_TABLE:]
    more = [details(f"{len(rest)} smaller gaps", table(columns, rest))] if rest else []
    lead = "How far the slices of a feature lie apart, widest gap first."
    return Section(title=title, lead=lead, body=join(table(columns, rows[:_WORST_IN_TABLE]), *more))
