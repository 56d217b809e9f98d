"""Statistics of every split, a schema, anomalies, drift, findings of every check, and a verdict with its reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from slipway.checks.check import PREVIOUS, Evidence, SplitEvidence
from slipway.checks.running import reach_verdict, run_checks
from slipway.contracts.errors import DataError, InputError
from slipway.contracts.tables import SPLITS, TRAIN, Manifest, TableFolder
from slipway.contracts.validations import Validation
from slipway.engines.engine import ENGINES
from slipway.features.kinds import KindOfColumn
from slipway.publishing.versions import resolved_version
from slipway.statistics.drift_histograms import kept_edges
from slipway.statistics.tfdv_messages import features_by_name
from slipway.steps.validate import outputs as writing
from slipway.steps.validate import references, schema
from slipway.steps.validate.anomalies import SplitAnomaly, as_proto, split_anomalies
from slipway.steps.validate.check_settings import checks_of
from slipway.steps.validate.comparisons import Comparison, DriftLimits, compare
from slipway.steps.validate.config import ValidateConfig
from slipway.steps.validate.sampling import TrainingSample, inspect_sample
from slipway.steps.validate.splits import SplitScan, plan_scan, scan_splits
from slipway.steps.validate.summaries import summarize

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Where validate reads: ``examples`` is a TableFolder."""

    examples: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where validate writes: a SchemaFolder, a StatisticsFolder, an AnomaliesFolder, and two pages."""

    schema: Path
    statistics: Path
    anomalies: Path
    report: Path
    summary: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Everything that validate writes.

    Attributes:
        label: the column that is predicted.
        schema: inferred or given, with what later steps need.
        statistics: TFDV's, by split.
        anomalies: of all splits, as TFDV writes them.
        validation: the verdict and everything it rests on.
    """

    label: str
    schema: schema_pb2.Schema
    statistics: dict[str, Statistics]
    anomalies: anomalies_pb2.Anomalies
    validation: Validation

    @property
    def passed(self) -> bool:
        """Whether the data may go further."""
        return self.validation.verdict.passed

    @property
    def metrics(self) -> dict[str, float]:
        """Scalars for the Kubeflow Pipelines UI."""
        found = self.validation
        return {
            **{f"rows_{split}": float(rows) for split, rows in found.rows.items()},
            "features": float(len(found.features)),
            "anomalies": float(len(found.anomalies)),
            "max_drift": max((item.distance for item in found.drift), default=0.0),
            "warnings": float(len(found.verdict.warnings)),
        }

    @property
    def facts(self) -> dict[str, object]:
        """The verdict for an artifact's metadata; for people, no step reads it."""
        verdict = self.validation.verdict
        return {"passed": verdict.passed, "reasons": list(verdict.reasons), "warnings": list(verdict.warnings)}


def run(inputs: Inputs, config: ValidateConfig) -> Result:
    """Compute statistics of a table and check it; the same table and settings give the same result.

    Raises:
        InputError: the label or another named column is not in the table, a setting of a check is wrong, or a given
            schema or statistics cannot be read.
        DataError: the table is damaged, has no training rows, or a column that cannot be a feature's.
        TransientError: the store of a given schema or of earlier statistics did not answer.
    """
    checks, engine = checks_of(config), ENGINES.get(config.engine)
    table = TableFolder(inputs.examples)
    manifest = table.manifest()
    _require_columns(manifest, config)
    given, previous = _read_references(config)
    stated = schema.kinds_in(given) if given is not None else {}
    sample = inspect_sample(table, manifest, config, stated, engine)
    plan = plan_scan(sample, kept_edges(previous.datasets[0]) if previous is not None else {})
    scans = scan_splits(table, manifest, plan, checks, engine)
    kinds = sample.kinds
    written, strict = _schemas(scans, kinds, config, given)
    departures = [
        found for split, scan in scans.items() for found in split_anomalies(split, scan.statistics, written, strict)
    ]
    schema.annotate(written, kinds, config)
    comparisons = _compare_splits(scans, previous, kinds, config, written)
    evidence = _evidence(manifest, scans, sample, departures, comparisons, previous, config.label)
    findings = run_checks(checks, evidence, {split: scan.results for split, scan in scans.items()})
    anomalies = [*departures, *(anomaly for item in comparisons.values() for anomaly in item.anomalies)]
    return Result(
        label=config.label,
        schema=written,
        statistics={split: scan.statistics for split, scan in scans.items()},
        anomalies=as_proto(written, anomalies, [one for item in comparisons.values() for one in item.measurements]),
        validation=Validation(
            verdict=reach_verdict(findings, config.warn_only),
            rows=dict(evidence.rows),
            features=summarize(scans[TRAIN].statistics, kinds),
            anomalies=tuple(anomaly.as_contract() for anomaly in anomalies),
            drift=evidence.drift,
            findings=findings,
        ),
    )


