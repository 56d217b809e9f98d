"""The page and the short summary that say what validate found."""

from collections.abc import Sequence
from datetime import UTC, datetime

from markupsafe import Markup

from slipway.contracts.tables import SPLITS
from slipway.contracts.validations import Anomaly, Drift, FeatureSummary, Validation
from slipway.reporting.charts import bar_chart, sparkline
from slipway.reporting.markdown import markdown_table, markdown_verdict
from slipway.reporting.page import Section, badge, details, join, key_figures, paragraph, render_page, subheading, table

_TOP_VALUES = 10
_FREQUENT = 5
_SUMMARY_DRIFT = 5
_FOLDED_DRIFT = 30
_MEASURES = {"l_infinity": "L-infinity", "jensen_shannon": "Jensen-Shannon"}
_TONES = {"ERROR": "bad", "WARNING": "warn"}


def render_html(validation: Validation, label: str) -> str:
    """Return a whole HTML document that needs nothing else."""
    sections = [
        Section(title="Rows", body=_rows(validation)),
        Section(
            title="Anomalies",
            body=_anomalies(validation.anomalies),
            lead="Where a split departs from the schema. A warning is within what the schema tolerates.",
        ),
        Section(
            title="Drift",
            body=_drift(validation.drift),
            lead="Distance of the training split from other rows, largest first. The threshold is never below what "
            "samples of these sizes from one distribution can differ by.",
        ),
        Section(
            title="Features",
            body=_features(validation.features, label),
            lead="Columns of the training split. The bars are equal-width buckets of numbers, or the most frequent "
            "categories.",
        ),
    ]
    subtitle = f"label {label}, {len(validation.features)} columns"
    return render_page("Validation of the data", sections, subtitle=subtitle, verdict=validation.verdict)


def render_summary(validation: Validation) -> str:
    """Return Markdown: the verdict with its reasons, rows, and the largest drifts."""
    figures: dict[str, object] = {f"rows of {split}": validation.rows.get(split, 0) for split in SPLITS}
    figures |= {"columns": len(validation.features), "anomalies": len(validation.anomalies)}
    text = markdown_verdict("Validation of the data", validation.verdict, figures)
    if validation.drift:
        rows = [_drift_row(item) for item in _by_distance(validation.drift)[:_SUMMARY_DRIFT]]
        text += "\nLargest drift:\n\n" + markdown_table(_DRIFT_COLUMNS, rows)
    return text


def _rows(validation: Validation) -> Markup:
    total = sum(validation.rows.values())
    figures: dict[str, object] = dict(validation.rows)
    shares = [validation.rows[split] / total if total else 0.0 for split in validation.rows]
    text = ", ".join(f"{split} {share:.1%}" for split, share in zip(validation.rows, shares, strict=True))
    return join(key_figures(figures), paragraph(text))


def _anomalies(anomalies: Sequence[Anomaly]) -> Markup:
    if not anomalies:
        return paragraph("None: every split agrees with the schema.")
    ordered = sorted(anomalies, key=lambda item: item.severity != "ERROR")
    rows = [
        (
            badge(item.severity.lower(), _TONES.get(item.severity, "none")),
            item.feature or "(all rows)",
            item.split,
            item.short_description,
            item.description,
        )
        for item in ordered
    ]
    return table(("Severity", "Feature", "Split", "Anomaly", "Details"), rows)


_DRIFT_COLUMNS = ("Feature", "Compared with", "Measure", "Distance", "Threshold")


def _drift(drift: Sequence[Drift]) -> Markup:
    if not drift:
        return paragraph("Nothing to compare.")
    rows: list[Sequence[object]] = []
    for item in _by_distance(drift):
        exceeds = item.distance > item.threshold
        rows.append((*_drift_row(item), badge("drifted", "bad") if exceeds else badge("fine", "good")))
    columns = (*_DRIFT_COLUMNS, "")
    first, rest = table(columns, rows[:_FOLDED_DRIFT]), rows[_FOLDED_DRIFT:]
    return join(first, details(f"{len(rest)} smaller distances", table(columns, rest))) if rest else first


def _by_distance(drift: Sequence[Drift]) -> list[Drift]:
    return sorted(drift, key=lambda item: -item.distance)


def _drift_row(item: Drift) -> tuple[object, ...]:
    return item.feature, item.compared_with, _MEASURES.get(item.measure, item.measure), item.distance, item.threshold


_NUMBER_COLUMNS = ("Column", "", "Kind", "Missing", "Mean", "Std. dev.", "Min", "Median", "Max")
_CATEGORY_COLUMNS = ("Column", "", "Kind", "Missing", "Distinct", "Most frequent")


def _features(features: Sequence[FeatureSummary], label: str) -> Markup:
    numbers = [item for item in features if item.unique is None]
    categories = [item for item in features if item.unique is not None]
    parts = []
    if numbers:
        rows = [_number_row(item, label) for item in numbers]
        parts += [subheading("Numbers and times"), table(_NUMBER_COLUMNS, rows)]
    if categories:
        rows = [_category_row(item, label) for item in categories]
        parts += [subheading("Text and categories"), table(_CATEGORY_COLUMNS, rows)]
    target = next((item for item in features if item.name == label and item.top_values), None)
    return join(*parts, _label_chart(target) if target is not None else Markup(""))


def _number_row(item: FeatureSummary, label: str) -> tuple[object, ...]:
    moments: tuple[object, ...] = (item.mean, item.standard_deviation, item.minimum, item.median, item.maximum)
    if item.kind == "timestamp":
        moments = (None, None, _instant(item.minimum), _instant(item.median), _instant(item.maximum))
    bars = _bars(item.name, [bucket.count for bucket in item.histogram])
    return (_name(item.name, label), bars, item.kind, f"{item.missing_fraction:.1%}", *moments)


def _category_row(item: FeatureSummary, label: str) -> tuple[object, ...]:
    bars = _bars(item.name, [top.count for top in item.top_values])
    frequent = ", ".join(top.value for top in item.top_values[:_FREQUENT]) or None
    return _name(item.name, label), bars, item.kind, f"{item.missing_fraction:.1%}", item.unique, frequent


def _name(name: str, label: str) -> Markup | str:
    return join(Markup("{} ").format(name), badge("label", "info")) if name == label else name


def _bars(name: str, counts: Sequence[float]) -> Markup:
    return sparkline(f"distribution of {name}", counts) if counts else Markup("")


def _instant(seconds: float | None) -> str | None:
    """Return ISO 8601 without what says nothing; a number that is no date stays a number."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M").removesuffix(" 00:00")
    except (OverflowError, OSError, ValueError):
        return f"{seconds:g} s"


def _label_chart(label: FeatureSummary) -> Markup:
    top = label.top_values[:_TOP_VALUES]
    return bar_chart(f"Classes of {label.name}", [item.value for item in top], {"rows": [item.count for item in top]})
