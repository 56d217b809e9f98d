"""Sections of a run's report about label and features."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from slipway.contracts.examples import ExampleSpec, Problem, TransformFolder
from slipway.contracts.validations import AnomaliesFolder
from slipway.reporting.charts import bar_chart
from slipway.reporting.feature_table import features_section, shortened
from slipway.reporting.page import Section, half, join, key_figures, paragraph
from slipway.reporting.run_documents import RunDocuments, titled

_MOST_CLASSES = 12


def sections(documents: RunDocuments) -> list[Section]:
    """Return a section for each preprocessing, and one about the features of all."""
    specs = documents.read("spec.json", lambda root: TransformFolder(root).spec(), beside="plan.json")
    plans = documents.read_json("plan.json")
    sections = [
        _inferred(titled("What was inferred", name, len(specs)), spec, plans.get(name)) for name, spec in specs.items()
    ]
    columns = [column for item in plans.values() for column in plan_columns(item)]
    validations = documents.read("validation.json", lambda root: AnomaliesFolder(root).validation())
    summaries = [feature for item in validations.values() for feature in item.features]
    return [*sections, features_section(columns, summaries)] if columns or (plans and summaries) else sections


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
    why = shortened(account.get("label_why"))
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
