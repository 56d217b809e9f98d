"""Judge a table: statistics of every split, a schema, anomalies, drift, and a verdict with its reasons."""

from collections.abc import Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from slipway.contracts.errors import DataError, InputError
from slipway.contracts.tables import SPLITS, TRAIN, Manifest, TableFolder
from slipway.contracts.validations import Validation
from slipway.steps.validate import checks, references, schema
from slipway.steps.validate.anomalies import SplitAnomaly, as_proto, split_anomalies
from slipway.steps.validate.config import Check, ColumnKind, ValidateConfig
from slipway.steps.validate.distributions import kept_edges
from slipway.steps.validate.drift import PREVIOUS, Comparison, Side, compare
from slipway.steps.validate.duplicates import Rows
from slipway.steps.validate.findings import Finding, judge
from slipway.steps.validate.kinds import KindOfColumn
from slipway.steps.validate.statistics import ScanPlan, SplitScan, features_by_name, scan
from slipway.steps.validate.study import Study, study
from slipway.steps.validate.summaries import summarize
from slipway.storage.latest_version import resolved_version

_THREADS = 4
"""More gain nothing: what a column needs of the interpreter is done one column after the other."""

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything that validate writes; ``statistics`` by split."""

    schema: schema_pb2.Schema
    statistics: dict[str, Statistics]
    anomalies: anomalies_pb2.Anomalies
    validation: Validation


def validate(table: TableFolder, config: ValidateConfig) -> Findings:
    """Judge the splits of ``table``.

    Returns:
        The same for the same table, settings, given schema and earlier statistics.

    Raises:
        InputError: the label or another named column is not in the table, or a given schema or statistics cannot be
            read.
        DataError: the table is damaged, has no training rows, or a column that cannot be a feature's.
        TransientError: the store of a given schema or of earlier statistics did not answer.
    """
    manifest = table.manifest()
    _require_columns(manifest, config)
    given, previous = _references(config)
    stated = schema.kinds_in(given) if given is not None else {}
    with ThreadPoolExecutor(_THREADS) as workers:
        found = study(table, manifest, config, stated, workers)
        scans, shared = _scans(table, manifest, _plan(found, previous), workers)
    kinds = found.kinds
    train = scans[TRAIN].statistics
    judged, strict = _schemas(train, kinds, config, given, min(item.rows for item in scans.values()))
    schema_anomalies = _schema_anomalies(scans, judged, strict)
    schema.annotate(judged, kinds, config)
    comparisons = _comparisons(scans, previous, kinds, config, judged)
    anomalies = [*schema_anomalies, *(anomaly for item in comparisons.values() for anomaly in item.anomalies)]
    findings = [
        *_findings(manifest, scans, found, shared, config),
        *checks.check_anomalies(schema_anomalies),
        *_drift_findings(comparisons, scans, previous, config),
    ]
    validation = Validation(
        verdict=judge(findings, config.warn_only),
        rows={split: manifest.rows(split) for split in SPLITS},
        features=summarize(train, kinds),
        anomalies=tuple(anomaly.written() for anomaly in anomalies),
        drift=tuple(drift for item in comparisons.values() for drift in item.drift),
    )
    return Findings(
        schema=judged,
        statistics={split: item.statistics for split, item in scans.items()},
        anomalies=as_proto(judged, anomalies, [one for item in comparisons.values() for one in item.measurements]),
        validation=validation,
    )


def _references(config: ValidateConfig) -> tuple[schema_pb2.Schema | None, Statistics | None]:
    """The given schema and the earlier statistics; None for what is not asked for, or not published yet."""
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


def _plan(found: Study, previous: Statistics | None) -> ScanPlan:
    columns = found.columns
    categorical = [name for name, column in columns.items() if column.kind.kind is ColumnKind.CATEGORICAL]
    return ScanPlan(
        columns=tuple(columns),
        categorical=frozenset(name for name in categorical if pa.types.is_int64(columns[name].type)),
        # TFDV has no exact statistics of floating categories.
        spelled=frozenset(name for name in categorical if pa.types.is_float64(columns[name].type)),
        edges=found.edges,
        previous_edges=kept_edges(previous.datasets[0]) if previous is not None else {},
        digest_columns=frozenset(
            name for name, column in columns.items() if column.kind.kind is not ColumnKind.IDENTIFIER
        ),
    )


def _scans(
    table: TableFolder, manifest: Manifest, plan: ScanPlan, workers: Executor
) -> tuple[dict[str, SplitScan], dict[str, float]]:
    """Every split that has rows, and the share of rows of each that the training split has too."""
    present = [split for split in SPLITS if manifest.rows(split)]
    rows = {split: Rows() for split in present if split != TRAIN}

    def mark(digests: np.ndarray) -> None:
        for kept in rows.values():
            kept.mark(digests)

    # The training split last: its rows are looked up among those of the others, and need not be kept.
    takes = {split: kept.add for split, kept in rows.items()} | {TRAIN: mark}
    scans = {
        split: scan(split, table.files(split), manifest.rows(split), plan, workers, take)
        for split, take in takes.items()
    }
    shared = {split: kept.shared_fraction() for split, kept in rows.items()}
    return {split: scans[split] for split in present}, shared


def _schemas(
    train: Statistics,
    kinds: Mapping[str, KindOfColumn],
    config: ValidateConfig,
    given: schema_pb2.Schema | None,
    smallest_split: int,
) -> tuple[schema_pb2.Schema, schema_pb2.Schema]:
    """The schema that refuses, and the one that warns: the same for a given schema, which means what it says."""
    if given is not None:
        schema.add_environments(given)
        return given, given
    strict = schema.infer(train, kinds)
    return schema.tolerate(strict, train, smallest_split, config.tolerated_fraction), strict


def _schema_anomalies(
    scans: Mapping[str, SplitScan], judged: schema_pb2.Schema, strict: schema_pb2.Schema
) -> list[SplitAnomaly]:
    return [found for split, item in scans.items() for found in split_anomalies(split, item.statistics, judged, strict)]


def _comparisons(
    scans: Mapping[str, SplitScan],
    previous: Statistics | None,
    kinds: Mapping[str, KindOfColumn],
    config: ValidateConfig,
    judged: schema_pb2.Schema,
) -> dict[str, Comparison]:
    compared = {name: item.kind for name, item in kinds.items()}
    train = features_by_name(scans[TRAIN].statistics)
    comparisons = {
        split: compare(
            Side(features=train), Side(features=features_by_name(item.statistics)), split, compared, config, judged
        )
        for split, item in scans.items()
        if split != TRAIN
    }
    if previous is not None:
        current = Side(features=train, histograms=scans[TRAIN].previous_histograms)
        before = Side(features=features_by_name(previous))
        comparisons[PREVIOUS] = compare(current, before, PREVIOUS, compared, config, judged)
    return comparisons


def _findings(
    manifest: Manifest,
    scans: Mapping[str, SplitScan],
    found: Study,
    shared: Mapping[str, float],
    config: ValidateConfig,
) -> list[Finding]:
    categorical = found.kinds[config.label].kind is ColumnKind.CATEGORICAL
    return [
        *checks.check_rows({split: manifest.rows(split) for split in SPLITS}, config),
        *checks.check_label(scans, config.label),
        *checks.check_missing(scans, config),
        *checks.check_leakage(found.leakage, categorical, config),
        *checks.check_duplicates(shared, config.max_duplicate_fraction),
        *checks.check_columns(found.kinds, config.label),
    ]


def _drift_findings(
    comparisons: Mapping[str, Comparison],
    scans: Mapping[str, SplitScan],
    previous: Statistics | None,
    config: ValidateConfig,
) -> list[Finding]:
    findings = []
    for name, comparison in comparisons.items():
        check = Check.PREVIOUS_DRIFT if name == PREVIOUS else Check.SPLIT_DRIFT
        findings += checks.check_drift(list(comparison.drift), check)
    if previous is not None:
        train = features_by_name(scans[TRAIN].statistics)
        findings += checks.check_previous(train, features_by_name(previous), config)
    return findings
