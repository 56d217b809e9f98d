"""Sections of a run's report about the data: what was inferred, the features, drift."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from slipway.contracts.examples import ExampleSpec, Problem
from slipway.contracts.tables import SPLITS, Manifest
from slipway.contracts.validations import Drift, FeatureSummary, Validation
from slipway.reporting.charts import bar_chart, sparkline
from slipway.reporting.page import Section, badge, details, half, join, key_figures, paragraph, table
from slipway.reporting.values import display
from slipway.runs.report.artifacts import RunArtifacts

_MOST_CLASSES = 12
_MOST_DRIFTING = 12
_MOST_CELL_CHARACTERS = 160
_MEASURES = {"l_infinity": "L∞", "jensen_shannon": "Jensen-Shannon"}


def data_sections(artifacts: RunArtifacts) -> list[Section]:
    """Sections for what ingest, validate and transform of this run wrote; none for a step that did not run."""
    sections = [_table_section(name, item, len(artifacts.tables)) for name, item in artifacts.tables.items()]
    for name, spec in artifacts.specs.items():
        sections.append(
            _inferred(titled("What was inferred", name, len(artifacts.specs)), spec, artifacts.plans.get(name))
        )
    plan = [column for item in artifacts.plans.values() for column in plan_columns(item)]
    summaries = [feature for item in artifacts.validations.values() for feature in item.features]
    if plan or summaries:
        sections.append(_features(plan, summaries))
    for name, validation in artifacts.validations.items():
        sections += _findings(name, validation, len(artifacts.validations))
    return sections


def titled(title: str, step: str, how_many: int) -> str:
    """``title``, with the step's name where several steps write such a section."""
    return f"{title} ({step})" if how_many > 1 else title


def plan_columns(plan: Any) -> list[dict[str, Any]]:
    """The columns of a plan.json, the label last, each with its ``name``; empty for a form that is not known."""
    items = plan.get("columns", plan.get("features", [])) if isinstance(plan, Mapping) else plan
    if isinstance(items, Mapping):
        items = [{"name": name, **item} for name, item in items.items() if isinstance(item, Mapping)]
    if not isinstance(items, list):
        return []
    account = plan if isinstance(plan, Mapping) else {}
    left_out = [{"encoding": "left out", **item} for item in account.get("excluded", []) if isinstance(item, Mapping)]
    label = account.get("label")
    predicted = [{"name": label["name"], "kind": "label"}] if isinstance(label, Mapping) and "name" in label else []
    return [dict(item) for item in [*items, *left_out, *predicted] if isinstance(item, Mapping) and "name" in item]


def _table_section(step: str, manifest: Manifest, how_many: int) -> Section:
    splits = [*(name for name in SPLITS if name in manifest.splits), *(n for n in manifest.splits if n not in SPLITS)]
    rows = {name: manifest.rows(name) for name in splits}
    total = sum(rows.values())
    shares = ", ".join(f"{name} {count / total:.1%}" for name, count in rows.items()) if total else "no rows"
    types = table(("column", "type"), [(column.name, column.type) for column in manifest.columns])
    return Section(
        title=titled("Data", step, how_many),
        lead=f"Read from {manifest.source}. Split: {shares}.",
        body=join(
            key_figures({"rows": total, **{f"{name} rows": count for name, count in rows.items()}}),
            details(f"{len(manifest.columns)} columns as stored", types),
        ),
    )


def _inferred(title: str, spec: ExampleSpec, plan: Any) -> Section:
    kinds: dict[str, int] = {}
    for feature in spec.features:
        kinds[feature.kind.value] = kinds.get(feature.kind.value, 0) + 1
    label = spec.label
    figures: dict[str, object] = {"problem": label.problem.value, "label": label.name}
    if label.problem is Problem.REGRESSION:
        figures |= {"label mean": label.mean, "label deviation": label.standard_deviation}
    else:
        figures |= {"classes": len(label.classes)}
    figures |= {f"{kind} features": count for kind, count in kinds.items()}
    figures |= {"dense inputs": len(spec.dense), "embedded inputs": len(spec.ids)}
    account = plan if isinstance(plan, Mapping) else {}
    why = _text(account.get("label_why"))
    return Section(
        title=title,
        lead="From the data alone, as far as nothing was configured.",
        body=join(
            key_figures(figures),
            half(paragraph(f"Why {label.problem.value}: {why}.") if why else Markup(""), _classes(spec)),
            _class_counts(spec, account.get("class_counts")),
        ),
    )


def _class_counts(spec: ExampleSpec, counts: Any) -> Markup:
    classes = spec.label.classes
    if not isinstance(counts, list) or not classes or len(counts) != len(classes):
        return Markup("")
    shown = sorted(zip(classes, counts, strict=True), key=lambda item: (-item[1], item[0]))[:_MOST_CLASSES]
    names = [name for name, _ in shown]
    return bar_chart("Training rows by class", names, {"rows": [count for _, count in shown]}, horizontal=True)


def _classes(spec: ExampleSpec) -> Markup:
    label = spec.label
    if label.problem is Problem.BINARY and len(label.classes) == 2:
        return paragraph(f"Classes: {label.classes[0]} and {label.classes[1]}; {label.classes[1]} is the positive one.")
    if not label.classes:
        return Markup("")
    more = len(label.classes) - _MOST_CLASSES
    tail = f" and {more} more" if more > 0 else ""
    return paragraph(f"Classes: {', '.join(label.classes[:_MOST_CLASSES])}{tail}.")


