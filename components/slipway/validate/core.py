"""Judge a table: statistics of every split, a schema, anomalies, drift, and a verdict with its reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import pyarrow as pa
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2

from slipway.adapters.latest_version import resolved_version
from slipway.contracts.errors import DataError, InputError
from slipway.contracts.judgements import Validation
from slipway.contracts.tables import SPLITS, TRAIN, Manifest, TableFolder
from slipway.validate import checks, references, schema
from slipway.validate.anomalies import SplitAnomaly, as_proto, split_anomalies
from slipway.validate.columns import is_text, read_sample
from slipway.validate.config import Check, ColumnKind, ValidateConfig
from slipway.validate.distributions import kept_edges, quantile_edges
from slipway.validate.drift import PREVIOUS, Comparison, Side, compare
from slipway.validate.findings import Finding, judge
from slipway.validate.kinds import KindOfColumn, infer_kinds
from slipway.validate.statistics import ScanPlan, SplitScan, features_by_name, scan
from slipway.validate.summaries import summarize

_SAMPLE_ROWS = 100_000

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
    sample, kinds = _sampled(table, manifest, config, given)
    scans = _scans(table, manifest, _plan(sample, kinds, previous))
    train = scans[TRAIN].statistics
    judged, strict = _schemas(train, kinds, config, given, min(item.rows for item in scans.values()))
    schema_anomalies = _schema_anomalies(scans, judged, strict)
    schema.annotate(judged, kinds, config)
    comparisons = _comparisons(scans, previous, kinds, config, judged)
    anomalies = [*schema_anomalies, *(anomaly for item in comparisons.values() for anomaly in item.anomalies)]
    findings = [
        *_findings(manifest, scans, sample, kinds, config),
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


def _sampled(
    table: TableFolder, manifest: Manifest, config: ValidateConfig, given: schema_pb2.Schema | None
) -> tuple[pa.Table, dict[str, KindOfColumn]]:
    """Rows of the training split, and the kinds: configured, stated by the given schema, or inferred."""
    sample = read_sample(table.files(TRAIN), manifest.rows(TRAIN), _SAMPLE_ROWS)
    types = {column.name: column.type for column in manifest.columns}
    if sample.column_names != list(types):
        found = ", ".join(sample.column_names)
        raise DataError(f"the files hold the columns {found}; the manifest says {', '.join(types)}")
    stated = schema.kinds_in(given) if given is not None else {}
    rows = sum(map(manifest.rows, SPLITS))
    return sample, infer_kinds(sample, types, rows, config, stated)


def _plan(sample: pa.Table, kinds: Mapping[str, KindOfColumn], previous: Statistics | None) -> ScanPlan:
    types = dict(zip(sample.column_names, sample.schema.types, strict=True))
    categorical = {name for name, item in kinds.items() if item.kind is ColumnKind.CATEGORICAL}
    numbers = [name for name, kind in types.items() if not is_text(kind) and not pa.types.is_binary(kind)]
    return ScanPlan(
        schema=schema.category_hints(sorted(name for name in categorical if pa.types.is_int64(types[name]))),
        columns=tuple(sample.column_names),
        # TFDV has no exact statistics of floating categories.
        spelled=frozenset(name for name in categorical if pa.types.is_float64(types[name])),
        edges=quantile_edges(sample, [name for name in numbers if kinds[name].kind is ColumnKind.NUMERIC]),
        previous_edges=kept_edges(previous.datasets[0]) if previous is not None else {},
        digest_columns=tuple(name for name, item in kinds.items() if item.kind is not ColumnKind.IDENTIFIER),
    )


def _scans(table: TableFolder, manifest: Manifest, plan: ScanPlan) -> dict[str, SplitScan]:
    """Every split that has rows; one after the other, because TFDV holds the interpreter lock."""
    return {
        split: scan(split, table.files(split), manifest.rows(split), plan) for split in SPLITS if manifest.rows(split)
    }


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
    sample: pa.Table,
    kinds: Mapping[str, KindOfColumn],
    config: ValidateConfig,
) -> list[Finding]:
    return [
        *checks.check_rows({split: manifest.rows(split) for split in SPLITS}, config),
        *checks.check_label(scans, config.label),
        *checks.check_missing(scans, config),
        *checks.check_leakage(sample, kinds, config),
        *checks.check_duplicates(scans, config.max_duplicate_fraction),
        *checks.check_columns(kinds, config.label),
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
