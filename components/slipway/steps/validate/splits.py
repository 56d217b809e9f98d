"""One pass over each split: TFDV's statistics of every column, and what the checks need beside them."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from tensorflow_metadata.proto.v0 import statistics_pb2

from slipway.checks.check import Check
from slipway.checks.running import Results, needed_folds
from slipway.contracts.errors import DataError
from slipway.contracts.examples import ColumnKind
from slipway.contracts.tables import SPLITS, TRAIN, Manifest, TableFolder
from slipway.engines.engine import Engine, Fold
from slipway.features.kinds import KindOfColumn
from slipway.statistics.column_statistics import ColumnResult, ColumnStatistics
from slipway.statistics.drift_histograms import Edges, histogram_of, keep_histogram
from slipway.statistics.parquet_parts import ParquetPart
from slipway.statistics.tfdv_messages import Feature, features_by_name, row_count
from slipway.steps.validate.sampling import TrainingSample

logger = logging.getLogger(__name__)
_OWN = "column "
"""Before the name of a column's own fold; a check's is before those of its folds."""

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanPlan:
    """What to compute for every split alike.

    Attributes:
        columns: in the order of the table.
        kinds: what each is good for.
        integer_categories: columns whose whole numbers are categories.
        text_categories: columns to be read as names of categories.
        edges: of the histograms to keep.
        previous_edges: of those in earlier statistics.
    """

    columns: tuple[str, ...]
    kinds: Mapping[str, KindOfColumn] = field(default_factory=dict)
    integer_categories: frozenset[str] = frozenset()
    text_categories: frozenset[str] = frozenset()
    edges: Edges = field(default_factory=dict)
    previous_edges: Edges = field(default_factory=dict)

    def folds(self) -> dict[str, Fold]:
        """Return the statistics of every column."""
        return {
            name: Fold(
                ColumnStatistics(
                    column=name,
                    categorical=name in self.integer_categories,
                    edges=self.edges.get(name),
                    previous_edges=self.previous_edges.get(name),
                ),
                frozenset([name]),
            )
            for name in self.columns
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitScan:
    """What one pass over a split gives.

    Attributes:
        statistics: of every column, with the kept histogram of the numeric ones.
        recounted: of the training split, the same columns with histograms in the edges of earlier statistics.
        results: what the checks' accumulators came to.
    """

    statistics: Statistics
    recounted: Mapping[str, Feature]
    results: Results

    @property
    def features(self) -> dict[str, Feature]:
        """The statistics of each column."""
        return features_by_name(self.statistics)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.statistics.datasets[0].num_examples)


def plan_scan(sample: TrainingSample, previous_edges: Edges) -> ScanPlan:
    """Return what to compute of every split, given what the sample says and the edges of earlier statistics."""
    columns = sample.columns
    categorical = [name for name, column in columns.items() if column.kind.kind is ColumnKind.CATEGORICAL]
    return ScanPlan(
        columns=tuple(columns),
        kinds=sample.kinds,
        integer_categories=frozenset(name for name in categorical if pa.types.is_int64(columns[name].type)),
        # TFDV has no exact statistics of floating categories.
        text_categories=frozenset(name for name in categorical if pa.types.is_float64(columns[name].type)),
        edges=sample.edges,
        previous_edges=previous_edges,
    )


def scan_splits(
    table: TableFolder, manifest: Manifest, plan: ScanPlan, checks: Mapping[str, Check], engine: Engine
) -> dict[str, SplitScan]:
    """Read every split that has rows once, and return what that gives; the training split comes last.

    Raises:
        DataError: a file cannot be read or has other columns, or the rows are not as many as the manifest says.
    """
    present = [split for split in SPLITS if manifest.rows(split)]
    scans: dict[str, SplitScan] = {}
    # The training split last: what a check wants to find in it is known by then, and need not be kept.
    for split in sorted(present, key=lambda split: split == TRAIN):
        needed = needed_folds(checks, split, plan.kinds, {name: scan.results for name, scan in scans.items()})
        scans[split] = scan_split(table, manifest, split, plan, needed, engine)
    return {split: scans[split] for split in present}


def scan_split(
    table: TableFolder,
    manifest: Manifest,
    split: str,
    plan: ScanPlan,
    needed: Mapping[str, Mapping[str, Fold]],
    engine: Engine,
) -> SplitScan:
    """Read a split once, batch by batch; the memory does not grow with the rows.

    Args:
        table: holds the split.
        manifest: of the table.
        split: its name.
        plan: what to compute of every column.
        needed: further accumulators, by check and by the name that the check gave.
        engine: computes them.

    Raises:
        DataError: a file cannot be read or has other columns, or the files hold another number of rows.
    """
    parts = [ParquetPart(file, split, plan.columns, plan.text_categories) for file in table.files(split)]
    folds = {_OWN + name: fold for name, fold in plan.folds().items()}
    folds |= {f"{check} {name}": fold for check, wanted in needed.items() for name, fold in wanted.items()}
    found = engine.fold(parts, folds)
    columns: dict[str, ColumnResult] = {name: found[_OWN + name] for name in plan.columns}
    rows, seen = manifest.rows(split), row_count(columns[plan.columns[0]].message)
    if seen != rows:
        raise DataError(f"the files of split {split!r} hold {seen} rows, the manifest says {rows}")
    logger.info("%s: %d rows, %d columns", split, rows, len(columns))
    results = {check: {name: found[f"{check} {name}"] for name in wanted} for check, wanted in needed.items()}
    return SplitScan(
        statistics=_statistics(split, rows, columns, plan.edges),
        recounted=_recounted(columns, plan.previous_edges) if split == TRAIN else {},
        results=results,
    )


def _statistics(split: str, rows: int, columns: Mapping[str, ColumnResult], edges: Edges) -> Statistics:
    dataset = statistics_pb2.DatasetFeatureStatistics(name=split, num_examples=rows)
    for name, column in columns.items():
        feature = dataset.features.add()
        feature.CopyFrom(column.message)
        _keep(feature, edges.get(name), column.buckets)
    return Statistics(datasets=[dataset])


def _recounted(columns: Mapping[str, ColumnResult], edges: Edges) -> dict[str, Feature]:
    features = {}
    for name, column in columns.items():
        features[name] = Feature()
        features[name].CopyFrom(column.message)
        if features[name].WhichOneof("stats") == "num_stats":
            # Those of TFDV have edges of their own, which must not be compared with others.
            del features[name].num_stats.histograms[:]
        _keep(features[name], edges.get(name), column.previous_buckets)
    return features


def _keep(feature: Feature, edges: tuple[float, ...] | None, counts: np.ndarray | None) -> None:
    if edges is not None and counts is not None:
        keep_histogram(feature, histogram_of(edges, counts))
