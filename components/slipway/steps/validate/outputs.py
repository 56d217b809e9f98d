"""What validate found, as artifact folders, pages and key figures."""

from pathlib import Path

from google.protobuf import text_format

from slipway.contracts.documents import write_document
from slipway.contracts.validations import AnomaliesFolder, SchemaFolder, StatisticsFolder, Validation
from slipway.steps.validate.config import ValidateConfig
from slipway.steps.validate.core import Findings
from slipway.steps.validate.report import render_html, render_summary
from slipway.storage.folders import atomic_folder


def write_folders(findings: Findings, schema: Path, statistics: Path, anomalies: Path) -> None:
    """Write the three artifact folders; each appears whole or not at all.

    Args:
        findings: what ``core.validate`` gave.
        schema: becomes a SchemaFolder.
        statistics: becomes a StatisticsFolder.
        anomalies: becomes an AnomaliesFolder.
    """
    with atomic_folder(schema) as root:
        SchemaFolder(root).schema_path.write_text(text_format.MessageToString(findings.schema), encoding="utf-8")
    with atomic_folder(statistics) as root:
        for split, value in findings.statistics.items():
            StatisticsFolder(root).file(split).write_bytes(value.SerializeToString(deterministic=True))
    with atomic_folder(anomalies) as root:
        folder = AnomaliesFolder(root)
        folder.anomalies_path.write_text(text_format.MessageToString(findings.anomalies), encoding="utf-8")
        write_document(findings.validation, folder.validation_path)


def write_pages(validation: Validation, config: ValidateConfig, report: Path, summary: Path) -> None:
    """Write the HTML page and the Markdown summary."""
    for path, text in ((report, render_html(validation, config.label)), (summary, render_summary(validation))):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def key_figures(validation: Validation) -> dict[str, object]:
    """Scalars for the Kubeflow Pipelines UI."""
    return {
        **{f"rows_{split}": float(rows) for split, rows in validation.rows.items()},
        "features": float(len(validation.features)),
        "anomalies": float(len(validation.anomalies)),
        "max_drift": max((item.distance for item in validation.drift), default=0.0),
        "warnings": float(len(validation.verdict.warnings)),
    }


def verdict_metadata(validation: Validation) -> dict[str, object]:
    """The verdict for an artifact's metadata; for people, no step reads it."""
    return {
        "passed": validation.verdict.passed,
        "reasons": list(validation.verdict.reasons),
        "warnings": list(validation.verdict.warnings),
    }
