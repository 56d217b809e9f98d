"""One pass over a split: TFDV's statistics, comparable histograms and row digests."""

import logging
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

from slipway.contracts.errors import DataError
from slipway.validate.columns import read_batches, single_values
from slipway.validate.distributions import BucketCounter, Edges, attach
from slipway.validate.duplicates import row_digests
from slipway.validate.tfdv import StatsOptions, stats_impl

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitScan:
    """What one pass over a split gives.

    Attributes:
        statistics: of every column, with ``drift_histogram`` as a custom statistic of the numeric ones.
        digests: one uint64 for each row over the columns asked for, shape (rows,).
        previous_histograms: counts between the edges of earlier statistics, by column.
    """

    statistics: statistics_pb2.DatasetFeatureStatisticsList
    digests: np.ndarray
    previous_histograms: dict[str, statistics_pb2.Histogram]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.statistics.datasets[0].num_examples)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanPlan:
    """What to compute for every split alike.

    Attributes:
        schema: says which integers are categories; nothing else of it is read.
        columns: in the order of the table.
        spelled: those to be read as strings.
        edges: of the histograms to keep.
        previous_edges: of those in earlier statistics.
        digest_columns: columns that make two rows equal.
    """

    schema: schema_pb2.Schema
    columns: tuple[str, ...]
    spelled: frozenset[str]
    edges: Edges
    previous_edges: Edges
    digest_columns: tuple[str, ...]


def scan(split: str, files: Sequence[Path], rows: int, plan: ScanPlan) -> SplitScan:
    """Read a split once, batch by batch.

    TFDV's combiners run in this process: the result is that of TFDV's own in-memory function, and no Beam runner
    starts. They are sketches, whose memory does not grow with the rows: counts of categories are exact up to 1024
    distinct values, the number of distinct values up to 16384, quantiles within 1 %.

    Raises:
        DataError: a file cannot be read or has other columns, or the files hold another number of rows than ``rows``.
    """
    options = StatsOptions(schema=plan.schema)
    generators = stats_impl.get_generators(options, in_memory=True)
    partial = [generator.create_accumulator() for generator in generators]
    counter, previous_counter, digests = BucketCounter(plan.edges), BucketCounter(plan.previous_edges), []
    with warnings.catch_warnings():
        # TFDV's moments of a column with infinities; the schema reports these.
        warnings.filterwarnings("ignore", "invalid value encountered", RuntimeWarning)
        for batch in read_batches(files, plan.spelled):
            _require_columns(split, batch, plan.columns)
            lists = _listed(batch)
            partial = [each.add_input(state, lists) for each, state in zip(generators, partial, strict=True)]
            counter.add(batch)
            previous_counter.add(batch)
            digests.append(row_digests(batch, plan.digest_columns))
        result = stats_impl.extract_statistics_output(partial, generators)
    seen = sum(map(len, digests))
    if seen != rows:
        raise DataError(f"the files of split {split!r} hold {seen} rows, the manifest says {rows}")
    dataset = result.datasets[0]
    dataset.name = split
    attach(dataset, counter.histograms())
    _order_features(dataset, plan.columns)
    _LOG.info("%s: %d rows, %d columns", split, rows, len(dataset.features))
    return SplitScan(
        statistics=result,
        digests=np.concatenate(digests) if digests else np.zeros(0, np.uint64),
        previous_histograms=previous_counter.histograms(),
    )


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


def _require_columns(split: str, batch: pa.RecordBatch, columns: Sequence[str]) -> None:
    if tuple(batch.schema.names) != tuple(columns):
        names = ", ".join(batch.schema.names)
        raise DataError(f"a file of split {split!r} has the columns {names}; it should have {', '.join(columns)}")


def _listed(batch: pa.RecordBatch) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([single_values(column) for column in batch.columns], names=batch.schema.names)


def _order_features(dataset: statistics_pb2.DatasetFeatureStatistics, columns: Sequence[str]) -> None:
    """The table's order, so that equal tables give equal bytes."""
    position = {name: index for index, name in enumerate(columns)}
    dataset.features.sort(key=lambda feature: position[feature.path.step[0]])
