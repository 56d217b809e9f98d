"""Sections of a run's report about the data: anomalies and drift."""

from collections.abc import Sequence

from markupsafe import Markup

from slipway.contracts.validations import AnomaliesFolder, Drift, Validation
from slipway.reporting.charts import bar_chart
from slipway.reporting.feature_table import features_section
from slipway.reporting.page import Section, badge, details, half, join, table
from slipway.reporting.run_documents import RunDocuments, titled

_MOST_DRIFTING = 12
_MEASURES = {"l_infinity": "L∞", "jensen_shannon": "Jensen-Shannon"}


def sections(documents: RunDocuments) -> list[Section]:
    """Return the sections about the data: features where no preprocessing tells of them, anomalies and drift."""
    validations = documents.read("validation.json", lambda root: AnomaliesFolder(root).validation())
    planned = documents.read_json("plan.json")
    summaries = [feature for item in validations.values() for feature in item.features]
    sections = [features_section([], summaries)] if summaries and not planned else []
    return sections + [
        section for name, item in validations.items() for section in _findings(name, item, len(validations))
    ]


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
