"""What validate found, as artifact folders and pages."""

from pathlib import Path

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from slipway.contracts.documents import write_document
from slipway.contracts.validations import AnomaliesFolder, SchemaFolder, StatisticsFolder, Validation
from slipway.steps.validate.report import render_html, render_summary
from slipway.storage.folders import atomic_folder


def write_schema(schema: schema_pb2.Schema, folder: Path) -> None:
    """Write a SchemaFolder, which appears whole or not at all."""
    with atomic_folder(folder) as root:
        SchemaFolder(root).schema_path.write_text(text_format.MessageToString(schema), encoding="utf-8")


def write_statistics(statistics: dict[str, statistics_pb2.DatasetFeatureStatisticsList], folder: Path) -> None:
    """Write the statistics of every split as a StatisticsFolder, which appears whole or not at all."""
    with atomic_folder(folder) as root:
        for split, value in statistics.items():
            StatisticsFolder(root).file(split).write_bytes(value.SerializeToString(deterministic=True))


def write_anomalies(anomalies: anomalies_pb2.Anomalies, validation: Validation, folder: Path) -> None:
    """Write an AnomaliesFolder, which appears whole or not at all."""
    with atomic_folder(folder) as root:
        found = AnomaliesFolder(root)
        found.anomalies_path.write_text(text_format.MessageToString(anomalies), encoding="utf-8")
        write_document(validation, found.validation_path)


def write_pages(validation: Validation, label: str, report: Path, summary: Path) -> None:
    """Write the HTML page and the Markdown summary; ``label`` names the column that is predicted."""
    for path, text in ((report, render_html(validation, label)), (summary, render_summary(validation))):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
