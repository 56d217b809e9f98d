"""The table of features in reports: distribution, kind, encoding and why."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from slipway.contracts.validations import FeatureSummary
from slipway.reporting.charts import sparkline
from slipway.reporting.page import Section, join, table
from slipway.reporting.values import display

_MOST_CELL_CHARACTERS = 160


def features_section(plan: Sequence[Mapping[str, Any]], summaries: Iterable[FeatureSummary]) -> Section:
    """Return the section about features.

    Args:
        plan: the columns of a preprocessing's plan, each with its ``name``; may be empty.
        summaries: of the columns of the training split; may be empty.
    """
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
    why = "; ".join(text for text in (shortened(column.get("why")), shortened(column.get("fitted"))) if text)
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


def _words(value: object) -> str | None:
    text = shortened(value)
    return text.replace("_", " ") if text else None


def shortened(value: object) -> str | None:
    """Return a value as a text of a bounded length; None for nothing."""
    if value is None or isinstance(value, str):
        return _cut(value, _MOST_CELL_CHARACTERS) if value else None
    return _cut(json.dumps(value, ensure_ascii=False, default=str), _MOST_CELL_CHARACTERS)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
