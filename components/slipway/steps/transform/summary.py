"""The plan as Markdown for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slipway.contracts.examples import Problem
from slipway.reporting.markdown import markdown_table

if TYPE_CHECKING:
    from slipway.steps.transform.core import Result


def describe(result: Result) -> str:
    """Return what is predicted, from what, and why, as Markdown."""
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
                (
                    feature.name,
                    feature.kind.value,
                    feature.encoding,
                    feature.fitted,
                    f"{feature.missing_fraction:.2%}",
                    feature.why,
                )
                for feature in plan.features
            ],
        ),
    ]
    if plan.excluded:
        parts += ["## Columns that are no features\n"]
        parts += [markdown_table(("column", "why"), [(column.name, column.why) for column in plan.excluded])]
    return "\n".join(parts)


def _label_table(result: Result) -> str:
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


def _is_positive(result: Result, index: int) -> bool:
    return result.plan.label.problem is Problem.BINARY and index == 1