def _features(plan: Sequence[Mapping[str, Any]], summaries: Iterable[FeatureSummary]) -> Section:
    by_name = {summary.name: summary for summary in summaries}
    planned = {str(column["name"]): column for column in plan}
    names = [*planned, *(name for name in by_name if name not in planned)]
    rows = [_feature_row(name, planned.get(name, {}), by_name.get(name)) for name in names]
    columns = ("feature", "distribution", "typical", "kind", "encoding", "missing %", "why")
    kept = [i for i in range(len(columns)) if i == 0 or any(row[i] is not None for row in rows)]
    return Section(
        title="Features",
        lead="What each column is taken for and how it enters the model; figures are of the training split.",
        body=table([columns[i] for i in kept], [[row[i] for i in kept] for row in rows]),
    )


def _feature_row(name: str, column: Mapping[str, Any], summary: FeatureSummary | None) -> list[object]:
    kind = column.get("kind") or ((summary.kind or summary.type) if summary else None)
    why = "; ".join(text for text in (_text(column.get("why")), _fitted(column)) if text)
    shown = (_distribution(summary), _typical(summary)) if summary else (None, None)
    missing = 100 * summary.missing_fraction if summary else None
    return [name, *shown, _words(kind), _words(column.get("encoding")), missing, why or None]


def _distribution(summary: FeatureSummary) -> Markup | None:
    counts = [bucket.count for bucket in summary.histogram] or [item.count for item in summary.top_values]
    what = "histogram" if summary.histogram else "most frequent values"
    return sparkline(f"{what} of {summary.name}", counts) if counts else None


def _typical(summary: FeatureSummary) -> Markup | None:
    """Mean, spread and range of numbers; of categories the most frequent one and how many there are."""
    first = rest = ""
    if summary.top_values:
        first = _cut(summary.top_values[0].value, 32)
    elif summary.mean is not None:
        spread = f" ± {display(summary.standard_deviation)}" if summary.standard_deviation is not None else ""
        first = f"{display(summary.mean)}{spread}"
    if summary.unique is not None:
        rest = f"{display(summary.unique)} distinct"
    elif summary.minimum is not None and summary.maximum is not None:
        rest = f"{display(summary.minimum)} … {display(summary.maximum)}"
    lines = [Markup('<span class="{}">{}</span>').format(kind, text) for kind, text in (("line", first), ("sub", rest))]
    return join(*lines) if first or rest else None


def _fitted(column: Mapping[str, Any]) -> str | None:
    """What was fitted, in short; None for a form that is not known."""
    numeric, categorical, timestamp = (column.get(name) or {} for name in ("numeric", "categorical", "timestamp"))
    if boundaries := numeric.get("boundaries"):
        return f"{len(boundaries) + 1} buckets"
    if "low" in numeric and "high" in numeric:
        return f"clipped to {display(numeric['low'])} … {display(numeric['high'])}"
    if buckets := categorical.get("hash_buckets"):
        return f"{display(buckets)} hash buckets"
    if "vocabulary" in categorical:
        kept, distinct = len(categorical["vocabulary"]), categorical.get("distinct")
        return f"the {display(kept)} most frequent are kept" if distinct and kept < distinct else None
    return ", ".join(map(str, timestamp.get("parts", ()))).replace("_", " ") or None


def _words(value: object) -> str | None:
    text = _text(value)
    return text.replace("_", " ") if text else None


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return _cut(value, _MOST_CELL_CHARACTERS) if value else None
    return _cut(json.dumps(value, ensure_ascii=False, default=str), _MOST_CELL_CHARACTERS)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _findings(step: str, validation: Validation, how_many: int) -> list[Section]:
    sections = []
    if validation.anomalies:
        rows = [
            (
                item.feature or "all data",
                item.split,
                badge(item.severity.lower(), _tone(item.severity)),
                item.description,
            )
            for item in validation.anomalies
        ]
        sections.append(
            Section(
                title=titled("Anomalies", step, how_many),
                lead="What the schema does not allow.",
                body=table(("feature", "split", "severity", "what"), rows),
            )
        )
    if validation.drift:
        sections.append(_drift(titled("Drift", step, how_many), validation.drift))
    return sections


def _tone(severity: str) -> str:
    return {"error": "bad", "warning": "warn"}.get(severity.lower(), "none")


def _drift(title: str, drift: Sequence[Drift]) -> Section:
    ordered = sorted(drift, key=lambda item: (-_share(item), item.feature, item.compared_with))
    above = sum(item.distance > item.threshold for item in ordered)
    names = list(dict.fromkeys(item.feature for item in ordered))[:_MOST_DRIFTING]
    others = list(dict.fromkeys(item.compared_with for item in drift))
    shares = {(item.feature, item.compared_with): _share(item) for item in ordered}
    chart = bar_chart(
        "Distance as a share of its threshold",
        names,
        {f"train to {other}": [shares.get((name, other)) for name in names] for other in others},
        horizontal=True,
        y_title="1 is the threshold",
    )
    rows = [
        (
            item.feature,
            item.compared_with,
            item.distance,
            item.threshold,
            badge("above", "bad") if item.distance > item.threshold else Markup(""),
            _MEASURES.get(item.measure, item.measure),
        )
        for item in ordered
    ]
    columns = ("feature", "train to", "distance", "threshold", "", "measure")
    rest = rows[_MOST_DRIFTING:]
    more = [details(f"{len(rest)} smaller distances", table(columns, rest))] if rest else []
    return Section(
        title=title,
        lead=f"Distance of the training split from the others: {above or 'none'} above the threshold.",
        body=join(chart, half(table(columns, rows[:_MOST_DRIFTING])), *more),
    )


def _share(item: Drift) -> float:
    return item.distance / item.threshold if item.threshold > 0 else float(item.distance > 0)
