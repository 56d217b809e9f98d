"""The plan as Markdown for people."""

from slipway.contracts.examples import Problem
from slipway.reporting.markdown import markdown_table
from slipway.steps.transform.config import Encoding
from slipway.steps.transform.core import Transformed
from slipway.steps.transform.plan import FeaturePlan


def describe(result: Transformed) -> str:
    """What is predicted, from what, and why, as Markdown."""
    plan = result.plan
    splits = [(split, rows, result.dropped[split]) for split, rows in result.rows.items()]
    parts = [
        "# Transform\n",
        markdown_table(("split", "examples", "dropped: label unknown"), splits),
        f"## Label\n\n{_label_table(result)}",
        "## Features\n",
        markdown_table(
            ("feature", "kind", "encoding", "fitted on the train split", "missing", "why"),
            [
                (f.name, f.kind.value, f.encoding.value, fitted(f), f"{f.missing_fraction:.2%}", f.why)
                for f in plan.features
            ],
        ),
    ]
    if plan.excluded:
        parts += ["## Columns that are no features\n"]
        parts += [markdown_table(("column", "why"), [(column.name, column.why) for column in plan.excluded])]
    return "\n".join(parts)


def key_figures(result: Transformed) -> dict[str, float]:
    """Scalars for the UI; ``classes`` is 0 for regression."""
    figures = {
        "features": len(result.spec.features),
        "dense_width": len(result.spec.dense),
        "id_columns": len(result.spec.ids),
        "classes": len(result.spec.label.classes),
        **{f"{split}_rows": rows for split, rows in result.rows.items()},
        "dropped_rows": sum(result.dropped.values()),
    }
    return {name: float(value) for name, value in figures.items()}


def fitted(feature: FeaturePlan) -> str:
    """The fitted values of a feature in a line."""
    if feature.numeric is not None:
        fit = feature.numeric
        buckets = ""
        if fit.boundaries:
            buckets = f"{len(fit.boundaries) + 1} buckets from {fit.boundaries[0]:g} to {fit.boundaries[-1]:g}"
        if feature.encoding is Encoding.QUANTILE_BUCKETS:
            return buckets or "one bucket"
        of = " of the logarithm" if feature.encoding is Encoding.LOG1P else ""
        scale = f"mean {fit.mean:.4g}, deviation {fit.standard_deviation:.4g}{of}"
        return ", ".join(filter(None, (f"{scale}, clipped to {fit.low:g} .. {fit.high:g}", buckets)))
    if feature.timestamp is not None:
        parts = [part.replace("_", " ") for part in feature.timestamp.parts]
        return ", ".join([*parts, "elapsed time"] if feature.timestamp.elapsed_time else parts)
    assert feature.categorical is not None
    categories = feature.categorical
    if categories.hash_buckets:
        return f"{categories.distinct} categories in {categories.hash_buckets} hash buckets"
    kept = f"{len(categories.vocabulary)} of {categories.distinct} categories"
    return f"{kept}, {categories.oov_fraction:.2%} of rows out of vocabulary" if categories.oov_fraction else kept


def _label_table(result: Transformed) -> str:
    plan = result.plan
    lead = f"{plan.label.problem.value}: {plan.label_why}"
    if plan.label.problem is Problem.REGRESSION:
        figures = (plan.label.name, lead, plan.label.mean, plan.label.standard_deviation)
        return markdown_table(("label", "problem", "mean", "standard deviation"), [figures])
    total = sum(plan.class_counts)
    classes = zip(plan.label.classes, plan.class_counts, strict=True)
    rows = [
        (
            plan.label.name,
            lead,
            f"{name} (positive)" if _is_positive(result, index) else name,
            count,
            f"{count / total:.1%}",
        )
        for index, (name, count) in enumerate(classes)
    ]
    return markdown_table(("label", "problem", "class", "train rows", "share"), rows[:50])


def _is_positive(result: Transformed, index: int) -> bool:
    return result.plan.label.problem is Problem.BINARY and index == 1
