"""Statistics of a split: of every column TFDV's, with comparable histograms, and digests of the rows."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tensorflow_metadata.proto.v0 import statistics_pb2

from slipway.contracts.errors import DataError
from slipway.steps.validate.buffers import coded, doubles_of
from slipway.steps.validate.column_statistics import NumberStatistics, ValueStatistics
from slipway.steps.validate.columns import BLOCK_COLUMNS, batches, is_number, open_rows
from slipway.steps.validate.distributions import BucketCounter, Edges, attach
from slipway.steps.validate.duplicates import folded, number_digests, value_digests

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitScan:
    """What one pass over a split gives.

    Attributes:
        statistics: of every column, with ``drift_histogram`` as a custom statistic of the numeric ones.
        previous_histograms: counts between the edges of earlier statistics, by column.
    """

    statistics: statistics_pb2.DatasetFeatureStatisticsList
    previous_histograms: dict[str, statistics_pb2.Histogram]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.statistics.datasets[0].num_examples)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanPlan:
    """What to compute for every split alike.

    Attributes:
        columns: in the order of the table.
        categorical: those whose whole numbers are categories.
        spelled: those to be read as strings.
        edges: of the histograms to keep.
        previous_edges: of those in earlier statistics.
        digest_columns: columns that make two rows equal.
    """

    columns: tuple[str, ...]
    categorical: frozenset[str]
    spelled: frozenset[str]
    edges: Edges
    previous_edges: Edges
    digest_columns: frozenset[str]


TakeRows = Callable[[np.ndarray], None]
"""Takes the digests of rows, uint64, as they are read."""


def scan(
    split: str, files: Sequence[Path], rows: int, plan: ScanPlan, workers: Executor, take_rows: TakeRows | None = None
) -> SplitScan:
    """Read a split once, batch by batch, columns beside each other.

    The memory does not grow with the rows: counts of categories are exact up to 1024 distinct values, the number of
    distinct values up to 16384, quantiles within 1 %.

    Args:
        split: its name.
        files: of the split, in order.
        rows: how many they hold.
        plan: what to compute.
        workers: threads that share the columns of a batch.
        take_rows: given the digests of all rows, a row group at a time.

    Raises:
        DataError: a file cannot be read or has other columns, or the files hold another number of rows than ``rows``.
    """
    scanning = _Scanning(split, plan, workers)
    seen = 0
    for file in files:
        with open_rows(file) as parquet:
            _require_columns(split, parquet.schema_arrow.names, plan.columns)
            for group in range(parquet.num_row_groups):
                digests = scanning.read(parquet, group)
                seen += len(digests)
                if take_rows is not None:
                    take_rows(digests)
    if seen != rows:
        raise DataError(f"the files of split {split!r} hold {seen} rows, the manifest says {rows}")
    logger.info("%s: %d rows, %d columns", split, rows, len(plan.columns))
    return scanning.result(rows)


class _Scanning:
    """The statistics of a split while it is read."""

    def __init__(self, split: str, plan: ScanPlan, workers: Executor) -> None:
        self._split = split
        self._plan = plan
        self._workers = workers
        self._columns: dict[str, NumberStatistics | ValueStatistics] = {}
        self._types: dict[str, pa.DataType] = {}
        self._counter = BucketCounter(plan.edges)
        self._previous_counter = BucketCounter(plan.previous_edges)

    def read(self, parquet: pq.ParquetFile, group: int) -> np.ndarray:
        """Take in a row group; the digests of its rows, shape (rows,)."""
        digests = np.zeros(parquet.metadata.row_group(group).num_rows, np.uint64)
        names = self._plan.columns
        for start in range(0, len(names), BLOCK_COLUMNS):
            offset = 0
            for batch in batches(parquet, names[start : start + BLOCK_COLUMNS], self._plan.spelled, [group]):
                rows = digests[offset : offset + batch.num_rows]
                for values in self._workers.map(self._add, batch.schema.names, batch.columns):
                    if values is not None:
                        folded(rows, values)
                offset += batch.num_rows
        return digests

    def result(self, rows: int) -> SplitScan:
        """What the whole split gives."""
        dataset = statistics_pb2.DatasetFeatureStatistics(name=self._split, num_examples=rows)
        for name in self._plan.columns:
            feature = dataset.features.add()
            feature.path.step.append(name)
            self._columns[name].write(feature, rows)
        attach(dataset, self._counter.histograms())
        return SplitScan(
            statistics=statistics_pb2.DatasetFeatureStatisticsList(datasets=[dataset]),
            previous_histograms=self._previous_counter.histograms(),
        )

    def _add(self, name: str, column: pa.Array) -> np.ndarray | None:
        """Take in a batch of a column; the digests of its values where they make rows equal."""
        statistics, digested = self._statistics(name, column.type), name in self._plan.digest_columns
        values = doubles_of(column) if is_number(column.type) else np.zeros(0)
        self._counter.add(name, values)
        self._previous_counter.add(name, values)
        if isinstance(statistics, NumberStatistics):
            statistics.add(values)
            return number_digests(column) if digested else None
        codes = coded(column)
        statistics.add(column, codes)
        return value_digests(codes) if digested else None

    def _statistics(self, name: str, kind: pa.DataType) -> NumberStatistics | ValueStatistics:
        known = self._types.setdefault(name, kind)
        if known != kind:
            raise DataError(f"column {name!r} of split {self._split!r} is {known} in one file and {kind} in another")
        if name not in self._columns:
            self._columns[name] = _new_statistics(kind, name in self._plan.categorical)
        return self._columns[name]


def _new_statistics(kind: pa.DataType, categorical: bool) -> NumberStatistics | ValueStatistics:
    feature = statistics_pb2.FeatureNameStatistics
    if pa.types.is_float64(kind):
        return NumberStatistics(feature.FLOAT)
    if pa.types.is_int64(kind):
        return ValueStatistics(feature.INT) if categorical else NumberStatistics(feature.INT)
    return ValueStatistics(feature.STRING)


def features_by_name(
    statistics: statistics_pb2.DatasetFeatureStatisticsList,
) -> dict[str, statistics_pb2.FeatureNameStatistics]:
    """Every column's statistics."""
    return {feature.path.step[0]: feature for feature in statistics.datasets[0].features}


def common_statistics(feature: statistics_pb2.FeatureNameStatistics) -> statistics_pb2.CommonStatistics:
    """Counts that columns of every type have."""
    which = feature.WhichOneof("stats")
    return getattr(feature, which).common_stats if which else statistics_pb2.CommonStatistics()


def missing_fraction(feature: statistics_pb2.FeatureNameStatistics) -> float:
    """Share of rows without a value, in [0, 1]; 0 without rows."""
    common = common_statistics(feature)
    rows = common.num_missing + common.num_non_missing
    return float(common.num_missing / rows) if rows else 0.0


def _require_columns(split: str, found: Sequence[str], columns: Sequence[str]) -> None:
    if tuple(found) != tuple(columns):
        names = ", ".join(found)
        raise DataError(f"a file of split {split!r} has the columns {names}; it should have {', '.join(columns)}")
