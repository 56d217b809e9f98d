"""What is counted of the training split: every column read once, in batches, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from slipway.contracts.errors import DataError
from slipway.contracts.examples import FeatureKind
from slipway.engines.engine import ENGINES, Fold
from slipway.features.kinds import ColumnProfile, profile_column
from slipway.features.values import canonical
from slipway.statistics.accumulator import AnyAccumulator
from slipway.statistics.category_counts import CategoryCounts
from slipway.statistics.parquet_parts import read_sample
from slipway.statistics.raw_batches import RawBatch, RawPart
from slipway.statistics.time_sums import TimeSums
from slipway.statistics.value_counts import ValueCounts

ANALYZERS: Mapping[FeatureKind, Callable[[str], AnyAccumulator]] = {
    FeatureKind.NUMERIC: ValueCounts,
    FeatureKind.CATEGORICAL: CategoryCounts,
    FeatureKind.TIMESTAMP: TimeSums,
}
"""What is counted of a feature, by its kind."""

BLOCK_COLUMNS = 64
"""So many columns are counted at once: the counts of a number may take megabytes."""
SAMPLE_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class CountedAs:
    """An accumulator that says, when a column cannot be read so, why it was to be.

    Attributes:
        accumulator: what is counted.
        why: what decided that the column is read so; empty says nothing.
    """

    accumulator: AnyAccumulator
    why: str

    def create(self) -> Any:
        """Return the state of no rows."""
        return self.accumulator.create()

    def add(self, state: Any, batch: RawBatch) -> Any:
        """Return the state with the rows of a batch.

        Raises:
            DataError: the column cannot be read so.
        """
        try:
            return self.accumulator.add(state, batch)
        except DataError as error:
            raise DataError(f"{error} ({self.why})") from error

    def merge(self, states: Iterable[Any]) -> Any:
        """Return the state of all rows together."""
        return self.accumulator.merge(states)

    def extract(self, state: Any) -> Any:
        """Return what was counted."""
        return self.accumulator.extract(state)

    def serialize(self, state: Any) -> bytes:
        """Return the state as bytes."""
        return self.accumulator.serialize(state)

    def deserialize(self, content: bytes) -> Any:
        """Return the state that ``serialize`` wrote."""
        return self.accumulator.deserialize(content)


def count_columns(files: Sequence[Path], accumulators: Mapping[str, AnyAccumulator]) -> dict[str, Any]:
    """Return what the values of some columns come to, by name.

    Args:
        files: of the training split.
        accumulators: what is counted, by column.

    Raises:
        DataError: a column cannot be read so, or a file lacks it.
    """
    parts = [RawPart(file, tuple(accumulators)) for file in files]
    folds = {name: Fold(accumulator, frozenset([name])) for name, accumulator in accumulators.items()}
    return ENGINES.get("local").fold(parts, folds)


def profile_columns(files: Sequence[Path], rows: int, names: Sequence[str]) -> dict[str, ColumnProfile | None]:
    """Return profiles of columns from every row, or from every second, third, ... when there are more than 100,000.

    Args:
        files: of the training split, at least one.
        rows: how many rows they hold.
        names: of the columns.

    Returns:
        By name; None for a column whose type no feature has.
    """
    schema = pq.read_schema(files[0])
    found: dict[str, ColumnProfile | None] = dict.fromkeys(names)
    for block in blocks_of([name for name in names if canonical_type(schema, name) is not None]):
        sample = read_sample(files, rows, SAMPLE_ROWS, block)
        for name in block:
            stored = schema.field(name).type
            stored = stored.value_type if pa.types.is_dictionary(stored) else stored
            found[name] = profile_column(sample.column(name), str(stored))
    return found


def canonical_type(schema: pa.Schema, name: str) -> pa.DataType | None:
    """Return the type of a column's canonical form; None when no feature has its stored type."""
    try:
        return canonical(pa.nulls(0, schema.field(name).type)).type
    except pa.ArrowNotImplementedError:
        return None


def blocks_of(items: Sequence[Any]) -> list[Sequence[Any]]:
    """Return ``items`` in their order, as many together as are read at once."""
    return [items[start : start + BLOCK_COLUMNS] for start in range(0, len(items), BLOCK_COLUMNS)]
