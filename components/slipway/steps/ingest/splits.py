"""Which split a row belongs to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from slipway.contracts.errors import DataError
from slipway.contracts.tables import SPLITS
from slipway.steps.ingest.config import IngestConfig
from slipway.tables.order_statistics import Numbers, OrderStatistics
from slipway.tables.row_groups import decoded
from slipway.tables.row_hash import row_hashes

Indices = npt.NDArray[np.int64]


class Splitter(Protocol):
    """Assigns rows to splits."""

    def assign(self, batch: pa.RecordBatch, splits: Sequence[str]) -> Indices:
        """Return the index in SPLITS of each row, shape (rows,); only ``splits`` may be chosen."""


@dataclass(frozen=True, slots=True)
class HashSplitter:
    """By a hash of the group, or of the stored columns: equal rows share a split, whatever else the table holds.

    Attributes:
        columns: what is hashed.
        group: the column to hash instead; a row without a group is a group of its own.
        fractions: share of each split, in the order of SPLITS.
    """

    columns: tuple[str, ...]
    group: str | None
    fractions: tuple[float, ...]

    def assign(self, batch: pa.RecordBatch, splits: Sequence[str]) -> Indices:
        """Return the index in SPLITS of each row; see Splitter."""
        allowed = [index for index, split in enumerate(SPLITS) if split in splits]
        if len(allowed) == 1:
            return np.full(batch.num_rows, allowed[0])
        shares = np.cumsum([self.fractions[index] for index in allowed])
        limits = np.array([int(share / shares[-1] * 2.0**64) for share in shares[:-1]], dtype=np.uint64)
        return np.array(allowed)[np.searchsorted(limits, self._hashes(batch), side="right")]

    def _hashes(self, batch: pa.RecordBatch) -> npt.NDArray[np.uint64]:
        if self.group is None:
            return row_hashes(batch, self.columns)
        hashes = row_hashes(batch, [self.group])
        if batch[self.group].null_count:
            missing = batch[self.group].is_null()
            hashes[missing.to_numpy(zero_copy_only=False)] = row_hashes(batch.filter(missing), self.columns)
        return hashes


@dataclass(frozen=True, slots=True)
class TimeSplitter:
    """By time: train lies before ``eval_from``, eval before ``test_from``, test from there on.

    Attributes:
        column: timestamps or numbers, in every row.
        eval_from: as the column's integer or number.
        test_from: as the column's integer or number.
    """

    column: str
    eval_from: float | int
    test_from: float | int

    def assign(self, batch: pa.RecordBatch, splits: Sequence[str]) -> Indices:
        """Return the index in SPLITS of each row; with a time column there are no ready-made splits, and all may be."""
        limits = np.array([self.eval_from, self.test_from])
        return np.searchsorted(limits, time_values(batch[self.column], self.column), side="right")


def time_values(column: pa.Array, name: str) -> Numbers:
    """Return the time column's values as numbers in its own unit, shape (rows,).

    Raises:
        DataError: a row has no time, or the column holds no times.
    """
    if column.null_count:
        raise DataError(
            f"time_column {name!r} is missing in {column.null_count} of {len(column)} rows read together; "
            "a split by time needs it in every row"
        )
    column = decoded(column)
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        raise DataError(f"time_column {name!r} holds {column.type}, not times; name their format in timestamp_formats")
    return np.asarray(column.to_numpy())


def time_splitter(times: OrderStatistics, config: IngestConfig) -> TimeSplitter:
    """Return limits such that each split has its fraction of the rows, as far as rows of one time stay together.

    Args:
        times: of every row; at least one.
        config: names the column and the fractions.
    """
    first = min(int(times.count * config.train_fraction), times.count - 1)
    second = min(int(times.count * (config.train_fraction + config.eval_fraction)), times.count - 1)
    assert config.time_column is not None  # what the caller splits by
    return TimeSplitter(config.time_column, *times.values_at([first, second]))
