"""What is counted of the training split: every column read once, in batches, in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from slipway.contracts.errors import DataError
from slipway.contracts.examples import FeatureKind
from slipway.contracts.tables import Column
from slipway.features.kinds import ColumnProfile, profile_column
from slipway.features.values import canonical
from slipway.statistics.accumulator import AnyAccumulator
from slipway.statistics.category_counts import CategoryCounts
from slipway.statistics.time_sums import TimeSums
from slipway.statistics.value_counts import ValueCounts
from slipway.tables.parquet_columns import read_batches
from slipway.tables.prefetch import prefetch

ANALYZERS: Mapping[FeatureKind, Callable[[str], AnyAccumulator]] = {
    FeatureKind.NUMERIC: ValueCounts,
    FeatureKind.CATEGORICAL: CategoryCounts,
    FeatureKind.TIMESTAMP: TimeSums,
}
"""What is counted of a feature, by its kind."""

BLOCK_COLUMNS = 64
"""So many columns are counted at once: the counts of a number may take megabytes."""
SAMPLE_ROWS = 100_000
_BATCH_ROWS = 1 << 14
_BATCH_VALUES = 1 << 22
_MOST_THREADS = 4


def count_columns(
    files: Sequence[Path], accumulators: Mapping[str, AnyAccumulator], reasons: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return what the values of some columns come to, by name.

    Args:
        files: of the training split.
        accumulators: what is counted, by column.
        reasons: why a column is read so, for the message when it cannot be.

    Raises:
        DataError: a column cannot be read so, or a file lacks it.
    """
    states = {name: accumulator.create() for name, accumulator in accumulators.items()}

    def add(name: str, batch: pa.Table) -> None:
        try:
            states[name] = accumulators[name].add(states[name], batch)
        except DataError as error:
            raise DataError(f"{error} ({reasons[name]})" if reasons else str(error)) from error

    # Arrow and NumPy release the interpreter lock where they work.
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    with (
        ThreadPoolExecutor(threads) as pool,
        closing(prefetch(_batches(files, list(states)))) as batches,
    ):
        for batch in batches:
            list(pool.map(add, states, [batch] * len(states)))
    return {name: accumulators[name].extract(state) for name, state in states.items()}


def profile_columns(files: Sequence[Path], rows: int, columns: Sequence[Column]) -> dict[str, ColumnProfile | None]:
    """Return profiles of columns from every row, or from every second, third, ... when there are more than 100,000.

    Args:
        files: of the training split.
        rows: how many rows they hold.
        columns: of the table.

    Returns:
        By name; None for a column whose type no feature has.
    """
    found: dict[str, ColumnProfile | None] = {}
    step = max(1, -(-rows // SAMPLE_ROWS))
    for block in blocks_of(columns):
        names, offset = [column.name for column in block], 0
        taken = []
        for batch in _batches(files, names):
            taken.append(batch.take(np.arange(-offset % step, batch.num_rows, step)) if step > 1 else batch)
            offset += batch.num_rows
        sample = pa.concat_tables(taken, promote_options="permissive") if taken else None
        for column in block:
            found[column.name] = _profile(sample.column(column.name)) if sample else None
    return found


def blocks_of(items: Sequence[Any]) -> list[Sequence[Any]]:
    """Return ``items`` in their order, as many together as are read at once."""
    return [items[start : start + BLOCK_COLUMNS] for start in range(0, len(items), BLOCK_COLUMNS)]


def _batches(files: Sequence[Path], names: Sequence[str]) -> Any:
    return read_batches(files, names, max(1, min(_BATCH_ROWS, _BATCH_VALUES // max(len(names), 1))))


def canonical_type(file: Path, name: str) -> pa.DataType | None:
    """Return the type of a column's canonical form; None when no feature has its stored type."""
    stored = pq.read_schema(file).field(name).type
    try:
        return canonical(pa.nulls(0, stored)).type
    except pa.ArrowNotImplementedError:
        return None


def _profile(column: pa.ChunkedArray) -> ColumnProfile | None:
    try:
        chunks = [canonical(chunk) for chunk in column.chunks]
    except pa.ArrowNotImplementedError:
        return None
    stored = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    return profile_column(pa.chunked_array(chunks, chunks[0].type if chunks else pa.string()), str(stored))