def write(result: Result, outputs: Outputs) -> None:
    """Write the three artifact folders, each of which appears whole or not at all, and the pages."""
    writing.write_schema(result.schema, outputs.schema)
    writing.write_statistics(result.statistics, outputs.statistics)
    writing.write_anomalies(result.anomalies, result.validation, outputs.anomalies)
    writing.write_pages(result.validation, result.label, outputs.report, outputs.summary)


def _read_references(config: ValidateConfig) -> tuple[schema_pb2.Schema | None, Statistics | None]:
    """Return the given schema and the earlier statistics; None for what is not given, or not published yet."""
    previous = resolved_version(config.previous_statistics_uri)
    return (
        references.read_schema(config.schema_uri) if config.schema_uri else None,
        references.read_statistics(previous) if previous else None,
    )


def _require_columns(manifest: Manifest, config: ValidateConfig) -> None:
    columns = [column.name for column in manifest.columns]
    unknown = sorted(config.named_columns() - set(columns))
    if unknown:
        what = "label" if config.label in unknown else "column"
        name = config.label if config.label in unknown else unknown[0]
        raise InputError(f"{what} {name!r} is not in the table; it has {', '.join(columns)}")
    if manifest.rows(TRAIN) == 0:
        raise DataError(f"split {TRAIN!r} has no rows; there is nothing to learn from")


def _schemas(
    scans: Mapping[str, SplitScan],
    kinds: Mapping[str, KindOfColumn],
    config: ValidateConfig,
    given: schema_pb2.Schema | None,
) -> tuple[schema_pb2.Schema, schema_pb2.Schema]:
    """Return the schema that refuses and the one that warns: the same for a given schema, which means what it says."""
    if given is not None:
        schema.add_environments(given)
        return given, given
    train, smallest = scans[TRAIN].statistics, min(scan.rows for scan in scans.values())
    strict = schema.infer(train, kinds)
    return schema.tolerate(strict, train, smallest, config.tolerated_fraction), strict


def _compare_splits(
    scans: Mapping[str, SplitScan],
    previous: Statistics | None,
    kinds: Mapping[str, KindOfColumn],
    config: ValidateConfig,
    written: schema_pb2.Schema,
) -> dict[str, Comparison]:
    compared = {name: item.kind for name, item in kinds.items()}
    limits = DriftLimits(
        categorical=config.max_categorical_drift, numeric=config.max_numeric_drift, single=config.max_drift
    )
    others = {split: (scans[TRAIN].features, scan.features) for split, scan in scans.items() if split != TRAIN}
    if previous is not None:
        others[PREVIOUS] = dict(scans[TRAIN].recounted), features_by_name(previous)
    return {name: compare(train, other, name, compared, limits, written) for name, (train, other) in others.items()}


def _evidence(
    manifest: Manifest,
    scans: Mapping[str, SplitScan],
    sample: TrainingSample,
    departures: list[SplitAnomaly],
    comparisons: Mapping[str, Comparison],
    previous: Statistics | None,
    label: str,
) -> Evidence:
    return Evidence(
        label=label,
        rows={split: manifest.rows(split) for split in SPLITS},
        splits={split: SplitEvidence(features=scan.features) for split, scan in scans.items()},
        kinds=sample.kinds,
        leakage=sample.leakage,
        anomalies=tuple(anomaly.as_contract() for anomaly in departures),
        drift=tuple(drift for item in comparisons.values() for drift in item.drift),
        previous=features_by_name(previous) if previous is not None else None,
        recounted=scans[TRAIN].recounted,
    )
